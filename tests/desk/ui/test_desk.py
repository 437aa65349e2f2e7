"""The whole window over a fake gateway: tabs, actions with reasons, first start, messages."""

import pytest
from pytestqt.qtbot import QtBot

from sesam_master.core.fleet import (
    ConnectionChanged,
    ConnectionTrouble,
    PictureArrived,
    RegistrationsChanged,
)
from sesam_master.core.states import Connection
from sesam_master.ui.actions import Selection
from sesam_master.ui.bridge import Bridge
from sesam_master.ui.desk import Desk
from sesam_master.ui.theme import ThemeHolder, ThemeMode
from tests.fakes.fleet import NOW, picture, registration
from tests.fakes.gateway import FakeGateway


@pytest.fixture
def desk(holder: ThemeHolder, bridge: Bridge, gateway: FakeGateway, qtbot: QtBot) -> Desk:
    desk = Desk(holder, bridge, gateway, lambda: NOW, "0.1.0")  # type: ignore[arg-type]
    qtbot.addWidget(desk.window)
    desk.window.show()
    return desk


def listed(bridge: Bridge) -> None:
    bridge.deliver(RegistrationsChanged((registration("lab"),)))
    bridge.deliver(PictureArrived("lab", picture("lab"), NOW))
    bridge.deliver(ConnectionChanged("lab", Connection.ON, None, NOW))
    bridge.drain()


def tabs(desk: Desk) -> list[str]:
    return [desk.window.tabs.tabText(place) for place in range(desk.window.tabs.count())]


def test_an_empty_desk_begins_with_the_way_to_a_location(desk: Desk, bridge: Bridge) -> None:
    bridge.deliver(RegistrationsChanged(()))
    bridge.drain()

    assert desk.window.tabs.tabText(desk.window.tabs.currentIndex()) == "Add a location"


def test_a_closed_tab_can_be_opened_again_and_a_fixed_one_stays(desk: Desk) -> None:
    fixed = tabs(desk)
    desk.actions.qaction("new_location").trigger()
    assert tabs(desk) == [*fixed, "Add a location"]

    for place in range(desk.window.tabs.count() - 1, -1, -1):
        desk.window.tabs.tabCloseRequested.emit(place)
    assert tabs(desk) == fixed

    desk.actions.qaction("new_location").trigger()
    assert tabs(desk) == [*fixed, "Add a location"]


def test_what_cannot_be_done_says_why(desk: Desk, bridge: Bridge) -> None:
    listed(bridge)
    desk.actions.set_selection(Selection())
    switch = desk.actions.qaction("switch")
    assert (switch.isEnabled(), switch.toolTip()) == (
        False,
        "Choose a farm or a location in the tree first.",
    )

    desk.actions.set_selection(Selection("lab"))

    assert switch.isEnabled()
    assert desk.actions.qaction("reconnect").toolTip() == "Lab is connected."


def test_the_switch_action_asks_for_the_other_state(
    desk: Desk, bridge: Bridge, gateway: FakeGateway
) -> None:
    listed(bridge)
    gateway.farms = bridge.fleet.farms
    desk.actions.set_selection(Selection("lab"))

    desk.actions.qaction("switch").trigger()

    assert gateway.farms.control("lab").off_by == ""


def test_a_location_that_breaks_and_comes_back_is_told_once_each(
    desk: Desk, bridge: Bridge
) -> None:
    listed(bridge)
    before = desk.messages.last
    trouble = ConnectionTrouble("tcp", "Nothing listens at port 11401.", NOW)
    for _ in range(3):
        bridge.deliver(ConnectionChanged("lab", Connection.BROKEN, trouble, None))
        bridge.drain()
    assert before == "none"
    assert desk.messages.last.endswith("Lab: Nothing listens at port 11401.")

    bridge.deliver(ConnectionChanged("lab", Connection.ON, None, NOW))
    bridge.drain()

    assert desk.messages.last.endswith("Lab is connected again.")


@pytest.mark.parametrize("size", [(1280, 800), (2560, 1440)])
def test_the_window_is_as_large_as_it_was_told(
    desk: Desk, bridge: Bridge, holder: ThemeHolder, size: tuple[int, int]
) -> None:
    listed(bridge)
    for mode in (ThemeMode.DARK, ThemeMode.LIGHT):
        holder.set_mode(mode)
        desk.window.resize(*size)
        shown = desk.window.grab().toImage()
        assert (shown.width(), shown.height()) == size


def test_no_two_actions_share_keys(desk: Desk) -> None:
    menus = [action.menu() for action in desk.window.menuBar().actions()]
    keys = [
        action.shortcut().toString()
        for menu in menus
        for action in menu.actions()
        if not action.shortcut().isEmpty()
    ]

    assert len(keys) == len(set(keys))
