"""The job of NEWDAY, and what belongs to which sesam day when a job waits over it."""

from datetime import date, timedelta

import pytest

from server_agent.domain.access import Caller, Role
from server_agent.domain.calendar import EntryState
from server_agent.domain.errors import RoleRequired
from server_agent.domain.events import NEWDAY
from server_agent.domain.jobs import Job, JobKind, JobState
from server_agent.ports import EngineError, JobQuery
from server_agent.service.newday_job import CALENDAR_KEPT
from tests.agent.service.rig import Rig, request
from tests.agent.service.steered import DONE, Gate

TO_NEWDAY = timedelta(hours=19)  # from noon in UTC to 08:00 the next day in Berlin


def newday(rig: Rig, after: timedelta = TO_NEWDAY) -> Job:
    """The job of the next NEWDAY, ended."""
    rig.clock.advance(after)
    rig.scheduler.look()

    def look() -> Job | None:
        for live in rig.jobs.find(JobQuery(), None, 1000, False).jobs.items:
            is_new = live.job.create_time == rig.clock.now()
            if live.job.kind is JobKind.NEWDAY and is_new and not live.job.state.is_open:
                return live.job
        return None

    return rig.eventually(look)


def test_it_reports_the_day_that_ended(rig: Rig) -> None:
    rig.scheduler.look()
    rig.backed_up()
    rig.engine.scripts.append([EngineError("NO_SPACE", "The medium is full.")])
    rig.backed_up()
    rig.clock.advance(timedelta(hours=13))  # after midnight it is the same day
    rig.backed_up()
    job = newday(rig, timedelta(hours=6))
    assert (job.state, job.event) == (JobState.OK, NEWDAY)
    assert job.message == "Wed 04 Mar: 1 failed, 2 ok"
    assert job.sesam_day == date(2026, 3, 5)
    assert [(line.code, line.text) for line in rig.protocol(job)] == [
        ("EVENT", f"Event NEWDAY, job {job.id}"),
        ("DAY_CLOSED", "Sesam day Wed 04 Mar 2026 is closed: 1 failed, 2 ok"),
        ("CALENDAR_KEPT", "The calendar is kept from 28 Jan 2025 on"),
        ("RESULT", "OK: Wed 04 Mar: 1 failed, 2 ok: 0.0 s"),
    ]


def test_a_day_without_anything(rig: Rig) -> None:
    rig.scheduler.look()
    assert newday(rig).message == "Wed 04 Mar: nothing was planned and nothing ran"


def test_what_still_runs_is_told(rig: Rig) -> None:
    rig.scheduler.look()
    gate = Gate()
    rig.engine.scripts.append([gate, DONE])
    running = rig.start_backup()
    gate.wait_until_reached()
    queued = rig.start_backup()
    # One that waits for so long is late in the calendar.
    assert newday(rig).message == "Wed 04 Mar: 1 late, 1 still running"
    gate.open()
    rig.ended(running)
    rig.ended(queued)


def test_it_takes_no_drive_and_waits_for_nobody(rig: Rig) -> None:
    rig.scheduler.look()
    rig.add_task("mail")
    gates = [Gate(), Gate()]
    rig.engine.scripts.extend([gate, DONE] for gate in gates)
    jobs = [rig.start_backup(), rig.start_backup(task="mail")]
    for gate in gates:
        gate.wait_until_reached()
    assert newday(rig).drive == ""
    for gate in gates:
        gate.open()
    for job in jobs:
        rig.ended(job)


def test_it_forgets_the_calendar_that_is_kept_long_enough(rig: Rig) -> None:
    rig.scheduler.look()
    job = rig.backed_up()
    with rig.changes.read() as view:
        assert view.cells(job.sesam_day, job.sesam_day)
    newday(rig)
    with rig.changes.read() as view:
        assert view.cells(job.sesam_day, job.sesam_day)
    newday(rig, CALENDAR_KEPT)
    with rig.changes.read() as view:
        assert view.cells(job.sesam_day, job.sesam_day)
    newday(rig, timedelta(days=1))
    with rig.changes.read() as view:
        assert view.cells(job.sesam_day, job.sesam_day) == []
    # What the job itself has come to is kept.
    assert rig.job(job).state is JobState.OK


@pytest.mark.parametrize(("hours", "day"), [(18, "2026-03-04"), (20, "2026-03-05")])
def test_a_job_belongs_to_the_day_on_which_it_starts(idle_rig: Rig, hours: int, day: str) -> None:
    rig = idle_rig
    rig.add_task()
    rig.scheduler.look()
    job = rig.start_backup()
    assert job.sesam_day == date(2026, 3, 4)
    rig.clock.advance(timedelta(hours=hours))
    rig.scheduler.look()
    rig.runner.start()
    ended = rig.ended(job)
    rig.runner.stop()
    assert ended.sesam_day == date.fromisoformat(day)
    assert rig.engine.backups[0].sesam_day == ended.sesam_day
    assert rig.savesets.get(ended.saveset).saveset.sesam_day == ended.sesam_day
    with rig.changes.read() as view:
        cells = view.cells(date(2026, 3, 4), date(2026, 3, 5))
    states = {cell.key.day: cell.state for cell in cells if cell.key.name == "docs"}
    assert states == {ended.sesam_day: EntryState.OK}


@pytest.mark.logs_warnings
def test_one_that_fails_to_start_belongs_to_the_day_on_which_it_failed(idle_rig: Rig) -> None:
    rig = idle_rig
    rig.add_task()
    rig.scheduler.look()
    job = rig.start_backup()
    rig.clock.advance(timedelta(hours=20))
    rig.work.refuse(job.id, RuntimeError("no thread is left"))
    ended = rig.job(job)
    assert (ended.state, ended.sesam_day) == (JobState.ERROR, date(2026, 3, 5))
    with rig.changes.read() as view:
        cells = view.cells(date(2026, 3, 4), date(2026, 3, 5))
    assert [(cell.key.day, cell.state) for cell in cells if cell.key.name == "docs"] == [
        (date(2026, 3, 5), EntryState.ERROR)
    ]


def test_one_that_is_cancelled_in_the_queue_stays_on_its_day(idle_rig: Rig) -> None:
    rig = idle_rig
    rig.add_task()
    rig.scheduler.look()
    job = rig.start_backup()
    rig.clock.advance(timedelta(hours=20))
    rig.jobs.cancel(request("CancelJob"), job.id)
    assert rig.job(job).sesam_day == date(2026, 3, 4)


def test_only_an_administrator_may_cancel_it(idle_rig: Rig) -> None:
    rig = idle_rig
    rig.scheduler.look()
    rig.clock.advance(TO_NEWDAY)
    rig.scheduler.look()
    [live] = rig.jobs.find(JobQuery(), None, 10, False).jobs.items
    operator = Caller("the operator", Role.OPERATOR, "2")
    with pytest.raises(RoleRequired):
        rig.jobs.cancel(request("CancelJob", operator), live.job.id)
    assert rig.jobs.cancel(request("CancelJob"), live.job.id).job.state is JobState.CANCELLED
    # The day has ended all the same.
    with rig.changes.read() as view:
        assert [start.day for start in view.day_starts(date(2026, 3, 1))] == [date(2026, 3, 5)]
