"""Schedules: when something is planned, as moments in UTC.

Times of day are those of the server's wall clock (manual, "Schedules"). What daylight saving time
does to them follows RFC 5545, 3.3.5: a time that the clocks leap over is taken at the offset from
before (02:30 becomes 03:30), one that comes twice is its first. Intervals are elapsed time: a day
of 25 hours has 25 hourly starts.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from heapq import merge

from server_agent.domain.errors import InvalidArgument
from server_agent.domain.recurrence import (
    checked_offset,
    checked_rule,
    comes_round,
    dates_of,
    interval_of,
)
from server_agent.domain.topology import checked_name

MAX_DATES = 3660
MAX_WINDOW = timedelta(days=31)
_DAY = timedelta(days=1)
_FIRST_DATE, _LAST_DATE = date(1970, 1, 1), date(9000, 1, 1)


@dataclass(frozen=True, slots=True)
class Schedule:
    """When something comes round. A schedule without events does nothing.

    Attributes:
        active: False silences all its events.
        rule: value of an RRULE; empty when only the dates count.
        offset_days: added to each date of the rule.
        dates: days of a calendar of one's own, beside the rule; one date alone is "once".
        start_time: time of day; of an interval the first start of `start_date`, or of every day
            if there is an `until_time`.
        until_time: of an interval the last time of day at which it starts, before it begins
            anew at the next day's `start_time`. Before `start_time`: past midnight.
        start_date, end_date: validity, both inclusive, by the server's calendar.
        window: how long after its time a start may still be made; None: until the next one.
        change_time: nothing is planned before it.
        version: counts its changes.
    """

    name: str
    rule: str
    start_time: time
    start_date: date
    change_time: datetime
    active: bool = True
    offset_days: int = 0
    dates: tuple[date, ...] = ()
    until_time: time | None = None
    end_date: date | None = None
    window: timedelta | None = None
    comment: str = ""
    version: int = 1


def checked_schedule(schedule: Schedule) -> Schedule:
    """The schedule in its normal form, or InvalidArgument that names the field."""
    checked_name("name", schedule.name)
    rule = checked_rule(schedule.rule) if schedule.rule else ""
    if not rule and not schedule.dates:
        raise _refused("rule", "empty", "a rule, or dates")
    checked_offset(rule, schedule.offset_days)
    _check_dates(schedule)
    interval = interval_of(rule)
    if interval is None and rule and not comes_round(rule, schedule.start_date):
        raise _refused("rule", rule, f"a rule that comes round from {schedule.start_date} on")
    if interval is not None and schedule.dates:
        raise _refused("dates", "not empty", "no dates beside a rule of minutes or hours")
    if schedule.until_time is not None and interval is None:
        refused = "none, or a rule of minutes or hours beside it"
        raise _refused("until_time", schedule.until_time, refused)
    if schedule.until_time is not None and interval is not None and interval >= _DAY:
        refused = "none beside a rule that comes round once a day or more seldom"
        raise _refused("until_time", schedule.until_time, refused)
    if schedule.window is not None and not timedelta(minutes=1) <= schedule.window <= MAX_WINDOW:
        raise _refused("window", schedule.window, "from one minute to 31 days")
    return replace(schedule, rule=rule, dates=tuple(sorted(set(schedule.dates))))


def _check_dates(schedule: Schedule) -> None:
    if len(schedule.dates) > MAX_DATES:
        raise _refused("dates", f"{len(schedule.dates)} dates", f"at most {MAX_DATES} dates")
    named = [("dates", day) for day in schedule.dates]
    ends = [("start_date", schedule.start_date), ("end_date", schedule.end_date)]
    for field, day in ends + named:
        if day is not None and not _FIRST_DATE <= day <= _LAST_DATE:
            raise _refused(field, day, f"a date from {_FIRST_DATE} to {_LAST_DATE}")
    if schedule.end_date is not None and schedule.end_date < schedule.start_date:
        expected = f"{schedule.start_date}, the start date, or later"
        raise _refused("end_date", schedule.end_date, expected)


def starts(schedule: Schedule, zone: tzinfo, first: datetime, end: datetime) -> Iterator[datetime]:
    """The planned moments from `first` to before `end`, in UTC and in order, each once.

    Whether the schedule is active, and when it was changed, is left out of account.
    """
    interval = interval_of(schedule.rule) if schedule.rule else None
    found = (
        _daily(schedule, zone, first, end)
        if interval is None
        else _counted(schedule, interval, zone, first, end)
    )
    told: datetime | None = None
    for moment in found:
        if first <= moment < end and moment != told:
            told = moment
            yield moment


def count_starts(schedule: Schedule, zone: tzinfo, first: datetime, end: datetime) -> int:
    """How many `starts` there are; of intervals without going through them."""
    interval = interval_of(schedule.rule) if schedule.rule else None
    if interval is None:
        return sum(1 for _ in starts(schedule, zone, first, end))
    count = 0
    for begin, stop in _runs(schedule, zone, first, end):
        # Rounded up: the numbers of the first start that counts and of the first that does not.
        passed = max(-((begin - first) // interval), 0)
        count += max(-((begin - stop) // interval) - passed, 0)
    return count


def at(day: date, wall_time: time, zone: tzinfo) -> datetime:
    """The moment in UTC at which the wall clock shows that time, as this module's head says."""
    return datetime.combine(day, wall_time.replace(fold=0), zone).astimezone(UTC)


def _daily(schedule: Schedule, zone: tzinfo, first: datetime, end: datetime) -> Iterator[datetime]:
    low = max(first.astimezone(zone).date() - _DAY, schedule.start_date)
    high = min(end.astimezone(zone).date() + _DAY, schedule.end_date or _LAST_DATE)
    by_rule = (
        dates_of(schedule.rule, schedule.offset_days, schedule.start_date, low, high)
        if schedule.rule
        else iter(())
    )
    named = (day for day in schedule.dates if low <= day <= high)
    for day in merge(by_rule, named):
        yield at(day, schedule.start_time, zone)


def _counted(
    schedule: Schedule, interval: timedelta, zone: tzinfo, first: datetime, end: datetime
) -> Iterator[datetime]:
    for begin, stop in _runs(schedule, zone, first, end):
        passed = max((first - begin) // interval, 0)
        moment = begin + passed * interval
        while moment < stop:
            yield moment
            moment += interval


def _runs(
    schedule: Schedule, zone: tzinfo, first: datetime, end: datetime
) -> Iterator[tuple[datetime, datetime]]:
    """From when on a rule of an interval counts anew, and before when it stops."""
    if schedule.until_time is None:
        last = min(end, at((schedule.end_date or _LAST_DATE) + _DAY, time.min, zone))
        yield at(schedule.start_date, schedule.start_time, zone), last
        return
    over = _DAY if schedule.until_time < schedule.start_time else timedelta()
    day = max(first.astimezone(zone).date() - 2 * _DAY, schedule.start_date)
    while day <= min(end.astimezone(zone).date(), schedule.end_date or _LAST_DATE):
        begin = at(day, schedule.start_time, zone)
        stop = at(day + over, schedule.until_time, zone) + timedelta(microseconds=1)
        # A span that outlasts its day ends where the next one begins.
        stop = min(stop, at(day + _DAY, schedule.start_time, zone))
        yield begin, min(stop, end)
        day += _DAY


def _refused(field: str, value: object, expected: str) -> InvalidArgument:
    return InvalidArgument(field=field, value=value, expected=expected)
