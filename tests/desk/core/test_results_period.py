"""Spans of sesam days, which day is open, and where a span is over."""

from datetime import UTC, date, datetime

import pytest

from sesam_master.core.results_period import (
    ALL_DAYS,
    Period,
    PeriodKind,
    Standing,
    common_day,
    standing,
)

TODAY = date(2026, 11, 22)


@pytest.mark.parametrize(
    ("period", "first", "last"),
    [
        (ALL_DAYS, None, None),
        (Period(PeriodKind.TODAY), TODAY, TODAY),
        (Period(PeriodKind.YESTERDAY), date(2026, 11, 21), date(2026, 11, 21)),
        (Period(PeriodKind.WEEK), date(2026, 11, 16), TODAY),
        (Period(PeriodKind.MONTH), date(2026, 10, 23), TODAY),
        (Period(PeriodKind.SPAN, None, date(2026, 1, 2)), None, date(2026, 1, 2)),
    ],
)
def test_the_days_of_a_period(period: Period, first: date | None, last: date | None) -> None:
    assert period.span(TODAY) == (first, last)


def test_steps_are_as_long_as_the_period_and_meet_without_a_gap() -> None:
    week = Period(PeriodKind.WEEK)
    before = week.stepped(-1, TODAY)
    assert before.span(TODAY) == (date(2026, 11, 9), date(2026, 11, 15))
    assert before.stepped(1, TODAY).span(TODAY) == week.span(TODAY)
    assert ALL_DAYS.stepped(-1, TODAY) == ALL_DAYS


def test_a_day_is_closed_where_a_later_one_is_open() -> None:
    days = {"a": date(2026, 11, 23), "b": TODAY, "c": date(2026, 11, 21)}
    assert standing(TODAY, days, ["a", "b", "c", "d"]) == Standing(1, 1, 1, 1)


def test_today_is_what_is_open_at_most_locations_and_never_a_converted_time() -> None:
    later = date(2026, 11, 23)
    local = datetime(2026, 11, 23, 7, 41, tzinfo=UTC)
    assert common_day([TODAY, TODAY, later], local) == TODAY
    assert common_day([TODAY, later], local) == later
    assert common_day([], local) == TODAY  # before eight o'clock it is the day before
    assert common_day([], local.replace(hour=8)) == later


@pytest.mark.parametrize("steps", [-1, 1])
def test_a_step_out_of_the_calendar_stays(steps: int) -> None:
    whole = Period(PeriodKind.SPAN, date(1000, 1, 1), date(9000, 1, 1))
    assert whole.stepped(steps, TODAY) == whole
