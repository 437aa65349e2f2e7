"""One thing asked of one location, of many: how far it is, and whether it may have happened.

Each act has a request id of its own, under which a location does nothing twice. It is kept until
an answer proves that nothing happened, so that no repetition can start anything a second time.
"""

from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta, tzinfo
from enum import StrEnum
from typing import Generic, Protocol, TypeVar

from sesam_master.core.errors import LocationError, Trouble
from sesam_master.core.fleet import Fleet, FleetChange, LocationState
from sesam_master.core.now import LATE_AFTER
from sesam_master.core.records import Job
from sesam_master.core.states import Connection, JobState, severity_rank

MANY_ITEMS = 20  # of more, or at more locations, a person has to type how many
MANY_LOCATIONS = 3
LOST = "The answer was lost. It is asked for again; nothing happens twice."
# With these nothing was done: refused as it was asked, or never sent.
_NOT_DONE = frozenset(
    {Trouble.REJECTED, Trouble.REFUSED, Trouble.OFF, Trouble.OBSERVED, Trouble.UNREACHABLE}
)


class Stage(StrEnum):
    """How far one act is. `UNSURE`: its answer was lost, so that it may have happened."""

    READY = "Ready"
    HINDERED = "Not possible"
    SENT = "Sent"
    ACCEPTED = "Accepted"
    UNSURE = "Unknown, asking again"
    FAILED = "Failed"


UNTOUCHED = frozenset({Stage.READY, Stage.HINDERED})


class Item(Protocol):
    """What an act is about. `name` is what people call it, as in "cancel home"."""

    @property
    def key(self) -> Hashable: ...

    @property
    def location_id(self) -> str: ...

    @property
    def name(self) -> str: ...


ItemT = TypeVar("ItemT", bound=Item)


@dataclass(frozen=True, slots=True)
class Made:
    """What a location made of it: jobs, if it has begun, and what the calendar knows it by."""

    jobs: tuple[Job, ...] = ()
    event_id: str = ""
    planned_time: datetime | None = None


@dataclass(frozen=True, slots=True)
class Act(Generic[ItemT]):
    """`request_id` is there once it was sent. `jobs` are those that it is about now: the one that
    is to be changed, or what came of it. `planned_time` is there while it was accepted and has not
    begun. `state` is that of its jobs, or of its plan, as it may be shown now. `zone` is the
    site's. `count` is how many things are touched by it."""

    item: ItemT
    location: str
    connection: Connection
    zone: tzinfo
    stage: Stage
    reason: str = ""
    request_id: str = ""
    jobs: tuple[Job, ...] = ()
    event_id: str = ""
    planned_time: datetime | None = None
    state: JobState | None = None
    count: int = 1


def unsent(
    item: ItemT,
    place: LocationState | None,
    hindrance: str | None,
    jobs: tuple[Job, ...] = (),
    note: str = "",
    count: int = 1,
) -> Act[ItemT]:
    """An act that was not sent: with what hinders it, or what a person should know of it."""
    return Act(
        item=item,
        location=place.registration.name if place else item.location_id,
        connection=place.connection if place else Connection.OFF,
        zone=place.zone if place else UTC,
        stage=Stage.HINDERED if hindrance else Stage.READY,
        reason=hindrance or note,
        jobs=jobs,
        count=count,
    )


def sent(act: Act[ItemT], new_id: str) -> Act[ItemT]:
    """Under a new request id, except where it may have happened under the one it has."""
    return replace(act, stage=Stage.SENT, reason="", request_id=act.request_id or new_id)


def accepted(act: Act[ItemT], made: Made) -> Act[ItemT]:
    return replace(
        act,
        stage=Stage.ACCEPTED,
        reason="",
        jobs=made.jobs,
        event_id=made.event_id,
        planned_time=None if made.jobs else made.planned_time,
    )


def refused(act: Act[ItemT], error: Exception, why: str) -> Act[ItemT]:
    """Once an answer was lost, only the word on the request itself says that it did not happen."""
    trouble = error.trouble if isinstance(error, LocationError) else None
    was_lost = act.stage is Stage.UNSURE and trouble is not Trouble.REJECTED
    if was_lost or trouble is Trouble.NO_ANSWER:
        return replace(act, stage=Stage.UNSURE, reason=LOST)
    request_id = "" if trouble in _NOT_DONE else act.request_id
    return replace(act, stage=Stage.FAILED, reason=why, request_id=request_id)


def followed(
    act: Act[ItemT], place: LocationState | None, now: datetime, told: Iterable[Job] = ()
) -> Act[ItemT]:
    """With the newest values that its location knows; `told` are jobs that a later start has
    become: those of a group need not be told all at once."""
    here = {job.id for job in act.jobs}
    jobs = (*act.jobs, *(job for job in told if job.id not in here))
    known = place.picture.jobs if place is not None and place.picture is not None else {}
    jobs = tuple(known.get(job.id, job) for job in jobs)
    connection = place.connection if place is not None else Connection.OFF
    state = _jobs_state(jobs, place) if jobs else _plan_state(act, place, now)
    return replace(act, connection=connection, jobs=jobs, state=state)


def told_jobs(
    acts: Iterable[Act[ItemT]], fleet: Fleet, change: FleetChange
) -> dict[tuple[str, str], list[Job]]:
    """By location and event the jobs that later starts may have become: those that a change tells,
    and all of a new picture, for they may have begun in the dark."""
    found: dict[tuple[str, str], list[Job]] = {}
    for location_id in {act.item.location_id for act in acts if act.planned_time}:
        place = fleet.locations.get(location_id)
        known = place.picture.jobs if place is not None and place.picture is not None else {}
        is_new = location_id in change.pictures
        ids = known.keys() if is_new else [i for at, i in change.jobs if at == location_id]
        for job in (known.get(job_id) for job_id in ids):
            if job is not None:
                found.setdefault((location_id, job.event_id), []).append(job)
    return found


def is_far_reaching(acts: Sequence[Act[ItemT]]) -> bool:
    """So much would be done that a person has to type how much."""
    places = {act.item.location_id for act in acts}
    return counted(acts) > MANY_ITEMS or len(places) > MANY_LOCATIONS


def counted(acts: Sequence[Act[ItemT]]) -> int:
    """How many things they touch."""
    return sum(act.count for act in acts)


def _jobs_state(jobs: Sequence[Job], place: LocationState | None) -> JobState:
    """Of several jobs what is still to be waited for, else the worst end."""
    is_live = place is not None and place.is_live
    states = [JobState.UNKNOWN if job.is_open and not is_live else job.state for job in jobs]
    for state in (JobState.UNKNOWN, JobState.ACTIVE, JobState.QUEUED):
        if state in states:
            return state
    return min(states, key=severity_rank)


def _plan_state(act: Act[ItemT], place: LocationState | None, now: datetime) -> JobState | None:
    """A plan of a dark location is unknown, and so is one whose time has come without a word."""
    if act.planned_time is None:
        return None
    if place is None or not place.is_live:
        return JobState.UNKNOWN
    offset = timedelta(seconds=place.clock_offset_seconds or 0.0)
    is_due = now + offset - act.planned_time > LATE_AFTER
    return JobState.UNKNOWN if is_due else JobState.PLANNED
