"""Rules of dates against trying every day, and what is refused."""

from datetime import date, timedelta
from time import perf_counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from server_agent.domain.errors import InvalidArgument
from server_agent.domain.quoting import printable
from server_agent.domain.recurrence import (
    checked_offset,
    checked_rule,
    comes_round,
    dates_of,
    interval_of,
)
from tests.agent.domain.oracle import (
    CODES,
    DAY,
    WEEKEND,
    DateRule,
    dates,
    is_day_of_month,
    is_end_of,
    is_nth,
    monday,
    month_number,
)

days = st.dates(date(1970, 1, 1), date(2090, 12, 31))
counts = st.integers(1, 9)
weekday_sets = st.sets(st.integers(0, 6), min_size=1)
month_days = st.integers(1, 31) | st.integers(-31, -1)
nths = st.sampled_from([1, 2, 3, 4, 5, -1, -2])


def _codes(chosen: set[int]) -> str:
    return ",".join(CODES[number] for number in sorted(chosen))


def _in_months(day: date, start: date, count: int) -> bool:
    return (month_number(day) - month_number(start)) % count == 0


@st.composite
def unnumbered_rules(draw: st.DrawFn) -> DateRule:
    """Daily and weekly rules, and those that take their day from the first day of validity."""
    n = draw(counts)
    chosen = draw(weekday_sets)
    day_number = draw(month_days)
    return draw(
        st.sampled_from(
            [
                DateRule(
                    f"FREQ=DAILY;INTERVAL={n}", lambda day, start: (day - start).days % n == 0
                ),
                DateRule(
                    f"FREQ=DAILY;INTERVAL={n};BYDAY={_codes(chosen)};BYMONTH=2,7",
                    lambda day, start: (
                        (day - start).days % n == 0
                        and day.weekday() in chosen
                        and day.month in (2, 7)
                    ),
                ),
                DateRule(
                    f"FREQ=DAILY;BYMONTHDAY={day_number}",
                    lambda day, start: is_day_of_month(day, day_number),
                ),
                DateRule(
                    f"FREQ=WEEKLY;INTERVAL={n};BYDAY={_codes(chosen)}",
                    lambda day, start: (
                        (monday(day) - monday(start)).days // 7 % n == 0 and day.weekday() in chosen
                    ),
                ),
                DateRule(
                    f"FREQ=WEEKLY;INTERVAL={n};WKST=SU;BYDAY={_codes(chosen)}",
                    lambda day, start: (
                        (monday(day + DAY) - monday(start + DAY)).days // 7 % n == 0
                        and day.weekday() in chosen
                    ),
                ),
                DateRule(
                    f"FREQ=WEEKLY;INTERVAL={n}",
                    lambda day, start: (day - start).days % (7 * n) == 0,
                ),
                DateRule(
                    f"FREQ=MONTHLY;INTERVAL={n}",
                    lambda day, start: _in_months(day, start, n) and day.day == start.day,
                ),
                DateRule(
                    f"FREQ=YEARLY;INTERVAL={n}",
                    lambda day, start: (
                        (day.year - start.year) % n == 0
                        and (day.month, day.day) == (start.month, start.day)
                    ),
                ),
                DateRule(
                    f"FREQ=YEARLY;INTERVAL={n};BYWEEKNO=1,20",
                    lambda day, start: (
                        (day.year - start.year) % n == 0
                        and day.isocalendar().week in (1, 20)
                        and day.weekday() == start.weekday()
                    ),
                ),
            ]
        )
    )


@st.composite
def numbered_rules(draw: st.DrawFn) -> DateRule:
    """Monthly and yearly rules that name their day: an offset may be added to them."""
    n = draw(counts)
    nth = draw(nths)
    weekday = draw(st.integers(0, 6))
    day_number = draw(month_days)
    last = draw(st.booleans())
    position = -1 if last else 1
    return draw(
        st.sampled_from(
            [
                DateRule(
                    f"FREQ=MONTHLY;INTERVAL={n};BYMONTHDAY={day_number}",
                    lambda day, start: (
                        _in_months(day, start, n) and is_day_of_month(day, day_number)
                    ),
                ),
                DateRule(
                    f"FREQ=MONTHLY;INTERVAL={n};BYDAY={nth}{CODES[weekday]}",
                    lambda day, start: (
                        _in_months(day, start, n) and day.weekday() == weekday and is_nth(day, nth)
                    ),
                ),
                DateRule(
                    f"FREQ=MONTHLY;INTERVAL={n};BYDAY=SA,SU;BYSETPOS={position}",
                    lambda day, start: _in_months(day, start, n) and is_end_of(day, WEEKEND, last),
                ),
                DateRule(
                    f"FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS={position}",
                    lambda day, start: is_end_of(day, (0, 1, 2, 3, 4), last),
                ),
                DateRule(
                    f"FREQ=YEARLY;INTERVAL={n};BYMONTH=2,12;BYMONTHDAY={day_number}",
                    lambda day, start: (
                        (day.year - start.year) % n == 0
                        and day.month in (2, 12)
                        and is_day_of_month(day, day_number)
                    ),
                ),
                DateRule(
                    f"FREQ=YEARLY;INTERVAL={n};BYMONTH=3;BYDAY={nth}{CODES[weekday]}",
                    lambda day, start: (
                        (day.year - start.year) % n == 0
                        and day.month == 3
                        and day.weekday() == weekday
                        and is_nth(day, nth)
                    ),
                ),
            ]
        )
    )


@settings(max_examples=300, deadline=None)
@given(unnumbered_rules(), days, st.integers(-400, 4000), st.integers(0, 1200))
def test_dates_are_those_that_the_rule_names(
    rule: DateRule, start: date, later: int, length: int
) -> None:
    first = max(start + later * DAY, date(1970, 1, 1))
    last = first + length * DAY
    assert list(dates_of(rule.text, 0, start, first, last)) == dates(rule, 0, start, first, last)


@settings(max_examples=300, deadline=None)
@given(numbered_rules(), st.integers(-31, 31), days, st.integers(-400, 400), st.integers(0, 1200))
def test_an_offset_moves_each_date_of_the_rule(
    rule: DateRule, offset: int, start: date, later: int, length: int
) -> None:
    first = max(start + later * DAY, date(1970, 1, 1))
    last = first + length * DAY
    found = list(dates_of(rule.text, offset, start, first, last))
    assert found == dates(rule, offset, start, first, last)


def test_what_an_offset_carries_into_the_first_month_counts() -> None:
    found = dates_of(
        "FREQ=MONTHLY;BYMONTHDAY=31", 29, date(2023, 3, 1), date(2023, 1, 1), date(2023, 6, 1)
    )
    assert list(found) == [date(2023, 3, 1), date(2023, 4, 29)]


def test_last_friday_and_three_days() -> None:
    found = dates_of(
        "FREQ=MONTHLY;BYDAY=-1FR", 3, date(2024, 1, 1), date(2024, 1, 1), date(2024, 4, 30)
    )
    assert list(found) == [
        date(2024, 1, 1),  # of December
        date(2024, 1, 29),
        date(2024, 2, 26),
        date(2024, 4, 1),
        date(2024, 4, 29),
    ]


@pytest.mark.parametrize(
    ("text", "normal"),
    [
        (" freq=daily ", "FREQ=DAILY"),
        ("RRULE:FREQ=WEEKLY;BYDAY=mo,we", "FREQ=WEEKLY;BYDAY=MO,WE"),
        ("FREQ=MONTHLY;BYDAY=SA,SU;BYSETPOS=-1", "FREQ=MONTHLY;BYDAY=SA,SU;BYSETPOS=-1"),
        # Every March, although January is no March: the first month is the schedule's.
        ("FREQ=MONTHLY;INTERVAL=12;BYMONTH=3", "FREQ=MONTHLY;INTERVAL=12;BYMONTH=3"),
        ("FREQ=DAILY;INTERVAL=7;BYDAY=MO", "FREQ=DAILY;INTERVAL=7;BYDAY=MO"),
        ("FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=29", "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=29"),
        ("FREQ=MINUTELY;INTERVAL=15", "FREQ=MINUTELY;INTERVAL=15"),
    ],
)
def test_a_rule_in_its_normal_form(text: str, normal: str) -> None:
    assert checked_rule(text) == normal


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", "FREQ=MINUTELY, HOURLY, DAILY, WEEKLY, MONTHLY or YEARLY"),
        ("every day", "FREQ=MINUTELY, HOURLY, DAILY, WEEKLY, MONTHLY or YEARLY"),
        ("FREQ=SECONDLY", "FREQ=MINUTELY, HOURLY, DAILY, WEEKLY, MONTHLY or YEARLY"),
        ("FREQ=DAILY;COUNT=3", "beside FREQ=DAILY only BYDAY, BYMONTH, BYMONTHDAY, INTERVAL"),
        ("FREQ=DAILY;UNTIL=20300101", "beside FREQ=DAILY only"),
        ("FREQ=DAILY;BYHOUR=3", "beside FREQ=DAILY only"),
        ("FREQ=DAILY;", "beside FREQ=DAILY only"),
        ("FREQ=HOURLY;BYDAY=MO", "beside FREQ=HOURLY only INTERVAL"),
        ("FREQ=DAILY;INTERVAL=2;INTERVAL=3", "each part once"),
        ("FREQ=DAILY;INTERVAL=0", "an INTERVAL from 1 to 3660"),
        ("FREQ=DAILY;INTERVAL=-1", "an INTERVAL from 1 to 3660"),
        ("FREQ=DAILY;INTERVAL=٣", "an INTERVAL from 1 to 3660"),
        ("FREQ=MONTHLY;INTERVAL", "an INTERVAL from 1 to 120"),
        ("FREQ=WEEKLY;BYDAY=", "BYDAY of MO to SU"),
        ("FREQ=WEEKLY;BYDAY=1MO", "BYDAY of MO to SU"),
        ("FREQ=MONTHLY;BYDAY=6MO", "BYDAY of MO to SU, or 1MO to -1SU"),
        ("FREQ=YEARLY;BYWEEKNO=3;BYDAY=1MO", "BYDAY of MO to SU"),
        ("FREQ=WEEKLY;WKST=XX", "WKST of MO to SU, the day on which a week begins"),
        ("FREQ=YEARLY;BYMONTH=13", "BYMONTH of 1 to 12"),
        ("FREQ=YEARLY;BYMONTH=-1", "BYMONTH of 1 to 12"),
        ("FREQ=MONTHLY;BYMONTHDAY=0", "BYMONTHDAY of 1 to 31, or -1 to -31 counted from the end"),
        ("FREQ=MONTHLY;BYMONTHDAY=31,99", "BYMONTHDAY of 1 to 31"),
        ("FREQ=YEARLY;BYWEEKNO=54", "BYWEEKNO of 1 to 53"),
        ("FREQ=MONTHLY;BYSETPOS=1", "BYDAY or BYMONTHDAY beside BYSETPOS"),
        ("FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30", "a rule that comes round: there is no such day"),
        ("FREQ=MONTHLY;BYMONTHDAY=5;BYSETPOS=2", "a rule that comes round"),
    ],
)
def test_refused_rules_say_what_would_be_right(text: str, expected: str) -> None:
    before = perf_counter()
    with pytest.raises(InvalidArgument) as refused:
        checked_rule(text)
    assert refused.value.metadata["field"] == "rule"
    assert refused.value.metadata["value"] == printable(text)
    assert refused.value.metadata["expected"].startswith(expected)
    # Whoever types a rule waits for the answer, and so does everybody else.
    assert perf_counter() - before < 1


def test_whether_a_rule_comes_round_depends_on_where_it_begins() -> None:
    assert comes_round("FREQ=DAILY;INTERVAL=7;BYDAY=MO", date(2024, 1, 1))
    assert not comes_round("FREQ=DAILY;INTERVAL=7;BYDAY=MO", date(2024, 1, 2))
    assert comes_round("FREQ=YEARLY;INTERVAL=4", date(2024, 2, 29))


@pytest.mark.parametrize(
    ("rule", "interval"),
    [
        ("FREQ=MINUTELY;INTERVAL=90", timedelta(minutes=90)),
        ("FREQ=HOURLY", timedelta(hours=1)),
        ("FREQ=DAILY;INTERVAL=2", None),
        ("", None),
    ],
)
def test_only_minutes_and_hours_are_elapsed_time(rule: str, interval: timedelta | None) -> None:
    assert interval_of(rule) == interval


@pytest.mark.parametrize(
    ("rule", "offset", "expected"),
    [
        ("FREQ=MONTHLY;BYDAY=-1FR", 32, "a number of days from -31 to 31"),
        ("FREQ=MONTHLY;BYDAY=-1FR", -32, "a number of days from -31 to 31"),
        ("FREQ=DAILY", 1, "0, or a monthly or yearly rule with BYDAY or BYMONTHDAY to count from"),
        ("FREQ=MONTHLY", 1, "0, or a monthly or yearly rule with BYDAY or BYMONTHDAY"),
        ("", -1, "0, or a monthly or yearly rule with BYDAY or BYMONTHDAY"),
    ],
)
def test_refused_offsets(rule: str, offset: int, expected: str) -> None:
    with pytest.raises(InvalidArgument) as refused:
        checked_offset(rule, offset)
    assert refused.value.metadata["field"] == "offset_days"
    assert refused.value.metadata["expected"].startswith(expected)


def test_offsets_that_count_from_a_named_day() -> None:
    assert checked_offset("FREQ=MONTHLY;BYDAY=-1FR", -31) == -31
    assert checked_offset("FREQ=YEARLY;BYMONTHDAY=1", 31) == 31
    assert checked_offset("FREQ=DAILY", 0) == 0


def test_a_year_of_a_schedule_that_began_ten_years_ago_is_quick() -> None:
    def year() -> list[date]:
        return list(
            dates_of("FREQ=DAILY", 0, date(2014, 1, 1), date(2024, 1, 1), date(2024, 12, 31))
        )

    assert len(year()) == 366
    times = []
    for _ in range(5):
        before = perf_counter()
        year()
        times.append(perf_counter() - before)
    assert min(times) < 0.005
