"""When a schedule's times come, found by asking the wall clock: no recurrence library is used."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from zoneinfo import ZoneInfo

from server_agent.domain.schedule import Schedule
from tests.agent.domain.oracle import is_nth

DAY = timedelta(days=1)
MINUTE = timedelta(minutes=1)
# Every offset that a zone had in these years is a multiple of a quarter of an hour.
OFFSETS = [timedelta(minutes=15 * number) for number in range(-48, 57)]
SINCE = date(2005, 1, 3)  # a Monday


def every_day(_: date) -> bool:
    return True


def on(*weekdays: int) -> Callable[[date], bool]:
    """Monday is 0."""
    return lambda day: day.weekday() in weekdays


def nth(number: int, weekday: int) -> Callable[[date], bool]:
    return lambda day: day.weekday() == weekday and is_nth(day, number)


def first_of_month(day: date) -> bool:
    return day.day == 1


def last_sunday_of_spring_and_autumn(day: date) -> bool:
    return day.month in (3, 10) and nth(-1, 6)(day)


@dataclass(frozen=True)
class Timetable:
    """A schedule in words of its own: `rule` for the agent, `names` or `every` for the oracle."""

    name: str
    rule: str
    at: time
    names: Callable[[date], bool] | None = None
    every: timedelta | None = None
    until: time | None = None
    window: timedelta | None = None
    offset: int = 0
    dates: tuple[date, ...] = ()

    def schedule(self, change_time: datetime) -> Schedule:
        return Schedule(
            name=self.name,
            rule=self.rule,
            start_time=self.at,
            start_date=SINCE,
            change_time=change_time,
            offset_days=self.offset,
            dates=self.dates,
            until_time=self.until,
            window=self.window,
        )

    def times(self, zone: str, first: datetime, end: datetime) -> list[datetime]:
        """Those in [first, end)."""
        found: set[datetime] = set()
        day = max(first.date() - 3 * DAY, SINCE)
        if self.every is not None and self.until is None:
            moment = shown_at(zone, SINCE, self.at)
            moment += max((first - moment) // self.every, 0) * self.every
            while moment < end:
                found.add(moment)
                moment += self.every
        while day <= end.date() + 2 * DAY:
            if self.every is not None and self.until is not None:
                found |= self._of_day(zone, day)
            named = self.names is not None and self.names(day - self.offset * DAY)
            if named or day in self.dates:
                found.add(shown_at(zone, day, self.at))
            day += DAY
        return sorted(moment for moment in found if first <= moment < end)

    def _of_day(self, zone: str, day: date) -> set[datetime]:
        assert self.every is not None
        assert self.until is not None
        moment = shown_at(zone, day, self.at)
        last = shown_at(zone, day + DAY if self.until < self.at else day, self.until)
        anew = shown_at(zone, day + DAY, self.at)
        found = set()
        while moment <= last and moment < anew:
            found.add(moment)
            moment += self.every
        return found


@dataclass(frozen=True)
class Once:
    """One moment, named by a person."""

    moment: datetime
    window: timedelta | None = None

    def times(self, _zone: str, first: datetime, end: datetime) -> list[datetime]:
        """Those in [first, end)."""
        return [self.moment] if first <= self.moment < end else []


@cache
def shown_at(zone: str, day: date, wall_time: time) -> datetime:
    """When the zone's clocks first show that; of what they leap over, as if they had not."""
    wanted = seen = datetime.combine(day, wall_time)
    while not (found := _moments(zone, seen)):
        seen -= MINUTE
    return min(found) + (wanted - seen)


def _moments(zone: str, wall: datetime) -> list[datetime]:
    info = ZoneInfo(zone)
    tried = ((wall - offset).replace(tzinfo=UTC) for offset in OFFSETS)
    return [moment for moment in tried if moment.astimezone(info).replace(tzinfo=None) == wall]
