"""Everything the desk knows of its locations, and what a change of it touches.

Lives in the GUI thread. `remote` sends the events below; views read `Fleet`.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta, tzinfo
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from sesam_master.core.calendar_source import CalendarEvent, CellsChanged, PlanChanged
from sesam_master.core.coverage import Coverage
from sesam_master.core.farms import Control, Farms
from sesam_master.core.lazy import Lazy
from sesam_master.core.licence import Licence
from sesam_master.core.processes import Process
from sesam_master.core.records import Client, Identity, Job, JobKind, Role, Task
from sesam_master.core.registry import Registration
from sesam_master.core.sheet import CellChange, CellKey
from sesam_master.core.states import (
    HEARTBEAT_SECONDS,
    PROOF_SECONDS,
    TROUBLE_STATES,
    Connection,
    JobState,
)

_LATE = timedelta(seconds=PROOF_SECONDS + HEARTBEAT_SECONDS)


@dataclass(frozen=True, slots=True)
class Picture:
    """All that a snapshot says. `jobs` holds, by id, the open jobs and the newest ended backup of
    each task, as the agent chose them; `states` counts their states, `backups` has the ids of the
    backups among them by task, and `open_ids` those that are open: nobody has to run through all
    jobs, which would convert them."""

    identity: Identity
    role: Role
    clients: Lazy[Client]
    tasks: Lazy[Task]
    jobs: Lazy[Job]
    states: Mapping[JobState, int]
    backups: dict[str, tuple[str, ...]]
    open_ids: set[str] = field(default_factory=set)
    licence: Licence | None = None  # None of an agent that does not say it
    processes: Mapping[str, Process] = field(default_factory=dict)  # by name; {} if not said

    @property
    def open_jobs(self) -> list[Job]:
        """Those that are queued or running."""
        return [self.jobs[job_id] for job_id in self.open_ids]

    def put_job(self, job: Job, states: Counter[JobState]) -> None:
        """Takes the newest value of a job in; `states` are the counts that follow."""
        self.drop_job(job.id, states)
        self.jobs.put(job.id, job)
        states[job.state] += 1
        if job.is_open:
            self.open_ids.add(job.id)
        if job.kind is JobKind.BACKUP:
            self.backups[job.task] = (*self.backups.get(job.task, ()), job.id)

    def drop_job(self, job_id: str, states: Counter[JobState]) -> None:
        """No error if it is not there."""
        job = self.jobs.get(job_id)
        if job is None:
            return
        self.jobs.drop(job_id)
        self.open_ids.discard(job_id)
        states[job.state] -= 1
        rest = tuple(other for other in self.backups.pop(job.task, ()) if other != job_id)
        if rest:
            self.backups[job.task] = rest


@dataclass(frozen=True, slots=True)
class ConnectionTrouble:
    """Which step failed: name, tcp, tls, fingerprint, credential, version, watch. `detail` is
    what was found, for people and in plain words. `since` is when it first failed."""

    step: str
    detail: str
    since: datetime


# --- events from remote ---------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class RegistrationsChanged:
    """The whole list of locations with the farms, after a change of them and once at the start, at
    that time. The registrations are as the farms have them."""

    registrations: tuple[Registration, ...]
    farms: Farms = field(default_factory=Farms)
    time: datetime | None = None


@dataclass(frozen=True, slots=True)
class PictureArrived:
    """A complete snapshot. `is_remembered`: it comes from the desk's disk, as of `proof_time`."""

    location_id: str
    picture: Picture
    proof_time: datetime
    is_remembered: bool = False


@dataclass(frozen=True, slots=True)
class ObjectsChanged:
    """Newest values since the last event, merged; `removed_*` are names, or ids of jobs that are
    not part of the picture any more. A job may be in both: this was its last value. `cells` of the
    calendar are complete up to `revision`; `is_plan_changed`: what is planned may be another;
    `is_media_changed`: a drive, data store, media pool or medium is another."""

    location_id: str
    proof_time: datetime
    identity: Identity | None = None
    clients: Mapping[str, Client] = field(default_factory=dict)
    tasks: Mapping[str, Task] = field(default_factory=dict)
    jobs: Mapping[str, Job] = field(default_factory=dict)
    removed_clients: frozenset[str] = frozenset()
    removed_tasks: frozenset[str] = frozenset()
    removed_jobs: frozenset[str] = frozenset()
    cells: Mapping[CellKey, CellChange] = field(default_factory=dict)
    revision: int = 0
    is_plan_changed: bool = False
    is_media_changed: bool = False
    licence: Licence | None = None
    processes: Mapping[str, Process] = field(default_factory=dict)

    def calendar_events(self) -> list[CalendarEvent]:
        """What a calendar has to follow."""
        events: list[CalendarEvent] = []
        if self.cells:
            cells = tuple(self.cells.values())
            events.append(CellsChanged(self.location_id, cells, self.revision, self.proof_time))
        if self.is_plan_changed:
            events.append(PlanChanged(self.location_id))
        return events


@dataclass(frozen=True, slots=True)
class ConnectionChanged:
    """The connection's state, or a new proof of it (a heartbeat). `clock_offset_seconds` is how
    far the agent's clock is ahead of the desk's."""

    location_id: str
    connection: Connection
    trouble: ConnectionTrouble | None
    proof_time: datetime | None
    clock_offset_seconds: float | None = None


FleetEvent = RegistrationsChanged | PictureArrived | ObjectsChanged | ConnectionChanged


# --- state ----------------------------------------------------------------------------------------


@dataclass(slots=True)
class LocationState:
    """What the desk knows of one location. `picture` is None until anything was ever known.
    `control` is what this desk's farms set on it; `maintenance_end` is until when its silence is
    expected, None if it is not."""

    registration: Registration
    connection: Connection
    trouble: ConnectionTrouble | None = None
    proof_time: datetime | None = None
    clock_offset_seconds: float | None = None
    picture: Picture | None = None
    control: Control = field(default_factory=Control)
    maintenance_end: datetime | None = None

    @property
    def is_live(self) -> bool:
        """Proved now: what is open may be shown as it is, and actions make sense."""
        return self.connection is Connection.ON

    @property
    def shown_connection(self) -> Connection:
        """CONNECTING while a location that was never proved is tried."""
        is_new = self.connection is Connection.STALE and self.proof_time is None
        return Connection.CONNECTING if is_new else self.connection

    @property
    def zone(self) -> tzinfo:
        """The site's time zone; UTC while it never said one that is known here."""
        name = self.picture.identity.time_zone if self.picture is not None else ""
        try:
            return ZoneInfo(name) if name else UTC
        except (ZoneInfoNotFoundError, ValueError, OSError):
            return UTC

    @property
    def role(self) -> Role:
        return self.picture.role if self.picture else Role.UNKNOWN

    def shown_state(self, job: Job) -> JobState:
        """A fact stays, an absence does not: open work of a dark location is unknown."""
        return JobState.UNKNOWN if job.is_open and not self.is_live else job.state

    def newest_backup(self, task: str) -> Job | None:
        """The newest known backup of the task, open or ended."""
        ids = self.picture.backups.get(task) if self.picture is not None else None
        return self.picture.jobs[max(ids, key=int)] if self.picture and ids else None

    @property
    def trouble_counts(self) -> dict[JobState, int]:
        """Newest results that need a person, per state. A dark location keeps its own, as of its
        last proof: that something failed stays true."""
        states = self.picture.states if self.picture is not None else {}
        return {state: n for state, n in states.items() if state in TROUBLE_STATES and n}

    @property
    def failed_processes(self) -> list[Process]:
        """Parts of its agent that hang or begin again. Nobody knows it of a dark location."""
        told = self.picture.processes.values() if self.picture is not None and self.is_live else ()
        return [one for one in told if one.state.is_trouble]

    @property
    def is_silent(self) -> bool:
        """Nothing here raises an alarm: it is off, or in maintenance. What is true stays shown."""
        return self.connection is Connection.OFF or self.maintenance_end is not None

    @property
    def is_in_trouble(self) -> bool:
        """Something here needs a person: a result, or a connection that does not mend by itself."""
        is_bad = self.connection is Connection.BROKEN or bool(self.trouble_counts)
        return (is_bad or bool(self.failed_processes)) and not self.is_silent


@dataclass(slots=True)
class FleetChange:
    """What an event touched, so that views refresh no more than that."""

    locations_listed: bool = False  # locations were added, removed, renamed or moved
    connections: set[str] = field(default_factory=set)  # location ids
    pictures: set[str] = field(default_factory=set)  # whole picture replaced
    clients: set[tuple[str, str]] = field(default_factory=set)
    tasks: set[tuple[str, str]] = field(default_factory=set)
    jobs: set[tuple[str, str]] = field(default_factory=set)
    media: set[str] = field(default_factory=set)  # location ids; drives, data stores, pools, media
    licences: set[str] = field(default_factory=set)  # location ids
    processes: set[str] = field(default_factory=set)  # location ids
    calendar: list[CalendarEvent] = field(default_factory=list)  # in the order in which they came

    def merge(self, other: "FleetChange") -> None:
        self.locations_listed |= other.locations_listed
        self.connections |= other.connections
        self.pictures |= other.pictures
        self.clients |= other.clients
        self.tasks |= other.tasks
        self.jobs |= other.jobs
        self.media |= other.media
        self.licences |= other.licences
        self.processes |= other.processes
        self.calendar += other.calendar


class Fleet:
    """The locations by id, in the order of the registry, and the farms that they lie in. None of
    them is known before `is_listed`."""

    def __init__(self) -> None:
        self.locations: dict[str, LocationState] = {}
        self.farms = Farms()
        self.is_listed = False  # the registry was read

    def apply(self, event: FleetEvent) -> FleetChange:
        """Takes an event in. Events for locations that are not (any more) listed are dropped."""
        change = FleetChange()
        if isinstance(event, RegistrationsChanged):
            self._list(event)
            self.is_listed = change.locations_listed = True
            return change
        state = self.locations.get(event.location_id)
        if state is None:
            return change
        if isinstance(event, ConnectionChanged):
            state.connection = event.connection
            state.trouble = event.trouble
            if event.proof_time is not None:
                state.proof_time = event.proof_time
            if event.clock_offset_seconds is not None:
                state.clock_offset_seconds = event.clock_offset_seconds
            change.connections.add(event.location_id)
        elif isinstance(event, PictureArrived):
            if event.is_remembered and state.picture is not None:
                return change  # the live one was faster than the disk
            state.picture = event.picture
            state.proof_time = event.proof_time
            change.pictures.add(event.location_id)
        else:
            self._change_objects(state, event, change)
        return change

    def expire(self, now: datetime) -> FleetChange:
        """No proof lasts for ever, also if nobody tells its end: the network thread itself may have
        stopped. It is given the time of a heartbeat more than it needs. Maintenance ends, and
        begins, by itself too."""
        change = FleetChange()
        ends: dict[object, datetime | None] = {}  # many locations have the windows of one farm
        for location_id, state in self.locations.items():
            windows = state.control.windows
            if windows and windows not in ends:
                ends[windows] = state.control.maintenance_end(now)
            end = ends.get(windows)
            if end != state.maintenance_end:
                state.maintenance_end = end
                change.connections.add(location_id)
            if state.is_live and state.proof_time is not None and now - state.proof_time > _LATE:
                state.connection = Connection.STALE
                change.connections.add(location_id)
        return change

    def coverage(self, now: datetime, location_ids: Iterable[str] | None = None) -> Coverage:
        """How many of the locations (all by default) are proved now, and how old the proofs are."""
        scope = [
            self.locations[i]
            for i in (self.locations if location_ids is None else location_ids)
            if i in self.locations
        ]
        ages = [
            max(0.0, (now - s.proof_time).total_seconds())
            for s in scope
            if s.is_live and s.proof_time
        ]
        return Coverage(
            covered=sum(s.is_live for s in scope),
            total=len(scope),
            newest_age=min(ages, default=None),
            oldest_age=max(ages, default=None),
            off=sum(s.connection is Connection.OFF for s in scope),
        )

    def _list(self, event: RegistrationsChanged) -> None:
        known = self.locations
        self.locations = {}
        self.farms = event.farms.adopted(event.registrations)
        for registration in event.registrations:
            state = known.get(registration.location_id)
            if state is None:
                connection = Connection.STALE if registration.is_on else Connection.OFF
                state = LocationState(registration, connection)
            state.registration = registration
            state.control = self.farms.control(registration.location_id)
            if event.time is not None:
                state.maintenance_end = state.control.maintenance_end(event.time)
            self.locations[registration.location_id] = state

    def _change_objects(
        self, state: LocationState, event: ObjectsChanged, change: FleetChange
    ) -> None:
        state.proof_time = event.proof_time
        picture = state.picture
        if picture is None:
            return
        location_id = event.location_id
        for name, client in event.clients.items():
            picture.clients.put(name, client)
        for name, task in event.tasks.items():
            picture.tasks.put(name, task)
        for name in event.removed_clients:
            picture.clients.drop(name)
        for name in event.removed_tasks:
            picture.tasks.drop(name)
        states = Counter(picture.states)
        for job in event.jobs.values():
            picture.put_job(job, states)
        for job_id in event.removed_jobs:
            picture.drop_job(job_id, states)
        identity = event.identity or picture.identity
        licence = event.licence or picture.licence
        processes = {**picture.processes, **event.processes} if event.processes else {}
        state.picture = replace(
            picture,
            identity=identity,
            states=+states,
            licence=licence,
            processes=processes or picture.processes,
        )
        change.clients |= {(location_id, n) for n in (*event.clients, *event.removed_clients)}
        change.tasks |= {(location_id, n) for n in (*event.tasks, *event.removed_tasks)}
        change.calendar += event.calendar_events()
        change.media |= {location_id} if event.is_media_changed else set()
        change.licences |= {location_id} if event.licence is not None else set()
        change.processes |= {location_id} if event.processes else set()
        change.jobs |= {(location_id, i) for i in (*event.jobs, *event.removed_jobs)}
        if event.identity is not None:
            change.connections.add(location_id)
