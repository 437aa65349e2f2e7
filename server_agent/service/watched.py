"""What watchers of a location are told: its state, and what follows from the keys that changed."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Protocol

from server_agent.domain.events import Event, is_of_group
from server_agent.domain.groups import TaskGroup
from server_agent.domain.jobs import Job, JobKind, Progress
from server_agent.domain.licence import Licence, Server, Use, Verdict
from server_agent.domain.parts import Part
from server_agent.domain.queue import Drive, Waiting
from server_agent.domain.schedule import Schedule
from server_agent.domain.topology import Client, Task
from server_agent.ports import CatalogueView, Cell, CellKey, ObjectKey, ObjectKind
from server_agent.service.coming import LiveEvent, LiveSchedule


@dataclass(frozen=True, slots=True)
class LiveJob:
    """A job, how far it is while it runs, and what it waits for while it is queued."""

    job: Job
    progress: Progress | None
    waiting: Waiting | None = None


@dataclass(frozen=True, slots=True)
class LicenceReport:
    """What is to be said of the licence.

    Attributes:
        licence: what the installed file says, also if it does not count; None without one that can
            be read.
        install_time: when the agent first ran.
        is_set_back: the clock shows less than it did, and the verdict goes by what it showed.
    """

    verdict: Verdict
    licence: Licence | None
    server: Server
    use: Use
    install_time: datetime
    is_set_back: bool = False


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The state of the location as of a revision."""

    revision: int
    clients: tuple[Client, ...]
    tasks: tuple[Task, ...]
    jobs: tuple[LiveJob, ...]
    schedules: tuple[LiveSchedule, ...] = ()
    events: tuple[LiveEvent, ...] = ()
    groups: tuple[TaskGroup, ...] = ()
    drives: tuple[Drive, ...] = ()
    licence: LicenceReport | None = None
    parts: tuple[Part, ...] = ()


@dataclass(frozen=True, slots=True)
class Removed:
    """An object that is gone, a job that is not watched any more, or a cell that is empty."""

    key: ObjectKey


@dataclass(frozen=True, slots=True)
class MediaChanged:
    """A data store, media pool or medium was added, changed or removed."""


Watched = Client | Task | LiveJob | LiveSchedule | LiveEvent | TaskGroup | Drive | Part
Changed = Watched | Cell | MediaChanged | LicenceReport | Removed


@dataclass(frozen=True, slots=True)
class ChangeSet:
    """The newest value of each object that changed; complete up to the revision."""

    revision: int
    objects: tuple[Changed, ...]


class Live(Protocol):
    """Adds to what the catalogue has what changes without it: progress, and coming starts."""

    def live(self, job: Job) -> LiveJob: ...

    def live_schedules(self, schedules: Iterable[Schedule]) -> tuple[LiveSchedule, ...]: ...

    def live_events(
        self, view: CatalogueView, events: Iterable[Event]
    ) -> tuple[LiveEvent, ...]: ...

    @property
    def licence(self) -> LicenceReport | None: ...

    def part(self, name: str) -> Part | None: ...


class Told:
    """What is told of the keys that changed.

    Watched are all clients, tasks, schedules, events, groups and drives, the open jobs, and of each
    task the backup that ended last. A watcher has no say in this: each job that it may have and
    that is none of them any more is named to it as removed.
    """

    def __init__(self, view: CatalogueView, keys: tuple[ObjectKey, ...], live: Live) -> None:
        self._view = view
        self._keys = dict.fromkeys(keys)  # ordered, and sought in
        self._live = live
        self._changed_jobs = {key.id for key in keys if key.kind is ObjectKind.JOB}
        self._told: list[Changed] = []
        self._settled: dict[str, str | None] = {}  # task -> id of its newest ended backup
        self._all_events: list[Event] | None = None  # once somebody has asked
        self._events: dict[str, Event] = {}  # to be told at the end: their starts hang together

    def objects(self) -> list[Changed]:
        """The newest values and the removals, in the order of the keys."""
        for key in self._keys:
            match key.kind:
                case ObjectKind.TASK:
                    self._told.append(self._view.task(key.id) or Removed(key))
                    self._settle(key.id)
                case ObjectKind.JOB:
                    self._tell_job(key)
                case ObjectKind.SCHEDULE:
                    self._tell_schedule(key)
                case ObjectKind.EVENT:
                    self._note_event(key)
                case ObjectKind.GROUP:
                    self._told.append(self._view.group(key.id) or Removed(key))
                    # Whether anything is planned depends on whether it has tasks.
                    self._note_events(partial(is_of_group, group=key.id))
                case _:
                    self._told.append(self._alone(key) or Removed(key))
        self._told += self._live.live_events(self._view, self._events.values())
        return self._told

    def _alone(self, key: ObjectKey) -> Changed | None:
        """What nothing else hangs together with; None if it is gone."""
        match key.kind:
            case ObjectKind.CLIENT:
                return self._view.client(key.id)
            case ObjectKind.DRIVE:
                return self._view.drive(key.id)
            case ObjectKind.CELL:
                return self._view.cell(CellKey.of_id(key.id))
            case ObjectKind.MEDIA:
                return MediaChanged()
            case ObjectKind.LICENCE:
                return self._live.licence
            case ObjectKind.PART:
                return self._live.part(key.id)
        return None

    def _tell_schedule(self, key: ObjectKey) -> None:
        schedule = self._view.schedule(key.id)
        if schedule is None:
            self._told.append(Removed(key))
            return
        self._told += self._live.live_schedules([schedule])
        # Its events are the same, but their coming starts are others.
        self._note_events(lambda event: event.schedule == key.id)

    def _note_events(self, condition: Callable[[Event], bool]) -> None:
        """Those of which the condition holds are told, too."""
        if self._all_events is None:
            self._all_events = self._view.events()
        self._events |= {event.id: event for event in self._all_events if condition(event)}

    def _note_event(self, key: ObjectKey) -> None:
        event = self._view.event_by_id(key.id)
        if event is None:
            self._told.append(Removed(key))
        elif event.start_time is None:  # an immediate start is seen by its jobs and cells
            self._events[event.id] = event

    def _tell_job(self, key: ObjectKey) -> None:
        job = self._view.job(key.id)
        if job is None:
            self._told.append(Removed(key))
            return
        watched = job.state.is_open
        if not watched and job.kind is JobKind.BACKUP:
            watched = self._settle(job.task) == job.id
        # Its last value too: it is how the watcher learns of its end.
        self._told.append(self._live.live(job))
        if not watched:
            self._told.append(Removed(key))

    def _settle(self, task: str) -> str | None:
        """Tells what became of the ended backup that a watcher has of the task: the newest of
        those that did not change. Returns the newest of all, None without one or a task."""
        if task in self._settled:
            return self._settled[task]
        limit = 2
        while True:
            ended = self._view.ended_backups(task, limit)
            before = next((job for job in ended if job.id not in self._changed_jobs), None)
            if before is not None or len(ended) < limit:
                break
            limit *= 4
        newest = ended[0] if ended and self._view.task(task) is not None else None
        if before is not None and before is not newest:
            self._told.append(Removed(ObjectKey(ObjectKind.JOB, before.id)))
        elif before is not None and ObjectKey(ObjectKind.TASK, task) in self._keys:
            # A task of this name may have been there before, and left its jobs.
            self._told.append(self._live.live(before))
        self._settled[task] = newest.id if newest is not None else None
        return self._settled[task]
