"""sm_notify and sm_alarm: who is told what, and that nobody waits for it."""

import logging
import queue
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from server_agent.domain.events import BackupAction
from server_agent.domain.groups import TaskGroup
from server_agent.domain.interfaces import ALARM, NOTIFY, Module
from server_agent.domain.jobs import JobKind, JobState
from server_agent.domain.savesets import BackupType
from server_agent.ports import Control, EngineError
from server_agent.ports.programs import Ended, Output
from server_agent.service.day_report import STATE_COLUMNS, DayReport
from server_agent.service.location import Location
from server_agent.service.notice_texts import LARGEST_TEXT
from server_agent.service.notices import MOST_WAITING, Notices
from server_agent.service.starting import BackupOrder
from tests.agent.service.rig import Rig, request
from tests.agent.service.steered import DEADLINE, DONE, Gate
from tests.fakes.programs import FakePrograms, Run

HERE = Location("0-1-2", "Alpha", "fs-01", "1.0", "UTC", datetime(2026, 3, 4, tzinfo=UTC))


class Told(FakePrograms):
    """Both programs are there, and every call that has ended is counted."""

    def __init__(self) -> None:
        super().__init__()
        self._ended: queue.Queue[Run] = queue.Queue()
        for name in (NOTIFY, ALARM):
            self.put(name)

    def run(
        self, name: str, arguments: Sequence[str], facts: Mapping[str, str], control: Control
    ) -> Iterator[Output | Ended]:
        yield from super().run(name, arguments, facts, control)
        self._ended.put(Run(name, tuple(arguments), dict(facts)))

    def next(self) -> Run:
        return self._ended.get(timeout=DEADLINE)

    def nothing_more(self) -> bool:
        return self._ended.empty()


class Site:
    """A location whose jobs run, and that tells of them."""

    def __init__(self, seconds: float = DEADLINE, grace_seconds: float = DEADLINE) -> None:
        self.programs = Told()
        self.rig = Rig(programs=self.programs)
        self.rig.add_task()
        changes = self.rig.changes
        self.notices = Notices(changes, self.programs, HERE, seconds, grace_seconds)
        self.notices.begin()

    def start(self) -> None:
        self.notices.start()
        self.rig.runner.start()

    def stop(self) -> None:
        self.rig.runner.stop()
        self.notices.stop()


@pytest.fixture
def site() -> Iterator[Site]:
    site = Site()
    site.start()
    yield site
    site.stop()


def day_report(has_failures: bool, rows: int = 1) -> DayReport:
    row = dict.fromkeys(STATE_COLUMNS, "") | {"state": "X", "kind": "backup", "name": "docs"}
    row |= {"client": "host", "message": "The medium is full."}
    states = ("\t".join(STATE_COLUMNS), *["\t".join(row.values())] * rows)
    return DayReport(date(2026, 3, 4), "1 failed", True, states, (), has_failures)


def test_a_backup_that_went_well_is_a_notice(site: Site) -> None:
    job = site.rig.backed_up()
    run = site.programs.next()
    assert (run.program, run.arguments[0], len(run.arguments)) == (NOTIFY, "BACKUP", 2)
    assert run.arguments[1].splitlines() == [
        "Backup of task docs, client host: ok",
        f"FULL {job.saveset}, 400 bytes on the medium",
        "10 files, 1000 bytes, 0 not whole",
        "Job 1, sesam day 2026-03-04",
    ]
    assert run.facts == {
        "SESAM_INTERFACE": NOTIFY,
        "SESAM_MODULE": "BACKUP",
        "SESAM_LOCATION": "Alpha",
        "SESAM_LOCATION_ID": "0-1-2",
        "SESAM_JOB": job.id,
        "SESAM_STATE": "0",
        "SESAM_TASK": "docs",
        "SESAM_CLIENT": "host",
        "SESAM_EVENT": "docs",
        "SESAM_SAVESET": job.saveset,
        "SESAM_DAY": "2026-03-04",
    }
    assert site.programs.nothing_more()


def test_a_backup_that_failed_is_an_alarm(site: Site) -> None:
    site.rig.engine.scripts.append([EngineError("NO_SPACE", "the medium /m is full")])
    site.rig.backed_up()
    run = site.programs.next()
    assert (run.program, run.arguments[0]) == (ALARM, "BACKUP")
    assert run.arguments[1].splitlines()[:2] == [
        "Backup of task docs, client host: failed",
        "The medium /m is full",
    ]


def test_one_that_was_cancelled_before_it_ran_is_told_too(site: Site) -> None:
    gate = Gate()
    site.rig.engine.scripts.append([gate, DONE])
    site.rig.start_backup()
    gate.wait_until_reached()
    waiting = site.rig.start_backup()
    site.rig.jobs.cancel(request("CancelJob"), waiting.id)
    run = site.programs.next()
    assert (run.program, run.facts["SESAM_JOB"]) == (ALARM, waiting.id)
    assert run.arguments[1].splitlines()[1] == "Cancelled by the admin"
    gate.open()
    assert site.programs.next().program == NOTIFY


def test_a_restore(site: Site) -> None:
    saveset = site.rig.backed_up().saveset
    site.programs.next()
    site.rig.starting.start_restore(request("StartRestore"), saveset, (), b"/srv/back")
    run = site.programs.next()
    assert (run.program, run.arguments[0]) == (NOTIFY, "RESTORE")
    assert run.arguments[1].startswith("Restore of task docs, client host: ok\n12 files")


def test_a_group_is_told_once_behind_its_last_backup(site: Site) -> None:
    site.rig.add_task("mail")
    with site.rig.changes.write() as tx:
        tx.put_group(TaskGroup("all", ("docs", "mail")))
    gate = Gate()
    site.rig.engine.scripts.append([gate, EngineError("NO_SPACE", "the medium /m is full")])
    site.rig.starting.start_backup(
        request("StartBackup"), BackupOrder(BackupAction(BackupType.FULL, group="all"))
    )
    gate.wait_until_reached()
    assert site.programs.next().arguments[0] == "BACKUP"
    assert site.programs.nothing_more()
    gate.open()
    runs = [site.programs.next(), site.programs.next()]
    assert [(run.program, run.arguments[0]) for run in runs] == [
        (ALARM, "BACKUP"),
        (ALARM, "BACKUP_GROUP"),
    ]
    headline, *lines = runs[1].arguments[1].splitlines()
    assert headline == "Backup group all: 1 ok, 1 failed"
    assert sorted(lines) == ["0 mail (host)", "X docs (host): The medium /m is full"] or sorted(
        lines
    ) == ["0 docs (host)", "X mail (host): The medium /m is full"]
    assert runs[1].facts["SESAM_GROUP"] == "all"


@pytest.mark.parametrize(("has_failures", "program"), [(False, NOTIFY), (True, ALARM)])
def test_a_day(site: Site, has_failures: bool, program: str) -> None:
    site.notices.tell_day(day_report(has_failures))
    run = site.programs.next()
    assert (run.program, run.arguments[0]) == (program, "BACKUP_DAY")
    assert run.arguments[1] == (
        "Sesam day 2026-03-04: 1 failed\nX backup docs (host): The medium is full."
    )
    assert run.facts["SESAM_DAY"] == "2026-03-04"


def test_a_text_is_no_longer_than_a_call_can_take(site: Site) -> None:
    site.notices.tell_day(day_report(True, rows=10_000))
    text = site.programs.next().arguments[1]
    assert len(text.encode()) <= LARGEST_TEXT + 100
    kept = text.splitlines()
    assert kept[-1] == f"... and {10_000 - (len(kept) - 2)} more"


def test_others_may_tell_something(site: Site) -> None:
    site.notices.tell(Module.SM_GET_VOLUME, False, "DISK00002 is wanted\0", {"SESAM_LABEL": "x"})
    run = site.programs.next()
    assert (run.program, run.arguments) == (ALARM, ("SM_GET_VOLUME", "DISK00002 is wanted"))
    assert run.facts["SESAM_LABEL"] == "x"


def test_only_the_program_that_is_there_is_called(site: Site) -> None:
    site.programs.remove(NOTIFY)
    site.rig.backed_up()
    site.rig.engine.scripts.append([EngineError("NO_SPACE", "The medium is full.")])
    site.rig.backed_up()
    assert site.programs.next().program == ALARM
    assert site.programs.nothing_more()


def test_what_ended_before_they_were_switched_on_is_not_told(site: Site) -> None:
    site.programs.remove(NOTIFY)
    site.programs.remove(ALARM)
    site.rig.backed_up()
    deadline = time.monotonic() + DEADLINE
    while site.notices.looked_up_to != site.rig.catalogue_revision():
        assert time.monotonic() < deadline, "nobody has looked"
        threading.Event().wait(0.005)
    site.programs.put(NOTIFY)
    second = site.rig.backed_up()
    assert site.programs.next().facts["SESAM_JOB"] == second.id


def test_a_job_that_an_earlier_agent_left_is_told_from_begin_on() -> None:
    site = Site()
    queued, now = site.rig.start_backup(), site.rig.clock.now()
    job = replace(queued, state=JobState.BROKEN, start_time=now, end_time=now)
    with site.rig.changes.write() as tx:
        tx.put_job(job)
    site.notices.start()
    run = site.programs.next()
    site.notices.stop()
    assert (run.program, run.facts["SESAM_JOB"]) == (ALARM, job.id)
    assert job.kind is JobKind.BACKUP


def test_a_slow_program_holds_up_no_job() -> None:
    site = Site()
    gate = Gate()
    site.programs.put(NOTIFY, gate.pass_through)
    site.start()
    first = site.rig.backed_up()
    gate.wait_until_reached()
    second = site.rig.backed_up()
    assert second.state is JobState.OK
    gate.open()
    assert [site.programs.next().facts["SESAM_JOB"] for _ in range(2)] == [first.id, second.id]
    site.stop()


@pytest.mark.logs_warnings
def test_a_program_that_fails_is_in_the_log_and_fails_no_job(
    site: Site, caplog: pytest.LogCaptureFixture
) -> None:
    site.programs.put(NOTIFY, "no route", status=2)
    assert site.rig.backed_up().state is JobState.OK
    site.programs.next()
    site.stop()
    assert caplog.messages == [
        "sm_notify was not told BACKUP (Backup of task docs, client host: ok): "
        "it ended with status 2: no route"
    ]


@pytest.mark.logs_warnings
def test_a_program_that_does_not_end_is_ended(caplog: pytest.LogCaptureFixture) -> None:
    site = Site(seconds=0.05)
    told = threading.Event()

    def hang(control: Control) -> None:
        control.on_cancel(told.set)
        assert told.wait(DEADLINE)

    site.programs.put(NOTIFY, hang)
    site.start()
    site.rig.backed_up()
    assert told.wait(DEADLINE)
    site.stop()
    [line] = caplog.messages
    assert line.endswith("it did not end within 0.05 s")


@pytest.mark.logs_warnings
def test_the_end_of_the_agent_waits_a_while_and_then_says_who_was_not_told(
    caplog: pytest.LogCaptureFixture,
) -> None:
    site = Site(grace_seconds=0.05)
    gate = Gate()
    site.programs.put(NOTIFY, gate.pass_through)
    site.notices.start()
    for number in range(3):
        site.notices.tell(Module.LICENSE, True, f"text {number}\nmore")
    gate.wait_until_reached()
    site.notices.stop()
    assert caplog.messages == [
        f"sm_notify was not told LICENSE (text {number}): the agent stops" for number in range(3)
    ]


def test_what_is_known_at_the_end_of_the_agent_is_told(site: Site) -> None:
    job = site.rig.backed_up()
    site.stop()
    assert [run.facts["SESAM_JOB"] for run in site.programs.runs] == [job.id]


@pytest.mark.logs_warnings
def test_no_more_wait_than_are_bearable(caplog: pytest.LogCaptureFixture) -> None:
    site = Site()
    for number in range(MOST_WAITING + 2):
        site.notices.tell(Module.LICENSE, True, f"text {number}")
    assert caplog.messages == [
        f"sm_notify was not told LICENSE (text {number}): {MOST_WAITING} others are waiting"
        for number in (MOST_WAITING, MOST_WAITING + 1)
    ]
    site.notices.start()
    for _ in range(MOST_WAITING):
        site.programs.next()
    site.notices.stop()


@pytest.mark.logs_warnings
def test_a_change_log_that_is_too_short_is_said(
    site: Site, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    caplog.set_level(logging.WARNING)
    site.notices._revision = 10**9  # ahead of the log, as after a catalogue was put back
    site.rig.changes.wake()
    site.rig.clock.advance(timedelta(seconds=1))
    for _ in range(500):
        if caplog.messages:
            break
        site.rig.changes.wake()
        threading.Event().wait(0.01)
    assert caplog.messages[0].startswith("what has ended meanwhile is not told")
    job = site.rig.backed_up()
    assert site.programs.next().facts["SESAM_JOB"] == job.id
