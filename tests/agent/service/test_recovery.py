"""What a start makes of the jobs that ran when the agent died."""

from dataclasses import replace
from datetime import timedelta

from server_agent.domain.events import CommandAction
from server_agent.domain.jobs import Job, JobKind, JobState, Level
from server_agent.domain.queue import FIRST_DRIVE
from server_agent.domain.savesets import BackupType
from server_agent.ports import BackupDone, Message
from server_agent.service.recovery import Recovery
from tests.agent.service.rig import SOURCES, Rig, request
from tests.agent.service.steered import DONE

BROKEN = "The agent stopped while this job ran"


def died_while_running(rig: Rig, backup_type: BackupType = BackupType.FULL) -> Job:
    """A job that the catalogue believes to be active, though nothing runs."""
    job = rig.start_backup(backup_type)
    plan = rig.work.start(job.id, FIRST_DRIVE)
    assert plan is not None
    return plan.job


def settle(rig: Rig) -> list[Job]:
    follow = rig.scheduler.follow
    return Recovery(rig.changes, rig.engine, rig.protocols, rig.clock, follow).at_start()


def test_a_backup_that_was_not_whole_is_broken(idle_rig: Rig) -> None:
    idle_rig.add_task()
    job = died_while_running(idle_rig)
    [ended] = settle(idle_rig)
    assert (ended.id, ended.state, ended.message) == (job.id, JobState.BROKEN, BROKEN)
    assert idle_rig.job(job) == ended
    assert ended.end_time is not None
    assert idle_rig.saveset_list() == []
    assert idle_rig.codes(job) == ["BROKEN"]
    [(writing, committed)] = idle_rig.engine.recovered
    assert [ref.name for ref in writing] == [job.saveset]
    assert committed == frozenset()


def test_a_program_may_run_still(idle_rig: Rig) -> None:
    idle_rig.programs.put("report")
    idle_rig.add_event("tell", CommandAction("report"))
    job = idle_rig.start_event("tell")
    assert idle_rig.work.start(job.id, "") is not None
    [ended] = settle(idle_rig)
    assert (ended.kind, ended.state) == (JobKind.COMMAND, JobState.BROKEN)
    assert ended.message.startswith(f"{BROKEN}; its program may run still")


def test_a_backup_that_lacked_only_its_entry_is_entered(idle_rig: Rig) -> None:
    idle_rig.add_task()
    full = died_while_running(idle_rig)
    idle_rig.engine.interrupted[full.saveset] = DONE
    [ended] = settle(idle_rig)
    assert (ended.state, ended.files, ended.stored_bytes) == (JobState.OK, 10, 400)
    [saveset] = idle_rig.saveset_list()
    assert (saveset.name, saveset.base, saveset.sources) == (full.saveset, None, SOURCES)

    idle_rig.clock.advance(timedelta(hours=1))
    inc = died_while_running(idle_rig, BackupType.INC)
    idle_rig.engine.interrupted[inc.saveset] = BackupDone(1, 2, 3, 4, 5, 6)
    [ended] = settle(idle_rig)
    assert ended.state is JobState.WARNING
    assert ended.message.startswith("4 of 5 files were not saved whole; ")
    assert idle_rig.savesets.get(inc.saveset).saveset.base == full.saveset
    writing, committed = idle_rig.engine.recovered[-1]
    assert writing[0].base == full.saveset
    assert committed == {full.saveset}


def test_a_restore_is_broken_and_its_saveset_stays(idle_rig: Rig) -> None:
    idle_rig.add_task()
    full = died_while_running(idle_rig)
    idle_rig.engine.interrupted[full.saveset] = DONE
    settle(idle_rig)
    live = idle_rig.starting.start_restore(request(), full.saveset, (), b"/tmp/out")
    assert idle_rig.work.start(live.job.id, FIRST_DRIVE) is not None
    idle_rig.engine.left_aside[live.job.id] = [
        Message(Level.INFO, "PUT_BACK", '"/tmp/out/a" was put back'),
        Message(Level.WARNING, "LEFT_ASIDE", '"/tmp/out/b" is now "/tmp/out/.sesam-1.tmp/b"'),
    ]
    [ended] = settle(idle_rig)
    assert ended.state is JobState.BROKEN
    stays = "what it had restored stays"
    assert ended.message == f'{BROKEN}; {stays}; "/tmp/out/b" is now "/tmp/out/.sesam-1.tmp/b"'
    lines, _ = idle_rig.jobs.protocol(ended.id, 0, 10)
    assert [line.code for line in lines] == ["PUT_BACK", "LEFT_ASIDE", "BROKEN"]
    assert idle_rig.engine.recovered[-1][0] == []
    assert len(idle_rig.saveset_list()) == 1


def test_queued_jobs_stay_and_run(idle_rig: Rig) -> None:
    idle_rig.add_task()
    died_while_running(idle_rig)
    queued = idle_rig.start_backup()
    settle(idle_rig)
    assert idle_rig.job(queued).state is JobState.QUEUED
    idle_rig.runner.start()
    assert idle_rig.ended(queued).state is JobState.OK
    idle_rig.runner.stop()


def test_a_second_recovery_finds_nothing(idle_rig: Rig) -> None:
    idle_rig.add_task()
    died_while_running(idle_rig)
    settle(idle_rig)
    revision = idle_rig.catalogue_revision()
    assert settle(idle_rig) == []
    assert idle_rig.catalogue_revision() == revision


def test_media_are_put_in_order_even_if_nothing_ran(idle_rig: Rig) -> None:
    assert settle(idle_rig) == []
    assert idle_rig.engine.recovered == [([], frozenset())]


def test_a_job_whose_saveset_has_gone_ends_in_error(idle_rig: Rig) -> None:
    idle_rig.add_task()
    job = idle_rig.start_backup()
    with idle_rig.catalogue.write() as tx:
        tx.put_job(replace(job, task="gone"))
    assert idle_rig.work.start(job.id, FIRST_DRIVE) is None
    ended = idle_rig.job(job)
    assert ended.state is JobState.ERROR
    assert ended.message == 'Could not start: the task "gone" is not there any more'


def test_a_full_that_was_made_for_want_of_a_base_alarms_after_a_crash_too(idle_rig: Rig) -> None:
    idle_rig.add_task()
    full = died_while_running(idle_rig)
    idle_rig.engine.interrupted[full.saveset] = DONE
    settle(idle_rig)
    with idle_rig.catalogue.write() as tx:
        tx.set_damage(full.saveset, "It was cut.")
    instead = died_while_running(idle_rig, BackupType.INC)
    assert (instead.requested_type, instead.type) == (BackupType.INC, BackupType.FULL)
    idle_rig.engine.interrupted[instead.saveset] = DONE
    [ended] = settle(idle_rig)
    assert ended.state is JobState.WARNING
    assert ended.message.startswith("No base: made a FULL, the base is missing or damaged; ")
    assert idle_rig.savesets.get(instead.saveset).saveset.base is None


def test_a_first_full_does_not_alarm_after_a_crash(idle_rig: Rig) -> None:
    idle_rig.add_task()
    first = died_while_running(idle_rig, BackupType.INC)
    idle_rig.engine.interrupted[first.saveset] = DONE
    [ended] = settle(idle_rig)
    assert ended.state is JobState.OK
    assert ended.message.startswith("No base: made a FULL, the first of this task; ")


def test_warnings_survive_a_crash_in_short(idle_rig: Rig) -> None:
    idle_rig.add_task()
    job = died_while_running(idle_rig)
    many = tuple(f"nothing of source {number} could be read" for number in range(999))
    idle_rig.engine.interrupted[job.saveset] = replace(DONE, warnings=many)
    [ended] = settle(idle_rig)
    assert ended.state is JobState.WARNING
    assert ended.message.startswith("; ".join(many[:3]) + "; 996 more of this kind")
    assert len(ended.message) < 400
