"""What waits: for what, at which place, and how it goes over to what runs."""

import pytest
from PySide6.QtTest import QAbstractItemModelTester
from pytestqt.qtbot import QtBot

from sesam_master.core.records import Waiting, WaitsFor
from sesam_master.core.states import Connection, JobState
from sesam_master.ui.bridge import Bridge
from sesam_master.ui.now.page import NowPage
from tests.desk.now.conftest import (
    numbers,
    running,
    settle,
    texts,
    waiting,
)
from tests.desk.results.memory import job, report, take_down


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"message": "The disk is full."}, "The disk is full."),
        ({"waiting": Waiting(WaitsFor.ANY_DRIVE)}, "Every drive is busy"),
        ({"waiting": Waiting(WaitsFor.DRIVE, "D2")}, "Waits for a free stream of D2"),
        ({"waiting": Waiting(WaitsFor.DRIVE_OFF, "D2")}, "The drive D2 is off or gone"),
        (
            {"waiting": Waiting(WaitsFor.MEDIUM, "USB00001", "Usb")},
            "The medium USB00001 has to be put into Usb",
        ),
        (
            {"waiting": Waiting(WaitsFor.JOB, "50")},
            "Behind another backup of home, which runs (job 50)",
        ),
        (
            {"waiting": Waiting(WaitsFor.JOB, "7")},
            "Behind the job 7 of the same task",
        ),
        ({}, "Waits for its turn"),
    ],
)
def test_the_queue_says_for_what_each_waits(
    page: NowPage, bridge: Bridge, qtbot: QtBot, values: dict[str, object], words: str
) -> None:
    report(bridge, running("Boulder", 50, 0, 100, task="home"))
    report(bridge, waiting("Boulder", 60, task="home", **values))
    settle(qtbot, page)

    assert texts(page.tables.queue, "Waits for") == [words]


def test_the_queue_has_places_and_what_waits_for_long_is_late(
    page: NowPage, bridge: Bridge, qtbot: QtBot
) -> None:
    report(
        bridge,
        waiting("Boulder", 60, 242),
        waiting("Boulder", 61, 5, priority=50),
        waiting("Hamburg", 60, 3),
    )
    settle(qtbot, page)

    table = page.tables.queue
    assert texts(table, "State") == ["Late", "Queued", "Queued"]
    assert texts(table, "Location") == ["Boulder", "Boulder", "Hamburg"]
    assert texts(table, "Place") == ["2 of 2", "1 of 2", "1 of 1"]
    assert texts(table, "Waiting") == ["4\u00a0h 02\u00a0min", "5\u00a0min", "3\u00a0min"]
    assert "3 queued oldest 4\u00a0h 02\u00a0min" in numbers(page)


def test_what_waited_at_a_dark_location_is_unknown_among_what_waits(
    page: NowPage, bridge: Bridge, qtbot: QtBot
) -> None:
    report(bridge, waiting("Boulder", 60, 242), waiting("Hamburg", 60, 3))
    report(bridge, waiting("Hamburg", 61, 3), running("Hamburg", 50, 0, 100))
    take_down(bridge, "Hamburg", Connection.STALE)
    settle(qtbot, page)

    assert "0 running 1 more unknown; " in numbers(page)
    assert "1 queued oldest 4\u00a0h 02\u00a0min, 2 more unknown; " in numbers(page)
    take_down(bridge, "Boulder", Connection.STALE)
    settle(qtbot, page)
    assert "0 queued 3 more unknown; " in numbers(page)


def test_a_job_goes_from_the_queue_to_what_runs_and_then_away(
    page: NowPage, bridge: Bridge, qtbot: QtBot
) -> None:
    tables = page.tables
    for model in (tables.running_model, tables.queue_model):
        QAbstractItemModelTester(model, QAbstractItemModelTester.FailureReportingMode.Fatal, page)
    report(bridge, waiting("Boulder", 60, task="home"))
    settle(qtbot, page)
    assert (tables.running_model.rowCount(), tables.queue_model.rowCount()) == (0, 1)
    assert not tables.running.isVisible()

    report(bridge, running("Boulder", 60, 0, 100, task="home"))
    settle(qtbot, page)
    assert (tables.running_model.rowCount(), tables.queue_model.rowCount()) == (1, 0)

    report(bridge, job("Boulder", 60, JobState.OK, task="home"))
    settle(qtbot, page)
    assert (tables.running_model.rowCount(), tables.queue_model.rowCount()) == (0, 0)
    assert page.empty.isVisible()
