"""The start page in the window: first at the start, by keyboard, and each number leads to its
list."""

from dataclasses import replace
from datetime import date, timedelta

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from sesam_master.core.fleet import ConnectionChanged, ObjectsChanged, RegistrationsChanged
from sesam_master.core.licence import LicenceState
from sesam_master.core.needs import NeedKind
from sesam_master.core.sheet import CellChange, RowKind
from sesam_master.core.states import Connection, JobState
from sesam_master.ui.bridge import Bridge
from sesam_master.ui.desk import Desk
from sesam_master.ui.morning.words import Lead
from sesam_master.ui.theme import ThemeHolder, ThemeMode
from tests.desk.morning.conftest import OPEN_DAY, MorningGateway, listed
from tests.desk.results.memory import NOW, job
from tests.fakes.components import new_site
from tests.fakes.fleet import client, registration
from tests.fakes.licences import TRIAL

DAY = timedelta(days=1)


@pytest.fixture
def desk(holder: ThemeHolder, bridge: Bridge, gateway: MorningGateway, qtbot: QtBot) -> Desk:
    desk = Desk(holder, bridge, gateway, lambda: NOW, "0.1.0")
    qtbot.addWidget(desk.window)
    desk.window.resize(1280, 800)
    desk.window.show()
    return desk


def settled(desk: Desk, qtbot: QtBot) -> None:
    """What the page knows it also shows."""
    presenter = desk.morning.presenter
    qtbot.waitUntil(lambda: not presenter.is_asking and not presenter.is_behind)


def test_it_is_the_first_tab_and_in_front(desk: Desk) -> None:
    assert desk.window.tabs.tabText(0) == "Morning"
    assert desk.window.current_page is desk.morning


def test_failed_leads_to_as_many_results(
    desk: Desk, bridge: Bridge, gateway: MorningGateway, qtbot: QtBot
) -> None:
    gateway.page_size = 100
    for name in ("ham", "bos"):
        gateway.history[name] = [
            job(name, 1, JobState.ERROR),
            job(name, 2, JobState.BROKEN),
            job(name, 3, JobState.OK),
            job(name, 4, JobState.ERROR, sesam_day=(OPEN_DAY - 5 * DAY).isoformat()),
        ]
    listed(bridge, ("ham", "bos"))
    settled(desk, qtbot)
    tile = desk.morning.tiles[Lead.FAILED]
    assert tile.content.number == "4"
    tile.setFocus()
    QTest.keyClick(tile, Qt.Key.Key_Space)
    assert desk.window.current_page is desk.results
    qtbot.waitUntil(lambda: desk.results.model.rowCount() == 4)


def test_missed_leads_to_as_many_rows_of_the_calendar(
    desk: Desk, bridge: Bridge, gateway: MorningGateway, qtbot: QtBot
) -> None:
    gateway.cells["ham"] = {
        ("c0", "a"): {OPEN_DAY - DAY: JobState.MISSED},
        ("c0", "b"): {OPEN_DAY - 9 * DAY: JobState.MISSED},
        ("c0", "c"): {OPEN_DAY - DAY: JobState.OK},
    }
    listed(bridge, ("ham",))
    settled(desk, qtbot)
    tile = desk.morning.tiles[Lead.MISSED]
    assert tile.content.number == "1"
    tile.click()
    assert desk.window.current_page is desk.calendar
    calendar = desk.calendar.presenter
    qtbot.waitUntil(lambda: [row.row.name for row in calendar.view().rows] == ["a"])


def test_on_the_first_of_a_month_the_day_before_can_be_seen(
    desk: Desk, bridge: Bridge, gateway: MorningGateway, qtbot: QtBot
) -> None:
    first = date(2026, 12, 1)
    gateway.open_days["ham"] = first
    gateway.cells["ham"] = {("c0", "a"): {first - DAY: JobState.MISSED}}
    listed(bridge, ("ham",))
    qtbot.waitUntil(lambda: desk.morning.tiles[Lead.MISSED].content.number == "1")
    desk.calendar.presenter.start()
    desk.morning.tiles[Lead.MISSED].click()
    calendar = desk.calendar.presenter
    qtbot.waitUntil(lambda: [row.row.name for row in calendar.view().rows] == ["a"])


@pytest.mark.parametrize("lead", [Lead.RUNNING, Lead.DARK, Lead.LICENCE, Lead.STORE])
def test_the_other_numbers_lead_to_their_pages(
    desk: Desk, bridge: Bridge, qtbot: QtBot, lead: Lead
) -> None:
    listed(bridge, ("ham",))
    settled(desk, qtbot)
    desk.morning.tiles[lead].click()
    titles = {
        Lead.RUNNING: "Now",
        Lead.DARK: "Remote server",
        Lead.LICENCE: "Licence sheet",
        Lead.STORE: "Components, Ham",
    }
    tabs = desk.window.tabs
    assert tabs.tabText(tabs.currentIndex()) == titles[lead]


def test_unprotected_clients_are_listed_below(
    desk: Desk, bridge: Bridge, gateway: MorningGateway, qtbot: QtBot
) -> None:
    gateway.sites["ham"] = replace(new_site("ham"), clients=(client("nas"), client("lap")))
    listed(bridge, ("ham", "svq"), dark=("svq",))
    settled(desk, qtbot)
    page = desk.morning
    assert page.tiles[Lead.UNPROTECTED].content.number == "2"
    assert page.model.rowCount() == 3
    page.tiles[Lead.UNPROTECTED].click()
    assert [need.names for need in page.model.records] == [("lap",), ("nas",)]
    assert page.table.hasFocus()


def test_rows_lead_to_what_they_are_about(
    desk: Desk, bridge: Bridge, gateway: MorningGateway, qtbot: QtBot
) -> None:
    gateway.history["ham"] = [job("ham", 1, JobState.ERROR, client="c0")]
    gateway.sites["ham"] = replace(new_site("ham"), clients=(client("c0"),))
    gateway.cells["ham"] = {("c0", "t"): {OPEN_DAY - DAY: JobState.MISSED}}
    ending = replace(TRIAL, state=LicenceState.ENDING, end_time=NOW + 5 * DAY, days_left=5)
    listed(bridge, ("ham", "svq"), dark=("svq",), licence=ending)
    settled(desk, qtbot)
    page = desk.morning
    led = {}
    for need in page.model.records:
        desk.window.show_page(page)
        page.table.record_activated.emit(need)
        if need.kind is NeedKind.RESULT:  # its job is asked for
            qtbot.waitUntil(lambda: desk.window.current_page is desk.results)
        front = desk.window.current_page
        led[need.kind.value] = getattr(front, "title", "")
    assert led == {
        "dark": "Remote server",
        "licence": "Morning",  # License Info is a window of its own
        "missed": "Calendar sheet",
        "result": "Backups by state",
        "unprotected": "Backups by state",
    }


def test_the_numbers_follow_the_watch(
    desk: Desk, bridge: Bridge, gateway: MorningGateway, qtbot: QtBot
) -> None:
    listed(bridge, ("ham",))
    settled(desk, qtbot)
    assert desk.morning.tiles[Lead.FAILED].content.number == "0"
    failed = job("ham", 9, JobState.ERROR)
    gateway.history["ham"] = [failed]
    bridge.deliver(ObjectsChanged("ham", NOW, jobs={"9": failed}))
    bridge.drain()
    qtbot.waitUntil(lambda: desk.morning.tiles[Lead.FAILED].content.number == "1", timeout=10_000)
    cell = CellChange(RowKind.BACKUP, "t", "c0", OPEN_DAY, JobState.MISSED, 0)
    gateway.cells["ham"] = {("c0", "t"): {OPEN_DAY: JobState.MISSED}}
    bridge.deliver(ObjectsChanged("ham", NOW, cells={cell.key: cell}, revision=5))
    bridge.drain()
    qtbot.waitUntil(lambda: desk.morning.tiles[Lead.MISSED].content.number == "1", timeout=10_000)


def test_what_a_location_said_does_not_count_once_it_is_dark(
    desk: Desk, bridge: Bridge, gateway: MorningGateway, qtbot: QtBot
) -> None:
    gateway.history["ham"] = [job("ham", 1, JobState.ERROR)]
    listed(bridge, ("ham",))
    settled(desk, qtbot)
    bridge.deliver(ConnectionChanged("ham", Connection.STALE, None, NOW))
    bridge.drain()
    settled(desk, qtbot)
    content = desk.morning.tiles[Lead.FAILED].content
    assert (content.number, content.behind) == ("?", "0 of 1 location")


def test_nobody_is_asked_while_nobody_looks(
    desk: Desk, bridge: Bridge, gateway: MorningGateway, qtbot: QtBot
) -> None:
    desk.window.show_page(desk.now)
    listed(bridge, ("ham",))
    settled(desk, qtbot)
    before = len(gateway.calls)
    assert not [call for call in gateway.calls[:before] if call[0] == "components_of"]
    desk.window.show_page(desk.morning)
    settled(desk, qtbot)
    assert desk.morning.tiles[Lead.FAILED].content.behind == "1 of 1 location"


def test_a_farm_narrows_it_and_what_it_leads_to(
    desk: Desk, bridge: Bridge, gateway: MorningGateway, qtbot: QtBot
) -> None:
    gateway.page_size = 100
    sites = (("ham", "DACH"), ("zrh", "DACH"), ("bos", "US"))
    for name, _farm in sites:
        gateway.history[name] = [job(name, 1, JobState.ERROR)]
    listed(bridge, [name for name, _farm in sites])
    bridge.deliver(RegistrationsChanged(tuple(registration(name, farm) for name, farm in sites)))
    bridge.drain()
    farms = bridge.fleet.farms
    dach = farms.find("DACH")
    if not dach:  # the places were adopted before the farms were known
        pytest.fail("The farm is not there.")
    desk.tree.show_farm(dach)
    settled(desk, qtbot)
    expected = str(len(farms.locations(dach)))
    assert desk.morning.tiles[Lead.FAILED].content.number == expected == "2"
    desk.morning.tiles[Lead.FAILED].click()
    qtbot.waitUntil(lambda: desk.results.model.rowCount() == 2)
    desk.morning.tiles[Lead.RUNNING].click()
    accepts = desk.now.presenter.scope.accepts_place
    assert [accepts("x", farm) for farm in ("DACH", "DACH / North", "DACHS", "US", "")] == [
        *(True, True, False, False, False),
    ]


def test_an_empty_desk_says_what_to_do(desk: Desk, bridge: Bridge) -> None:
    bridge.deliver(RegistrationsChanged(()))
    bridge.drain()
    desk.window.show_page(desk.morning)
    assert desk.morning.empty.content.headline == "There is no location at this desk yet"
    desk.morning.empty.triggered.emit("new_location")
    assert desk.window.tabs.tabText(desk.window.tabs.currentIndex()) == "Add a location"


def test_nothing_known_is_no_good_news(desk: Desk, bridge: Bridge, qtbot: QtBot) -> None:
    listed(bridge, ("ham",), off=("ham",))
    settled(desk, qtbot)
    content = desk.morning.empty.content
    assert content.headline == "Nothing known needs you"
    assert "Not known: Ham" in content.reason


def test_arrows_go_from_tile_to_tile(desk: Desk) -> None:
    tiles = list(desk.morning.tiles.values())
    desk.window.activateWindow()
    tiles[0].setFocus()
    QTest.keyClick(tiles[0], Qt.Key.Key_Left)
    assert tiles[-1].hasFocus()
    QTest.keyClick(tiles[-1], Qt.Key.Key_Right)
    assert tiles[0].hasFocus()


@pytest.mark.parametrize("size", [(1280, 800), (2560, 1440)])
def test_it_does_not_widen_the_window(
    desk: Desk, bridge: Bridge, holder: ThemeHolder, size: tuple[int, int]
) -> None:
    listed(bridge, ("ham",))
    desk.window.resize(*size)
    for mode in (ThemeMode.DARK, ThemeMode.LIGHT):
        holder.set_mode(mode)
        shown = desk.window.grab().toImage()
        assert (shown.width(), shown.height()) == size
