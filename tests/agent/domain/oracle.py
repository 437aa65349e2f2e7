"""What the calendar and the clocks say, found by trying every day and every minute.

Independent of the modules under test: no recurrence library, no arithmetic with offsets.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from zoneinfo import ZoneInfo

DAY = timedelta(days=1)
MINUTE = timedelta(minutes=1)
CODES = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
WEEKEND = (5, 6)

# A zone, and the local days around which its clocks change.
CHANGES = [
    ("Europe/Berlin", date(2024, 3, 31)),
    ("Europe/Berlin", date(2024, 10, 27)),
    ("Europe/London", date(2024, 3, 31)),
    ("Europe/London", date(2023, 10, 29)),
    ("America/New_York", date(2024, 3, 10)),
    ("America/New_York", date(2024, 11, 3)),
    ("America/St_Johns", date(2010, 3, 14)),  # at 00:01, when it still did so
    ("America/St_Johns", date(2010, 11, 7)),
    ("America/Sao_Paulo", date(2017, 10, 15)),  # 00:00 becomes 01:00
    ("America/Sao_Paulo", date(2018, 2, 18)),  # 24:00 becomes 23:00
    ("America/Havana", date(2024, 11, 3)),  # 01:00 becomes 00:00
    ("Australia/Lord_Howe", date(2024, 10, 6)),  # half an hour
    ("Australia/Lord_Howe", date(2024, 4, 7)),
    ("Pacific/Chatham", date(2024, 9, 29)),  # at 02:45
    ("Pacific/Chatham", date(2024, 4, 7)),
    ("Pacific/Apia", date(2011, 12, 30)),  # a day that never was
    ("Africa/Casablanca", date(2024, 3, 10)),  # Ramadan
    ("Africa/Casablanca", date(2024, 4, 14)),
    ("Asia/Tehran", date(2022, 3, 22)),  # 00:00 becomes 01:00
    ("Asia/Tehran", date(2022, 9, 21)),  # 24:00 becomes 23:00
    ("Asia/Kathmandu", date(2024, 1, 1)),
    ("UTC", date(2024, 2, 29)),
]


@dataclass(frozen=True)
class DateRule:
    """A rule in words of its own: as text for the module, as a question for the oracle."""

    text: str
    names: Callable[[date, date], bool]  # (day, first day of validity)


def days_of_month(day: date) -> int:
    return ((day.replace(day=28) + 4 * DAY).replace(day=1) - DAY).day


def monday(day: date) -> date:
    return day - day.weekday() * DAY


def month_number(day: date) -> int:
    return day.year * 12 + day.month


def is_day_of_month(day: date, wanted: int) -> bool:
    return wanted in (day.day, day.day - days_of_month(day) - 1)


def is_nth(day: date, nth: int) -> bool:
    """Whether the day is the nth of its weekday in its month, from the end if negative."""
    return nth in ((day.day - 1) // 7 + 1, -((days_of_month(day) - day.day) // 7) - 1)


def is_end_of(day: date, kinds: tuple[int, ...], last: bool) -> bool:
    """Whether the day is the first or last one of its month among these weekdays."""
    month = [day.replace(day=number + 1) for number in range(days_of_month(day))]
    fitting = [other for other in month if other.weekday() in kinds]
    return day == fitting[-1 if last else 0]


def dates(rule: DateRule, offset: int, start: date, first: date, last: date) -> list[date]:
    every = (first + number * DAY for number in range((last - first).days + 1))
    return [day for day in every if day >= start and rule.names(day - offset * DAY, start)]


class Clock:
    """The wall clock of a zone over a span of days, minute by minute."""

    def __init__(self, zone: str, first: date, last: date) -> None:
        info = ZoneInfo(zone)
        begin = datetime.combine(first - 2 * DAY, time.min, UTC)
        count = ((last - first).days + 5) * 24 * 60
        self.minutes = [begin + number * MINUTE for number in range(count)]
        self.shown = {m: m.astimezone(info).replace(tzinfo=None, fold=0) for m in self.minutes}
        self._first: dict[datetime, datetime] = {}
        for minute in self.minutes:
            self._first.setdefault(self.shown[minute], minute)

    def at(self, day: date, wall_time: time) -> datetime:
        """When the clock first shows that; of what it leaps over, as if it went on as before."""
        wanted = seen = datetime.combine(day, wall_time)
        while seen not in self._first:
            seen -= MINUTE
        return self._first[seen] + (wanted - seen)

    def days(self) -> Iterator[date]:
        """The days of the calendar, whether they were or not, that surely lie in the span."""
        day = self.minutes[0].date() + DAY
        while day < self.minutes[-1].date() - DAY:
            yield day
            day += DAY


@cache
def clock_around(zone: str, day: date) -> Clock:
    """The clock of five days before and behind that day."""
    return Clock(zone, day - 5 * DAY, day + 5 * DAY)
