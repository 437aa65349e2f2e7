"""Components in the window: action, key, tree, one tab for each location."""

import pytest
from PySide6.QtCore import QModelIndex
from PySide6.QtGui import QKeySequence
from PySide6.QtWidgets import QMenu
from pytestqt.qtbot import QtBot

from sesam_master.ui.actions import Selection
from sesam_master.ui.bridge import Bridge
from sesam_master.ui.components.page import ComponentsPage
from sesam_master.ui.desk import Desk
from sesam_master.ui.plan.page import PlanPage
from sesam_master.ui.theme import ThemeHolder
from tests.desk.components.conftest import HERE, TASKS, choose, names, site
from tests.desk.results.memory import NOW, MemoryGateway, bring_up, job, list_locations, pump


@pytest.fixture
def gateway() -> MemoryGateway:
    return MemoryGateway(sites={HERE: site()})


@pytest.fixture
def desk(holder: ThemeHolder, bridge: Bridge, gateway: MemoryGateway, qtbot: QtBot) -> Desk:
    list_locations(bridge, HERE, "Lab")
    for name in (HERE, "Lab"):
        bring_up(bridge, name, [job(name, 1)])
    desk = Desk(holder, bridge, gateway, lambda: NOW, "0.1.0")
    qtbot.addWidget(desk.window)
    desk.window.show()
    pump()
    return desk


def open_by_action(desk: Desk, location_id: str) -> ComponentsPage:
    desk.actions.set_selection(Selection(location_id))
    desk.actions.qaction("components").trigger()
    pump()
    page = desk.window.current_page
    assert isinstance(page, ComponentsPage)
    return page


def test_the_action_stands_in_the_menu_and_has_a_key(desk: Desk) -> None:
    action = desk.actions.qaction("components")
    menus = [m for m in desk.window.findChildren(QMenu) if m.title() == "&Configuration"]
    assert action in menus[0].actions()
    assert action.shortcut() == QKeySequence("Ctrl+8")
    desk.actions.set_selection(Selection())
    assert not action.isEnabled()


def test_each_location_has_one_tab(desk: Desk) -> None:
    first = open_by_action(desk, HERE)
    other = open_by_action(desk, "Lab")
    assert (first.title, other.title) == ("Components, Hamburg", "Components, Lab")
    assert open_by_action(desk, HERE) is first


def test_the_row_of_the_tree_opens_it(desk: Desk) -> None:
    model, tree = desk.tree.model, desk.tree.tree

    def named(parent: QModelIndex, text: str) -> QModelIndex:
        model.fetchMore(parent)
        rows = [model.index(row, 0, parent) for row in range(model.rowCount(parent))]
        return next(index for index in rows if index.data() == text)

    farm = named(QModelIndex(), "EMEA")
    tree.activated.emit(named(named(farm, HERE), "Components"))
    pump()
    assert isinstance(desk.window.current_page, ComponentsPage)


def test_f5_asks_again(desk: Desk, gateway: MemoryGateway) -> None:
    open_by_action(desk, HERE)
    gateway.calls.clear()
    desk.actions.qaction("refresh").trigger()
    assert ("components", HERE) in gateway.calls


def test_a_closed_tab_loses_nothing_and_the_window_does_not_close_over_it(desk: Desk) -> None:
    page = open_by_action(desk, HERE)
    choose(page, TASKS, "home")
    page.editor.task_form.comment.setText("mine")
    desk.window.close_page(page)
    pump()

    assert not desk.window.close()
    pump()
    again = desk.window.current_page
    assert isinstance(again, ComponentsPage)
    assert again is not page
    assert "home · edited" in names(again)
    assert "Not saved: home at Hamburg." in desk.messages.last
    assert desk.window.close()


def test_both_kinds_of_pages_keep_the_window_open(desk: Desk) -> None:
    page = open_by_action(desk, HERE)
    page.new_button.click()
    plan = desk.plans.open(HERE)
    assert isinstance(plan, PlanPage)
    pump()
    plan.new_button.click()

    assert not desk.window.close()
    assert not desk.window.close()
    assert desk.window.close()
