"""What is told while an answer is on its way stays, and a lost answer is asked for again."""

from collections.abc import Iterator

import pytest
from PySide6.QtCore import QObject

from sesam_master.core.acts import Made, Stage
from sesam_master.core.errors import LocationError, Trouble
from sesam_master.core.states import Connection, JobState
from sesam_master.ui.acts.actor import Actor
from sesam_master.ui.acts.cancelling import Cancelling
from sesam_master.ui.bridge import Bridge
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
    actor.show([running])
    actor.send()

    cancelled = job("Lyon", 9, JobState.CANCELLED)
    report(slow_bridge, cancelled)
    take_down(slow_bridge, "Lyon")
    parked.questions.pop()(None, LocationError(Trouble.NO_ANSWER, "Lyon"))
    pump()

    [act] = actor.acts.values()
    assert (act.stage, act.connection) == (Stage.UNSURE, Connection.BROKEN)
    assert act.jobs == (cancelled,)


def test_a_lost_answer_is_asked_for_under_the_same_id_until_it_comes(
    slow_bridge: Bridge, parked: Parked
) -> None:
    running = job("Lyon", 9, JobState.ACTIVE)
    list_locations(slow_bridge, "Lyon")
    bring_up(slow_bridge, "Lyon", [running])
    parent = QObject()
    actor = Actor(slow_bridge, Cancelling(FakeGateway()), parent)
    actor.show([running])
    actor.send()
    [first] = actor.acts.values()
    parked.questions.pop()(None, LocationError(Trouble.NO_ANSWER, "Lyon"))
    pump()

    actor.ask_again()
    actor.ask_again()  # the first one is still on its way
    [question] = parked.questions
    question(Made((running,)), None)
    pump()

    [act] = actor.acts.values()
    assert (act.stage, act.request_id) == (Stage.ACCEPTED, first.request_id)


def test_an_answer_to_what_was_replaced_meanwhile_is_told_and_changes_nothing(
    slow_bridge: Bridge, parked: Parked
) -> None:
    running = job("Lyon", 9, JobState.ACTIVE)
    list_locations(slow_bridge, "Lyon")
    bring_up(slow_bridge, "Lyon", [running])
    parent = QObject()
    actor = Actor(slow_bridge, Cancelling(FakeGateway()), parent)
    told: list[object] = []
    actor.answered.connect(lambda item, made: told.append((item, made)))
    actor.show([running])
    actor.send()
    actor.clear()
    actor.show([running])
    parked.questions.pop()(Made((running,)), None)
    pump()

    [act] = actor.acts.values()
    assert act.stage is Stage.READY
    assert told == [(running, Made((running,)))]
