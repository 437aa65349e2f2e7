"""The sesam days of the location: those that began, and those to come."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from itertools import pairwise

from server_agent.domain.events import NEWDAY
from server_agent.domain.jobs import Job, JobKind, JobState
from server_agent.domain.occurrences import Slot
from server_agent.domain.sesam_day import LONGEST_DAY, SesamDays
from server_agent.ports import CatalogueView, Clock, JobQuery

HELD_BACK = (
    "Nothing is deleted before the next NEWDAY: no day of the last month was seen to begin, the"
    " clock may be wrong"
)
_RUNS = (JobState.OK, JobState.WARNING, JobState.ERROR, JobState.BROKEN)
_MOST_RESTORES = 1000  # as many as a day can have
_DAY = timedelta(days=1)
_INSTANT = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class EndedDay:
    """A sesam day from its first moment to the end, exclusive: the beginning of the next one."""

    day: date
    begin: datetime
    end: datetime


def zone_of(clock: Clock) -> tzinfo:
    """The server's time zone."""
    zone = clock.local(datetime(2000, 1, 1, tzinfo=UTC)).tzinfo
    if zone is None:
        raise ValueError("the clock's local time has no zone")
    return zone


def sesam_days(
    view: CatalogueView, zone: tzinfo, since: date, now: datetime, until: datetime
) -> SesamDays:
    """The days from the one called `since` to the moment `until`.

    Those that began are as they were recorded; what lies behind the last decision follows from
    NEWDAY's schedule.
    """
    newday = view.schedule(NEWDAY)
    if newday is None:
        raise LookupError("the catalogue has no schedule NEWDAY")
    recorded = view.day_starts(since)
    planned_from = view.decided_until() or now
    until = max(until, now)
    if recorded:
        planned_from = min(planned_from, now)
    else:
        until += LONGEST_DAY  # up to the first of all, by which the day before it is named
    return SesamDays(recorded, newday, zone, planned_from + _INSTANT, until)


def day_of(view: CatalogueView, clock: Clock, moment: datetime) -> date:
    """The sesam day of a moment that is not far from now."""
    zone = zone_of(clock)
    now = clock.now()
    since = min(moment, now).astimezone(zone).date() - _DAY
    return sesam_days(view, zone, since, now, max(moment, now)).day_of(moment)


def ended_days(view: CatalogueView, clock: Clock, until: datetime) -> list[EndedDay]:
    """The days that ended up to and with the moment, in order, as far as one may look back for what
    was left to do. A NEWDAY that was moved to a later time of the same date ends none."""
    zone = zone_of(clock)
    now = clock.now()
    since = until.astimezone(zone).date() - LONGEST_DAY
    days = sesam_days(view, zone, since, now, max(until, now))
    begun = [start for start in days.starts(date.min, date.max) if start.moment <= until]
    ended = [EndedDay(start.day, start.moment, end.moment) for start, end in pairwise(begun)]
    if begun and begun[0].day > since:
        # The day before the first NEWDAY of all: no other has begun it.
        first = begun[0].moment
        ended.insert(0, EndedDay(days.day_of(first - _INSTANT), first - _DAY, first))
    return ended


def current_day(view: CatalogueView, clock: Clock) -> EndedDay:
    """The day of now, and when it will end as far as that is known."""
    zone, now = zone_of(clock), clock.now()
    since = now.astimezone(zone).date() - LONGEST_DAY
    days = sesam_days(view, zone, since, now, now + LONGEST_DAY)
    day = days.day_of(now)
    begun = [start.moment for start in days.starts(date.min, day) if start.moment <= now]
    end = days.end_of(day) or now + LONGEST_DAY
    return EndedDay(day, begun[-1] if begun else now - _DAY, end)


def was_seen(view: CatalogueView, begins: Sequence[datetime]) -> bool:
    """Whether the agent did NEWDAY at one of these moments: a clock that has just leapt far ahead
    is no reason to delete anything."""
    event = view.event(NEWDAY)
    if event is None:
        return False
    return any(view.jobs_of(Slot(begin, event.id)) for begin in reversed(begins))


def is_held_back(view: CatalogueView, clock: Clock, day: date) -> bool:
    """Whether the NEWDAY that begins a sesam day does not delete, since no other of the month
    before was seen. One that is still to come before it will have been."""
    zone, now = zone_of(clock), clock.now()
    today = now.astimezone(zone).date()
    if day > today + LONGEST_DAY:
        return False
    until = datetime.combine(day + 2 * _DAY, time.min, zone)
    since = min(day, today) - LONGEST_DAY - _DAY
    days = sesam_days(view, zone, since, now, max(until.astimezone(UTC), now))
    own = next((start.moment for start in days.starts(day, day) if start.day == day), None)
    if own is None:
        return False
    before = [
        start.moment
        for start in days.starts(date.min, date.max)
        if own - LONGEST_DAY <= start.moment < own
    ]
    return not any(moment > now for moment in before) and not was_seen(view, before)


def run_of_day(view: CatalogueView, job: Job) -> int:
    """Which run of its task in its sesam day a job is that begins now, from 1. Of restores those
    that were done count, and of what never ran nothing does."""
    query = JobQuery(
        kinds=frozenset({job.kind}),
        task=job.task,
        first_sesam_day=job.sesam_day,
        last_sesam_day=job.sesam_day,
    )
    if job.kind is not JobKind.RESTORE:
        counts = view.job_counts(query)
        return 1 + sum(counts.get(state, 0) for state in _RUNS)
    restores = view.jobs(query, None, _MOST_RESTORES).items
    return 1 + sum(not each.dry_run and each.state in _RUNS for each in restores)
