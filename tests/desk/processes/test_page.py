"""The parts of an agent at the desk: what is seen of them, and what is done to them."""

from collections.abc import Callable
from dataclasses import replace

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from sesam_master.core.errors import DeskReason, LocationError, Trouble
from sesam_master.core.fleet import (
    ConnectionChanged,
    ObjectsChanged,
    PictureArrived,
    RegistrationsChanged,
)
from sesam_master.core.needs import NeedKind
from sesam_master.core.processes import Process, ProcessState, StopMode
from sesam_master.core.records import Role
from sesam_master.core.states import Connection, JobState
from sesam_master.ui.actions import Selection
from sesam_master.ui.bridge import Bridge
from sesam_master.ui.desk import Desk
from sesam_master.ui.morning.words import why_text
from sesam_master.ui.processes.page import ProcessesPage
from sesam_master.ui.theme import ThemeHolder
from tests.desk.results.memory import MemoryGateway
from tests.fakes.fleet import NOW, job, picture, registration
from tests.fakes.processes import AGENT, process

PARTS = (
    process("qm"),
    process("sepuler", ProcessState.FAILED, "It has said nothing for 61 s."),
    process("rmi", ProcessState.UNUSED),
)
Make = Callable[[], ProcessesPage]


def told(bridge: Bridge, *parts: Process, role: Role = Role.ADMIN, running: int = 0) -> None:
    jobs = [job("lab", 10 + n, f"t{n}", JobState.ACTIVE) for n in range(running)]
    made = replace(
        picture("lab", 2, 2, *jobs), role=role, processes={part.name: part for part in parts}
    )
    bridge.deliver(RegistrationsChanged((registration("lab"),)))
    bridge.deliver(PictureArrived("lab", made, NOW))
    bridge.deliver(ConnectionChanged("lab", Connection.ON, None, NOW))
    bridge.drain()


@pytest.fixture
def make(holder: ThemeHolder, bridge: Bridge, gateway: MemoryGateway, qtbot: QtBot) -> Make:
    def made() -> ProcessesPage:
        page = ProcessesPage(holder, bridge, gateway, "lab", clock=lambda: NOW)
        qtbot.addWidget(page)
        page.resize(1000, 600)
        page.show()
        return page

    return made


def cells(page: ProcessesPage, key: str) -> list[str]:
    [column] = [each for each in page.model.columns if each.key == key]
    return [column.text(record) for record in page.model.records]


def test_the_worst_stands_first_with_its_fault(make: Make, bridge: Bridge) -> None:
    told(bridge, *PARTS)
    page = make()
    assert cells(page, "state") == ["Failed", "Online", "Not used"]
    assert cells(page, "fault") == ["It has said nothing for 61 s.", "none", "none"]
    assert cells(page, "restarts") == ["1", "0", "0"]


def test_a_part_is_restarted_after_a_question(
    make: Make, bridge: Bridge, gateway: MemoryGateway, qtbot: QtBot
) -> None:
    told(bridge, *PARTS)
    page = make()
    assert page.restart.toolTip() == "Choose a process in the list first."
    page.table.select_key("sepuler")
    page.restart.click()
    assert gateway.restarted == []
    assert "Jobs go on" in page.question.text.text()
    page.question.do.click()
    assert gateway.restarted == [("lab", "sepuler")]
    qtbot.waitUntil(lambda: "was told to begin again" in page.question.text.text())


def test_esc_leaves_it(make: Make, bridge: Bridge, gateway: MemoryGateway) -> None:
    told(bridge, *PARTS)
    page = make()
    page.stop.click()
    QTest.keyClick(page.question.leave, Qt.Key.Key_Escape)
    assert page.question.isHidden()
    assert gateway.stopped == []


def test_what_is_not_used_is_not_restarted(make: Make, bridge: Bridge) -> None:
    told(bridge, *PARTS)
    page = make()
    page.table.select_key("rmi")
    assert not page.restart.isEnabled()
    assert page.restart.toolTip() == "This agent does not use it."


@pytest.mark.parametrize(
    ("choice", "mode", "words"),
    [
        ("When the running jobs have ended", StopMode.DRAIN, "2 running jobs (t0, t1) have ended"),
        ("At once", StopMode.INTERRUPT, "2 running jobs (t0, t1) are broken now"),
    ],
)
def test_the_agent_is_stopped_with_a_word_on_its_jobs(
    make: Make,
    bridge: Bridge,
    gateway: MemoryGateway,
    qtbot: QtBot,
    choice: str,
    mode: StopMode,
    words: str,
) -> None:
    gateway.agents["lab"] = replace(AGENT, running_jobs=2)
    told(bridge, *PARTS, running=2)
    page = make()
    page.stop.click()
    page.question.choices.choose(choice)
    page.question.choices.chosen.emit(choice)
    asked = page.question.text.text()
    assert words in asked.replace("t1, t0", "t0, t1")
    assert "sm_startup" in asked
    page.question.do.click()
    assert gateway.stopped == [("lab", mode)]
    qtbot.waitUntil(lambda: page.question.text.text().startswith("The agent of Lab ends"))


def test_who_may_only_look_is_told_so(make: Make, bridge: Bridge) -> None:
    told(bridge, *PARTS, role=Role.OPERATOR)
    page = make()
    for button in (page.restart, page.stop):
        assert not button.isEnabled()
        assert "role operator" in button.toolTip()


def test_a_dark_location_is_as_it_was_and_never_fine(make: Make, bridge: Bridge) -> None:
    told(bridge, *PARTS)
    page = make()
    bridge.deliver(ConnectionChanged("lab", Connection.STALE, None, NOW))
    bridge.drain()
    [state] = [column for column in page.model.columns if column.key == "state"]
    record = page.model.records[1]
    assert state.text(record) == "Was online"
    assert state.value is not None
    assert state.value(record) is JobState.UNKNOWN
    assert not page.stop.isEnabled()
    assert page.head.banner.isVisible()


def test_an_older_agent_is_told_plainly(make: Make, bridge: Bridge, gateway: MemoryGateway) -> None:
    told(bridge)
    page = make()
    assert page.empty.content.headline == "Its agent does not tell its processes"
    assert "version 0.1.0" in page.empty.content.reason
    assert not page.stop.isEnabled()


def test_what_is_refused_is_said(
    make: Make, bridge: Bridge, gateway: MemoryGateway, qtbot: QtBot
) -> None:
    told(bridge, *PARTS)
    page = make()
    gateway.no_agent = LocationError(Trouble.REJECTED, "lab", DeskReason.NOT_SUPPORTED)
    page.table.select_key("qm")
    page.restart.click()
    page.question.do.click()
    qtbot.waitUntil(lambda: "too far apart in age" in page.question.text.text())


def test_a_part_that_mends_itself_is_followed(make: Make, bridge: Bridge) -> None:
    told(bridge, *PARTS)
    page = make()
    mended = replace(PARTS[1], state=ProcessState.ONLINE, restarts=2)
    bridge.deliver(ObjectsChanged("lab", NOW, processes={"sepuler": mended}))
    bridge.drain()
    assert sorted(cells(page, "state")) == ["Not used", "Online", "Online"]
    assert not bridge.fleet.locations["lab"].is_in_trouble


def test_a_failed_part_is_trouble_in_the_tree_and_on_the_start_page(
    holder: ThemeHolder, bridge: Bridge, gateway: MemoryGateway, qtbot: QtBot
) -> None:
    desk = Desk(holder, bridge, gateway, lambda: NOW, "0.1.0")
    qtbot.addWidget(desk.window)
    desk.window.show()
    told(bridge, *PARTS)
    assert bridge.fleet.locations["lab"].is_in_trouble
    assert (
        desk.tree.tree.model().index(1, 0).data(Qt.ItemDataRole.ToolTipRole).count("sepuler") == 1
    )
    presenter = desk.morning.presenter
    qtbot.waitUntil(lambda: not presenter.is_asking and not presenter.is_behind)
    [need] = [one for one in desk.morning.model.records if one.kind is NeedKind.PART]
    assert why_text(need, NOW) == "Hangs: It has said nothing for 61 s."
    desk.morning.table.record_activated.emit(need)
    assert isinstance(desk.window.current_page, ProcessesPage)
    desk.actions.set_selection(Selection("lab"))
    assert desk.actions.qaction("processes").isEnabled()
