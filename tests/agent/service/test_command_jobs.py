"""Jobs of command events: what the program says is the protocol, its status is the state."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta

import pytest

from server_agent.domain.access import Caller, Role
from server_agent.domain.errors import JobEnded, RoleRequired
from server_agent.domain.events import CommandAction
from server_agent.domain.jobs import Job, JobKind, JobState, Level
from server_agent.ports import Control
from server_agent.ports.programs import Ended, Output
from tests.agent.service.rig import Rig, request
from tests.agent.service.steered import DEADLINE, Gate
from tests.fakes.programs import FakePrograms, Run

REPORT = CommandAction("report", ("--to", "ops; id"))


def started(rig: Rig, *steps: object, status: int = 0) -> Job:
    """A job of an event whose program does this."""
    rig.programs.put("report", *steps, status=status)  # type: ignore[arg-type]
    rig.add_event("morning report", REPORT)
    return rig.start_event("morning report")


def test_its_lines_are_the_protocol(rig: Rig) -> None:
    job = rig.ended(started(rig, "3 of 4 disks", "", "done"))
    assert (job.kind, job.state, job.message) == (JobKind.COMMAND, JobState.OK, "")
    assert (job.task, job.saveset, job.drive, job.event) == ("", "", "", "morning report")
    lines = [(line.level, line.code, line.text) for line in rig.protocol(job)]
    assert lines == [
        (Level.INFO, "EVENT", "Event morning report, job 1"),
        (Level.INFO, "OUTPUT", "3 of 4 disks"),
        (Level.INFO, "OUTPUT", ""),
        (Level.INFO, "OUTPUT", "done"),
        (Level.INFO, "RESULT", "OK: 0.0 s"),
    ]


def test_it_is_told_what_it_runs_for(rig: Rig) -> None:
    job = rig.ended(started(rig))
    facts = {"SESAM_EVENT": "morning report", "SESAM_JOB": job.id, "SESAM_DAY": "2026-03-04"}
    assert rig.programs.runs == [Run("report", ("--to", "ops; id"), facts)]


@pytest.mark.parametrize(
    ("status", "message"),
    [
        (3, "report ended with status 3; its protocol says more"),
        (-9, "report was killed by signal 9; its protocol says more"),
    ],
)
def test_a_program_that_fails_is_an_error(rig: Rig, status: int, message: str) -> None:
    job = rig.ended(started(rig, "no disk", status=status))
    assert (job.state, job.message) == (JobState.ERROR, message)
    assert rig.protocol(job)[-1].text == f"Error: {message}"
    assert rig.protocol(job)[-1].level is Level.ERROR


def test_a_program_that_has_gone_is_an_error(rig: Rig) -> None:
    rig.programs.put("report")
    rig.add_event("morning report", REPORT)
    rig.programs.remove("report")
    job = rig.ended(rig.start_event("morning report"))
    assert (job.state, job.message) == (JobState.ERROR, "There is no program report")
    assert rig.codes(job)[-1] == "PROGRAM"


def test_an_event_that_was_removed_while_its_job_waited(idle_rig: Rig) -> None:
    job = started(idle_rig)
    idle_rig.events.delete(request(), "morning report", None)
    idle_rig.runner.start()
    ended = idle_rig.ended(job)
    idle_rig.runner.stop()
    assert ended.state is JobState.ERROR
    assert ended.message == 'The event "morning report" is not there any more'
    assert idle_rig.programs.runs == []


def test_a_cancel_ends_it(rig: Rig) -> None:
    gate = Gate()
    job = started(rig, "begun", gate.pass_through, "never said")
    gate.wait_until_reached()
    rig.jobs.cancel(request("CancelJob"), job.id)
    ended = rig.ended(job)
    assert (ended.state, ended.message) == (JobState.CANCELLED, "Cancelled by the admin")
    assert rig.codes(job) == ["EVENT", "OUTPUT", "CANCELLED"]


class Lingering(FakePrograms):
    """Has ended for some time before anybody knows."""

    def __init__(self) -> None:
        super().__init__()
        self.gate = Gate()

    def run(
        self, name: str, arguments: Sequence[str], facts: Mapping[str, str], control: Control
    ) -> Iterator[Output | Ended]:
        yield Ended(0)
        self.gate.reached.set()
        assert self.gate.opened.wait(DEADLINE), "nobody opened the gate"


def test_one_that_has_ended_can_no_longer_be_cancelled() -> None:
    programs = Lingering()
    rig = Rig(programs=programs)
    rig.runner.start()
    job = started(rig)
    programs.gate.wait_until_reached()
    with pytest.raises(JobEnded, match="ok"):
        rig.jobs.cancel(request("CancelJob"), job.id)
    programs.gate.open()
    assert rig.ended(job).state is JobState.OK
    rig.runner.stop()


def test_the_end_of_the_agent_breaks_it(rig: Rig) -> None:
    gate = Gate()
    job = started(rig, gate.pass_through)
    gate.wait_until_reached()
    rig.runner.stop()
    ended = rig.job(job)
    assert (ended.state, ended.message) == (JobState.BROKEN, "The agent was stopped")


@pytest.mark.parametrize("role", [Role.BACKUP, Role.RESTORE, Role.MONITOR])
def test_who_may_not_cancel_it(idle_rig: Rig, role: Role) -> None:
    job = started(idle_rig)
    with pytest.raises(RoleRequired):
        idle_rig.jobs.cancel(request("CancelJob", Caller("x", role, "9")), job.id)
    operator = Caller("the operator", Role.OPERATOR, "2")
    assert idle_rig.jobs.cancel(request("CancelJob", operator), job.id).job.state is (
        JobState.CANCELLED
    )


def test_it_takes_no_stream_of_a_drive(rig: Rig) -> None:
    gates = [Gate(), Gate(), Gate()]
    jobs = []
    for number, gate in enumerate(gates):
        rig.programs.put(f"p{number}", gate.pass_through)
        rig.add_event(f"e{number}", CommandAction(f"p{number}"))
        jobs.append(rig.start_event(f"e{number}"))
    for gate in gates:
        gate.wait_until_reached()
    assert rig.backed_up().state is JobState.OK
    for gate in gates:
        gate.open()
    assert {rig.ended(job).state for job in jobs} == {JobState.OK}


def test_its_duration_is_told(rig: Rig) -> None:
    job = rig.ended(started(rig, lambda control: rig.clock.advance(timedelta(seconds=90))))
    assert job.start_time is not None
    assert job.end_time == job.start_time + timedelta(seconds=90)
    assert rig.protocol(job)[-1].text == "OK: 90.0 s"
