"""The plan's services over a location in memory. Nothing comes round: a test says what the calendar
has (`FakeLocation.occurrences`, `sheet_rows`, `starts`)."""

from collections.abc import Sequence
from datetime import date, datetime, time
from typing import Any

import grpc

from sesam_api.v1 import calendar_pb2, drives_pb2, events_pb2, groups_pb2, schedules_pb2
from sesam_api.v1.calendar_pb2_grpc import (
    CalendarServiceServicer,
    add_CalendarServiceServicer_to_server,
)
from sesam_api.v1.drives_pb2_grpc import DriveServiceServicer, add_DriveServiceServicer_to_server
from sesam_api.v1.events_pb2_grpc import EventServiceServicer, add_EventServiceServicer_to_server
from sesam_api.v1.groups_pb2_grpc import (
    TaskGroupServiceServicer,
    add_TaskGroupServiceServicer_to_server,
)
from sesam_api.v1.schedules_pb2_grpc import (
    ScheduleServiceServicer,
    add_ScheduleServiceServicer_to_server,
)
from tests.fakes.agent_services import found, page_of
from tests.fakes.agent_state import Change, FakeLocation, Refused


def add_plan(state: FakeLocation, server: grpc.Server) -> None:
    add_ScheduleServiceServicer_to_server(Schedules(state), server)
    add_EventServiceServicer_to_server(Events(state), server)
    add_TaskGroupServiceServicer_to_server(Groups(state), server)
    add_DriveServiceServicer_to_server(Drives(state), server)
    add_CalendarServiceServicer_to_server(Calendar(state), server)


class _Objects:
    """Objects of one kind by name."""

    def __init__(self, state: FakeLocation, kind: str, known: dict[str, Any]) -> None:
        self._state = state
        self._kind = kind
        self._known = known

    def create(self, item: Any) -> Any:
        if item.name in self._known:
            raise Refused("ALREADY_EXISTS", kind=self._kind, name=item.name)
        return self._put(item, "1")

    def update(self, item: Any) -> Any:
        before = self.named(item.name)
        if before.etag != item.etag:
            raise Refused("CHANGED_MEANWHILE", kind=self._kind, name=item.name)
        return self._put(item, str(int(before.etag) + 1))

    def delete(self, request: Any, users: Sequence[str] = ()) -> None:
        """Unless there are events that need it."""
        before = self.named(request.name)
        if request.HasField("etag") and request.etag != before.etag:
            raise Refused("CHANGED_MEANWHILE", kind=self._kind, name=request.name)
        if request.name == "NEWDAY":
            raise Refused("NEWDAY_NEEDED", kind=self._kind, name=request.name)
        if users:
            about = {self._kind: request.name, "events": ", ".join(users)}
            raise Refused(f"{self._kind.upper()}_IN_USE", **about)
        del self._known[request.name]
        told = before.event_id if self._kind == "event" else before.name
        self._state.record(Change(**{f"removed_{self._kind}": told}))

    def page(self, request: Any) -> tuple[Any, str]:
        wanted = request.filter.lower()
        known = [item for name, item in sorted(self._known.items()) if wanted in name.lower()]
        return page_of(known, request.page_size, request.page_token)

    def named(self, name: str) -> Any:
        return found(self._known, name, f"{self._kind.upper()}_NOT_FOUND", self._kind)

    def _put(self, item: Any, etag: str) -> Any:
        kept = type(item)()
        kept.CopyFrom(item)
        kept.etag = etag
        if self._kind == "event":
            before = self._known.get(kept.name)
            kept.event_id = before.event_id if before else str(len(self._state.log) + 1)
        self._known[kept.name] = kept
        self._state.record(Change(**{self._kind: kept}))
        return kept


class Schedules(ScheduleServiceServicer):
    def __init__(self, state: FakeLocation) -> None:
        self._state = state
        self._objects = _Objects(state, "schedule", state.schedules)

    def CreateSchedule(self, request: Any, context: grpc.ServicerContext) -> Any:
        return schedules_pb2.CreateScheduleResponse(schedule=self._objects.create(request.schedule))

    def UpdateSchedule(self, request: Any, context: grpc.ServicerContext) -> Any:
        return schedules_pb2.UpdateScheduleResponse(schedule=self._objects.update(request.schedule))

    def DeleteSchedule(self, request: Any, context: grpc.ServicerContext) -> Any:
        users = [e.name for e in self._state.events.values() if e.schedule == request.name]
        self._objects.delete(request, users)
        return schedules_pb2.DeleteScheduleResponse()

    def ListSchedules(self, request: Any, context: grpc.ServicerContext) -> Any:
        page, token = self._objects.page(request)
        return schedules_pb2.ListSchedulesResponse(schedules=page, next_page_token=token)

    def PreviewSchedule(self, request: Any, context: grpc.ServicerContext) -> Any:
        return schedules_pb2.PreviewScheduleResponse(
            starts=self._state.starts[: request.count or 20], remarks=self._state.remarks
        )

    def ReadCalendarFile(self, request: Any, context: grpc.ServicerContext) -> Any:
        """Each line of the file is a date."""
        dates = request.content.decode().split()
        inside = [day for day in dates if request.first_date <= day <= request.last_date]
        return schedules_pb2.ReadCalendarFileResponse(dates=sorted(inside))

    def WriteCalendarFile(self, request: Any, context: grpc.ServicerContext) -> Any:
        dates = self._objects.named(request.schedule).dates
        return schedules_pb2.WriteCalendarFileResponse(content="\n".join(dates).encode())


class Events(EventServiceServicer):
    def __init__(self, state: FakeLocation) -> None:
        self._state = state
        self._objects = _Objects(state, "event", state.events)

    def CreateEvent(self, request: Any, context: grpc.ServicerContext) -> Any:
        self._check(request.event)
        return events_pb2.CreateEventResponse(event=self._objects.create(request.event))

    def UpdateEvent(self, request: Any, context: grpc.ServicerContext) -> Any:
        self._check(request.event)
        return events_pb2.UpdateEventResponse(event=self._objects.update(request.event))

    def DeleteEvent(self, request: Any, context: grpc.ServicerContext) -> Any:
        users = [e.name for e in self._state.events.values() if e.follow_up == request.name]
        self._objects.delete(request, users)
        return events_pb2.DeleteEventResponse()

    def ListEvents(self, request: Any, context: grpc.ServicerContext) -> Any:
        page, token = self._objects.page(request)
        return events_pb2.ListEventsResponse(events=page, next_page_token=token)

    def _check(self, event: events_pb2.Event) -> None:
        if event.schedule:
            found(self._state.schedules, event.schedule, "SCHEDULE_NOT_FOUND", "schedule")
        if event.backup.task:
            found(self._state.tasks, event.backup.task, "TASK_NOT_FOUND", "task")


class Groups(TaskGroupServiceServicer):
    def __init__(self, state: FakeLocation) -> None:
        self._state = state
        self._objects = _Objects(state, "group", state.groups)

    def CreateTaskGroup(self, request: Any, context: grpc.ServicerContext) -> Any:
        return groups_pb2.CreateTaskGroupResponse(group=self._objects.create(request.group))

    def UpdateTaskGroup(self, request: Any, context: grpc.ServicerContext) -> Any:
        return groups_pb2.UpdateTaskGroupResponse(group=self._objects.update(request.group))

    def DeleteTaskGroup(self, request: Any, context: grpc.ServicerContext) -> Any:
        users = [e.name for e in self._state.events.values() if e.backup.group == request.name]
        self._objects.delete(request, users)
        return groups_pb2.DeleteTaskGroupResponse()

    def ListTaskGroups(self, request: Any, context: grpc.ServicerContext) -> Any:
        page, token = self._objects.page(request)
        return groups_pb2.ListTaskGroupsResponse(groups=page, next_page_token=token)


class Drives(DriveServiceServicer):
    def __init__(self, state: FakeLocation) -> None:
        self._objects = _Objects(state, "drive", state.drives)

    def CreateDrive(self, request: Any, context: grpc.ServicerContext) -> Any:
        return drives_pb2.CreateDriveResponse(drive=self._objects.create(request.drive))

    def UpdateDrive(self, request: Any, context: grpc.ServicerContext) -> Any:
        return drives_pb2.UpdateDriveResponse(drive=self._objects.update(request.drive))

    def DeleteDrive(self, request: Any, context: grpc.ServicerContext) -> Any:
        self._objects.delete(request)
        return drives_pb2.DeleteDriveResponse()

    def ListDrives(self, request: Any, context: grpc.ServicerContext) -> Any:
        page, token = self._objects.page(request)
        return drives_pb2.ListDrivesResponse(drives=page, next_page_token=token)


class Calendar(CalendarServiceServicer):
    def __init__(self, state: FakeLocation) -> None:
        self._state = state

    def ListCalendar(self, request: Any, context: grpc.ServicerContext) -> Any:
        first, end = request.from_time.ToNanoseconds(), request.to_time.ToNanoseconds()
        known = [
            each
            for each in self._state.occurrences
            if first <= each.planned_time.ToNanoseconds() < end
            and request.task in ("", each.task)
            and request.event in ("", each.event)
            and (not request.states or each.state in request.states)
            and (not request.kinds or each.kind in request.kinds)
        ]
        page, token = page_of(known, request.page_size, request.page_token)
        return calendar_pb2.ListCalendarResponse(occurrences=page, next_page_token=token)

    def CancelOccurrence(self, request: Any, context: grpc.ServicerContext) -> Any:
        for each in self._state.occurrences:
            is_meant = not request.HasField("planned_time") or (
                each.planned_time == request.planned_time
            )
            is_planned = each.state == calendar_pb2.OCCURRENCE_STATE_PLANNED
            if each.event_id == request.event_id and is_planned and is_meant:
                each.state = calendar_pb2.OCCURRENCE_STATE_CANCELLED
                each.cause = calendar_pb2.OCCURRENCE_CAUSE_TAKEN_BACK
                each.by = "somebody"
                return calendar_pb2.CancelOccurrenceResponse(planned_time=each.planned_time)
        asked = request.planned_time.ToJsonString() if request.HasField("planned_time") else ""
        raise Refused("OCCURRENCE_NOT_PLANNED", event=request.event_id, planned_time=asked)

    def GetCalendarSheet(self, request: Any, context: grpc.ServicerContext) -> Any:
        first, last = map(date.fromisoformat, (request.first_sesam_day, request.last_sesam_day))
        days = (last - first).days + 1
        answer = calendar_pb2.GetCalendarSheetResponse(
            first_sesam_day=request.first_sesam_day,
            days=days,
            rows=[_over(row, days) for row in self._state.sheet_rows],
            open_sesam_day=self._state.open_sesam_day,
            revision=self._state.revision,
            time_zone="Europe/Berlin",
        )
        start = answer.day_starts.add(sesam_day=request.first_sesam_day)
        start.time.FromDatetime(datetime.combine(first, time(7)))
        answer.planned_until.GetCurrentTime()
        return answer


def _over(row: calendar_pb2.SheetRow, days: int) -> calendar_pb2.SheetRow:
    """The row with its last day as the last of so many; nothing on days that it does not have."""
    made = calendar_pb2.SheetRow(kind=row.kind, name=row.name, client=row.client)
    for name in ("states", "runs", "planned"):
        setattr(made, name, getattr(row, name).rjust(days, b"\0")[-days:])
    return made
