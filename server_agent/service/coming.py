"""When a schedule or an event starts next, and why not."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo
from enum import StrEnum

from server_agent.domain.events import Event
from server_agent.domain.occurrences import Slot
from server_agent.domain.schedule import Schedule, starts

# What comes later counts as not coming. A 29 February on a certain weekday comes every 28 years,
# around 2100 every 40; a rule that never comes round is refused.
LOOK_AHEAD = timedelta(days=100 * 366)
_INSTANT = timedelta(microseconds=1)


class Idle(StrEnum):
    """Why nothing is planned for an event."""

    NOT = ""
    EVENT_INACTIVE = "event_inactive"
    SCHEDULE_INACTIVE = "schedule_inactive"
    NO_SCHEDULE = "no_schedule"
    SCHEDULE_OVER = "schedule_over"
    GROUP_EMPTY = "group_empty"


@dataclass(frozen=True, slots=True)
class LiveSchedule:
    """A schedule, and its coming start if there is one."""

    schedule: Schedule
    next_time: datetime | None


@dataclass(frozen=True, slots=True)
class LiveEvent:
    """An event, and its coming start or why there is none."""

    event: Event
    next_time: datetime | None
    idle: Idle = Idle.NOT


def live_schedule(schedule: Schedule, zone: tzinfo, now: datetime) -> LiveSchedule:
    """The schedule as it stands now."""
    if not schedule.active:
        return LiveSchedule(schedule, None)
    # From now on, even if it was changed by a clock that was ahead: see `Planned.as_of`.
    coming = starts(schedule, zone, now + _INSTANT, now + LOOK_AHEAD)
    return LiveSchedule(schedule, next(coming, None))


def live_event(
    event: Event,
    schedule: Schedule | None,
    has_tasks: bool,
    taken_back: Collection[Slot],
    zone: tzinfo,
    now: datetime,
) -> LiveEvent:
    """The event as it stands now.

    Args:
        schedule: the event's; None if it waits to be another's follow-up.
        has_tasks: False for one of a group without tasks.
        taken_back: slots to come that are decided.
    """
    if not event.active:
        return LiveEvent(event, None, Idle.EVENT_INACTIVE)
    if schedule is None:
        return LiveEvent(event, None, Idle.NO_SCHEDULE)
    if not schedule.active:
        return LiveEvent(event, None, Idle.SCHEDULE_INACTIVE)
    if not has_tasks:
        return LiveEvent(event, None, Idle.GROUP_EMPTY)
    for moment in starts(schedule, zone, now + _INSTANT, now + LOOK_AHEAD):
        if Slot(moment, event.id) not in taken_back:
            return LiveEvent(event, moment)
    return LiveEvent(event, None, Idle.SCHEDULE_OVER)
