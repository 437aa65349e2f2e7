"""What becomes of a restore job."""

from dataclasses import replace
from datetime import timedelta

import pytest

from server_agent.domain.errors import InvalidArgument, PathNotFound, SavesetNotFound
from server_agent.domain.jobs import JobKind, JobState, Phase, Progress
from server_agent.domain.savesets import BackupType
from server_agent.ports import EngineError, RestoreDone
from tests.agent.service.rig import Rig, request
from tests.agent.service.steered import Gate


def test_a_restore_brings_back_the_whole_chain(rig: Rig) -> None:
    full = rig.backed_up()
    rig.clock.advance(timedelta(hours=1))
    inc = rig.backed_up(BackupType.INC)
    live = rig.starting.start_restore(request(), inc.saveset, (b"/srv/data/a",), b"/tmp/out/")
    job = rig.ended(live.job)
    [asked] = rig.engine.restores
    assert [ref.name for ref in asked.chain] == [inc.saveset, full.saveset]
    assert (asked.paths, asked.target) == ((b"/srv/data/a",), b"/tmp/out")
    assert (job.kind, job.state, job.task, job.client) == (
        JobKind.RESTORE,
        JobState.OK,
        "docs",
        "host",
    )
    assert (job.saveset, job.target, job.type) == (inc.saveset, b"/tmp/out", None)
    assert (job.files, job.bytes_done, job.skipped) == (12, 1200, 0)
    assert rig.codes(job) == ["TASK", "TYPE", "TARGET", "RESULT"]
    assert len(rig.saveset_list()) == 2


def test_entries_that_were_not_restored_make_a_warning(rig: Rig) -> None:
    saveset = rig.backed_up().saveset
    rig.engine.scripts.append([RestoreDone(files=9, bytes_written=900, skipped=1)])
    job = rig.ended(rig.starting.start_restore(request(), saveset, (), b"/tmp/out").job)
    assert (job.state, job.message) == (
        JobState.WARNING,
        "1 of 10 files were not restored whole",
    )


def test_a_restore_that_brought_nothing_back_is_an_error(rig: Rig) -> None:
    saveset = rig.backed_up().saveset
    rig.engine.scripts.append([RestoreDone(files=0, bytes_written=0, skipped=2)])
    job = rig.ended(rig.starting.start_restore(request(), saveset, (), b"/tmp/out").job)
    assert (job.state, job.message) == (
        JobState.ERROR,
        "Nothing was restored; 2 of 2 files were not restored whole",
    )
    assert (job.files, job.skipped) == (0, 2)
    rig.engine.scripts.append([RestoreDone(files=0, bytes_written=0, skipped=0)])
    job = rig.ended(rig.starting.start_restore(request(), saveset, (), b"/tmp/out").job)
    assert job.state is JobState.OK


def test_an_empty_path_is_no_path(rig: Rig) -> None:
    saveset = rig.backed_up().saveset
    with pytest.raises(InvalidArgument, match="field=paths"):
        rig.starting.start_restore(request(), saveset, (b"/a", b""), b"/tmp/out")


def test_a_damaged_saveset_is_the_jobs_error(rig: Rig) -> None:
    saveset = rig.backed_up().saveset
    rig.engine.scripts.append([EngineError("SAVESET_DAMAGED", "Frame 3 does not match.")])
    job = rig.ended(rig.starting.start_restore(request(), saveset, (), b"/tmp/out").job)
    assert (job.state, job.message) == (JobState.ERROR, "Frame 3 does not match.")


def test_unknown_savesets_and_paths_are_refused(rig: Rig) -> None:
    saveset = rig.backed_up().saveset
    rig.engine.missing = {b"/srv/data/\xff"}
    with pytest.raises(SavesetNotFound):
        rig.starting.start_restore(request(), "SF1", (), b"/tmp/out")
    with pytest.raises(PathNotFound, match=r"/srv/data/\\xff"):
        rig.starting.start_restore(request(), saveset, (b"/srv/data/\xff",), b"/tmp/out")
    assert rig.engine.restores == []


@pytest.mark.parametrize("target", [b"", b"tmp", b"/tmp/../etc", b"/tmp/\0"])
def test_a_target_is_an_absolute_path(rig: Rig, target: bytes) -> None:
    saveset = rig.backed_up().saveset
    with pytest.raises(InvalidArgument, match="absolute"):
        rig.starting.start_restore(request(), saveset, (), target)


def test_the_root_is_a_target(rig: Rig) -> None:
    saveset = rig.backed_up().saveset
    job = rig.ended(rig.starting.start_restore(request(), saveset, (), b"/").job)
    assert job.target == b"/"


def test_what_came_back_otherwise_than_it_was_makes_a_warning(rig: Rig) -> None:
    saveset = rig.backed_up().saveset
    told = "3 of 12 entries came back without their owner"
    rig.engine.scripts.append([RestoreDone(12, 1200, 0, warnings=(told,))])
    job = rig.ended(rig.starting.start_restore(request(), saveset, (), b"/tmp/out").job)
    assert (job.state, job.message) == (JobState.WARNING, told)


def test_a_restore_of_very_many_paths_names_some_in_its_protocol(rig: Rig) -> None:
    saveset = rig.backed_up().saveset
    paths = tuple(b"/srv/data/%d" % number for number in range(10_000))
    job = rig.ended(rig.starting.start_restore(request(), saveset, paths, b"/tmp/out").job)
    [line] = [line.text for line in rig.protocol(job) if line.code == "TYPE"]
    assert line.endswith(', "/srv/data/99" and 9900 more')
    assert len(rig.engine.restores[0].paths) == 10_000


REACHED = Progress(Phase.TRANSFER, files_done=3, files_total=12, bytes_done=300, bytes_total=1200)


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (EngineError("NO_SPACE", "/x: No space"), "/x: No space; 3 files had been restored before"),
        (
            EngineError("STORE_MISSING", "Is it mounted? Mount it."),
            "Is it mounted? Mount it. 3 files had been restored before",
        ),
    ],
)
def test_a_restore_that_fails_says_what_it_had_restored(
    rig: Rig, error: EngineError, said: str
) -> None:
    saveset = rig.backed_up().saveset
    begun = Progress(Phase.TRANSFER, files_total=12, bytes_total=1200)
    rig.engine.scripts.append([begun, REACHED, error])  # the second is too soon for watchers
    job = rig.ended(rig.starting.start_restore(request(), saveset, (), b"/tmp/out").job)
    assert (job.state, job.message) == (JobState.ERROR, said)
    assert (job.files, job.bytes_done) == (3, 300)


def test_a_restore_that_is_cancelled_says_what_it_had_restored(rig: Rig) -> None:
    saveset = rig.backed_up().saveset
    gate = Gate()
    rig.engine.scripts.append([replace(REACHED, files_done=1), gate])
    job = rig.starting.start_restore(request(), saveset, (), b"/tmp/out").job
    gate.wait_until_reached()
    rig.jobs.cancel(request("CancelJob"), job.id)
    ended = rig.ended(job)
    said = "Cancelled by the admin; 1 file had been restored before"
    assert (ended.state, ended.message) == (JobState.CANCELLED, said)
    assert (ended.files, ended.bytes_done) == (1, 300)


def test_a_backup_that_fails_has_saved_nothing(rig: Rig) -> None:
    rig.engine.scripts.append([REACHED, EngineError("TAR_FAILED", "tar failed")])
    job = rig.backed_up()
    assert (job.state, job.message, job.files) == (JobState.ERROR, "Tar failed", 0)
