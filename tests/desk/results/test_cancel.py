"""Cancelling asks in place before work is lost, and tells an outcome for each job."""

import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from sesam_master.core.errors import Trouble
from sesam_master.core.states import JobState
from sesam_master.ui.bridge import Bridge
from sesam_master.ui.results.cancel_strip import CancelStrip
from sesam_master.ui.theme import ThemeHolder
from tests.desk.results.memory import (
    MemoryGateway,
    bring_up,
    job,
    list_locations,
    pump,
    report,
)

NAMES = ("Boulder", "Hamburg", "Oslo", "Sevilla")


@pytest.fixture
def strip(holder: ThemeHolder, bridge: Bridge, gateway: MemoryGateway, qtbot: QtBot) -> CancelStrip:
    list_locations(bridge, *NAMES)
    for name in NAMES:
        gateway.history[name] = [job(name, n, JobState.ACTIVE) for n in (1, 2)]
        bring_up(bridge, name, gateway.history[name])
    made = CancelStrip(holder, bridge, gateway)
    qtbot.addWidget(made)
    return made


def sent(gateway: MemoryGateway) -> list[tuple[object, ...]]:
    return [call[1:] for call in gateway.calls if call[0] == "cancel_job"]


def test_enter_cancels_a_running_job_and_esc_leaves_it(
    strip: CancelStrip, gateway: MemoryGateway, qtbot: QtBot
) -> None:
    running = gateway.history["Boulder"][0]
    strip.ask([running])
    assert strip.question.text() == "Cancel task-1 at Boulder?"
    assert "leaves no saveset" in strip.consequence.text()
    qtbot.keyClick(strip, Qt.Key.Key_Escape)
    assert not strip.isVisible()
    strip.ask([running])
    qtbot.keyClick(strip, Qt.Key.Key_Return)
    pump()
    assert sent(gateway) == [("Boulder", "1")]
    assert not strip.isVisible()


def test_a_queued_job_is_cancelled_without_a_question(
    strip: CancelStrip, gateway: MemoryGateway
) -> None:
    gateway.history["Boulder"].append(job("Boulder", 3, JobState.QUEUED))
    strip.ask(gateway.history["Boulder"][-1:])
    pump()
    assert sent(gateway) == [("Boulder", "3")]
    assert not strip.isVisible()


def test_each_of_several_has_its_outcome_and_the_failed_can_be_tried_again(
    strip: CancelStrip, gateway: MemoryGateway
) -> None:
    gateway.troubles["Hamburg"] = Trouble.UNREACHABLE
    strip.ask([gateway.history["Boulder"][0], gateway.history["Hamburg"][0]])
    assert strip.question.text() == "Cancel 2 backups at Boulder, Hamburg?"
    strip.go.click()
    pump()
    outcomes = [strip.model.columns[0].text(row) for row in strip.model.records]
    assert outcomes == ["Accepted", "Failed"]
    assert "no connection" in strip.model.record(1).reason
    gateway.troubles.clear()
    strip.retry.click()
    pump()
    assert strip.question.text() == "Cancel of 2 backups: 2 accepted"
    assert sent(gateway) == [("Boulder", "1"), ("Hamburg", "1"), ("Hamburg", "1")]


def test_at_many_locations_the_number_has_to_be_typed(
    strip: CancelStrip, gateway: MemoryGateway
) -> None:
    strip.ask([gateway.history[name][0] for name in NAMES])
    assert not strip.go.isEnabled()
    strip.number.setText("4")
    assert strip.go.isEnabled()
    strip.go.click()
    pump()
    assert len(sent(gateway)) == 4


def test_what_ends_by_itself_while_one_is_asked_drops_out(
    strip: CancelStrip, bridge: Bridge, gateway: MemoryGateway
) -> None:
    strip.ask(gateway.history["Boulder"])
    report(bridge, job("Boulder", 1))
    assert strip.question.text() == "Cancel task-2 at Boulder?"
    report(bridge, job("Boulder", 2))
    assert not strip.isVisible()
    assert not sent(gateway)
