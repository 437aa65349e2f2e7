"""Different events that start one task at nearly the same time, or while it still runs."""

import time as clock
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from sesam_master.core.calendar_days import Cause, Occurrence
from sesam_master.core.plan import BackupAction, CommandAction, Event, Plan, Planned, TaskGroup
from sesam_master.core.plan_clashes import Clash, RunTimes, TaskStarts, clash_of, drafted_events
from sesam_master.core.records import BackupType
from sesam_master.core.sheet import RowKind
from sesam_master.core.states import JobState
from sesam_master.ui.bridge import Bridge
from tests.desk.results.memory import bring_up, job, list_locations
from tests.fakes.plan import empty_plan, nightly

AT = datetime(2026, 11, 23, 19, 0, tzinfo=UTC)
FULL = BackupType.FULL
KNOWS_NOTHING = RunTimes(None)


def event(name: str, schedule: str, task: str = "", group: str = "", **values: object) -> Event:
    made = Event(name, schedule, BackupAction(FULL, task, group), id=name)
    return replace(made, **values)  # type: ignore[arg-type]


def planned(name: str, minutes: float, task: str = "home", **values: object) -> Occurrence:
    moment = AT + timedelta(minutes=minutes)
    made = Occurrence(
        *("Lyon", name, moment, name, RowKind.BACKUP, task, "fs", JobState.PLANNED, "2026-11-23"),
        type=FULL,
    )
    return replace(made, **values)  # type: ignore[arg-type]


def plan_of(*events: Event) -> Plan:
    groups = (TaskGroup("office", ("mail", "home")),)
    schedules = (nightly(), nightly("weekly"))
    return replace(empty_plan("Lyon"), schedules=schedules, events=events, groups=groups)


def found(
    item: Planned,
    others: Sequence[Occurrence],
    *events: Event,
    moments: Sequence[datetime] = (AT,),
    run_times: RunTimes = KNOWS_NOTHING,
) -> Clash | None:
    plan = plan_of(*events)
    base = next((one for one in (*events, *plan.schedules) if one.name == item.name), None)
    return clash_of(item, base, plan, moments, TaskStarts(others), run_times)


NIGHTLY = event("night", "nightly", "home")
WEEKLY = event("week", "weekly", "home")


@pytest.mark.parametrize(
    ("minutes", "is_met"), [(0, True), (10, True), (-10, True), (11, False), (-11, False)]
)
def test_two_events_within_minutes_of_each_other(minutes: float, is_met: bool) -> None:
    clash = found(NIGHTLY, [planned("week", minutes)], NIGHTLY, WEEKLY)

    there = AT + timedelta(minutes=minutes)
    assert clash == (Clash("home", "night", AT, "week", there, None) if is_met else None)


def test_the_first_one_counts_and_a_later_one_is_found() -> None:
    moments = [AT + timedelta(days=day) for day in range(5)]
    later = [planned("week", minutes=3 * 1440 + 5), planned("week", minutes=4 * 1440)]

    clash = found(NIGHTLY, later, NIGHTLY, WEEKLY, moments=moments)

    assert clash is not None
    assert (clash.mine_time, clash.moment) == (moments[3], moments[3])


@pytest.mark.parametrize(
    "other",
    [
        planned("night", 0),  # its own, as they are now
        planned("week", 0, task="mail"),
        planned("week", 0, kind=RowKind.RESTORE),
        planned("week", 0, state=JobState.CANCELLED),
        planned("week", 0, cause=Cause.BLOCKED_BY),  # it is held off
        planned("gone", 0),  # of an event that is not there any more
    ],
)
def test_what_is_no_clash(other: Occurrence) -> None:
    assert found(NIGHTLY, [other], NIGHTLY, WEEKLY) is None


def test_the_same_object_by_the_same_schedule_is_known_to_overlap_already() -> None:
    twin = event("twin", "nightly", "home")
    assert found(NIGHTLY, [planned("twin", 0)], NIGHTLY, twin) is None


def test_a_group_with_the_task_clashes_by_the_same_schedule_too() -> None:
    office = event("office", "nightly", group="office")
    clash = found(NIGHTLY, [planned("office", 0)], NIGHTLY, office)
    assert clash is not None
    assert clash.other == "office"
    whole = found(office, [planned("night", 0)], NIGHTLY, office)
    assert whole is not None
    assert (whole.mine, whole.task) == ("office", "home")


def test_a_schedule_speaks_for_its_events_and_takes_them_along() -> None:
    moved = nightly()
    others = [planned("week", 5), planned("night", 0), planned("office", 0)]
    office = event("office", "nightly", group="office")

    clash = found(moved, others, NIGHTLY, WEEKLY, office)

    assert clash is not None
    assert (clash.mine, clash.other) == ("night", "week")
    assert found(moved, others[1:], NIGHTLY, office) is None
    assert found(replace(moved, active=False), others, NIGHTLY, WEEKLY) is None
    assert found(nightly("new"), others, NIGHTLY, WEEKLY) is None  # nobody uses it


def test_what_starts_no_backup_is_not_looked_at() -> None:
    command = Event("tidy", "nightly", CommandAction("tidy"), id="9")
    assert drafted_events(command, command, plan_of(command)) == []
    assert drafted_events(replace(NIGHTLY, active=False), NIGHTLY, plan_of(NIGHTLY)) == []
    assert drafted_events(replace(NIGHTLY, schedule=""), NIGHTLY, plan_of(NIGHTLY)) == []
    assert drafted_events(TaskGroup("office"), None, plan_of(NIGHTLY)) == []


@pytest.fixture
def run_times(bridge: Bridge) -> RunTimes:
    """Backups of home take an hour, by the median of three that ended well."""
    list_locations(bridge, "Lyon")
    jobs = []
    for number, minutes in ((1, 30), (2, 60), (3, 90)):
        begin = AT - timedelta(days=number)
        end = begin + timedelta(minutes=minutes)
        jobs.append(job("Lyon", number, task="home", type=FULL, start_time=begin, end_time=end))
    failed = job("Lyon", 9, JobState.ERROR, task="home", type=FULL, start_time=AT, end_time=AT)
    bring_up(bridge, "Lyon", [*jobs, failed])
    return RunTimes(bridge.fleet.locations["Lyon"].picture)


@pytest.mark.parametrize(
    ("minutes", "is_met"), [(59, True), (60, False), (-59, True), (-60, False)]
)
def test_one_that_starts_while_the_other_is_expected_to_run(
    run_times: RunTimes, minutes: float, is_met: bool
) -> None:
    clash = found(NIGHTLY, [planned("week", minutes)], NIGHTLY, WEEKLY, run_times=run_times)

    assert (clash is not None) is is_met
    if clash is not None:
        assert clash.run_time == timedelta(hours=1)
        assert clash.moment == min(AT, AT + timedelta(minutes=minutes))


def test_another_type_is_no_measure_of_how_long_it_runs(run_times: RunTimes) -> None:
    assert run_times.of("home", BackupType.INC) == timedelta()
    assert run_times.of("nothing", FULL) == timedelta()
    others = [planned("week", -30, type=BackupType.INC)]
    assert found(NIGHTLY, others, NIGHTLY, WEEKLY, run_times=run_times) is None


def test_hundreds_of_events_are_compared_at_once(run_times: RunTimes) -> None:
    events = [event(f"e{n}", "nightly", f"t{n % 100}") for n in range(300)]
    events += [event(f"w{n}", "weekly", f"t{n % 100}") for n in range(300)]
    others = [
        planned(f"w{n}", minutes=1440 * day + 600, task=f"t{n % 100}")
        for n in range(300)
        for day in range(35)
    ]
    plan, starts = plan_of(*events), TaskStarts(others)
    moments = [AT + timedelta(days=day) for day in range(20)]

    begun = clock.process_time()
    assert clash_of(nightly(), nightly(), plan, moments, starts, run_times) is None
    assert clock.process_time() - begun < 1.0
