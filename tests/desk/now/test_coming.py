"""What starts in the next two hours."""

from dataclasses import replace
from datetime import timedelta

from PySide6.QtTest import QAbstractItemModelTester
from pytestqt.qtbot import QtBot

from sesam_master.core.calendar_days import Cause
from sesam_master.core.coming import AHEAD, Start, coming_rows, due, to_come
from sesam_master.core.errors import Trouble
from sesam_master.core.fleet import ObjectsChanged
from sesam_master.core.states import JobState
from sesam_master.ui.bridge import Bridge
from sesam_master.ui.now.coming_presenter import ASK_AGAIN, AT_ONCE
from sesam_master.ui.now.page import NowPage
from sesam_master.ui.now.presenter import NowScope
from tests.desk.now.conftest import Clock, NowGateway, planned, settle
from tests.desk.results.memory import NOW, bring_up, list_locations, take_down


def shown(page: NowPage) -> list[str]:
    model = page.panel.model
    return [str(model.index(row).data()) for row in range(model.rowCount())]


def asked(gateway: NowGateway) -> list[str]:
    return [str(call[1]) for call in gateway.calls if call[0] == "occurrences"]


def test_starts_of_one_name_in_one_minute_are_one_row() -> None:
    found = [
        planned("Boulder", task, minutes)
        for task, minutes in (
            ("log", 10.5),
            ("log", 10),
            ("home", 10),
            ("past", -1),
            ("later", AHEAD / timedelta(minutes=1)),
        )
    ]
    begun = replace(found[2], state=JobState.ACTIVE)

    coming = due(to_come([*found, begun]), NOW)
    rows = coming_rows(Start(one, JobState.PLANNED, "Boulder") for one in coming)

    assert [(row.name, len(row.starts)) for row in rows] == [("home", 1), ("log", 2)]


def test_what_is_unknown_somewhere_stands_apart() -> None:
    starts = [
        Start(planned(name, "log", 10), state, name)
        for name, state in (
            ("Boulder", JobState.PLANNED),
            ("Hamburg", JobState.UNKNOWN),
            ("Lyon", JobState.PLANNED),
        )
    ]

    rows = coming_rows(starts)

    assert [(row.state, len(row.starts)) for row in rows] == [
        (JobState.PLANNED, 2),
        (JobState.UNKNOWN, 1),
    ]


def test_the_panel_lists_what_the_locations_plan(
    page: NowPage, bridge: Bridge, gateway: NowGateway, qtbot: QtBot
) -> None:
    gateway.planned = {
        "Boulder": [
            planned("Boulder", "log", 20),
            replace(planned("Boulder", "web", 95), cause=Cause.BLOCKED_BY, by="full"),
        ],
        "Hamburg": [planned("Hamburg", "log", 20)],
    }
    page.refresh()
    settle(qtbot, page)

    assert shown(page) == ["09:01, log, 2 locations, Planned", "10:16, web, Boulder, Blocked"]
    assert page.panel._about.text == "3 starts at 2 of 3 locations"


def test_a_chosen_row_stays_chosen_while_others_come_and_go(
    page: NowPage, bridge: Bridge, gateway: NowGateway, clock: Clock, qtbot: QtBot
) -> None:
    QAbstractItemModelTester(
        page.panel.model, QAbstractItemModelTester.FailureReportingMode.Fatal, page
    )
    gateway.planned = {"Boulder": [planned("Boulder", n, m) for n, m in (("a", 5), ("c", 20))]}
    page.refresh()
    settle(qtbot, page)
    page.panel.list.setCurrentIndex(page.panel.model.index(1))
    gateway.planned["Hamburg"] = [planned("Hamburg", n, m) for n, m in (("b", 10), ("d", 30))]
    bridge.deliver(ObjectsChanged("Hamburg", NOW, is_plan_changed=True))
    bridge.drain()
    qtbot.waitUntil(lambda: len(shown(page)) == 4, timeout=3000)
    clock.now += timedelta(minutes=7)
    bridge.aged.emit()
    settle(qtbot, page)

    assert [text.split(", ")[1] for text in shown(page)] == ["b", "c", "d"]
    current = page.panel.list.currentIndex()
    assert str(current.data()).split(", ")[1] == "c"
    assert [one.row() for one in page.panel.list.selectedIndexes()] == [current.row()]


def test_at_a_location_that_goes_dark_they_are_unknown(
    page: NowPage, bridge: Bridge, gateway: NowGateway, qtbot: QtBot
) -> None:
    gateway.planned = {"Boulder": [planned("Boulder", "log", 20)]}
    page.refresh()
    settle(qtbot, page)
    take_down(bridge, "Boulder")
    settle(qtbot, page)

    assert shown(page) == ["09:01, log, Boulder, Unknown"]
    assert page.panel._about.text == "0 starts at 1 of 3 locations"
    assert page.panel._note.text == "1 more unknown"


def test_one_that_has_come_goes_and_is_not_asked_for(
    page: NowPage, bridge: Bridge, gateway: NowGateway, clock: Clock, qtbot: QtBot
) -> None:
    gateway.planned = {"Boulder": [planned("Boulder", n, m) for n, m in (("a", 5), ("b", 70))]}
    page.refresh()
    settle(qtbot, page)
    before = len(asked(gateway))
    clock.now += timedelta(minutes=6)
    bridge.aged.emit()
    settle(qtbot, page)

    assert shown(page) == ["09:51, b, Boulder, Planned"]
    assert len(asked(gateway)) == before

    clock.now += timedelta(hours=2)  # what was asked for comes to its end
    bridge.aged.emit()
    qtbot.waitUntil(lambda: len(asked(gateway)) == before + 2, timeout=3000)


def test_a_plan_that_changed_is_asked_for_again(
    page: NowPage, bridge: Bridge, gateway: NowGateway, qtbot: QtBot
) -> None:
    before = asked(gateway)
    gateway.planned = {"Hamburg": [planned("Hamburg", "new", 30)]}
    bridge.deliver(ObjectsChanged("Hamburg", NOW, is_plan_changed=True))
    bridge.drain()

    qtbot.waitUntil(lambda: asked(gateway) == [*before, "Hamburg"], timeout=3000)
    settle(qtbot, page)
    assert shown(page) == ["09:11, new, Hamburg, Planned"]


def test_one_that_does_not_answer_is_not_counted(
    page: NowPage, bridge: Bridge, gateway: NowGateway, qtbot: QtBot
) -> None:
    list_locations(bridge, "Boulder", "Lyon", "Sevilla")
    gateway.troubles = {"Lyon": Trouble.NO_ANSWER}
    bring_up(bridge, "Lyon")
    settle(qtbot, page)

    assert page.panel._about.text == "0 starts at 1 of 3 locations"


def test_one_that_does_not_answer_any_more_is_not_believed_and_asked_again(
    page: NowPage, bridge: Bridge, gateway: NowGateway, clock: Clock, qtbot: QtBot
) -> None:
    gateway.planned = {"Boulder": [planned("Boulder", "log", 20)]}
    page.refresh()
    settle(qtbot, page)
    gateway.troubles = {"Boulder": Trouble.NO_ANSWER}
    bridge.deliver(ObjectsChanged("Boulder", NOW, is_plan_changed=True))
    bridge.drain()
    before = len(asked(gateway))
    qtbot.waitUntil(lambda: len(asked(gateway)) == before + 1, timeout=3000)
    settle(qtbot, page)

    assert shown(page) == ["09:01, log, Boulder, Unknown"]
    assert page.panel._about.text == "0 starts at 1 of 3 locations"

    gateway.troubles = {}
    clock.now += ASK_AGAIN
    bridge.aged.emit()
    qtbot.waitUntil(lambda: len(asked(gateway)) == before + 2, timeout=3000)
    settle(qtbot, page)
    assert page.panel._about.text == "1 start at 2 of 3 locations"


def test_a_fleet_is_asked_a_few_at_a_time(
    page: NowPage, bridge: Bridge, gateway: NowGateway, qtbot: QtBot
) -> None:
    names = [f"Site {n:03}" for n in range(3 * AT_ONCE)]
    list_locations(bridge, *names)
    for name in names:
        bring_up(bridge, name)
    settle(qtbot, page)

    assert set(asked(gateway)) >= set(names)


def test_the_panel_follows_the_scope(
    page: NowPage, bridge: Bridge, gateway: NowGateway, qtbot: QtBot
) -> None:
    gateway.planned = {name: [planned(name, "log", 20)] for name in ("Boulder", "Hamburg")}
    page.refresh()
    settle(qtbot, page)
    page.set_scope(NowScope("Boulder"))

    assert shown(page) == ["09:01, log, Boulder, Planned"]
