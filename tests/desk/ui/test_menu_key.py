"""The context menu by keyboard, on keyboards without a key for it."""

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QMenu
from pytestqt.qtbot import QtBot

from sesam_master.ui.bridge import Bridge
from sesam_master.ui.desk import Desk
from sesam_master.ui.theme import ThemeHolder
from tests.desk.results.memory import NOW, MemoryGateway, bring_up, job, list_locations, pump


@pytest.fixture
def desk(holder: ThemeHolder, bridge: Bridge, qtbot: QtBot) -> Desk:
    jobs = [job("Lab", number) for number in range(1, 9)]
    list_locations(bridge, "Lab")
    bring_up(bridge, "Lab", jobs)
    made = Desk(holder, bridge, MemoryGateway(history={"Lab": jobs}), lambda: NOW, "0.1.0")
    qtbot.addWidget(made.window)
    made.window.show()
    made.window.activateWindow()
    qtbot.waitUntil(lambda: made.results.model.rowCount() == 8, timeout=3000)
    return made


def test_shift_f10_opens_that_of_the_row_in_focus(desk: Desk, qtbot: QtBot) -> None:
    table = desk.results.table
    table.setFocus()
    table.selectRow(3)
    pump()
    qtbot.keyClick(table, Qt.Key.Key_F10, Qt.KeyboardModifier.ShiftModifier)
    menu = QApplication.activePopupWidget()
    assert isinstance(menu, QMenu)
    row = table.visualRect(table.currentIndex())
    assert row.contains(table.viewport().mapFromGlobal(menu.pos()))
    assert "Copy rows" in [action.text() for action in menu.actions()]
    menu.close()
