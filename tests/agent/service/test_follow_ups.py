"""A follow-up starts when the job before it has ended well, in the same moment."""

from dataclasses import replace

import pytest

from server_agent.domain.events import BackupAction, CommandAction
from server_agent.domain.jobs import Job, JobKind, JobState
from server_agent.domain.queue import FIRST_DRIVE
from server_agent.domain.savesets import BackupType
from server_agent.ports import EngineError, JobQuery
from server_agent.service.recovery import Recovery
from server_agent.service.starting import BackupOrder
from tests.agent.service.rig import Rig, request
from tests.agent.service.steered import DONE, Gate

DOCS = BackupAction(BackupType.FULL, task="docs")


def ended_jobs(rig: Rig) -> list[Job]:
    """In the order in which they were queued."""
    page = rig.jobs.find(JobQuery(), None, 100, False)
    jobs = [live.job for live in page.jobs.items]
    return sorted((job for job in jobs if not job.state.is_open), key=lambda job: int(job.id))


def wait_for(rig: Rig, count: int) -> list[Job]:
    """So many jobs that have ended."""

    def look() -> list[Job] | None:
        jobs = ended_jobs(rig)
        return jobs if len(jobs) >= count else None

    return rig.eventually(look)


def start_with(rig: Rig, follow_up: str) -> None:
    rig.starting.start_backup(request("StartBackup"), BackupOrder(DOCS, follow_up=follow_up))


def test_a_chain_of_jobs_runs_to_its_end(rig: Rig) -> None:
    rig.add_task("mail")
    rig.programs.put("report", "all saved")
    rig.add_event("tell", CommandAction("report"))
    rig.add_event("mail too", BackupAction(BackupType.FULL, task="mail"), follow_up="tell")
    start_with(rig, "mail too")
    docs, mail, tell = wait_for(rig, 3)
    assert [job.state for job in (docs, mail, tell)] == [JobState.OK] * 3
    assert (docs.task, mail.task, tell.kind) == ("docs", "mail", JobKind.COMMAND)
    assert (mail.event, mail.started_by) == ("mail too", "")
    assert [run.program for run in rig.programs.runs] == ["report"]


def test_it_starts_after_a_warning_too(rig: Rig) -> None:
    rig.programs.put("report")
    rig.add_event("tell", CommandAction("report"))
    rig.engine.scripts.append([replace(DONE, skipped=1)])
    start_with(rig, "tell")
    docs, tell = wait_for(rig, 2)
    assert (docs.state, tell.state) == (JobState.WARNING, JobState.OK)


@pytest.mark.parametrize("how", ["error", "cancelled"])
def test_it_does_not_start_after_a_failure(rig: Rig, how: str) -> None:
    rig.programs.put("report")
    rig.add_event("tell", CommandAction("report"))
    gate = Gate()
    rig.engine.scripts.append([gate, EngineError("NO_SPACE", "The medium is full.")])
    start_with(rig, "tell")
    gate.wait_until_reached()
    if how == "cancelled":
        rig.jobs.cancel(request("CancelJob"), "1")
    else:
        gate.open()
    [docs] = wait_for(rig, 1)
    assert docs.state is (JobState.CANCELLED if how == "cancelled" else JobState.ERROR)
    assert rig.backed_up().id == "2"
    assert rig.programs.runs == []


def test_the_end_and_the_follow_up_are_one_transaction(idle_rig: Rig) -> None:
    idle_rig.add_task()
    idle_rig.programs.put("report")
    idle_rig.add_event("tell", CommandAction("report"))
    start_with(idle_rig, "tell")
    seen: list[tuple[JobState, int]] = []

    def look() -> None:
        with idle_rig.changes.read() as view:
            job = view.job("1")
            assert job is not None
            seen.append((job.state, len(view.open_jobs())))

    subscription = idle_rig.changes.subscribe(look)
    idle_rig.runner.start()
    wait_for(idle_rig, 2)
    idle_rig.runner.stop()
    subscription.close()
    assert JobState.OK in {state for state, _ in seen}
    first = next(count for state, count in seen if state is JobState.OK)
    assert first == 1


@pytest.mark.parametrize("whole", [True, False])
def test_one_that_ended_while_the_agent_died_is_followed_at_the_next_start(
    idle_rig: Rig, whole: bool
) -> None:
    rig = idle_rig
    rig.add_task()
    rig.programs.put("report")
    rig.add_event("tell", CommandAction("report"))
    start_with(rig, "tell")
    plan = rig.work.start("1", FIRST_DRIVE)
    assert plan is not None
    if whole:
        rig.engine.interrupted[plan.job.saveset] = DONE
    follow = rig.scheduler.follow
    [ended] = Recovery(rig.changes, rig.engine, rig.protocols, rig.clock, follow).at_start()
    assert ended.state is (JobState.OK if whole else JobState.BROKEN)
    with rig.changes.read() as view:
        queued = [job.event for job in view.open_jobs()]
    assert queued == (["tell"] if whole else [])
