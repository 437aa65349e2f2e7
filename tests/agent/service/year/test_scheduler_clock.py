"""The plan under clocks that are set, and the calendar and its sheet meanwhile."""

import random
from dataclasses import replace
from datetime import date, datetime, time, timedelta

import pytest

from server_agent.domain.calendar import Entry, EntryState
from server_agent.domain.events import NEWDAY, BackupAction, CommandAction
from server_agent.domain.jobs import JobKind, JobState
from server_agent.domain.occurrences import Cause
from server_agent.domain.queue import FIRST_DRIVE, Drive
from server_agent.domain.savesets import BackupType
from server_agent.service.calendar import CalendarQuery
from tests.agent.domain.plans import schedule
from tests.agent.service.year.location import Location, minutes, utc
from tests.agent.service.year.sheets import cells, summed

EVENING = utc("2026-03-02 20:00")
MONDAY = utc("2026-03-02 12:00")
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
FULL = BackupAction(BackupType.FULL, task="docs")
FIRST, LAST = date(2026, 2, 28), date(2026, 3, 12)


def go_to(location: Location, moment: datetime) -> None:
    location.clock.advance(moment - location.clock.now())
    location.look()


def of_it(location: Location, page: int = 1000) -> list[Entry]:
    """The event it in the calendar of all these days."""
    found = location.entries(utc("2026-02-28"), utc("2026-03-12"), page)
    keys = [(entry.slot.planned_time, entry.slot.event_id, entry.task) for entry in found]
    assert keys == sorted(set(keys))
    return [entry for entry in found if entry.event == "it"]


def check_sheet(location: Location) -> None:
    entries = location.entries(utc("2026-02-25"), utc("2026-03-15"))
    wanted = {key: each for key, each in summed(entries).items() if FIRST <= key[1] <= LAST}
    assert cells(location.sheets.sheet(FIRST, LAST)) == wanted


@pytest.fixture
def daily(location: Location) -> Location:
    """With an event it at eight every evening."""
    location.add_event("it", FULL, "evening")
    return location


@pytest.mark.logs_warnings
def test_set_back_by_an_hour_nothing_starts_twice(daily: Location) -> None:
    go_to(daily, EVENING + minutes(5))
    [job] = daily.admit()
    daily.end(job.id)
    go_to(daily, EVENING - minutes(55))
    for page in (1, 2, 1000):
        states = [entry.state for entry in of_it(daily, page)]
        assert states == [EntryState.OK] + [EntryState.PLANNED] * 9
    check_sheet(daily)
    go_to(daily, EVENING + minutes(1))
    assert daily.jobs() == []
    check_sheet(daily)
    go_to(daily, EVENING + DAY)
    assert [job.planned_time for job in daily.jobs() if job.event == "it"] == [EVENING + DAY]


@pytest.mark.logs_warnings
def test_what_a_clock_that_was_ahead_gave_up_is_made_when_its_time_comes(daily: Location) -> None:
    go_to(daily, EVENING + 2 * DAY + HOUR)
    for job in daily.admit():
        daily.end(job.id)
    go_to(daily, EVENING - HOUR)
    assert len(of_it(daily)) == 10
    check_sheet(daily)
    for number in range(2):
        go_to(daily, EVENING + number * DAY)
        [started] = [job for job in daily.admit() if job.event == "it"]
        assert started.planned_time == EVENING + number * DAY
        daily.end(started.id)
        check_sheet(daily)
    # The newest was made by the wrong clock; it is not made again.
    go_to(daily, EVENING + 2 * DAY)
    assert [job for job in daily.jobs() if job.event == "it"] == []
    assert [entry.state for entry in of_it(daily)][:3] == [EntryState.OK] * 3


@pytest.mark.logs_warnings
def test_what_is_made_late_in_the_next_day_is_no_longer_missed_in_its_own(
    location: Location,
) -> None:
    location.add_schedule(replace(schedule(start_time=time(7), window=2 * HOUR), name="early"))
    location.add_event("it", FULL, "early")
    seven = utc("2026-03-03 07:00")
    go_to(location, seven + 3 * HOUR)  # the window is over, and a new day has begun
    assert [entry.cause for entry in of_it(location)][:1] == [Cause.WINDOW_OVER]
    go_to(location, seven - HOUR)
    go_to(location, seven + minutes(90))
    for job in location.admit():
        location.end(job.id)
    [entry, *_] = of_it(location)
    assert (entry.state, entry.sesam_day) == (EntryState.OK, date(2026, 3, 3))
    check_sheet(location)


@pytest.mark.logs_warnings
def test_days_that_a_clock_that_was_ahead_has_begun_are_days_when_they_come(
    location: Location,
) -> None:
    location.change_schedule(NEWDAY, schedule("FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR", time(8)))
    go_to(location, MONDAY + 5 * DAY)
    go_to(location, EVENING + 9 * DAY)
    go_to(location, MONDAY + 5 * DAY)
    location.add_schedule(replace(schedule(start_time=time(2)), name="night"))
    wednesday = replace(schedule("FREQ=WEEKLY;BYDAY=WE", time(20)), name="wednesday")
    location.add_schedule(wednesday)
    location.add_event("it", FULL, "night")
    location.add_event("more important", FULL, "wednesday", priority=9)
    go_to(location, EVENING + 9 * DAY + HOUR)
    days = [(entry.slot.planned_time.day, entry.sesam_day.day) for entry in of_it(location)]
    assert days[:4] == [(8, 6), (9, 6), (10, 9), (11, 11)]  # the last one was made late
    check_sheet(location)


@pytest.mark.logs_warnings
def test_a_plan_that_was_changed_by_a_clock_years_ahead_is_not_silent_for_years(
    daily: Location,
) -> None:
    go_to(daily, EVENING + 700 * DAY)
    daily.change_schedule("evening", schedule(start_time=time(21)))
    daily.change_event(replace(daily.event("it"), priority=5))
    for job in daily.admit():
        daily.end(job.id)
    go_to(daily, MONDAY + minutes(1))
    coming = [entry for entry in of_it(daily) if entry.state is EntryState.PLANNED]
    assert [entry.slot.planned_time for entry in coming][:2] == [
        EVENING + HOUR,
        EVENING + HOUR + DAY,
    ]
    go_to(daily, EVENING + HOUR)
    assert [(job.planned_time, job.priority) for job in daily.jobs() if job.event == "it"] == [
        (EVENING + HOUR, 5)
    ]


@pytest.mark.logs_warnings
def test_what_was_changed_by_a_clock_that_was_ahead_is_started_behind_its_time(
    daily: Location,
) -> None:
    daily.clock.advance(300 * DAY)
    daily.change_schedule("evening", schedule(start_time=time(21)))
    daily.add_event("more", replace(FULL, task="mail"), "evening")
    go_to(daily, MONDAY)
    for job in daily.admit():
        daily.end(job.id)
    for number in range(3):
        go_to(daily, EVENING + HOUR + number * DAY - minutes(1))
        go_to(daily, EVENING + HOUR + number * DAY + minutes(0.2))
        started = [job for job in daily.admit() if job.kind is JobKind.BACKUP]
        assert sorted(job.event for job in started) == ["it", "more"]
        assert {job.planned_time for job in started} == {EVENING + HOUR + number * DAY}
        for job in started:
            daily.end(job.id)


@pytest.mark.logs_warnings
def test_a_blocker_that_was_changed_by_a_clock_that_was_ahead_blocks(daily: Location) -> None:
    daily.clock.advance(300 * DAY)
    weekly = schedule(start_time=time(19), window=3 * HOUR)
    daily.add_schedule(replace(weekly, name="before"))
    daily.add_event("more", replace(FULL, task="mail"), "before", priority=9, blocking=True)
    go_to(daily, MONDAY)
    planned = [entry for entry in of_it(daily) if entry.state is EntryState.PLANNED]
    assert {entry.by for entry in planned} == {"more"}
    go_to(daily, EVENING - HOUR + minutes(0.1))
    go_to(daily, EVENING + minutes(0.1))
    assert [(entry.state, entry.by) for entry in of_it(daily)][:1] == [(EntryState.BLOCKED, "more")]


@pytest.mark.logs_warnings
def test_a_clock_that_is_not_set_yet_undoes_nothing(daily: Location) -> None:
    go_to(daily, EVENING + 3 * DAY)
    daily.change_schedule("evening", schedule(start_time=time(21)))
    found = of_it(daily)
    assert [entry.state.value for entry in found[:5]] == ["m", "m", "m", "q", "p"]
    here = daily.clock.now()
    go_to(daily, utc("1970-01-01 00:00") + minutes(1))
    daily.add_event("more", FULL, "evening")
    daily.look()
    go_to(daily, here + minutes(2))
    assert of_it(daily) == found
    check_sheet(daily)
    go_to(daily, EVENING + 3 * DAY + HOUR)
    assert {job.event for job in daily.jobs()} >= {"it", "more"}


def test_set_ahead_the_newest_is_made_late(daily: Location) -> None:
    go_to(daily, EVENING + DAY + 3 * HOUR)
    first, second, *_ = of_it(daily)
    assert (first.state, first.cause) == (EntryState.MISSED, Cause.OVERTAKEN)
    assert second.started_late
    check_sheet(daily)


def test_pages_joined_have_every_occurrence_once(location: Location) -> None:
    location.add_schedule(replace(schedule("FREQ=HOURLY", time(0)), name="hourly"))
    location.add_event("it", BackupAction(BackupType.INC, group="all"), "hourly")
    location.add_event("that", CommandAction("report"), "hourly")
    for hour in range(1, 6):
        go_to(location, MONDAY + hour * HOUR)
        for job in location.admit():
            location.end(job.id)
    whole = location.entries(MONDAY - DAY, MONDAY + 2 * DAY)
    assert len(whole) == 47 * 3 + 2
    decided = [entry.decide_time is not None for entry in whole]
    assert decided == sorted(decided, reverse=True)  # planned behind decided
    for page in (1, 2, 3, 7, 50):
        assert location.entries(MONDAY - DAY, MONDAY + 2 * DAY, page) == whole


def test_a_page_read_after_more_was_decided_goes_on_where_the_last_one_ended(
    daily: Location,
) -> None:
    query = CalendarQuery(MONDAY, MONDAY + 5 * DAY, event="it")
    first = daily.calendar.find(query, None, 2)
    go_to(daily, EVENING + 3 * DAY)
    second = daily.calendar.find(query, first.next_position, 10)
    times = [entry.slot.planned_time for entry in (*first.items, *second.items)]
    assert times == [EVENING + number * DAY for number in range(5)]
    assert [entry.state for entry in second.items][:2] == [
        EntryState.MISSED,
        EntryState.QUEUED,
    ]


def test_a_job_that_waits_too_long_is_late_in_the_list_and_in_the_sheet(daily: Location) -> None:
    go_to(daily, EVENING)
    check_sheet(daily)
    go_to(daily, EVENING + minutes(21))
    assert of_it(daily)[0].state is EntryState.LATE
    check_sheet(daily)


@pytest.mark.parametrize("last", [date(2026, 3, 6), date(2026, 3, 7), date(2026, 3, 8)])
def test_the_last_day_of_a_sheet_is_whole_though_it_spans_a_weekend(
    daily: Location, last: date
) -> None:
    daily.change_schedule(NEWDAY, schedule("FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR", time(8)))
    sheet = daily.sheets.sheet(date(2026, 3, 2), last)
    [row] = [row for row in sheet.rows if row.name == "docs"]
    assert list(row.planned)[:5] == [1, 1, 1, 1, 3]
    assert sum(row.planned) == 7


def test_the_sheet_agrees_with_the_list_whatever_happens(location: Location) -> None:
    location.add_schedule(replace(schedule("FREQ=HOURLY;INTERVAL=5", time(1)), name="fives"))
    location.add_event("all", BackupAction(BackupType.INC, group="all"), "fives", follow_up="")
    location.add_event("it", FULL, "evening", priority=9, blocking=True)
    location.add_event("that", CommandAction("report"), "fives")
    with location.changes.write() as tx:
        tx.put_drive(Drive(FIRST_DRIVE, streams=1))
    chance = random.Random(7)
    ends = [JobState.OK, JobState.WARNING, JobState.ERROR, JobState.CANCELLED]
    for _ in range(25):
        location.clock.advance(timedelta(hours=chance.choice([0.1, 0.5, 2, 9])))
        location.settle()
        check_sheet(location)
        for job in location.admit():
            location.clock.advance(minutes(1))
            if chance.random() < 0.8:
                location.end(job.id, chance.choice(ends))
        location.settle()
        check_sheet(location)
        if chance.random() < 0.1:
            location.restart()
