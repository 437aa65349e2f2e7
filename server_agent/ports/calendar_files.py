"""Calendars of other programs, as files (iCalendar, RFC 5545)."""

from collections.abc import Sequence
from datetime import date, tzinfo
from typing import Protocol

from server_agent.domain.schedule import Schedule


class CalendarFiles(Protocol):
    """Reads and writes the content of iCalendar files; keeps nothing."""

    def read(self, content: bytes, zone: tzinfo, first: date, last: date) -> Sequence[date]:
        """The dates in [first, last] on which the file's events begin in that zone, in order, each
        once.

        Raises:
            InvalidArgument: the content is no calendar, or has a rule that is not understood.
        """

    def write(self, schedule: Schedule, zone: tzinfo, uid: str) -> bytes:
        """A calendar with one event for the schedule, or without any if it never starts.

        Args:
            zone: the server's, a `ZoneInfo`.
            uid: unique for ever, the same at each export.
        """
