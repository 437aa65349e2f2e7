"""What a schedule will do, and what is remarkable about it, before anybody relies on it."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta, tzinfo
from enum import StrEnum
from itertools import islice, pairwise

from server_agent.domain.events import NEWDAY
from server_agent.domain.recurrence import interval_of
from server_agent.domain.schedule import Schedule, checked_schedule, starts
from server_agent.domain.sesam_day import LONGEST_DAY, SesamDays, checked_newday
from server_agent.ports import CatalogueView, Clock
from server_agent.service.changes import Changes
from server_agent.service.coming import LOOK_AHEAD
from server_agent.service.days import sesam_days, zone_of

# The fewest starts that are looked at for remarks, whatever number is asked for.
LEAST_STARTS = 20
_SURE_DAYS = timedelta(days=400)
_DAY = timedelta(days=1)
_INSTANT = timedelta(microseconds=1)


class Remark(StrEnum):
    """Something about a schedule that its author may not have meant."""

    NO_START = "no_start"
    NO_EVENT = "no_event"
    WINDOW_OVERLAPS = "window_overlaps"
    INACTIVE = "inactive"
    CLOCK_CHANGE = "clock_change"


@dataclass(frozen=True, slots=True)
class Start:
    """One coming start.

    Attributes:
        clock_change: the wall clock leaps over the time that the schedule names, or shows it twice.
    """

    time: datetime
    clock_change: bool
    sesam_day: str


@dataclass(frozen=True, slots=True)
class Preview:
    """Coming starts in order, and remarks, each once."""

    starts: tuple[Start, ...]
    remarks: tuple[Remark, ...]


class Previews:
    """Previews of schedules that need not exist yet. Any thread may call it."""

    def __init__(self, changes: Changes, clock: Clock) -> None:
        self._changes = changes
        self._clock = clock
        self._zone = zone_of(clock)

    def preview(self, schedule: Schedule, count: int) -> Preview:
        """The coming `count` starts, as if the schedule were active.

        Raises:
            InvalidArgument: it could not be entered. An empty name is no reason: its author may
                not have thought of one yet.
        """
        now = self._clock.now()
        schedule = checked_schedule(replace(schedule, name=schedule.name or "unnamed"))
        if schedule.name == NEWDAY:
            checked_newday(schedule, self._zone, now)
        coming = starts(schedule, self._zone, now + _INSTANT, now + LOOK_AHEAD)
        moments = list(islice(coming, max(count, LEAST_STARTS)))
        changes = [self._is_clock_change(schedule, moment) for moment in moments]
        with self._changes.read() as view:
            used = any(event.schedule == schedule.name for event in view.events())
            days = _Days(view, self._zone, now)
        found = {
            Remark.NO_START: not moments,
            Remark.NO_EVENT: not used,
            Remark.WINDOW_OVERLAPS: _overlaps(schedule.window, moments),
            Remark.INACTIVE: not schedule.active,
            Remark.CLOCK_CHANGE: any(changes),
        }
        shown = [
            Start(moment, change, days.day_of(moment))
            for moment, change in islice(zip(moments, changes, strict=True), count)
        ]
        return Preview(tuple(shown), tuple(remark for remark, holds in found.items() if holds))

    def _is_clock_change(self, schedule: Schedule, moment: datetime) -> bool:
        """Of dates only: what counts elapsed time names no time of day."""
        if schedule.rule and interval_of(schedule.rule) is not None:
            return False
        shown = moment.astimezone(self._zone)
        twice = shown.replace(fold=0).utcoffset() != shown.replace(fold=1).utcoffset()
        return twice or shown.time() != schedule.start_time


class _Days:
    """The sesam days of moments however far ahead."""

    def __init__(self, view: CatalogueView, zone: tzinfo, now: datetime) -> None:
        self._zone = zone
        self._sure_until = now + _SURE_DAYS
        yesterday = now.astimezone(zone).date() - _DAY
        self._days = sesam_days(view, zone, yesterday, now, self._sure_until)
        self._newday = view.schedule(NEWDAY)

    def day_of(self, moment: datetime) -> str:
        days = self._days
        if moment > self._sure_until and self._newday is not None:
            # Not all days of a century: only those that may hold the moment.
            days = SesamDays((), self._newday, self._zone, moment - LONGEST_DAY - _DAY, moment)
        return days.day_of(moment).isoformat()


def _overlaps(window: timedelta | None, moments: Sequence[datetime]) -> bool:
    return window is not None and any(
        later - earlier < window for earlier, later in pairwise(moments)
    )
