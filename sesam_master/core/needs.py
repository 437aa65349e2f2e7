"""What needs a person this morning, one row per cause at a location, the worst first."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sesam_master.core.components import DataStore
from sesam_master.core.fleet import ConnectionTrouble, LocationState
from sesam_master.core.licence import Licence
from sesam_master.core.morning import Known, is_full_soon
from sesam_master.core.processes import Process, ProcessState
from sesam_master.core.protection import GOOD_STATES, Unprotected
from sesam_master.core.records import Job
from sesam_master.core.states import Connection, JobState, severity_rank


class NeedKind(StrEnum):
    """In the order in which they stand."""

    DARK = "dark"
    PART = "part"
    LICENCE = "licence"
    RESULT = "result"
    MISSED = "missed"
    STORE = "store"
    UNPROTECTED = "unprotected"


@dataclass(frozen=True, slots=True)
class Need:
    """One cause at one location.

    Attributes:
        key: tells it from the others, for as long as it lasts.
        state: as what it is drawn; a connection for a dark location.
        names: tasks, a client, a data store or a part; none for a location as a whole.
        detail: what only its kind knows.
        count: how much is meant; more than the names may be.
        since: None where nobody knows.
    """

    key: tuple[str, ...]
    kind: NeedKind
    place: LocationState
    state: JobState | Connection
    names: tuple[str, ...] = ()
    count: int = 1
    since: datetime | None = None
    detail: Licence | DataStore | Unprotected | Job | Process | ConnectionTrouble | None = None

    @property
    def location_id(self) -> str:
        return self.place.registration.location_id

    @property
    def rank(self) -> tuple[int, int, str, float]:
        """For sorting; at one location the newest first."""
        severity = severity_rank(self.state) if isinstance(self.state, JobState) else 0
        newest = -self.since.timestamp() if self.since is not None else 0.0
        name = self.place.registration.name.casefold()
        return list(NeedKind).index(self.kind), severity, name, newest


def needs(known: Iterable[Known], now: datetime) -> list[Need]:
    """Of all these locations. What is switched off or in maintenance raises no alarm by its
    silence."""
    found: list[Need] = []
    for one in known:
        place = one.place
        if not place.is_live:
            if not place.is_silent:
                found.append(_dark(place))
            continue
        found += [_part(place, one) for one in place.failed_processes]
        found += _licence(place)
        if one.said is not None:
            found += _results(place, one.said.troubles)
            found += _missed(place, one.said.missed or ())
            found += _stores(place, one.said.stores or (), now)
            found += [_open(place, each) for each in one.said.unprotected or ()]
    return sorted(found, key=lambda need: need.rank)


def _part(place: LocationState, process: Process) -> Need:
    key = (place.registration.location_id, NeedKind.PART, process.name)
    is_failed = process.state is ProcessState.FAILED
    state = JobState.ERROR if is_failed else JobState.WARNING
    return Need(
        *(key, NeedKind.PART, place, state, (process.name,)), since=process.since, detail=process
    )


def is_mended(place: LocationState, job: Job) -> bool:
    """A later backup of its task has ended well."""
    newest = place.newest_backup(job.task)
    return newest is not None and int(newest.id) > int(job.id) and newest.state in GOOD_STATES


def _dark(place: LocationState) -> Need:
    """One row, whatever is unknown there."""
    states = place.picture.states if place.picture is not None else {}
    lost = states.get(JobState.ACTIVE, 0) + states.get(JobState.QUEUED, 0)
    since = place.trouble.since if place.trouble is not None else place.proof_time
    key = (place.registration.location_id, NeedKind.DARK)
    return Need(
        *(key, NeedKind.DARK, place, place.shown_connection),
        count=lost,
        since=since,
        detail=place.trouble,
    )


def _results(place: LocationState, jobs: Sequence[Job]) -> list[Need]:
    """Those of one state and one reason are one row."""
    groups: dict[tuple[JobState, str], list[Job]] = {}
    for job in jobs:
        if not is_mended(place, job):
            groups.setdefault((job.state, job.message), []).append(job)
    at = place.registration.location_id
    return [
        Need(
            (at, NeedKind.RESULT, state, message),
            NeedKind.RESULT,
            place,
            state,
            tuple(dict.fromkeys(job.task for job in own)),
            len(own),
            max(job.end_time or job.create_time for job in own),
            own[0],
        )
        for (state, message), own in groups.items()
    ]


def _missed(place: LocationState, tasks: tuple[str, ...]) -> list[Need]:
    if not tasks:
        return []
    key = (place.registration.location_id, NeedKind.MISSED)
    return [Need(key, NeedKind.MISSED, place, JobState.MISSED, tasks, len(tasks))]


def _licence(place: LocationState) -> list[Need]:
    licence = place.picture.licence if place.picture is not None else None
    if licence is None or not licence.state.stops_or_ends:
        return []
    key = (place.registration.location_id, NeedKind.LICENCE)
    state = JobState.WARNING if licence.may_back_up else JobState.ERROR
    return [Need(key, NeedKind.LICENCE, place, state, detail=licence)]


def _stores(place: LocationState, stores: Iterable[DataStore], now: datetime) -> list[Need]:
    at = place.registration.location_id
    return [
        Need(
            (at, NeedKind.STORE, store.name),
            NeedKind.STORE,
            place,
            JobState.ERROR if store.fault or store.is_above_mark else JobState.WARNING,
            (store.name,),
            detail=store,
        )
        for store in stores
        if store.fault or is_full_soon(store, now)
    ]


def _open(place: LocationState, one: Unprotected) -> Need:
    key = (place.registration.location_id, NeedKind.UNPROTECTED, one.client)
    state = JobState.BLOCKED if one.is_locked else JobState.LATE
    return Need(
        *(key, NeedKind.UNPROTECTED, place, state, (one.client,)), since=one.last, detail=one
    )
