"""The sesam days of the location: those that began, and those to come."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, tzinfo
from itertools import pairwise

from server_agent.domain.events import NEWDAY
from server_agent.domain.sesam_day import LONGEST_DAY, SesamDays
from server_agent.ports import CatalogueView, Clock

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
