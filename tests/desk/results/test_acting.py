"""What is told of a location while an answer is on its way stays when the answer comes."""

from collections.abc import Iterator

import pytest
from PySide6.QtCore import QObject

from sesam_master.core.errors import LocationError, Trouble
from sesam_master.core.states import Connection, JobState
from sesam_master.ui.bridge import Bridge
from sesam_master.ui.results.acting import Actor, Stage
from sesam_master.ui.results.cancelling import Cancelling
from tests.desk.results.memory import bring_up, job, list_locations, pump, report, take_down
from tests.fakes.gateway import FakeGateway, Parked


@pytest.fixture
def parked() -> Parked:
    return Parked()


@pytest.fixture
def slow_bridge(nothing_left: None, parked: Parked) -> Iterator[Bridge]:
    made = Bridge(parked.submit)
    yield made
    made.close()


def test_a_location_that_went_dark_meanwhile_stays_dark(
    slow_bridge: Bridge, parked: Parked
) -> None:
    running = job("Lyon", 9, JobState.ACTIVE)
    list_locations(slow_bridge, "Lyon")
    bring_up(slow_bridge, "Lyon", [running])
    parent = QObject()
    actor = Actor(slow_bridge, Cancelling(FakeGateway()), parent)
    actor.begin([running])
    actor.send()

    cancelled = job("Lyon", 9, JobState.CANCELLED)
    report(slow_bridge, cancelled)
    take_down(slow_bridge, "Lyon")
    parked.questions.pop()(None, LocationError(Trouble.NO_ANSWER, "Lyon"))
    pump()

    [act] = actor.acts.values()
    assert (act.stage, act.connection) == (Stage.UNSURE, Connection.BROKEN)
    assert act.now == cancelled
