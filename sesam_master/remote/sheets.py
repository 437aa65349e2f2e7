"""The calendar sheet of each location around its present day, kept for the time when it is dark."""

import asyncio
import logging
import struct
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from google.protobuf.message import DecodeError

from sesam_api.v1 import calendar_pb2
from sesam_api.v1.calendar_pb2_grpc import CalendarServiceStub
from sesam_master.core.errors import LocationError
from sesam_master.core.fleet import FleetEvent, ObjectsChanged, PictureArrived
from sesam_master.core.sheet import Sheet
from sesam_master.core.states import Connection
from sesam_master.remote import calls, convert_calendar
from sesam_master.remote.session import Session
from sesam_master.remote.times import Times

DAYS_BACK = 92
DAYS_AHEAD = 36  # the agent plans 35 days ahead
AT_ONCE = 8
_STAMP = struct.Struct(">q")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class KeptSheet:
    """An answer of an agent, as of when it came, with the task groups of that time."""

    answer: calendar_pb2.GetCalendarSheetResponse
    groups: convert_calendar.Groups
    as_of: datetime

    def sheet(self, location_id: str) -> Sheet:
        """Raises ValueError for an answer that is no sheet."""
        return convert_calendar.sheet(location_id, self.answer, self.groups, self.as_of)

    def to_bytes(self) -> bytes:
        """Without the groups, which the picture has."""
        stamp = _STAMP.pack((self.as_of - _EPOCH) // _MICROSECOND)
        return stamp + self.answer.SerializeToString()


class KeptSheets:
    """Lives in the network thread's loop. A location's sheet is asked for again when its plan or
    its results have changed, but not more often than every `times.sheet` seconds."""

    def __init__(self, times: Times, changed: Callable[[str], None]) -> None:
        """`changed` is called with the id of a location whose sheet is another now."""
        self._times = times
        self._changed = changed
        self._kept: dict[str, KeptSheet] = {}
        self._due: set[str] = set()
        self._asked_at: dict[str, float] = {}

    def get(self, location_id: str) -> KeptSheet | None:
        """None if there never was one."""
        return self._kept.get(location_id)

    def recall(self, location_id: str, kept: bytes, groups: convert_calendar.Groups) -> None:
        """Takes what `to_bytes` gave, unless there is a newer one. What cannot be read is passed
        over."""
        if location_id in self._kept or len(kept) < _STAMP.size:
            return
        try:
            answer = calendar_pb2.GetCalendarSheetResponse.FromString(kept[_STAMP.size :])
            as_of = _EPOCH + _STAMP.unpack_from(kept)[0] * _MICROSECOND
            found = KeptSheet(answer, groups, as_of)
            found.sheet(location_id)
        except (DecodeError, ValueError, OverflowError):
            _log.warning("The remembered calendar of %s is unreadable.", location_id)
        else:
            self._kept[location_id] = found

    def note(self, event: FleetEvent) -> None:
        """What is delivered may make the sheet another."""
        if isinstance(event, ObjectsChanged):
            if event.cells or event.is_plan_changed:
                self._due.add(event.location_id)
        elif isinstance(event, PictureArrived):
            self._due.add(event.location_id)

    def forget(self, location_id: str) -> None:
        """To be called when the location is not listed any more."""
        self._kept.pop(location_id, None)
        self._asked_at.pop(location_id, None)
        self._due.discard(location_id)

    async def run(self, sessions: Callable[[], list[Session]]) -> None:
        """Asks for what is due, again and again until it is cancelled."""
        room = asyncio.Semaphore(AT_ONCE)
        while True:
            await asyncio.sleep(self._times.keep)
            due = [session for session in sessions() if self._is_due(session)]
            await asyncio.gather(*(self._ask(session, room) for session in due))

    def _is_due(self, session: Session) -> bool:
        location_id = session.registration.location_id
        asked_at = self._asked_at.get(location_id)
        rested = asked_at is None or _now() - asked_at >= self._times.sheet
        return location_id in self._due and session.connection is Connection.ON and rested

    async def _ask(self, session: Session, room: asyncio.Semaphore) -> None:
        location_id = session.registration.location_id
        today = datetime.now(UTC).date()
        request = convert_calendar.sheet_request(
            today - timedelta(days=DAYS_BACK), today + timedelta(days=DAYS_AHEAD)
        )
        async with room:
            self._due.discard(location_id)
            asked_at = self._asked_at[location_id] = _now()
            answer = None
            try:
                found = await ask_sheet(session, request, self._times)
                found.sheet(location_id)
            except (LocationError, ValueError) as error:
                _log.info("The calendar of %s was not kept: %s", location_id, error)
            else:
                answer = found
            if self._asked_at.get(location_id) != asked_at:
                return  # it was forgotten meanwhile
            if answer is None:
                self._due.add(location_id)
            else:
                self._kept[location_id] = answer
                self._changed(location_id)


async def ask_sheet(
    session: Session, request: calendar_pb2.GetCalendarSheetRequest, times: Times
) -> KeptSheet:
    """The agent's answer. Raises LocationError."""
    answer = await calls.read(
        session, lambda ch: CalendarServiceStub(ch).GetCalendarSheet, request, times.list_call
    )
    groups = session.live.groups() if session.live is not None else {}
    return KeptSheet(answer, groups, datetime.now(UTC))


def _now() -> float:
    return asyncio.get_running_loop().time()
