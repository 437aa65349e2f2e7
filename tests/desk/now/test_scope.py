"""What narrows the page, what it says when nothing is left, and how much it shows at once."""

from dataclasses import replace

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QMenu
from pytestqt.qtbot import QtBot

from sesam_master.core.fleet import RegistrationsChanged
from sesam_master.ui.bridge import Bridge
from sesam_master.ui.now.offers import NowVerbs
from sesam_master.ui.now.page import NowPage
from sesam_master.ui.now.presenter import NowScope
from sesam_master.ui.theme import ThemeHolder
from tests.desk.now.conftest import (
    NowGateway,
    jobs_asked,
    numbers,
    running,
    settle,
    texts,
)
from tests.desk.results.memory import bring_up, list_locations, report


def test_with_nothing_open_it_says_so_and_who_does_not_know(page: NowPage) -> None:
    assert page.empty.isVisible()
    assert page.empty.content.headline == "Nothing runs or waits at any location"
    assert page.empty.content.reason == "2 of 3 locations say so. Not known: Sevilla is broken."
    assert numbers(page).startswith("0 running; 0 queued")


def test_what_is_chosen_in_the_tree_narrows_it_and_can_be_taken_away(
    page: NowPage, bridge: Bridge, qtbot: QtBot
) -> None:
    report(bridge, running("Boulder", 50, 0, 100, task="home"), running("Hamburg", 50, 0, 100))
    settle(qtbot, page)
    page.set_scope(NowScope("Boulder"))
    assert texts(page.tables.running, "Task, location") == ["Running, home, Boulder"]
    assert page.chip.isVisible()
    assert page.chip.text() == "Boulder"
    assert "from 1 location" in numbers(page)
    page.set_scope(NowScope("Boulder", "", (("Boulder", "mail"),)))
    assert page.empty.content.headline == "Nothing runs or waits at Boulder"
    report(bridge, running("Boulder", 52, 0, 100, task="mail"))
    settle(qtbot, page)
    assert texts(page.tables.running, "Task, location") == ["Running, mail, Boulder"]

    with qtbot.waitSignal(page.scope_removed):
        page.chip.click()
    assert page.tables.running_model.rowCount() == 3


def test_a_farm_narrows_it_and_says_so(page: NowPage, bridge: Bridge, qtbot: QtBot) -> None:
    report(bridge, running("Boulder", 50, 0, 100), running("Hamburg", 50, 0, 100))
    places = bridge.fleet.locations
    registrations = [
        replace(place.registration, farm="EMEA" if name == "Hamburg" else "")
        for name, place in places.items()
    ]
    bridge.deliver(RegistrationsChanged(tuple(registrations)))
    bridge.drain()
    settle(qtbot, page)
    menu = QMenu()
    page._list_farms(menu)
    assert [a.text() for a in menu.actions() if a.text()] == ["All locations", "No farm", "EMEA"]

    menu.actions()[-1].trigger()
    assert texts(page.tables.running, "Task, location") == ["Running, task-1, Hamburg"]
    assert numbers(page).startswith("1 running")
    assert "from 1 location" in numbers(page)
    assert page.farms.is_narrowing
    assert not page.strip.plot.isVisible()

    page.set_scope(NowScope("Boulder"))  # of another farm
    assert texts(page.tables.running, "Task, location") == ["Running, task-1, Boulder"]
    assert not page.farms.is_narrowing
    page.tables.running.setFocus()
    QTest.keyClick(page.tables.running, Qt.Key.Key_Escape)
    assert page.tables.running_model.rowCount() == 2
    assert page.strip.plot.isVisible()


def test_a_hidden_page_is_brought_up_to_date_when_it_is_shown(
    page: NowPage, bridge: Bridge, qtbot: QtBot
) -> None:
    page.hide()
    report(bridge, running("Boulder", 50, 0, 100, task="home"))
    settle(qtbot, page)
    assert page.tables.running_model.rowCount() == 0

    page.show()
    assert page.tables.running_model.rowCount() == 1


def test_five_hundred_jobs_at_three_hundred_locations_are_shown(
    page: NowPage, bridge: Bridge, gateway: NowGateway, qtbot: QtBot
) -> None:
    names = [f"Site {n:03}" for n in range(300)]
    list_locations(bridge, *names)
    for place, name in enumerate(names):
        count = 2 if place < 200 else 1
        bring_up(bridge, name, [running(name, 10 + n, 0, 100, task=f"t{n}") for n in range(count)])
    settle(qtbot, page)

    assert page.tables.running_model.rowCount() == 500
    assert numbers(page).startswith("500 running")
    assert len(jobs_asked(gateway)) < 40
    assert not page.grab().isNull()


def test_it_is_told_ten_times_a_second_at_most(page: NowPage, bridge: Bridge, qtbot: QtBot) -> None:
    told: list[object] = []
    page.presenter.changed.connect(told.append)
    for done in range(50):
        report(bridge, running("Boulder", 50, done, 100))
    settle(qtbot, page)

    assert len(told) <= 3


def test_an_empty_desk_says_that_there_are_no_locations(
    holder: ThemeHolder, bridge: Bridge, gateway: NowGateway, qtbot: QtBot
) -> None:
    list_locations(bridge)
    empty = NowPage(holder, bridge, gateway, NowVerbs(lambda _: None, lambda *_: None))
    qtbot.addWidget(empty)
    empty.show()
    settle(qtbot, empty)

    assert empty.empty.content.headline == "No locations yet"
    assert gateway.calls == []
