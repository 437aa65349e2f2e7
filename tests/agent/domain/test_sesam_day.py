"""The sesam day: from NEWDAY to NEWDAY, wherever NEWDAY is moved and whatever the clocks do."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from server_agent.domain.errors import InvalidArgument
from server_agent.domain.schedule import Schedule
from server_agent.domain.sesam_day import DayStart, SesamDays, checked_newday
from tests.agent.domain.oracle import CHANGES, DAY, MINUTE
from tests.agent.domain.plans import schedule, utc

INSTANT = timedelta(microseconds=1)
NOW = utc("2024-05-06 10:00")
EIGHT = schedule("FREQ=DAILY", time(8))
WORKDAYS = schedule("FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR", time(8))


def _days(
    newday: Schedule,
    first: str,
    until: str,
    zone: str = "UTC",
    recorded: tuple[DayStart, ...] = (),
) -> SesamDays:
    return SesamDays(recorded, newday, ZoneInfo(zone), utc(first), utc(until))


@pytest.mark.parametrize(
    ("moment", "day"),
    [
        ("2024-05-06 08:00", date(2024, 5, 6)),
        ("2024-05-06 23:59", date(2024, 5, 6)),
        ("2024-05-07 00:30", date(2024, 5, 6)),  # after midnight
        ("2024-05-07 07:59:59.999999", date(2024, 5, 6)),
        ("2024-05-07 08:00", date(2024, 5, 7)),
    ],
)
def test_a_day_goes_from_newday_to_newday(moment: str, day: date) -> None:
    assert _days(EIGHT, "2024-05-01", "2024-06-01").day_of(utc(moment)) == day


def test_a_day_begins_at_the_wall_clocks_newday() -> None:
    days = _days(EIGHT, "2024-03-25", "2024-04-10", "Europe/Berlin")
    assert days.bounds(date(2024, 3, 30)) == (utc("2024-03-30 07:00"), utc("2024-03-31 06:00"))
    assert days.bounds(date(2024, 3, 31)) == (utc("2024-03-31 06:00"), utc("2024-04-01 06:00"))


@pytest.mark.parametrize(
    ("zone", "wall", "day", "begin", "end"),
    [
        # 23 and 25 hours
        ("Europe/Berlin", time(0), date(2024, 3, 31), "2024-03-30 23:00", "2024-03-31 22:00"),
        ("Europe/Berlin", time(0), date(2024, 10, 27), "2024-10-26 22:00", "2024-10-27 23:00"),
        # NEWDAY in the gap: at 03:30, and at 01:00 where there is no midnight
        ("Europe/Berlin", time(2, 30), date(2024, 3, 31), "2024-03-31 01:30", "2024-04-01 00:30"),
        ("America/Sao_Paulo", time(0), date(2017, 10, 15), "2017-10-15 03:00", "2017-10-16 02:00"),
        # a day on which midnight comes near twice
        ("America/Sao_Paulo", time(0), date(2018, 2, 17), "2018-02-17 02:00", "2018-02-18 03:00"),
        # the day before the one that never was
        ("Pacific/Apia", time(8), date(2011, 12, 29), "2011-12-29 18:00", "2011-12-30 18:00"),
    ],
)
def test_days_on_which_the_clocks_change(
    zone: str, wall: time, day: date, begin: str, end: str
) -> None:
    planned = schedule("FREQ=DAILY", wall, date(2010, 1, 1))
    first, until = utc(begin) - 5 * DAY, utc(end) + 5 * DAY
    days = SesamDays((), planned, ZoneInfo(zone), first, until)
    assert days.bounds(day) == (utc(begin), utc(end))


def test_the_day_that_never_was_has_no_bounds() -> None:
    days = _days(schedule(start_time=time(8)), "2011-12-20", "2012-01-05", "Pacific/Apia")
    assert days.bounds(date(2011, 12, 30)) is None


def test_a_day_may_span_a_weekend() -> None:
    days = _days(WORKDAYS, "2024-05-01", "2024-05-20")
    friday = date(2024, 5, 10)
    assert days.day_of(utc("2024-05-12 03:00")) == friday
    assert days.day_of(utc("2024-05-13 07:59")) == friday
    assert days.day_of(utc("2024-05-13 08:00")) == date(2024, 5, 13)
    assert days.bounds(friday) == (utc("2024-05-10 08:00"), utc("2024-05-13 08:00"))
    assert days.bounds(date(2024, 5, 11)) is None


def test_newday_moved_to_later_on_the_same_date_prolongs_the_day() -> None:
    began = DayStart(utc("2024-05-06 08:00"), date(2024, 5, 6))
    moved = schedule("FREQ=DAILY", time(20))
    days = _days(moved, "2024-05-06 10:00", "2024-05-20", recorded=(began,))
    assert days.day_of(utc("2024-05-06 21:00")) == date(2024, 5, 6)
    assert days.bounds(date(2024, 5, 6)) == (utc("2024-05-06 08:00"), utc("2024-05-07 20:00"))


def test_newday_moved_to_earlier_leaves_what_has_begun() -> None:
    began = DayStart(utc("2024-05-05 20:00"), date(2024, 5, 5))
    moved = schedule("FREQ=DAILY", time(8))
    days = _days(moved, "2024-05-06 10:00", "2024-05-20", recorded=(began,))
    # No NEWDAY falls on the 6th: 08:00 had passed, 20:00 does not come any more.
    assert days.bounds(date(2024, 5, 5)) == (utc("2024-05-05 20:00"), utc("2024-05-07 08:00"))
    assert days.bounds(date(2024, 5, 6)) is None


def test_a_recorded_day_keeps_the_name_under_which_it_began() -> None:
    # The server went from Tokyo to Honolulu at noon, where it is still the 5th.
    began = DayStart(utc("2024-05-05 23:00"), date(2024, 5, 6))
    days = SesamDays(
        (began,), EIGHT, ZoneInfo("Pacific/Honolulu"), utc("2024-05-05 00:00"), utc("2024-05-10")
    )
    assert days.day_of(utc("2024-05-06 05:00")) == date(2024, 5, 6)
    assert days.day_of(utc("2024-05-07 18:00")) == date(2024, 5, 7)


@pytest.mark.parametrize("wall", [time(13), time(20)])
def test_days_do_not_go_back_with_the_time_zone(wall: time) -> None:
    # From Tokyo to Honolulu, and NEWDAY moved to the very moment at which the day began, or to a
    # later one that is still on the 5th there.
    began = DayStart(utc("2024-05-05 23:00"), date(2024, 5, 6))
    moved = schedule("FREQ=DAILY", wall)
    zone = ZoneInfo("Pacific/Honolulu")
    days = SesamDays((began,), moved, zone, began.moment, utc("2024-05-10"))
    # The first NEWDAY that the 7th sees there; at 13:00 that of the 6th keeps the day's name.
    end = datetime.combine(date(2024, 5, 7), wall, zone)
    assert days.day_of(began.moment) == days.day_of(utc("2024-05-06 07:00")) == date(2024, 5, 6)
    assert days.bounds(date(2024, 5, 6)) == (began.moment, end)
    assert days.bounds(date(2024, 5, 5)) is None


def test_before_the_first_newday_there_is_the_calendar() -> None:
    days = _days(EIGHT, "2024-05-06 10:00", "2024-05-20")
    assert days.day_of(utc("2024-05-07 07:00")) == date(2024, 5, 6)
    assert days.day_of(utc("2024-05-06 10:00")) == date(2024, 5, 6)
    assert days.day_of(utc("2024-05-04 10:00")) == date(2024, 5, 4)
    assert days.bounds(date(2024, 5, 6)) is None


def test_without_any_newday_there_is_the_calendar() -> None:
    future = schedule("FREQ=DAILY", time(8), date(2030, 1, 1))
    days = _days(future, "2024-05-06", "2024-05-20", "Asia/Tokyo")
    assert days.day_of(utc("2024-05-06 20:00")) == date(2024, 5, 7)
    assert days.bounds(date(2024, 5, 7)) is None


def test_an_open_day_ends_just_behind_what_may_be_asked_for() -> None:
    days = _days(EIGHT, "2024-05-01", "2024-05-06 08:00")
    assert days.bounds(date(2024, 5, 6)) == (
        utc("2024-05-06 08:00"),
        utc("2024-05-06 08:00") + INSTANT,
    )


@settings(max_examples=200, deadline=None)
@given(
    st.sampled_from(CHANGES),
    st.lists(
        st.tuples(
            st.sampled_from(
                ["FREQ=DAILY", "FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR", "FREQ=WEEKLY", "FREQ=MONTHLY"]
            ),
            st.integers(0, 24 * 60 - 1),
            st.integers(0, 20 * 24 * 60),
        ),
        min_size=1,
        max_size=4,
    ),
    st.lists(st.integers(0, 60 * 24 * 60), min_size=1, max_size=30),
)
def test_bounds_and_days_agree_at_every_moment(
    change: tuple[str, date], moves: list[tuple[str, int, int]], minutes: list[int]
) -> None:
    zone = ZoneInfo(change[0])
    first = moved = datetime.combine(change[1], time(0), UTC) - 20 * DAY
    until = first + 60 * DAY
    recorded: set[DayStart] = set()
    days = None
    for rule, minute, later in moves:
        wall = (datetime.min + minute * MINUTE).time()
        newday = schedule(rule, wall, change[1] - 100 * DAY)
        days = SesamDays(recorded, newday, zone, moved, until)
        moved += later * MINUTE
        told = {days.day_of(first + number * MINUTE) for number in range(0, 60 * 24 * 60, 60)}
        for day in told:
            bounds = days.bounds(day)
            if bounds is not None and bounds[0] < moved:
                recorded.add(DayStart(bounds[0], day))
    assert days is not None
    for number in minutes:
        moment = first + number * MINUTE
        day = days.day_of(moment)
        bounds = days.bounds(day)
        if bounds is None:
            assert all(days.day_of(first + early * MINUTE) <= day for early in range(number))
            continue
        begin, end = bounds
        assert days.day_of(begin) == day == days.day_of(end - INSTANT)
        assert begin <= moment < end
        assert days.day_of(begin - INSTANT) < day
        assert end > until or days.day_of(end) > day


@pytest.mark.parametrize(
    "newday",
    [
        EIGHT,
        WORKDAYS,
        schedule("FREQ=WEEKLY;BYDAY=SU", time(0)),
        # 31 days, and an hour of winter time
        schedule("FREQ=MONTHLY;BYMONTHDAY=1", time(8)),
        schedule("FREQ=DAILY", time(8), date(2024, 6, 1)),
    ],
)
def test_newday_may_be_moved(newday: Schedule) -> None:
    assert checked_newday(newday, ZoneInfo("Europe/Berlin"), NOW) == newday


@pytest.mark.parametrize(
    ("newday", "field", "value", "expected"),
    [
        (
            schedule(active=False),
            "active",
            "false",
            "true: NEWDAY can be moved, never disabled",
        ),
        (schedule(end_date=date(2099, 1, 1)), "end_date", "2099-01-01", "none: NEWDAY never ends"),
        (schedule(window=DAY), "window", "1 day, 0:00:00", "none: NEWDAY runs however late it is"),
        (
            schedule("FREQ=HOURLY;INTERVAL=24"),
            "rule",
            "FREQ=HOURLY;INTERVAL=24",
            "a rule of days: a sesam day has one beginning",
        ),
        (
            schedule("", dates=tuple(NOW.date() + n * DAY for n in range(3660))),
            "rule",
            "empty",
            "a rule: a list of dates comes to an end",
        ),
        (
            schedule("FREQ=MONTHLY;BYMONTHDAY=31"),
            "rule",
            "FREQ=MONTHLY;BYMONTHDAY=31",
            "a NEWDAY at least every 31 days (none for long after 2024-05-31)",
        ),
        (
            schedule("FREQ=YEARLY"),
            "rule",
            "FREQ=YEARLY",
            "a NEWDAY at least every 31 days (none for long after 2024-05-06)",
        ),
        (
            schedule("FREQ=DAILY", time(8), date(2030, 1, 1)),
            "rule",
            "FREQ=DAILY",
            "a NEWDAY at least every 31 days (none for long after 2024-05-06)",
        ),
        (
            schedule("FREQ=DAILY", time(8), date(2024, 6, 7)),
            "rule",
            "FREQ=DAILY",
            "a NEWDAY at least every 31 days (none for long after 2024-05-06)",
        ),
    ],
)
def test_days_have_toopened_ending(newday: Schedule, field: str, value: str, expected: str) -> None:
    with pytest.raises(InvalidArgument) as refused:
        checked_newday(newday, ZoneInfo("Europe/Berlin"), NOW)
    assert refused.value.metadata == {"field": field, "value": value, "expected": expected}


def test_the_starts_of_a_span_and_the_next_one_behind_it() -> None:
    moved = DayStart(utc("2026-03-05 09:00"), date(2026, 3, 5))  # a second one on the same date
    days = _days(WORKDAYS, "2026-03-02", "2026-03-20", "Europe/Berlin", (moved,))
    found = days.starts(date(2026, 3, 5), date(2026, 3, 8))
    assert [(start.day.day, start.moment) for start in found] == [
        (5, utc("2026-03-05 07:00")),
        (6, utc("2026-03-06 07:00")),
        (9, utc("2026-03-09 07:00")),
    ]
    assert days.starts(date(2026, 3, 19), date(2026, 3, 25))[-1].day == date(2026, 3, 19)
    assert days.starts(date(2026, 4, 1), date(2026, 4, 2)) == []
