"""What is open on the desk when its location is deleted, or the page that asked is closed."""

from dataclasses import replace
from datetime import UTC

import pytest
from PySide6.QtCore import QEvent
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from sesam_master.core.gateway import PAGE_SIZE
from sesam_master.core.records import Job
from sesam_master.core.start import StartObject
from sesam_master.core.states import Connection, JobState
from sesam_master.ui.acts.cancelling import Cancelling
from sesam_master.ui.acts.restarting import Restarting
from sesam_master.ui.acts.strip import ActStrip
from sesam_master.ui.bridge import Bridge
from sesam_master.ui.first_start.page import AddLocationPage
from sesam_master.ui.restore.page import RestorePage
from sesam_master.ui.restore.presenter import RestorePresenter
from sesam_master.ui.results.filters import ResultFilter
from sesam_master.ui.results.page import ResultsPage
from sesam_master.ui.results.presenter import ResultsPresenter
from sesam_master.ui.results.rows import ResultRow
from sesam_master.ui.start_backup.presenter import StartPresenter
from sesam_master.ui.theme import ThemeHolder
from tests.desk.results.memory import (
    NOW,
    MemoryGateway,
    bring_up,
    job,
    list_locations,
    pump,
    take_down,
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
    presenter = StartPresenter(bridge, gateway, [StartObject("Hamburg", "home")])
    presenter.actor.send()
    pump()
    [start] = presenter.actor.acts.values()
    assert (start.connection, start.state) == (Connection.ON, JobState.ACTIVE)

    delete(bridge)
    [start] = presenter.actor.acts.values()
    assert (start.connection, start.state) == (Connection.OFF, JobState.UNKNOWN)


def test_a_cancel_shows_no_live_location(
    holder: ThemeHolder, bridge: Bridge, gateway: MemoryGateway, running: Job, qtbot: QtBot
) -> None:
    strip = ActStrip(holder, bridge, Cancelling(gateway))
    qtbot.addWidget(strip)
    strip.ask([running])
    delete(bridge)
    [cancel] = strip.actor.acts.values()
    assert (cancel.connection, cancel.state) == (Connection.OFF, JobState.UNKNOWN)


def test_what_came_of_a_restart_is_not_known_any_more(
    holder: ThemeHolder, bridge: Bridge, gateway: MemoryGateway, running: Job, qtbot: QtBot
) -> None:
    gateway.made = job("Hamburg", 2, JobState.QUEUED, task="home")
    strip = ActStrip(holder, bridge, Restarting(gateway))
    qtbot.addWidget(strip)
    strip.ask([replace(running, state=JobState.ERROR)])
    pump()
    assert strip.question.text() == "Restart of home at Hamburg is accepted: queued."
    delete(bridge)
    assert strip.question.text() == "Restart of home at Hamburg is accepted: unknown."


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


def test_what_was_known_of_it_takes_no_room_in_the_results(bridge: Bridge) -> None:
    list_locations(bridge, "Hamburg", "Lyon")
    bring_up(bridge, "Hamburg", [job("Hamburg", 1000 + number) for number in range(PAGE_SIZE)])
    bring_up(bridge, "Lyon", [job("Lyon", 1)])
    for name in ("Hamburg", "Lyon"):
        take_down(bridge, name)
    presenter = ResultsPresenter(bridge, FakeGateway(), UTC, lambda: NOW)  # type: ignore[arg-type]
    presenter.set_filter(ResultFilter(shows_known=True))
    assert len(presenter.picture().rows) == PAGE_SIZE
    delete(bridge)
    [row] = presenter.picture().rows
    assert isinstance(row, ResultRow)
    assert row.location == "Lyon"


def test_a_running_restore_is_unknown(
    holder: ThemeHolder, bridge: Bridge, gateway: MemoryGateway, running: Job, qtbot: QtBot
) -> None:
    page = RestorePage(holder, bridge, gateway, "Hamburg", "home", None, clock=lambda: NOW)
    qtbot.addWidget(page)
    pump()
    page.presenter.job = running
    page.presenter.job_changed.emit()
    assert page.last.run.state.text.startswith("Running")
    delete(bridge)
    assert page.last.run.state.text.startswith("Unknown")


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
