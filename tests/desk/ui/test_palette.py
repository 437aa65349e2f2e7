"""The command palette over the window, by keyboard only."""

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from sesam_master.core.fleet import ConnectionChanged, PictureArrived, RegistrationsChanged
from sesam_master.core.states import Connection, JobState
from sesam_master.ui.bridge import Bridge
from sesam_master.ui.desk import Desk
from sesam_master.ui.results.filters import Scope
from sesam_master.ui.theme import ThemeHolder
from tests.desk.results.memory import MemoryGateway
from tests.fakes.fleet import NOW, job, picture, registration


@pytest.fixture
def desk(holder: ThemeHolder, bridge: Bridge, gateway: MemoryGateway, qtbot: QtBot) -> Desk:
    desk = Desk(holder, bridge, gateway, lambda: NOW, "0.1.0")
    qtbot.addWidget(desk.window)
    desk.window.resize(1280, 800)
    desk.window.show()
    desk.window.activateWindow()
    bridge.deliver(RegistrationsChanged(tuple(map(registration, ("lab", "bos")))))
    for name, connection in (("lab", Connection.ON), ("bos", Connection.STALE)):
        made = picture(name, 2, 2, job(name, 7, "c0-t0", JobState.ACTIVE))
        bridge.deliver(PictureArrived(name, made, NOW))
        bridge.deliver(ConnectionChanged(name, connection, None, NOW))
    bridge.drain()
    return desk


def typed(desk: Desk, text: str) -> list[str]:
    """What is shown for it."""
    if desk.palette.isHidden():
        QTest.keyClick(desk.window, Qt.Key.Key_K, Qt.KeyboardModifier.ControlModifier)
    desk.palette.field.clear()
    QTest.keyClicks(desk.palette.field, text)
    return [hit.title for hit in desk.palette.hits()]


def test_ctrl_k_opens_it_and_esc_gives_the_keyboard_back(desk: Desk) -> None:
    desk.tree.tree.setFocus()
    typed(desk, "")
    assert desk.palette.isVisible()
    assert desk.palette.field.hasFocus()
    QTest.keyClick(desk.palette.field, Qt.Key.Key_Escape)
    assert desk.palette.isHidden()
    assert desk.tree.tree.hasFocus()


def test_every_action_is_in_it_but_its_own(desk: Desk) -> None:
    for action in desk.actions.all():
        typed(desk, f">{action.text}")
        names = [hit.entry.name for hit in desk.palette.hits()]
        assert (action.id in names) is (action.id != "palette"), action.id


def test_enter_does_it_and_remembers_it(desk: Desk) -> None:
    typed(desk, "calendar")
    QTest.keyClick(desk.palette.field, Qt.Key.Key_Return)
    assert desk.window.current_page is desk.calendar
    assert desk.palette.isHidden()
    assert typed(desk, "")[0] == "Calendar sheet"


def test_what_cannot_be_done_says_why_and_does_nothing(desk: Desk) -> None:
    typed(desk, "connect now")
    [hit] = [hit for hit in desk.palette.hits() if hit.entry.name == "reconnect"]
    assert hit.reason == "Choose a location in the tree first."
    QTest.keyClick(desk.palette.field, Qt.Key.Key_Return)
    assert desk.palette.isVisible()
    assert desk.palette.foot.text() == hit.reason


def test_a_task_leads_to_its_results_at_its_own_location(desk: Desk) -> None:
    assert typed(desk, "c0-t0") == ["c0-t0, Lab", "c0-t0, Bos"]
    sides = [hit.side for hit in desk.palette.hits()]
    assert sides == ["Running", "Unknown, location stale"]
    QTest.keyClick(desk.palette.field, Qt.Key.Key_Down)
    QTest.keyClick(desk.palette.field, Qt.Key.Key_Return)
    assert desk.window.current_page is desk.results
    assert desk.results.presenter.filter.scope == Scope("bos", "", "c0-t0")


def test_a_mark_takes_one_kind_only(desk: Desk) -> None:
    assert typed(desk, "@") == ["Lab", "Bos"]
    assert typed(desk, "@a") == ["Lab"]
    assert typed(desk, ">c0") == []
    assert typed(desk, ">a")
    assert {hit.entry.kind.value for hit in desk.palette.hits()} == {"action"}


def test_it_says_where_it_looked(desk: Desk) -> None:
    typed(desk, "zzzz")
    assert desk.palette.foot.text().startswith("Nothing found. Searched 1 live and 1 remembered")


def test_it_closes_when_the_keyboard_goes_elsewhere(desk: Desk) -> None:
    typed(desk, "")
    desk.tree.tree.setFocus()
    QApplication.processEvents()
    assert desk.palette.isHidden()
