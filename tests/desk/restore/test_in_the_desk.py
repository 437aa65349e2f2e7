"""Restore from the desk's actions: of a location alone one begins with finding."""

from pytestqt.qtbot import QtBot

from sesam_master.ui.actions import Selection
from sesam_master.ui.bridge import Bridge
from sesam_master.ui.desk import Desk
from sesam_master.ui.restore.compare import ComparePage
from sesam_master.ui.restore.page import FIND, RestorePage
from sesam_master.ui.theme import ThemeHolder
from tests.desk.results.memory import (
    NOW,
    MemoryGateway,
    bring_up,
    entry,
    list_locations,
    pump,
    saveset,
    take_down,
)


def test_of_a_location_alone_a_task_is_chosen_in_the_tab_which_is_named_after_it(
    holder: ThemeHolder, bridge: Bridge, gateway: MemoryGateway, qtbot: QtBot
) -> None:
    list_locations(bridge, "Hamburg")
    bring_up(bridge, "Hamburg")
    gateway.all_savesets["Hamburg"] = [saveset("Hamburg", n) for n in (9, 8)]
    gateway.listing = {b"": [entry(b"/srv", 1)], b"/srv": [entry(b"/srv/a")]}
    desk = Desk(holder, bridge, gateway, lambda: NOW, "0.1.0")
    qtbot.addWidget(desk.window)
    desk.window.show()
    desk.actions.set_selection(Selection("Hamburg"))
    action = desk.actions.qaction("restore")
    assert action.isEnabled()

    action.trigger()
    page = desk.window.current_page
    assert isinstance(page, RestorePage)
    assert page.step == FIND
    tabs = desk.window.tabs
    assert tabs.tabText(tabs.currentIndex()) == "Restore: Hamburg"
    page.by_task.task_chosen.emit("home")
    pump()
    assert tabs.tabText(tabs.currentIndex()) == "Restore: home, Hamburg"

    page.moments.compare.click()
    compare = desk.window.current_page
    assert isinstance(compare, ComparePage)
    assert compare.title == "Compare: home, Hamburg"
    assert compare.after.currentData() == saveset("Hamburg", 9).name

    take_down(bridge, "Hamburg")
    desk.actions.set_selection(Selection("Hamburg"))
    assert not action.isEnabled()
