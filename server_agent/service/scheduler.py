"""The scheduler: decides every planned time when it has come, once.

It does not count on being awake. Whatever it finds passed since its last look, it decides as the
domain says; so sleeping, stopping and clocks that jump are all the same to it.
"""

import logging
import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from server_agent.domain.calendar import QUEUED_TOO_LONG
from server_agent.domain.jobs import Job, JobState
from server_agent.domain.occurrences import Slot, decide, planned_slots, rewound
from server_agent.domain.quoting import printable
from server_agent.domain.schedule import starts
from server_agent.ports import CatalogueTransaction, CatalogueView, CellKey, Clock
from server_agent.service.changes import Changes
from server_agent.service.days import sesam_days, zone_of
from server_agent.service.occurrences import (
    enter,
    is_settled,
    plans_at,
    start_follow_up,
    taken_back_from,
)
from server_agent.service.supervising import Keep, Kept, Pulse

log = logging.getLogger(__name__)

# A machine that sleeps stops the clock that waits are measured by, and a clock may be set.
LOOK_EVERY = timedelta(seconds=20)
# That all is decided up to a moment is written with each decision, else so often.
NOTE_EVERY = timedelta(minutes=5)
# A machine without a battery shows 1970 until its clock is set. It has not been set back.
NO_CLOCK_BEFORE = datetime(2001, 1, 1, tzinfo=UTC)
_INSTANT = timedelta(microseconds=1)


class Scheduler:
    """Queues what is due, in a thread of its own.

    Args:
        queued: is called when jobs were queued and can be seen, in the thread that looks.
    """

    def __init__(self, changes: Changes, clock: Clock, queued: Callable[[], None]) -> None:
        self._changes = changes
        self._clock = clock
        self._zone = zone_of(clock)
        self._queued = queued
        self._has_queued = threading.Event()
        self._wake = threading.Event()
        self._stop = threading.Event()
        self._kept: Kept | None = None

    def start(self, keep: Keep = Kept) -> None:
        """Begins with what has passed while the agent did not run."""
        self._kept = keep("sepuler", self._run, self._wake.set)

    def wake(self) -> None:
        """To be called when the plan was changed."""
        self._wake.set()

    def stop(self) -> None:
        """Decides nothing more; what is due is decided at the next start."""
        self._stop.set()
        self._wake.set()
        if self._kept is not None:
            self._kept.join()
            self._kept = None

    def look(self) -> timedelta:
        """Decides what is due; returns how long nothing else is, at most `LOOK_EVERY`."""
        now = self._clock.now()
        if now < NO_CLOCK_BEFORE:
            log.warning("the clock shows %s: nothing is decided until it is set", now)
            return LOOK_EVERY
        with self._changes.read() as view:
            is_due = self._is_due(view, now)
        if is_due:
            with self._changes.write() as tx:
                self.settle(tx)
        if self._has_queued.is_set():
            self._has_queued.clear()
            self._queued()
        with self._changes.read() as view:
            return self._rest(view)

    def settle(self, tx: CatalogueTransaction) -> None:
        """Decides what is due. To be called first in every transaction that changes the plan, so
        that what had passed is decided by the plan as it was; `wake` comes after its commit."""
        now = self._clock.now()
        if now < NO_CLOCK_BEFORE:
            return
        before = tx.decided_until()
        if before is None:
            tx.set_decided_until(now)
            return
        since = rewound(before, now)
        if since < before:
            log.warning("the clock was set back from %s to %s", before, now)
            tx.reopen(now, now)
        self._tell_new_starts(tx, before, now)
        plans = plans_at(tx, now)
        by_id = {plan.event.id: plan.event for plan in plans}
        standing = tx.decided_slots(since, now)
        taken_back = taken_back_from(tx, plans, since)
        decided = decide(plans, self._zone, since, now, standing, tx.open_event_ids(), taken_back)
        if decided:
            first = min(each.slot for each in decided).planned_time.astimezone(self._zone).date()
            days = sesam_days(tx, self._zone, first - timedelta(days=1), now, now)
            jobs: list[Job] = []
            for each in decided:
                jobs += enter(tx, by_id[each.slot.event_id], each, days, self._zone)
            for job in jobs:
                what = printable(job.task or job.event)
                log.info("job %s is queued: %s %s", job.id, job.kind.value, what)
            if jobs:
                self._has_queued.set()
        _show_long_waits(tx, now)
        tx.set_decided_until(now)

    def _tell_new_starts(self, tx: CatalogueTransaction, before: datetime, now: datetime) -> None:
        """Of every schedule of which a start has passed, or comes again on a clock that was set
        back, that the coming one is another."""
        first, end = sorted((before + _INSTANT, now + _INSTANT))
        for schedule in tx.schedules():
            if schedule.active and next(starts(schedule, self._zone, first, end), None):
                tx.touch_schedule(schedule.name)

    def follow(self, tx: CatalogueTransaction, job: Job) -> None:
        """Starts the follow-up of the job's event if the job was the last of its occurrence and
        all of them have ended well. To be called when a job has ended, in the transaction that
        enters its end; after its commit the queue is to be looked at."""
        if job.state not in (JobState.OK, JobState.WARNING):
            return
        event = tx.event_by_id(job.event_id) if job.event_id else None
        if event is None or not event.follow_up or job.planned_time is None:
            return
        ended = tx.jobs_of(Slot(job.planned_time, job.event_id))
        next_event = tx.event(event.follow_up)
        if next_event is None or not next_event.active or not is_settled(ended):
            return
        now = self._clock.now()
        today = now.astimezone(self._zone).date()
        days = sesam_days(tx, self._zone, today - timedelta(days=1), now, now)
        start_follow_up(tx, next_event, now, days)

    def _is_due(self, view: CatalogueView, now: datetime) -> bool:
        before = view.decided_until()
        if before is None or now < before or now - before >= NOTE_EVERY:
            return True
        return bool(
            planned_slots(plans_at(view, now), self._zone, before + _INSTANT, now + _INSTANT, ())
        )

    def _rest(self, view: CatalogueView) -> timedelta:
        now = self._clock.now()
        until = now + LOOK_EVERY
        before = view.decided_until() or now
        coming = planned_slots(plans_at(view, now), self._zone, before + _INSTANT, until, ())
        return max(coming[0][0].planned_time - now, timedelta()) if coming else LOOK_EVERY

    def _run(self, pulse: Pulse) -> None:
        while not self._stop.is_set():
            pulse.wait(self._wake, self._clock.seconds(self.look()))
            self._wake.clear()


def _show_long_waits(tx: CatalogueTransaction, now: datetime) -> None:
    """That a job waits too long is no change of the job, but one of the sheet."""
    waiting = {
        CellKey.of_job(job)
        for job in tx.open_jobs()
        if job.state is JobState.QUEUED
        and now - (job.planned_time or job.create_time) > QUEUED_TOO_LONG
    }
    if waiting:
        tx.refresh_cells(waiting, now)
