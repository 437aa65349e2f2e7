"""Cancelling asks in place before work is lost, and tells an outcome for each job."""

import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from sesam_master.core.errors import Trouble
from sesam_master.core.records import JobKind
from sesam_master.core.states import JobState
from sesam_master.ui.acts.cancelling import Cancelling
from sesam_master.ui.acts.strip import ActStrip
from sesam_master.ui.bridge import Bridge
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
def strip(holder: ThemeHolder, bridge: Bridge, gateway: MemoryGateway, qtbot: QtBot) -> ActStrip:
    list_locations(bridge, *NAMES)
    for name in NAMES:
        gateway.history[name] = [job(name, n, JobState.ACTIVE) for n in (1, 2)]
        bring_up(bridge, name, gateway.history[name])
    made = ActStrip(holder, bridge, Cancelling(gateway))
    qtbot.addWidget(made)
    return made


def sent(gateway: MemoryGateway) -> list[tuple[object, ...]]:
    return [call[1:3] for call in gateway.calls if call[0] == "cancel_job"]


def test_enter_cancels_a_running_job_and_esc_leaves_it(
    strip: ActStrip, gateway: MemoryGateway, qtbot: QtBot
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
    strip: ActStrip, gateway: MemoryGateway
) -> None:
    gateway.history["Boulder"].append(job("Boulder", 3, JobState.QUEUED))
    strip.ask(gateway.history["Boulder"][-1:])
    pump()
    assert sent(gateway) == [("Boulder", "3")]
    assert not strip.isVisible()


def test_each_of_several_has_its_outcome_and_the_failed_can_be_tried_again(
    strip: ActStrip, gateway: MemoryGateway
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
    strip: ActStrip, gateway: MemoryGateway
) -> None:
    strip.ask([gateway.history[name][0] for name in NAMES])
    assert not strip.go.isEnabled()
    strip.number.setText("4")
    assert strip.go.isEnabled()
    strip.go.click()
    pump()
    assert len(sent(gateway)) == 4


def test_what_ends_by_itself_while_one_is_asked_drops_out(
    strip: ActStrip, bridge: Bridge, gateway: MemoryGateway
) -> None:
    strip.ask(gateway.history["Boulder"])
    report(bridge, job("Boulder", 1))
    assert strip.question.text() == "Cancel task-2 at Boulder?"
    report(bridge, job("Boulder", 2))
    assert not strip.isVisible()
    assert not sent(gateway)


def test_what_is_about_no_task_is_named_by_its_event(
    holder: ThemeHolder, bridge: Bridge, gateway: MemoryGateway, qtbot: QtBot
) -> None:
    tidy = job("Oslo", 3, JobState.ACTIVE, task="", event="tidy-up", kind=JobKind.COMMAND)
    list_locations(bridge, "Oslo")
    bring_up(bridge, "Oslo", [tidy])
    strip = ActStrip(holder, bridge, Cancelling(gateway))
    qtbot.addWidget(strip)
    gateway.troubles["Oslo"] = Trouble.NO_ANSWER
    strip.ask([tidy])
    strip.go.click()
    pump()
    assert strip.question.text() == "Cancel of tidy-up at Oslo was sent, the answer is lost."
    strip.ask([tidy, job("Oslo", 4, JobState.ACTIVE)])
    assert [strip.model.columns[2].text(row) for row in strip.model.records] == [
        "tidy-up",
        "task-4",
    ]
    strip.go.click()
    pump()
    assert strip.question.text() == "Cancel of 2 jobs: 2 unknown"
