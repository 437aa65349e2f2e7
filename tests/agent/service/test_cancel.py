"""Stopping jobs."""

import pytest

from server_agent.domain.access import Caller, Role
from server_agent.domain.errors import JobEnded, JobNotFound, RoleRequired
from server_agent.domain.jobs import JobState
from server_agent.ports import EngineError
from server_agent.service.control import JobControl
from tests.agent.service.rig import Rig, request
from tests.agent.service.steered import DONE, Gate


def test_a_queued_job_is_cancelled_at_once(rig: Rig) -> None:
    gate = Gate()
    rig.engine.scripts.append([gate, DONE])
    first = rig.start_backup()
    gate.wait_until_reached()
    second = rig.start_backup()
    cancelled = rig.jobs.cancel(request("CancelJob"), second.id).job
    assert (cancelled.state, cancelled.message) == (JobState.CANCELLED, "Cancelled by the admin")
    assert cancelled.end_time is not None
    gate.open()
    rig.ended(first)
    assert len(rig.engine.backups) == 1


def test_a_running_job_is_told_and_ends_cancelled(rig: Rig) -> None:
    gate = Gate()
    rig.engine.scripts.append([gate, DONE])
    job = rig.start_backup()
    gate.wait_until_reached()
    rig.jobs.cancel(request("CancelJob"), job.id)
    ended = rig.ended(job)
    assert (ended.state, ended.message) == (JobState.CANCELLED, "Cancelled by the admin")
    assert rig.saveset_list() == []
    assert rig.codes(job)[-1] == "CANCELLED"
    assert rig.engine.closed == 1


def test_what_a_killed_engine_says_is_not_the_reason(rig: Rig) -> None:
    gate = Gate()
    rig.engine.scripts.append([Killed(gate)])
    job = rig.start_backup()
    gate.wait_until_reached()
    rig.jobs.cancel(request("CancelJob"), job.id)
    assert rig.ended(job).state is JobState.CANCELLED


class Killed(Gate):
    """Stands until the cancel, and then fails as if its child process had."""

    def __init__(self, gate: Gate) -> None:
        super().__init__()
        self.reached = gate.reached

    def pass_through(self, control: object) -> None:
        assert isinstance(control, JobControl)
        control.on_cancel(self.open)
        self.reached.set()
        assert self.opened.wait(10)
        raise EngineError("TAR_FAILED", "tar was killed")


def test_what_has_its_result_cannot_be_cancelled(rig: Rig) -> None:
    gate = Gate()
    rig.engine.scripts.append([DONE, gate])
    job = rig.start_backup()
    gate.wait_until_reached()
    with pytest.raises(JobEnded, match="ok"):
        rig.jobs.cancel(request("CancelJob"), job.id)
    gate.open()
    assert rig.ended(job).state is JobState.OK
    assert len(rig.saveset_list()) == 1


def test_a_cancel_between_the_last_step_and_the_result_is_too_late(rig: Rig) -> None:
    job = rig.start_backup()
    control = JobControl()
    assert control.cancel("the admin")
    control.set_result(JobState.OK)
    assert not control.cancel("another")
    assert control.stopped_by == "the admin"
    rig.ended(job)


def test_an_ended_or_unknown_job_cannot_be_cancelled(rig: Rig) -> None:
    job = rig.backed_up()
    with pytest.raises(JobEnded):
        rig.jobs.cancel(request("CancelJob"), job.id)
    with pytest.raises(JobNotFound):
        rig.jobs.cancel(request("CancelJob"), "99")


@pytest.mark.parametrize(
    ("role", "may"),
    [
        (Role.ADMIN, True),
        (Role.OPERATOR, True),
        (Role.BACKUP, True),
        (Role.RESTORE, False),
        (Role.MONITOR, False),
    ],
)
def test_who_may_cancel_a_backup(idle_rig: Rig, role: Role, may: bool) -> None:
    idle_rig.add_task()
    job = idle_rig.start_backup()
    ask = request("CancelJob", Caller("somebody", role, "7"))
    if may:
        assert idle_rig.jobs.cancel(ask, job.id).job.state is JobState.CANCELLED
    else:
        with pytest.raises(RoleRequired, match="admin, backup, operator"):
            idle_rig.jobs.cancel(ask, job.id)
        assert idle_rig.job(job).state is JobState.QUEUED


@pytest.mark.parametrize(("role", "may"), [(Role.RESTORE, True), (Role.BACKUP, False)])
def test_who_may_cancel_a_restore(rig: Rig, role: Role, may: bool) -> None:
    gate = Gate()
    saveset = rig.backed_up().saveset
    rig.engine.scripts.append([gate])
    job = rig.starting.start_restore(request(), saveset, (), b"/tmp/x").job
    gate.wait_until_reached()
    ask = request("CancelJob", Caller("somebody", role, "7"))
    if may:
        rig.jobs.cancel(ask, job.id)
        assert rig.ended(job).message == "Cancelled by somebody"
    else:
        with pytest.raises(RoleRequired, match="admin, operator, restore"):
            rig.jobs.cancel(ask, job.id)


def test_a_control_calls_back_once_and_at_once_when_late() -> None:
    control = JobControl()
    calls: list[str] = []
    control.on_cancel(lambda: calls.append("before"))
    assert not control.cancelled
    control.cancel("somebody")
    control.cancel("another")
    control.on_cancel(lambda: calls.append("after"))
    assert calls == ["before", "after"]
    assert (control.cancelled, control.stopped_by) == (True, "somebody")
