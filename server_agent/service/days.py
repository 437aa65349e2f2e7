"""The sesam days of the location: those that began, and those to come."""

from datetime import UTC, date, datetime, timedelta, tzinfo

from server_agent.domain.events import NEWDAY
from server_agent.domain.sesam_day import LONGEST_DAY, SesamDays
from server_agent.ports import CatalogueView, Clock


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
    instant = timedelta(microseconds=1)
    return SesamDays(recorded, newday, zone, planned_from + instant, until)


def day_of(view: CatalogueView, clock: Clock, moment: datetime) -> date:
    """The sesam day of a moment that is not far from now."""
    zone = zone_of(clock)
    now = clock.now()
    since = min(moment, now).astimezone(zone).date() - timedelta(days=1)
    return sesam_days(view, zone, since, now, max(moment, now)).day_of(moment)
