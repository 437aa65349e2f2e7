"""A machine that slept: the loop's timers stood still, the clock did not."""

import time
from collections.abc import Iterator

import pytest

from sesam_master.core.states import Connection
from sesam_master.remote.sleep import waking_clock
from sesam_master.remote.times import Times
from tests.desk.remote.rig import HubRig
from tests.fakes.agent_server import FakeAgent


class Clock:
    """As the system's, and ahead of it by what a test lets it sleep."""

    def __init__(self) -> None:
        self.slept_seconds = 0.0

    def __call__(self) -> float:
        return time.monotonic() + self.slept_seconds


@pytest.fixture
def agent() -> Iterator[FakeAgent]:
    with FakeAgent("Alpha") as running:
        yield running


def watches(agent: FakeAgent) -> int:
    return sum(name == "Watch" for name, _ in agent.calls)


def test_after_a_long_sleep_nothing_is_proved_until_the_location_is_heard_again(
    agent: FakeAgent,
) -> None:
    clock = Clock()
    rig = HubRig(Times(), clock)  # no timer of the real times would end within this test
    here = rig.register(agent)
    with rig:
        rig.until(here, Connection.ON)
        with agent.location.changed:  # the watch stream stands
            clock.slept_seconds = 3600
            rig.until(here, Connection.STALE)
        rig.until(here, Connection.ON)
        assert rig.connections(here) == [Connection.ON, Connection.STALE, Connection.ON]
        assert watches(agent) == 2


def test_a_short_nap_changes_nothing(agent: FakeAgent) -> None:
    clock = Clock()
    rig = HubRig(Times(), clock)
    here = rig.register(agent)
    with rig:
        proof = rig.until(here, Connection.ON).proof_time
        assert proof is not None
        clock.slept_seconds = 20
        rig.wait(lambda: (rig.state(here).proof_time - proof).total_seconds() > 2)
        assert rig.connections(here) == [Connection.ON]
        assert watches(agent) == 1


def test_the_clock_goes_forward() -> None:
    first = waking_clock()
    assert waking_clock() >= first
