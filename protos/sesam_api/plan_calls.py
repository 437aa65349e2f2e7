"""What can be asked of a location's plan and done with it: schedules, events, groups, drives, the
calendar."""

import uuid
from collections.abc import Callable, Iterable, Iterator
from datetime import date, datetime
from typing import TypeVar
from zoneinfo import ZoneInfo

from sesam_api import convert, plan_convert
from sesam_api.errors import SesamError
from sesam_api.plan_records import (
    Drive,
    Event,
    Occurrence,
    Preview,
    Schedule,
    Sheet,
    TaskGroup,
)
from sesam_api.records import Client, Identity, Started, Task
from sesam_api.v1 import (
    calendar_pb2,
    drives_pb2,
    events_pb2,
    groups_pb2,
    jobs_pb2,
    schedules_pb2,
)
from sesam_api.v1.calendar_pb2_grpc import CalendarServiceStub
from sesam_api.v1.drives_pb2_grpc import DriveServiceStub
from sesam_api.v1.events_pb2_grpc import EventServiceStub
from sesam_api.v1.groups_pb2_grpc import TaskGroupServiceStub
from sesam_api.v1.jobs_pb2_grpc import JobServiceStub
from sesam_api.v1.schedules_pb2_grpc import ScheduleServiceStub
from sesam_api.wire import Wire

Item = TypeVar("Item", Schedule, Event, TaskGroup, Drive, Client, Task)
Listed = TypeVar("Listed")

PAGE_SIZE = 256


class PlanCalls:
    """The part of a `Location` that plans. Changes need the role admin, orders operator or backup.

    `modify_...` takes a record as it was read, changed with `dataclasses.replace`, and raises
    SesamError CHANGED_MEANWHILE if somebody else has changed the object since.
    """

    identity: Identity

    def __init__(self, wire: Wire) -> None:
        self._wire = wire
        self._schedules = ScheduleServiceStub(wire.channel)
        self._events = EventServiceStub(wire.channel)
        self._groups = TaskGroupServiceStub(wire.channel)
        self._drives = DriveServiceStub(wire.channel)
        self._calendar = CalendarServiceStub(wire.channel)
        self._orders = JobServiceStub(wire.channel)

    # --- schedules ---

    def schedules(self, text: str = "") -> Iterator[Schedule]:
        """The schedules by name. `text`: a part of the name, letter case does not matter."""

        def page(token: str) -> tuple[Iterable[Schedule], str]:
            request = schedules_pb2.ListSchedulesRequest(
                page_size=PAGE_SIZE, page_token=token, filter=text
            )
            answer = self._wire.call(self._schedules.ListSchedules, request)
            return map(plan_convert.schedule, answer.schedules), answer.next_page_token

        return pages(page)

    def schedule(self, name: str) -> Schedule:
        """One schedule. Raises SesamError SCHEDULE_NOT_FOUND."""
        return named(self.schedules(name), name, "schedule")

    def add_schedule(self, schedule: Schedule) -> Schedule:
        """Adds a schedule. Nothing is planned for times that have passed."""
        request = schedules_pb2.CreateScheduleRequest(
            **self._change(), schedule=plan_convert.schedule_message(schedule, self._today())
        )
        answer = self._wire.call(self._schedules.CreateSchedule, request)
        return plan_convert.schedule(answer.schedule)

    def modify_schedule(self, schedule: Schedule) -> Schedule:
        """Replaces all of a schedule but its name."""
        request = schedules_pb2.UpdateScheduleRequest(
            **self._change(), schedule=plan_convert.schedule_message(schedule, self._today())
        )
        answer = self._wire.call(self._schedules.UpdateSchedule, request)
        return plan_convert.schedule(answer.schedule)

    def remove_schedule(self, name: str) -> None:
        """Removes a schedule that no event uses."""
        request = schedules_pb2.DeleteScheduleRequest(**self._change(), name=name)
        self._wire.call(self._schedules.DeleteSchedule, request)

    def preview_schedule(self, schedule: Schedule, count: int = 20) -> Preview:
        """The coming starts of a schedule that need not exist; at most 200."""
        request = schedules_pb2.PreviewScheduleRequest(
            schedule=plan_convert.schedule_message(schedule, self._today()), count=count
        )
        return plan_convert.preview(self._wire.call(self._schedules.PreviewSchedule, request))

    def read_calendar_file(self, content: bytes, first: date, last: date) -> tuple[date, ...]:
        """The dates from `first` to `last` on which events of an iCalendar file begin, for
        `Schedule.dates`."""
        request = schedules_pb2.ReadCalendarFileRequest(
            content=content, first_date=first.isoformat(), last_date=last.isoformat()
        )
        answer = self._wire.call(self._schedules.ReadCalendarFile, request)
        return tuple(map(date.fromisoformat, answer.dates))

    def write_calendar_file(self, name: str) -> bytes:
        """A schedule as an iCalendar file."""
        request = schedules_pb2.WriteCalendarFileRequest(schedule=name)
        return self._wire.call(self._schedules.WriteCalendarFile, request).content

    # --- events ---

    def events(self, text: str = "") -> Iterator[Event]:
        """The events by name. `text`: a part of the name, schedule, task or group."""

        def page(token: str) -> tuple[Iterable[Event], str]:
            request = events_pb2.ListEventsRequest(
                page_size=PAGE_SIZE, page_token=token, filter=text
            )
            answer = self._wire.call(self._events.ListEvents, request)
            return map(plan_convert.event, answer.events), answer.next_page_token

        return pages(page)

    def event(self, name: str) -> Event:
        """One event. Raises SesamError EVENT_NOT_FOUND."""
        return named(self.events(name), name, "event")

    def add_event(self, event: Event) -> Event:
        """Adds an event."""
        request = events_pb2.CreateEventRequest(
            **self._change(), event=plan_convert.event_message(event)
        )
        return plan_convert.event(self._wire.call(self._events.CreateEvent, request).event)

    def modify_event(self, event: Event) -> Event:
        """Replaces all of an event but its name and kind."""
        request = events_pb2.UpdateEventRequest(
            **self._change(), event=plan_convert.event_message(event)
        )
        return plan_convert.event(self._wire.call(self._events.UpdateEvent, request).event)

    def remove_event(self, name: str) -> None:
        """Removes an event that is no other's follow-up. What was stays in the calendar."""
        request = events_pb2.DeleteEventRequest(**self._change(), name=name)
        self._wire.call(self._events.DeleteEvent, request)

    # --- groups and drives ---

    def groups(self, text: str = "") -> Iterator[TaskGroup]:
        """The task groups by name. `text`: a part of the name or of a task's name."""

        def page(token: str) -> tuple[Iterable[TaskGroup], str]:
            request = groups_pb2.ListTaskGroupsRequest(
                page_size=PAGE_SIZE, page_token=token, filter=text
            )
            answer = self._wire.call(self._groups.ListTaskGroups, request)
            return map(plan_convert.group, answer.groups), answer.next_page_token

        return pages(page)

    def group(self, name: str) -> TaskGroup:
        """One task group. Raises SesamError GROUP_NOT_FOUND."""
        return named(self.groups(name), name, "group")

    def add_group(self, group: TaskGroup) -> TaskGroup:
        """Adds a task group."""
        request = groups_pb2.CreateTaskGroupRequest(
            **self._change(), group=plan_convert.group_message(group)
        )
        return plan_convert.group(self._wire.call(self._groups.CreateTaskGroup, request).group)

    def modify_group(self, group: TaskGroup) -> TaskGroup:
        """Replaces tasks and comment of a group."""
        request = groups_pb2.UpdateTaskGroupRequest(
            **self._change(), group=plan_convert.group_message(group)
        )
        return plan_convert.group(self._wire.call(self._groups.UpdateTaskGroup, request).group)

    def remove_group(self, name: str) -> None:
        """Removes a group that no event uses. Its tasks stay."""
        request = groups_pb2.DeleteTaskGroupRequest(**self._change(), name=name)
        self._wire.call(self._groups.DeleteTaskGroup, request)

    def drives(self, text: str = "") -> Iterator[Drive]:
        """The drives by name. `text`: a part of the name."""

        def page(token: str) -> tuple[Iterable[Drive], str]:
            request = drives_pb2.ListDrivesRequest(
                page_size=PAGE_SIZE, page_token=token, filter=text
            )
            answer = self._wire.call(self._drives.ListDrives, request)
            return map(plan_convert.drive, answer.drives), answer.next_page_token

        return pages(page)

    def drive(self, name: str) -> Drive:
        """One drive. Raises SesamError DRIVE_NOT_FOUND."""
        return named(self.drives(name), name, "drive")

    def add_drive(self, drive: Drive) -> Drive:
        """Adds a drive."""
        request = drives_pb2.CreateDriveRequest(
            **self._change(), drive=plan_convert.drive_message(drive)
        )
        return plan_convert.drive(self._wire.call(self._drives.CreateDrive, request).drive)

    def modify_drive(self, drive: Drive) -> Drive:
        """Replaces all of a drive but its name. Jobs that run on it go on."""
        request = drives_pb2.UpdateDriveRequest(
            **self._change(), drive=plan_convert.drive_message(drive)
        )
        return plan_convert.drive(self._wire.call(self._drives.UpdateDrive, request).drive)

    def remove_drive(self, name: str) -> None:
        """Removes a drive that no event and no open job names."""
        request = drives_pb2.DeleteDriveRequest(**self._change(), name=name)
        self._wire.call(self._drives.DeleteDrive, request)

    # --- what runs when ---

    def order_backup(  # noqa: PLR0913 - all that can be said of a start
        self,
        backup_type: str,
        *,
        task: str = "",
        group: str = "",
        start_time: datetime | None = None,
        priority: int = 1,
        drive: str = "",
        follow_up: str = "",
        pool: str = "",
    ) -> Started:
        """Starts a backup of a task, or of all tasks of a group, now or once at a later time.

        Args:
            backup_type: "FULL", "DIFF", "INC" or "COPY".
            start_time: aware; None or passed: now.
            priority: 1 lowest to 99 highest; 0 is above all and never blocked.
            drive: "" for any of the pool's group.
            follow_up: name of an event to start when this has ended well.
            pool: the media pool that it is written to; "" for the usual one.
        """
        request = jobs_pb2.StartBackupRequest(
            **self._change(),
            task=task,
            group=group,
            type=convert.backup_type_number(backup_type),
            start_time=plan_convert.stamp(start_time) if start_time is not None else None,
            priority=priority,
            drive=drive,
            follow_up=follow_up,
            pool=pool,
        )
        return plan_convert.started(self._wire.call(self._orders.StartBackup, request))

    def calendar(
        self,
        first: datetime,
        end: datetime,
        *,
        task: str = "",
        event: str = "",
        states: Iterable[str] = (),
        kinds: Iterable[str] = (),
    ) -> Iterator[Occurrence]:
        """What is planned from `first` to before `end`, and what became of it, in the order of
        time; at most 400 days. Every given condition holds.

        Args:
            task: exact name of a task.
            event: exact name of an event.
            states: as in `Occurrence.state`; none: all.
            kinds: as in `Occurrence.kind`; none: all.
        """
        wanted = [plan_convert.state_number(state) for state in states]
        of_kinds = [plan_convert.event_kind_number(kind) for kind in kinds]

        def page(token: str) -> tuple[Iterable[Occurrence], str]:
            request = calendar_pb2.ListCalendarRequest(
                from_time=plan_convert.stamp(first),
                to_time=plan_convert.stamp(end),
                page_size=PAGE_SIZE,
                page_token=token,
                task=task,
                event=event,
                states=wanted,
                kinds=of_kinds,
            )
            answer = self._wire.call(self._calendar.ListCalendar, request)
            return map(plan_convert.occurrence, answer.occurrences), answer.next_page_token

        return pages(page)

    def cancel_occurrence(self, event_id: str, planned_time: datetime | None = None) -> datetime:
        """Takes back what an event is planned to start, before it has begun: a backup ordered for
        later as any other. It stays in the calendar as cancelled.

        Args:
            event_id: as in `Started`, `Occurrence` and `Event`.
            planned_time: None for the coming one.

        Returns:
            The time for which it was planned. Raises SesamError OCCURRENCE_NOT_PLANNED.
        """
        request = calendar_pb2.CancelOccurrenceRequest(
            **self._change(),
            event_id=event_id,
            planned_time=plan_convert.stamp(planned_time) if planned_time is not None else None,
        )
        answer = self._wire.call(self._calendar.CancelOccurrence, request)
        return convert.moment(answer.planned_time)

    def calendar_sheet(self, first: date, last: date) -> Sheet:
        """The calendar by task over the sesam days from `first` to `last`; at most 400 days."""
        request = calendar_pb2.GetCalendarSheetRequest(
            first_sesam_day=first.isoformat(), last_sesam_day=last.isoformat()
        )
        return plan_convert.sheet(self._wire.call(self._calendar.GetCalendarSheet, request))

    def sesam_day(self) -> date:
        """The sesam day that is open now."""
        today = self._today()
        return self.calendar_sheet(today, today).open_sesam_day

    def _today(self) -> date:
        return datetime.now(ZoneInfo(self.identity.time_zone)).date()

    def _change(self) -> dict[str, str]:
        return change_of(self.identity)


def change_of(identity: Identity) -> dict[str, str]:
    """What every changing request carries."""
    return {"location_id": identity.location_id, "request_id": str(uuid.uuid4())}


def pages(page: Callable[[str], tuple[Iterable[Listed], str]]) -> Iterator[Listed]:
    """All items, read page by page while they are iterated over."""
    items, token = page("")
    yield from items
    while token:
        items, token = page(token)
        yield from items


def named(items: Iterator[Item], name: str, kind: str) -> Item:
    """The one of that name. Raises SesamError ..._NOT_FOUND."""
    for item in items:
        if item.name == name:
            return item
    raise SesamError(f"{kind.upper()}_NOT_FOUND", {kind: name})
