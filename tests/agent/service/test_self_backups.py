"""Backups of the location itself: the copy of the catalogue, the report, and sm_disaster."""

import threading
from collections.abc import Iterator

import pytest

from server_agent.domain.interfaces import DISASTER, POST
from server_agent.domain.jobs import Job, JobState
from server_agent.domain.queue import FIRST_DRIVE
from server_agent.domain.savesets import BackupType
from server_agent.ports import Control, EngineError
from server_agent.service.recovery import Recovery
from tests.agent.service.rig import LABEL, Rig, request
from tests.agent.service.steered import DEADLINE, DONE, Gate
from tests.fakes.self_backup import ROOT, MemorySelfBackupFiles

OWN = "SESAM_BACKUP"


@pytest.fixture
def files() -> MemorySelfBackupFiles:
    return MemorySelfBackupFiles()


@pytest.fixture
def rig(files: MemorySelfBackupFiles) -> Iterator[Rig]:
    rig = Rig(self_backup_files=files)
    rig.add_task(OWN, (ROOT,))
    rig.add_task("docs")
    rig.runner.start()
    yield rig
    rig.runner.stop()


def test_the_catalogue_is_copied_before_it_is_saved(rig: Rig, files: MemorySelfBackupFiles) -> None:
    gate = Gate()
    rig.engine.scripts.append([gate, DONE])
    job = rig.start_backup(task=OWN)
    gate.wait_until_reached()
    assert files.copies == [rig.clock.now()]
    assert files.active == [job.id]
    [asked] = rig.engine.backups
    assert asked.excludes == ("*.tmp", "/srv/sesam/var/lis/20260304/*.not")
    gate.open()
    assert rig.ended(job).state is JobState.OK


def test_other_backups_are_left_alone(rig: Rig, files: MemorySelfBackupFiles) -> None:
    rig.programs.put(DISASTER)
    assert rig.backed_up().state is JobState.OK
    assert (files.copies, files.reports, rig.programs.runs) == ([], {}, [])


def test_without_a_copy_there_is_no_backup(rig: Rig, files: MemorySelfBackupFiles) -> None:
    files.fails = OSError("the disk is broken")
    job = rig.backed_up(task=OWN)
    assert job.state is JobState.ERROR
    assert job.message == "There is no self-backup: the disk is broken"
    assert rig.engine.backups == []


def test_the_report_names_all_that_is_needed(rig: Rig, files: MemorySelfBackupFiles) -> None:
    full = rig.backed_up(task=OWN)
    inc = rig.backed_up(BackupType.INC, task=OWN)
    report = files.reports[inc.saveset]
    for word in ("Alpha", "0-1-2", LABEL, "/store/DISK00001", full.saveset, inc.saveset):
        assert word in report
    commands = [line.strip() for line in report.splitlines() if line.startswith("    ")]
    restores = [line for line in commands if line.startswith("zstd")]
    tail = (
        " | tar --extract --file=- --directory=/ --preserve-permissions --numeric-owner --acls "
        "--xattrs --xattrs-include='*'"
    )
    assert restores == [f"zstd -dc /store/{LABEL}/{member.saveset}{tail}" for member in (full, inc)]
    assert commands[-2:] == [
        "cp -p /srv/sesam/var/db/self-backup/sesam_db.sdb /srv/sesam/var/db/sesam_db.sdb",
        "sesam-agent --root /srv/sesam serve",
    ]
    assert "file system" not in report
    assert "SAME_DISK" not in rig.codes(inc)


def test_a_store_on_the_disk_of_the_location_is_told(
    rig: Rig, files: MemorySelfBackupFiles
) -> None:
    files.is_on_same_disk = True
    job = rig.backed_up(task=OWN)
    assert job.state is JobState.OK
    assert "SAME_DISK" in rig.codes(job)
    assert "both lie on one file system" in files.reports[job.saveset]


def test_sm_disaster_is_told_everything(rig: Rig, files: MemorySelfBackupFiles) -> None:
    rig.programs.put(POST, "STATUS:OK")
    rig.programs.put(DISASTER, "sent")
    job = rig.backed_up(task=OWN)
    assert job.state is JobState.OK
    post, disaster = rig.programs.runs
    assert (post.program, disaster.program) == (POST, DISASTER)
    data = f"/store/{LABEL}/{job.saveset}"
    assert disaster.arguments == (*post.arguments, data, f"{data}.disaster.txt")
    assert disaster.facts["SESAM_REPORT"] == f"{data}.disaster.txt"
    assert disaster.facts["SESAM_CHAIN"] == job.saveset
    assert disaster.facts["SESAM_RESTORE"].startswith(f"zstd -dc {data} | tar ")
    assert disaster.facts["SESAM_LOCATION_ID"] == "0-1-2"
    assert job.saveset in files.reports


def test_a_name_alone_makes_no_report(rig: Rig, files: MemorySelfBackupFiles) -> None:
    rig.add_task("sesam-docs", (b"/srv/other",))
    rig.programs.put(DISASTER)
    job = rig.backed_up(task="sesam-docs")
    assert (job.state, files.copies, files.reports) == (JobState.OK, [], {})
    assert "NO_REPORT" in rig.codes(job)
    [run] = rig.programs.runs
    assert (run.arguments[13], run.facts["SESAM_REPORT"]) == ("", "")


def test_no_report_of_a_backup_that_failed(rig: Rig, files: MemorySelfBackupFiles) -> None:
    rig.programs.put(DISASTER)
    rig.engine.scripts.append([EngineError("NO_SPACE", "the medium /m is full")])
    assert rig.backed_up(task=OWN).state is JobState.ERROR
    assert (files.reports, rig.programs.runs) == ({}, [])


def test_a_report_that_cannot_be_written_is_a_warning(
    rig: Rig, files: MemorySelfBackupFiles
) -> None:
    gate = Gate()
    rig.engine.scripts.append([gate, DONE])
    job = rig.start_backup(task=OWN)
    gate.wait_until_reached()
    files.fails = OSError("the medium is read-only")
    gate.open()
    ended = rig.ended(job)
    assert ended.state is JobState.WARNING
    text = "the disaster report cannot be written: the medium is read-only"
    assert ended.message == f"DISASTER: {text}"
    assert len(rig.saveset_list()) == 1


def test_an_sm_disaster_that_fails_is_a_warning(rig: Rig) -> None:
    rig.programs.put(DISASTER, "no route", status=1)
    job = rig.backed_up(task=OWN)
    assert (job.state, job.message) == (
        JobState.WARNING,
        "DISASTER: sm_disaster ended with status 1",
    )
    assert "no route" in [line.text for line in rig.protocol(job)]


def test_a_cancel_ends_sm_disaster_and_keeps_the_saveset(rig: Rig) -> None:
    reached = threading.Event()

    def hang(control: Control) -> None:
        told = threading.Event()
        control.on_cancel(told.set)
        reached.set()
        assert told.wait(DEADLINE)

    rig.programs.put(DISASTER, hang)
    job = rig.start_backup(task=OWN)
    assert reached.wait(DEADLINE)
    rig.jobs.cancel(request("CancelJob"), job.id)
    ended = rig.ended(job)
    assert (ended.state, ended.message) == (
        JobState.WARNING,
        "DISASTER: sm_disaster was ended by the admin",
    )
    assert len(rig.saveset_list()) == 1


@pytest.mark.parametrize("is_there", [False, True])
def test_a_kill_before_the_report_is_told(files: MemorySelfBackupFiles, is_there: bool) -> None:
    rig = Rig(self_backup_files=files)
    rig.add_task(OWN, (ROOT,))
    plan = rig.work.start(rig.start_backup(task=OWN).id, FIRST_DRIVE)
    assert plan is not None
    if is_there:
        files.reports[plan.job.saveset] = "how to"
    rig.engine.interrupted[plan.job.saveset] = DONE
    follow = rig.scheduler.follow
    ended: list[Job] = Recovery(
        rig.changes, rig.engine, rig.protocols, rig.clock, follow, rig.around.again
    ).at_start()
    expected = JobState.OK if is_there else JobState.WARNING
    assert ended[0].state is expected
    assert ("the disaster report was not written" in ended[0].message) is not is_there
