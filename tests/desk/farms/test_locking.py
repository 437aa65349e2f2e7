"""The desk lock: nothing but the lock is seen, until somebody knows the passphrase."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from PySide6.QtCore import QEvent, QPoint, Qt
from PySide6.QtGui import QCloseEvent, QKeyEvent, QShowEvent
from PySide6.QtWidgets import QApplication, QDialog, QMenu, QWidget
from pytestqt.qtbot import QtBot

from sesam_master.core.control_source import LockState
from sesam_master.ui.actions import Selection
from sesam_master.ui.bridge import Bridge
from sesam_master.ui.desk import Desk
from sesam_master.ui.locking.locker import Locker
from sesam_master.ui.locking.settings_window import LockSettingsWindow
from sesam_master.ui.theme import ThemeHolder
from tests.desk.farms.conftest import TellingGateway
from tests.fakes.fleet import NOW

RIGHT = "open sesame"


@pytest.fixture
def locker(desk: Desk, gateway: TellingGateway) -> Iterator[Locker]:
    gateway.passphrase = RIGHT
    desk.control.begin(LockState(True, 0, False))
    yield desk.control.locker
    if desk.control.locker.screen is not None:
        give(desk.control.locker, RIGHT)


def give(locker: Locker, passphrase: str) -> None:
    assert locker.screen is not None
    locker.screen.field.setText(passphrase)
    locker.screen.go.click()
    QApplication.processEvents()


def seen() -> list[str]:
    return [type(w).__name__ for w in QApplication.topLevelWidgets() if w.isVisible()]


def test_a_locked_desk_shows_nothing_else(locker: Locker, desk: Desk) -> None:
    dialog = desk.open_start(Selection(tasks=(("hamburg", "c0-t0"),)))
    desk.actions.qaction("lock_desk").trigger()
    assert seen() == ["LockScreen"]
    give(locker, "wrong")
    assert seen() == ["LockScreen"]
    assert locker.screen is not None
    assert locker.screen.problem.text() == "This is not the passphrase."
    give(locker, RIGHT)
    assert sorted(seen()) == ["MainWindow", "StartBackupDialog"]
    dialog.close()


def test_what_opens_meanwhile_is_not_seen(locker: Locker, desk: Desk, qtbot: QtBot) -> None:
    locker.lock()
    dialog, menu = QDialog(), QMenu()
    qtbot.addWidget(dialog)
    qtbot.addWidget(menu)
    menu.addAction("Delete everything")
    dialog.show()
    menu.popup(QPoint(0, 0))
    desk.window.show()
    desk.window.raise_()
    QApplication.processEvents()
    assert seen() == ["LockScreen"]
    give(locker, RIGHT)
    assert dialog.isVisible()
    menu.close()


def test_an_open_menu_closes(locker: Locker, desk: Desk, qtbot: QtBot) -> None:
    menu = QMenu(desk.window)
    menu.addAction("Start backup")
    menu.popup(QPoint(0, 0))
    locker.lock()
    assert seen() == ["LockScreen"]
    give(locker, RIGHT)
    assert not menu.isVisible()


def test_no_shortcut_of_the_desk_works(locker: Locker, desk: Desk, qtbot: QtBot) -> None:
    desk.window.show_page(desk.now)
    locker.lock()
    assert locker.screen is not None
    qtbot.keyClick(locker.screen.field, Qt.Key.Key_2, Qt.KeyboardModifier.ControlModifier)
    qtbot.keyClick(locker.screen, Qt.Key.Key_B, Qt.KeyboardModifier.ControlModifier)
    QApplication.processEvents()
    assert seen() == ["LockScreen"]
    assert desk.window.current_page is desk.now


def test_locking_ends_the_time_in_which_changes_need_no_passphrase(
    locker: Locker, gateway: TellingGateway
) -> None:
    gateway.is_open = True
    locker.lock()
    QApplication.processEvents()
    assert not gateway.is_open


def test_a_desk_begins_locked_if_it_is_to(
    desk: Desk, gateway: TellingGateway, qtbot: QtBot
) -> None:
    gateway.passphrase = RIGHT
    desk.control.begin(LockState(True, 0, True))
    assert seen() == ["LockScreen"]
    give(desk.control.locker, RIGHT)
    assert seen() == ["MainWindow"]


def test_without_a_passphrase_its_settings_open(desk: Desk) -> None:
    desk.control.begin(LockState())
    desk.actions.qaction("lock_desk").trigger()
    assert sorted(seen()) == ["LockSettingsWindow", "MainWindow"]
    assert "no passphrase" in str(desk.messages.last)
    for widget in QApplication.topLevelWidgets():
        if isinstance(widget, LockSettingsWindow):
            widget.close()


def test_a_wait_is_counted_and_nothing_is_taken_meanwhile(
    locker: Locker, gateway: TellingGateway, qtbot: QtBot
) -> None:
    locker.lock()
    screen = locker.screen
    assert screen is not None
    screen.say("Too many wrong tries. Wait 2 s.", 1.2)
    assert (screen.field.isEnabled(), screen.go.isEnabled()) == (False, False)
    given: list[str] = []
    screen.given.connect(given.append)
    screen.field.setText(RIGHT)
    screen.field.returnPressed.emit()
    assert given == []
    qtbot.waitUntil(screen.field.isEnabled, timeout=10_000)
    assert screen.problem.text() == ""


def test_an_idle_desk_locks_by_itself(
    holder: ThemeHolder, bridge: Bridge, gateway: TellingGateway, qtbot: QtBot
) -> None:
    time = [NOW]
    window = QWidget()
    qtbot.addWidget(window)
    window.show()
    locker = Locker(holder, bridge, gateway, lambda: time[0])
    locker.attach(window, lambda: True)
    gateway.passphrase = RIGHT
    locker.begin(LockState(True, 5, False))
    bridge.aged.emit()
    time[0] += timedelta(minutes=4)
    key = QKeyEvent(QEvent.Type.KeyPress, Qt.Key.Key_A, Qt.KeyboardModifier.NoModifier)
    handle = window.windowHandle()
    assert handle is not None
    QApplication.sendEvent(handle, key)
    time[0] += timedelta(minutes=4)
    bridge.aged.emit()
    assert not locker.is_locked, "a key was pressed"
    time[0] -= timedelta(hours=1)
    bridge.aged.emit()
    assert not locker.is_locked, "a clock set back locks nothing"
    time[0] += timedelta(minutes=5)
    bridge.aged.emit()
    assert locker.is_locked
    assert not window.isVisible()
    give(locker, RIGHT)
    assert window.isVisible()
    bridge.aged.emit()
    assert not locker.is_locked, "it counts anew"


def test_closing_a_locked_desk_asks_whether_something_is_unsaved(
    holder: ThemeHolder, bridge: Bridge, gateway: TellingGateway, qtbot: QtBot
) -> None:
    may_close = [False]
    window = QWidget()
    qtbot.addWidget(window)
    window.show()
    locker = Locker(holder, bridge, gateway, lambda: NOW)
    locker.attach(window, lambda: may_close[0])
    gateway.passphrase = RIGHT
    locker.begin(LockState(True, 0, True))
    screen = locker.screen
    assert screen is not None
    screen.quit_wanted.disconnect()
    wanted: list[None] = []
    screen.quit_wanted.connect(lambda: wanted.append(None))
    event = QCloseEvent()
    screen.closeEvent(event)
    assert (event.isAccepted(), wanted) == (False, [])
    may_close[0] = True
    screen.closeEvent(QCloseEvent())
    assert wanted == [None]
    give(locker, RIGHT)


def test_the_passphrase_is_set_changed_and_removed(
    desk: Desk, gateway: TellingGateway, qtbot: QtBot
) -> None:
    desk.control.begin(LockState())
    window = desk.control.locker.settings()
    window.save.click()
    assert window.problem.text() == "The passphrase is empty. Type one."
    window.new.setText(RIGHT)
    window.again.setText("another")
    window.save.click()
    assert "not the same" in window.problem.text()
    window.again.setText(RIGHT)
    window.idle.setValue(10)
    window.save.click()
    QApplication.processEvents()
    assert (gateway.passphrase, gateway.lock) == (RIGHT, LockState(True, 10, True))
    assert desk.control.locker.state == gateway.lock

    window = desk.control.locker.settings()
    window.old.setText("wrong")
    window.drop.click()
    QApplication.processEvents()
    assert "This is not the passphrase." in window.problem.text()
    window.old.setText(RIGHT)
    window.drop.click()
    QApplication.processEvents()
    assert gateway.passphrase == ""
    assert not desk.control.locker.state.is_set
    assert "everybody at it may change" in str(desk.messages.last)


def test_a_desk_that_begins_locked_is_not_seen_for_a_moment(
    holder: ThemeHolder, bridge: Bridge, gateway: TellingGateway, qtbot: QtBot
) -> None:
    class Seen(QWidget):
        was_shown = False

        def showEvent(self, event: QShowEvent) -> None:
            self.was_shown = True

    window = Seen()
    qtbot.addWidget(window)
    locker = Locker(holder, bridge, gateway, lambda: NOW)
    locker.attach(window, lambda: True)
    gateway.passphrase = RIGHT
    locker.begin(LockState(True, 0, True))
    QApplication.processEvents()
    assert seen() == ["LockScreen"]
    assert not window.was_shown
    give(locker, RIGHT)
    assert window.isVisible()
