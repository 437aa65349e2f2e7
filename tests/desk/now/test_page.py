"""Everything that runs or waits, as the page shows it."""

from dataclasses import replace
from datetime import timedelta

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QAbstractItemModelTester, QTest
from PySide6.QtWidgets import QMenu
from pytestqt.qtbot import QtBot

from sesam_master.core.errors import Trouble
from sesam_master.core.fleet import RegistrationsChanged
from sesam_master.core.records import JobKind, Role, Waiting, WaitsFor
from sesam_master.core.states import Connection, JobState
from sesam_master.ui.bridge import Bridge
from sesam_master.ui.now.job_table import JobTable
from sesam_master.ui.now.offers import NowVerbs
from sesam_master.ui.now.page import NowPage
from sesam_master.ui.now.presenter import NowScope
from sesam_master.ui.theme import ThemeHolder
from sesam_master.ui.widgets.column import Role as ItemRole
from tests.desk.now.conftest import GB, Clock, NowGateway, earlier, running, settle, waiting
from tests.desk.results.memory import NOW, bring_up, job, list_locations, report, take_down


def texts(table: JobTable, title: str) -> list[str]:
    """The column with this title, from the first row to the last."""
    model, role = table.model(), Qt.ItemDataRole.AccessibleTextRole
    across = Qt.Orientation.Horizontal
    titles = [model.headerData(n, across, role) for n in range(model.columnCount())]
    place = titles.index(title)
    return [str(model.index(row, place).data()) for row in range(model.rowCount())]


def numbers(page: NowPage) -> str:
    return page.strip.numbers.accessibleName()


def jobs_asked(gateway: NowGateway) -> list[tuple[object, str]]:
    return [(call[1], call[2].task) for call in gateway.calls if call[0] == "jobs"]  # type: ignore[attr-defined]


def test_with_nothing_open_it_says_so_and_who_does_not_know(page: NowPage) -> None:
    assert page.empty.isVisible()
    assert page.empty.content.headline == "Nothing runs or waits at any location"
    assert page.empty.content.reason == "2 of 3 locations say so. Not known: Sevilla is broken."
    assert numbers(page).startswith("0 running; 0 queued")


def test_a_running_job_shows_its_share_its_rate_and_what_is_left(
    page: NowPage, bridge: Bridge, gateway: NowGateway, clock: Clock, qtbot: QtBot
) -> None:
    gateway.history["Boulder"] = [earlier("Boulder", n, "home", 19 + n) for n in (1, 2, 3)]
    for second in range(0, 21, 5):
        clock.now = NOW + timedelta(seconds=second)
        done = 40 * GB + second * 100_000_000
        report(bridge, running("Boulder", 50, done, 100 * GB, task="home"))
    settle(qtbot, page)

    table = page.tables.running
    assert texts(table, "Task, location") == ["Running, home, Boulder"]
    assert texts(table, "Progress") == ["42\u00a0%, Reading files, 42.0 of 100\u00a0GB"]
    assert texts(table, "Rate, last 15 min") == ["100\u00a0MB/s"]
    assert texts(table, "Running for") == ["10\u00a0min"]
    assert texts(table, "Left") == ["12\u00a0min ±34\u00a0s"]
    assert texts(table, "Drive") == ["Drive_1"]
    assert numbers(page).startswith("1 running; 0 queued; 100 MB/s from 2 of 3 locations")
    assert jobs_asked(gateway) == [("Boulder", "home")]


def test_a_first_run_rests_and_says_why(page: NowPage, bridge: Bridge, qtbot: QtBot) -> None:
    report(bridge, running("Boulder", 50, 7 * GB, None, task="web"))
    settle(qtbot, page)

    table = page.tables.running
    assert texts(table, "Left") == ["no estimate first run"]
    assert texts(table, "Progress") == ["Counting, 7.0\u00a0GB, size not known"]
    assert table.model().index(0, 2).data(ItemRole.RECORD).share is None


def test_earlier_runs_are_asked_for_rows_that_are_seen_and_once_per_task(
    page: NowPage, bridge: Bridge, gateway: NowGateway, qtbot: QtBot
) -> None:
    many = [running("Boulder", 100 + n, n, 1000, task=f"t{n:02}") for n in range(60)]
    bring_up(bridge, "Boulder", many)
    settle(qtbot, page)
    seen = len(page.tables.running.visible_records())
    assert 0 < seen < 20
    asked = {task for _, task in jobs_asked(gateway)}
    assert asked >= {f"t{n:02}" for n in range(seen)}
    assert len(asked) < 30

    for _ in range(3):
        report(bridge, replace(many[0], message=""))
        settle(qtbot, page)
    assert len(jobs_asked(gateway)) == len(asked)

    bar = page.tables.running.verticalScrollBar()
    bar.setValue(bar.maximum())
    settle(qtbot, page)
    assert "t59" in {task for _, task in jobs_asked(gateway)}


def test_when_a_run_ends_its_task_is_asked_for_anew(
    page: NowPage, bridge: Bridge, gateway: NowGateway, qtbot: QtBot
) -> None:
    first = running("Boulder", 50, 1, 100 * GB, task="home")
    report(bridge, first)
    settle(qtbot, page)
    assert texts(page.tables.running, "Left") == ["no estimate first run"]

    gateway.history["Boulder"] = [earlier("Boulder", 1, "home", 30)]
    report(bridge, replace(first, state=JobState.OK, end_time=NOW, progress=None))
    report(bridge, running("Boulder", 51, 0, 100 * GB, task="home"))
    settle(qtbot, page)

    assert texts(page.tables.running, "Left") == ["30\u00a0min by one run"]


def test_a_location_that_does_not_tell_its_runs_is_asked_again_later(
    page: NowPage, bridge: Bridge, gateway: NowGateway, clock: Clock, qtbot: QtBot
) -> None:
    gateway.troubles = {"Boulder": Trouble.NO_ANSWER}
    report(bridge, running("Boulder", 50, 0, 100 * GB, task="home"))
    settle(qtbot, page)
    assert texts(page.tables.running, "Left") == ["no estimate did not answer"]

    gateway.troubles.clear()
    gateway.history["Boulder"] = [earlier("Boulder", 1, "home", 30)]
    clock.now += timedelta(seconds=31)
    report(bridge, running("Boulder", 50, 1, 100 * GB, task="home"))
    settle(qtbot, page)
    assert texts(page.tables.running, "Left") == ["29\u00a0min by one run"]


def test_a_job_at_a_dark_location_has_no_rate_no_rest_and_no_cancel(
    page: NowPage, bridge: Bridge, qtbot: QtBot
) -> None:
    report(bridge, running("Boulder", 50, 30 * GB, 100 * GB, task="home"))
    take_down(bridge, "Boulder", Connection.STALE)
    settle(qtbot, page)

    table = page.tables.running
    assert texts(table, "Task, location") == ["Unknown, home, Boulder"]
    assert texts(table, "Progress") == ["30\u00a0%, as of 08:41, 0\u00a0s ago, 30.0 of 100\u00a0GB"]
    assert texts(table, "Rate, last 15 min") == ["no data"]
    assert texts(table, "Running for") == ["?"]
    assert texts(table, "Left") == ["unknown"]
    assert "0 running 1 more unknown" in numbers(page)
    assert "Boulder is stale" in page.header._sentence.text
    assert [drop.location for drop in page.presenter.board.history.drops] == ["Boulder"]
    table.selectRow(0)
    assert set(table.buttons.buttons) == {"protocol"}


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"message": "The disk is full."}, "The disk is full."),
        ({"waiting": Waiting(WaitsFor.ANY_DRIVE)}, "Every drive is busy"),
        ({"waiting": Waiting(WaitsFor.DRIVE, "D2")}, "Waits for a free stream of D2"),
        ({"waiting": Waiting(WaitsFor.DRIVE_OFF, "D2")}, "The drive D2 is off or gone"),
        (
            {"waiting": Waiting(WaitsFor.JOB, "50")},
            "Behind another backup of home, which runs (job 50)",
        ),
        (
            {"waiting": Waiting(WaitsFor.JOB, "7")},
            "Behind the job 7 of the same task",
        ),
        ({}, "Waits for its turn"),
    ],
)
def test_the_queue_says_for_what_each_waits(
    page: NowPage, bridge: Bridge, qtbot: QtBot, values: dict[str, object], words: str
) -> None:
    report(bridge, running("Boulder", 50, 0, 100, task="home"))
    report(bridge, waiting("Boulder", 60, task="home", **values))
    settle(qtbot, page)

    assert texts(page.tables.queue, "Waits for") == [words]


def test_the_queue_has_places_and_what_waits_for_long_is_late(
    page: NowPage, bridge: Bridge, qtbot: QtBot
) -> None:
    report(
        bridge,
        waiting("Boulder", 60, 242),
        waiting("Boulder", 61, 5, priority=50),
        waiting("Hamburg", 60, 3),
    )
    settle(qtbot, page)

    table = page.tables.queue
    assert texts(table, "State") == ["Late", "Queued", "Queued"]
    assert texts(table, "Location") == ["Boulder", "Boulder", "Hamburg"]
    assert texts(table, "Place") == ["2 of 2", "1 of 2", "1 of 1"]
    assert texts(table, "Waiting") == ["4\u00a0h 02\u00a0min", "5\u00a0min", "3\u00a0min"]
    assert "3 queued oldest 4\u00a0h 02\u00a0min" in numbers(page)


def test_a_job_goes_from_the_queue_to_what_runs_and_then_away(
    page: NowPage, bridge: Bridge, qtbot: QtBot
) -> None:
    tables = page.tables
    for model in (tables.running_model, tables.queue_model):
        QAbstractItemModelTester(model, QAbstractItemModelTester.FailureReportingMode.Fatal, page)
    report(bridge, waiting("Boulder", 60, task="home"))
    settle(qtbot, page)
    assert (tables.running_model.rowCount(), tables.queue_model.rowCount()) == (0, 1)
    assert not tables.running.isVisible()

    report(bridge, running("Boulder", 60, 0, 100, task="home"))
    settle(qtbot, page)
    assert (tables.running_model.rowCount(), tables.queue_model.rowCount()) == (1, 0)

    report(bridge, job("Boulder", 60, JobState.OK, task="home"))
    settle(qtbot, page)
    assert (tables.running_model.rowCount(), tables.queue_model.rowCount()) == (0, 0)
    assert page.empty.isVisible()


def test_buttons_are_on_the_selected_row_only_and_cancel_asks_in_place(
    page: NowPage,
    bridge: Bridge,
    gateway: NowGateway,
    done: list[tuple[object, ...]],
    qtbot: QtBot,
) -> None:
    jobs = [running("Boulder", 50, 0, 100, task="home"), running("Hamburg", 50, 0, 100)]
    gateway.history = {"Boulder": jobs[:1], "Hamburg": jobs[1:]}
    report(bridge, *jobs)
    settle(qtbot, page)
    table = page.tables.running
    assert not table.buttons.isVisible()
    table.selectRow(1)
    assert table.buttons.isVisible()
    assert table.buttons.geometry().center().y() // table.rowHeight(0) == 1
    table.buttons.buttons["protocol"].click()
    assert done == [("job", "Hamburg", "50")]

    table.selectRow(0)
    table.buttons.buttons["cancel"].click()
    assert page.cancel.isVisible()
    assert page.cancel.question.text() == "Cancel home at Boulder?"
    assert not [call for call in gateway.calls if call[0] == "cancel_job"]
    page.cancel.go.click()
    settle(qtbot, page)
    assert [call[1:] for call in gateway.calls if call[0] == "cancel_job"] == [("Boulder", "50")]

    page.tables.running.selectAll()
    assert not table.buttons.isVisible()


def test_commands_and_newday_have_their_names_and_their_rights(
    page: NowPage, bridge: Bridge, qtbot: QtBot
) -> None:
    bring_up(bridge, "Hamburg", [], Role.OPERATOR)
    command = running(
        "Hamburg", 50, 0, None, kind=JobKind.COMMAND, task="", event="tidy-up", type=None
    )
    newday = replace(command, id="51", kind=JobKind.NEWDAY, event="NEWDAY")
    report(bridge, replace(command, progress=None), replace(newday, progress=None))
    settle(qtbot, page)

    table = page.tables.running
    assert texts(table, "Progress") == ["Command", "Ends the sesam day"]
    assert texts(table, "Left") == ["no estimate", "no estimate not a backup"]
    table.selectRow(0)
    assert "cancel" in table.buttons.buttons
    table.buttons.buttons["cancel"].click()
    assert page.cancel.question.text() == "Cancel tidy-up at Hamburg?"
    assert page.cancel.consequence.text() == "What was done so far stays. It cannot be undone."
    table.selectRow(1)
    assert "cancel" not in table.buttons.buttons


def test_a_row_is_selected_in_one_table_only(page: NowPage, bridge: Bridge, qtbot: QtBot) -> None:
    report(bridge, running("Boulder", 50, 0, 100), waiting("Boulder", 60))
    settle(qtbot, page)
    page.tables.running.selectRow(0)
    page.tables.queue.selectRow(0)

    assert [one.job.id for one in page.tables.chosen()] == ["60"]
    assert page.selection().jobs == (("Boulder", "60"),)
    page.tables.copy()
    assert "Waits for its turn" in QGuiApplication.clipboard().text()


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


def test_time_that_goes_on_asks_nobody(
    page: NowPage, bridge: Bridge, gateway: NowGateway, clock: Clock, qtbot: QtBot
) -> None:
    report(bridge, running("Boulder", 50, 0, 100), waiting("Boulder", 60))
    settle(qtbot, page)
    before = list(gateway.calls)
    for _ in range(30):
        clock.now += timedelta(seconds=20)
        bridge.aged.emit()
    settle(qtbot, page)

    assert gateway.calls == before
    assert texts(page.tables.running, "Running for") == ["20\u00a0min"]
    assert texts(page.tables.queue, "State") == ["Queued"]
    clock.now += timedelta(minutes=5)
    assert texts(page.tables.queue, "State") == ["Late"]


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
