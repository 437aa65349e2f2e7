"""Spans of sesam days that results are narrowed to, and where such a span is over.

A sesam day is a label of its site and is never converted: one span holds the days of that name at
every location, wherever they began.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum

NEWDAY = timedelta(hours=8)  # where no location says which of its days is open


class PeriodKind(StrEnum):
    """The value is what is kept on disk."""

    ALL = "all"
    TODAY = "today"
    YESTERDAY = "yesterday"
    WEEK = "7 days"
    MONTH = "31 days"
    SPAN = "span"


_BACK = {PeriodKind.TODAY: 0, PeriodKind.YESTERDAY: 1, PeriodKind.WEEK: 6, PeriodKind.MONTH: 30}


@dataclass(frozen=True, slots=True)
class Period:
    """`first` and `last` are of the kind SPAN only, both included; None: no limit."""

    kind: PeriodKind = PeriodKind.ALL
    first: date | None = None
    last: date | None = None

    @property
    def is_relative(self) -> bool:
        """It means other days when the next sesam day has begun."""
        return self.kind in _BACK

    def span(self, today: date) -> tuple[date | None, date | None]:
        """The first and the last day of it where `today` is the open sesam day."""
        if not self.is_relative:
            return self.first, self.last
        first = today - timedelta(days=_BACK[self.kind])
        return first, first if self.kind is PeriodKind.YESTERDAY else today

    def stepped(self, steps: int, today: date) -> "Period":
        """The span of the same length before (negative) or after it; all days stay all days, and
        so does what would leave the calendar."""
        first, last = self.span(today)
        if first is None or last is None:
            return self
        step = timedelta(days=((last - first).days + 1) * steps)
        try:
            return Period(PeriodKind.SPAN, first + step, last + step)
        except OverflowError:
            return self


ALL_DAYS = Period()


@dataclass(frozen=True, slots=True)
class Standing:
    """How many of the locations have closed the last day of a span, have it open, have not begun
    it, and of how many that is not known."""

    closed: int
    open: int
    ahead: int
    unknown: int


def standing(last: date, open_days: Mapping[str, date], locations: Iterable[str]) -> Standing:
    """`open_days` are those of the locations that said it."""
    counts: Counter[str] = Counter()
    for location_id in locations:
        day = open_days.get(location_id)
        if day is None:
            counts["unknown"] += 1
        else:
            counts["closed" if day > last else "open" if day == last else "ahead"] += 1
    return Standing(counts["closed"], counts["open"], counts["ahead"], counts["unknown"])


def common_day(open_days: Iterable[date], local: datetime) -> date:
    """The sesam day that is open at most of the locations, the later one of two; by the desk's
    own clock where none is known. `local` is its local time."""
    counts = Counter(open_days)
    if not counts:
        return (local - NEWDAY).date()
    return max(counts, key=lambda day: (counts[day], day))
