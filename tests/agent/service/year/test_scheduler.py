"""What the scheduler makes of the plan when its times come, over both catalogues."""

from dataclasses import replace
from datetime import date, datetime, time, timedelta

import pytest

from server_agent.domain.calendar import EntryState
from server_agent.domain.events import NEWDAY, Action, BackupAction, CommandAction, RestoreAction
from server_agent.domain.groups import TaskGroup
from server_agent.domain.jobs import Job, JobKind, JobState
from server_agent.domain.occurrences import Cause
from server_agent.domain.overwriting import OverwriteRule
from server_agent.domain.savesets import BackupType
from server_agent.ports import Catalogue
from server_agent.service.scheduler import LOOK_EVERY
from tests.agent.domain.plans import schedule
from tests.agent.service.year.location import CLIENT, Location, location_at, minutes, request, utc
from tests.fakes.clock import FakeClock

MONDAY = utc("2026-03-02 12:00")
EVENING = utc("2026-03-02 20:00")
DAY = timedelta(days=1)
FULL = BackupAction(BackupType.FULL, task="docs")
INC_OF_ALL = BackupAction(BackupType.INC, group="all", drive="Drive_1")
RESTORE = RestoreAction("docs", b"/srv/proof", (b"/srv/a",), OverwriteRule.RENAME)
COMMAND = CommandAction("report", ("-v",))
Told = tuple[str, str, str, EntryState, Cause]


def go_to(location: Location, moment: datetime) -> list[Job]:
    """Sets the clock, looks once, and answers the jobs that wait."""
    location.clock.advance(moment - location.clock.now())
    location.look()
    return location.jobs()


def told(location: Location, first: datetime, end: datetime) -> list[Told]:
    """The calendar without NEWDAY."""
    return [
        (entry.slot.planned_time.strftime("%d %H:%M"), entry.event, entry.task, *rest)
        for entry in location.entries(first, end)
        if entry.event != NEWDAY
        for rest in [(entry.state, entry.cause)]
    ]


def run(location: Location, state: JobState = JobState.OK) -> list[Job]:
    """Runs all that waits to its end, each a second."""
    ended = []
    for job in location.admit():
        location.clock.advance(timedelta(seconds=1))
        ended.append(location.end(job.id, state))
    return ended


def test_at_the_first_start_nothing_of_the_past_is_planned(catalogue: Catalogue) -> None:
    location = location_at(catalogue, MONDAY, "UTC")
    assert location.jobs() == []
    assert location.entries(MONDAY - 30 * DAY, MONDAY) == []
    [newday] = location.entries(MONDAY, MONDAY + DAY)
    assert (newday.event, newday.state) == (NEWDAY, EntryState.PLANNED)
    assert newday.slot.planned_time == utc("2026-03-03 08:00")


def test_an_event_is_not_planned_before_it_was_made(location: Location) -> None:
    go_to(location, EVENING + minutes(1))
    location.add_event("late", FULL, "evening")
    assert go_to(location, EVENING + minutes(5)) == []
    assert told(location, MONDAY, EVENING + minutes(6)) == []


@pytest.mark.parametrize(
    ("action", "wanted"),
    [
        (FULL, [(JobKind.BACKUP, "docs", BackupType.FULL, "", "")]),
        (
            INC_OF_ALL,
            [
                (JobKind.BACKUP, "mail", BackupType.INC, "all", "Drive_1"),
                (JobKind.BACKUP, "docs", BackupType.INC, "all", "Drive_1"),
            ],
        ),
        (COMMAND, [(JobKind.COMMAND, "", None, "", "")]),
    ],
)
def test_what_is_due_is_queued(
    location: Location,
    action: Action,
    wanted: list[tuple[JobKind, str, BackupType | None, str, str]],
) -> None:
    event = location.add_event("it", action, "evening", priority=7)
    assert go_to(location, EVENING - timedelta(microseconds=1)) == []
    before = location.wakes
    jobs = go_to(location, EVENING)
    assert location.wakes == before + 1
    assert location.seen == jobs  # whoever is told finds them
    assert [(j.kind, j.task, j.requested_type, j.group, j.drive) for j in jobs] == wanted
    for job in jobs:
        assert job.state is JobState.QUEUED
        assert job.client == (CLIENT if job.task else "")
        assert (job.event_id, job.event, job.planned_time) == (event.id, "it", EVENING)
        assert (job.create_time, job.priority, job.started_by) == (EVENING, 7, "")
        assert job.sesam_day == date(2026, 3, 2)
    assert go_to(location, EVENING + minutes(10)) == jobs
    assert {row[3] for row in told(location, MONDAY, EVENING + DAY)} == {EntryState.QUEUED}


def test_a_restore_takes_the_newest_saveset_of_then(location: Location) -> None:
    location.add_event("proof", RESTORE, "evening")
    location.add_saveset("docs", "old")
    location.clock.advance(minutes(1))
    location.add_saveset("docs", "new")
    location.add_saveset("mail", "another's")
    [job] = go_to(location, EVENING)
    assert (job.kind, job.task, job.client) == (JobKind.RESTORE, "docs", "alpha")
    assert (job.saveset, job.paths, job.target) == ("new", (b"/srv/a",), b"/srv/proof")
    assert job.overwrite is OverwriteRule.RENAME


def test_newday_begins_a_day_and_queues_its_end(location: Location) -> None:
    eight = utc("2026-03-03 08:00")
    [job] = go_to(location, eight + timedelta(seconds=20))
    assert (job.kind, job.planned_time, job.priority) == (JobKind.NEWDAY, eight, 0)
    assert job.sesam_day == date(2026, 3, 3)
    assert [(start.moment, start.day) for start in location.day_starts()] == [
        (eight, date(2026, 3, 3))
    ]


def test_in_the_first_night_a_job_belongs_to_the_day_before(location: Location) -> None:
    location.add_schedule(replace(schedule(start_time=time(2)), name="night"))
    location.add_event("at night", FULL, "night")
    [job] = go_to(location, utc("2026-03-03 02:00"))
    assert job.sesam_day == date(2026, 3, 2)
    [started] = location.admit()
    assert started.sesam_day == date(2026, 3, 2)


@pytest.mark.parametrize(
    ("action", "lost", "text"),
    [
        (FULL, "docs", "docs"),
        (INC_OF_ALL, "docs", "docs"),
        (RESTORE, "docs", "docs"),
        (RESTORE, "", "newest"),  # nothing was saved yet
    ],
)
def test_what_cannot_be_done_is_missed_and_says_why(
    location: Location, action: Action, lost: str, text: str
) -> None:
    location.add_event("it", action, "evening")
    location.add_event("fine", BackupAction(BackupType.FULL, task="mail"), "evening")
    if lost:
        location.remove_task(lost)
    jobs = go_to(location, EVENING)
    assert [job.event for job in jobs] == ["fine"]
    found = [
        entry for entry in location.entries(MONDAY, EVENING + minutes(1)) if entry.event == "it"
    ]
    assert {entry.task for entry in found} == (
        {"mail", "docs"} if action == INC_OF_ALL else {"docs"}
    )
    for entry in found:
        assert (entry.state, entry.cause) == (EntryState.MISSED, Cause.IMPOSSIBLE)
        assert text in entry.text
        assert entry.job_id == ""


def test_a_group_without_tasks_is_missed_and_says_so(location: Location) -> None:
    location.add_group("none")
    location.add_event("it", BackupAction(BackupType.FULL, group="none"), "evening")
    assert go_to(location, EVENING) == []
    [entry] = [each for each in location.entries(MONDAY, EVENING + DAY / 2) if each.event == "it"]
    assert (entry.state, entry.cause, entry.task) == (EntryState.MISSED, Cause.IMPOSSIBLE, "")
    assert entry.text == "group none: expected a group with tasks"


@pytest.mark.parametrize(("minute", "late"), [(0, False), (1, False), (2, True), (6 * 60, True)])
def test_a_start_after_its_time_is_marked(location: Location, minute: int, late: bool) -> None:
    location.add_event("it", FULL, "evening")
    go_to(location, EVENING + minutes(minute))
    [entry] = [each for each in location.entries(EVENING, EVENING + DAY / 4) if each.event == "it"]
    assert entry.started_late is late
    assert entry.decide_time == EVENING + minutes(minute)


def test_what_still_runs_is_not_started_again(location: Location) -> None:
    location.add_event("it", FULL, "evening")
    go_to(location, EVENING)
    [job] = location.admit()
    go_to(location, EVENING + DAY)
    location.end(job.id)
    go_to(location, EVENING + 2 * DAY)
    assert told(location, MONDAY, EVENING + 3 * DAY) == [
        ("02 20:00", "it", "docs", EntryState.OK, Cause.NONE),
        ("03 20:00", "it", "docs", EntryState.MISSED, Cause.STILL_RUNNING),
        ("04 20:00", "it", "docs", EntryState.QUEUED, Cause.NONE),
    ]


def test_a_blocking_event_holds_off_what_is_below_it(location: Location) -> None:
    location.add_event("it", FULL, "evening")
    location.add_event("over it", INC_OF_ALL, "evening", priority=50, blocking=True)
    go_to(location, EVENING)
    blocked = [each for each in location.entries(EVENING, EVENING + DAY) if each.event == "it"]
    assert [(each.state, each.by) for each in blocked] == [(EntryState.BLOCKED, "over it")]


def test_down_for_days_each_day_has_begun_and_the_newest_start_is_made(location: Location) -> None:
    location.add_event("it", FULL, "evening")
    go_to(location, EVENING - minutes(30))
    location.clock.advance(3 * DAY)
    location.restart()
    jobs = go_to(location, utc("2026-03-05 21:00"))
    assert [(job.event, job.planned_time) for job in jobs] == [
        (NEWDAY, utc("2026-03-05 08:00")),
        ("it", utc("2026-03-05 20:00")),
    ]
    assert [start.day.day for start in location.day_starts()] == [3, 4, 5]
    assert [(row[0], *row[3:]) for row in told(location, MONDAY, MONDAY + 4 * DAY)] == [
        ("02 20:00", EntryState.MISSED, Cause.OVERTAKEN),
        ("03 20:00", EntryState.MISSED, Cause.OVERTAKEN),
        ("04 20:00", EntryState.MISSED, Cause.OVERTAKEN),
        ("05 20:00", EntryState.LATE, Cause.NONE),  # it has waited for an hour
    ]
    days = [
        entry.sesam_day.day for entry in location.entries(MONDAY, EVENING + 3 * DAY + minutes(1))
    ]
    assert days == [2, 3, 3, 4, 4, 5, 5]


def test_newday_moved_counts_from_then_on(location: Location) -> None:
    go_to(location, utc("2026-03-04 09:00"))
    moved = schedule("FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR", time(18))
    location.change_schedule(NEWDAY, moved)
    for text, day in [
        ("2026-03-04 09:00", 4),
        ("2026-03-04 17:59", 4),
        ("2026-03-05 17:59", 4),
        ("2026-03-05 18:00", 5),
        ("2026-03-08 23:00", 6),
        ("2026-03-09 18:00", 9),
    ]:
        go_to(location, utc(text))
        event = location.event(NEWDAY)
        assert location.sheets.sheet(date(2026, 3, 1), date(2026, 3, 9)).open_day.day == day
        assert event.active
    assert [start.day.day for start in location.day_starts()] == [3, 4, 4, 5, 6, 9]


def test_a_changed_plan_finds_the_past_decided_as_it_was_planned(location: Location) -> None:
    event = location.add_event("it", FULL, "evening")
    location.clock.advance(EVENING + minutes(5) - MONDAY)  # nobody has looked since
    location.change_event(replace(event, priority=3))
    location.look()
    assert location.seen == location.jobs()
    assert [(job.planned_time, job.priority) for job in location.jobs()] == [(EVENING, 1)]
    run(location)
    location.clock.advance(DAY)
    location.change_schedule("evening", schedule(start_time=time(21)))
    [job] = [job for job in location.jobs() if job.event == "it"]
    assert (job.planned_time, job.priority) == (EVENING + DAY, 3)
    run(location)
    jobs = go_to(location, EVENING + DAY + minutes(70))
    assert [job.planned_time for job in jobs] == [EVENING + DAY + minutes(60)]


class _Going(FakeClock):
    """Goes on by itself: by a fifth of a second whenever it is looked at."""

    def now(self) -> datetime:
        self.advance(timedelta(seconds=0.2))
        return super().now()


@pytest.mark.parametrize("before", [0.1, 0.3, 0.5, 0.7])
@pytest.mark.parametrize("changed", ["event", "schedule", "group"])
def test_a_start_that_comes_while_the_plan_is_changed_is_made_once(
    catalogue: Catalogue, before: float, changed: str
) -> None:
    location = Location(catalogue, FakeClock(MONDAY))
    location.look()
    location.add_tasks("docs", "mail")
    location.add_group("all", "docs")
    location.add_schedule(replace(schedule(start_time=time(20)), name="evening"))
    location.add_event("it", INC_OF_ALL, "evening")
    location.clock = _Going(EVENING - timedelta(seconds=before))
    location.start()
    if changed == "event":
        location.change_event(replace(location.event("it"), comment="changed"))
    elif changed == "schedule":
        location.change_schedule(
            "evening", replace(schedule(start_time=time(20)), comment="changed")
        )
    else:
        location.change_group(TaskGroup("all", ("docs", "mail"), comment="changed"))
    go_to(location, EVENING + timedelta(seconds=10))
    backups = [job for job in location.jobs() if job.kind is JobKind.BACKUP]
    assert {job.planned_time for job in backups} == {EVENING}
    assert len({job.task for job in backups}) == len(backups)


def test_what_has_come_due_is_about_the_group_as_it_was(location: Location) -> None:
    location.add_event("it", INC_OF_ALL, "evening")
    location.clock.advance(EVENING + minutes(1) - MONDAY)  # nobody has looked yet
    location.change_group(TaskGroup("all", ("mail",)))
    location.look()
    backups = [job.task for job in location.jobs() if job.kind is JobKind.BACKUP]
    assert sorted(backups) == ["docs", "mail"]


def test_a_removed_event_stays_in_the_calendar(location: Location) -> None:
    location.add_event("it", FULL, "evening")
    location.clock.advance(EVENING + minutes(5) - MONDAY)
    location.events.delete(request(), "it", None)
    run(location)
    go_to(location, EVENING + 2 * DAY)
    assert told(location, MONDAY, MONDAY + 9 * DAY) == [
        ("02 20:00", "it", "docs", EntryState.OK, Cause.NONE)
    ]


def test_a_silenced_event_has_no_planned_times(location: Location) -> None:
    event = location.add_event("it", FULL, "evening")
    location.change_event(replace(event, active=False))
    assert go_to(location, EVENING) == []
    assert told(location, MONDAY, MONDAY + 9 * DAY) == []


def test_the_rest_is_until_the_next_start_and_never_long(location: Location) -> None:
    location.add_event("it", FULL, "evening")
    assert location.scheduler.look() == LOOK_EVERY
    location.clock.advance(EVENING - timedelta(seconds=7) - MONDAY)
    assert location.scheduler.look() == timedelta(seconds=7)
    location.clock.advance(timedelta(seconds=7))
    assert location.scheduler.look() == LOOK_EVERY
