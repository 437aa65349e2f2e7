"""Logs of sesam days in memory."""

import threading
from collections.abc import Iterable, Sequence
from datetime import date

from server_agent.ports.day_logs import DayLogError


class MemoryDayLogs:
    """The `DayLogs` port.

    Attributes:
        closed: state log and day log of each day.
        error: raised by the next `close`.
        begun: the days that have begun.
        open: the days that were not closed for good.
        tried: set when one was written, or could not be.
    """

    def __init__(self) -> None:
        self.closed: dict[date, tuple[list[str], list[str]]] = {}
        self.error: DayLogError | None = None
        self.begun: list[date] = []
        self.open: set[date] = set()
        self.tried = threading.Event()

    def begin(self, day: date) -> None:
        self.begun.append(day)

    def is_closed(self, day: date) -> bool:
        return day in self.closed and day not in self.open

    def carry_on(self, day: date, states: Sequence[str], happened: Sequence[str]) -> None:
        if not self.is_closed(day):
            self.close(day, states, happened, for_good=False)

    def close(
        self, day: date, states: Iterable[str], happened: Iterable[str], *, for_good: bool
    ) -> None:
        error, self.error = self.error, None
        self.tried.set()
        if error is not None:
            raise error
        self.closed[day] = ([*map(_line, states)], [*map(_line, happened)])
        if for_good:
            self.open.discard(day)
        else:
            self.open.add(day)
        self.tried.set()

    def forget(self, before: date) -> None:
        for day in [day for day in self.closed if day < before]:
            del self.closed[day]
            self.open.discard(day)


def _line(text: str) -> str:
    return text.replace("\n", " ").replace("\r", " ")
