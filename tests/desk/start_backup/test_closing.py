"""The window without anything to start, and one that is closed before the answers are here."""

from collections.abc import Iterator

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QDialog
from pytestqt.qtbot import QtBot

from sesam_master.ui.actions import Selection
from sesam_master.ui.bridge import Bridge
from sesam_master.ui.desk import Desk
from sesam_master.ui.theme import ThemeHolder
from tests.desk.results.memory import NOW, MemoryGateway, bring_up, job, list_locations, pump
from tests.desk.start_backup.conftest import Open
from tests.fakes.gateway import Parked


@pytest.mark.parametrize(
    ("selection", "words"),
    [
        (Selection("Lyon"), "There is no task to start at Lyon."),
        (Selection("Lyon", client="pc"), "There is no task of pc to start at Lyon."),
        (Selection(), "No location is chosen: there is nothing to start."),
    ],
)
def test_without_anything_to_start_it_says_so(
    open_dialog: Open, bridge: Bridge, selection: Selection, words: str
) -> None:
    dialog = open_dialog()
    dialog.close()
    bring_up(bridge, "Lyon")
    pump()
    dialog = open_dialog(selection)
    assert dialog.summary.text == words
    assert not dialog.start.isEnabled()


@pytest.fixture
def parked() -> Parked:
    """The questions, until a test ends them."""
    return Parked()


@pytest.fixture
def slow_bridge(nothing_left: None, parked: Parked) -> Iterator[Bridge]:
    made = Bridge(parked.submit)
    yield made
    made.close()


def test_what_is_not_answered_when_it_is_closed_is_named(
    holder: ThemeHolder, slow_bridge: Bridge, gateway: MemoryGateway, qtbot: QtBot
) -> None:
    list_locations(slow_bridge, "Boulder", "Lyon")
    for name in ("Boulder", "Lyon"):
        bring_up(slow_bridge, name, [job(name, 1, task="home")])
    desk = Desk(holder, slow_bridge, gateway, lambda: NOW, "0.1.0")
    qtbot.addWidget(desk.window)
    chosen = Selection(tasks=(("Boulder", "home"), ("Lyon", "home")))
    untouched: QDialog = desk.open_start(chosen)
    untouched.close()
    assert desk.messages.last == "none"

    dialog = desk.open_start(chosen)
    dialog.start.click()
    QTest.keyClick(dialog, Qt.Key.Key_Escape)
    pump()
    assert "the start of home at Boulder, home at Lyon. The calendar" in desk.messages.last
