"""What changed, for those who watch: the log of the catalogue and the progress of running jobs.

Nothing is queued for a subscriber. It has a revision, and asks the catalogue's log what came
after it; of progress there is only the newest of each running job. A subscriber that is slow is
therefore behind, and never costs memory; one that is further behind than the log reaches has to
begin anew.
"""

import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import partial

from server_agent.domain.errors import WatchOverflow
from server_agent.domain.events import Event, is_of_group
from server_agent.domain.groups import TaskGroup
from server_agent.domain.jobs import Job, JobKind, JobState, Progress
from server_agent.domain.queue import Drive, Waiting
from server_agent.domain.schedule import Schedule
from server_agent.domain.topology import Client, Task
from server_agent.ports import (
    Catalogue,
    CatalogueTransaction,
    CatalogueView,
    Cell,
    CellKey,
    Clock,
    ObjectKey,
    ObjectKind,
)
from server_agent.service.coming import LiveEvent, LiveSchedule, live_event, live_schedule
from server_agent.service.days import zone_of
from server_agent.service.occurrences import tasks_of

CHANGES_KEPT = 10_000  # some days of a busy location; a desk that was away longer begins anew
ANSWERS_KEPT = timedelta(days=7)  # the longest that anybody tries a request again
WRITES_PER_TRIM = 100  # trimming at each write would double its cost


@dataclass(frozen=True, slots=True)
class LiveJob:
    """A job, how far it is while it runs, and what it waits for while it is queued."""

    job: Job
    progress: Progress | None
    waiting: Waiting | None = None


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


@dataclass(frozen=True, slots=True)
class Removed:
    """An object that is gone, a job that is not watched any more, or a cell that is empty."""

    key: ObjectKey


@dataclass(frozen=True, slots=True)
class MediaChanged:
    """A data store, media pool or medium was added, changed or removed."""


Watched = Client | Task | LiveJob | LiveSchedule | LiveEvent | TaskGroup | Drive
Changed = Watched | Cell | MediaChanged | Removed


@dataclass(frozen=True, slots=True)
class ChangeSet:
    """The newest value of each object that changed; complete up to the revision."""

    revision: int
    objects: tuple[Changed, ...]


class Changes:
    """The door through which everything is written, so that no change goes unnoticed.

    Any thread may call any method.
    """

    def __init__(self, catalogue: Catalogue, clock: Clock) -> None:
        self._catalogue = catalogue
        self._clock = clock
        self._lock = threading.Lock()
        self._subscriptions: dict[Subscription, Callable[[], None]] = {}
        self._progress: dict[str, tuple[int, Progress | None]] = {}
        self._waiting: dict[str, tuple[int, Waiting]] = {}
        self._held: dict[str, tuple[JobState, str]] = {}
        self._progress_serial = self._writes = 0
        self.removing = threading.Lock()  # held while files of savesets are removed

    def read(self) -> AbstractContextManager[CatalogueView]:
        """A consistent view."""
        return self._catalogue.read()

    @contextmanager
    def write(self) -> Iterator[CatalogueTransaction]:
        """A transaction; after its commit all subscribers are woken. The calendar's cells follow
        the jobs that it wrote."""
        with self._catalogue.write() as transaction:
            before = transaction.revision()
            yield transaction
            self._refresh_cells(transaction, before)
            if self._writes % WRITES_PER_TRIM == 0:
                transaction.trim(CHANGES_KEPT, self._clock.now() - ANSWERS_KEPT)
            self._writes += 1
        self.wake()

    def _refresh_cells(self, transaction: CatalogueTransaction, before: int) -> None:
        since = transaction.changes_since(before)
        jobs = (transaction.job(key.id) for key in since.keys or () if key.kind is ObjectKind.JOB)
        cells = {CellKey.of_job(job) for job in jobs if job is not None}
        if cells:
            transaction.refresh_cells(cells, self._clock.now())

    def wake(self) -> None:
        """Has all subscribers look."""
        with self._lock:
            wakes = list(self._subscriptions.values())
        for wake in wakes:
            wake()

    def subscribe(self, wake: Callable[[], None], is_watcher: bool = True) -> "Subscription":
        """`wake` is called from any thread whenever there may be something to take; it must not
        block. The agent itself is no watcher."""
        subscription = Subscription(self, is_watcher)
        with self._lock:
            self._subscriptions[subscription] = wake
        return subscription

    @property
    def watchers(self) -> int:
        """How many subscriptions of watchers there are."""
        with self._lock:
            return sum(each.is_watcher for each in self._subscriptions)

    def unsubscribe(self, subscription: "Subscription") -> None:
        with self._lock:
            self._subscriptions.pop(subscription, None)

    def set_progress(self, job_id: str, progress: Progress | None) -> None:
        with self._lock:
            self._progress_serial += 1
            self._progress[job_id] = (self._progress_serial, progress)
        self.wake()

    def hold(self, job_id: str, state: JobState, why: str) -> None:
        """The job cannot leave an open state: as long as it has that one, or until
        `drop_progress`, it is shown without progress, and this is its message."""
        with self._lock:
            if self._held.get(job_id) == (state, why):
                return
            self._held[job_id] = (state, why)
        self.set_progress(job_id, None)

    def drop_progress(self, job_id: str) -> None:
        with self._lock:
            self._progress.pop(job_id, None)
            self._held.pop(job_id, None)

    def set_waiting(self, waiting: Mapping[str, Waiting]) -> None:
        """Tells what each job of the queue waits for; the others wait for nothing."""
        with self._lock:
            before = {job_id: each for job_id, (_, each) in self._waiting.items()}
            if before == waiting:
                return
            for job_id, each in waiting.items():
                if before.get(job_id) != each:
                    self._progress_serial += 1
                    self._waiting[job_id] = (self._progress_serial, each)
            for job_id in before.keys() - waiting.keys():
                del self._waiting[job_id]
        self.wake()

    def live(self, job: Job) -> LiveJob:
        """The job with its progress if it runs, with what it waits for if it is queued, and with
        what holds it."""
        if not job.state.is_open:
            return LiveJob(job, None)
        with self._lock:
            entry = self._progress.get(job.id)
            waiting = self._waiting.get(job.id)
            state, why = self._held.get(job.id, (None, ""))
        if state is job.state:
            return LiveJob(replace(job, message=why), None)
        if job.state is JobState.QUEUED:
            return LiveJob(job, None, waiting[1] if waiting else None)
        return LiveJob(job, entry[1] if entry else None)

    def live_schedules(self, schedules: Iterable[Schedule]) -> tuple[LiveSchedule, ...]:
        """The schedules with their coming starts."""
        zone, now = zone_of(self._clock), self._clock.now()
        return tuple(live_schedule(schedule, zone, now) for schedule in schedules)

    def live_events(self, view: CatalogueView, events: Iterable[Event]) -> tuple[LiveEvent, ...]:
        """The events with their coming starts."""
        zone, now = zone_of(self._clock), self._clock.now()
        schedules = {schedule.name: schedule for schedule in view.schedules()}
        taken_back = view.decided_slots(now, now)
        return tuple(
            live_event(
                event,
                schedules.get(event.schedule),
                tasks_of(view, event) != (),
                taken_back,
                zone,
                now,
            )
            for event in events
        )

    def progressed_since(self, serial: int) -> tuple[int, list[str]]:
        """Ids of the jobs with newer progress, or that wait for something else now, and the serial
        to ask with next time."""
        with self._lock:
            live = (*self._progress.items(), *self._waiting.items())
            newer = [job_id for job_id, (number, _) in live if number > serial]
            return self._progress_serial, newer


class Subscription:
    """One watcher's place in the history. Used by one thread at a time."""

    def __init__(self, changes: Changes, is_watcher: bool) -> None:
        self.is_watcher = is_watcher
        self._changes = changes
        self._revision = 0
        self._progress_serial = 0

    def begin(self, after_revision: int | None) -> Snapshot | ChangeSet:
        """What the watcher lacks: the changes since its revision if the log reaches back to it,
        else all."""
        if after_revision is not None:
            self._revision = after_revision
            try:
                return self.take()
            except WatchOverflow:
                pass
        self._progress_serial, _ = self._changes.progressed_since(0)
        with self._changes.read() as view:
            jobs = [*view.open_jobs(), *view.newest_ended_backups()]
            snapshot = Snapshot(
                revision=view.revision(),
                clients=tuple(view.clients()),
                tasks=tuple(view.tasks()),
                jobs=tuple(self._changes.live(job) for job in jobs),
                schedules=self._changes.live_schedules(view.schedules()),
                events=self._changes.live_events(view, view.events()),
                groups=tuple(view.groups()),
                drives=tuple(view.drives()),
            )
        self._revision = snapshot.revision
        return snapshot

    def take(self) -> ChangeSet:
        """Everything since the last `begin` or `take`.

        Raises:
            WatchOverflow: the log does not reach back that far.
        """
        self._progress_serial, progressed = self._changes.progressed_since(self._progress_serial)
        with self._changes.read() as view:
            since = view.changes_since(self._revision)
            if since.keys is None:
                raise WatchOverflow
            objects = _Watched(view, since.keys, self._changes).objects()
            for job_id in progressed:
                if ObjectKey(ObjectKind.JOB, job_id) not in since.keys:
                    job = view.job(job_id)
                    if job is not None and job.state.is_open:
                        objects.append(self._changes.live(job))
        self._revision = since.revision
        return ChangeSet(since.revision, tuple(objects))

    def close(self) -> None:
        self._changes.unsubscribe(self)


class _Watched:
    """What is told of the keys that changed.

    Watched are all clients, tasks, schedules, events, groups and drives, the open jobs, and of each
    task the backup that ended last. A watcher has no say in this: each job that it may have and
    that is none of them any more is named to it as removed.
    """

    def __init__(self, view: CatalogueView, keys: tuple[ObjectKey, ...], changes: Changes) -> None:
        self._view = view
        self._keys = dict.fromkeys(keys)  # ordered, and sought in
        self._changes = changes
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
        self._told += self._changes.live_events(self._view, self._events.values())
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
        return None

    def _tell_schedule(self, key: ObjectKey) -> None:
        schedule = self._view.schedule(key.id)
        if schedule is None:
            self._told.append(Removed(key))
            return
        self._told += self._changes.live_schedules([schedule])
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
        self._told.append(self._changes.live(job))
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
            self._told.append(self._changes.live(before))
        self._settled[task] = newest.id if newest is not None else None
        return self._settled[task]
