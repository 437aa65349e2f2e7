"""One job from its start to its end: what is asked of the engine, and what becomes of its answer.

Whatever happens, the job ends in the catalogue: with its saveset in the same transaction, or with
the reason why there is none.
"""

import logging
import uuid
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from typing import TypeVar

from server_agent.domain.errors import NoSpace, NotFound, no_space
from server_agent.domain.jobs import Job, JobKind, JobState, Phase, Progress
from server_agent.domain.quoting import quoted
from server_agent.domain.savesets import BackupType
from server_agent.ports import (
    BackupDone,
    BackupRequest,
    Cancelled,
    Clock,
    Engine,
    EngineError,
    Message,
    Protocols,
    RestoreDone,
    RestoreRequest,
)
from server_agent.service.changes import Changes
from server_agent.service.control import JobControl
from server_agent.service.faults import look_again, look_for_missing, note_failure
from server_agent.service.plan import (
    Outcome,
    Plan,
    cancelled_by,
    full_instead,
    message_of,
    new_saveset,
    plan_of,
    state_of,
)
from server_agent.service.protocol import JobProtocol, protocol_of

log = logging.getLogger(__name__)

PROGRESS_INTERVAL = timedelta(milliseconds=250)  # watchers are told at most twice a second

Done = TypeVar("Done", BackupDone, RestoreDone)


class Work:
    """Starts, does and ends jobs. Different jobs may be done in different threads at once.

    Args:
        label: of the medium that savesets are written to.
    """

    def __init__(
        self, changes: Changes, engine: Engine, protocols: Protocols, clock: Clock, label: str
    ) -> None:
        self._changes = changes
        self._engine = engine
        self._protocols = protocols
        self._clock = clock
        self._label = label
        self._store_is_there: bool | None = None  # nothing was seen yet

    def look_at_store(self) -> None:
        """Looks for the savesets if the medium has come or gone since the last look. Cheap if it
        has not, and at the first look: the recovery has just looked for them."""
        before = self._store_is_there
        try:
            self._engine.check_store(self._label)
            self._store_is_there = True
        except EngineError as error:
            self._store_is_there = False
            if before:
                log.warning("%s", error.text)
        if before is not None and self._store_is_there is not before:
            look_for_missing(self._changes, self._engine)

    def start(self, job_id: str) -> Plan | None:
        """Makes a queued job active. None if it is not queued any more, or if it could not start
        and has ended."""
        with self._changes.write() as tx:
            job = tx.job(job_id)
            if job is None or job.state is not JobState.QUEUED:
                return None
            try:
                plan = plan_of(tx, job, self._clock)
            except NoSpace:
                raise
            except NotFound as error:
                gone = Outcome(JobState.ERROR, error.reason, _gone(error))
                tx.put_job(self._ended_at_once(job, gone))
                return None
            except Exception as error:  # noqa: BLE001 - told by _failed
                # Tried again it would fail again, and keep the queue from others.
                tx.put_job(self._ended_at_once(job, _failed(job.id, error)))
                return None
            tx.put_job(plan.job)
            return plan

    def do(self, plan: Plan, control: JobControl) -> tuple[Plan, Outcome]:
        """Runs the engine and writes the protocol. The plan is another one if a FULL had to be
        made instead. Never raises: what goes wrong is the outcome."""
        outcome: Outcome | None = None
        try:
            with protocol_of(self._protocols, self._clock, plan.job) as protocol:
                protocol.head(plan)
                plan, outcome = self._outcome(plan, control, protocol)
                protocol.result(outcome, self._clock.now() - plan.start_time)
            if outcome.state in (JobState.OK, JobState.WARNING):
                look_again(self._changes, self._engine)
            elif outcome.code == "STORE_MISSING":
                self._store_is_there = False
                look_for_missing(self._changes, self._engine)
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
            tx.put_job(outcome.end(plan.job, self._clock.now()))
        self._changes.drop_progress(plan.job.id)

    def refuse(self, job_id: str, error: Exception) -> None:
        """Ends a queued job that the agent is not able to run."""
        failed = _failed(job_id, error)
        with self._changes.write() as tx:
            job = tx.job(job_id)
            if job is not None and job.state is JobState.QUEUED:
                tx.put_job(self._ended_at_once(job, failed))

    def _ended_at_once(self, job: Job, outcome: Outcome) -> Job:
        """A job that was queued and failed to start: it has a start, since that is a result."""
        now = self._clock.now()
        return outcome.end(replace(job, start_time=now), now)

    def _outcome(
        self, plan: Plan, control: JobControl, protocol: JobProtocol
    ) -> tuple[Plan, Outcome]:
        try:
            if control.cancelled:
                return plan, _stopped(control)
            if plan.job.kind is JobKind.RESTORE:
                return plan, self._restore(plan, control, protocol)
            try:
                return plan, self._backup(plan, control, protocol)
            except EngineError as error:
                if error.code != "BASE_DAMAGED" or not plan.chain:
                    raise
                note_failure(self._changes, self._engine, plan.chain, error)
                plan = full_instead(plan, error.text, self._clock)
            with self._changes.write() as tx:
                tx.put_job(plan.job)
            protocol.remark(plan.remarks[-1])
            return plan, self._backup(plan, control, protocol)
        except Cancelled:
            return plan, _stopped(control)
        except EngineError as error:
            # What a killed child process says about itself is not why the job ended.
            if control.cancelled:
                return plan, _stopped(control)
            note_failure(self._changes, self._engine, plan.chain, error)
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
            full = f"the data store {self._label}"
        return f"{text.rstrip('.')}. It is the disk of {full} or that of the agent's own files"

    def _backup(self, plan: Plan, control: JobControl, protocol: JobProtocol) -> Outcome:
        job = plan.job
        request = BackupRequest(
            saveset=job.saveset,
            type=job.type or BackupType.FULL,
            label=self._label,
            sesam_day=job.sesam_day,
            sources=job.paths,
            excludes=plan.excludes,
            base=plan.chain,
            facts={
                "task": job.task,
                "client": job.client,
                "job_id": job.id,
                "start_time": plan.start_time.isoformat(),
            },
            compare_with=plan.like,
        )
        done = self._follow(plan, self._engine.backup(request, control), control, protocol)
        base = plan.chain[0].name if plan.chain else None
        return Outcome(
            state=state_of(done, plan.remarks),
            code="RESULT",
            message=message_of(done, plan.remarks, _too_late(control)),
            files=done.files,
            bytes_done=done.bytes_read,
            stored_bytes=done.stored_bytes,
            skipped=done.skipped,
            saveset=new_saveset(job, base, done, self._label, self._clock.now()),
        )

    def _restore(self, plan: Plan, control: JobControl, protocol: JobProtocol) -> Outcome:
        job = plan.job
        request = RestoreRequest(plan.chain, job.paths, job.target, job.id)
        events = self._engine.restore(request, control)
        done = self._follow(plan, events, control, protocol)
        return Outcome(
            state=state_of(done, plan.remarks),
            code="RESULT",
            message=message_of(done, plan.remarks, _too_late(control)),
            files=done.files,
            bytes_done=done.bytes_written,
            skipped=done.skipped,
        )

    def _follow(
        self,
        plan: Plan,
        events: Iterator[Progress | Message | Done],
        control: JobControl,
        protocol: JobProtocol,
    ) -> Done:
        """Passes on what the engine says until it has said its result."""
        done: Done | None = None
        told: datetime | None = None
        phase: Phase | None = None
        try:
            for event in events:
                if isinstance(event, Progress):
                    now = self._clock.now()
                    is_due = told is None or abs(now - told) >= PROGRESS_INTERVAL
                    if is_due or event.phase is not phase:
                        self._changes.set_progress(plan.job.id, event)
                        told, phase = now, event.phase
                elif isinstance(event, Message):
                    protocol.message(event)
                else:
                    done = event
                    control.set_result(state_of(event, plan.remarks))
        finally:
            # After an exception of our own the engine has to clean up before the job ends.
            close = getattr(events, "close", None)
            if close is not None:
                close()
        if done is None:
            raise RuntimeError(f"the engine said no result for job {plan.job.id}")
        return done


def _stopped(control: JobControl) -> Outcome:
    if control.stopped_by is None:
        return Outcome(JobState.BROKEN, "BROKEN", "The agent was stopped")
    return cancelled_by(control.stopped_by)


def _gone(error: NotFound) -> str:
    """Why a job could not start."""
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


def _too_late(control: JobControl) -> str:
    if not control.cancelled:
        return ""
    return f"cancelled too late by {control.stopped_by or 'the end of the agent'}"
