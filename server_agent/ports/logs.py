"""The logs of the location, as they are read."""

from dataclasses import dataclass
from datetime import date
from typing import Protocol

from server_agent.domain.logs import LogFile, LogKey


@dataclass(frozen=True, slots=True)
class LogPiece:
    """Whole lines of a log that lie together, each with the position at which it begins.

    Attributes:
        begin, end: positions between which they lie.
        at_begin, at_end: whether there is nothing before, or behind.
        mark: another one when the log was written anew, so that positions may mean other lines.
    """

    lines: tuple[tuple[int, str], ...]
    begin: int
    end: int
    at_begin: bool
    at_end: bool
    mark: int = 0


class LogFiles(Protocol):
    """Logs grow while they are read. A line that is not at its end yet is not there. The error log
    is the day log here: which of its lines are told is for the caller."""

    def files(self) -> list[LogFile]:
        """All of them, in no order."""

    def newest_day(self, key: LogKey) -> date | None:
        """The last day of which there is such a log."""

    def after(self, key: LogKey, day: date, position: int, most_bytes: int) -> LogPiece | None:
        """Lines from a position on, which is 0 or the begin or end of a line. What is not kept any
        more is passed over. None if there is no such log.

        A line longer than `most_bytes` comes as several.
        """

    def before(self, key: LogKey, day: date, position: int, most_bytes: int) -> LogPiece | None:
        """Lines that end before a position or at it; with 0 the last ones. None if there is no such
        log."""
