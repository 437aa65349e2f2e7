"""Which result of a task is the newest does not depend on what the clock shows."""

from datetime import timedelta

import pytest

from server_agent.domain.jobs import Job, JobKind, JobState
from server_agent.domain.queue import FIRST_DRIVE
from server_agent.domain.savesets import BackupType
from server_agent.ports import EngineError
from server_agent.service.control import JobControl
from server_agent.service.watched import LiveJob, Removed, Snapshot
from tests.agent.service.rig import Rig, request

FAILURE = EngineError("SOURCE_MISSING", "there is no /srv/data")
DAY = timedelta(days=1)


def done(rig: Rig, backup_type: BackupType = BackupType.FULL) -> Job:
    """A backup that was run to its end by hand."""
    job = rig.start_backup(backup_type)
    plan = rig.work.start(job.id, FIRST_DRIVE)
    assert plan is not None
    plan, outcome = rig.work.do(plan, JobControl())
    rig.work.end(plan, outcome)
    return rig.job(job)


def watched(rig: Rig) -> list[tuple[str, JobState]]:
    """The ended jobs that a new watcher is shown."""
    subscription = rig.changes.subscribe(lambda: None)
    try:
        begin = subscription.begin(None)
    finally:
        subscription.close()
    assert isinstance(begin, Snapshot)
    return [(live.job.id, live.job.state) for live in begin.jobs if not live.job.state.is_open]


@pytest.mark.logs_warnings
@pytest.mark.parametrize("correction", [-DAY, timedelta(), DAY, -365 * DAY])
def test_a_failure_is_the_newest_result_however_the_clock_was_corrected(
    idle_rig: Rig, correction: timedelta
) -> None:
    idle_rig.add_task()
    good = done(idle_rig)
    subscription = idle_rig.changes.subscribe(lambda: None)
    subscription.begin(None)
    idle_rig.clock.advance(correction)
    idle_rig.engine.scripts.append([FAILURE])
    failed = done(idle_rig)
    assert (good.state, failed.state) == (JobState.OK, JobState.ERROR)
    assert watched(idle_rig) == [(failed.id, JobState.ERROR)]
    told = subscription.take().objects
    subscription.close()
    assert [each.key.id for each in told if isinstance(each, Removed)] == [good.id]
    lives = [each.job for each in told if isinstance(each, LiveJob)]
    assert [job for job in lives if job.kind is JobKind.BACKUP] == [failed]


@pytest.mark.logs_warnings
@pytest.mark.parametrize("correction", [-DAY, timedelta(), DAY])
def test_the_base_is_the_saveset_that_was_made_last(idle_rig: Rig, correction: timedelta) -> None:
    idle_rig.add_task()
    done(idle_rig)
    idle_rig.clock.advance(correction)
    second = done(idle_rig)
    idle_rig.clock.advance(timedelta(hours=1))
    inc = done(idle_rig, BackupType.INC)
    assert idle_rig.savesets.get(inc.saveset).saveset.base == second.saveset
    assert idle_rig.saveset_list()[0].name == inc.saveset


def test_a_backup_that_was_cancelled_in_the_queue_is_no_result(idle_rig: Rig) -> None:
    idle_rig.add_task()
    idle_rig.engine.scripts.append([FAILURE])
    failed = done(idle_rig)
    idle_rig.clock.advance(timedelta(minutes=1))
    subscription = idle_rig.changes.subscribe(lambda: None)
    subscription.begin(None)
    queued = idle_rig.start_backup()
    idle_rig.jobs.cancel(request("CancelJob"), queued.id)
    assert watched(idle_rig) == [(failed.id, JobState.ERROR)]
    told = subscription.take().objects
    subscription.close()
    assert [each.key.id for each in told if isinstance(each, Removed)] == [queued.id]


@pytest.mark.logs_warnings
def test_a_backup_that_failed_to_start_is_a_result(idle_rig: Rig) -> None:
    idle_rig.add_task()
    done(idle_rig)
    job = idle_rig.start_backup()
    idle_rig.work.refuse(job.id, RuntimeError("no thread is left"))
    assert watched(idle_rig) == [(job.id, JobState.ERROR)]
