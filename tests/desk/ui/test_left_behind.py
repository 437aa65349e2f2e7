"""What is open on the desk when its location is deleted, or the page that asked is closed."""

import pytest
from PySide6.QtCore import QEvent
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from sesam_master.core.records import BackupType, Job
from sesam_master.core.states import Connection, JobState
from sesam_master.ui.bridge import Bridge
from sesam_master.ui.first_start.page import AddLocationPage
from sesam_master.ui.restore.page import RestorePage
from sesam_master.ui.restore.presenter import RestorePresenter
from sesam_master.ui.results.cancel_strip import CancelStrip
from sesam_master.ui.results.page import ResultsPage
from sesam_master.ui.start_backup.dialog import StartPresenter
from sesam_master.ui.theme import ThemeHolder
from tests.desk.results.memory import (
    NOW,
    MemoryGateway,
    bring_up,
    job,
    list_locations,
    pump,
)
from tests.fakes.gateway import PRESENTED, FakeGateway, Parked


@pytest.fixture
def running(bridge: Bridge) -> Job:
    list_locations(bridge, "Hamburg", "Lyon")
    one = job("Hamburg", 1, JobState.ACTIVE, task="home")
    bring_up(bridge, "Hamburg", [one])
    return one


def delete(bridge: Bridge) -> None:
    list_locations(bridge, "Lyon")


def test_a_start_is_not_known_any_more(
    bridge: Bridge, gateway: MemoryGateway, running: Job
) -> None:
    presenter = StartPresenter(bridge, gateway, [("Hamburg", "home")])
    presenter.send(BackupType.FULL)
    pump()
    [start] = presenter.starts.values()
    assert (start.connection, start.state) == (Connection.ON, JobState.ACTIVE)

    delete(bridge)
    [start] = presenter.starts.values()
    assert (start.connection, start.state) == (Connection.OFF, JobState.UNKNOWN)


def test_a_cancel_shows_no_live_location(
    holder: ThemeHolder, bridge: Bridge, gateway: MemoryGateway, running: Job, qtbot: QtBot
) -> None:
    strip = CancelStrip(holder, bridge, gateway)
    qtbot.addWidget(strip)
    strip.ask([running])
    delete(bridge)
    [cancel] = strip.canceller.cancels.values()
    assert cancel.connection is Connection.OFF


def test_the_drawer_closes(
    holder: ThemeHolder, bridge: Bridge, gateway: MemoryGateway, running: Job, qtbot: QtBot
) -> None:
    page = ResultsPage(holder, bridge, gateway, lambda *_: None, lambda *_: None, clock=lambda: NOW)
    qtbot.addWidget(page)
    page.show()
    page.open_job(running)
    assert page.drawer.row is not None
    delete(bridge)
    qtbot.waitUntil(lambda: page.drawer.row is None)


def test_a_running_restore_is_unknown(
    holder: ThemeHolder, bridge: Bridge, gateway: MemoryGateway, running: Job, qtbot: QtBot
) -> None:
    page = RestorePage(holder, bridge, gateway, "Hamburg", "home", None, clock=lambda: NOW)
    qtbot.addWidget(page)
    pump()
    page.presenter.job = running
    page.presenter.job_changed.emit()
    assert page.run.state.text.startswith("Running")
    delete(bridge)
    assert page.run.state.text.startswith("Unknown")


def test_a_location_that_comes_back_lists_its_savesets_once(bridge: Bridge) -> None:
    list_locations(bridge, "Hamburg")
    bring_up(bridge, "Hamburg")
    asked = Parked()
    slow = Bridge(asked.submit)
    slow.fleet = bridge.fleet
    presenter = RestorePresenter(slow, FakeGateway(), "Hamburg", "home")  # type: ignore[arg-type]
    presenter.load_savesets()
    presenter.load_savesets()  # while the first question is open
    assert len(asked.questions) == 1
    slow.close()


def test_an_answer_to_a_closed_page_is_dropped(
    holder: ThemeHolder, qapp: QApplication, qtbot: QtBot
) -> None:
    asked = Parked()
    slow = Bridge(asked.submit)
    page = AddLocationPage(holder, slow, FakeGateway(), lambda _added: None)  # type: ignore[arg-type]
    presenter = page.presenter
    page.offer_field.setText("127.0.0.1:11401 AAAA-BBBB")
    page.connect_button.click()
    page.deleteLater()
    qapp.sendPostedEvents(page, QEvent.Type.DeferredDelete)
    with qtbot.captureExceptions() as failures:
        asked.questions.pop()(PRESENTED, None)
        pump()
    assert failures == []
    assert presenter is not None
    slow.close()
