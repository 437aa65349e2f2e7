"""When a data store will be full."""

import random
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta

import pytest

from server_agent.domain.forecast import LEAST_DAYS, Forecast, forecast
from server_agent.domain.history import StoreSample

Samples = list[StoreSample]

TODAY = date(2026, 3, 31)
GB = 10**9
TB = 1000 * GB


def history(used: Sequence[int], capacities: Sequence[int] = (TB,)) -> list[StoreSample]:
    """A sample a day, the last today; `used` in GB. The last capacity holds on."""
    first = TODAY - timedelta(len(used) - 1)
    samples = []
    for number, gigabytes in enumerate(used):
        day = first + timedelta(number)
        capacity = capacities[min(number, len(capacities) - 1)]
        moment = datetime.combine(day, time(6), UTC)
        free = capacity - gigabytes * GB
        samples.append(StoreSample("Store_1", day, moment, capacity, free, 0))
    return samples


def days_to(found: Forecast) -> int:
    assert found.full_day is not None, found.note
    return (found.full_day - TODAY).days


def test_steady_growth_goes_on() -> None:
    found = forecast(history([100 + 2 * day for day in range(60)]), 95, TODAY)
    # 218 GB today, 950 GB are the mark, 2 GB a day.
    assert (days_to(found), found.note) == (366, "")
    assert (found.bytes_per_day, found.used_bytes) == (2 * GB, 218 * GB)


def test_teeth_of_deletions_do_not_hide_what_grows() -> None:
    """10 GB a day, and 60 GB are deleted every seventh: 10 GB a week are left."""
    found = forecast(history([100 + 10 * day - 60 * (day // 7) for day in range(63)]), 95, TODAY)
    assert found.bytes_per_day is not None
    assert found.bytes_per_day == pytest.approx(10 * GB / 7, rel=0.05)
    # The tip of the last tooth is at 240 GB.
    assert days_to(found) == pytest.approx((950 - 240) / (10 / 7), rel=0.06)


@pytest.mark.parametrize(
    ("used", "slope"),
    [([500] * 60, 0), ([500 + day * 7919 % 13 for day in range(60)], 0)],
    ids=["flat", "up and down"],
)
def test_what_stays_the_same_is_never_full(used: list[int], slope: int) -> None:
    found = forecast(history(used), 95, TODAY)
    assert (found.full_day, found.note, found.bytes_per_day) == (None, "it does not grow", slope)


def test_what_shrinks_is_never_full() -> None:
    found = forecast(history([900 - 5 * day for day in range(60)]), 95, TODAY)
    assert (found.full_day, found.bytes_per_day) == (None, -5 * GB)


def test_a_single_odd_day_changes_nothing() -> None:
    used = [100 + 2 * day for day in range(60)]
    used[30] += 700
    assert days_to(forecast(history(used), 95, TODAY)) == 366


def kept(days: int, keep: int, *, chain: int = 1, full: int = 30, inc: int = 10) -> list[int]:
    """A store from its first day on: each chain, of a FULL and an INC a day, goes as a whole when
    its last one is older than it is kept. At the end as much goes as comes."""
    used = []
    for today in range(days):
        lying = [day for day in range(today + 1) if day - day % chain + chain - 1 + keep >= today]
        used.append(100 + sum(full if day % chain == 0 else inc for day in lying))
    return used


@pytest.mark.parametrize(
    ("days", "keep", "chain"),
    [
        (55, 30, 1),
        (90, 60, 1),
        (70, 28, 7),
        (85, 28, 7),
        (365, 28, 7),
        (365, 14, 30),
    ],
)
def test_what_filled_a_store_at_its_beginning_is_no_growth(
    days: int, keep: int, chain: int
) -> None:
    """Once retention deletes as much as is written, the store is never full."""
    found = forecast(history(kept(days, keep, chain=chain), (10 * TB,)), 95, TODAY)
    assert (found.full_day, found.note, found.bytes_per_day) == (None, "it does not grow", 0)


def test_while_nothing_is_old_enough_to_go_all_that_is_written_counts() -> None:
    found = forecast(history(kept(20, 30), (2 * TB,)), 95, TODAY)
    assert found.bytes_per_day == 30 * GB
    assert days_to(found) == pytest.approx((1900 - 700) / 30, abs=1)


def test_what_was_added_a_month_ago_counts_in_full() -> None:
    """A second task, for the last 30 of 90 days: the slower growth before it is over."""
    used = [100 + 2 * day + 8 * max(0, day - 60) for day in range(90)]
    assert forecast(history(used), 95, TODAY).bytes_per_day == 10 * GB


def test_a_single_large_deletion_is_not_taken_for_what_goes_on() -> None:
    """One of 400 GB, ten days ago: growth before and after it is 4 GB a day."""
    used = [300 + 4 * day - (400 if day >= 80 else 0) for day in range(90)]
    found = forecast(history(used), 95, TODAY)
    assert found.bytes_per_day is not None
    assert found.bytes_per_day > 2 * GB


def test_odd_days_are_no_teeth() -> None:
    used = [100 + 2 * day for day in range(90)]
    for odd in (12, 41, 60, 77, 83):
        used[odd] += 500
    assert forecast(history(used), 95, TODAY).bytes_per_day == 2 * GB


def test_a_machine_that_is_on_once_a_week_has_a_trend() -> None:
    daily = history([100 + 2 * day for day in range(90)])
    found = forecast(daily[-1::-7][::-1], 95, TODAY)
    assert (found.bytes_per_day, found.used_bytes) == (2 * GB, 278 * GB)


def test_a_disk_that_was_added_moves_the_mark_and_is_no_growth() -> None:
    grown = history([800 + 2 * day for day in range(60)], [TB] * 50 + [2 * TB])
    found = forecast(grown, 95, TODAY)
    # 918 GB today, the mark is at 1900 GB now.
    assert (days_to(found), found.bytes_per_day) == (491, 2 * GB)


def test_what_a_new_disk_lacks_is_no_shrinking() -> None:
    used = [800 + 2 * day if day < 50 else 100 + 2 * day for day in range(60)]
    found = forecast(history(used, [TB] * 50 + [2 * TB]), 95, TODAY)
    assert (found.bytes_per_day, found.used_bytes) == (2 * GB, 218 * GB)


def test_a_disk_that_is_too_new_says_so() -> None:
    used = [800, 810, 820, 830, 100, 110, 120, 130]
    found = forecast(history(used, [TB] * 4 + [2 * TB]), 95, TODAY)
    assert (found.full_day, found.note) == (None, "another disk: 7 days with it needed")


def test_the_day_of_the_change_belongs_to_the_new_disk() -> None:
    samples = history([100] * 10, [TB] * 9 + [2 * TB])
    old = samples[-1]
    before = StoreSample("Store_1", TODAY, old.time - timedelta(hours=2), TB, 0, 0)
    found = forecast([*samples[:-1], before, old], 95, TODAY)
    assert (found.full_day, found.used_bytes) == (None, 100 * GB)


def test_the_highest_of_a_day_counts() -> None:
    samples = []
    for each in history([100 + 2 * day for day in range(20)]):
        low = StoreSample("Store_1", each.sesam_day, each.time - timedelta(hours=1), TB, TB, 0)
        samples += [low, each]
    assert forecast(samples, 95, TODAY) == forecast(samples[1::2], 95, TODAY)


@pytest.mark.parametrize(
    ("used", "note"),
    [
        ([], "no history yet"),
        ([1], f"1 day of history, {LEAST_DAYS} needed"),
        ([1, 2, 3, 4, 5, 6], f"6 days of history, {LEAST_DAYS} needed"),
        ([day // 3 for day in range(60)], "not within two years"),
    ],
)
def test_no_day_has_a_reason(used: list[int], note: str) -> None:
    found = forecast(history(used), 95, TODAY)
    assert (found.full_day, found.note) == (None, note)


def test_old_history_is_none() -> None:
    ninety_one = timedelta(91)
    old = [
        StoreSample(each.store, each.sesam_day - ninety_one, each.time, TB, 0, 0)
        for each in history([1] * 9)
    ]
    assert forecast(old, 95, TODAY).note == "no history of the last 90 days"


def test_a_store_without_a_capacity_has_no_history() -> None:
    unknown = StoreSample("Store_1", TODAY, datetime(2026, 3, 31, tzinfo=UTC), None, None, 5)
    assert forecast([unknown] * 20, 95, TODAY) == Forecast(None, "no history yet")


def test_a_store_at_its_mark_is_full_today() -> None:
    assert forecast(history([950]), 95, TODAY).full_day == TODAY
    assert forecast(history([949]), 95, TODAY).full_day is None


def lived(days: int, keep: int, *, chain: int = 1, later: int = 0, seed: int = 1) -> Samples:
    """A store of 46 GB from its first day on, until TODAY: a chain of about 1 GB a day each, all of
    which goes at the NEWDAY after the last of it was kept for so long. A sample after NEWDAY and
    one after the backup. From day `later` on there is as much again by a second task that has none
    old enough to go."""
    noise = random.Random(seed)
    lying: list[tuple[int, int]] = []
    samples = []
    for day in range(days):
        lying = [each for each in lying if each[0] - each[0] % chain + chain - 1 + keep >= day]
        for hour in (9, 22):
            if hour == 22:
                lying.append((day, round(GB * noise.gauss(1, 0.15))))
                if later and day >= later:
                    lying.append((days, GB))
            stored, on = sum(size for _day, size in lying), TODAY - timedelta(days - 1 - day)
            moment = datetime.combine(on, time(hour), UTC)
            samples.append(StoreSample("Store_1", on, moment, 46 * GB, 41 * GB - stored, stored))
    return samples


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize(("keep", "chain", "settles"), [(30, 1, 8), (21, 7, 16)])
def test_retention_that_has_just_begun_ends_the_first_filling(
    keep: int, chain: int, settles: int, seed: int
) -> None:
    """Two rounds of deletions are enough, and not less than a week of them."""
    for days in range(keep + chain + settles, keep + chain + 40, 3):
        found = forecast(lived(days, keep, chain=chain, seed=seed), 95, TODAY)
        assert found.bytes_per_day is not None
        assert abs(found.bytes_per_day) < 0.2 * GB
        assert found.full_day is None or days_to(found) > 30


@pytest.mark.parametrize("days", range(20, 37, 2))
def test_retention_that_has_just_begun_hides_nothing_that_goes_on(days: int) -> None:
    """A second task is added as the first one begins to be deleted."""
    found = forecast(lived(days, 14, later=16), 95, TODAY)
    assert found.bytes_per_day is not None
    assert found.bytes_per_day > 0.5 * GB
    assert days_to(found) <= round((46 * 0.95 - 5 - 14 - (days - 16)) / 0.5)


def test_what_a_person_deletes_at_the_beginning_is_no_retention() -> None:
    """On two days, one after the other: what was written before them still counts."""
    samples = lived(40, 999)
    for number, each in enumerate(samples[50:], start=50):
        gone = (4 if number < 52 else 8) * GB
        assert each.free_bytes is not None
        free, stored = each.free_bytes + gone, each.stored_bytes - gone
        samples[number] = replace(each, free_bytes=free, stored_bytes=stored)
    slope = forecast(samples, 95, TODAY).bytes_per_day
    assert slope is not None
    assert slope > 0.6 * GB
