"""Patterns against the agent's own parser: what the desk writes it takes, and means the same."""

from dataclasses import replace
from datetime import date, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server_agent.domain.errors import InvalidArgument
from server_agent.domain.recurrence import checked_offset, checked_rule, dates_of, interval_of
from sesam_master.core.rule import (
    PLACES,
    Dates,
    Days,
    Interval,
    MonthDays,
    MonthWeekdays,
    OtherRule,
    Pattern,
    Unit,
    Weeks,
    YearDay,
    YearWeekday,
    month_days,
    month_days_text,
    pattern_of,
    rule_of,
    takes_offset,
)
from sesam_master.core.rule_words import offset_words, pattern_words, schedule_words, window_words
from tests.fakes.plan import nightly

START = date(2026, 1, 7)


def _ordered(numbers: frozenset[int]) -> tuple[int, ...]:
    return tuple(sorted(numbers, key=lambda number: (number < 0, number)))


months, weekdays, places = st.integers(1, 12), st.integers(0, 6), st.sampled_from(PLACES)
month_days_sets = st.frozensets(st.integers(1, 31) | st.integers(-28, -1), min_size=1).map(_ordered)
rounds: st.SearchStrategy[Pattern] = st.one_of(
    st.builds(Days, st.integers(1, 3660)),
    st.builds(Weeks, st.frozensets(weekdays).map(_ordered), st.integers(1, 520)),
    st.builds(MonthDays, st.just(()) | month_days_sets, st.integers(1, 120)),
    st.builds(
        MonthWeekdays,
        st.frozensets(places, min_size=1).map(_ordered),
        weekdays,
        st.integers(1, 120),
    ),
    st.builds(YearDay, months, st.integers(1, 28), st.integers(1, 120)),
    st.builds(YearWeekday, months, places, weekdays, st.integers(1, 120)),
)
intervals = st.builds(Interval, st.integers(1, 8784), st.sampled_from(Unit))


@given(rounds | intervals)
def test_the_agent_takes_every_rule_and_it_reads_back(pattern: Pattern) -> None:
    rule = rule_of(pattern)
    assert checked_rule(rule) == rule
    assert pattern_of(rule) == pattern
    assert checked_offset(rule, 3 if takes_offset(pattern) else 0) in (0, 3)
    if not takes_offset(pattern):
        with pytest.raises(InvalidArgument):
            checked_offset(rule, 3)


@given(rounds | intervals, rounds | intervals)
def test_two_patterns_have_two_sentences(one: Pattern, other: Pattern) -> None:
    assert (pattern_words(one) == pattern_words(other)) == (one == other)


by_day = st.lists(
    st.builds(
        lambda place, day: f"{place or ''}{day}",
        st.integers(-5, 5),
        st.sampled_from(("MO", "TU", "WE", "TH", "FR", "SA", "SU")),
    ),
    min_size=1,
    max_size=4,
).map(lambda days: f"BYDAY={','.join(days)}")
parts = st.lists(
    st.one_of(
        by_day,
        st.lists(st.integers(-31, 31), min_size=1, max_size=3).map(
            lambda days: f"BYMONTHDAY={','.join(map(str, days))}"
        ),
        st.integers(1, 3).map(lambda n: f"INTERVAL={n}"),
        st.integers(1, 12).map(lambda n: f"BYMONTH={n}"),
        st.sampled_from(("WKST=SU", "BYSETPOS=-1")),
    ),
    max_size=3,
)


@given(st.sampled_from(("DAILY", "WEEKLY", "MONTHLY", "YEARLY")), parts, st.randoms())
def test_a_rule_of_others_keeps_its_dates(frequency: str, found: list[str], order: object) -> None:
    every = [f"FREQ={frequency}", *found]
    order.shuffle(every)  # type: ignore[attr-defined]
    try:
        rule = checked_rule(";".join(every))
    except InvalidArgument:
        return
    written = rule_of(pattern_of(rule))
    span = (START, START, START + timedelta(days=1500))
    assert list(dates_of(written, 0, *span)) == list(dates_of(rule, 0, *span))


@given(st.text(max_size=40))
def test_nonsense_goes_back_as_it_came(text: str) -> None:
    pattern = pattern_of(text)
    if isinstance(pattern, OtherRule):
        assert rule_of(pattern) == text
    elif text:
        assert interval_of(rule_of(pattern)) == interval_of(text.strip().upper())


@given(month_days_sets)
def test_days_of_a_month_are_written_and_read(days: tuple[int, ...]) -> None:
    assert month_days(month_days_text(days)) == days


@pytest.mark.parametrize("text", ["0", "32", "-32", "1, x", "1st", "last last2"])
def test_what_is_no_day_of_a_month_is_named(text: str) -> None:
    with pytest.raises(ValueError, match="Write days like 1, 15, last"):
        month_days(text)


@pytest.mark.parametrize(
    ("pattern", "words"),
    [
        (Days(), "Daily"),
        (Days(3), "Every 3 days"),
        (Weeks((0, 1, 2, 3, 4)), "Weekdays"),
        (Weeks((5, 6)), "Weekends"),
        (Weeks((4,)), "Every Friday"),
        (Weeks((0, 4)), "Monday and Friday"),
        (Weeks((0, 2, 4), 2), "Every 2 weeks on Mon, Wed and Fri"),
        (Weeks(()), "Every week, on the weekday of its first date"),
        (MonthDays((1, 15, -1)), "The 1st, 15th and last day of every month"),
        (MonthDays((22, 23, 12, -2)), "The 22nd, 23rd, 12th and 2nd last day of every month"),
        (MonthWeekdays((-1,), 4), "The last Friday of every month"),
        (MonthWeekdays((1, 3), 0, 2), "The first and third Monday of every 2 months"),
        (YearDay(12, 24), "24 December of every year"),
        (YearWeekday(3, -1, 6), "The last Sunday in March of every year"),
        (Interval(15, Unit.MINUTES), "Every 15 minutes"),
        (Interval(1, Unit.HOURS), "Every hour"),
        (OtherRule("FREQ=DAILY;BYMONTH=1"), "By the rule FREQ=DAILY;BYMONTH=1"),
        (Dates(), "On given dates"),
    ],
)
def test_patterns_in_words(pattern: Pattern, words: str) -> None:
    assert pattern_words(pattern) == words


def test_schedules_in_words() -> None:
    often = nightly(rule="FREQ=MINUTELY;INTERVAL=15", start_time=time(8))
    last_friday = nightly(rule="FREQ=MONTHLY;BYDAY=-1FR", offset_days=-3)
    dates = (date(2026, 5, 1), date(2026, 12, 24))
    said = [
        (nightly(), "Weekdays at 20:00"),
        (often, "Every 15 minutes, counted from 08:00"),
        (replace(often, until_time=time(18)), "Every 15 minutes from 08:00 to 18:00"),
        (last_friday, "The last Friday of every month − 3 days at 20:00"),
        (nightly(rule="", dates=dates[:1]), "Once, on 1 May 2026 at 20:00"),
        (nightly(rule="", dates=dates), "On 2 dates from 1 May 2026 to 24 Dec 2026 at 20:00"),
        (
            nightly(dates=dates[:1], start_time=time(20, 0, 5)),
            "Weekdays at 20:00:05, and on 1 date",
        ),
    ]
    assert [schedule_words(one) for one, _ in said] == [words for _, words in said]


def test_windows_and_offsets_in_words() -> None:
    assert offset_words(1) == " + 1 day"
    assert offset_words(0) == ""
    assert window_words(None) == "until the next start"
    assert window_words(timedelta(hours=4)) == "4 h"
    assert window_words(timedelta(days=1, hours=12, minutes=5)) == "1 d 12 h 5 min"
