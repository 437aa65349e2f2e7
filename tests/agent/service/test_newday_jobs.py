"""The job of NEWDAY, and what belongs to which sesam day when a job waits over it."""

from dataclasses import replace
from datetime import date, time, timedelta

import pytest

from server_agent.domain.access import Caller, Role
from server_agent.domain.calendar import EntryState
from server_agent.domain.errors import RoleRequired
from server_agent.domain.events import NEWDAY, BackupAction, CommandAction, Event
from server_agent.domain.jobs import Job, JobKind, JobState, Level
from server_agent.domain.savesets import BackupType
from server_agent.ports import Compressed, EngineError, JobQuery, Message
from server_agent.ports.day_logs import DayLogError
from server_agent.service.calendar import Calendar, CalendarQuery
from server_agent.service.collection import etag
from server_agent.service.newday_job import CALENDAR_KEPT, repeat_newday
from server_agent.service.plan_objects import Schedules
from server_agent.service.recovery import Recovery
from server_agent.service.taking_back import TakingBack
from tests.agent.service.rig import LISTINGS_PLAIN, Rig, request
from tests.agent.service.steered import DONE, Gate
from tests.fakes.catalogue_records import SCHEDULE

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
    last = newday(rig, timedelta(days=1))
    with rig.changes.read() as view:
        assert view.cells(job.sesam_day, job.sesam_day) == []
    [line] = [line for line in rig.protocol(last) if line.code == "CALENDAR_KEPT"]
    assert line.text == "The calendar and the logs of days are kept from 05 Mar 2026 on"
    # What the job itself has come to is kept.
    assert rig.job(job).state is JobState.OK


@pytest.mark.logs_warnings
def test_a_clock_that_leaps_ahead_makes_it_forget_nothing(rig: Rig) -> None:
    """But a day on which it is still there does: then it is right, or nobody cares."""
    rig.scheduler.look()
    job = rig.backed_up()
    newday(rig)
    leap = timedelta(days=800)
    assert "CALENDAR_KEPT" not in rig.codes(newday(rig, leap))
    rig.clock.advance(timedelta(hours=1) - leap)
    rig.scheduler.look()
    with rig.changes.read() as view:
        assert view.cells(job.sesam_day, job.sesam_day)
    assert rig.day_logs.is_closed(job.sesam_day)


def test_it_writes_the_logs_of_the_day(rig: Rig) -> None:
    rig.scheduler.look()
    first = rig.backed_up()
    rig.engine.scripts.append([EngineError("NO_SPACE", "The medium is full.")])
    second = rig.backed_up()
    job = newday(rig)
    states, happened = rig.day_logs.closed[date(2026, 3, 4)]
    rows = [dict(zip(states[0].split("\t"), line.split("\t"), strict=True)) for line in states[1:]]
    assert [(row["state"], row["kind"], row["name"], row["job"]) for row in rows] == [
        ("0", "backup", "docs", first.id),
        ("X", "backup", "docs", second.id),
    ]
    assert rows[0]["start"] == "2026-03-04 13:00:00+01:00"
    assert (rows[0]["saveset"], rows[0]["files"]) == (first.saveset, "10")
    assert happened[-1].endswith("Sesam day 2026-03-04 is closed: 1 failed, 1 ok")
    assert [line.partition("\t")[2] for line in happened[:-1] if f"job {second.id}" in line] == [
        f"INFO\tstarted backup docs, job {second.id}",
        f"ERROR\tended backup docs, job {second.id}, error: {rows[1]['message']}",
    ]
    assert job.sesam_day not in rig.day_logs.closed
    assert rig.day_logs.begun == [job.sesam_day]


def test_what_ran_over_its_end_is_told_when_the_next_day_is_closed(rig: Rig) -> None:
    rig.scheduler.look()
    gate = Gate()
    rig.engine.scripts.append([gate, DONE])
    running = rig.start_backup()
    gate.wait_until_reached()
    newday(rig)
    day = date(2026, 3, 4)
    assert [line[0] for line in rig.day_logs.closed[day][0][1:]] == ["a"]
    newday(rig, timedelta(days=1))
    assert [line[0] for line in rig.day_logs.closed[day][0][1:]] == ["a"]
    gate.open()
    rig.ended(running)
    job = newday(rig, timedelta(days=1))
    assert job.message == "Fri 06 Mar: nothing was planned and nothing ran; Wed 04 Mar: 1 ok"
    assert [line[0] for line in rig.day_logs.closed[day][0][1:]] == ["0"]
    assert newday(rig, timedelta(days=1)).message.startswith("Sat 07 Mar: nothing was planned")


def test_a_job_is_told_on_the_day_on_which_it_started(rig: Rig) -> None:
    """As in the calendar, although it was planned on the day before."""
    rig.scheduler.look()
    gate = Gate()
    rig.engine.scripts.append([gate, DONE])
    rig.engine.scripts.append([EngineError("NO_SPACE", "The medium is full.")])
    running = rig.start_backup()
    gate.wait_until_reached()
    queued = rig.start_backup()
    newday(rig)
    gate.open()
    rig.ended(running)
    assert rig.ended(queued).sesam_day == date(2026, 3, 5)
    job = newday(rig, timedelta(days=1))
    assert job.message == "Thu 05 Mar: 1 failed; Wed 04 Mar: 1 ok"
    states = {day: [line[0] for line in log[0][1:]] for day, log in rig.day_logs.closed.items()}
    assert states == {date(2026, 3, 4): ["0"], date(2026, 3, 5): ["X", "0"]}  # with its NEWDAY


def test_a_second_one_on_the_same_date_closes_nothing(rig: Rig) -> None:
    rig.scheduler.look()
    newday(rig)
    rig.clock.advance(timedelta(hours=1))
    with rig.changes.read() as view:
        schedule = view.schedule(NEWDAY)
    assert schedule is not None
    schedules = Schedules(rig.changes, rig.clock, rig.scheduler)
    schedules.update(request(), replace(schedule, start_time=time(20)), etag(schedule))
    rig.backed_up()
    job = newday(rig, timedelta(hours=11))
    assert (job.sesam_day, job.message) == (date(2026, 3, 5), "No sesam day ended")
    assert sorted(rig.day_logs.closed) == [date(2026, 3, 4)]
    assert newday(rig, timedelta(days=1)).message == "Thu 05 Mar: 1 ok"


def test_one_that_follows_another_job_closes_nothing(rig: Rig) -> None:
    rig.programs.put("report")
    rig.add_event("tell", CommandAction("report"), follow_up=NEWDAY)
    rig.start_event("tell")

    def followed() -> Job | None:
        jobs = [live.job for live in rig.jobs.find(JobQuery(), None, 9, False).jobs.items]
        ended = [job for job in jobs if job.kind is JobKind.NEWDAY and not job.state.is_open]
        return ended[0] if ended else None

    job = rig.eventually(followed)
    assert (job.state, job.message) == (JobState.OK, "No sesam day ended")
    assert rig.day_logs.closed == {}


def test_logs_that_cannot_be_written_are_named(rig: Rig) -> None:
    rig.scheduler.look()
    rig.day_logs.error = DayLogError("/prot/20260304.prt cannot be written: Permission denied")
    job = newday(rig)
    assert (job.state, rig.codes(job)[-1]) == (JobState.ERROR, "DAY_LOG")
    assert job.message == (
        "/prot/20260304.prt cannot be written: Permission denied. "
        "Put that right: the next start of the agent or NEWDAY does it again"
    )
    assert rig.day_logs.begun == [date(2026, 3, 5)]  # the day has begun all the same


def test_what_was_given_up_is_in_the_log_of_the_day(rig: Rig) -> None:
    rig.scheduler.look()
    with rig.changes.write() as tx:
        tx.put_schedule(replace(SCHEDULE, name="evening", change_time=rig.clock.now()))
    event = Event("", "nightly", BackupAction(BackupType.FULL, "docs"), "evening", rig.clock.now())
    event = rig.events.create(request(), event)
    TakingBack(rig.changes, rig.clock, rig.scheduler).cancel(request(), event.id, None)
    assert newday(rig).message == "Wed 04 Mar: 1 cancelled"
    [told, _] = rig.day_logs.closed[date(2026, 3, 4)][1]
    when, level, text = told.split("\t")
    assert (when, level) == ("2026-03-04 13:00:00+01:00", "WARNING")
    assert text == "cancelled backup docs of 2026-03-04 20:00:00+01:00: taken back, the admin"


def test_days_that_nobody_closed_are_closed_too(rig: Rig) -> None:
    rig.scheduler.look()
    newday(rig)
    rig.day_logs.closed.clear()
    newday(rig, timedelta(days=1))
    # The agent slept over three of them; the newest is made.
    rig.clock.advance(timedelta(days=2))
    job = newday(rig, timedelta(days=1))
    lines = [line.text for line in rig.protocol(job) if line.code == "DAY_CLOSED"]
    assert lines == [
        f"Sesam day {day} Mar 2026 is closed: nothing was planned and nothing ran"
        for day in ("Fri 06", "Sat 07", "Sun 08")
    ]
    assert sorted(rig.day_logs.closed) == [date(2026, 3, day) for day in range(4, 9)]


def test_it_has_old_listings_compressed(rig: Rig) -> None:
    rig.scheduler.look()
    before = date(2026, 3, 4) - LISTINGS_PLAIN
    rig.engine.listings[before] = [Compressed("a", 1000, 100), Compressed("b", 500, 60)]
    job = newday(rig)
    assert (job.state, rig.engine.compressed_before) == (JobState.OK, [before])
    [line] = [line for line in rig.protocol(job) if line.code == "COMPRESSED"]
    assert line.text == "Compressed 2 listings from before 25 Feb 2026: 1500 to 160 bytes"


def test_one_that_cannot_be_compressed_is_a_warning(rig: Rig) -> None:
    rig.scheduler.look()
    before = date(2026, 3, 4) - LISTINGS_PLAIN
    kept = Message(Level.WARNING, "LISTING_KEPT", "a stays as it is")
    rig.engine.listings[before] = [kept, Compressed("b", 500, 60)]
    job = newday(rig)
    assert job.state is JobState.WARNING
    assert job.message.endswith("; 1 listing could not be compressed")
    assert "LISTING_KEPT" in rig.codes(job)


def test_it_can_be_cancelled(rig: Rig) -> None:
    rig.scheduler.look()
    gate = Gate()
    rig.engine.listings[date(2026, 3, 4) - LISTINGS_PLAIN] = [gate]
    rig.clock.advance(TO_NEWDAY)
    rig.scheduler.look()
    gate.wait_until_reached()
    [live] = rig.jobs.find(JobQuery(), None, 1, False).jobs.items
    rig.jobs.cancel(request("CancelJob"), live.job.id)
    assert rig.ended(live.job).state is JobState.CANCELLED


def test_it_has_media_tidied(rig: Rig) -> None:
    rig.scheduler.look()
    rig.engine.untidy = [Message(Level.INFO, "TIDIED", "POOL00001 is tidied")]
    job = newday(rig)
    assert job.state is JobState.OK
    assert "TIDIED" in rig.codes(job)


def test_a_cancel_while_media_are_tidied_costs_nothing_else(rig: Rig) -> None:
    rig.scheduler.look()
    gate = Gate()
    rig.engine.untidy = [gate]
    rig.clock.advance(TO_NEWDAY)
    rig.scheduler.look()
    gate.wait_until_reached()
    [live] = rig.jobs.find(JobQuery(), None, 1, False).jobs.items
    rig.jobs.cancel(request("CancelJob"), live.job.id)
    job = rig.ended(live.job)
    assert job.state is JobState.OK
    assert "NOT_TIDIED" in rig.codes(job)


def test_it_waits_for_the_one_before(rig: Rig) -> None:
    """Which may have a great many listings to compress: the day after it is closed all the same."""
    rig.scheduler.look()
    gate = Gate()
    rig.engine.listings[date(2026, 3, 4) - LISTINGS_PLAIN] = [gate]
    rig.clock.advance(TO_NEWDAY)
    rig.scheduler.look()
    gate.wait_until_reached()
    [first] = [live.job for live in rig.jobs.find(JobQuery(), None, 9, False).jobs.items]
    rig.clock.advance(timedelta(days=1))
    rig.scheduler.look()

    def waiting() -> Job | None:
        live = rig.jobs.find(JobQuery(), None, 9, False).jobs.items[0]
        return live.job if live.waiting is not None and live.waiting.job == first.id else None

    second = rig.eventually(waiting)
    gate.open()
    assert rig.ended(first).state is JobState.OK
    assert rig.ended(second).state is JobState.OK
    assert sorted(rig.day_logs.closed) == [date(2026, 3, 4), date(2026, 3, 5)]


def restarted(rig: Rig) -> bool:
    """What the agent does about NEWDAY when it starts."""
    with rig.changes.write() as tx:
        rig.scheduler.settle(tx)
        return repeat_newday(tx, rig.clock)


@pytest.mark.logs_warnings
@pytest.mark.parametrize("error", [OSError("no"), EngineError("SYSTEM", "no")])
def test_one_that_failed_is_repeated_once_at_the_next_start(rig: Rig, error: Exception) -> None:
    rig.scheduler.look()
    before = date(2026, 3, 4) - LISTINGS_PLAIN
    rig.engine.listings[before] = [error]
    failed = newday(rig)
    assert failed.state is JobState.ERROR
    rig.clock.advance(timedelta(minutes=10))
    assert restarted(rig)
    assert not restarted(rig)
    rig.runner.wake()

    def repeated() -> Job | None:
        [job, *_] = [each.job for each in rig.jobs.find(JobQuery(), None, 9, False).jobs.items]
        return None if job.state.is_open else job

    job = rig.eventually(repeated)
    assert (job.state, job.message, job.planned_time) == (
        JobState.OK,
        "Wed 04 Mar: nothing was planned and nothing ran",
        failed.planned_time,
    )
    assert "REPEATED" in rig.codes(job)
    calendar = Calendar(rig.changes, rig.clock)
    span = CalendarQuery(rig.clock.now() - timedelta(days=1), rig.clock.now())
    [entry] = calendar.find(span, None, 9).items
    assert (entry.event, entry.state, entry.started_late, entry.job_id) == (
        NEWDAY,
        EntryState.OK,
        True,
        job.id,
    )
    assert not restarted(rig)


def test_one_whose_agent_was_killed_is_repeated(idle_rig: Rig) -> None:
    rig = idle_rig
    rig.scheduler.look()
    rig.clock.advance(TO_NEWDAY)
    rig.scheduler.look()
    [live] = rig.jobs.find(JobQuery(), None, 9, False).jobs.items
    assert rig.work.start(live.job.id, "") is not None
    rig.clock.advance(timedelta(hours=3))
    follow = rig.scheduler.follow
    [broken] = Recovery(rig.changes, rig.engine, rig.protocols, rig.clock, follow).at_start()
    assert (broken.kind, broken.state) == (JobKind.NEWDAY, JobState.BROKEN)
    assert restarted(rig)
    [again, _] = [each.job for each in rig.jobs.find(JobQuery(), None, 9, False).jobs.items]
    assert (again.state, again.planned_time) == (JobState.QUEUED, broken.planned_time)
    # Killed again, it is left to the next one.
    rig.work.start(again.id, "")
    Recovery(rig.changes, rig.engine, rig.protocols, rig.clock, follow).at_start()
    assert not restarted(rig)


def test_one_that_went_well_or_was_cancelled_is_not_repeated(rig: Rig) -> None:
    assert not restarted(rig)  # there was none yet
    rig.scheduler.look()
    newday(rig)
    assert not restarted(rig)


def test_a_newer_one_does_what_a_broken_one_left(rig: Rig) -> None:
    rig.scheduler.look()
    rig.day_logs.error = DayLogError("no")
    assert newday(rig).state is JobState.ERROR
    assert rig.day_logs.closed == {}
    rig.clock.advance(timedelta(days=1))
    assert not restarted(rig)  # the next has come due meanwhile
    rig.runner.wake()

    def ended() -> Job | None:
        job = rig.jobs.find(JobQuery(), None, 1, False).jobs.items[0].job
        return None if job.state.is_open else job

    assert rig.eventually(ended).state is JobState.OK
    assert sorted(rig.day_logs.closed) == [date(2026, 3, 4), date(2026, 3, 5)]


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
