"""When a reading of the wall clock is, also where the clocks change."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from sesam_master.core.start import Wall, When, at_wall, is_past, moment_of

BERLIN = ZoneInfo("Europe/Berlin")
DENVER = ZoneInfo("America/Denver")


def test_a_reading_is_that_of_the_site_or_of_the_person() -> None:
    wall = datetime(2026, 6, 1, 22, 0)

    there = moment_of(When(wall, is_site=True), DENVER, BERLIN)
    here = moment_of(When(wall, is_site=False), DENVER, BERLIN)

    assert (there.instant, there.wall) == (datetime(2026, 6, 2, 4, 0, tzinfo=UTC), Wall.ONCE)
    assert here.instant == datetime(2026, 6, 1, 20, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("zone", "reading", "hour"),
    [
        (BERLIN, datetime(2026, 3, 29, 2, 30), 1),  # 03:30 CEST
        (DENVER, datetime(2026, 3, 8, 2, 30), 9),  # 03:30 MDT
    ],
)
def test_a_reading_that_never_comes_is_as_long_after_the_change(
    zone: ZoneInfo, reading: datetime, hour: int
) -> None:
    moment = at_wall(reading, zone)

    assert moment.wall is Wall.NEVER
    assert (moment.instant.hour, moment.instant.minute) == (hour, 30)
    assert moment.instant.astimezone(zone).hour == 3


def test_of_a_reading_that_comes_twice_the_first_is_meant() -> None:
    moment = at_wall(datetime(2026, 10, 25, 2, 30), BERLIN)

    assert (moment.instant, moment.wall) == (datetime(2026, 10, 25, 0, 30, tzinfo=UTC), Wall.TWICE)


def test_around_a_change_readings_come_once() -> None:
    for reading in (datetime(2026, 3, 29, 1, 59), datetime(2026, 3, 29, 3, 0)):
        assert at_wall(reading, BERLIN).wall is Wall.ONCE
    for reading in (datetime(2026, 10, 25, 1, 59), datetime(2026, 10, 25, 3, 0)):
        assert at_wall(reading, BERLIN).wall is Wall.ONCE


def test_the_minute_that_a_person_types_is_not_past() -> None:
    now = datetime(2026, 6, 1, 12, 0, 40, tzinfo=UTC)

    assert not is_past(now.replace(second=0), now)
    assert is_past(now.replace(second=0) - timedelta(minutes=1), now)
