"""How a restore is wanted: to which client, by which rule, really or not, with PRE and POST."""

from dataclasses import replace

import pytest

from server_agent.domain.errors import ClientLocked, ClientNotFound, InvalidArgument
from server_agent.domain.interfaces import POST, PRE
from server_agent.domain.jobs import Job, JobState
from server_agent.domain.overwriting import OverwriteRule
from server_agent.domain.queue import FIRST_DRIVE
from server_agent.domain.reach import Ssh
from server_agent.domain.savesets import BackupType
from server_agent.domain.task_options import TaskOptions
from server_agent.domain.topology import Access, Client
from server_agent.ports import RestoreDone
from server_agent.service.restoring import RestoreOptions
from tests.agent.service.rig import LABEL, Rig, request
from tests.agent.service.steered import DONE
from tests.agent.service.test_recovery import died_while_running, settle

SSH = Ssh("web.example.org", "root", "/keys/web", "SHA256:" + "a" * 43)
TARGET = b"/srv/back"
DRY = RestoreOptions(dry_run=True)


def add_client(rig: Rig, name: str = "web", *, locked: bool = False) -> None:
    rig.clients.create(request(), Client(name, Access.SSH, ssh=SSH, locked=locked))


def restored(rig: Rig, saveset: str, options: RestoreOptions) -> Job:
    live = rig.starting.start_restore(request(), saveset, (), TARGET, options)
    return rig.ended(live.job)


def remove_client(rig: Rig) -> None:
    rig.tasks.delete(request(), "docs", None)
    rig.clients.delete(request(), "host", None)


def test_to_another_client(rig: Rig) -> None:
    saveset = rig.backed_up().saveset
    add_client(rig)

    job = restored(rig, saveset, RestoreOptions(client="web"))

    assert (job.state, job.client, job.target_client) == (JobState.OK, "host", "web")
    [asked] = rig.engine.restores
    assert asked.client == SSH
    assert ("TARGET", 'Target: "/srv/back" of client web') in [
        (line.code, line.text) for line in rig.protocol(job)
    ]


def test_its_own_client_may_be_named(rig: Rig) -> None:
    saveset = rig.backed_up().saveset
    assert restored(rig, saveset, RestoreOptions(client="host")).target_client == ""


def test_to_a_client_that_is_locked_or_not_there(rig: Rig) -> None:
    saveset = rig.backed_up().saveset
    add_client(rig, locked=True)
    with pytest.raises(ClientLocked):
        restored(rig, saveset, RestoreOptions(client="web"))
    with pytest.raises(ClientNotFound):
        restored(rig, saveset, RestoreOptions(client="nobody"))
    assert rig.engine.restores == []


def test_from_a_repository_to_a_client_over_ssh(rig: Rig) -> None:
    saveset = rig.backed_up().saveset
    add_client(rig)
    with rig.changes.write() as tx:
        [store] = tx.data_stores()
        tx.put_data_store(replace(store, path=b"restic:/srv/vault"))
    with pytest.raises(InvalidArgument) as failure:
        restored(rig, saveset, RestoreOptions(client="web"))
    assert "restic" in str(failure.value.metadata["expected"])
    assert restored(rig, saveset, RestoreOptions()).state is JobState.OK


def test_a_client_that_was_removed_has_to_be_replaced_by_another(rig: Rig) -> None:
    saveset = rig.backed_up().saveset
    add_client(rig)
    remove_client(rig)

    with pytest.raises(InvalidArgument) as failure:
        restored(rig, saveset, RestoreOptions())
    assert failure.value.metadata["field"] == "client"
    assert "has been removed" in str(failure.value.metadata["expected"])
    assert rig.engine.restores == []

    assert restored(rig, saveset, RestoreOptions(client="web")).state is JobState.OK


def test_a_client_that_is_removed_while_the_restore_waits(idle_rig: Rig) -> None:
    idle_rig.add_task()
    saveset = died_while_running(idle_rig).saveset
    idle_rig.engine.interrupted[saveset] = DONE
    settle(idle_rig)
    idle_rig.tasks.delete(request(), "docs", None)
    job = idle_rig.starting.start_restore(request(), saveset, (), TARGET).job
    idle_rig.clients.delete(request(), "host", None)

    idle_rig.runner.start()
    ended = idle_rig.ended(job)
    idle_rig.runner.stop()

    assert ended.state is JobState.ERROR
    assert "name of a client of this location to restore to" in ended.message
    assert idle_rig.engine.restores == []


def test_a_dry_run_that_was_cut_has_restored_nothing(idle_rig: Rig) -> None:
    idle_rig.add_task()
    saveset = died_while_running(idle_rig).saveset
    idle_rig.engine.interrupted[saveset] = DONE
    settle(idle_rig)
    job = idle_rig.starting.start_restore(request(), saveset, (), TARGET, DRY).job
    assert idle_rig.work.start(job.id, FIRST_DRIVE) is not None
    [ended] = settle(idle_rig)
    assert (ended.state, ended.message) == (
        JobState.BROKEN,
        "The agent stopped while this job ran",
    )


def test_how_it_is_wanted_reaches_the_engine(rig: Rig) -> None:
    saveset = rig.backed_up().saveset
    job = restored(rig, saveset, RestoreOptions(overwrite=OverwriteRule.RENAME))
    assert job.overwrite is OverwriteRule.RENAME
    [asked] = rig.engine.restores
    assert (asked.overwrite, asked.dry_run) == (OverwriteRule.RENAME, False)
    assert "OVERWRITE" in rig.codes(job)


def test_what_a_rule_has_left_is_said_and_no_warning(rig: Rig) -> None:
    saveset = rig.backed_up().saveset
    rig.engine.scripts.append([RestoreDone(3, 300, 0, notes=("12 files kept because they exist",))])
    job = restored(rig, saveset, RestoreOptions(overwrite=OverwriteRule.NEVER))
    assert (job.state, job.message) == (JobState.OK, "12 files kept because they exist")


def test_what_stays_by_a_rule_is_there_though_another_could_not_come(rig: Rig) -> None:
    saveset = rig.backed_up().saveset
    rig.engine.scripts.append([RestoreDone(0, 0, 1, notes=("3 files kept because they exist",))])
    job = restored(rig, saveset, RestoreOptions(overwrite=OverwriteRule.NEVER))
    assert job.state is JobState.WARNING
    assert "3 files kept because they exist" in job.message


def test_a_dry_run_is_no_restore(rig: Rig) -> None:
    rig.programs.put(PRE, "STATUS:OK")
    rig.programs.put(POST, "STATUS:OK")
    saveset = rig.backed_up().saveset
    calls = len(rig.programs.runs)
    rig.engine.scripts.append([RestoreDone(0, 0, 0, notes=("Dry run, nothing was restored",))])

    job = restored(rig, saveset, DRY)

    assert (job.state, job.dry_run, job.files) == (JobState.OK, True, 0)
    assert job.message == "Dry run, nothing was restored"
    assert len(rig.programs.runs) == calls, "PRE and POST stay away"
    assert (job.event_id, job.planned_time) == ("", None)
    with rig.changes.read() as view:
        cells = view.cells(job.sesam_day, job.sesam_day)
    assert {cell.key.kind.value for cell in cells} == {"backup"}


def test_pre_and_post_of_a_restore(rig: Rig) -> None:
    saveset = rig.backed_up(BackupType.FULL).saveset
    rig.programs.put(PRE, "STATUS:OK")
    rig.programs.put(POST, "STATUS:OK")

    restored(rig, saveset, DRY)
    job = restored(rig, saveset, RestoreOptions())

    pre, post = rig.programs.runs
    assert job.state is JobState.OK
    assert (pre.program, post.program) == (PRE, POST)
    assert pre.arguments[0] == "/srv/data"
    assert pre.arguments[4:9] == ("restore", "1", saveset, LABEL, "DISK")
    assert post.arguments[4:7] == ("R", "1", "")
    assert pre.facts["SESAM_ACTION"] == "RESTORE"
    assert pre.facts["SESAM_TARGET"] == "/srv/back"
    assert "SESAM_TYPE" not in pre.facts


def test_no_restore_after_a_pre_that_fails(rig: Rig) -> None:
    rig.set_options("docs", TaskOptions(backup_even_if_pre_fails=True))
    saveset = rig.backed_up().saveset
    rig.programs.put(PRE, "STATUS:ERROR the database runs")
    rig.programs.put(POST, "STATUS:OK")

    job = restored(rig, saveset, RestoreOptions())

    assert job.state is JobState.ERROR
    assert "nothing was restored: sbc_pre reported an error: the database runs" in job.message
    assert rig.engine.restores == []
    assert [run.program for run in rig.programs.runs] == [PRE]


def test_a_post_that_fails_makes_a_warning(rig: Rig) -> None:
    saveset = rig.backed_up().saveset
    rig.programs.put(POST, "STATUS:ERROR it does not start")
    job = restored(rig, saveset, RestoreOptions())
    assert (job.state, job.files) == (JobState.WARNING, 12)
    assert "POST: sbc_post reported an error: it does not start" in job.message


def test_without_interfaces(rig: Rig) -> None:
    saveset = rig.backed_up().saveset
    rig.programs.put(PRE, "STATUS:ERROR no")
    job = restored(rig, saveset, RestoreOptions(without_interfaces=True))
    assert job.state is JobState.OK
    assert rig.programs.runs == []


def test_sources_that_pre_gives_say_nothing_at_a_restore(rig: Rig) -> None:
    saveset = rig.backed_up().saveset
    rig.programs.put(PRE, "STATUS:OK BACKUP_SRC=/mnt/snap")
    job = restored(rig, saveset, RestoreOptions())
    assert (job.state, job.message, job.paths) == (JobState.OK, "", ())
    assert "BACKUP_SRC" in rig.codes(job)
