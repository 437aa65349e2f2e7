"""Many tabs: titles that can be read, and every way to go to one and to close it."""

import gc
import weakref
from typing import cast

import pytest
from PySide6.QtCore import QEvent, QPoint, Qt
from PySide6.QtGui import QContextMenuEvent
from PySide6.QtWidgets import QApplication, QMenu
from pytestqt.qtbot import QtBot

from sesam_master.ui.bridge import Bridge
from sesam_master.ui.desk import Desk
from sesam_master.ui.location_pages import OpensPages
from sesam_master.ui.main_window import Page
from sesam_master.ui.theme import ThemeHolder
from tests.desk.results.memory import NOW, MemoryGateway, bring_up, job, list_locations, pump

CONTROL = Qt.KeyboardModifier.ControlModifier
SHIFT = Qt.KeyboardModifier.ShiftModifier
SITES = ("Hamburg", "Boulder")
FIXED = 6


@pytest.fixture
def desk(holder: ThemeHolder, bridge: Bridge, qtbot: QtBot) -> Desk:
    """Thirteen tabs at 1280 x 800; in front is the last one."""
    jobs = {site: [job(site, number) for number in range(1, 4)] for site in SITES}
    list_locations(bridge, *SITES)
    for site in SITES:
        bring_up(bridge, site, jobs[site])
    made = Desk(holder, bridge, MemoryGateway(history=jobs), lambda: NOW, "0.1.0")
    qtbot.addWidget(made.window)
    made.window.resize(1280, 800)
    made.window.show()
    made.window.activateWindow()
    for site in SITES:
        made.growth.open(site)
        made.interfaces.open(site)
        made.open_restore(site, None, "home")
    made.open_restore("Hamburg", None, "R&D and all documents of the board")
    pump()
    assert made.window.tabs.count() == 13
    return made


def front(desk: Desk) -> str:
    return desk.window.tabs.tabToolTip(desk.window.tabs.currentIndex())


def test_many_tabs_keep_their_titles_and_the_one_in_front_is_seen(desk: Desk) -> None:
    tabs = desk.window.tabs
    for place in range(tabs.count()):
        title = tabs.tabToolTip(place)
        wide = min(tabs.fontMetrics().horizontalAdvance(title), 190)
        assert tabs.tabRect(place).width() >= wide, title
    for place in (12, 0, 6):
        tabs.setCurrentIndex(place)
        assert tabs.rect().contains(tabs.tabRect(place).center())
    assert desk.window.width() == 1280


def test_a_name_with_an_ampersand_is_whole(desk: Desk) -> None:
    tabs = desk.window.tabs
    assert "R&&D" in tabs.tabText(12)  # one alone would be an underlined D
    assert tabs.tabToolTip(12) == "Restore: R&D and all documents of the board, Hamburg"


@pytest.mark.parametrize(
    ("key", "modifiers", "step"),
    [
        (Qt.Key.Key_Tab, CONTROL, 1),
        (Qt.Key.Key_Backtab, CONTROL | SHIFT, -1),
        (Qt.Key.Key_PageDown, CONTROL, 1),
        (Qt.Key.Key_PageUp, CONTROL, -1),
    ],
)
def test_keys_go_to_the_tab_beside(
    desk: Desk, qtbot: QtBot, key: Qt.Key, modifiers: Qt.KeyboardModifier, step: int
) -> None:
    tabs = desk.window.tabs
    tabs.setCurrentIndex(0)
    qtbot.keyClick(desk.window, key, modifiers)
    assert tabs.currentIndex() == step % 13


def test_ctrl_w_closes_and_goes_on_where_one_came_from(desk: Desk, qtbot: QtBot) -> None:
    desk.window.show_page(desk.savesets)
    desk.growth.open("Boulder")
    qtbot.keyClick(desk.window, Qt.Key.Key_W, CONTROL)
    assert front(desk) == "Savesets"
    assert desk.window.tabs.count() == 12
    qtbot.keyClick(desk.window, Qt.Key.Key_W, CONTROL)  # it is always there
    assert desk.window.tabs.count() == 12


def test_a_middle_click_closes_the_tab_under_it(desk: Desk, qtbot: QtBot) -> None:
    tabs = desk.window.tabs
    tabs.setCurrentIndex(7)
    at = tabs.tabRect(8).center()
    assert tabs.tabToolTip(8) == "Restore: home, Hamburg"
    qtbot.mouseClick(tabs, Qt.MouseButton.MiddleButton, pos=at)
    assert [tabs.tabToolTip(place) for place in (7, 8)] == [
        "Interfaces, Hamburg",
        "Growth, Boulder",
    ]
    assert tabs.currentIndex() == 7
    qtbot.mousePress(tabs, Qt.MouseButton.MiddleButton, pos=tabs.tabRect(8).center())
    qtbot.mouseRelease(tabs, Qt.MouseButton.MiddleButton, pos=tabs.tabRect(7).center())
    assert tabs.count() == 12  # let go elsewhere: nothing


def test_the_list_has_all_tabs_and_brings_one_to_the_front(desk: Desk, qtbot: QtBot) -> None:
    qtbot.keyClick(desk.window, Qt.Key.Key_O, CONTROL | SHIFT)
    menu = QApplication.activePopupWidget()
    assert isinstance(menu, QMenu)
    assert len(menu.actions()) == 13
    assert [a.text() for a in menu.actions() if a.isChecked()] == [menu.actions()[12].text()]
    for key in (Qt.Key.Key_Down, Qt.Key.Key_Down, Qt.Key.Key_Return):  # from the last to the first
        qtbot.keyClick(menu, key)
    assert front(desk) == "Backups by state"
    assert not menu.isVisible()


def test_the_others_are_closed_and_the_fixed_ones_stay(desk: Desk) -> None:
    tabs = desk.window.tabs
    tabs.setCurrentIndex(8)
    kept = front(desk)
    at = tabs.tabRect(8).center()
    reason = QContextMenuEvent.Reason.Mouse
    QApplication.sendEvent(tabs, QContextMenuEvent(reason, at, tabs.mapToGlobal(at)))
    menu = QApplication.activePopupWidget()
    assert isinstance(menu, QMenu)
    close, others = menu.actions()
    assert (close.isEnabled(), others.isEnabled()) == (True, True)
    others.trigger()
    menu.close()
    assert (tabs.count(), front(desk)) == (FIXED + 1, kept)


def test_a_tab_that_stays_says_so(desk: Desk) -> None:
    tabs = desk.window.tabs
    tabs.setCurrentIndex(0)
    tabs.setFocus()
    reason = QContextMenuEvent.Reason.Keyboard
    QApplication.sendEvent(tabs, QContextMenuEvent(reason, QPoint(), tabs.mapToGlobal(QPoint())))
    menu = QApplication.activePopupWidget()
    assert isinstance(menu, QMenu)
    close = menu.actions()[0]
    assert (close.isEnabled(), close.toolTip()) == (False, "This tab is always there.")
    menu.close()


@pytest.mark.parametrize("name", ["growth", "interfaces", "components", "plans"])
def test_nothing_is_kept_of_a_tab_that_is_closed(desk: Desk, name: str) -> None:
    pages: OpensPages = getattr(desk, name)
    pages.open("Boulder")
    page = desk.window.current_page
    assert page is not None
    kept = weakref.ref(page)
    desk.window.close_page(cast(Page, page))
    del page
    QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
    gc.collect()
    assert kept() is None


def test_a_tab_that_was_asked_for_has_the_keyboard_and_each_keeps_its_place(
    desk: Desk, qtbot: QtBot
) -> None:
    """Not the tree beside it, whose keys do something else."""
    window = desk.window
    desk.tree.tree.setFocus()
    desk.open_restore("Boulder", None, "")
    first = window.current_page
    assert first is not None
    assert first.isAncestorOf(window.focusWidget())
    window.show_page(desk.results)
    desk.results.table.setFocus()
    desk.open_restore("Hamburg", None, "")
    second = window.current_page
    assert second is not None
    assert second.isAncestorOf(window.focusWidget())
    for back in (desk.results, first):
        window.show_page(back)
    assert first.isAncestorOf(window.focusWidget())
    window.show_page(desk.results)
    assert window.focusWidget() is desk.results.table
    window.show_page(second)
    qtbot.keyClick(window, Qt.Key.Key_W, CONTROL)
    assert window.focusWidget() is desk.results.table
    desk.tree.tree.setFocus()
    window.show_page(first)
    assert window.focusWidget() is desk.tree.tree  # who is elsewhere stays there
