"""One job from its start to its end: what is asked of the engine, and what becomes of its answer.

Whatever happens, the job ends in the catalogue: with its saveset in the same transaction, or with
the reason why there is none.
"""

import logging
import threading
import uuid
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from datetime import date
from functools import partial

from server_agent.domain.errors import (
    ClientLocked,
    InvalidArgument,
    LicenceNeeded,
    NoSpace,
    NotFound,
    no_space,
)
from server_agent.domain.jobs import Job, JobKind, JobState
from server_agent.domain.media import NEVER, DataStore
from server_agent.domain.queue import MOVES_DATA
from server_agent.domain.quoting import quoted
from server_agent.ports import (
    Cancelled,
    CatalogueTransaction,
    CellKey,
    Clock,
    Engine,
    EngineError,
    Protocols,
)
from server_agent.service.around import Around
from server_agent.service.changes import Changes
from server_agent.service.control import JobControl
from server_agent.service.days import day_of
from server_agent.service.engine_jobs import EngineJobs
from server_agent.service.faults import look_again, look_for_missing, note_failure
from server_agent.service.forgetting import remove_files
from server_agent.service.interfaces import NotPrepared
from server_agent.service.licence_texts import WHAT_TO_DO
from server_agent.service.plan import (
    Outcome,
    Plan,
    cancelled_by,
    half_restored,
    plan_of,
)
from server_agent.service.protocol import JobProtocol, protocol_of
from server_agent.service.recovery import being_written
from server_agent.service.spare_pools import made_ready

log = logging.getLogger(__name__)

# Raises Cancelled; an exception that it does not foresee ends the job as failed.
Do = Callable[[Job, JobControl, JobProtocol], Outcome]
Settle = Callable[[CatalogueTransaction, Plan], Plan | None]


class Work:
    """Starts, does and ends jobs. Different jobs may be done in different threads at once.

    Args:
        others: what does the jobs that move no data, by their kinds.
        around: what is done before backups and after them.
        follow: is called in the transaction in which a job ends.
        check_licence: raises LicenceNeeded if no backup may start now.
    """

    def __init__(  # noqa: PLR0913 - everything that a job needs
        self,
        changes: Changes,
        engine: Engine,
        protocols: Protocols,
        others: Mapping[JobKind, Do],
        around: Around,
        clock: Clock,
        follow: Callable[[CatalogueTransaction, Job], None],
        check_licence: Callable[[], None] = lambda: None,
    ) -> None:
        self._changes = changes
        self._others = others
        self._around = around
        self._follow = follow
        self._check_licence = check_licence
        self._engine_jobs = EngineJobs(changes, engine, clock)
        self._engine = engine
        self._protocols = protocols
        self._clock = clock
        self._look = threading.Lock()  # jobs look too
        self._there: frozenset[str] | None = None  # labels of the media; nothing was seen yet
        self._put_off: frozenset[str] = frozenset()

    def put_off(self, silent: Iterable[DataStore]) -> None:
        """The recovery has not looked at these data stores. To be called before the first look."""
        names = {store.name for store in silent}
        with self._changes.read() as view:
            labels = [medium.label for medium in view.media() if medium.store in names]
        self._put_off = frozenset(labels)

    def look_at_store(self) -> None:
        """Looks for the savesets if a medium has come or gone since the last look. Cheap if none
        has, and at the first look: the recovery has just looked for them."""
        with self._look:
            self._look_once()

    def _look_once(self) -> None:
        before = self._there
        with self._changes.read() as view:
            media = [medium for medium in view.media() if medium.init_time != NEVER]
            stores = {store.name: store for store in view.data_stores()}
        by_hand = {name for name, store in stores.items() if store.removable}
        expected = {each.label for each in media if each.store not in by_hand} & (before or set())
        there = frozenset(
            each.label
            for each in media
            if each.store in stores and self._is_there(each.label, expected)
        )
        before = there - self._put_off if before is None else before
        if there != before:
            look_for_missing(self._changes, self._engine)
            for label in there - before:
                self._engine.sweep(label, partial(being_written, self._changes))
            remove_files(self._changes, self._engine)
        self._there = there  # known when it is entered, else it is looked at again

    def _is_there(self, label: str, expected: set[str]) -> bool:
        try:
            self._engine.check_store(label)
        except EngineError as error:
            if label in expected:
                log.warning("%s", error.text)
            return False
        return True

    def start(self, job_id: str, drive: str, settle: Settle = lambda _, plan: plan) -> Plan | None:
        """Makes a queued job active, on a drive. None if it is not queued any more, if it could not
        start and has ended, or if it waits for a medium from now on.

        Args:
            settle: the plan on the media that are there; None if it has to wait for one.
        """
        with self._changes.write() as tx:
            job = tx.job(job_id)
            if job is None or job.state is not JobState.QUEUED:
                return None
            try:
                if job.kind is JobKind.BACKUP:
                    self._check_licence()
                plan = plan_of(tx, replace(job, drive=drive), self._clock)
                settled = settle(tx, plan)
            except NoSpace:
                raise
            except (NotFound, ClientLocked, InvalidArgument, LicenceNeeded) as error:
                gone = Outcome(JobState.ERROR, error.reason, _gone(job, error))
                self._end_at_once(tx, job, gone, day_of(tx, self._clock, self._clock.now()))
                return None
            except Exception as error:  # noqa: BLE001 - told by _failed
                # Tried again it would fail again, and keep the queue from others.
                self._end_at_once(tx, job, _failed(job.id, error), job.sesam_day)
                return None
            if settled is None:
                return None
            plan = settled
            tx.put_job(plan.job)
            if plan.job.sesam_day != job.sesam_day:
                # It has left the day on which it was queued.
                tx.refresh_cells({CellKey.of_job(job)}, plan.start_time)
            return plan

    def do(self, plan: Plan, control: JobControl) -> tuple[Plan, Outcome]:
        """Runs the engine and writes the protocol. The plan is another one if a FULL had to be
        made instead. Never raises: what goes wrong is the outcome."""
        outcome: Outcome | None = None
        try:
            with protocol_of(self._protocols, self._clock, plan.job) as protocol:
                protocol.begin(plan.job)
                plan, outcome = self._prepared(plan, control, protocol)
                if outcome is None:
                    plan = self._around.referred(plan)
                protocol.plan(plan)
                if outcome is None:
                    plan, outcome = self._outcome(plan, control, protocol)
                if plan.job.kind is JobKind.RESTORE and outcome.code != "RESULT":
                    outcome = half_restored(outcome, self._changes.live(plan.job).progress)
                outcome = self._around.after(plan, outcome, control, protocol)
                protocol.result(outcome, self._clock.now() - plan.start_time)
            if outcome.state in (JobState.OK, JobState.WARNING):
                look_again(self._changes, self._engine)
            elif outcome.code == "STORE_MISSING":
                look_for_missing(self._changes, self._engine)
                self._there = frozenset()
        except Exception as error:  # noqa: BLE001 - told by _failed
            # A protocol that cannot be written takes nothing away from what is on the medium.
            failed = _failed(plan.job.id, error)
            outcome = outcome or failed
        return plan, outcome

    def end(self, plan: Plan, outcome: Outcome) -> None:
        """Enters the end of the job, and the saveset that it made."""
        with self._changes.write() as tx:
            if outcome.saveset is not None:
                tx.add_saveset(outcome.saveset)
            ended = outcome.end(plan.job, self._clock.now())
            tx.put_job(ended)
            self._follow(tx, ended)
        self._changes.drop_progress(plan.job.id)
        self._around.committed(plan, outcome)

    def refuse(self, job_id: str, error: Exception) -> None:
        """Ends a queued job that the agent is not able to run."""
        failed = _failed(job_id, error)
        with self._changes.write() as tx:
            job = tx.job(job_id)
            if job is not None and job.state is JobState.QUEUED:
                day = day_of(tx, self._clock, self._clock.now())
                self._end_at_once(tx, job, failed, day)

    def _end_at_once(self, tx: CatalogueTransaction, job: Job, outcome: Outcome, day: date) -> None:
        """Enters that a queued job failed to start: it has a start, since that is a result."""
        now = self._clock.now()
        tx.put_job(outcome.end(replace(job, start_time=now, sesam_day=day), now))
        if day != job.sesam_day:
            # It has left the day on which it was queued.
            tx.refresh_cells({CellKey.of_job(job)}, now)

    def _prepared(
        self, plan: Plan, control: JobControl, protocol: JobProtocol
    ) -> tuple[Plan, Outcome | None]:
        """The plan once sbc_pre has run; with an outcome if that is how the job ends."""
        if plan.job.kind not in (JobKind.BACKUP, JobKind.RESTORE) or control.cancelled:
            return plan, None
        try:
            if plan.job.kind is JobKind.RESTORE:
                for label in plan.labels:
                    self._engine.check_store(label)
            plan = made_ready(self._changes, self._engine, self._clock, plan)
            return self._around.before(plan, control, protocol), None
        except Cancelled:
            return plan, _stopped(control)
        except NotPrepared as error:
            return plan, Outcome(JobState.ERROR, error.code, str(error))
        except EngineError as error:
            if control.cancelled:
                return plan, _stopped(control)
            if plan.job.kind is JobKind.BACKUP:
                # A moment later it might be possible, but nothing would have been prepared.
                return plan, Outcome(JobState.ERROR, error.code, self._sentence(plan.job, error))
            return plan, None  # the engine says it, or reads from another place
        except Exception as error:  # noqa: BLE001 - told by _failed
            return plan, _failed(plan.job.id, error)

    def _outcome(
        self, plan: Plan, control: JobControl, protocol: JobProtocol
    ) -> tuple[Plan, Outcome]:
        try:
            if control.cancelled:
                return plan, _stopped(control)
            if plan.job.kind not in MOVES_DATA:
                return plan, self._others[plan.job.kind](plan.job, control, protocol)
            if self._there is not None and not plan.labels <= self._there:
                self.look_at_store()  # what was left on it may be in the way
            plan = self._engine_jobs.placed(plan, protocol)
            return plan, self._engine_jobs.do(plan, control, protocol)
        except Cancelled:
            return plan, _stopped(control)
        except EngineError as error:
            # What a killed child process says about itself is not why the job ended.
            if control.cancelled:
                return plan, _stopped(control)
            note_failure(self._changes, self._engine, plan.chain, error)
            instead = self._engine_jobs.instead(plan, error, protocol)
            if instead is not None:
                return self._outcome(instead, control, protocol)
            return plan, Outcome(JobState.ERROR, error.code, self._sentence(plan.job, error))
        except Exception as error:  # noqa: BLE001 - told by _failed
            return plan, _failed(plan.job.id, error)

    def _sentence(self, job: Job, error: EngineError) -> str:
        text = error.text[:1].upper() + error.text[1:]
        if error.code != "NO_SPACE" or "/" in text:
            return text
        # A failed write does not say to which file.
        full = f"the target {quoted(job.target)}"
        if job.kind is JobKind.BACKUP:
            full = f"the data store of {job.label}"
        return f"{text.rstrip('.')}. It is the disk of {full} or that of the agent's own files"


def _stopped(control: JobControl) -> Outcome:
    if control.stopped_by is None:
        return Outcome(JobState.BROKEN, "BROKEN", "The agent was stopped")
    return cancelled_by(control.stopped_by)


def _gone(job: Job, error: NotFound | ClientLocked | InvalidArgument | LicenceNeeded) -> str:
    """Why a job could not start."""
    if isinstance(error, LicenceNeeded):
        return f"Not backed up: {error.metadata['detail']}. {WHAT_TO_DO}"
    if isinstance(error, ClientLocked):
        client = quoted(error.metadata["client"])
        what = "restored" if job.kind is JobKind.RESTORE else "backed up"
        return f"Not {what}: the client {client} is locked. Unlock it, then start it again"
    if isinstance(error, InvalidArgument):
        what = "{field} {value} cannot be used. It needs {expected}".format_map(error.metadata)
        return f"Could not start: the {what}"
    named = ", ".join(f"{kind} {quoted(name)}" for kind, name in error.metadata.items())
    return f"Could not start: the {named} is not there any more"


def _failed(job_id: str, error: Exception) -> Outcome:
    """How a job ends that the agent failed in, told in the log too."""
    full = no_space(error, f"protocol of job {job_id}")
    if full is not None:
        text = (
            f"The agent's own disk is full ({full.metadata['place']}). "
            "Make room there, then start it again"
        )
        log.error("job %s: %s", job_id, text)
        return Outcome(JobState.ERROR, full.reason, text)
    incident = uuid.uuid4().hex[:12]
    text = f"The agent failed unexpectedly; its log says more under incident {incident}"
    log.error("job %s: %s", job_id, text, exc_info=error)
    return Outcome(JobState.ERROR, "INTERNAL", text)
