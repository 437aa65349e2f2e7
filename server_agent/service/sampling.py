"""Enters how full the data stores are, so that there is a history: when the agent starts, at each
NEWDAY, and after other jobs at most once an hour.

The ends of jobs are read from the change log, by a thread of its own: no job waits for a disk that
does not answer.
"""

import logging
import threading
from datetime import timedelta

from server_agent.domain.history import StoreSample
from server_agent.domain.jobs import Job, JobKind
from server_agent.ports import Clock, ObjectKind
from server_agent.service.changes import Changes
from server_agent.service.days import day_of
from server_agent.service.media import DataStores
from server_agent.service.supervising import Keep, Kept, Pulse

log = logging.getLogger(__name__)

AFTER_JOBS = timedelta(hours=1)
AT_START = timedelta(days=1)
KEPT_WHOLE = timedelta(days=90)
KEPT = timedelta(days=5 * 365)
GRACE_SECONDS = 5.0
_ALWAYS = timedelta(0)


class Sampling:
    """Takes samples of all data stores."""

    def __init__(self, changes: Changes, stores: DataStores, clock: Clock) -> None:
        self._changes = changes
        self._stores = stores
        self._clock = clock
        self._revision = 0
        self._wake = threading.Event()
        self._stop = threading.Event()
        self._kept: Kept | None = None

    def start(self, keep: Keep = Kept) -> None:
        """Takes the first samples if they are due, and follows what ends from here on."""
        with self._changes.read() as view:
            self._revision = view.revision()
        # Nothing is lost with it: a disk that never answers must not keep the agent from ending.
        self._kept = keep("samples", self._run, self._wake.set, daemon=True)

    def stop(self) -> None:
        """Waits a short time for a sample that is being taken."""
        if self._kept is None:
            return
        self._stop.set()
        if not self._kept.join(GRACE_SECONDS):
            log.warning("a data store does not say how full it is; nobody waits for that any more")
        self._kept = None

    def take(self, older_than: timedelta) -> None:
        """A sample of each data store whose last one is that old. One that cannot be used just now,
        or of which nothing is known, has none."""
        now = self._clock.now()
        with self._changes.read() as view:
            # Either way, since a clock may have been set back.
            due = [
                store
                for store in view.data_stores()
                if (last := view.last_sample(store.name)) is None
                or abs(now - last.time) >= older_than
            ]
            day = day_of(view, self._clock, now)
        states = [self._stores.state(store) for store in due]
        samples = [
            StoreSample(
                state.store.name,
                day,
                now,
                state.space.capacity_bytes if state.space is not None else None,
                state.space.free_bytes if state.space is not None else None,
                state.stored_bytes,
            )
            for state in states
            if not state.fault
        ]
        if samples:
            with self._changes.write() as tx:
                for sample in samples:
                    tx.add_store_sample(sample)

    def _run(self, pulse: Pulse) -> None:
        subscription = self._changes.subscribe(self._wake.set, is_watcher=False)
        try:
            self._take(AT_START)
            while not self._stop.is_set():
                pulse.wait(self._wake)
                self._wake.clear()
                self._look()
        finally:
            subscription.close()

    def _look(self) -> None:
        """Takes the samples for what has ended since the last look."""
        ended = self._ended()
        if any(job.kind is JobKind.NEWDAY for job in ended):
            self._take(_ALWAYS)
            self._thin()
        elif ended:
            self._take(AFTER_JOBS)

    def _ended(self) -> list[Job]:
        with self._changes.read() as view:
            since = view.changes_since(self._revision)
            self._revision = since.revision
            ids = [key.id for key in since.keys or () if key.kind is ObjectKind.JOB]
            return [job for job in map(view.job, ids) if job is not None and not job.state.is_open]

    def _take(self, older_than: timedelta) -> None:
        try:
            self.take(older_than)
        except Exception:  # the next end of a job is another chance
            log.exception("how full the data stores are could not be entered")

    def _thin(self) -> None:
        try:
            with self._changes.write() as tx:
                today = day_of(tx, self._clock, self._clock.now())
                tx.thin_store_samples(today - KEPT_WHOLE, today - KEPT)
        except Exception:
            log.exception("the history of the data stores could not be thinned")
