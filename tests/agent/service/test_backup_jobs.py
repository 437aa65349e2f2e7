"""What becomes of a backup job."""

from dataclasses import replace
from datetime import date, timedelta

import pytest

from server_agent.domain.command_sources import CommandSource
from server_agent.domain.errors import JobNotFound, ShuttingDown, TaskNotFound
from server_agent.domain.jobs import JobState, Level, Phase, Progress
from server_agent.domain.media import MediaPool
from server_agent.domain.reach import LOCAL
from server_agent.domain.savesets import NAME_PATTERN, BackupType, SavesetState
from server_agent.domain.task_options import ExcludeKind, TaskOptions
from server_agent.domain.topology import Client, Task
from server_agent.ports import BackupDone, Cancelled, EngineError, JobQuery, Message
from server_agent.service.collection import etag
from server_agent.service.plan import LONGEST_MESSAGE
from server_agent.service.rebuild_facts import facts_of
from tests.agent.service.rig import LABEL, SOURCES, START, Rig, request
from tests.agent.service.steered import DONE, Gate


def test_a_backup_makes_a_saveset(rig: Rig) -> None:
    job = rig.backed_up()
    [saveset] = rig.saveset_list()
    assert (job.state, job.message) == (JobState.OK, "")
    assert (job.files, job.bytes_done, job.stored_bytes, job.skipped) == (10, 1000, 400, 0)
    assert (job.type, job.requested_type) == (BackupType.FULL, BackupType.FULL)
    assert job.saveset == saveset.name
    assert NAME_PATTERN.match(saveset.name)
    # 12:00 UTC is 13:00 in the zone of the location.
    assert saveset.name.startswith("SF20260304130000000@")
    assert (saveset.task, saveset.client, saveset.base) == ("docs", "host", None)
    assert (saveset.state, saveset.label, saveset.job_id) == (SavesetState.OK, LABEL, job.id)
    assert (saveset.sources, saveset.start_time) == (SOURCES, START)
    assert (saveset.listed_files, saveset.listed_bytes) == (12, 1200)


def test_the_engine_is_told_all_it_needs(rig: Rig) -> None:
    job = rig.backed_up()
    [asked] = rig.engine.backups
    assert (asked.saveset, asked.type, asked.label) == (job.saveset, BackupType.FULL, LABEL)
    assert (asked.sources, asked.excludes, asked.base) == (SOURCES, ("*.tmp",), ())
    assert asked.facts == {
        "task": "docs",
        "client": "host",
        "job_id": job.id,
        "start_time": START.isoformat(),
        **facts_of(LOCAL, MediaPool("DISK", "Drives"), date(2026, 4, 4)),
    }


def test_the_options_reach_the_engine_and_the_head_of_the_protocol(rig: Rig) -> None:
    options = TaskOptions(
        exclude_kind=ExcludeKind.REGEX,
        exclude_file=b"/etc/excludes",
        one_file_system=True,
        accept_size_change=(r"\.log$",),
    )
    rig.set_options("docs", options)
    job = rig.backed_up()
    [asked] = rig.engine.backups
    assert asked.options == options
    [line] = [line.text for line in rig.protocol(job) if line.code == "OPTIONS"]
    assert line == (
        'Options: excludes are regular expressions; more excludes come from "/etc/excludes" on the'
        " client; each source ends at the borders of its file system; the size of files may change"
        ' while they are read: "\\.log$"'
    )


def test_commands_reach_the_engine_and_the_head_of_the_protocol(rig: Rig) -> None:
    dump = CommandSource("shop.sql", (b"pg_dump", b"shop"))
    made = rig.tasks.create(request(), Task("db", "host", (), commands=(dump,)))
    job = rig.backed_up(task="db")
    asked = rig.engine.backups[-1]
    assert (asked.sources, asked.commands) == ((), (dump,))
    assert job.state is JobState.OK
    said = {line.code: line.text for line in rig.protocol(job)}
    assert said["SOURCES"] == "Sources: none"
    assert said["COMMANDS"] == 'Output of commands: "/.commands/shop.sql"'
    # Other commands are no other sources: they are saved anew each time.
    rig.clock.advance(timedelta(hours=1))
    rig.tasks.update(request(), replace(made, commands=(dump, replace(dump, name="b"))), etag(made))
    again = rig.backed_up(BackupType.INC, task="db")
    assert (again.type, len(rig.engine.backups[-1].commands)) == (BackupType.INC, 2)


def test_an_inc_builds_on_the_newest_and_all_below(rig: Rig) -> None:
    full = rig.backed_up()
    rig.clock.advance(timedelta(hours=1))
    first = rig.backed_up(BackupType.INC)
    rig.clock.advance(timedelta(hours=1))
    second = rig.backed_up(BackupType.INC)
    assert [ref.name for ref in rig.engine.backups[-1].base] == [first.saveset, full.saveset]
    assert rig.savesets.get(second.saveset).saveset.base == first.saveset
    assert second.saveset.startswith("SI")
    assert second.message == ""


def test_the_first_inc_becomes_a_full_and_says_so(rig: Rig) -> None:
    job = rig.backed_up(BackupType.INC)
    assert (job.requested_type, job.type) == (BackupType.INC, BackupType.FULL)
    assert job.saveset.startswith("SF")
    assert job.message == "No base: made a FULL, the first of this task"
    assert "FIRST_FULL" in rig.codes(job)


def test_an_inc_of_changed_sources_becomes_a_full_and_warns(rig: Rig) -> None:
    rig.backed_up()
    [task] = rig.tasks.list("", False, None, 10).items
    rig.tasks.update(request(), Task(task.name, task.client, (b"/srv/other",)), etag(task))
    rig.clock.advance(timedelta(hours=1))
    job = rig.backed_up(BackupType.INC)
    assert (job.state, job.type) == (JobState.OK, BackupType.FULL)
    assert job.message == "No base: made a FULL, the sources have changed"
    lines = [line for line in rig.protocol(job) if line.code == "CHAIN_LOST"]
    assert [line.level for line in lines] == [Level.WARNING]


def test_an_inc_whose_base_is_damaged_becomes_a_full(rig: Rig) -> None:
    base = rig.backed_up().saveset
    rig.clock.advance(timedelta(hours=1))
    rig.engine.scripts.append([EngineError("BASE_DAMAGED", "the listing is cut", base)])
    job = rig.backed_up(BackupType.INC)
    assert "the listing is cut" in rig.damage(base)
    inc, full = rig.engine.backups[-2:]
    assert (inc.type, full.type, full.base) == (BackupType.INC, BackupType.FULL, ())
    assert inc.saveset != full.saveset == job.saveset
    assert (job.state, job.type) == (JobState.WARNING, BackupType.FULL)
    assert rig.savesets.get(job.saveset).saveset.state is SavesetState.OK
    assert job.message == "No base: made a FULL, the base is missing or damaged"
    [line] = [line for line in rig.protocol(job) if line.code == "CHAIN_LOST"]
    assert "the listing is cut" in line.text
    assert rig.savesets.get(job.saveset).saveset.base is None


@pytest.mark.parametrize("end", [EngineError("NO_SPACE", "/srv is full."), Cancelled()])
def test_a_full_made_for_want_of_a_base_is_one_also_if_it_fails(rig: Rig, end: Exception) -> None:
    base = rig.backed_up().saveset
    damage = EngineError("BASE_DAMAGED", "the listing is cut", base)
    rig.engine.scripts += [[damage], [end]]
    job = rig.backed_up(BackupType.INC)
    assert (job.requested_type, job.type) == (BackupType.INC, BackupType.FULL)
    assert job.state in (JobState.ERROR, JobState.BROKEN)
    assert "CHAIN_LOST" in rig.codes(job)


def test_files_that_were_not_saved_make_a_warning_with_numbers(rig: Rig) -> None:
    done = BackupDone(21, 1000, 400, 3, 24, 1000)
    line = Message(Level.WARNING, "FILE_UNREADABLE", '"/srv/data/a" cannot be read', b"/srv/data/a")
    rig.engine.scripts.append([line, done])
    job = rig.backed_up()
    assert (job.state, job.skipped) == (JobState.WARNING, 3)
    assert job.message == "3 of 24 files were not saved whole"
    rig.engine.scripts.append([replace(done, partial=2)])  # they are among the 21
    assert rig.backed_up().message == "3 of 22 files were not saved whole"
    assert rig.saveset_list()[0].state is SavesetState.WARNING
    [told] = [line for line in rig.protocol(job) if line.code == "FILE_UNREADABLE"]
    assert (told.level, told.text) == (Level.WARNING, '"/srv/data/a" cannot be read')


def test_an_engine_error_is_the_jobs_error(rig: Rig) -> None:
    rig.engine.scripts.append([EngineError("SOURCE_MISSING", "/srv/data does not exist.")])
    job = rig.backed_up()
    assert (job.state, job.message) == (JobState.ERROR, "/srv/data does not exist.")
    assert rig.saveset_list() == []
    last = rig.protocol(job)[-1]
    assert (last.level, last.code) == (Level.ERROR, "SOURCE_MISSING")
    assert "/srv/data does not exist." in last.text


@pytest.mark.logs_warnings
def test_an_unforeseen_exception_is_logged_and_not_shown(
    rig: Rig, caplog: pytest.LogCaptureFixture
) -> None:
    rig.engine.scripts.append([RuntimeError("secret inner life")])
    job = rig.backed_up()
    assert job.state is JobState.ERROR
    assert "incident" in job.message
    assert "secret inner life" not in job.message
    [record] = caplog.records
    assert record.exc_info is not None
    assert job.message in record.getMessage()
    assert rig.codes(job)[-1] == "INTERNAL"


@pytest.mark.logs_warnings
def test_an_engine_without_a_result_is_an_error(rig: Rig) -> None:
    rig.engine.scripts.append([])
    assert rig.backed_up().state is JobState.ERROR
    assert rig.saveset_list() == []


def test_the_protocol_begins_with_the_task_and_ends_with_the_result(rig: Rig) -> None:
    job = rig.backed_up()
    lines = rig.protocol(job)
    assert [line.code for line in lines] == ["TASK", "TYPE", "BASE", "SOURCES", "RESULT"]
    assert "docs" in lines[0].text
    assert job.saveset in lines[1].text
    assert '"/srv/data"' in lines[3].text
    assert "10 files, 1000 bytes, 400 bytes on the medium, 0.0 s" in lines[4].text
    assert rig.jobs.protocol(job.id, 3, 1) == ([lines[3]], len(lines))


def test_progress_is_kept_while_the_job_runs_and_not_after(rig: Rig) -> None:
    gate, begun = Gate(), Progress(Phase.TRANSFER)
    later = Progress(Phase.TRANSFER, files_done=5)
    rig.engine.scripts.append([Progress(Phase.SCAN), begun, later, gate, DONE])
    job = rig.start_backup()
    gate.wait_until_reached()
    # The clock stands still: a new phase is told all the same, but not the next news of it.
    assert rig.jobs.get(job.id).progress == begun
    gate.open()
    rig.ended(job)
    assert rig.jobs.get(job.id).progress is None


def test_later_progress_replaces_earlier(rig: Rig) -> None:
    first, second = Gate(), Gate()
    later = Progress(Phase.TRANSFER, files_done=5)
    rig.engine.scripts.append([Progress(Phase.SCAN), first, later, second, DONE])
    job = rig.start_backup()
    first.wait_until_reached()
    rig.clock.advance(timedelta(seconds=1))
    first.open()
    second.wait_until_reached()
    assert rig.jobs.get(job.id).progress == later
    second.open()
    rig.ended(job)


def test_two_backups_of_one_task_run_one_after_the_other(rig: Rig) -> None:
    gate = Gate()
    rig.engine.scripts.append([gate, DONE])
    first = rig.start_backup()
    gate.wait_until_reached()
    second = rig.start_backup(BackupType.INC)
    assert rig.job(second).state is JobState.QUEUED
    gate.open()
    assert rig.ended(second).type is BackupType.INC
    assert rig.savesets.get(rig.job(second).saveset).saveset.base == rig.job(first).saveset


def test_backups_of_two_tasks_run_at_once_and_a_third_waits(rig: Rig) -> None:
    rig.add_task("mail", (b"/srv/mail",))
    rig.add_task("web", (b"/srv/web",))
    gates = [Gate(), Gate(), Gate()]
    rig.engine.scripts.extend([gate, DONE] for gate in gates)
    jobs = [rig.start_backup(task=task) for task in ("docs", "mail", "web")]
    gates[0].wait_until_reached()
    gates[1].wait_until_reached()
    assert rig.job(jobs[2]).state is JobState.QUEUED
    gates[0].open()
    gates[2].wait_until_reached()
    gates[1].open()
    gates[2].open()
    assert {rig.ended(job).state for job in jobs} == {JobState.OK}


def test_a_queued_job_waits_for_its_start_with_its_day(idle_rig: Rig) -> None:
    idle_rig.add_task()
    # 06:30 local time is before NEWDAY.
    idle_rig.clock.advance(-timedelta(hours=6, minutes=30))
    job = idle_rig.start_backup()
    assert (job.state, job.start_time, job.saveset, job.type) == (JobState.QUEUED, None, "", None)
    assert job.sesam_day.isoformat() == "2026-03-03"
    assert job.started_by == "the admin"


def test_a_copy_and_a_diff_leave_the_chain_as_it_is(rig: Rig) -> None:
    full = rig.backed_up().saveset
    first = rig.backed_up(BackupType.INC).saveset
    copy = rig.backed_up(BackupType.COPY).saveset
    diff = rig.backed_up(BackupType.DIFF).saveset
    second = rig.backed_up(BackupType.INC).saveset
    bases = {saveset.name: saveset.base for saveset in rig.saveset_list()}
    assert bases == {full: None, first: full, copy: None, diff: full, second: diff}
    assert [name[:2] for name in (full, first, copy, diff, second)] == [
        "SF",
        "SI",
        "SC",
        "SD",
        "SI",
    ]


def test_an_unknown_task_is_refused(rig: Rig) -> None:
    with pytest.raises(TaskNotFound):
        rig.start_backup(task="nothing")
    assert rig.jobs.find(JobQuery(), None, 10, True).counts == {}


def test_an_unknown_job_is_refused(rig: Rig) -> None:
    with pytest.raises(JobNotFound):
        rig.jobs.get("17")
    with pytest.raises(JobNotFound):
        rig.jobs.protocol("17", 0, 10)


def test_a_stopped_agent_breaks_what_runs_and_keeps_the_queue(rig: Rig) -> None:
    gate = Gate()
    rig.engine.scripts.append([gate, DONE])
    running = rig.start_backup()
    gate.wait_until_reached()
    queued = rig.start_backup()
    rig.runner.stop()
    assert rig.job(running).state is JobState.BROKEN
    assert rig.job(running).message == "The agent was stopped"
    assert rig.job(queued).state is JobState.QUEUED
    with pytest.raises(ShuttingDown):
        rig.start_backup()


def test_counts_and_pages(rig: Rig) -> None:
    rig.engine.scripts.append([EngineError("NO_SPACE", "The medium is full.")])
    rig.backed_up()
    jobs = [rig.backed_up() for _ in range(3)]
    page = rig.jobs.find(JobQuery(), None, 2, with_counts=True)
    assert [live.job.id for live in page.jobs.items] == [jobs[2].id, jobs[1].id]
    assert page.counts == {JobState.OK: 3, JobState.ERROR: 1}
    rest = rig.jobs.find(JobQuery(), page.jobs.next_position, 2, with_counts=False)
    assert [live.job.id for live in rest.jobs.items] == [jobs[0].id, "1"]
    assert (rest.jobs.next_position, rest.counts) == (None, {})


def test_a_message_stays_short_however_much_is_to_be_said(rig: Rig) -> None:
    many = tuple(f'nothing of source "/{"x" * 3900}/{n}" could be read' for n in range(999))
    rig.engine.scripts.append([replace(DONE, skipped=5, warnings=many)])
    job = rig.backed_up()
    assert job.state is JobState.WARNING
    assert job.message.startswith("5 of 15 files were not saved whole; nothing of source ")
    assert len(job.message) == LONGEST_MESSAGE
    assert job.message.endswith("…")


def test_a_full_is_compared_with_the_last_of_the_same_sources(rig: Rig) -> None:
    first = rig.backed_up()
    rig.backed_up()
    assert [asked.compare_with and asked.compare_with.name for asked in rig.engine.backups] == [
        None,
        first.saveset,
    ]
    rig.backed_up(BackupType.INC)
    assert rig.engine.backups[-1].compare_with is None


def test_a_task_that_was_made_anew_for_another_client_builds_on_nothing_of_the_former(
    rig: Rig,
) -> None:
    rig.backed_up()
    rig.tasks.delete(request(), "docs", None)
    rig.clients.create(request(), Client("other"))
    rig.tasks.create(request(), Task("docs", "other", SOURCES))
    job = rig.backed_up(BackupType.INC)
    assert (job.type, job.state) == (BackupType.FULL, JobState.OK)
    assert "made a FULL" in job.message
    assert [asked.base for asked in rig.engine.backups] == [(), ()]
    assert rig.engine.backups[-1].compare_with is None
