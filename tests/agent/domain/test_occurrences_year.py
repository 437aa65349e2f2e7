"""Decisions over long times: however a year is cut into ticks."""

from collections import Counter
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from server_agent.domain.events import CommandAction, EventKind, kind_of
from server_agent.domain.occurrences import (
    Blockers,
    Cause,
    Occurrence,
    Planned,
    Slot,
    Verdict,
    decide,
    rewound,
    stands,
)
from server_agent.domain.schedule import starts
from tests.agent.domain.oracle import MINUTE
from tests.agent.domain.plans import event, newday, once, schedule, utc

BEGIN = utc("2024-01-10 10:00")
LONG_BEFORE = date(2015, 1, 1)
ZONES = ["Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu", "UTC"]
PLANS = [
    newday(),
    Planned(event("2"), schedule("FREQ=DAILY", time(2, 30), LONG_BEFORE)),
    Planned(
        event("3", priority=5, blocking=True),
        schedule("FREQ=WEEKLY;BYDAY=SU", time(2), LONG_BEFORE, window=timedelta(hours=3)),
    ),
    Planned(
        event("4", CommandAction("report"), priority=9),
        schedule("FREQ=HOURLY;INTERVAL=7", time(1), LONG_BEFORE, window=timedelta(minutes=30)),
    ),
    Planned(
        event("5", priority=0),
        schedule("FREQ=MONTHLY;BYDAY=-1FR", time(23, 45), LONG_BEFORE, offset_days=2),
    ),
    once("6", BEGIN + timedelta(days=50)),
]
BLOCKERS = [plan for plan in PLANS if plan.event.blocking]

# Seconds to weeks from one tick to the next.
pauses = st.one_of(
    st.integers(1, 180), st.integers(180, 90_000), st.integers(90_000, 3_000_000)
).map(lambda seconds: timedelta(seconds=seconds))


def _slots(zone: ZoneInfo, since: datetime, now: datetime) -> dict[Slot, Planned]:
    """Those after `since` up to and with `now`."""
    instant = timedelta(microseconds=1)
    found: dict[Slot, Planned] = {}
    for plan in PLANS:
        if plan.schedule is None:
            assert plan.event.start_time is not None
            moments = [plan.event.start_time] if since < plan.event.start_time <= now else []
        else:
            moments = list(starts(plan.schedule, zone, since + instant, now + instant))
        found |= {Slot(moment, plan.event.id): plan for moment in moments}
    return found


@settings(max_examples=100, deadline=None)
@given(
    st.sampled_from(ZONES),
    st.lists(st.tuples(pauses, st.sets(st.sampled_from("123456"))), min_size=1, max_size=40),
)
def test_every_slot_is_decided_once_at_the_first_tick_behind_it(
    name: str, ticks: list[tuple[timedelta, set[str]]]
) -> None:
    zone = ZoneInfo(name)
    cursor = now = BEGIN
    decided: set[Slot] = set()
    for pause, open_events in ticks:
        now += pause
        due = _slots(zone, cursor, now)
        found = decide(PLANS, zone, cursor, now, decided, open_events)
        assert Counter(item.slot for item in found) == Counter(list(due))
        newest = {slot.event_id: slot for slot in sorted(due)}
        for item in found:
            assert item.slot.planned_time <= item.decide_time == now
            _justified(item, due[item.slot], zone, newest[item.slot.event_id], open_events)
        decided |= {item.slot for item in found}
        cursor = now
    assert decided == _slots(zone, BEGIN, now).keys()
    assert decide(PLANS, zone, BEGIN, now, decided, ()) == []


def _justified(
    item: Occurrence, plan: Planned, zone: ZoneInfo, newest: Slot, open_events: set[str]
) -> None:
    """Nothing is given up without one of the reasons, and that one is told."""
    if item.verdict is Verdict.BLOCKED:
        blocker = Blockers(BLOCKERS, zone, BEGIN).of(plan, item.slot.planned_time)
        assert blocker is not None
        assert (item.cause, item.by) == (Cause.BLOCKED_BY, blocker.event.name)
    elif item.slot != newest:
        assert (item.verdict, item.cause) == (Verdict.MISSED, Cause.OVERTAKEN)
    elif plan.window is not None and item.decide_time - item.slot.planned_time > plan.window:
        assert (item.verdict, item.cause) == (Verdict.MISSED, Cause.WINDOW_OVER)
    elif item.slot.event_id in open_events and kind_of(plan.event) is not EventKind.NEWDAY:
        assert (item.verdict, item.cause) == (Verdict.MISSED, Cause.STILL_RUNNING)
    else:
        assert (item.verdict, item.cause) == (Verdict.STARTED, Cause.NONE)


@pytest.mark.parametrize(
    ("name", "day"),
    [
        ("Europe/Berlin", "2024-03-30 12:00"),
        ("Europe/Berlin", "2024-10-26 12:00"),
        ("Australia/Lord_Howe", "2024-04-06 03:00"),
        ("America/New_York", "2024-03-09 20:00"),
    ],
)
def test_whoever_is_awake_misses_nothing(name: str, day: str) -> None:
    zone = ZoneInfo(name)
    begin = cursor = utc(day)
    decided: dict[Slot, Occurrence] = {}
    for minute in range(1, 36 * 60):
        now = begin + minute * MINUTE
        found = decide(PLANS, zone, cursor, now, decided, ())
        decided |= {item.slot: item for item in found}
        cursor = now
    assert decided.keys() == _slots(zone, begin, cursor).keys()
    for item in decided.values():
        assert item.verdict is Verdict.STARTED or item.cause is Cause.BLOCKED_BY
        assert item.late == timedelta()
    # Sunday's full backup holds off the daily one.
    held_off = [item.slot.event_id for item in decided.values() if item.by]
    assert held_off == ["2"]


@settings(max_examples=100, deadline=None)
@given(
    st.sampled_from(ZONES),
    st.lists(
        st.tuples(pauses, st.integers(-100, 100), st.booleans()),
        min_size=1,
        max_size=25,
    ),
)
def test_whatever_happens_to_the_clock_nothing_starts_twice_or_too_early(
    name: str, ticks: list[tuple[timedelta, int, bool]]
) -> None:
    zone = ZoneInfo(name)
    cursor = now = BEGIN
    records: dict[Slot, Occurrence] = {}
    started: set[Slot] = set()
    for pause, hours, jumps in ticks:
        now += pause + (timedelta(hours=hours) if jumps else timedelta())
        cursor = rewound(cursor, now)
        decided = {slot for slot, item in records.items() if stands(item, now)}
        found = decide(PLANS, zone, cursor, now, decided, ())
        for item in found:
            assert item.slot.planned_time <= now
            assert item.slot not in started
        started |= {item.slot for item in found if item.verdict is Verdict.STARTED}
        records |= {item.slot: item for item in found}
        cursor = now
    # Once the clock is right again, the next day is like any other.
    decided = {slot for slot, item in records.items() if stands(item, now)}
    coming = _slots(zone, now, now + timedelta(days=1)).keys() - started
    made = decide(PLANS, zone, now, now + timedelta(days=1), decided, ())
    assert {item.slot for item in made} == coming


def test_after_a_year_of_sleep_no_event_is_started_more_than_once() -> None:
    zone = ZoneInfo("Europe/Berlin")
    now = BEGIN + timedelta(days=366)
    found = decide(PLANS, zone, BEGIN, now, set(), ())
    assert {item.slot for item in found} == _slots(zone, BEGIN, now).keys()
    # The windows of 3 and 4 are over; the newest of all others is made.
    begun = [item.slot.event_id for item in found if item.verdict is Verdict.STARTED]
    assert sorted(begun) == ["1", "2", "5", "6"]
