"""Doing backups and restores: what is asked of the engine, and what becomes of its answer."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import TypeVar

from server_agent.domain.jobs import JobKind, JobState, Phase, Progress
from server_agent.domain.savesets import BackupType
from server_agent.ports import (
    BackupDone,
    BackupRequest,
    Clock,
    Engine,
    EngineError,
    Message,
    RestoreDone,
    RestoreRequest,
    VerifyRequest,
)
from server_agent.service.changes import Changes
from server_agent.service.control import JobControl, too_late
from server_agent.service.faults import enter_verified
from server_agent.service.plan import (
    Outcome,
    Plan,
    first_few,
    full_instead,
    message_of,
    new_saveset,
    state_of,
)
from server_agent.service.protocol import JobProtocol
from server_agent.service.writing_place import make_ready

PROGRESS_INTERVAL = timedelta(milliseconds=250)  # watchers are told at most twice a second

Done = TypeVar("Done", BackupDone, RestoreDone)


class EngineJobs:
    """Does jobs that move data. Different jobs may be done in different threads at once."""

    def __init__(self, changes: Changes, engine: Engine, clock: Clock) -> None:
        self._changes = changes
        self._engine = engine
        self._clock = clock

    def do(self, plan: Plan, control: JobControl, protocol: JobProtocol) -> Outcome:
        """Raises Cancelled, EngineError: as the engine does."""
        if plan.job.kind is JobKind.RESTORE:
            return self._restore(plan, control, protocol)
        if plan.job.kind is JobKind.VERIFY:
            return self._verify(plan, control, protocol)
        return self._backup(plan, control, protocol)

    def instead(self, plan: Plan, error: EngineError, protocol: JobProtocol) -> Plan | None:
        """What is done instead of what has failed: a FULL if a base cannot be used; else None."""
        if error.code != "BASE_DAMAGED" or plan.job.kind is not JobKind.BACKUP or not plan.chain:
            return None
        plan = full_instead(plan, error.text, self._clock)
        with self._changes.write() as tx:
            tx.put_job(plan.job)
        protocol.remark(plan.remarks[-1])
        return plan

    def _backup(self, plan: Plan, control: JobControl, protocol: JobProtocol) -> Outcome:
        job, place = plan.job, plan.place
        assert place is not None  # every backup has one
        make_ready(self._changes, self._engine, self._clock, place)
        request = BackupRequest(
            saveset=job.saveset,
            type=job.type or BackupType.FULL,
            label=job.label,
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
            client=plan.reach,
            options=plan.options,
        )
        done = self._follow(plan, self._engine.backup(request, control), control, protocol)
        base = plan.chain[0].name if plan.chain else None
        return Outcome(
            state=state_of(done, plan.remarks),
            code="RESULT",
            message=message_of(done, plan.remarks, too_late(control)),
            files=done.files,
            bytes_done=done.bytes_read,
            stored_bytes=done.stored_bytes,
            skipped=done.skipped,
            saveset=new_saveset(
                job, base, done, place.pool.retention.eol(job.sesam_day), self._clock.now()
            ),
        )

    def _restore(self, plan: Plan, control: JobControl, protocol: JobProtocol) -> Outcome:
        job = plan.job
        request = RestoreRequest(plan.chain, job.paths, job.target, job.id, plan.reach)
        events = self._engine.restore(request, control)
        done = self._follow(plan, events, control, protocol)
        return Outcome(
            state=state_of(done, plan.remarks),
            code="RESULT",
            message=message_of(done, plan.remarks, too_late(control)),
            files=done.files,
            bytes_done=done.bytes_written,
            skipped=done.skipped,
        )

    def _verify(self, plan: Plan, control: JobControl, protocol: JobProtocol) -> Outcome:
        """Enters of each saveset what its comparison has proved as soon as that is known."""
        size = 0
        faulty: list[str] = []
        told: datetime | None = None
        for event in self._engine.verify(VerifyRequest(plan.chain), control):
            if isinstance(event, Progress):
                now = self._clock.now()
                if told is None or abs(now - told) >= PROGRESS_INTERVAL:
                    self._changes.set_progress(plan.job.id, event)
                    told = now
            elif isinstance(event, Message):
                protocol.message(event)
            else:
                size += event.bytes_read
                enter_verified(self._changes, self._engine, plan.chain, event, self._clock.now())
                protocol.verified(event)
                if event.fault:
                    faulty.append(f"{event.saveset}: {event.fault}")
        state = JobState.ERROR if faulty else JobState.OK
        control.set_result(state)
        message = "; ".join(filter(None, (*first_few(faulty), too_late(control))))
        return Outcome(state, "RESULT", message, files=len(plan.chain), bytes_done=size)

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
        newest: Progress | None = None
        try:
            for event in events:
                if isinstance(event, Progress):
                    newest = event
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
        except Exception:
            # What it has really done by then is part of how the job ends.
            self._changes.set_progress(plan.job.id, newest)
            raise
        finally:
            # After an exception of our own the engine has to clean up before the job ends.
            close = getattr(events, "close", None)
            if close is not None:
                close()
        if done is None:
            raise RuntimeError(f"the engine said no result for job {plan.job.id}")
        return done
