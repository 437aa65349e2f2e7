"""The sesam day: from NEWDAY to NEWDAY, named by the date on which it began."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, tzinfo
from itertools import accumulate

from server_agent.domain.errors import InvalidArgument
from server_agent.domain.recurrence import interval_of
from server_agent.domain.schedule import Schedule, starts

NEWDAY_TIME = time(8, 0)
# The longest that a NEWDAY schedule may leave between two starts: a sesam day may span a weekend or
# holidays, but an agent without any end of day would never close its books.
LONGEST_DAY = timedelta(days=31)


@dataclass(frozen=True, slots=True, order=True)
class DayStart:
    """A NEWDAY: the moment in UTC, and the date that the server's wall clock showed."""

    moment: datetime
    day: date


class SesamDays:
    """Which sesam day a moment belongs to.

    What has begun stays what it was when NEWDAY is moved: days that began are recorded, those to
    come follow from the schedule. Where a day begins is NEWDAY's planned time, also when the agent
    was asleep then.

    Args:
        recorded: those that began, as they were.
        newday: NEWDAY's schedule as it is now.
        planned_from: the schedule counts from here on.
        until: the last moment that may be asked for.
    """

    def __init__(
        self,
        recorded: Iterable[DayStart],
        newday: Schedule,
        zone: tzinfo,
        planned_from: datetime,
        until: datetime,
    ) -> None:
        self._zone = zone
        self._end = until + timedelta(microseconds=1)
        days = {
            moment: moment.astimezone(zone).date()
            for moment in starts(newday, zone, planned_from, self._end)
        }
        days |= {start.moment: start.day for start in recorded}
        self._moments = sorted(days)
        # Not even a server that is moved to another time zone goes back to an earlier day.
        self._days = list(accumulate((days[moment] for moment in self._moments), max))

    def day_of(self, moment: datetime) -> date:
        """The sesam day of the moment. Before the first NEWDAY of all there is only the calendar
        to go by: the date before the first, or that of the moment if it is earlier still."""
        index = bisect_right(self._moments, moment)
        if index:
            return self._days[index - 1]
        day = moment.astimezone(self._zone).date()
        return min(day, self._days[0] - timedelta(days=1)) if self._days else day

    def end_of(self, day: date) -> datetime | None:
        """When the first day after that one begins; None if none has begun by `until`."""
        behind = bisect_right(self._days, day)
        return self._moments[behind] if behind < len(self._moments) else None

    def starts(self, first: date, last: date) -> list[DayStart]:
        """When the days from `first` to `last` begin, and the next one behind them: each once, the
        first moment of several. A date on which none began is not among them."""
        begin, behind = bisect_left(self._days, first), bisect_right(self._days, last)
        named = zip(self._days[begin : behind + 1], self._moments[begin : behind + 1], strict=True)
        earliest = dict(reversed(list(named)))
        return [DayStart(earliest[day], day) for day in sorted(earliest)]

    def bounds(self, day: date) -> tuple[datetime, datetime] | None:
        """From the NEWDAY that began the day to the one that ended it (exclusive; just behind
        `until` if it has not ended by then). None if no day of that name began."""
        first, behind = bisect_left(self._days, day), bisect_right(self._days, day)
        if first == behind:
            return None
        begin = self._moments[first]
        if behind < len(self._moments):
            return begin, self._moments[behind]
        return begin, max(self._end, self._moments[-1] + timedelta(microseconds=1))


def checked_newday(schedule: Schedule, zone: tzinfo, now: datetime) -> Schedule:
    """The schedule itself, or InvalidArgument: NEWDAY can be moved, but days have to go on ending
    (manual, "NEWDAY")."""
    if not schedule.active:
        raise _refused("active", "false", "true: NEWDAY can be moved, never disabled")
    if schedule.end_date is not None:
        raise _refused("end_date", schedule.end_date, "none: NEWDAY never ends")
    if schedule.window is not None:
        raise _refused("window", schedule.window, "none: NEWDAY runs however late it is")
    if interval_of(schedule.rule) is not None:
        raise _refused("rule", schedule.rule, "a rule of days: a sesam day has one beginning")
    if not schedule.rule:
        raise _refused("rule", "empty", "a rule: a list of dates comes to an end")
    end = now + timedelta(days=731)
    last = now.astimezone(zone).date()
    for day in (*(m.astimezone(zone).date() for m in starts(schedule, zone, now, end)), end.date()):
        if day - last > LONGEST_DAY:
            expected = (
                f"a NEWDAY at least every {LONGEST_DAY.days} days (none for long after {last})"
            )
            raise _refused("rule", schedule.rule, expected)
        last = day
    return schedule


def _refused(field: str, value: object, expected: str) -> InvalidArgument:
    return InvalidArgument(field=field, value=value, expected=expected)
