"""Each warning stands when its cause does, and not without it."""

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from sesam_master.core.plan import (
    BackupAction,
    CommandAction,
    Drive,
    Event,
    Plan,
    Preview,
    Remark,
    Schedule,
    Start,
    TaskGroup,
)
from sesam_master.core.records import BackupType
from sesam_master.ui.plan.versions import differences
from sesam_master.ui.plan.warnings import (
    delete_consequence,
    event_warnings,
    group_warnings,
    named_list,
    schedule_warnings,
)
from tests.desk.plan.conftest import NEXT, site_plan
from tests.fakes.plan import nightly

BERLIN = ZoneInfo("Europe/Berlin")
TASKS = ("task-1", "task-2", "task-3")


def warned(schedule: Schedule, *remarks: Remark, starts: tuple[Start, ...] = ()) -> list[str]:
    return schedule_warnings(schedule, Preview(starts, frozenset(remarks)), BERLIN)


def test_nothing_remarkable_is_no_warning() -> None:
    assert warned(nightly()) == []


@pytest.mark.parametrize(
    ("schedule", "remark", "said"),
    [
        (nightly(), Remark.INACTIVE, "It is not active: none of its events is started."),
        (nightly(), Remark.NO_EVENT, "No event uses it: nothing is started at these times."),
        (
            nightly(end_date=date(2026, 2, 1)),
            Remark.NO_START,
            "There is no start any more: it is valid to 1 Feb 2026.",
        ),
        (nightly(), Remark.NO_START, "There is no start any more: all its dates have passed."),
        (
            nightly(window=timedelta(hours=30)),
            Remark.WINDOW_OVERLAPS,
            "Windows overlap: 1 d 6 h is longer than the time between two starts. "
            "A late start is given up when the next one is due.",
        ),
    ],
)
def test_remarks_in_words(schedule: Schedule, remark: Remark, said: str) -> None:
    assert warned(schedule, remark) == [said]


@pytest.mark.parametrize(
    ("moment", "said"),
    [
        (
            datetime(2026, 3, 29, 1, 30, tzinfo=UTC),
            "The clocks leap over 02:30: it starts Sun 29 Mar 03:30 instead.",
        ),
        (
            datetime(2026, 10, 25, 0, 30, tzinfo=UTC),
            "The clocks are set back at Sun 25 Oct 02:30: that time comes twice, "
            "the first one counts.",
        ),
    ],
)
def test_a_change_of_the_clocks_names_its_day(moment: datetime, said: str) -> None:
    early = nightly(start_time=time(2, 30))
    starts = (Start(moment - timedelta(days=1), False, ""), Start(moment, True, ""))
    assert warned(early, Remark.CLOCK_CHANGE, starts=starts) == [said]


def test_dates_outside_the_validity_are_named() -> None:
    days = (date(2025, 12, 24), date(2026, 5, 1), date(2027, 1, 6))
    own = nightly(rule="", dates=days, end_date=date(2026, 12, 31))
    assert warned(own) == [
        "2 of 3 dates lie outside its validity and never start: 24 Dec 2025, 6 Jan 2027."
    ]
    assert warned(replace(own, dates=days[1:2])) == []
    once = replace(own, dates=days[:1])
    assert warned(once) == ["24 Dec 2025 lies outside its validity and never starts."]


@pytest.mark.parametrize(
    ("rule", "said"),
    [
        ("FREQ=MONTHLY;BYMONTHDAY=15,31", ["Months without a day 31 are left out."]),
        ("FREQ=MONTHLY;BYMONTHDAY=28,-1", []),
        ("FREQ=MONTHLY;BYDAY=5FR", ["Months without a fifth Friday are left out."]),
        ("FREQ=MONTHLY;BYDAY=-1FR", []),
        ("FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=29", ["Only leap years have a 29 February."]),
    ],
)
def test_days_that_not_every_month_has(rule: str, said: list[str]) -> None:
    assert warned(nightly(rule=rule)) == said


def event(name: str = "new", **values: object) -> Event:
    made = Event(name, "weekly", BackupAction(BackupType.INC, "task-3"))
    return replace(made, **values)  # type: ignore[arg-type]


def live_plan(*more: Event) -> Plan:
    """The plan of the site, where the schedule weekly comes round too."""
    plan = site_plan()
    schedules = tuple(replace(one, next_time=NEXT) for one in plan.schedules)
    return replace(plan, schedules=schedules, events=(*plan.events, *more))


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({}, []),
        ({"active": False}, ["It is not active: it is never started."]),
        ({"schedule": ""}, ["It has no schedule and is nobody's follow-up: nothing starts it."]),
        (
            {"action": BackupAction(BackupType.INC, "gone")},
            ["There is no task gone at this location."],
        ),
        (
            {"action": BackupAction(BackupType.INC, group="none")},
            ["The task group none is empty: what comes due is missed."],
        ),
        (
            {"action": BackupAction(BackupType.INC, "task-3", drive="off")},
            ["The drive off is off: its jobs wait."],
        ),
        (
            {"schedule": "nightly", "action": BackupAction(BackupType.FULL, "task-1")},
            ["Overlap: home starts task-1 at the same times already."],
        ),
        ({"blocking": True, "priority": 3}, []),  # nobody else has its schedule
        (
            {"blocking": True, "priority": 3, "schedule": "nightly"},
            ["Within its window it holds off all, of a lower priority."],
        ),
        ({"action": CommandAction("x"), "blocking": True, "priority": 99}, []),
    ],
)
def test_events_beside_the_rest_of_the_plan(changed: dict[str, object], said: list[str]) -> None:
    plan = live_plan()
    plan = replace(plan, drives=(*plan.drives, Drive("off", 2, active=False)))
    assert event_warnings(event(**changed), plan, TASKS) == said


def test_the_schedule_of_an_event_may_be_over_or_off() -> None:
    plan = site_plan()
    assert event_warnings(event(), plan, TASKS) == ["The schedule weekly has no start any more."]
    off = tuple(replace(one, active=False) for one in plan.schedules)
    plan = replace(plan, schedules=off)
    assert event_warnings(event(), plan, TASKS) == ["The schedule weekly is not active."]


def test_a_follow_up_needs_no_schedule_but_has_to_be_active() -> None:
    report = event("report", schedule="", action=CommandAction("report"))
    assert event_warnings(report, live_plan(), TASKS) == []
    sleeping = event("later", active=False)
    plan = live_plan(sleeping)
    said = event_warnings(event(follow_up="later"), plan, TASKS)
    assert "Its follow-up later is not active." in said


@pytest.mark.parametrize(
    ("schedule", "window", "is_met"),
    [("weekly", None, True), ("nightly", None, False), ("nightly", timedelta(hours=4), True)],
)
def test_who_is_held_off_and_by_whom(schedule: str, window: timedelta | None, is_met: bool) -> None:
    task = BackupAction(BackupType.INC, "task-2")
    above = event("above", priority=0, blocking=True, action=task, schedule=schedule)
    plan = live_plan(above)
    windows = tuple(
        replace(one, window=window) if one.name == schedule else one for one in plan.schedules
    )
    plan = replace(plan, schedules=windows)
    said = "Its starts within the window of above are held off."
    assert (said in event_warnings(event(priority=99), plan, TASKS)) is is_met
    assert said not in event_warnings(event(priority=0), plan, TASKS)


def test_groups() -> None:
    plan = site_plan()
    assert group_warnings(plan.groups[0], plan, TASKS) == []
    assert group_warnings(TaskGroup("none"), plan, TASKS) == [
        "It is empty: an event of it starts nothing.",
        "No event starts it.",
    ]
    gone = TaskGroup("both", ("task-1", "gone"))
    assert group_warnings(gone, plan, TASKS) == ["Not at this location: gone."]


def test_what_deleting_stops() -> None:
    plan = site_plan()
    by_name = {one.name: one for one in plan.events}
    assert delete_consequence(by_name["home"], plan, BERLIN) == (
        "task-1 is not started by it any more (Weekdays at 20:00); the start of Mon 23 Nov 20:00 "
        "and all after it are off. Jobs that run go on, and what was stays in the calendar."
    )
    assert "Its 2 tasks stay" in delete_consequence(plan.groups[0], plan, BERLIN)
    assert "nothing stops" in delete_consequence(plan.schedules[-1], plan, BERLIN)


def test_versions_side_by_side() -> None:
    theirs = nightly(window=timedelta(hours=4))
    mine = nightly(start_time=time(21), comment="x", etag="9")
    assert differences(theirs, mine) == [
        ("When", "Weekdays at 20:00", "Weekdays at 21:00"),
        ("Comment", "none", "x"),
        ("Window", "4 h", "until the next start"),
    ]
    one = event(action=BackupAction(BackupType.FULL, "task-1"))
    assert differences(one, event(priority=5)) == [
        ("Does", "Backup task-1 F", "Backup task-3 I"),
        ("Priority", "1", "5"),
    ]
    assert differences(TaskGroup("g", ("a",)), TaskGroup("g")) == [("Tasks", "a", "none")]


def test_long_lists_are_cut() -> None:
    assert named_list(["a", "b"]) == "a, b"
    assert named_list(list("abcdef")) == "a, b, c, d and 2 more"
