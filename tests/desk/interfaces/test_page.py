"""The interface programs of a location, as their page shows them."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from sesam_master.core.errors import LocationError, Trouble
from sesam_master.core.fleet import ObjectsChanged
from sesam_master.core.interfaces import (
    Interface,
    InterfaceRun,
    Interfaces,
    InterfaceState,
    RunOutcome,
)
from sesam_master.core.states import JobState
from sesam_master.ui.bridge import Bridge
from sesam_master.ui.interfaces.page import InterfacesPage
from sesam_master.ui.theme import ThemeHolder
from sesam_master.ui.widgets.column import Role
from tests.desk.results.memory import NOW, bring_up, job, list_locations, pump, take_down
from tests.fakes.gateway import FakeGateway

HERE = "Hamburg"
RUN = InterfaceRun(
    *(NOW - timedelta(minutes=5), NOW - timedelta(minutes=4), RunOutcome.OK, 0, "", "7", "docs"),
    *("fs", "", b"one\n\xff two\nSTATUS:OK\n", False),
)


def program(name: str, state: InterfaceState, run: InterfaceRun | None = None) -> Interface:
    fault = "it is not executable. Run: chmod +x" if state is InterfaceState.UNUSABLE else ""
    return Interface(name, state, fault, f"/b/{name}".encode(), f"/t x/{name}".encode(), run)


FAILED = replace(RUN, outcome=RunOutcome.FAILED, exit_status=3, text="sm_alarm ended with status 3")
ALL = (
    program("sbc_pre", InterfaceState.ON, RUN),
    program("sbc_post", InterfaceState.UNUSABLE),
    program("sm_notify", InterfaceState.OFF),
    program("sm_alarm", InterfaceState.ON, replace(FAILED, job_id="", output=b"")),
    program("sm_disaster", InterfaceState.OFF),
)


@pytest.fixture
def gateway() -> FakeGateway:
    return FakeGateway(programs={HERE: Interfaces(ALL, is_withheld=False)})


@pytest.fixture
def opened() -> list[tuple[str, str]]:
    return []


@pytest.fixture
def open_page(
    holder: ThemeHolder,
    bridge: Bridge,
    gateway: FakeGateway,
    qtbot: QtBot,
    opened: list[tuple[str, str]],
) -> Callable[[], InterfacesPage]:
    def show() -> InterfacesPage:
        page = InterfacesPage(
            *(holder, bridge, gateway, HERE, lambda *key: opened.append(key)),
            zone=ZoneInfo("Asia/Tokyo"),
            clock=lambda: NOW,
        )
        qtbot.addWidget(page)
        page.resize(1044, 660)
        page.show()
        pump()
        return page

    list_locations(bridge, HERE)
    bring_up(bridge, HERE, [job(HERE, 1)])
    return show


@pytest.fixture
def page(open_page: Callable[[], InterfacesPage]) -> InterfacesPage:
    return open_page()


def cell(page: InterfacesPage, name: str, column: str) -> tuple[str, object]:
    row = page.model.row_of(name)
    assert row is not None
    [place] = [i for i, each in enumerate(page.model.columns) if each.key == column]
    made = page.model.columns[place].cell(page.model.record(row), is_stale=False)
    return made.text, made.value


def test_each_program_says_whether_it_is_on_and_how_it_ran(page: InterfacesPage) -> None:
    assert [one.name for one in page.model.records] == [one.name for one in ALL]
    assert cell(page, "sbc_pre", "state") == ("On", None)
    assert cell(page, "sbc_pre", "outcome") == ("OK", JobState.OK)
    assert cell(page, "sbc_post", "state") == ("Cannot be run", JobState.ERROR)
    assert cell(page, "sbc_post", "outcome") == ("No run known", None)
    assert cell(page, "sm_alarm", "outcome") == ("Error", JobState.ERROR)
    assert cell(page, "sm_alarm", "text")[0] == "sm_alarm ended with status 3"
    assert cell(page, "sm_notify", "state") == ("Off", None)


def test_the_output_of_the_chosen_one_is_shown_and_leads_to_its_job(
    page: InterfacesPage, opened: list[tuple[str, str]], qtbot: QtBot
) -> None:
    page.table.select_key("sbc_pre")
    assert page.output.toPlainText() == "one\n\\xff two\nSTATUS:OK"
    assert page.output.isVisible()
    assert "took 1:00, exit status 0, job 7." in page.run.text()
    assert page.switch.text().startswith("Switched on: /b/sbc_pre is there.")
    qtbot.mouseClick(page.protocol, Qt.MouseButton.LeftButton)
    assert opened == [(HERE, "7")]
    page.table.select_key("sm_alarm")
    assert not page.output.isVisible()
    assert page.note.text() == "It wrote nothing."
    assert not page.protocol.isEnabled()


def test_one_that_is_off_says_how_it_is_switched_on(page: InterfacesPage) -> None:
    page.table.select_key("sm_notify")
    assert page.switch.text() == (
        "Switched off. To switch it on, run at the agent's machine: cp -p '/t x/sm_notify' /b/"
    )
    assert page.run.text() == "No run of it is known."
    page.table.select_key("sbc_post")
    assert "it is not executable. Run: chmod +x. Whatever calls it fails" in page.switch.text()
    assert "At a client over SSH" in page.switch.text()


def test_what_it_wrote_may_be_withheld(
    gateway: FakeGateway, open_page: Callable[[], InterfacesPage]
) -> None:
    hidden = replace(ALL[0], last_run=replace(RUN, output=b""))
    gateway.programs[HERE] = Interfaces((hidden,), is_withheld=True)
    page = open_page()
    assert page.note.text() == "What it wrote is shown to the roles admin and operator only."


def test_a_dark_location_keeps_what_was_read_and_says_so(
    page: InterfacesPage, bridge: Bridge
) -> None:
    take_down(bridge, HERE)
    pump()
    assert page.head.banner.isVisible()
    assert "Shown is what was known Mon 23 Nov 16:41" in page.head.banner.accessibleName()
    assert page.model.rowCount() == 5
    assert not page.protocol.isEnabled()
    assert page.table.model().index(0, 0).data(Role.CELL).is_stale


def test_what_is_refused_is_said(
    gateway: FakeGateway, open_page: Callable[[], InterfacesPage]
) -> None:
    gateway.no_programs = LocationError(Trouble.NO_ANSWER, HERE)
    page = open_page()
    assert page.head.banner.isVisible()
    assert page.model.rowCount() == 0
    assert page.empty.content.headline == "Its interfaces are not known"


def test_it_asks_again_after_jobs_changed_and_while_one_runs(
    page: InterfacesPage, bridge: Bridge, gateway: FakeGateway, qtbot: QtBot
) -> None:
    running = replace(RUN, end_time=None, outcome=RunOutcome.RUNNING, output=b"")
    gateway.programs[HERE] = Interfaces((replace(ALL[0], last_run=running),), is_withheld=False)
    before = len(gateway.asked_programs)
    bridge.deliver(ObjectsChanged(HERE, NOW, jobs={"2": job(HERE, 2)}))
    runs = "It runs; what it writes is shown when it has ended."
    qtbot.waitUntil(lambda: page.note.text() == runs, timeout=10_000)
    assert len(gateway.asked_programs) == before + 1
    gateway.programs[HERE] = Interfaces(ALL, is_withheld=False)
    qtbot.waitUntil(lambda: page.output.isVisible(), timeout=10_000)
    assert page.table.selected_records()[0].name == "sbc_pre"
