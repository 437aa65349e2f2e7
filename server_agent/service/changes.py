"""What changed, for those who watch: the log of the catalogue and the progress of running jobs.

Nothing is queued for a subscriber. It has a revision, and asks the catalogue's log what came
after it; of progress there is only the newest of each running job. A subscriber that is slow is
therefore behind, and never costs memory; one that is further behind than the log reaches has to
begin anew.
"""

import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, replace
from datetime import timedelta

from server_agent.domain.errors import WatchOverflow
from server_agent.domain.jobs import Job, JobKind, JobState, Progress
from server_agent.domain.topology import Client, Task
from server_agent.ports import (
    Catalogue,
    CatalogueTransaction,
    CatalogueView,
    Clock,
    ObjectKey,
    ObjectKind,
)

CHANGES_KEPT = 10_000  # some days of a busy location; a desk that was away longer begins anew
ANSWERS_KEPT = timedelta(days=7)  # the longest that anybody tries a request again
WRITES_PER_TRIM = 100  # trimming at each write would double its cost


@dataclass(frozen=True, slots=True)
class LiveJob:
    """A job, and how far it is while it runs."""

    job: Job
    progress: Progress | None


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The state of the location as of a revision."""

    revision: int
    clients: tuple[Client, ...]
    tasks: tuple[Task, ...]
    jobs: tuple[LiveJob, ...]


@dataclass(frozen=True, slots=True)
class Removed:
    """A client or task that is gone, or a job that is not watched any more."""

    key: ObjectKey


Changed = Client | Task | LiveJob | Removed


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
        self._held: dict[str, tuple[JobState, str]] = {}
        self._progress_serial = 0
        self._writes = 0

    def read(self) -> AbstractContextManager[CatalogueView]:
        """A consistent view."""
        return self._catalogue.read()

    @contextmanager
    def write(self) -> Iterator[CatalogueTransaction]:
        """A transaction; after its commit all subscribers are woken."""
        with self._catalogue.write() as transaction:
            yield transaction
            if self._writes % WRITES_PER_TRIM == 0:
                transaction.trim(CHANGES_KEPT, self._clock.now() - ANSWERS_KEPT)
            self._writes += 1
        self.wake()

    def wake(self) -> None:
        """Has all subscribers look."""
        with self._lock:
            wakes = list(self._subscriptions.values())
        for wake in wakes:
            wake()

    def subscribe(self, wake: Callable[[], None]) -> "Subscription":
        """`wake` is called from any thread whenever there may be something to take; it must not
        block."""
        subscription = Subscription(self)
        with self._lock:
            self._subscriptions[subscription] = wake
        return subscription

    @property
    def watchers(self) -> int:
        """How many subscriptions there are."""
        with self._lock:
            return len(self._subscriptions)

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

    def live(self, job: Job) -> LiveJob:
        """The job with its progress, if it runs, and with what holds it, if it is open."""
        if not job.state.is_open:
            return LiveJob(job, None)
        with self._lock:
            entry = self._progress.get(job.id)
            state, why = self._held.get(job.id, (None, ""))
        if state is job.state:
            return LiveJob(replace(job, message=why), None)
        return LiveJob(job, entry[1] if entry else None)

    def progressed_since(self, serial: int) -> tuple[int, list[str]]:
        """Ids of the jobs with newer progress, and the serial to ask with next time."""
        with self._lock:
            newer = [job_id for job_id, (number, _) in self._progress.items() if number > serial]
            return self._progress_serial, newer


class Subscription:
    """One watcher's place in the history. Used by one thread at a time."""

    def __init__(self, changes: Changes) -> None:
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

    Watched are all clients and tasks, the open jobs, and of each task the backup that ended last.
    A watcher has no say in this: each job that it may have and that is none of them any more is
    named to it as removed.
    """

    def __init__(self, view: CatalogueView, keys: tuple[ObjectKey, ...], changes: Changes) -> None:
        self._view = view
        self._keys = dict.fromkeys(keys)  # ordered, and sought in
        self._changes = changes
        self._changed_jobs = {key.id for key in keys if key.kind is ObjectKind.JOB}
        self._told: list[Changed] = []
        self._settled: dict[str, str | None] = {}  # task -> id of its newest ended backup

    def objects(self) -> list[Changed]:
        """The newest values and the removals, in the order of the keys."""
        for key in self._keys:
            match key.kind:
                case ObjectKind.CLIENT:
                    self._told.append(self._view.client(key.id) or Removed(key))
                case ObjectKind.TASK:
                    self._told.append(self._view.task(key.id) or Removed(key))
                    self._settle(key.id)
                case ObjectKind.JOB:
                    self._tell_job(key)
        return self._told

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
