"""Schedules from and to the files of other calendars."""

import uuid
from collections.abc import Sequence
from datetime import date, timedelta

from server_agent.domain.errors import InvalidArgument, ScheduleNotFound
from server_agent.ports import Clock
from server_agent.ports.calendar_files import CalendarFiles
from server_agent.service.changes import Changes
from server_agent.service.days import zone_of

LARGEST_FILE = 1 << 20
LONGEST_SPAN = timedelta(days=3660)


class CalendarExchange:
    """Any thread may call it.

    Args:
        location_id: the exported events' ids are made of it.
    """

    def __init__(
        self, changes: Changes, files: CalendarFiles, clock: Clock, location_id: str
    ) -> None:
        self._changes = changes
        self._files = files
        self._location_id = location_id
        self._zone = zone_of(clock)

    def dates(self, content: bytes, first: date, last: date) -> Sequence[date]:
        """The dates that a file names in a span, both ends included."""
        if len(content) > LARGEST_FILE:
            raise InvalidArgument(
                field="content", value=f"{len(content)} bytes", expected="at most 1 MiB"
            )
        if not timedelta() <= last - first <= LONGEST_SPAN:
            raise InvalidArgument(
                field="last_date",
                value=last,
                expected=f"{first} or later, by at most {LONGEST_SPAN.days} days",
            )
        return self._files.read(content, self._zone, first, last)

    def file(self, name: str) -> bytes:
        """A schedule as a file."""
        with self._changes.read() as view:
            schedule = view.schedule(name)
        if schedule is None:
            raise ScheduleNotFound(schedule=name)
        uid = uuid.uuid5(uuid.UUID(self._location_id), f"schedule/{name}")
        return self._files.write(schedule, self._zone, str(uid))
