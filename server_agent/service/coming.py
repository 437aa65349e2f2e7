"""When a schedule or an event starts next."""

from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo

from server_agent.domain.events import Event
from server_agent.domain.schedule import Schedule, starts

LOOK_AHEAD = timedelta(days=400)  # what comes later counts as not coming
_INSTANT = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class LiveSchedule:
    """A schedule, and its coming start if there is one."""

    schedule: Schedule
    next_time: datetime | None


@dataclass(frozen=True, slots=True)
class LiveEvent:
    """An event, and its coming start if there is one."""

    event: Event
    next_time: datetime | None


def live_schedule(schedule: Schedule, zone: tzinfo, now: datetime) -> LiveSchedule:
    """The schedule as it stands now."""
    return LiveSchedule(schedule, _next_start(schedule, zone, now, schedule.change_time))


def live_event(event: Event, schedule: Schedule | None, zone: tzinfo, now: datetime) -> LiveEvent:
    """The event as it stands now.

    Args:
        schedule: the event's; None if it waits to be another's follow-up.
    """
    if schedule is None or not event.active:
        return LiveEvent(event, None)
    since = max(schedule.change_time, event.change_time)
    return LiveEvent(event, _next_start(schedule, zone, now, since))


def _next_start(
    schedule: Schedule, zone: tzinfo, now: datetime, since: datetime
) -> datetime | None:
    if not schedule.active:
        return None
    first = max(now + _INSTANT, since)
    return next(starts(schedule, zone, first, first + LOOK_AHEAD), None)
