"""What changed, for those who watch: the log of the catalogue and the progress of running jobs.

Nothing is queued for a subscriber. It has a revision, and asks the catalogue's log what came
after it; of progress there is only the newest of each running job. A subscriber that is slow is
therefore behind, and never costs memory; one that is further behind than the log reaches has to
begin anew.
"""

import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from datetime import timedelta

from server_agent.domain.errors import WatchOverflow
from server_agent.domain.events import Event
from server_agent.domain.jobs import Job, JobState, Progress
from server_agent.domain.parts import Part
from server_agent.domain.queue import Waiting
from server_agent.domain.schedule import Schedule
from server_agent.ports import (
    Catalogue,
    CatalogueTransaction,
    CatalogueView,
    CellKey,
    Clock,
    ObjectKey,
    ObjectKind,
)
from server_agent.service.coming import LiveEvent, LiveSchedule, live_event, live_schedule
from server_agent.service.days import zone_of
from server_agent.service.occurrences import tasks_of
from server_agent.service.watched import ChangeSet, LicenceReport, LiveJob, Snapshot, Told

CHANGES_KEPT = 10_000  # some days of a busy location; a desk that was away longer begins anew
ANSWERS_KEPT = timedelta(days=7)  # the longest that anybody tries a request again
WRITES_PER_TRIM = 100  # trimming at each write would double its cost


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
        self._licence: LicenceReport | None = None
        self._parts: dict[str, Part] = {}
        self._progress_serial = 0
        self._begun = self._ended = 0  # transactions; the first counted by who holds the writer
        self.removing = threading.Lock()  # held while files of savesets are removed
        self.telling = threading.Lock()  # held while the engine is told where media lie

    def read(self) -> AbstractContextManager[CatalogueView]:
        """A consistent view."""
        return self._catalogue.read()

    @contextmanager
    def write(self) -> Iterator[CatalogueTransaction]:
        """A transaction; after its commit all subscribers are woken. The calendar's cells follow
        the jobs that it wrote."""
        number = 0
        try:
            with self._catalogue.write() as transaction:
                self._begun += 1
                number = self._begun
                before = transaction.revision()
                yield transaction
                self._refresh_cells(transaction, before)
                if number % WRITES_PER_TRIM == 1:
                    transaction.trim(CHANGES_KEPT, self._clock.now() - ANSWERS_KEPT)
        finally:
            if number:
                with self._lock:
                    self._ended += 1
        self.wake()

    def seen(self) -> int:
        """How many transactions have ended; a view that is opened after that knows them all."""
        with self._lock:
            return self._ended

    def is_unchanged(self, seen: int) -> bool:
        """To be asked in a transaction: whether nobody else has written since `seen` said that."""
        return self._begun - 1 == seen

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

    @property
    def licence(self) -> LicenceReport | None:
        """What is to be said of the licence; None until it was looked at."""
        return self._licence

    def set_licence(self, report: LicenceReport) -> None:
        """Watchers are told when it is touched in the catalogue, which has to follow."""
        self._licence = report

    def part(self, name: str) -> Part | None:
        """A part of the agent, as it was told last."""
        return self._parts.get(name)

    def parts(self) -> tuple[Part, ...]:
        """All that were told."""
        return tuple(self._parts.values())

    def tell_part(self, part: Part) -> None:
        """Tells watchers of a part of the agent."""
        self._parts = {**self._parts, part.name: part}
        with self.write() as tx:
            tx.touch(ObjectKey(ObjectKind.PART, part.name))

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
                licence=self._changes.licence,
                parts=self._changes.parts(),
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
            objects = Told(view, since.keys, self._changes).objects()
            for job_id in progressed:
                if ObjectKey(ObjectKind.JOB, job_id) not in since.keys:
                    job = view.job(job_id)
                    if job is not None and job.state.is_open:
                        objects.append(self._changes.live(job))
        self._revision = since.revision
        return ChangeSet(since.revision, tuple(objects))

    def close(self) -> None:
        self._changes.unsubscribe(self)
