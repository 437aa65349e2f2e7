"""Which stamps backups leave and go by, and when archive bits are cleared."""

import threading
from dataclasses import replace
from datetime import timedelta

import pytest

from server_agent.domain.errors import InvalidArgument
from server_agent.domain.jobs import Job, JobState
from server_agent.domain.reach import Ssh
from server_agent.domain.savesets import BackupType
from server_agent.domain.task_options import TaskOptions, TimeReference
from server_agent.domain.topology import Access, Client, Task
from server_agent.ports import EngineError
from server_agent.ports.stamps import Stamp, StampKind
from server_agent.service.collection import etag
from server_agent.service.plan import remarks_again
from tests.agent.service.rig import SOURCES, Rig, request
from tests.agent.service.steered import DEADLINE, DONE

STAMP = TaskOptions(time_reference=TimeReference.TIME_STAMP_FILE)
BITS = TaskOptions(time_reference=TimeReference.ARCHIVE_BIT)
FULL, DIFF, INC, COPY = BackupType.FULL, BackupType.DIFF, BackupType.INC, BackupType.COPY


def backed_up(rig: Rig, kind: BackupType, begin_ns: int) -> Job:
    """A backup that began then, by the clock of the client, and all that is done behind it."""
    rig.clock.advance(timedelta(hours=1))
    if begin_ns:
        rig.engine.scripts.append([replace(DONE, begin_ns=begin_ns)])
    job = rig.backed_up(kind)
    for thread in threading.enumerate():
        if thread.name == f"job-{job.id}":
            thread.join(DEADLINE)
    return job


def stamps(rig: Rig) -> dict[str, Stamp]:
    return {kind.value: stamp for (task, kind), stamp in rig.stamps.held.items() if task == "docs"}


def test_each_type_leaves_its_stamps_and_goes_by_those_of_its_base(rig: Rig) -> None:
    rig.set_options("docs", STAMP)
    full = backed_up(rig, FULL, 1000)
    assert stamps(rig) == {"full": Stamp(full.saveset, 1000), "last": Stamp(full.saveset, 1000)}
    first = backed_up(rig, INC, 2000)
    assert stamps(rig) == {"full": Stamp(full.saveset, 1000), "last": Stamp(first.saveset, 2000)}
    diff = backed_up(rig, DIFF, 3000)
    assert stamps(rig) == {"full": Stamp(full.saveset, 1000), "last": Stamp(diff.saveset, 3000)}
    before = stamps(rig)
    backed_up(rig, COPY, 4000)
    assert stamps(rig) == before
    backed_up(rig, INC, 5000)
    assert [asked.since_ns for asked in rig.engine.backups] == [0, 1000, 1000, 0, 3000]
    assert rig.engine.cleared == []


@pytest.mark.logs_warnings
@pytest.mark.parametrize("is_full", [False, True])
def test_stamps_go_with_their_task(rig: Rig, is_full: bool) -> None:
    rig.set_options("docs", STAMP)
    backed_up(rig, FULL, 1000)
    rig.stamps.is_full = is_full
    rig.tasks.delete(request(), "docs", None)
    with rig.changes.read() as view:
        assert view.task("docs") is None
    assert (stamps(rig) == {}) is not is_full


def test_the_database_leaves_none(rig: Rig) -> None:
    backed_up(rig, FULL, 0)
    backed_up(rig, INC, 0)
    assert rig.stamps.held == {}
    assert [asked.since_ns for asked in rig.engine.backups] == [0, 0]


@pytest.mark.parametrize("kind", [INC, DIFF])
def test_without_its_stamp_everything_is_saved_and_said(rig: Rig, kind: BackupType) -> None:
    rig.set_options("docs", STAMP)
    backed_up(rig, FULL, 1000)
    rig.stamps.held.clear()
    job = backed_up(rig, kind, 2000)
    assert (job.type, job.requested_type) == (FULL, kind)
    assert job.saveset.startswith("SF")
    assert (job.state, job.message) == (JobState.OK, "No time stamp: made a FULL")
    asked = rig.engine.backups[-1]
    assert (asked.saveset, asked.type, asked.base, asked.since_ns) == (job.saveset, FULL, (), 0)
    assert asked.compare_with is not None
    [said] = [line.text for line in rig.protocol(job) if line.code == "NO_TIME_STAMP"]
    assert said == "Everything is saved, by a FULL: there is no time stamp of the last backup"
    assert stamps(rig)["last"] == Stamp(job.saveset, 2000)


def test_a_stamp_of_a_saveset_that_is_not_built_on_tells_nothing(rig: Rig) -> None:
    rig.set_options("docs", STAMP)
    backed_up(rig, FULL, 1000)
    rig.stamps.write("docs", StampKind.LAST, Stamp("SI20200101000000000@abcdefghijk", 9000))
    job = backed_up(rig, INC, 2000)
    assert job.type is FULL
    [said] = [line.text for line in rig.protocol(job) if line.code == "NO_TIME_STAMP"]
    assert "SI20200101000000000@abcdefghijk, which this backup cannot build on" in said


@pytest.mark.logs_warnings
def test_a_stamp_that_was_not_written_costs_no_file(rig: Rig) -> None:
    """The stamp before it is of the same chain: more is saved than need be."""
    rig.set_options("docs", STAMP)
    backed_up(rig, FULL, 1000)
    rig.stamps.is_full = True
    job = backed_up(rig, INC, 2000)
    assert job.state is JobState.OK
    rig.stamps.is_full = False
    backed_up(rig, INC, 3000)
    assert rig.engine.backups[-1].since_ns == 1000


def test_a_backup_that_fails_leaves_no_stamp(rig: Rig) -> None:
    rig.set_options("docs", STAMP)
    backed_up(rig, FULL, 1000)
    before = stamps(rig)
    rig.engine.scripts.append([EngineError("SOURCE_MISSING", "it is gone")])
    assert backed_up(rig, INC, 0).state is JobState.ERROR
    assert stamps(rig) == before


def test_bits_are_cleared_by_full_and_inc_once_the_saveset_is_entered(rig: Rig) -> None:
    rig.set_options("docs", BITS)
    entered: list[bool] = []
    rig.engine.on_clear = lambda name: entered.append(
        name in {saveset.name for saveset in rig.saveset_list()}
    )
    full = backed_up(rig, FULL, 1000)
    diff = backed_up(rig, DIFF, 2000)
    inc = backed_up(rig, INC, 3000)
    backed_up(rig, COPY, 4000)
    assert rig.engine.cleared == [full.saveset, inc.saveset]
    assert entered == [True, True]
    assert stamps(rig) == {"cleared": Stamp(inc.saveset, 3000)}
    assert diff.type is DIFF
    # The INC on the DIFF goes by bits that tell what has changed since the FULL.
    assert [asked.since_ns for asked in rig.engine.backups] == [0, 1000, 1000, 0]


def test_bits_that_an_inc_has_cleared_tell_nothing_to_a_diff(rig: Rig) -> None:
    rig.set_options("docs", BITS)
    backed_up(rig, FULL, 1000)
    inc = backed_up(rig, INC, 2000)
    diff = backed_up(rig, DIFF, 3000)
    assert (diff.type, diff.message) == (DIFF, "")
    assert rig.engine.backups[-1].since_ns == 0
    [said] = [line.text for line in rig.protocol(diff) if line.code == "BY_DATABASE"]
    assert inc.saveset in said


def test_bits_of_unknown_age_tell_nothing(rig: Rig) -> None:
    rig.set_options("docs", BITS)
    backed_up(rig, FULL, 1000)
    rig.stamps.held.clear()
    job = backed_up(rig, INC, 2000)
    assert job.type is INC
    assert rig.engine.backups[-1].since_ns == 0
    [said] = [line.text for line in rig.protocol(job) if line.code == "BY_DATABASE"]
    assert "not known when the archive bits were last cleared" in said


@pytest.mark.logs_warnings
def test_no_bit_is_cleared_that_nobody_would_know_of(rig: Rig) -> None:
    rig.set_options("docs", BITS)
    rig.stamps.is_full = True
    job = backed_up(rig, FULL, 1000)
    assert job.state is JobState.OK
    assert rig.engine.cleared == []


@pytest.mark.logs_warnings
def test_a_clearing_that_breaks_off_costs_no_file(rig: Rig) -> None:
    rig.set_options("docs", BITS)

    def breaks(_name: str) -> None:
        raise RuntimeError("as a kill does")

    rig.engine.on_clear = breaks
    full = backed_up(rig, FULL, 1000)
    assert (full.state, rig.engine.cleared) == (JobState.OK, [])
    # Bits that are left tell more than what has changed since, and never less.
    backed_up(rig, INC, 2000)
    assert rig.engine.backups[-1].since_ns == 1000


def test_a_crash_says_why_a_full_was_made(rig: Rig) -> None:
    """The stamp is not looked at again when the agent finds the saveset at its start."""
    rig.set_options("docs", STAMP)
    backed_up(rig, FULL, 1000)
    rig.stamps.held.clear()
    job = backed_up(rig, INC, 2000)
    with rig.catalogue.read() as view:
        [remark] = remarks_again(view, job)
    assert (remark.code, remark.alarming) == ("NO_TIME_STAMP", False)


def test_what_was_cleared_stands_in_the_protocol(rig: Rig) -> None:
    rig.set_options("docs", BITS)
    job = backed_up(rig, FULL, 1000)
    assert rig.codes(job)[-2:] == ["RESULT", "ARCHIVE_BITS"]


def test_there_are_no_bits_of_a_client_over_ssh(rig: Rig) -> None:
    login = Ssh("fs-01", "root", "/key", "SHA256:" + "x" * 43)
    rig.clients.create(request(), Client("away", Access.SSH, ssh=login))
    with pytest.raises(InvalidArgument) as refusal:
        rig.tasks.create(request(), Task("there", "away", SOURCES, options=BITS))
    assert refusal.value.metadata["field"] == "time_reference"
    made = rig.tasks.create(request(), Task("there", "away", SOURCES, options=STAMP))
    with pytest.raises(InvalidArgument):
        rig.tasks.update(request(), replace(made, options=BITS), etag(made))
