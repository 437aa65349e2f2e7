"""Where ticks stand."""

from datetime import date

import pytest

from sesam_master.ui.plots.axes import day_ticks, round_top, value_step, value_ticks


def days(first: date, last: date, most: int) -> list[str]:
    return [words for _at, words in day_ticks(first.toordinal(), last.toordinal(), most)]


def test_few_days_have_a_tick_each() -> None:
    assert days(date(2026, 2, 27), date(2026, 3, 2), 6) == ["27 Feb", "28 Feb", "1 Mar", "2 Mar"]


def test_weeks_begin_on_mondays() -> None:
    found = day_ticks(date(2026, 11, 1).toordinal(), date(2026, 11, 30).toordinal(), 6)
    assert [date.fromordinal(int(at)).weekday() for at, _words in found] == [0] * 5


def test_months_begin_on_their_first_day() -> None:
    found = days(date(2025, 11, 20), date(2026, 11, 20), 5)
    assert found == ["Jan 2026", "Apr 2026", "Jul 2026", "Oct 2026"]


@pytest.mark.parametrize("span", [1, 5, 29, 90, 365, 1095, 4000])
@pytest.mark.parametrize("most", [1, 3, 8])
def test_there_are_never_more_than_there_is_room_for(span: int, most: int) -> None:
    first = date(2020, 1, 5).toordinal()
    assert len(day_ticks(first, first + span, most)) <= most + 1


@pytest.mark.parametrize(
    ("top", "most", "step"), [(2e12, 4, 5e11), (950.0, 5, 200.0), (1.0, 3, 0.5), (0.0, 3, 1.0)]
)
def test_values_stand_at_round_numbers(top: float, most: int, step: float) -> None:
    assert value_step(top, most) == pytest.approx(step)


def test_the_axis_begins_at_nothing_and_reaches_over_all() -> None:
    assert value_ticks(1000.0, str, 2) == [(0, "0"), (500.0, "500.0"), (1000.0, "1000.0")]
    assert round_top(1.3e12) >= 1.3e12
    assert round_top(0.0) == 1.0
