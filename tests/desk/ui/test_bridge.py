"""The bridge merges, stays in its budget, keeps order, and drops what nobody waits for."""

import threading
from datetime import timedelta

import pytest
from PySide6.QtCore import QObject
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from sesam_master.core.fleet import (
    ConnectionChanged,
    FleetChange,
    ObjectsChanged,
    PictureArrived,
    RegistrationsChanged,
)
from sesam_master.core.states import Connection, JobState
from sesam_master.ui.bridge import BUDGET_SECONDS, Bridge
from tests.fakes.fleet import NOW, client, job, picture, registration, task
from tests.fakes.gateway import Parked, run_at_once


def listed(bridge: Bridge, *names: str) -> None:
    bridge.deliver(RegistrationsChanged(tuple(registration(name) for name in names)))


def test_many_events_of_a_location_become_one_change(bridge: Bridge, qtbot: QtBot) -> None:
    changes: list[FleetChange] = []
    bridge.fleet_changed.connect(changes.append)
    listed(bridge, "a")
    bridge.deliver(PictureArrived("a", picture("a"), NOW))
    for number in range(1, 101):
        state = JobState.ACTIVE if number < 100 else JobState.OK
        bridge.deliver(ObjectsChanged("a", NOW, jobs={"1": job("a", 1, "c0-t0", state)}))
        bridge.deliver(ConnectionChanged("a", Connection.ON, None, NOW))

    qtbot.waitUntil(lambda: bool(changes))

    assert len(changes) == 1
    assert changes[0].jobs == {("a", "1")}
    newest = bridge.fleet.locations["a"].newest_backup("c0-t0")
    assert newest is not None
    assert newest.state is JobState.OK


def test_a_drain_stops_at_its_budget_and_goes_on_later(qapp: QApplication, qtbot: QtBot) -> None:
    readings = iter(range(1_000_000))
    bridge = Bridge(run_at_once, clock=lambda: next(readings) * BUDGET_SECONDS / 4)
    names = [f"l{i}" for i in range(10)]
    listed(bridge, *names)
    for name in names:
        bridge.deliver(ConnectionChanged(name, Connection.ON, None, NOW))
    changes: list[FleetChange] = []
    bridge.fleet_changed.connect(changes.append)

    bridge.drain()

    assert len(changes[0].connections) == 4
    qtbot.waitUntil(lambda: sum(len(c.connections) for c in changes) == 10)
    bridge.close()


def test_a_removed_task_that_came_back_is_there(bridge: Bridge) -> None:
    listed(bridge, "a")
    bridge.deliver(PictureArrived("a", picture("a", 1, 1), NOW))
    bridge.drain()
    bridge.deliver(ObjectsChanged("a", NOW, removed_tasks=frozenset({"c0-t0"})))
    bridge.deliver(ObjectsChanged("a", NOW, tasks={"c0-t0": task("c0-t0", "c0")}))
    bridge.deliver(ObjectsChanged("a", NOW, clients={"new": client("new")}))
    bridge.deliver(ObjectsChanged("a", NOW, removed_clients=frozenset({"new"})))

    bridge.drain()

    shown = bridge.fleet.locations["a"].picture
    assert shown is not None
    assert set(shown.tasks) == {"c0-t0"}
    assert set(shown.clients) == {"c0"}


def test_a_new_picture_replaces_what_waited_before_it(bridge: Bridge) -> None:
    listed(bridge, "a")
    bridge.deliver(ObjectsChanged("a", NOW, clients={"old": client("old")}))
    bridge.deliver(PictureArrived("a", picture("a", 1), NOW))
    bridge.deliver(PictureArrived("a", picture("a", 9), NOW, is_remembered=True))

    bridge.drain()

    shown = bridge.fleet.locations["a"].picture
    assert shown is not None
    assert set(shown.clients) == {"c0"}


def test_an_older_proof_survives_a_change_without_one(bridge: Bridge) -> None:
    listed(bridge, "a")
    bridge.deliver(ConnectionChanged("a", Connection.ON, None, NOW, 0.5))
    bridge.deliver(ConnectionChanged("a", Connection.STALE, None, None))

    bridge.drain()

    state = bridge.fleet.locations["a"]
    assert (state.connection, state.proof_time) == (Connection.STALE, NOW)
    assert state.clock_offset_seconds == 0.5


def test_events_of_another_thread_are_applied_in_this_one(bridge: Bridge, qtbot: QtBot) -> None:
    threads: set[int] = set()
    bridge.fleet_changed.connect(lambda _change: threads.add(threading.get_ident()))

    def network() -> None:
        listed(bridge, "a")
        for second in range(50):
            moment = NOW + timedelta(seconds=second)
            bridge.deliver(ConnectionChanged("a", Connection.ON, None, moment))

    thread = threading.Thread(target=network)
    thread.start()
    thread.join()
    qtbot.waitUntil(lambda: bool(bridge.fleet.locations))

    assert threads == {threading.get_ident()}
    assert bridge.fleet.locations["a"].proof_time == NOW + timedelta(seconds=49)


async def _nothing() -> None:
    return None


async def _fail() -> None:
    raise ValueError("no")


def test_an_answer_comes_after_the_events_before_it(bridge: Bridge, qtbot: QtBot) -> None:
    owner = QObject()
    seen: list[int] = []
    listed(bridge, "a", "b")
    bridge.ask(_nothing(), owner, lambda _: seen.append(len(bridge.fleet.locations)), seen.append)

    qtbot.waitUntil(lambda: bool(seen))

    assert seen == [2]


def test_a_failure_goes_to_failed(bridge: Bridge, qtbot: QtBot) -> None:
    owner = QObject()
    errors: list[Exception] = []
    bridge.ask(_fail(), owner, pytest.fail, errors.append)

    qtbot.waitUntil(lambda: bool(errors))

    assert isinstance(errors[0], ValueError)


def test_nobody_is_told_who_is_gone_or_has_dropped_the_question(
    qapp: QApplication, qtbot: QtBot
) -> None:
    parked = Parked()
    bridge = Bridge(parked.submit)
    gone, stays = QObject(), QObject()
    told: list[str] = []
    bridge.ask(_nothing(), gone, lambda _: told.append("gone"), pytest.fail)
    drop = bridge.ask(_nothing(), stays, lambda _: told.append("dropped"), pytest.fail)
    bridge.ask(_nothing(), stays, lambda _: told.append("here"), pytest.fail)
    gone.deleteLater()
    drop()
    qtbot.waitUntil(lambda: bool(_is_gone(gone)))
    for end in parked.questions:
        end(None, None)

    qtbot.waitUntil(lambda: bool(told))

    assert told == ["here"]
    assert parked.cancelled == 2
    stays.deleteLater()
    qtbot.waitUntil(lambda: bool(_is_gone(stays)))
    assert parked.cancelled == 2  # what was answered is not cancelled with its owner
    bridge.close()


def _is_gone(owner: QObject) -> bool:
    import shiboken6

    return not shiboken6.isValid(owner)


def test_a_closed_bridge_takes_nothing(bridge: Bridge) -> None:
    bridge.close()
    listed(bridge, "a")
    bridge.drain()

    assert not bridge.fleet.locations
