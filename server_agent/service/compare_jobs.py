"""Doing verifications and restore proofs: what is compared, and what is entered of it."""

from datetime import datetime, timedelta

from server_agent.domain.jobs import JobState, Level, Progress
from server_agent.domain.quoting import quoted
from server_agent.ports import (
    Clock,
    Engine,
    Message,
    NotCompared,
    ProofRequest,
    Proved,
    VerifyRequest,
)
from server_agent.service.changes import Changes
from server_agent.service.control import JobControl, too_late
from server_agent.service.faults import enter_differing, enter_verified
from server_agent.service.places import places
from server_agent.service.plan import Outcome, Plan, first_few
from server_agent.service.protocol import JobProtocol

PROGRESS_INTERVAL = timedelta(milliseconds=250)  # watchers are told at most twice a second
_QUICK = "Quick: only so much was compared as the protocol says"


class CompareJobs:
    """Does jobs that read savesets to compare them."""

    def __init__(self, changes: Changes, engine: Engine, clock: Clock) -> None:
        self._changes = changes
        self._engine = engine
        self._clock = clock

    def verify(self, plan: Plan, control: JobControl, protocol: JobProtocol) -> Outcome:
        """Enters of each saveset what its comparison has proved as soon as that is known."""
        size = 0
        faulty: list[str] = []
        unread: list[str] = []
        warned: list[str] = []
        told: datetime | None = None
        quick = plan.job.quick
        for event in self._engine.verify(VerifyRequest(plan.chain, quick), control):
            if isinstance(event, Progress):
                told = self._progress(plan, event, told)
            elif isinstance(event, Message):
                protocol.message(event)
                warned += [event.text] if event.level is Level.WARNING else []
            elif isinstance(event, NotCompared):
                unread.append(f"{event.saveset} on {event.label}: {event.text}")
                protocol.line(Level.ERROR, "NOT_COMPARED", unread[-1])
            else:
                size += event.bytes_read
                now = self._clock.now()
                enter_verified(self._changes, self._engine, plan.chain, event, now, quick)
                protocol.verified(event)
                if event.fault:
                    where = f" on {event.label}" if event.label else ""
                    faulty.append(f"{event.saveset}{where}: {event.fault}")
        state = JobState.WARNING if warned else JobState.OK
        state = JobState.ERROR if faulty or unread else state
        control.set_result(state)
        quickly = _QUICK if quick and not faulty else ""
        away = self._not_compared(plan)
        for sentence in away:
            protocol.line(Level.WARNING, "NOT_COMPARED", sentence)
        said = (*first_few(faulty), *first_few(unread), *first_few(warned), *first_few(away))
        said = (*said, quickly, too_late(control))
        message = "; ".join(filter(None, said))
        files = len(plan.chain) - len(unread)
        return Outcome(state, "RESULT", message, files=files, bytes_done=size)

    def _not_compared(self, plan: Plan) -> list[str]:
        """Sentences about copies on media that are not there. That they are away is no fault."""
        with self._changes.read() as view:
            saved = [view.saveset(name) for name in dict.fromkeys(m.name for m in plan.chain)]
            lying = places(view, [saveset for saveset in saved if saveset is not None])
        compared = {(member.name, member.label) for member in plan.chain}
        return [
            f"The copy of {each.name} on {each.label} was not compared: it is not there"
            for each in lying
            if (each.name, each.label) not in compared
        ]

    def prove(self, plan: Plan, control: JobControl, protocol: JobProtocol) -> Outcome:
        """Enters the date of the proof if all that was restored is what was saved."""
        job, samples = plan.job, plan.samples
        assert samples is not None  # every proof has some
        request = ProofRequest(plan.chain, samples.sample_files, samples.sample_bytes, job.id)
        proved: Proved | None = None
        told: datetime | None = None
        for event in self._engine.prove(request, control):
            if isinstance(event, Progress):
                told = self._progress(plan, event, told)
            elif isinstance(event, Message):
                protocol.message(event)
            else:
                proved = event
        if proved is None:
            raise RuntimeError(f"the engine said no result for job {job.id}")
        if proved.faults:
            enter_differing(self._changes, plan.chain, proved.faults)
        elif proved.files:
            with self._changes.write() as tx:
                tx.set_proved(job.saveset, job.task, self._clock.now())
        outcome = _proof_outcome(plan, proved, too_late(control))
        control.set_result(outcome.state)
        return outcome

    def _progress(self, plan: Plan, event: Progress, told: datetime | None) -> datetime | None:
        """When a watcher was told last."""
        now = self._clock.now()
        if told is not None and abs(now - told) < PROGRESS_INTERVAL:
            return told
        self._changes.set_progress(plan.job.id, event)
        return now


def _proof_outcome(plan: Plan, proved: Proved, last: str) -> Outcome:
    differing = [f"{quoted(fault.path)}: {fault.text}" for fault in proved.faults]
    parts = [remark.short for remark in plan.remarks]
    state = JobState.WARNING if any(remark.alarming for remark in plan.remarks) else JobState.OK
    if differing:
        state = JobState.ERROR
        parts = [*first_few(differing), *parts]
    elif not proved.files:
        state = JobState.WARNING
        why = "the saveset has no file with data"
        if proved.of_files:
            why = "no file is small enough: allow more bytes"
        parts.insert(0, f"Nothing was proved: {why}")
    return Outcome(
        state,
        "RESULT",
        "; ".join(filter(None, (*parts, last))),
        files=proved.files - len(differing),
        bytes_done=proved.size,
        skipped=len(differing),
    )
