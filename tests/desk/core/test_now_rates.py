"""How fast something runs, from what was reported of it."""

from datetime import UTC, datetime, timedelta

import pytest

from sesam_master.core.now_rates import (
    JOB_SLOTS,
    SLOT_SECONDS,
    TOTAL_SLOTS,
    Drop,
    RateHistory,
    Speed,
)

BEGIN = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)


def at(seconds: float) -> datetime:
    return BEGIN + timedelta(seconds=seconds)


def steady(seconds: int, rate: int, start: int = 0) -> Speed:
    speed = Speed()
    for second in range(start, seconds + 1):
        speed.see(second * rate, at(second))
    return speed


def test_there_is_no_rate_before_the_second_report() -> None:
    speed = Speed()
    assert speed.rate(BEGIN) is None
    speed.see(10**9, BEGIN)

    assert speed.rate(at(1)) is None
    speed.see(10**9 + 4000, at(2))
    assert speed.rate(at(2)) == 2000


def test_a_rate_is_that_of_the_last_seconds() -> None:
    speed = steady(60, 1000)
    for second in range(61, 91):
        speed.see(60_000 + (second - 60) * 5000, at(second))

    assert speed.rate(at(90)) == pytest.approx(5000)


def test_what_reports_nothing_any_more_comes_to_a_stop() -> None:
    speed = steady(60, 1000)

    slowing = [speed.rate(at(60 + wait)) or 0.0 for wait in (0, 4, 8)]

    assert slowing == sorted(slowing, reverse=True)
    assert speed.rate(at(200)) == 0


def test_the_line_has_each_slot_of_the_last_quarter_of_an_hour() -> None:
    speed = steady(300, 1000, start=100)

    line = speed.line(at(300))

    assert len(line) == JOB_SLOTS
    assert line[-1] is None or line[-1] == pytest.approx(1000)
    assert line[-2] == pytest.approx(1000)
    known = [value for value in line if value is not None]
    assert len(known) == 20  # 200 s
    assert line[0] is None


def test_the_line_forgets_what_is_older() -> None:
    speed = steady(1000, 1000)

    assert len(speed.line(at(1000))) == JOB_SLOTS
    assert speed.line(at(1000 + JOB_SLOTS * SLOT_SECONDS)) == (None,) * JOB_SLOTS


def test_a_job_that_goes_back_begins_anew() -> None:
    speed = steady(60, 1000)
    speed.see(0, at(61))
    speed.see(7000, at(62))

    assert speed.rate(at(62)) == 7000
    assert all(value is None or value >= 0 for value in speed.line(at(62)))


def test_a_silent_line_is_empty() -> None:
    assert Speed().line(BEGIN) == (None,) * JOB_SLOTS


def test_the_history_keeps_the_newest_sum_of_each_slot_and_leaves_gaps() -> None:
    history = RateHistory()
    history.note(1.0, at(0))
    history.note(2.0, at(5))
    history.note(3.0, at(30))

    line = history.line(at(30))

    assert len(line) == TOTAL_SLOTS
    assert line[-4:] == (2.0, None, None, 3.0)


def test_the_history_forgets_sums_and_drops_that_are_older() -> None:
    history = RateHistory()
    history.note(1.0, at(0))
    history.drop("Curitiba", at(0))
    assert history.drops == (Drop(at(0), "Curitiba"),)

    later = TOTAL_SLOTS * SLOT_SECONDS
    history.note(2.0, at(later))

    assert history.drops == ()
    assert [value for value in history.line(at(later)) if value is not None] == [2.0]
