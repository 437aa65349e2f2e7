"""Doing backups and restores: what is asked of the engine, and what becomes of its answer."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from typing import TypeVar

from server_agent.domain.jobs import JobKind, Level, Phase, Progress
from server_agent.domain.overwriting import OverwriteRule
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
)
from server_agent.service.changes import Changes
from server_agent.service.compare_jobs import PROGRESS_INTERVAL, CompareJobs
from server_agent.service.control import JobControl, too_late
from server_agent.service.migration import Migration
from server_agent.service.places import readable, with_copies
from server_agent.service.plan import (
    BASE,
    Outcome,
    Plan,
    full_instead,
    message_of,
    new_saveset,
    state_of,
)
from server_agent.service.protocol import JobProtocol
from server_agent.service.rebuild_facts import facts_of
from server_agent.service.writing_place import make_ready

Done = TypeVar("Done", BackupDone, RestoreDone)


class EngineJobs:
    """Does jobs that move data. Different jobs may be done in different threads at once."""

    def __init__(self, changes: Changes, engine: Engine, clock: Clock) -> None:
        self._changes = changes
        self._engine = engine
        self._clock = clock
        self._comparing = CompareJobs(changes, engine, clock)
        self._migration = Migration(changes, engine, clock)

    def do(self, plan: Plan, control: JobControl, protocol: JobProtocol) -> Outcome:
        """Raises Cancelled, EngineError: as the engine does."""
        if plan.job.kind is JobKind.RESTORE:
            return self._restore(plan, control, protocol)
        if plan.job.kind is JobKind.VERIFY:
            return self._comparing.verify(plan, control, protocol)
        if plan.job.kind is JobKind.RESTORE_PROOF:
            return self._comparing.prove(plan, control, protocol)
        if plan.job.kind is JobKind.MIGRATION:
            return self._migration.run(plan, control, protocol)
        return self._backup(plan, control, protocol)

    def placed(self, plan: Plan, protocol: JobProtocol) -> Plan:
        """The plan with each saveset read from where it is; the protocol says where, if there is
        more than one place. A verify reads each where it is first, and then its copies."""
        chain, told = readable(self._changes, self._engine, plan.chain)
        for sentence in told:
            protocol.line(Level.INFO, "READ_FROM", sentence)
        if plan.job.kind is JobKind.VERIFY and told:
            chain = with_copies(self._changes, self._engine, chain)
        return replace(plan, chain=chain)

    def instead(self, plan: Plan, error: EngineError, protocol: JobProtocol) -> Plan | None:
        """What is done instead of what has failed: the same with a chain of which something is read
        from another place, or a FULL if a base cannot be used; else None."""
        if (elsewhere := self._elsewhere(plan)) is not None:
            protocol.line(Level.WARNING, error.code, f"{error.text}. It is read from a copy")
            return elsewhere
        if error.code != "BASE_DAMAGED" or plan.job.kind is not JobKind.BACKUP or not plan.chain:
            return None
        plan = full_instead(plan, error.text, self._clock)
        with self._changes.write() as tx:
            tx.put_job(plan.job)
        protocol.remark(plan.remarks[-1])
        return plan

    def _elsewhere(self, plan: Plan) -> Plan | None:
        """The plan with what is known now of its chain's places, unless that was tried before. A
        restore that has brought back a part is not begun anew if it would keep that beside."""
        if plan.job.kind is JobKind.VERIFY or not plan.chain:
            return None
        reached = self._changes.live(plan.job).progress
        has_begun = reached is not None and reached.files_done > 0
        if has_begun and plan.job.overwrite is not OverwriteRule.ALWAYS:
            return None
        tried = (*plan.tried, plan.chain)
        chain, told = readable(self._changes, self._engine, plan.chain)
        if not told or chain in tried:
            return None
        return replace(plan, chain=chain, tried=tried)

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
                **({BASE: plan.chain[0].name} if plan.chain else {}),
                **facts_of(plan.reach, place.pool, place.pool.retention.eol(job.sesam_day)),
            },
            compare_with=plan.like,
            client=plan.reach,
            commands=plan.commands,
            options=plan.options,
            since_ns=plan.since_ns,
            key_id=place.key_id,
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
                *(job, base, done, place.pool.retention.eol(job.sesam_day), self._clock.now()),
                *(place.is_encrypted, place.key_id),
            ),
            begin_ns=done.begin_ns,
        )

    def _restore(self, plan: Plan, control: JobControl, protocol: JobProtocol) -> Outcome:
        job = plan.job
        request = RestoreRequest(
            chain=plan.chain,
            paths=job.paths,
            target=job.target,
            job_id=job.id,
            client=plan.reach,
            overwrite=job.overwrite,
            dry_run=job.dry_run,
        )
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
