"""What becomes of planned times: decisions one by one."""

from dataclasses import replace
from datetime import UTC, datetime, time, timedelta

import pytest

from server_agent.domain.events import Action, BackupAction, CommandAction, RestoreAction
from server_agent.domain.occurrences import (
    Blockers,
    Cause,
    Occurrence,
    Planned,
    Slot,
    Verdict,
    decide,
    planned_slots,
    rewound,
    stands,
)
from server_agent.domain.savesets import BackupType
from server_agent.domain.schedule import Schedule
from tests.agent.domain.plans import FULL, event, newday, once, schedule, utc

EVENING = schedule("FREQ=DAILY", time(20))
HOURLY = schedule("FREQ=HOURLY", time(0))
COMMAND = CommandAction("report")
RESTORE = RestoreAction("documents", b"/srv/restored")


def _plan(
    event_id: str,
    planned: Schedule = EVENING,
    action: Action = FULL,
    *,
    priority: int = 1,
    blocking: bool = False,
) -> Planned:
    return Planned(event(event_id, action, priority=priority, blocking=blocking), planned)


def _decide(
    plans: list[Planned],
    since: str,
    now: str,
    decided: set[Slot] | None = None,
    open_events: set[str] | None = None,
) -> list[Occurrence]:
    return decide(plans, UTC, utc(since), utc(now), decided or set(), open_events or set())


def _blocker_of(plan: Planned, moment: datetime, plans: list[Planned]) -> Planned | None:
    return Blockers(plans, UTC, moment).of(plan, moment)


def _told(found: list[Occurrence]) -> list[tuple[str, str, Verdict, Cause]]:
    return [
        (
            item.slot.event_id,
            item.slot.planned_time.strftime("%d %H:%M"),
            item.verdict,
            item.cause,
        )
        for item in found
    ]


@pytest.mark.parametrize(
    ("since", "now", "count"),
    [
        ("2024-05-06 19:00", "2024-05-06 19:59:59.999999", 0),
        ("2024-05-06 19:00", "2024-05-06 20:00", 1),
        ("2024-05-06 19:59:59.999999", "2024-05-06 20:00:01", 1),
        ("2024-05-06 20:00", "2024-05-06 20:01", 0),
    ],
)
def test_a_time_is_decided_when_it_has_come_and_once(since: str, now: str, count: int) -> None:
    found = _decide([_plan("7")], since, now)
    assert [item.verdict for item in found] == [Verdict.STARTED] * count
    assert all(item.decide_time == utc(now) for item in found)


@pytest.mark.parametrize(
    ("now", "late"),
    [
        ("2024-05-06 20:01", timedelta()),
        ("2024-05-06 20:01:01", timedelta(seconds=61)),
        ("2024-05-07 03:00", timedelta(hours=7)),
    ],
)
def test_a_start_behind_its_time_says_how_late(now: str, late: timedelta) -> None:
    (found,) = _decide([_plan("7")], "2024-05-06 19:00", now)
    assert (found.verdict, found.late) == (Verdict.STARTED, late)


def test_what_was_not_started_is_not_late() -> None:
    found = Occurrence(Slot(utc("2024-05-06 20:00"), "7"), Verdict.MISSED, utc("2024-05-07 20:00"))
    assert found.late == timedelta()


def test_whoever_slept_through_three_starts_makes_the_newest() -> None:
    found = _decide([_plan("7")], "2024-05-06 19:00", "2024-05-08 23:00")
    assert _told(found) == [
        ("7", "06 20:00", Verdict.MISSED, Cause.OVERTAKEN),
        ("7", "07 20:00", Verdict.MISSED, Cause.OVERTAKEN),
        ("7", "08 20:00", Verdict.STARTED, Cause.NONE),
    ]


@pytest.mark.parametrize(
    ("now", "verdict", "cause"),
    [
        ("2024-05-06 22:00", Verdict.STARTED, Cause.NONE),
        ("2024-05-06 22:00:00.000001", Verdict.MISSED, Cause.WINDOW_OVER),
    ],
)
def test_a_start_has_to_be_made_within_its_window(now: str, verdict: Verdict, cause: Cause) -> None:
    plan = _plan("7", schedule(window=timedelta(hours=2)))
    (found,) = _decide([plan], "2024-05-06 19:00", now)
    assert (found.verdict, found.cause) == (verdict, cause)


def test_without_a_window_a_start_may_be_made_until_the_next() -> None:
    (found,) = _decide([_plan("7")], "2024-05-06 19:00", "2024-05-07 19:59")
    assert found.verdict is Verdict.STARTED


def test_what_is_still_open_is_not_started_again() -> None:
    found = _decide(
        [_plan("7", HOURLY), _plan("8", HOURLY)],
        "2024-05-06 09:30",
        "2024-05-06 11:00",
        open_events={"7"},
    )
    assert _told(found) == [
        ("7", "06 10:00", Verdict.MISSED, Cause.OVERTAKEN),
        ("8", "06 10:00", Verdict.MISSED, Cause.OVERTAKEN),
        ("7", "06 11:00", Verdict.MISSED, Cause.STILL_RUNNING),
        ("8", "06 11:00", Verdict.STARTED, Cause.NONE),
    ]


@pytest.mark.parametrize(
    ("priority", "action", "blocker_priority", "blocker_action", "blocked"),
    [
        (1, FULL, 2, FULL, True),
        (1, FULL, 2, BackupAction(BackupType.INC, group="all"), True),
        (98, FULL, 99, FULL, True),
        (2, FULL, 2, FULL, False),  # of equals none is above the other
        (3, FULL, 2, FULL, False),
        (0, FULL, 99, FULL, False),  # 0 is never blocked,
        (99, FULL, 0, FULL, True),  # and is above all
        (0, FULL, 0, FULL, False),
        (1, COMMAND, 99, FULL, False),  # of another kind
        (1, RESTORE, 99, COMMAND, False),
        (1, RESTORE, 99, RESTORE, True),
    ],
)
def test_who_holds_off_whom(
    priority: int, action: Action, blocker_priority: int, blocker_action: Action, blocked: bool
) -> None:
    plans = [
        _plan("7", action=action, priority=priority),
        _plan("8", action=blocker_action, priority=blocker_priority, blocking=True),
    ]
    found = {
        item.slot.event_id: item for item in _decide(plans, "2024-05-06 19:00", "2024-05-06 20:00")
    }
    assert found["8"].verdict is Verdict.STARTED
    if blocked:
        assert (found["7"].verdict, found["7"].cause) == (Verdict.BLOCKED, Cause.BLOCKED_BY)
        assert found["7"].by == "event 8"
    else:
        assert found["7"].verdict is Verdict.STARTED


def test_only_blocking_events_hold_off() -> None:
    plans = [_plan("7"), _plan("8", priority=99)]
    assert _blocker_of(plans[0], utc("2024-05-06 20:00"), plans) is None
    found = _decide(plans, "2024-05-06 19:00", "2024-05-06 20:00")
    assert [item.verdict for item in found] == [Verdict.STARTED, Verdict.STARTED]


@pytest.mark.parametrize(
    ("window", "wall", "blocked"),
    [
        (timedelta(hours=2), time(19, 59), False),
        (timedelta(hours=2), time(20, 0), True),
        (timedelta(hours=2), time(21, 30), True),
        (timedelta(hours=2), time(22, 0), True),
        (timedelta(hours=2), time(22, 1), False),
        # without a window: the same minute
        (None, time(19, 59, 59), False),
        (None, time(20, 0), True),
        (None, time(20, 0, 59), True),
        (None, time(20, 1), False),
    ],
)
def test_a_blocker_holds_off_what_falls_into_its_window(
    window: timedelta | None, wall: time, blocked: bool
) -> None:
    blocker = _plan("8", schedule(window=window), priority=9, blocking=True)
    plan = _plan("7", schedule(start_time=wall))
    moment = datetime.combine(utc("2024-05-06").date(), wall, UTC)
    assert _blocker_of(plan, moment, [blocker]) is (blocker if blocked else None)


def test_in_one_minute_it_does_not_matter_who_is_first() -> None:
    blocker = _plan("8", schedule(start_time=time(20, 0, 30)), priority=9, blocking=True)
    assert _blocker_of(_plan("7"), utc("2024-05-06 20:00"), [blocker]) is blocker


@pytest.mark.parametrize("window", [None, timedelta(minutes=90), timedelta(days=3)])
def test_the_order_in_which_blockers_are_asked_does_not_matter(window: timedelta | None) -> None:
    blocker = _plan("8", schedule(window=window), priority=9, blocking=True)
    other = _plan("9", replace(HOURLY, rule="FREQ=HOURLY;INTERVAL=7"), priority=8, blocking=True)
    plans, plan = [blocker, other], _plan("7")
    first = utc("2024-05-06 19:30")
    moments = [first + timedelta(minutes=15 * number) for number in range(4 * 24 * 6)]
    taken_back = {
        Slot(utc("2024-05-08 20:00"), "8"),
        *(Slot(moment, "9") for moment in moments if moment.day % 2),
    }
    expected = [Blockers(plans, UTC, each, taken_back).of(plan, each) for each in moments]
    assert "8" in {each.event.id for each in expected if each is not None}
    for asked in (moments, moments[::-1]):
        blockers = Blockers(plans, UTC, first, taken_back)
        found = {each: blockers.of(plan, each) for each in asked}
        assert [found[each] for each in moments] == expected


def test_a_blocker_that_was_taken_back_is_followed_by_the_one_below() -> None:
    highest = _plan("9", priority=90, blocking=True)
    higher = _plan("8", priority=9, blocking=True)
    moment = utc("2024-05-06 20:00")
    blockers = Blockers([highest, higher], UTC, moment, {Slot(moment, "9")})
    assert blockers.of(_plan("7"), moment) is higher
    assert blockers.of(_plan("7"), moment + timedelta(days=1)) is highest


@pytest.mark.parametrize(
    "blocker",
    [
        Planned(event("8", priority=9, blocking=True, active=False), EVENING),
        Planned(event("8", priority=9, blocking=True), schedule(active=False)),
        Planned(
            event("8", priority=9, blocking=True, change_time=utc("2024-05-06 21:00")), EVENING
        ),
    ],
)
def test_a_silenced_blocker_holds_nobody_off(blocker: Planned) -> None:
    assert _blocker_of(_plan("7"), utc("2024-05-06 20:00"), [blocker]) is None


def test_newday_is_first_and_is_never_held_off() -> None:
    at_eight = schedule(start_time=time(8))
    plans = [
        _plan("7", at_eight, priority=99),
        _plan("8", at_eight, priority=0, blocking=True),
        newday(),
    ]
    found = _decide(plans, "2024-05-06 07:00", "2024-05-06 08:00")
    assert [item.slot.event_id for item in found] == ["1", "8", "7"]
    assert [item.verdict for item in found] == [Verdict.STARTED, Verdict.STARTED, Verdict.BLOCKED]


def test_not_even_another_newday_holds_newday_off() -> None:
    plan = Planned(replace(newday().event, priority=1), EVENING)
    blocker = Planned(replace(newday().event, id="2", blocking=True), EVENING)
    assert _blocker_of(plan, utc("2024-05-06 20:00"), [blocker]) is None


def test_newday_is_first_even_of_what_was_planned_before_it() -> None:
    plans = [_plan("0", schedule(start_time=time(7, 30)), priority=0), newday()]
    found = _decide(plans, "2024-05-06 07:00", "2024-05-06 09:00")
    assert [item.slot.event_id for item in found] == ["1", "0"]


def test_a_newday_that_was_slept_through_is_made_once() -> None:
    found = _decide([newday()], "2024-05-06 07:00", "2024-05-09 07:00")
    assert [item.verdict for item in found] == [Verdict.MISSED, Verdict.MISSED, Verdict.STARTED]


def test_in_one_tick_the_most_important_come_first_and_then_the_oldest() -> None:
    plans = [
        _plan("7", schedule(start_time=time(20, 2)), priority=5),
        _plan("8", schedule(start_time=time(20, 1)), priority=5),
        _plan("9", schedule(start_time=time(20, 3)), priority=99),
        _plan("10", schedule(start_time=time(20, 4)), priority=0),
    ]
    found = _decide(plans, "2024-05-06 19:00", "2024-05-06 20:05")
    assert [item.slot.event_id for item in found] == ["10", "9", "8", "7"]


def test_an_immediate_start_is_decided_like_any_other() -> None:
    plan = once("7", utc("2024-05-06 20:00"))
    assert _decide([plan], "2024-05-06 19:00", "2024-05-06 19:59") == []
    (found,) = _decide([plan], "2024-05-06 19:59", "2024-05-06 20:00")
    assert (found.slot, found.verdict) == (Slot(utc("2024-05-06 20:00"), "7"), Verdict.STARTED)
    assert _decide([plan], "2024-05-06 20:00", "2024-05-09 20:00") == []
    (late,) = _decide([plan], "2024-05-06 19:59", "2024-05-09 20:00")
    assert (late.verdict, late.late) == (Verdict.STARTED, timedelta(days=3))


def test_an_immediate_start_is_held_off_unless_it_is_above_all() -> None:
    moment = utc("2024-05-06 20:30")
    blocker = _plan("8", schedule(window=timedelta(hours=1)), priority=9, blocking=True)
    assert _blocker_of(once("7", moment), moment, [blocker]) is blocker
    assert _blocker_of(once("7", moment, priority=0), moment, [blocker]) is None


def test_nothing_is_planned_before_it_was_what_it_is() -> None:
    changed = utc("2024-05-06 20:30")
    for plan in (
        Planned(event("7", change_time=changed), EVENING),
        Planned(event("7"), schedule(change_time=changed)),
    ):
        found = _decide([plan], "2024-05-06 19:00", "2024-05-08 12:00")
        assert _told(found) == [("7", "07 20:00", Verdict.STARTED, Cause.NONE)]
        assert _decide([plan], "2024-05-06 19:00", "2024-05-06 20:10") == []


@pytest.mark.parametrize(
    "plan",
    [
        Planned(event("7", active=False), EVENING),
        Planned(event("7"), schedule(active=False)),
        Planned(event("7", active=False, start_time=utc("2024-05-06 20:00")), None),
    ],
)
def test_what_is_silenced_has_no_planned_times(plan: Planned) -> None:
    assert _decide([plan], "2024-05-06 19:00", "2024-05-08 12:00") == []
    assert planned_slots([plan], UTC, utc("2024-05-06"), utc("2024-06-06"), set()) == []


def test_a_clock_set_back_by_an_hour_starts_nothing_twice() -> None:
    plans = [_plan("7", HOURLY)]
    first = _decide(plans, "2024-05-06 09:30", "2024-05-06 10:30")
    cursor = rewound(utc("2024-05-06 10:30"), utc("2024-05-06 09:31"))
    assert cursor == utc("2024-05-06 09:31")
    decided = {item.slot for item in first}
    assert decide(plans, UTC, cursor, utc("2024-05-06 10:05"), decided, ()) == []
    found = decide(plans, UTC, cursor, utc("2024-05-06 11:00"), decided, ())
    assert _told(found) == [("7", "06 11:00", Verdict.STARTED, Cause.NONE)]


def test_a_clock_that_was_years_ahead_does_not_silence_the_plan() -> None:
    plans = [_plan("7")]
    ahead = _decide(plans, "2024-05-06 21:00", "2031-01-01 00:00")
    assert ahead[-1].verdict is Verdict.STARTED
    assert {item.verdict for item in ahead[:-1]} == {Verdict.MISSED}
    back = utc("2024-05-07 20:00")
    cursor = rewound(utc("2031-01-01 00:00"), utc("2024-05-06 21:05"))
    decided = {item.slot for item in ahead if stands(item, back)}
    found = decide(plans, UTC, cursor, back, decided, ())
    assert _told(found) == [("7", "07 20:00", Verdict.STARTED, Cause.NONE)]
    # The one that was started stays the one that it was.
    assert decided == {ahead[-1].slot}


@pytest.mark.parametrize(
    ("verdict", "now", "binds"),
    [
        (Verdict.MISSED, "2024-05-06 20:05", True),
        (Verdict.MISSED, "2024-05-06 20:04", False),
        (Verdict.BLOCKED, "2024-05-06 20:04", False),
        (Verdict.STARTED, "2024-05-06 20:04", True),
    ],
)
def test_what_a_wrong_clock_gave_up_is_open_again(verdict: Verdict, now: str, binds: bool) -> None:
    slot = Slot(utc("2024-05-06 20:00"), "7")
    assert stands(Occurrence(slot, verdict, utc("2024-05-06 20:05")), utc(now)) is binds


def test_a_clock_that_goes_on_is_not_set_back() -> None:
    assert rewound(utc("2024-05-06 20:00"), utc("2024-05-06 20:01")) == utc("2024-05-06 20:00")


def test_the_coming_slots_in_order_without_those_decided() -> None:
    early = replace(EVENING, start_time=time(19))
    plans = [_plan("7"), _plan("8", early), once("9", utc("2024-05-06 19:30"))]
    done = {Slot(utc("2024-05-06 19:00"), "8"): "decided"}
    found = planned_slots(plans, UTC, utc("2024-05-06"), utc("2024-05-07 20:00"), done)
    assert [(slot.event_id, slot.planned_time, plan.event.id) for slot, plan in found] == [
        ("9", utc("2024-05-06 19:30"), "9"),
        ("7", utc("2024-05-06 20:00"), "7"),
        ("8", utc("2024-05-07 19:00"), "8"),
    ]
