"""What is known to be wrong with savesets, and who is told."""

from datetime import timedelta

import pytest

from server_agent.domain.errors import SavesetDamaged
from server_agent.domain.jobs import Job, JobState
from server_agent.domain.savesets import BackupType
from server_agent.ports import EngineError
from server_agent.service.faults import look_for_missing
from tests.agent.service.rig import Rig, request
from tests.agent.service.steered import DONE, Gate


def chain(rig: Rig) -> tuple[str, str, str]:
    """A FULL and two INC upon it."""
    names = []
    for backup_type in (BackupType.FULL, BackupType.INC, BackupType.INC):
        names.append(rig.backed_up(backup_type).saveset)
        rig.clock.advance(timedelta(hours=1))
    full, first, second = names
    return full, first, second


def restored(rig: Rig, name: str) -> Job:
    return rig.ended(rig.starting.start_restore(request(), name, (), b"/tmp/out").job)


def test_what_is_not_there_is_said_of_all_that_build_on_it_until_it_is_back(rig: Rig) -> None:
    full, first, second = chain(rig)
    rig.engine.absent = {first}
    assert look_for_missing(rig.changes, rig.engine) == (1, 0)
    assert look_for_missing(rig.changes, rig.engine) == (0, 0)
    assert rig.damage(full) == ""
    assert "DISK00001" in rig.damage(first)
    assert rig.damage(second).startswith(f"It builds on {first}, ")
    assert "DISK00001" in rig.damage(second)
    rig.engine.absent = set()
    assert look_for_missing(rig.changes, rig.engine) == (0, 1)
    assert [rig.damage(name) for name in (full, first, second)] == ["", "", ""]


def test_a_restore_that_proves_damage_marks_the_right_one_for_good(rig: Rig) -> None:
    full, first, second = chain(rig)
    text = f"The saveset {first} does not match its digest."
    rig.engine.scripts.append([EngineError("SAVESET_DAMAGED", text, first)])
    job = restored(rig, second)
    assert (job.state, job.saveset) == (JobState.ERROR, second)
    assert (rig.damage(full), rig.damage(first)) == ("", text)
    assert text in rig.damage(second)
    look_for_missing(rig.changes, rig.engine)
    assert rig.damage(first) == text


def test_a_restore_that_finds_nothing_marks_what_may_come_back(rig: Rig) -> None:
    full, _, second = chain(rig)
    rig.engine.absent = {full}
    rig.engine.scripts.append([EngineError("SAVESET_MISSING", "It is not there.", full)])
    restored(rig, second)
    assert rig.damage(full)
    rig.engine.absent = set()
    look_for_missing(rig.changes, rig.engine)
    assert rig.damage(full) == ""


def test_a_store_that_is_not_mounted_proves_nothing_of_one_saveset(rig: Rig) -> None:
    full, _, second = chain(rig)
    rig.engine.scripts.append([EngineError("STORE_MISSING", "Is it mounted?")])
    assert restored(rig, second).message == "Is it mounted?"
    assert (rig.damage(full), rig.damage(second)) == ("", "")


@pytest.mark.parametrize("kind", ["backup", "restore"])
def test_a_job_that_finds_no_store_says_it_of_all_savesets(rig: Rig, kind: str) -> None:
    names = chain(rig)
    rig.engine.store_is_there = False
    rig.engine.scripts.append([EngineError("STORE_MISSING", "Is it mounted?")])
    job = rig.backed_up() if kind == "backup" else restored(rig, names[0])
    assert job.state is JobState.ERROR
    assert job.message.endswith("Is it mounted?")
    assert all("is it mounted?" in rig.damage(name) for name in names)
    rig.engine.store_is_there = True
    rig.work.look_at_store()
    assert [rig.damage(name) for name in names] == ["", "", ""]


@pytest.mark.logs_warnings
def test_a_store_that_comes_and_goes_without_a_job(
    rig: Rig, caplog: pytest.LogCaptureFixture
) -> None:
    names = chain(rig)
    rig.work.look_at_store()
    rig.engine.store_is_there = False
    for _ in range(2):
        rig.work.look_at_store()
        assert all("is it mounted?" in rig.damage(name) for name in names)
    assert caplog.text.count("Is it mounted?") == 1
    rig.engine.store_is_there = True
    rig.work.look_at_store()
    assert [rig.damage(name) for name in names] == ["", "", ""]


def test_leftovers_go_when_a_medium_is_back(rig: Rig) -> None:
    rig.engine.scripts.append([EngineError("STORE_MISSING", "Is it mounted?")])
    rig.work.look_at_store()
    rig.backed_up()
    assert rig.engine.swept == []
    gate = Gate()
    rig.engine.scripts.append([gate, DONE])
    job = rig.start_backup()
    gate.wait_until_reached()
    rig.work.look_at_store()
    assert rig.engine.swept == [{rig.job(job).saveset}], "what is being written stays"
    gate.open()
    assert rig.ended(job).state is JobState.OK


def test_what_is_missing_is_said(rig: Rig) -> None:
    full, first, second = chain(rig)
    rig.engine.unlisted = {full}
    rig.engine.absent = {first}
    assert look_for_missing(rig.changes, rig.engine) == (2, 0)
    assert rig.damage(full).startswith("Its listing is not among the agent's own files.")
    assert "the data store DISK00001" in rig.damage(first)
    rig.engine.unlisted, rig.engine.absent = {first}, {full}
    assert look_for_missing(rig.changes, rig.engine) == (0, 0)
    assert "the data store DISK00001" in rig.damage(full)
    assert rig.damage(first).startswith("Its listing is not")
    rig.engine.unlisted = rig.engine.absent = set()
    assert look_for_missing(rig.changes, rig.engine) == (0, 2)
    assert [rig.damage(name) for name in (full, first, second)] == ["", "", ""]


def test_a_listing_that_cannot_be_read_is_entered(rig: Rig) -> None:
    full, first, _ = chain(rig)
    rig.engine.damaged = SavesetDamaged(saveset=first, detail="it is cut")
    with pytest.raises(SavesetDamaged):
        rig.savesets.entries(first, b"", None, 10)
    rig.engine.damaged = SavesetDamaged(saveset=full, detail="no table")
    with pytest.raises(SavesetDamaged):
        rig.starting.start_restore(request(), full, (b"/a",), b"/tmp/out")
    assert rig.damage(first) == "Its listing cannot be read: it is cut"
    assert rig.damage(full) == "Its listing cannot be read: no table"


def test_nothing_is_built_on_what_is_damaged(rig: Rig) -> None:
    _, first, second = chain(rig)
    rig.engine.scripts.append([EngineError("SAVESET_DAMAGED", "It is damaged.", first)])
    restored(rig, second)
    job = rig.backed_up(BackupType.INC)
    assert (job.state, job.type) == (JobState.WARNING, BackupType.FULL)
    assert rig.engine.backups[-1].base == ()
    assert job.message == "No base: made a FULL, the base is missing or damaged"
    [line] = [line for line in rig.protocol(job) if line.code == "CHAIN_LOST"]
    assert "It is damaged." in line.text
    rig.clock.advance(timedelta(hours=1))
    assert rig.backed_up(BackupType.INC).type is BackupType.INC


def test_what_is_only_missing_may_be_back_when_it_is_built_on(rig: Rig) -> None:
    chain(rig)
    rig.engine.absent = {saveset.name for saveset in rig.saveset_list()}
    look_for_missing(rig.changes, rig.engine)
    assert rig.backed_up(BackupType.INC).type is BackupType.INC


def test_a_job_that_goes_well_sees_that_a_medium_is_back(rig: Rig) -> None:
    full, first, second = chain(rig)
    rig.engine.absent = {full, first, second}
    look_for_missing(rig.changes, rig.engine)
    rig.engine.absent = {second}
    restored(rig, first)
    assert (rig.damage(full), rig.damage(first)) == ("", "")
    assert rig.damage(second)


def test_a_failed_backup_names_no_saveset(rig: Rig) -> None:
    rig.engine.scripts.append([EngineError("SOURCE_MISSING", "It does not exist.")])
    job = rig.backed_up()
    assert (job.state, job.saveset) == (JobState.ERROR, "")
