"""One start of a task or group at a location: how far it is, and what hinders it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta, tzinfo
from enum import StrEnum

from sesam_master.core.fleet import LocationState
from sesam_master.core.now import LATE_AFTER
from sesam_master.core.records import Job
from sesam_master.core.start import (
    LONGEST_AHEAD,
    BackupOrder,
    Moment,
    StartObject,
    Wall,
    Wish,
    is_past,
    moment_of,
)
from sesam_master.core.states import Connection, JobState, severity_rank
from sesam_master.ui.formatting import moment_text
from sesam_master.ui.results.actions import start_reason
from sesam_master.ui.start_backup.site_plans import SiteNames


class Stage(StrEnum):
    """How far one start is. `UNSURE`: its answer was lost, so that it may have happened."""

    READY = "Ready"
    HINDERED = "Cannot start"
    SENT = "Sent"
    ACCEPTED = "Accepted"
    UNSURE = "Unknown, asking again"
    FAILED = "Failed"


UNTOUCHED = frozenset({Stage.READY, Stage.HINDERED})


@dataclass(frozen=True, slots=True)
class Start:
    """`order` and `request_id` are there once it was sent, `event_id` once it was accepted, `jobs`
    once it has begun. `state` is that of its jobs as they may be shown now. `start_time` None: at
    once."""

    object: StartObject
    location: str
    connection: Connection
    zone: tzinfo
    stage: Stage
    reason: str = ""
    start_time: datetime | None = None
    order: BackupOrder | None = None
    request_id: str = ""
    event_id: str = ""
    jobs: tuple[Job, ...] = ()
    state: JobState | None = None

    @property
    def key(self) -> StartObject:
        return self.object


@dataclass(frozen=True, slots=True)
class Viewpoint:
    """What a start is looked at with: the person's zone, and the time."""

    zone: tzinfo
    now: datetime


def prepared(
    what: StartObject,
    wish: Wish,
    place: LocationState | None,
    plan: SiteNames | None,
    view: Viewpoint,
) -> Start:
    """A start that was not sent, with what hinders it or what is odd about its time."""
    zone = place.zone if place is not None else UTC
    moment = moment_of(wish.when, zone, view.zone) if wish.when is not None else None
    reason = _place_reason(what, place, plan) or _wish_reason(wish, moment, plan, zone, place, view)
    return Start(
        object=what,
        location=place.registration.name if place else what.location_id,
        connection=place.connection if place else Connection.OFF,
        zone=zone,
        stage=Stage.HINDERED if reason else Stage.READY,
        reason=reason or (_oddity(wish, moment, zone, view.zone) if moment else ""),
        start_time=moment.instant if moment is not None else None,
    )


def ordered(start: Start, wish: Wish) -> BackupOrder:
    """What is sent of it."""
    return BackupOrder(
        start.object, wish.type, start.start_time, wish.priority, wish.drive, wish.follow_up
    )


def shown_state(jobs: Sequence[Job], place: LocationState) -> JobState | None:
    """Of several jobs what is still to be waited for, else the worst end."""
    states = [place.shown_state(job) for job in jobs]
    for state in (JobState.UNKNOWN, JobState.ACTIVE, JobState.QUEUED):
        if state in states:
            return state
    return min(states, key=severity_rank, default=None)


def began(start: Start, jobs: Iterable[Job]) -> Start:
    """A start of a later time with the jobs that it has become so far: those of a group need not
    be told all at once."""
    here = {job.id for job in start.jobs}
    new = tuple(job for job in jobs if job.id not in here)
    return replace(start, jobs=(*start.jobs, *new))


def shown_plan(start: Start, place: LocationState, now: datetime) -> JobState | None:
    """Of an accepted start that has no job yet. A plan of a dark location is unknown, and so is one
    whose time has come without a word."""
    if start.stage is not Stage.ACCEPTED or start.start_time is None:
        return start.state
    offset = timedelta(seconds=place.clock_offset_seconds or 0.0)
    is_due = now + offset - start.start_time > LATE_AFTER
    return JobState.PLANNED if place.is_live and not is_due else JobState.UNKNOWN


def _place_reason(
    what: StartObject, place: LocationState | None, plan: SiteNames | None
) -> str | None:
    if what.task or place is None:
        return start_reason(place, what.task)
    some_task = next(iter(place.picture.tasks), None) if place.picture else ""
    if some_task is None:
        return f"There are no tasks at {place.registration.name}."
    reason = start_reason(place, some_task)  # a dark location, or a role that may not
    if reason is not None or plan is None:
        return reason
    if what.group not in plan.groups:
        return f"There is no task group {what.group} at {place.registration.name}."
    if not plan.groups[what.group]:
        return f"The task group {what.group} at {place.registration.name} has no tasks."
    return None


def _wish_reason(
    wish: Wish,
    moment: Moment | None,
    plan: SiteNames | None,
    zone: tzinfo,
    place: LocationState | None,
    view: Viewpoint,
) -> str | None:
    name = place.registration.name if place else ""
    offset = timedelta(seconds=(place.clock_offset_seconds or 0.0) if place else 0.0)
    if moment is not None and is_past(moment.instant, view.now + offset):
        return f"{moment_text(moment.instant, zone)} has passed at {name}. Choose a later time."
    if moment is not None and moment.instant - view.now > LONGEST_AHEAD:
        return f"At most {LONGEST_AHEAD.days} days ahead can be planned. Choose an earlier day."
    if plan is None:
        return None
    if wish.drive and wish.drive not in plan.drives:
        return f"There is no drive {wish.drive} at {name}. Choose another, or any drive."
    if wish.follow_up and wish.follow_up not in plan.events:
        return f"There is no event {wish.follow_up} at {name}. Choose another, or none."
    return None


def _oddity(wish: Wish, moment: Moment, zone: tzinfo, mine: tzinfo) -> str:
    """What a change of the clocks does to the time that was chosen."""
    if wish.when is None or moment.wall is Wall.ONCE:
        return ""
    read = zone if wish.when.is_site else mine
    where = "there" if wish.when.is_site else "here"
    if moment.wall is Wall.NEVER:
        return (
            f"{wish.when.wall:%H:%M} does not come {where} on that day: the clocks go forward "
            f"over it. It starts at {moment_text(moment.instant, read)}."
        )
    return (
        f"{wish.when.wall:%H:%M} comes twice {where} on that day: the clocks go back. "
        "It starts the first time."
    )
