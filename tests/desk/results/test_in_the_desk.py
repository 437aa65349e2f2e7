"""The results in the window: tool bar, tree, keys."""

from dataclasses import replace

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QKeySequence
from PySide6.QtWidgets import QAbstractButton
from pytestqt.qtbot import QtBot

from sesam_master.core.records import Role
from sesam_master.core.states import JobState
from sesam_master.ui.actions import Selection
from sesam_master.ui.bridge import Bridge
from sesam_master.ui.desk import Desk
from sesam_master.ui.fonts import BASE_PX
from sesam_master.ui.restore.page import RestorePage
from sesam_master.ui.start_backup.dialog import StartBackupDialog
from sesam_master.ui.theme import ThemeHolder
from tests.desk.results.memory import (
    NOW,
    MemoryGateway,
    bring_up,
    job,
    list_locations,
    pump,
    report,
    take_down,
)


@pytest.fixture
def desk(holder: ThemeHolder, bridge: Bridge, gateway: MemoryGateway, qtbot: QtBot) -> Desk:
    list_locations(bridge, "Boulder", "Hamburg")
    for name in ("Boulder", "Hamburg"):
        gateway.history[name] = [job(name, n, saveset=f"SI{n}") for n in range(1, 4)]
        gateway.history[name].append(job(name, 9, JobState.ACTIVE, task="home"))
        bring_up(bridge, name, gateway.history[name])
    desk = Desk(holder, bridge, gateway, lambda: NOW, "0.1.0")
    qtbot.addWidget(desk.window)
    desk.window.show()
    desk.window.show_page(desk.results)
    qtbot.waitUntil(lambda: desk.results.model.rowCount() == 8, timeout=3000)
    return desk


def reason(desk: Desk, action: str) -> str | None:
    qaction = desk.actions.qaction(action)
    return None if qaction.isEnabled() else qaction.toolTip()


def test_the_tool_bar_acts_on_the_chosen_result(desk: Desk, gateway: MemoryGateway) -> None:
    assert reason(desk, "start_backup") == "Choose a result, or a task in the tree, first."
    desk.results.table.select_key(("Hamburg", "2"))
    assert reason(desk, "start_backup") is None
    assert reason(desk, "cancel") == "Nothing of what is chosen is running or queued."
    desk.actions.qaction("start_backup").trigger()
    dialog = desk.window.findChild(StartBackupDialog)
    assert dialog is not None
    assert [(one.location_id, one.task) for one in dialog.presenter.actor.acts] == [
        ("Hamburg", "task-2")
    ]
    desk.actions.qaction("restore").trigger()
    assert isinstance(desk.window.current_page, RestorePage)
    desk.window.show_page(desk.results)
    desk.results.table.select_key(("Boulder", "9"))
    desk.actions.qaction("cancel").trigger()
    pump()
    assert not [call for call in gateway.calls if call[0] == "cancel_job"]
    desk.results.cancel.go.click()
    pump()
    assert [call[:3] for call in gateway.calls if call[0] == "cancel_job"] == [
        ("cancel_job", "Boulder", "9")
    ]


def test_what_cannot_be_done_with_several_results_says_why(desk: Desk, bridge: Bridge) -> None:
    desk.results.table.selectAll()
    assert reason(desk, "restore") == "Restore works on one task at a time. Choose a single one."
    assert reason(desk, "cancel") is None
    assert reason(desk, "start_backup") is None
    take_down(bridge, "Boulder")
    assert reason(desk, "start_backup") is None  # Hamburg can
    bring_up(bridge, "Hamburg", [job("Hamburg", 9, JobState.ACTIVE)], Role.MONITOR)
    assert reason(desk, "start_backup") == "Boulder is broken."


def test_the_tree_counts_again_when_no_result_is_chosen_or_seen(desk: Desk) -> None:
    desk.results.table.select_key(("Hamburg", "2"))
    desk.window.show_page(desk.remote_server)
    assert desk.actions.selection == desk.tree.selection()
    desk.window.show_page(desk.results)
    assert desk.actions.selection.jobs == (("Hamburg", "2"),)
    desk.results.drawer.close_job()
    assert desk.actions.selection == desk.tree.selection()


def test_the_running_job_of_a_task_in_the_tree_can_be_cancelled(
    desk: Desk, gateway: MemoryGateway
) -> None:
    desk.actions.set_selection(Selection("Hamburg", (("Hamburg", "home"),)))
    desk.actions.qaction("cancel").trigger()
    assert desk.results.cancel.question.text() == "Cancel home at Hamburg?"
    desk.results.cancel.go.click()
    assert ("cancel_job", "Hamburg", "9") in [call[:3] for call in gateway.calls]


def test_what_is_chosen_in_the_tree_narrows_the_results_until_the_chip_goes(
    desk: Desk, qtbot: QtBot
) -> None:
    desk.tree.selected.emit(Selection("Hamburg", client="fs-01"))
    qtbot.waitUntil(lambda: desk.results.model.rowCount() == 4, timeout=3000)
    assert desk.results.bar.scope.text() == "Client: fs-01 at Hamburg"
    desk.results.bar.scope.click()
    qtbot.waitUntil(lambda: desk.results.model.rowCount() == 8, timeout=3000)
    assert desk.tree.tree.currentIndex() == desk.tree.model.index(0, 0)


def test_keys_open_close_find_and_ask_again(
    desk: Desk, bridge: Bridge, gateway: MemoryGateway, qtbot: QtBot
) -> None:
    page = desk.results
    desk.window.activateWindow()
    page.table.setFocus()
    page.table.selectRow(3)
    gateway.history["Hamburg"].append(job("Hamburg", 50))
    report(bridge, replace(gateway.history["Hamburg"][-1]))
    qtbot.waitUntil(page.news.isVisible, timeout=3000)
    desk.actions.qaction("refresh").trigger()
    assert page.model.rowCount() == 9
    qtbot.keyClick(page.table, Qt.Key.Key_Escape)
    assert not page.drawer.isVisible()
    qtbot.keyClick(page.table, Qt.Key.Key_Return)
    assert page.drawer.isVisible()
    qtbot.keyClick(page.drawer.pane.view, Qt.Key.Key_Escape)
    assert not page.drawer.isVisible()
    qtbot.keyClick(page.table, Qt.Key.Key_F, Qt.KeyboardModifier.ControlModifier)
    assert page.bar.search.hasFocus()


def test_the_menus_show_the_keys(desk: Desk) -> None:
    shown = {
        action.shortcut().toString(QKeySequence.SequenceFormat.PortableText)
        for menu in desk.window.menuBar().actions()
        for action in menu.menu().actions()
    }
    assert shown >= {"F5", "F6", "Ctrl+B", "Ctrl+R", "Ctrl+W", "Ctrl+M", "Ctrl+Tab", "Ctrl+2"}


def test_every_button_without_words_has_a_name(desk: Desk) -> None:
    desk.results.table.select_key(("Hamburg", "2"))
    nameless = [
        button
        for button in desk.results.findChildren(QAbstractButton)
        if not button.text() and not button.accessibleName() and button.isVisible()
    ]
    assert nameless == []


def test_nothing_that_opens_makes_the_window_larger(
    desk: Desk, holder: ThemeHolder, gateway: MemoryGateway, qtbot: QtBot
) -> None:
    window, results = desk.window, desk.results
    window.resize(1280, 800)
    holder.set_text_px(1.5 * BASE_PX)
    pump()
    size = window.size()
    results.table.select_key(("Hamburg", "9"))
    results.cancel.ask(
        [job(place, n, JobState.ACTIVE) for place in gateway.history for n in range(10, 25)]
    )
    window.messages.toggle()
    qtbot.waitUntil(results.cancel.table.isVisible)
    pump()

    assert window.size() == size
    parts = (results.header, results.bar, results.cancel, results.table, results.drawer)
    tops = [part.mapTo(window, QPoint()).y() for part in parts]
    ends = [top + part.height() for top, part in zip(tops, parts, strict=True)]
    assert all(end <= top for end, top in zip(ends, tops[1:], strict=False))
    assert results.table.horizontalScrollBar().maximum() == 0
    assert results.drawer.height() <= results.drawer.parentWidget().height() * 2 // 3 or (
        results.drawer.height() == results.drawer.minimumHeight()
    )


@pytest.mark.parametrize("width", [1100, 1280, 1600])
def test_results_at_a_large_text_are_not_wider_than_their_room(
    desk: Desk, holder: ThemeHolder, width: int
) -> None:
    desk.window.resize(width, 800)
    holder.set_text_px(1.5 * BASE_PX)
    pump()

    assert desk.window.width() == width
    assert desk.results.table.horizontalScrollBar().maximum() == 0
