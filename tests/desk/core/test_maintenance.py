"""When a maintenance window is open: once, weekly, over midnight, and where the clocks leap."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sesam_master.core.maintenance import MaintenanceWindow, united_end

BERLIN = "Europe/Berlin"


def wall(text: str) -> datetime:
    return datetime.fromisoformat(text)


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def window(start: str, end: str, days: set[int] | None = None, **more: object) -> MaintenanceWindow:
    return MaintenanceWindow(
        wall(start),
        wall(end),
        str(more.get("zone", BERLIN)),
        frozenset(days or ()),
        more.get("until"),  # type: ignore[arg-type]
    )


def test_a_window_that_comes_once_ends_by_itself() -> None:
    once = window("2026-11-28T22:00", "2026-11-29T04:00")
    before, begin, last = utc("2026-11-28T20:59"), utc("2026-11-28T21:00"), utc("2026-11-29T02:59")
    end = utc("2026-11-29T03:00")
    assert (once.end_at(before), once.next_start(before)) == (None, begin)
    assert (once.end_at(begin), once.end_at(last), once.end_at(end)) == (end, end, None)
    assert not once.is_over(last)
    assert once.is_over(end)


def test_a_weekly_window_comes_on_its_days_and_over_midnight() -> None:
    weekly = window("2026-11-28T22:00", "2026-11-29T04:00", {5})  # a Saturday
    assert weekly.end_at(utc("2026-12-06T01:00")) == utc("2026-12-06T03:00")
    assert weekly.end_at(utc("2026-12-04T21:30")) is None
    assert weekly.next_start(utc("2026-12-04T21:30")) == utc("2026-12-05T21:00")
    assert weekly.end_at(utc("2026-11-22T01:00")) is None, "it has not begun yet"
    assert weekly.next_start(utc("2026-01-01T00:00")) == utc("2026-11-28T21:00")


def test_the_first_day_counts_only_if_it_is_one_of_the_days() -> None:
    weekly = window("2026-11-27T22:00", "2026-11-28T04:00", {5})  # from a Friday on, on Saturdays
    assert weekly.end_at(utc("2026-11-27T23:00")) is None
    assert weekly.end_at(utc("2026-11-28T23:00")) == utc("2026-11-29T03:00")


def test_the_last_day_still_has_its_window() -> None:
    last = window("2026-11-28T22:00", "2026-11-29T04:00", {5}, until=date(2026, 12, 5))
    assert last.end_at(utc("2026-12-06T02:00")) is not None
    assert last.end_at(utc("2026-12-13T02:00")) is None
    assert last.is_over(utc("2026-12-06T03:00"))


def test_wall_times_stay_when_the_clocks_change() -> None:
    weekly = window("2026-01-04T10:00", "2026-01-04T12:00", {6})
    assert weekly.end_at(utc("2026-03-22T10:30")) == utc("2026-03-22T11:00")  # CET
    assert weekly.end_at(utc("2026-03-29T09:30")) == utc("2026-03-29T10:00")  # CEST
    assert weekly.end_at(utc("2026-03-29T10:30")) is None


@pytest.mark.parametrize(
    ("start", "end", "inside", "outside"),
    [
        # 02:00 to 03:00 does not come in Berlin on 29 March 2026.
        ("2026-03-29T01:30", "2026-03-29T03:30", ["00:30", "01:00", "01:29"], ["00:29", "01:30"]),
        # What lies in the leap alone is no time at all.
        ("2026-03-29T02:10", "2026-03-29T03:00", [], ["00:59", "01:00", "01:10", "01:30"]),
        # 02:00 to 03:00 comes twice on 25 October: the window has both.
        ("2026-10-25T02:15", "2026-10-25T02:45", ["00:15", "00:50", "01:44"], ["00:14", "01:45"]),
    ],
)
def test_leaps_of_the_clock(start: str, end: str, inside: list[str], outside: list[str]) -> None:
    once = window(start, end)
    day = start[:11]
    assert [once.end_at(utc(day + at)) is not None for at in inside] == [True] * len(inside)
    assert [once.end_at(utc(day + at)) is not None for at in outside] == [False] * len(outside)


def test_windows_one_after_the_other_are_one() -> None:
    first = window("2026-11-24T20:00", "2026-11-24T22:00", zone="UTC")
    second = window("2026-11-24T21:30", "2026-11-25T01:00", zone="UTC")
    third = window("2026-11-25T01:00", "2026-11-25T02:00", zone="UTC")
    later = window("2026-11-25T03:00", "2026-11-25T04:00", zone="UTC")
    now = utc("2026-11-24T20:30")
    assert united_end((later, third, second, first), now) == utc("2026-11-25T02:00")
    assert united_end((later,), now) is None
    assert united_end((), now) is None


def test_what_is_always_open_has_an_end_that_can_be_told() -> None:
    always = window("2026-01-01T00:00", "2026-01-02T00:00", set(range(7)), zone="UTC")
    end = united_end((always,), utc("2026-06-01T12:00"))
    assert end is not None
    assert end > utc("2026-07-01T00:00")


@pytest.mark.parametrize(
    ("values", "wrong"),
    [
        ({"end": wall("2026-11-28T22:00")}, "not after its start"),
        ({"end": wall("2028-11-28T22:00")}, "longer than 366 days"),
        ({"end": wall("2026-12-28T22:00"), "days": frozenset({1})}, "longer than 7 days"),
        ({"days": frozenset({7})}, "numbered from 0"),
        ({"zone": "Europe/Nowhere"}, "not known here"),
        ({"zone": "../etc/passwd"}, "not known here"),
        ({"until": date(2026, 12, 1)}, "The last day"),
        ({"days": frozenset({1}), "until": date(2026, 1, 1)}, "The last day"),
        ({"start": utc("2026-11-28T22:00")}, "wall times"),
    ],
)
def test_what_is_no_window_is_refused_in_words(values: dict[str, object], wrong: str) -> None:
    right = {"start": wall("2026-11-28T22:00"), "end": wall("2026-11-29T04:00"), "zone": BERLIN}
    with pytest.raises(ValueError, match=wrong):
        MaintenanceWindow(**(right | values))  # type: ignore[arg-type]


MINUTES = st.integers(0, 3 * 365 * 24 * 60)
ZONES = st.sampled_from(["UTC", BERLIN, "America/New_York", "Australia/Lord_Howe", "Asia/Kolkata"])


@given(
    start=MINUTES,
    length=st.integers(1, 7 * 24 * 60),
    now=MINUTES,
    days=st.frozensets(st.integers(0, 6)),
    zone=ZONES,
)
def test_open_ends_later_and_closed_begins_later(
    start: int, length: int, now: int, days: frozenset[int], zone: str
) -> None:
    first = datetime(2025, 1, 1) + timedelta(minutes=start)
    one = MaintenanceWindow(first, first + timedelta(minutes=length), zone, days)
    at = datetime(2025, 1, 1, tzinfo=UTC) + timedelta(minutes=now)
    end, begin = one.end_at(at), one.next_start(at)
    assert end is None or at < end <= at + timedelta(days=7, hours=2)
    assert begin is None or begin > at
    if days and begin is not None:
        assert one.end_at(begin) is not None
        assert (
            one.end_at(begin - timedelta(microseconds=1)) is None or len(days) > 1 or length > 9000
        )
    assert (end is None and begin is None) == one.is_over(at)
