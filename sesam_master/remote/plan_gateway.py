"""What the screens ask of a location's plan and do with it, over the sessions' channels."""

import asyncio
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from types import ModuleType
from typing import Any

from google.protobuf.message import Message

from sesam_api.v1 import drives_pb2, events_pb2, groups_pb2, media_pb2, schedules_pb2
from sesam_api.v1.drives_pb2_grpc import DriveServiceStub
from sesam_api.v1.events_pb2_grpc import EventServiceStub
from sesam_api.v1.groups_pb2_grpc import TaskGroupServiceStub
from sesam_api.v1.media_pb2_grpc import MediaServiceStub
from sesam_api.v1.schedules_pb2_grpc import ScheduleServiceStub
from sesam_master.core.errors import DeskReason, LocationError, Trouble
from sesam_master.core.plan import (
    AnyPlanned,
    Event,
    Plan,
    Planned,
    Preview,
    Schedule,
    TaskGroup,
)
from sesam_master.core.plan_source import PREVIEWED_STARTS
from sesam_master.remote import calls, convert_components, convert_plan
from sesam_master.remote.roster import Roster
from sesam_master.remote.session import Session
from sesam_master.remote.times import Times

PAGE_SIZE = 1000


@dataclass(frozen=True, slots=True)
class _Asked:
    """A call and the request that it takes."""

    call: calls.Call
    request: Callable[..., Message]


@dataclass(frozen=True, slots=True)
class _Kind:
    """How objects of one kind go over the wire; `field` is their name in requests and answers."""

    field: str
    record: Callable[[Any], Any]
    message: Callable[[Any], Message]
    create: _Asked
    update: _Asked
    delete: _Asked
    list: _Asked


def _kind(
    word: str,
    record: Callable[[Any], Any],
    message: Callable[[Any], Message],
    stub: Callable[..., Any],
    requests: ModuleType,
) -> _Kind:
    """`word` is the kind's name in the names of the calls."""

    def asked(name: str) -> _Asked:
        return _Asked(lambda ch: getattr(stub(ch), name), getattr(requests, f"{name}Request"))

    create, update, delete = (asked(f"{verb}{word}") for verb in ("Create", "Update", "Delete"))
    field = word.removeprefix("Task").lower()
    return _Kind(field, record, message, create, update, delete, asked(f"List{word}s"))


_KINDS: dict[type, _Kind] = {
    Schedule: _kind(
        "Schedule",
        convert_plan.schedule,
        convert_plan.schedule_message,
        ScheduleServiceStub,
        schedules_pb2,
    ),
    Event: _kind(
        "Event", convert_plan.event, convert_plan.event_message, EventServiceStub, events_pb2
    ),
    TaskGroup: _kind(
        "TaskGroup",
        convert_plan.group,
        convert_plan.group_message,
        TaskGroupServiceStub,
        groups_pb2,
    ),
}
_LIST_POOLS = _Asked(
    lambda ch: MediaServiceStub(ch).ListMediaPools, media_pb2.ListMediaPoolsRequest
)
_LIST_DRIVES = _Asked(lambda ch: DriveServiceStub(ch).ListDrives, drives_pb2.ListDrivesRequest)


class PlanGateway:
    """Implements core.plan_source.PlanSource; see there for what each method means."""

    _roster: Roster
    _times: Times

    async def plan(self, location_id: str) -> Plan:
        self._roster.registration(location_id)
        try:
            session = self._roster.session(location_id)
            messages, pools = await asyncio.gather(self._listed(session), self._pools(session))
        except LocationError:
            kept = self._roster.remembered(location_id)
            if kept is None or self._roster.is_on(location_id):
                raise
            live, as_of = kept
            return _plan(location_id, live.plan_messages(), as_of, is_kept=True)
        return replace(_plan(location_id, messages, datetime.now(UTC)), pools=pools)

    async def add_to_plan(self, location_id: str, item: AnyPlanned) -> AnyPlanned:
        return await self._put(location_id, item, _KINDS[type(item)].create)

    async def change_plan(self, location_id: str, item: AnyPlanned) -> AnyPlanned:
        return await self._put(location_id, item, _KINDS[type(item)].update)

    async def remove_from_plan(self, location_id: str, item: Planned) -> None:
        asked = _KINDS[type(item)].delete
        await self._change(location_id, asked, name=item.name, etag=item.etag)

    async def preview_schedule(self, location_id: str, schedule: Schedule) -> Preview:
        request = schedules_pb2.PreviewScheduleRequest(
            schedule=convert_plan.schedule_message(schedule), count=PREVIEWED_STARTS
        )
        answer = await self._read(
            location_id, lambda ch: ScheduleServiceStub(ch).PreviewSchedule, request
        )
        return convert_plan.preview(answer)

    async def read_calendar_file(
        self, location_id: str, content: bytes, first: date, last: date
    ) -> tuple[date, ...]:
        request = schedules_pb2.ReadCalendarFileRequest(
            content=content, first_date=first.isoformat(), last_date=last.isoformat()
        )
        answer = await self._read(
            location_id, lambda ch: ScheduleServiceStub(ch).ReadCalendarFile, request
        )
        dates: tuple[date, ...] = _read_or_fail(location_id, convert_plan.dates, answer)
        return dates

    async def write_calendar_file(self, location_id: str, schedule: str) -> bytes:
        answer = await self._read(
            location_id,
            lambda ch: ScheduleServiceStub(ch).WriteCalendarFile,
            schedules_pb2.WriteCalendarFileRequest(schedule=schedule),
        )
        content: bytes = answer.content
        return content

    async def _put(self, location_id: str, item: AnyPlanned, asked: _Asked) -> AnyPlanned:
        kind = _KINDS[type(item)]
        answer = await self._change(location_id, asked, **{kind.field: kind.message(item)})
        made: AnyPlanned = _read_or_fail(location_id, kind.record, getattr(answer, kind.field))
        return made

    async def _change(self, location_id: str, asked: _Asked, **fields: Any) -> Any:
        request = asked.request(
            location_id=location_id, request_id=calls.new_request_id(), **fields
        )
        session = self._roster.session(location_id)
        return await calls.change(session, asked.call, request, self._times.call)

    async def _read(self, location_id: str, call: calls.Call, request: Message) -> Any:
        return await calls.read(
            self._roster.session(location_id), call, request, self._times.list_call
        )

    async def _listed(self, session: Session) -> dict[str, Iterable[Any]]:
        """The messages of each kind, by the fields of a snapshot."""
        kinds = {f"{kind.field}s": kind.list for kind in _KINDS.values()}
        kinds["drives"] = _LIST_DRIVES
        found = await asyncio.gather(
            *(self._pages(session, field, asked) for field, asked in kinds.items())
        )
        return dict(zip(kinds, found, strict=True))

    async def _pools(self, session: Session) -> tuple[str, ...]:
        """None of an agent that is too old to have any."""
        try:
            return tuple(pool.name for pool in await self._pages(session, "pools", _LIST_POOLS))
        except LocationError as error:
            if error.reason == DeskReason.NOT_SUPPORTED:
                return ()
            raise

    async def _pages(self, session: Session, field: str, asked: _Asked) -> list[Any]:
        answers = calls.pages(
            session,
            asked.call,
            lambda token: asked.request(page_size=PAGE_SIZE, page_token=token),
            self._times.list_call,
        )
        return [message async for answer in answers for message in getattr(answer, field)]


def _plan(
    location_id: str,
    messages: dict[str, Iterable[Any]],
    as_of: datetime,
    *,
    is_kept: bool = False,
) -> Plan:
    def records(kind: str, record: Callable[[Any], Any]) -> tuple[Any, ...]:
        found = (_read_or_fail(location_id, record, message) for message in messages[kind])
        return tuple(sorted(found, key=lambda one: one.name))

    schedules = records("schedules", convert_plan.schedule)
    events = records("events", convert_plan.event)
    if is_kept:
        schedules = tuple(replace(one, next_time=None) for one in schedules)
        events = tuple(replace(one, next_time=None) for one in events)
    return Plan(
        location_id=location_id,
        schedules=schedules,
        events=events,
        groups=records("groups", convert_plan.group),
        drives=records("drives", convert_components.drive),
        as_of=as_of,
        is_kept=is_kept,
    )


def _read_or_fail(location_id: str, record: Callable[[Any], Any], message: Any) -> Any:
    """The record; LocationError INTERNAL for a message with a date or a time that is none."""
    try:
        return record(message)
    except ValueError as error:
        raise LocationError(Trouble.INTERNAL, location_id) from error
