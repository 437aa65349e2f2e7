"""Logs of sesam days in memory."""

from collections.abc import Iterable
from datetime import date


class MemoryDayLogs:
    """The `DayLogs` port.

    Attributes:
        closed: state log and day log of each day.
        error: raised by the next `close`.
        begun: the days that have begun.
    """

    def __init__(self) -> None:
        self.closed: dict[date, tuple[list[str], list[str]]] = {}
        self.error: OSError | None = None
        self.begun: list[date] = []

    def begin(self, day: date) -> None:
        self.begun.append(day)

    def is_closed(self, day: date) -> bool:
        return day in self.closed

    def close(self, day: date, states: Iterable[str], happened: Iterable[str]) -> None:
        error, self.error = self.error, None
        if error is not None:
            raise error
        self.closed[day] = ([*map(_line, states)], [*map(_line, happened)])

    def forget(self, before: date) -> None:
        for day in [day for day in self.closed if day < before]:
            del self.closed[day]


def _line(text: str) -> str:
    return text.replace("\n", " ").replace("\r", " ")
