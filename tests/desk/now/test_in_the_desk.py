"""The page in the window: action, keys, tree, starts of what is chosen, protocol, cancel."""

import pytest
from PySide6.QtGui import QKeySequence
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from sesam_master.core.records import BackupType
from sesam_master.core.start import StartObject
from sesam_master.core.states import JobState
from sesam_master.ui.actions import Selection
from sesam_master.ui.bridge import Bridge
from sesam_master.ui.desk import Desk
from sesam_master.ui.now.presenter import NowScope
from sesam_master.ui.start_backup.dialog import StartBackupDialog
from sesam_master.ui.theme import ThemeHolder
from tests.desk.now.conftest import Clock, NowGateway, running, settle, waiting
from tests.desk.results.memory import bring_up, job, list_locations, pump


@pytest.fixture
def desk(
    holder: ThemeHolder, bridge: Bridge, gateway: NowGateway, clock: Clock, qtbot: QtBot
) -> Desk:
    """Two locations with a running, a waiting and an ended backup each."""
    list_locations(bridge, "Boulder", "Hamburg")
    for name in ("Boulder", "Hamburg"):
        jobs = [
            job(name, 40, JobState.ERROR, task="mail"),
            running(name, 50, 10, 100, task="home"),
            waiting(name, 60, task="web"),
        ]
        gateway.history[name] = jobs
        bring_up(bridge, name, jobs)
    made = Desk(holder, bridge, gateway, clock, "0.1.0")
    qtbot.addWidget(made.window)
    made.window.resize(1280, 800)
    made.window.show()
    made.actions.qaction("now").trigger()
    settle(qtbot, made.now)
    return made


def dialogs() -> list[StartBackupDialog]:
    return [w for w in QApplication.topLevelWidgets() if isinstance(w, StartBackupDialog)]


def choose(desk: Desk, name: str) -> None:
    model = desk.now.tables.running_model
    [row] = [n for n, one in enumerate(model.records) if one.location == name]
    desk.now.tables.running.selectRow(row)


def test_ctrl_4_brings_it_to_the_front(desk: Desk) -> None:
    action = desk.actions.qaction("now")

    assert action.shortcut() == QKeySequence("Ctrl+4")
    assert desk.window.current_page is desk.now
    assert desk.now.tables.running_model.rowCount() == 2


def test_the_tree_narrows_it_and_the_chip_chooses_all_again(desk: Desk) -> None:
    desk._choose(Selection("Boulder"))
    assert desk.now.presenter.scope == NowScope("Boulder")
    assert desk.now.tables.running_model.rowCount() == 1

    desk.now.chip.click()
    assert desk.now.tables.running_model.rowCount() == 2


def test_the_actions_of_the_desk_work_on_the_selected_row(desk: Desk, gateway: NowGateway) -> None:
    choose(desk, "Hamburg")
    desk.actions.qaction("start_backup").trigger()
    [dialog] = dialogs()
    assert list(dialog.presenter.actor.acts) == [StartObject("Hamburg", task="home")]
    dialog.form.full.setChecked(True)
    dialog.start.click()
    pump()
    [order] = [call[2] for call in gateway.calls if call[0] == "order_backup"]
    assert order.type is BackupType.FULL  # type: ignore[attr-defined]

    desk.actions.qaction("cancel").trigger()
    assert desk.window.current_page is desk.now
    assert desk.now.cancel.question.text() == "Cancel home at Hamburg?"


def test_of_a_location_alone_the_start_window_offers_its_tasks(desk: Desk) -> None:
    desk._choose(Selection("Boulder"))
    desk.now.tables.running.clearSelection()
    desk.actions.set_selection(Selection("Boulder"))
    assert desk.actions.qaction("start_backup").isEnabled()
    desk.actions.qaction("start_backup").trigger()

    [dialog] = dialogs()
    what = dialog.form.what
    assert [what.itemText(n) for n in range(1, what.count())] == ["home", "mail", "web"]
    assert not dialog.start.isEnabled()
    what.setCurrentIndex(1)
    what.activated.emit(1)
    assert dialog.start.isEnabled()


def test_a_client_of_the_tree_offers_its_own_tasks_only(desk: Desk, bridge: Bridge) -> None:
    bring_up(bridge, "Boulder", [job("Boulder", 1, task="db", client="sql-01"),
                                 job("Boulder", 2, task="home")])  # fmt: skip
    desk._open_start(Selection("Boulder", client="sql-01"))

    [dialog] = dialogs()
    assert dialog.form.what.currentText() == "db"
    assert dialog.form.what.count() == 1


def test_several_results_are_started_together(desk: Desk, qtbot: QtBot) -> None:
    desk.actions.qaction("results").trigger()
    qtbot.waitUntil(lambda: desk.results.model.rowCount() == 6, timeout=3000)
    desk.results.table.selectAll()
    desk._start_result("Boulder", "mail")

    [dialog] = dialogs()
    assert len(dialog.presenter.actor.acts) == 6
    assert {what.location_id for what in dialog.presenter.actor.acts} == {"Boulder", "Hamburg"}


def test_opening_a_row_shows_its_protocol(desk: Desk) -> None:
    choose(desk, "Boulder")
    desk.now.tables.running.buttons.buttons["protocol"].click()

    assert desk.window.current_page is desk.results
