"""What a person does with the rows of the page."""

from dataclasses import replace

from PySide6.QtGui import QGuiApplication
from pytestqt.qtbot import QtBot

from sesam_master.core.records import JobKind, Role
from sesam_master.ui.bridge import Bridge
from sesam_master.ui.now.page import NowPage
from tests.desk.now.conftest import NowGateway, running, settle, texts, waiting
from tests.desk.results.memory import bring_up, report


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
    assert [call[1:3] for call in gateway.calls if call[0] == "cancel_job"] == [("Boulder", "50")]

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
