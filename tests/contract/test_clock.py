"""What all clocks do."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
import tzlocal

from server_agent.adapters.clock import SystemClock
from server_agent.ports import Clock
from tests.fakes.clock import FakeClock

SUMMER_TIME_ENDS = datetime(2026, 10, 25, 1, 0, tzinfo=UTC)


@pytest.fixture(params=["fake", "system"])
def clock(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[Clock]:
    if request.param == "fake":
        yield FakeClock(datetime.now(UTC), "Europe/Berlin")
        return
    with monkeypatch.context() as patched:
        patched.setenv("TZ", "Europe/Berlin")
        tzlocal.reload_localzone()  # whoever has asked before has had it kept
        yield SystemClock()
    tzlocal.reload_localzone()


def test_now_is_in_utc(clock: Clock) -> None:
    assert clock.now().tzinfo is UTC
    assert abs(clock.now() - datetime.now(UTC)) < timedelta(minutes=1)


def test_the_wall_clock_of_the_site(clock: Clock) -> None:
    assert clock.zone_name == "Europe/Berlin"
    before = clock.local(SUMMER_TIME_ENDS - timedelta(minutes=30))
    after = clock.local(SUMMER_TIME_ENDS + timedelta(minutes=30))
    assert (before.hour, before.minute) == (after.hour, after.minute) == (2, 30)
    assert before.utcoffset() == timedelta(hours=2)
    assert after.utcoffset() == timedelta(hours=1)
    assert after.astimezone(UTC) == SUMMER_TIME_ENDS + timedelta(minutes=30)


def test_a_wait_takes_as_long_as_the_clock_does(clock: Clock) -> None:
    assert clock.seconds(timedelta(minutes=1, milliseconds=500)) == 60.5


def test_a_moment_given_in_another_zone(clock: Clock) -> None:
    tokyo = datetime(2026, 1, 1, 9, 0, tzinfo=ZoneInfo("Asia/Tokyo"))
    assert clock.local(tokyo).isoformat() == "2026-01-01T01:00:00+01:00"
