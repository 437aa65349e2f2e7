"""sbc_pre before a backup and sbc_post after it."""

import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest

from server_agent.domain.errors import JobEnded
from server_agent.domain.events import BackupAction
from server_agent.domain.interfaces import POST, PRE
from server_agent.domain.jobs import Job, JobState, Level, ProtocolPart
from server_agent.domain.queue import FIRST_DRIVE
from server_agent.domain.reach import Ssh
from server_agent.domain.savesets import BackupType
from server_agent.domain.task_options import TaskOptions
from server_agent.domain.topology import Access, Task
from server_agent.ports import BackupDone, Control, EngineError
from server_agent.ports.programs import Ended, Output, ProgramError
from server_agent.service.control import JobControl
from server_agent.service.protocol import JobProtocol, protocol_of
from server_agent.service.recovery import Recovery
from tests.agent.service.rig import LABEL, SOURCES, Rig, request
from tests.agent.service.steered import DEADLINE, DONE, Gate

SNAP = (b"/mnt/snap",)
OTHERWISE = TaskOptions(backup_even_if_pre_fails=True)


def waits(control: Control) -> None:
    told = threading.Event()
    control.on_cancel(told.set)
    assert told.wait(DEADLINE), "nobody ended it"


class StopsWithResult(JobControl):
    """The agent stops as soon as the job has its result."""

    def set_result(self, state: JobState) -> None:
        super().set_result(state)
        self.cancel(None)


def names(rig: Rig) -> list[str]:
    return [run.program for run in rig.programs.runs]


def engine_sources(rig: Rig) -> list[tuple[bytes, ...]]:
    return [each.sources for each in rig.engine.backups]


def test_pre_is_told_ten_things_and_post_twelve(rig: Rig) -> None:
    rig.programs.put(PRE, "STATUS:OK")
    rig.programs.put(POST, "STATUS:OK")
    rig.backed_up()
    job = rig.backed_up(BackupType.INC)
    assert (job.state, job.message) == (JobState.OK, "")
    assert names(rig) == [PRE, POST, PRE, POST]
    pre, post = rig.programs.runs[2:]
    common = ("/srv/data", "backup-01", "docs", FIRST_DRIVE)
    behind = (job.saveset, LABEL, "DISK", "")
    assert pre.arguments == (*common, "incremental", "2", *behind)
    assert post.arguments == (*common, "I", "1", "", "2", *behind)
    assert pre.facts["SESAM_CLIENT"] == "host"
    assert (post.facts["SESAM_JOB"], post.facts["SESAM_STATE"]) == (job.id, "0")


def test_the_schedule_that_started_it_is_told(rig: Rig) -> None:
    rig.programs.put(PRE, "STATUS:OK")
    rig.add_event("nightly", BackupAction(BackupType.FULL, task="docs"))
    rig.ended(rig.start_event("nightly"))
    assert rig.programs.runs[0].facts["SESAM_EVENT"] == "nightly"


def test_without_programs_nothing_is_different(rig: Rig) -> None:
    job = rig.backed_up()
    assert (job.state, rig.programs.runs) == (JobState.OK, [])
    assert rig.codes(job) == ["TASK", "TYPE", "BASE", "SOURCES", "RESULT"]


def test_what_they_say_is_kept_with_the_job(rig: Rig) -> None:
    rig.programs.put(PRE, "dumping", "STATUS:OK")
    rig.programs.put(POST, "cleaning", "STATUS:OK")
    job = rig.backed_up()
    assert rig.part(job, ProtocolPart.PRE) == ["dumping", "STATUS:OK", "sbc_pre is OK"]
    assert rig.part(job, ProtocolPart.POST) == ["cleaning", "STATUS:OK", "sbc_post is OK"]
    assert rig.codes(job) == [
        *("TASK", "PRE", "PRE", "TYPE", "BASE", "SOURCES"),
        *("POST", "POST", "RESULT"),
    ]


def test_the_last_answer_counts(rig: Rig) -> None:
    rig.programs.put(PRE, "STATUS:ERROR not yet", "STATUS:OK", "done")
    assert rig.backed_up().state is JobState.OK


@pytest.mark.parametrize(
    ("lines", "status", "why"),
    [
        (("STATUS:ERROR no database",), 0, "sbc_pre reported an error: no database"),
        (("STATUS:OK", "STATUS:ERROR late"), 0, "sbc_pre reported an error: late"),
        (("done",), 0, "sbc_pre wrote no line STATUS:OK or STATUS:ERROR with a reason"),
        (("STATUS:OK",), -15, "sbc_pre was killed by signal 15"),
    ],
)
def test_no_backup_if_pre_fails(rig: Rig, lines: tuple[str, ...], status: int, why: str) -> None:
    rig.programs.put(PRE, *lines, status=status)
    rig.programs.put(POST, "STATUS:OK")
    job = rig.backed_up()
    assert job.state is JobState.ERROR
    assert job.message == f"PRE failed, there is no backup: {why}"
    assert rig.codes(job)[-1] == "PRE_FAILED"
    assert (rig.engine.backups, rig.saveset_list(), names(rig)) == ([], [], [PRE])
    assert rig.part(job, ProtocolPart.PRE)[-1] == why


def test_a_task_may_want_its_backup_all_the_same(rig: Rig) -> None:
    rig.set_options("docs", OTHERWISE)
    rig.programs.put(PRE, "STATUS:ERROR no database")
    job = rig.backed_up()
    why = "sbc_pre reported an error: no database"
    assert (job.state, job.message) == (JobState.WARNING, f"PRE: {why}")
    assert [saveset.name for saveset in rig.saveset_list()] == [job.saveset]
    [line] = [line for line in rig.protocol(job) if line.code == "PRE_FAILED"]
    assert (line.level, line.text) == (Level.WARNING, why)


def test_a_pre_that_answers_ok_and_exits_badly_is_a_warning(rig: Rig) -> None:
    rig.programs.put(PRE, "STATUS:OK", status=2)
    job = rig.backed_up()
    assert job.state is JobState.WARNING
    assert job.message == "PRE: sbc_pre answered STATUS:OK but ended with status 2"


def test_a_task_without_interfaces(rig: Rig) -> None:
    rig.set_options("docs", TaskOptions(without_interfaces=True))
    rig.programs.put(PRE, "STATUS:ERROR")
    rig.programs.put(POST, "STATUS:ERROR")
    assert rig.backed_up().state is JobState.OK
    assert rig.programs.runs == []


def over_ssh(rig: Rig) -> None:
    """The client is another machine."""
    with rig.changes.write() as tx:
        client = tx.client("host")
        assert client is not None
        there = Ssh("fs-01", "root", "/root/key", "SHA256:" + "A" * 43)
        tx.put_client(replace(client, access=Access.SSH, ssh=there))


def test_the_programs_of_another_machine_are_its_own(rig: Rig) -> None:
    rig.programs.put(PRE, "STATUS:ERROR not here")
    rig.remote_programs.put(PRE, "STATUS:OK")
    rig.remote_programs.put(POST, "STATUS:OK")
    over_ssh(rig)
    assert rig.backed_up().state is JobState.OK
    assert rig.programs.runs == []
    assert [run.program for run in rig.remote_programs.runs] == [PRE, POST]


def test_a_client_that_is_lost_in_pre_is_not_backed_up(
    rig: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    def run(*_: object) -> Iterator[Output | Ended]:
        yield Output(b"begun")
        raise EngineError("CLIENT_LOST", "the client fs-01 is lost")

    rig.remote_programs.put(PRE)
    monkeypatch.setattr(rig.remote_programs, "run", run)
    over_ssh(rig)
    job = rig.backed_up()
    assert job.state is JobState.ERROR
    assert job.message == "PRE failed, there is no backup: sbc_pre: the client fs-01 is lost"
    assert rig.engine.backups == []


def test_a_client_that_cannot_be_asked_for_post_is_a_warning(
    rig: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []

    def is_there(name: str) -> bool:
        asked.append(name)
        if name == POST:
            raise EngineError("CLIENT_LOST", "the client fs-01 is lost")
        return False

    monkeypatch.setattr(rig.remote_programs, "is_there", is_there)
    over_ssh(rig)
    job = rig.backed_up()
    assert asked == [PRE, POST]
    assert (job.state, job.message) == (JobState.WARNING, "POST: the client fs-01 is lost")
    assert len(rig.saveset_list()) == 1


def test_pre_replaces_the_sources(rig: Rig) -> None:
    rig.programs.put(PRE, "STATUS:OK BACKUP_SRC=/mnt/snap")
    rig.programs.put(POST, "STATUS:OK")
    job = rig.backed_up()
    assert engine_sources(rig) == [SNAP]
    assert job.paths == SNAP
    [saveset] = rig.saveset_list()
    assert (saveset.sources, saveset.name) == (SNAP, job.saveset)
    assert rig.programs.runs[0].arguments[0] == "/srv/data"
    assert rig.programs.runs[1].arguments[0] == "/mnt/snap"
    lines = {line.code: line.text for line in rig.protocol(job)}
    assert lines["BACKUP_SRC"] == "The sources of the task are replaced: /srv/data"
    assert lines["SOURCES"] == 'Sources: "/mnt/snap"'
    with rig.changes.read() as view:
        task = view.task("docs")
    assert task is not None
    assert task.sources == SOURCES


def test_an_incremental_backup_builds_on_the_replaced_sources(rig: Rig) -> None:
    rig.programs.put(PRE, "STATUS:OK BACKUP_SRC=/mnt/snap")
    full = rig.backed_up(BackupType.INC)
    assert (full.type, full.saveset[:2]) == (BackupType.FULL, "SF")
    inc = rig.backed_up(BackupType.INC)
    assert (inc.type, inc.saveset[:2], inc.state) == (BackupType.INC, "SI", JobState.OK)
    assert inc.message == ""
    assert rig.savesets.get(inc.saveset).saveset.base == full.saveset
    told = rig.programs.runs[1].arguments
    assert (told[4], told[6][:2], told[6][2:]) == ("full", "SF", inc.saveset[2:])
    assert "CHAIN_LOST" not in rig.codes(inc)


def test_no_saveset_of_other_sources_is_a_base(rig: Rig) -> None:
    rig.backed_up()
    rig.programs.put(PRE, "STATUS:OK BACKUP_SRC=/mnt/snap")
    job = rig.backed_up(BackupType.INC)
    assert (job.type, job.message) == (
        BackupType.FULL,
        "No base: made a FULL, the sources have changed",
    )


def test_sources_that_cannot_be_saved_are_a_failure(rig: Rig) -> None:
    rig.programs.put(PRE, "STATUS:OK BACKUP_SRC=snap")
    job = rig.backed_up()
    assert job.state is JobState.ERROR
    assert "sbc_pre gave BACKUP_SRC=snap; what it needs is an absolute path" in job.message


def test_an_answer_that_was_cut_is_none(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    def run(*_: object) -> Iterator[Output | Ended]:
        yield Output(b"STATUS:OK BACKUP_SRC=/mnt/a", goes_on=True)
        yield Output(b"bc")
        yield Ended(0)

    rig.programs.put(PRE)
    monkeypatch.setattr(rig.programs, "run", run)
    job = rig.backed_up()
    assert (job.state, engine_sources(rig)) == (JobState.ERROR, [])
    assert job.message.endswith("sbc_pre wrote a STATUS line that is too long")


def test_the_rest_of_a_long_line_is_no_answer(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    def run(*_: object) -> Iterator[Output | Ended]:
        yield Output(b"x", goes_on=True)
        yield Output(b"STATUS:OK")
        yield Ended(0)

    rig.programs.put(PRE)
    monkeypatch.setattr(rig.programs, "run", run)
    assert "wrote no line STATUS:OK" in rig.backed_up().message


def test_one_that_cannot_be_run_is_a_failure(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    def run(*_: object) -> Iterator[Output | Ended]:
        raise ProgramError("There is no program sbc_pre that can be run")
        yield

    rig.programs.put(PRE)
    monkeypatch.setattr(rig.programs, "run", run)
    job = rig.backed_up()
    assert job.state is JobState.ERROR
    assert job.message.endswith("There is no program sbc_pre that can be run")


def test_sources_that_are_too_long_for_an_argument(rig: Rig) -> None:
    sources = tuple(b"/srv/" + bytes([97 + n]) * 4000 for n in range(26)) + tuple(
        b"/srv/" + bytes([65 + n]) * 4000 for n in range(26)
    )
    rig.tasks.create(request(), Task("large", "host", sources))
    rig.programs.put(PRE, "STATUS:OK")
    job = rig.backed_up(task="large")
    assert job.state is JobState.ERROR
    assert "the sources are too long for an argument" in job.message
    assert rig.programs.runs == []


def test_a_cancel_ends_pre_and_the_job(rig: Rig) -> None:
    gate = Gate()
    rig.programs.put(PRE, "begun", gate.pass_through, "STATUS:OK")
    rig.programs.put(POST, "STATUS:OK")
    job = rig.start_backup()
    gate.wait_until_reached()
    rig.jobs.cancel(request("CancelJob"), job.id)
    ended = rig.ended(job)
    assert (ended.state, ended.message) == (JobState.CANCELLED, "Cancelled by the admin")
    assert (names(rig), rig.engine.backups) == ([PRE], [])
    assert rig.part(job, ProtocolPart.PRE) == ["begun", "sbc_pre was cancelled"]


def test_one_that_does_not_end_in_time_is_ended() -> None:
    rig = Rig(interface_seconds=0.05)
    rig.add_task()
    rig.programs.put(PRE, waits)
    rig.runner.start()
    job = rig.backed_up()
    rig.runner.stop()
    assert job.state is JobState.ERROR
    assert "sbc_pre did not end within 0.05 s and was ended" in job.message


def test_nothing_is_prepared_for_a_medium_that_is_not_there(rig: Rig) -> None:
    rig.programs.put(PRE, "STATUS:OK")
    rig.engine.store_is_there = False
    rig.engine.scripts.append([EngineError("STORE_MISSING", "There is no medium")])
    job = rig.backed_up()
    assert (job.state, names(rig)) == (JobState.ERROR, [])


@pytest.mark.parametrize(
    ("lines", "why"),
    [
        (("STATUS:ERROR still mounted",), "sbc_post reported an error: still mounted"),
        ((), "sbc_post wrote no line STATUS:OK or STATUS:ERROR with a reason"),
    ],
)
def test_a_post_that_fails_makes_a_warning(rig: Rig, lines: tuple[str, ...], why: str) -> None:
    rig.programs.put(POST, *lines)
    job = rig.backed_up()
    assert (job.state, job.message) == (JobState.WARNING, f"POST: {why}")
    [saveset] = rig.saveset_list()
    assert saveset.state.value == "ok"
    assert rig.codes(job)[-2:] == ["POST_FAILED", "RESULT"]


def test_post_is_told_what_the_backup_has_come_to(rig: Rig) -> None:
    rig.programs.put(POST, "STATUS:ERROR still mounted")
    rig.engine.scripts.append([BackupDone(1, 2, 3, 4, 5, 6)])
    job = rig.backed_up()
    [run] = rig.programs.runs
    said = "4 of 5 files were not saved whole"
    assert (run.arguments[5], run.arguments[6]) == ("1", said)
    assert job.message == f"{said}; POST: sbc_post reported an error: still mounted"


def test_no_post_after_a_backup_that_failed(rig: Rig) -> None:
    rig.programs.put(PRE, "STATUS:OK")
    rig.programs.put(POST, "STATUS:OK")
    rig.engine.scripts.append([EngineError("NO_SPACE", "The medium is full.")])
    assert rig.backed_up().state is JobState.ERROR
    assert names(rig) == [PRE]


def test_pre_runs_once_if_a_full_is_made_instead(rig: Rig) -> None:
    rig.backed_up()
    rig.programs.put(PRE, "STATUS:OK")
    base = rig.saveset_list()[0].name
    rig.engine.scripts.append([EngineError("BASE_DAMAGED", "its data are cut", base)])
    job = rig.backed_up(BackupType.INC)
    assert (job.type, names(rig)) == (BackupType.FULL, [PRE])


def test_post_counts_for_the_end_only_after_it_ran(rig: Rig) -> None:
    gate = Gate()
    rig.programs.put(POST, gate.pass_through, "STATUS:OK")
    job = rig.start_backup()
    gate.wait_until_reached()
    assert rig.job(job).state is JobState.ACTIVE
    assert rig.saveset_list() == []
    gate.open()
    assert rig.ended(job).state is JobState.OK


def test_a_cancel_ends_post_and_keeps_the_saveset(rig: Rig) -> None:
    gate = Gate()
    rig.programs.put(POST, "begun", gate.pass_through, "STATUS:OK")
    job = rig.start_backup()
    gate.wait_until_reached()
    rig.jobs.cancel(request("CancelJob"), job.id)
    ended = rig.ended(job)
    assert (ended.state, ended.message) == (
        JobState.WARNING,
        "POST: sbc_post was ended by the admin",
    )
    assert [saveset.name for saveset in rig.saveset_list()] == [ended.saveset]


def test_the_end_of_the_agent_ends_post_and_keeps_the_saveset(rig: Rig) -> None:
    gate = Gate()
    rig.programs.put(POST, gate.pass_through, "STATUS:OK")
    job = rig.start_backup()
    gate.wait_until_reached()
    rig.runner.stop()
    ended = rig.job(job)
    assert ended.state is JobState.WARNING
    assert ended.message == "POST: sbc_post was ended by the end of the agent"


def test_post_does_not_begin_when_the_agent_stops(idle_rig: Rig) -> None:
    idle_rig.add_task()
    idle_rig.programs.put(POST, "STATUS:OK")
    plan = idle_rig.work.start(idle_rig.start_backup().id, FIRST_DRIVE)
    assert plan is not None
    control = StopsWithResult()
    plan, outcome = idle_rig.work.do(plan, control)
    assert (outcome.state, idle_rig.programs.runs) == (JobState.WARNING, [])
    assert outcome.saveset is not None
    assert outcome.message == "POST: sbc_post did not run, the end of the agent"


def test_when_post_has_ended_it_is_too_late(rig: Rig) -> None:
    rig.programs.put(POST, "STATUS:OK")
    job = rig.backed_up()
    with pytest.raises(JobEnded):
        rig.jobs.cancel(request("CancelJob"), job.id)


@pytest.mark.logs_warnings
def test_a_post_that_the_agent_fails_in_is_a_warning(
    rig: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    def run(*_: object) -> Iterator[Output | Ended]:
        raise RuntimeError("unforeseen")
        yield

    rig.programs.put(POST)
    monkeypatch.setattr(rig.programs, "run", run)
    job = rig.backed_up()
    assert job.state is JobState.WARNING
    assert "POST: the agent failed unexpectedly; its log says more under incident" in job.message
    assert len(rig.saveset_list()) == 1


# --- after a kill ---


def died(rig: Rig, *, post: tuple[str, ...] | None, pre: tuple[str, ...] = ("STATUS:OK",)) -> Job:
    """The job of a backup whose saveset is whole, after whose commit the agent was killed: before
    POST, or within it when it had said this. Returned as the next start ends it."""
    rig.add_task()
    rig.programs.put(PRE, *pre)
    rig.programs.put(POST)
    rig.set_options("docs", OTHERWISE)
    job = rig.start_backup()
    plan = rig.work.start(job.id, FIRST_DRIVE)
    assert plan is not None
    for part, lines in ((ProtocolPart.PRE, pre), (ProtocolPart.POST, post)):
        if lines is None:
            continue
        with protocol_of(rig.protocols, rig.clock, plan.job) as protocol:
            name = part.name
            protocol.line(Level.INFO, name, f"sbc_{name.lower()} runs; what it says is {name}")
        with_result = lines if part is ProtocolPart.PRE else ()
        written(rig, plan.job, part, lines, bool(with_result))
    rig.engine.interrupted[plan.job.saveset] = DONE
    return settled(rig)


def written(
    rig: Rig, job: Job, part: ProtocolPart, lines: tuple[str, ...], has_result: bool
) -> None:
    protocol = JobProtocol(rig.protocols.open(job, part), rig.clock, False)
    for line in lines:
        protocol.line(Level.INFO, "OUTPUT", line)
    if has_result:
        is_ok = lines[-1] == "STATUS:OK"
        protocol.line(Level.INFO if is_ok else Level.ERROR, "RESULT", lines[-1])


def settled(rig: Rig) -> Job:
    rig.clock.advance(timedelta(seconds=5))
    follow = rig.scheduler.follow
    [job] = Recovery(
        rig.changes, rig.engine, rig.protocols, rig.clock, follow, rig.around.again
    ).at_start()
    return job


LATE = "The agent stopped before this was entered, and entered it when it started again"


@pytest.mark.parametrize(
    ("post", "why"),
    [
        (None, "POST: sbc_post did not run, the agent stopped before"),
        (("unmounting",), "POST: it did not end before the agent stopped"),
        ((), "POST: it did not end before the agent stopped"),
    ],
)
def test_a_kill_before_or_in_post_keeps_the_saveset_and_is_told(
    idle_rig: Rig, post: tuple[str, ...] | None, why: str
) -> None:
    job = died(idle_rig, post=post)
    assert (job.state, job.message) == (JobState.WARNING, f"{why}; {LATE}")
    assert [saveset.name for saveset in idle_rig.saveset_list()] == [job.saveset]
    assert idle_rig.programs.runs == []


def test_a_kill_after_post_is_no_warning(idle_rig: Rig) -> None:
    idle_rig.add_task()
    idle_rig.programs.put(POST, "STATUS:OK")
    job = idle_rig.start_backup()
    plan = idle_rig.work.start(job.id, FIRST_DRIVE)
    assert plan is not None
    written(idle_rig, plan.job, ProtocolPart.POST, ("STATUS:OK",), True)
    idle_rig.engine.interrupted[plan.job.saveset] = DONE
    assert settled(idle_rig).state is JobState.OK


def test_that_pre_had_failed_is_not_forgotten(idle_rig: Rig) -> None:
    job = died(idle_rig, post=("x",), pre=("STATUS:ERROR no database",))
    assert job.state is JobState.WARNING
    assert job.message.startswith("PRE: STATUS:ERROR no database; POST: it did not end")
