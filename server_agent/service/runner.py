"""The queue: which jobs run now, each in a thread of its own."""

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass

from server_agent.domain.errors import no_space
from server_agent.domain.jobs import Job, JobState
from server_agent.domain.queue import admit
from server_agent.domain.quoting import printable
from server_agent.service.changes import Changes
from server_agent.service.control import JobControl
from server_agent.service.media_requests import MediaRequests
from server_agent.service.plan import Outcome, Plan
from server_agent.service.supervising import Keep, Kept, Pulse
from server_agent.service.work import Work

log = logging.getLogger(__name__)

TRIES_PER_WARNING = 60  # one every 5 minutes
LOOK_SECONDS = 120.0  # a medium that has come or gone is noticed in this time without a job
RETRY_SECONDS = 5.0  # a full disk or a locked catalogue is seldom over sooner


@dataclass(frozen=True, slots=True)
class _Running:
    job: Job
    control: JobControl
    thread: threading.Thread


class Runner:
    """Starts queued jobs as soon as they may, in a thread of its own that is woken.

    Args:
        media: asks for those that are put in by hand.
        retry_seconds: how long to wait before the end of a job, or the queue, that could not be
            written or read, is tried again.
        look_seconds: how often it is looked whether the medium is in its place.
        each_look: is called after that.
    """

    def __init__(
        self,
        changes: Changes,
        work: Work,
        media: MediaRequests,
        retry_seconds: float = RETRY_SECONDS,
        look_seconds: float = LOOK_SECONDS,
        each_look: Callable[[], object] = lambda: None,
    ) -> None:
        self._changes = changes
        self._work = work
        self._media = media
        self._retry_seconds = retry_seconds
        self._look_seconds = look_seconds
        self._each_look = each_look
        self._lock = threading.Lock()
        self._running: dict[str, _Running] = {}
        self._tries: dict[str, int] = {}  # of jobs that could not be started, each by its thread
        self._wake = threading.Event()
        self._look_wake = threading.Event()
        self._stop = threading.Event()
        self._is_held_back = False
        self._on_idle: Callable[[], None] = lambda: None
        self._kept: list[Kept] = []

    @property
    def stopping(self) -> bool:
        """True from the moment on at which no new work is taken."""
        return self._stop.is_set()

    def start(self, keep: Keep = Kept) -> None:
        """Begins with what is queued."""
        self._kept = [
            keep("qm", self._dispatch, self._wake.set),
            keep("stores", self._look, self._look_wake.set),
        ]

    def on_idle(self, told: Callable[[], None]) -> None:
        """`told` is called, by any thread, whenever the last of the running jobs has ended."""
        self._on_idle = told

    def hold_back(self) -> int:
        """From now on no queued job starts; returns how many jobs run."""
        with self._lock:
            self._is_held_back = True
            return len(self._running)

    @property
    def running(self) -> int:
        """How many jobs run."""
        with self._lock:
            return len(self._running)

    def wake(self) -> None:
        """To be called when a job was queued."""
        self._wake.set()

    def look_soon(self) -> None:
        """To be called when a medium may have come."""
        self._look_wake.set()

    def cancel(self, job_id: str, by: str) -> JobState | None:
        """Tells an active job to stop. Returns the state that it is ending with if that is
        settled and it can no longer be stopped."""
        with self._lock:
            running = self._running.get(job_id)
        if running is None or running.control.cancel(by):
            return None
        return running.control.result

    def stop(self) -> None:
        """Stops the running jobs, which become broken, and waits for them; queued ones stay."""
        self._stop.set()
        for kept in self._kept:
            kept.join()
        self._kept = []
        with self._lock:
            running = list(self._running.values())
        for job in running:
            job.control.cancel(None)
        for job in running:
            job.thread.join()

    def _dispatch(self, pulse: Pulse) -> None:
        while not self._stop.is_set():
            self._wake.clear()
            self._start_admitted()
            pulse.wait(self._wake)

    def _look(self, pulse: Pulse) -> None:
        while not self._stop.is_set():
            self._look_wake.clear()
            self._work.look_at_store()
            self._each_look()
            pulse.wait(self._look_wake, self._look_seconds)

    def _start_admitted(self) -> None:
        with self._changes.read() as view:
            open_jobs = view.open_jobs()
            drives = view.drives()
            pools = view.pools()
            wanting = self._media.waiting(view)
        away = self._media.drives_away()  # behind that, so that it is so for all of these jobs
        with self._lock:
            if self._stop.is_set() or self._is_held_back:
                return
            active = [running.job for running in self._running.values()]
            queued = [
                job
                for job in open_jobs
                if job.state is JobState.QUEUED and job.id not in self._running
            ]
            started: dict[str, threading.Thread] = {}
            admission = admit(queued, active, drives, pools, wanting, away)
            self._changes.set_waiting(admission.waiting)
            for job in admission.started:
                control = JobControl()
                thread = threading.Thread(
                    target=self._run, args=(job, control), name=f"job-{job.id}"
                )
                # Known before it starts, so that a cancel finds it at any moment.
                self._running[job.id] = _Running(job, control, thread)
                started[job.id] = thread
        refused: dict[str, Exception] = {}
        for job_id, thread in started.items():
            try:
                thread.start()
            except Exception as error:  # noqa: BLE001 - told by the job
                # No thread is left to take the job from the queue or to forget it.
                with self._lock:
                    del self._running[job_id]
                refused[job_id] = error
        for job_id, reason in refused.items():
            self._work.refuse(job_id, reason)

    def _run(self, job: Job, control: JobControl) -> None:
        job_id = job.id
        try:
            plan = self._work.start(job_id, job.drive, self._media.settling())
            self._tries.pop(job_id, None)
            if plan is not None:
                what = printable(job.task or job.event)
                log.info("job %s starts: %s %s", job_id, job.kind.value, what)
                plan, outcome = self._work.do(plan, control)
                if outcome.code == "NO_SPACE":
                    self._media.ran_full(plan)
                self._end(plan, outcome)
            else:
                self._changes.drop_progress(job_id)  # it may have been held
                self._media.wake()  # only now it can be read what it waits for
        except Exception as error:
            tried = self._tries.get(job_id, 0)
            self._tries[job_id] = tried + 1
            if tried == 0 and no_space(error) is None:
                log.exception("job %s could not be started; it is tried again", job_id)
            elif tried % TRIES_PER_WARNING == 0:
                log.warning("job %s could not be started; it is tried again: %s", job_id, error)
            self._hold(job_id, JobState.QUEUED, "Cannot be started", error)
            self._stop.wait(self._retry_seconds)
        finally:
            with self._lock:
                del self._running[job_id]
                is_idle = not self._running
            self._wake.set()
            if is_idle:
                self._on_idle()

    def _end(self, plan: Plan, outcome: Outcome) -> None:
        """Tries until the end is entered, since a saveset may depend on it. What the agent's own
        end leaves behind is settled at its next start."""
        tried = 0
        while True:
            try:
                self._work.end(plan, outcome)
            except Exception as error:
                said = f"Ended as {outcome.state.name.lower()}, but this cannot be entered"
                why = self._hold(plan.job.id, JobState.ACTIVE, said, error)
                if tried == 0 and no_space(error) is None:
                    log.exception("the end of job %s could not be entered", plan.job.id)
                elif tried % TRIES_PER_WARNING == 0:
                    log.warning("job %s has ended, which cannot be entered: %s", plan.job.id, why)
                tried += 1
            else:
                log.info("job %s has ended: %s", plan.job.id, outcome.state.name.lower())
                return
            if self._stop.wait(self._retry_seconds):
                log.error("the end of job %s was not entered; the next start does", plan.job.id)
                return

    def _hold(self, job_id: str, state: JobState, said: str, error: Exception) -> str:
        """Shows why the job stays in its state, and returns it."""
        full = no_space(error)
        why = (
            f"the agent's own disk is full ({full.metadata['place']}), make room there"
            if full is not None
            else "the catalogue cannot be written, the agent's log says why"
        )
        again = f"It is tried again every {self._retry_seconds:g} s"
        self._changes.hold(job_id, state, f"{said}: {why}. {again}")
        return why
