"""Drives in the queue: their streams, those that are off, and what a job waits for."""

from dataclasses import replace

import pytest

from server_agent.domain.errors import DriveInUse, DriveNotFound
from server_agent.domain.events import BackupAction
from server_agent.domain.jobs import Job, JobState
from server_agent.domain.queue import FIRST_DRIVE, Drive, Waiting
from server_agent.domain.savesets import BackupType
from server_agent.service.collection import etag
from server_agent.service.starting import BackupOrder
from server_agent.service.watched import LiveJob
from tests.agent.service.rig import Rig, request
from tests.agent.service.steered import DONE, Gate


def order(rig: Rig, task: str, drive: str = "", priority: int = 1) -> Job:
    action = BackupAction(BackupType.FULL, task=task, drive=drive)
    ask = BackupOrder(action, priority=priority)
    [live] = rig.starting.start_backup(request("StartBackup"), ask).jobs
    return live.job


def gated(rig: Rig) -> Gate:
    """Holds the next job."""
    gate = Gate()
    rig.engine.scripts.append([gate, DONE])
    return gate


def set_drive(rig: Rig, **changed: object) -> None:
    with rig.changes.read() as view:
        drive = view.drive(FIRST_DRIVE)
    assert drive is not None
    changed_drive = replace(drive, **changed)  # type: ignore[arg-type]
    rig.drives.update(request(), changed_drive, etag(drive))


def waiting(rig: Rig, job: Job) -> Waiting:
    """What the job waits for, as soon as it is known."""
    return rig.eventually(lambda: rig.jobs.get(job.id).waiting)


def test_one_stream_is_one_job_at_a_time(rig: Rig) -> None:
    rig.add_task("mail")
    set_drive(rig, streams=1)
    gate = gated(rig)
    first = order(rig, "docs")
    gate.wait_until_reached()
    second = order(rig, "mail")
    assert waiting(rig, second) == Waiting()
    assert rig.job(second).state is JobState.QUEUED
    gate.open()
    assert rig.ended(second).drive == FIRST_DRIVE
    assert rig.jobs.get(second.id).waiting is None
    assert rig.job(first).state is JobState.OK


def test_a_second_stream_lets_the_next_one_start(rig: Rig) -> None:
    rig.add_task("mail")
    set_drive(rig, streams=1)
    gate = gated(rig)
    first = order(rig, "docs")
    gate.wait_until_reached()
    second = order(rig, "mail")
    waiting(rig, second)
    set_drive(rig, streams=2)
    assert rig.ended(second).state is JobState.OK
    assert rig.job(first).state is JobState.ACTIVE
    gate.open()
    rig.ended(first)


def test_a_job_waits_for_the_drive_that_it_names(rig: Rig) -> None:
    rig.add_task("mail")
    rig.drives.create(request(), Drive("Drive_2", streams=1))
    gate = gated(rig)
    first = order(rig, "docs", "Drive_2")
    gate.wait_until_reached()
    second = order(rig, "mail", "Drive_2")
    assert waiting(rig, second) == Waiting(drive="Drive_2")
    gate.open()
    assert rig.ended(second).drive == "Drive_2"
    assert rig.job(first).drive == "Drive_2"


def test_a_drive_that_is_off_holds_its_jobs_until_it_is_on(rig: Rig) -> None:
    set_drive(rig, active=False)
    job = order(rig, "docs", FIRST_DRIVE)
    assert waiting(rig, job) == Waiting(drive=FIRST_DRIVE, off=True)
    set_drive(rig, active=True)
    assert rig.ended(job).state is JobState.OK


def test_switching_a_drive_off_ends_nothing(rig: Rig) -> None:
    gate = gated(rig)
    job = order(rig, "docs")
    gate.wait_until_reached()
    set_drive(rig, active=False)
    later = order(rig, "docs")
    assert waiting(rig, later) == Waiting(job=job.id)
    gate.open()
    assert rig.ended(job).state is JobState.OK
    assert rig.eventually(lambda: _without_a_job(rig, later)) == Waiting()
    set_drive(rig, active=True)
    assert rig.ended(later).state is JobState.OK


def _without_a_job(rig: Rig, job: Job) -> Waiting | None:
    found = rig.jobs.get(job.id).waiting
    return found if found is not None and not found.job else None


def test_what_a_job_waits_for_is_told_to_watchers(rig: Rig) -> None:
    gate = gated(rig)
    first = order(rig, "docs")
    gate.wait_until_reached()
    subscription = rig.changes.subscribe(lambda: None)
    subscription.begin(None)
    second = order(rig, "docs")
    told: list[Waiting | None] = []

    def look() -> bool | None:
        for item in subscription.take().objects:
            if isinstance(item, LiveJob) and item.job.id == second.id:
                told.append(item.waiting)
        return True if told and told[-1] == Waiting(job=first.id) else None

    assert rig.eventually(look)
    gate.open()
    rig.ended(second)
    last = [item for item in subscription.take().objects if isinstance(item, LiveJob)]
    subscription.close()
    assert last[-1].job.id == second.id
    assert last[-1].waiting is None


def test_the_more_important_comes_first(rig: Rig) -> None:
    for name in ("mail", "web", "disk"):
        rig.add_task(name)
    set_drive(rig, streams=1)
    gate = gated(rig)
    order(rig, "docs")
    gate.wait_until_reached()
    jobs = [order(rig, "mail"), order(rig, "web", priority=50), order(rig, "disk", priority=0)]
    gate.open()
    for job in jobs:
        rig.ended(job)
    begun = [rig.savesets.get(asked.saveset).saveset.task for asked in rig.engine.backups]
    assert begun == ["docs", "disk", "web", "mail"]


def test_a_drive_that_jobs_need_stays(rig: Rig) -> None:
    rig.drives.create(request(), Drive("Drive_2"))
    gate = gated(rig)
    job = order(rig, "docs", "Drive_2")
    gate.wait_until_reached()
    with pytest.raises(DriveInUse, match="job 1"):
        rig.drives.delete(request(), "Drive_2", None)
    gate.open()
    rig.ended(job)
    rig.drives.delete(request(), "Drive_2", None)
    with pytest.raises(DriveNotFound):
        order(rig, "docs", "Drive_2")
    with pytest.raises(DriveInUse, match="the only one"):
        rig.drives.delete(request(), FIRST_DRIVE, None)
