"""Planned moments against a clock that is watched minute by minute, and refused schedules."""

from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from time import perf_counter
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from server_agent.domain.errors import InvalidArgument
from server_agent.domain.schedule import Schedule, checked_schedule, count_starts, starts
from tests.agent.domain.oracle import (
    CHANGES,
    DAY,
    MINUTE,
    Clock,
    DateRule,
    clock_around,
    dates,
    monday,
)
from tests.agent.domain.plans import schedule, utc

times = st.times().map(lambda wall: wall.replace(second=0, microsecond=0)) | st.sampled_from(
    [time(0, 0), time(0, 30), time(1, 30), time(2, 0), time(2, 30), time(3, 0), time(23, 30)]
)
DATE_RULES = [
    DateRule("FREQ=DAILY", lambda day, start: True),
    DateRule("FREQ=DAILY;INTERVAL=3", lambda day, start: (day - start).days % 3 == 0),
    DateRule("FREQ=WEEKLY;BYDAY=SU,FR", lambda day, start: day.weekday() in (4, 6)),
    DateRule(
        "FREQ=WEEKLY;INTERVAL=2;BYDAY=SU,MO",
        lambda day, start: (monday(day) - monday(start)).days % 14 == 0 and day.weekday() in (0, 6),
    ),
    DateRule("FREQ=MONTHLY;BYMONTHDAY=30,31,1", lambda day, start: day.day in (30, 31, 1)),
]


def _moments(planned: Schedule, zone: str, first: datetime, end: datetime) -> list[datetime]:
    return list(starts(planned, ZoneInfo(zone), first, end))


def _counted(planned: Schedule, step: timedelta, clock: Clock) -> set[datetime]:
    """The starts of an interval, by walking from one to the next."""
    found: set[datetime] = set()
    if planned.until_time is None:
        moment = clock.at(planned.start_date, planned.start_time)
        # Where midnight comes twice, the first ends the last day.
        over = planned.end_date and clock.at(planned.end_date + DAY, time.min)
        while moment in clock.shown and (over is None or moment < over):
            found.add(moment)
            moment += step
        return found
    next_day = DAY if planned.until_time < planned.start_time else timedelta()
    for day in clock.days():
        if planned.start_date <= day <= (planned.end_date or date.max):
            moment = clock.at(day, planned.start_time)
            last = clock.at(day + next_day, planned.until_time)
            anew = clock.at(day + DAY, planned.start_time)
            while moment <= last and moment < anew:
                found.add(moment)
                moment += step
    return found


@st.composite
def spans(draw: st.DrawFn) -> tuple[str, date, datetime, datetime]:
    """A zone, a day on which its clocks change, and a span of minutes around that."""
    zone, day = draw(st.sampled_from(CHANGES))
    noon = datetime.combine(day, time(12), UTC)
    first = noon - timedelta(minutes=draw(st.integers(0, 3 * 24 * 60)))
    end = noon + timedelta(minutes=draw(st.integers(-24 * 60, 3 * 24 * 60)))
    return zone, day, first, end


@settings(max_examples=200, deadline=None)
@given(spans(), st.sampled_from(DATE_RULES), times, st.integers(-400, 5), st.integers(0, 9))
def test_days_start_once_whatever_the_clocks_do(
    span: tuple[str, date, datetime, datetime],
    rule: DateRule,
    wall: time,
    begun: int,
    length: int,
) -> None:
    zone, change, first, end = span
    start = change + begun * DAY
    last = start + 40 * length * DAY if length < 9 else None
    one = change - DAY
    planned = schedule(rule.text, wall, start, end_date=last, dates=(one, change))
    clock = clock_around(zone, change)
    days = set(dates(rule, 0, start, change - 5 * DAY, change + 5 * DAY))
    days |= {day for day in (one, change) if day >= start}
    known = {clock.at(day, wall) for day in days if last is None or day <= last}
    assert _moments(planned, zone, first, end) == sorted(m for m in known if first <= m < end)


@settings(max_examples=200, deadline=None)
@given(
    spans(),
    st.integers(1, 300) | st.sampled_from([60, 720, 1440, 2880]),
    times,
    st.none() | times,
    st.integers(-3, 2),
    st.none() | st.integers(0, 5),
)
def test_intervals_are_elapsed_time(
    span: tuple[str, date, datetime, datetime],
    minutes: int,
    wall: time,
    until: time | None,
    begun: int,
    length: int | None,
) -> None:
    zone, change, first, end = span
    start = change + begun * DAY
    planned = schedule(
        f"FREQ=MINUTELY;INTERVAL={minutes}",
        wall,
        start,
        until_time=until,
        end_date=None if length is None else start + length * DAY,
    )
    clock = clock_around(zone, change)
    known = _counted(planned, minutes * MINUTE, clock)
    assert _moments(planned, zone, first, end) == sorted(m for m in known if first <= m < end)


@settings(max_examples=150, deadline=None)
@given(
    spans(),
    st.sampled_from([rule.text for rule in DATE_RULES] + ["FREQ=MINUTELY;INTERVAL=7"]),
    times,
    st.none() | times,
    st.floats(0, 1),
)
def test_a_span_in_two_halves_has_the_same_starts(
    span: tuple[str, date, datetime, datetime],
    rule: str,
    wall: time,
    until: time | None,
    part: float,
) -> None:
    zone, change, first, end = span
    planned = schedule(
        rule,
        wall,
        change - 20 * DAY,
        until_time=until if "MINUTELY" in rule else None,
    )
    whole = _moments(planned, zone, first, end)
    assert all(one < other for one, other in pairwise(whole))
    between = [first + (end - first) * part, *whole]
    for middle in between:
        if first <= middle <= end:
            halves = _moments(planned, zone, first, middle) + _moments(planned, zone, middle, end)
            assert halves == whole


@pytest.mark.parametrize(
    ("zone", "wall", "day", "moment"),
    [
        ("Europe/Berlin", time(2, 30), date(2024, 3, 31), "2024-03-31 01:30"),  # 03:30
        ("Europe/Berlin", time(2, 30), date(2024, 10, 27), "2024-10-27 00:30"),  # the first
        ("America/Sao_Paulo", time(0, 0), date(2017, 10, 15), "2017-10-15 03:00"),  # 01:00
        ("America/Havana", time(0, 30), date(2024, 11, 3), "2024-11-03 04:30"),
        ("Australia/Lord_Howe", time(2, 10), date(2024, 10, 6), "2024-10-05 15:40"),  # 02:40
        ("Pacific/Apia", time(8, 0), date(2011, 12, 30), "2011-12-30 18:00"),  # the 31st
        ("Asia/Kathmandu", time(0, 0), date(2024, 1, 1), "2023-12-31 18:15"),
    ],
)
def test_times_that_clocks_leap_over_or_show_twice(
    zone: str, wall: time, day: date, moment: str
) -> None:
    for told in (wall, wall.replace(fold=1)):
        planned = schedule("", told, date(2000, 1, 1), dates=(day,))
        found = _moments(planned, zone, utc("2000-01-01"), utc("2030-01-01"))
        assert found == [utc(moment)]


def test_the_day_that_never_was_and_the_next_are_one_start() -> None:
    planned = schedule("FREQ=DAILY", time(8), date(2011, 12, 1))
    found = _moments(planned, "Pacific/Apia", utc("2011-12-29"), utc("2012-01-02"))
    assert found == [
        utc("2011-12-29 18:00"),
        utc("2011-12-30 18:00"),
        utc("2011-12-31 18:00"),
        utc("2012-01-01 18:00"),
    ]


def test_a_start_on_the_day_that_never_was_is_found_on_the_next() -> None:
    planned = schedule("", time(8), date(2011, 1, 1), dates=(date(2011, 12, 30),))
    # The clock already shows the 31st.
    found = _moments(planned, "Pacific/Apia", utc("2011-12-30 17:00"), utc("2011-12-30 19:00"))
    assert found == [utc("2011-12-30 18:00")]


def test_the_spans_of_the_day_that_never_was_and_of_the_next_are_one() -> None:
    planned = schedule("FREQ=HOURLY", time(8), date(2011, 12, 1), until_time=time(10))
    found = _moments(planned, "Pacific/Apia", utc("2011-12-30 12:00"), utc("2011-12-31 12:00"))
    assert found == [
        utc("2011-12-30 18:00"),
        utc("2011-12-30 19:00"),
        utc("2011-12-30 20:00"),
    ]


@pytest.mark.parametrize(
    ("day", "count"), [(date(2024, 3, 31), 23), (date(2024, 10, 27), 25), (date(2024, 5, 1), 24)]
)
def test_a_day_has_as_many_hourly_starts_as_hours(day: date, count: int) -> None:
    zone = ZoneInfo("Europe/Berlin")
    first = datetime.combine(day, time(0), zone).astimezone(UTC)
    end = datetime.combine(day + DAY, time(0), zone).astimezone(UTC)
    whole = schedule("FREQ=HOURLY", time(0), date(2020, 1, 1))
    anew = schedule("FREQ=HOURLY", time(0), date(2020, 1, 1), until_time=time(23, 59))
    assert len(list(starts(whole, zone, first, end))) == count
    assert len(list(starts(anew, zone, first, end))) == count


def test_the_last_day_of_validity_counts_to_its_midnight() -> None:
    planned = schedule(
        "FREQ=HOURLY;INTERVAL=6", time(6), date(2024, 5, 1), end_date=date(2024, 5, 1)
    )
    found = _moments(planned, "Europe/Berlin", utc("2024-01-01"), utc("2025-01-01"))
    assert found == [utc("2024-05-01 04:00"), utc("2024-05-01 10:00"), utc("2024-05-01 16:00")]


def test_a_night_that_begins_on_the_last_day_of_validity_is_a_whole_one() -> None:
    planned = schedule(
        "FREQ=HOURLY;INTERVAL=2",
        time(22),
        date(2024, 5, 1),
        until_time=time(3),
        end_date=date(2024, 5, 1),
    )
    found = _moments(planned, "UTC", utc("2024-01-01"), utc("2025-01-01"))
    assert found == [utc("2024-05-01 22:00"), utc("2024-05-02 00:00"), utc("2024-05-02 02:00")]


@pytest.mark.parametrize(
    "planned",
    [
        schedule("FREQ=DAILY", time(2, 30), date(2014, 1, 1)),
        schedule("FREQ=MONTHLY;BYDAY=-1FR", time(2, 30), date(2014, 1, 1), offset_days=3),
        schedule("FREQ=YEARLY", time(2, 30), date(2014, 1, 1)),
    ],
)
def test_a_year_of_a_schedule_that_began_ten_years_ago_is_quick(planned: Schedule) -> None:
    took = []
    for _ in range(5):
        before = perf_counter()
        found = _moments(planned, "Europe/Berlin", utc("2024-01-01"), utc("2025-01-01"))
        took.append(perf_counter() - before)
        assert found
    assert min(took) < 0.01


def test_the_normal_form_has_each_date_once_and_in_order() -> None:
    two, one = date(2024, 5, 2), date(2024, 5, 1)
    planned = checked_schedule(schedule("rrule:freq=daily", dates=(two, one, two)))
    assert (planned.rule, planned.dates) == ("FREQ=DAILY", (one, two))
    assert checked_schedule(planned) == planned


@pytest.mark.parametrize(
    ("planned", "field", "value", "expected"),
    [
        (schedule(""), "rule", "empty", "a rule, or dates"),
        (schedule("DAILY"), "rule", "DAILY", "FREQ=MINUTELY, HOURLY, DAILY, WEEKLY"),
        (
            schedule("FREQ=DAILY;INTERVAL=7;BYDAY=MO", start_date=date(2024, 1, 2)),
            "rule",
            "FREQ=DAILY;INTERVAL=7;BYDAY=MO",
            "a rule that comes round from 2024-01-02 on",
        ),
        (schedule(offset_days=1), "offset_days", "1", "0, or a monthly or yearly rule"),
        (
            schedule("", dates=tuple(date(2000, 1, 1) + n * DAY for n in range(3661))),
            "dates",
            "3661 dates",
            "at most 3660 dates",
        ),
        (
            schedule(dates=(date.max,)),
            "dates",
            "9999-12-31",
            "a date from 1970-01-01 to 9000-01-01",
        ),
        (
            schedule("FREQ=HOURLY", dates=(date(2024, 1, 1),)),
            "dates",
            "not empty",
            "no dates beside a rule of minutes or hours",
        ),
        (
            schedule(until_time=time(18)),
            "until_time",
            "18:00:00",
            "none, or a rule of minutes or hours beside it",
        ),
        (
            schedule("FREQ=HOURLY;INTERVAL=24", until_time=time(18)),
            "until_time",
            "18:00:00",
            "none beside a rule that comes round once a day or more seldom",
        ),
        (schedule(start_date=date(1969, 12, 31)), "start_date", "1969-12-31", "a date from 1970"),
        (schedule(end_date=date(9001, 1, 1)), "end_date", "9001-01-01", "a date from 1970-01-01"),
        (
            schedule(end_date=date(2023, 12, 31)),
            "end_date",
            "2023-12-31",
            "2024-01-01, the start date, or later",
        ),
        (schedule(window=timedelta(seconds=59)), "window", "0:00:59", "from one minute to 31 days"),
        (schedule(window=32 * DAY), "window", "32 days, 0:00:00", "from one minute to 31 days"),
    ],
)
def test_refused_schedules_name_the_field_and_what_would_be_right(
    planned: Schedule, field: str, value: str, expected: str
) -> None:
    with pytest.raises(InvalidArgument) as refused:
        checked_schedule(planned)
    assert refused.value.metadata["field"] == field
    assert refused.value.metadata["value"] == value
    assert refused.value.metadata["expected"].startswith(expected)


@pytest.mark.parametrize(
    "planned",
    [
        schedule("", dates=(date(2024, 5, 1),)),
        schedule("FREQ=MONTHLY;INTERVAL=12;BYMONTH=3;BYMONTHDAY=31", start_date=date(2024, 3, 1)),
        schedule("FREQ=MINUTELY;INTERVAL=15", until_time=time(2)),
        schedule(window=31 * DAY, end_date=date(2024, 1, 1)),
    ],
)
def test_schedules_that_are_right_as_they_are(planned: Schedule) -> None:
    assert checked_schedule(planned) == planned


@settings(max_examples=150)
@given(
    st.sampled_from([each.text for each in DATE_RULES])
    | st.integers(1, 2000).map("FREQ=MINUTELY;INTERVAL={}".format)
    | st.integers(1, 50).map("FREQ=HOURLY;INTERVAL={}".format),
    times,
    st.none() | times,
    st.none() | st.integers(0, 9),
    st.sampled_from(["UTC", "Europe/Berlin", "Australia/Lord_Howe", "America/Havana"]),
    st.integers(-3000, 9000),
    st.integers(0, 9000),
)
def test_as_many_are_counted_as_there_are(
    rule: str,
    start_time: time,
    until_time: time | None,
    days: int | None,
    zone: str,
    begin: int,
    length: int,
) -> None:
    if not rule.startswith(("FREQ=MINUTELY", "FREQ=HOURLY")):
        until_time = None
    first_day = date(2026, 3, 27)
    planned = schedule(
        rule,
        start_time,
        first_day,
        until_time=until_time,
        end_date=first_day + days * DAY if days is not None else None,
    )
    first = datetime(2026, 3, 27, tzinfo=UTC) + begin * MINUTE
    end = first + length * MINUTE
    counted = count_starts(planned, ZoneInfo(zone), first, end)
    assert counted == len(_moments(planned, zone, first, end))


def test_a_year_of_minutes_is_counted_at_once() -> None:
    planned = schedule("FREQ=MINUTELY", time(0), until_time=time(23, 59))
    begin = perf_counter()
    first = datetime(2026, 1, 1, tzinfo=UTC)
    assert count_starts(planned, ZoneInfo("UTC"), first, first + 365 * DAY) == 365 * 1440
    assert perf_counter() - begin < 0.2
