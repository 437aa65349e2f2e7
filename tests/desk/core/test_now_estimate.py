"""How long a job still takes, by its task's earlier runs."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from sesam_master.core.now_estimate import (
    RUNS_COUNTED,
    Doubt,
    Left,
    Run,
    earlier_runs,
    expected_size,
    share_done,
    time_left,
)
from sesam_master.core.records import BackupType, Job, JobKind, Phase, Progress
from sesam_master.core.states import JobState
from tests.fakes import fleet

GB = 10**9
BEGIN = datetime(2026, 3, 1, 20, 0, tzinfo=UTC)


def progress(done: int, total: int | None = None) -> Progress:
    phase = Phase.SCAN if total is None else Phase.TRANSFER
    return Progress(phase, 1, None, done, total, 0, "")


def ended(number: int, size: int, minutes: float, **values: object) -> Job:
    begin = BEGIN - timedelta(days=number)
    made = replace(
        fleet.job("lab", 100 - number, "home", JobState.OK),
        type=BackupType.FULL,
        start_time=begin,
        end_time=begin + timedelta(minutes=minutes),
        size_bytes=size,
    )
    return replace(made, **values)  # type: ignore[arg-type]


def left(answer: Left | Doubt) -> Left:
    assert isinstance(answer, Left)
    return answer


def test_only_runs_of_the_same_task_and_type_that_ended_well_count() -> None:
    jobs = [
        ended(1, 1, 1),
        ended(2, 2, 2, type=BackupType.INC),
        ended(3, 3, 3, state=JobState.ERROR),
        ended(4, 4, 4, state=JobState.WARNING),
        ended(5, 5, 5, task="mail"),
        ended(6, 6, 6, kind=JobKind.RESTORE),
        ended(7, 7, 7, start_time=None),
        ended(8, 8, -8),  # the clock was set back while it ran
    ]

    assert earlier_runs(jobs, "home", BackupType.FULL) == (Run(1, 60), Run(4, 240))
    assert earlier_runs(jobs, "home", BackupType.INC) == (Run(2, 120),)


def test_only_the_newest_runs_count() -> None:
    jobs = [ended(number, number, 1) for number in range(1, 30)]

    runs = earlier_runs(jobs, "home", BackupType.FULL)

    assert [run.size_bytes for run in runs] == list(range(1, RUNS_COUNTED + 1))


def test_a_first_run_has_no_estimate_but_shows_what_it_counted() -> None:
    running = progress(20 * GB, 80 * GB)

    assert time_left((), running, 600) is Doubt.FIRST_RUN
    assert share_done(expected_size((), running), running) == 0.25
    assert expected_size((), progress(20 * GB)) is None
    assert share_done(None, progress(20 * GB)) is None


def test_a_run_like_the_ones_before_takes_as_long_as_they() -> None:
    runs = [Run(100 * GB, 3600)] * 5

    begun = left(time_left(runs, progress(0, 100 * GB), 0))
    halfway = left(time_left(runs, progress(50 * GB, 100 * GB), 1800))

    assert begun == Left(3600, 0)
    assert halfway == Left(1800, 0)
    assert left(time_left(runs, progress(100 * GB, 100 * GB), 3600)).seconds == 0


def test_until_it_has_counted_the_usual_size_is_expected() -> None:
    runs = [Run(90 * GB, 900), Run(100 * GB, 1000), Run(110 * GB, 1100)]

    expected = expected_size(runs, progress(25 * GB))

    assert expected is not None
    assert (expected.size_bytes, expected.is_exact) == (100 * GB, False)
    assert share_done(expected, progress(25 * GB)) == 0.25
    assert left(time_left(runs, progress(0), 0)).seconds == 1000
    assert time_left(runs, progress(100 * GB), 1000) is Doubt.LONGER


def test_a_source_that_shrank_needs_less_time() -> None:
    runs = [Run(100 * GB, 3600), Run(98 * GB, 3500)]

    assert left(time_left(runs, progress(0, 25 * GB), 0)).seconds == pytest.approx(900, rel=0.02)


def test_a_run_of_another_order_of_size_is_no_measure() -> None:
    small = [Run(1 * GB, 300)] * 3

    assert time_left(small, progress(0, 100 * GB), 0) is Doubt.UNLIKE
    mixed = [*small, Run(90 * GB, 3600)]
    assert left(time_left(mixed, progress(0, 90 * GB), 0)) == Left(3600, None)


def test_outliers_move_neither_the_rest_nor_its_spread() -> None:
    usual = [Run(100 * GB, seconds) for seconds in (3500, 3550, 3600, 3650, 3700)]
    with_outliers = [*usual, Run(100 * GB, 60_000), Run(100 * GB, 20)]

    assert left(time_left(usual, progress(0, 100 * GB), 0)) == Left(3600, 50)
    answer = left(time_left(with_outliers, progress(0, 100 * GB), 0))
    assert answer.seconds == 3600
    assert answer.spread_seconds == 100


def test_the_own_pace_counts_the_more_the_further_it_is() -> None:
    runs = [Run(100 * GB, 1000)] * 3  # today it is half as fast: 2000 s

    errors = []
    for percent in (10, 50, 90, 99):
        done, truth = percent * GB, 2000 * (1 - percent / 100)
        errors.append(
            abs(left(time_left(runs, progress(done, 100 * GB), percent * 20)).seconds - truth)
        )

    assert errors == sorted(errors, reverse=True)
    assert errors[-1] < 1


def test_the_spread_shrinks_with_the_rest_and_one_run_has_none() -> None:
    runs = [Run(100 * GB, 900), Run(100 * GB, 1000), Run(100 * GB, 1100)]

    assert left(time_left(runs, progress(0, 100 * GB), 0)).spread_seconds == 100
    assert left(time_left(runs, progress(75 * GB, 100 * GB), 750)).spread_seconds == 25
    assert left(time_left(runs[:1], progress(0, 100 * GB), 0)).spread_seconds is None


def test_nothing_to_save_is_done_at_once() -> None:
    running = progress(0, 0)

    assert share_done(expected_size((), running), running) == 1
    assert left(time_left([Run(0, 4)], running, 2)).seconds == 0


def test_without_sizes_there_is_no_estimate() -> None:
    assert time_left([Run(GB, 60)], None, 30) is Doubt.NOT_COUNTED
