"""Starting over many locations: an outcome for each, and failed ones again."""

from dataclasses import replace

from sesam_master.core.acts import Stage
from sesam_master.core.errors import Trouble
from sesam_master.core.records import BackupType, Role
from sesam_master.core.states import JobState
from sesam_master.ui.actions import Selection
from sesam_master.ui.bridge import Bridge
from tests.desk.results.memory import (
    MemoryGateway,
    bring_up,
    job,
    progress,
    pump,
    report,
    take_down,
)
from tests.desk.start_backup.conftest import NAMES, Open, cell, orders, stages


def test_each_start_has_its_outcome_and_only_failed_ones_are_sent_again(
    open_dialog: Open, gateway: MemoryGateway
) -> None:
    dialog = open_dialog()
    assert not dialog.isModal()
    assert dialog.start.text() == "Start 3 backups"
    gateway.troubles = {"Hamburg": Trouble.REFUSED}
    dialog.form.full.setChecked(True)
    dialog.start.click()
    pump()
    assert stages(dialog) == [Stage.ACCEPTED, Stage.FAILED, Stage.ACCEPTED, Stage.HINDERED]
    assert dialog.retry.isVisible()
    gateway.troubles.clear()
    dialog.retry.click()
    pump()
    assert stages(dialog) == [Stage.ACCEPTED] * 3 + [Stage.HINDERED]
    assert not dialog.retry.isVisible()
    sent = orders(gateway)
    assert [order.object.location_id for order, _ in sent] == [
        "Boulder",
        "Hamburg",
        "Lyon",
        "Hamburg",
    ]
    assert {order.type for order, _ in sent} == {BackupType.FULL}
    assert len({request_id for _, request_id in sent}) == 4


def test_a_lost_answer_is_unknown_and_asked_for_under_the_same_id(
    open_dialog: Open, gateway: MemoryGateway, bridge: Bridge
) -> None:
    dialog = open_dialog()
    gateway.troubles = {"Lyon": Trouble.NO_ANSWER}
    dialog.start.click()
    pump()
    assert cell(dialog, 2, "outcome") == "Unknown, asking again"
    assert not dialog.retry.isVisible()

    gateway.troubles = {"Lyon": Trouble.UNREACHABLE}  # it may have happened all the same
    dialog.presenter.actor.ask_again()
    pump()
    assert stages(dialog)[2] is Stage.UNSURE

    take_down(bridge, "Lyon")
    asked = len(orders(gateway))
    dialog.presenter.actor.ask_again()
    assert len(orders(gateway)) == asked  # nobody would answer

    bring_up(bridge, "Lyon", [job("Lyon", 1, task="home")])
    gateway.troubles.clear()
    dialog.presenter.actor.ask_again()
    pump()
    assert stages(dialog)[2] is Stage.ACCEPTED
    at_lyon = [
        request_id for order, request_id in orders(gateway) if order.object.location_id == "Lyon"
    ]
    assert len(at_lyon) == 3
    assert len(set(at_lyon)) == 1


def test_an_accepted_start_follows_its_job_and_is_unknown_in_the_dark(
    open_dialog: Open, gateway: MemoryGateway, bridge: Bridge
) -> None:
    dialog = open_dialog()
    dialog.start.click()
    pump()
    assert cell(dialog, 0, "outcome") == "Accepted, queued"
    queued = gateway.history["Boulder"][-1]
    report(bridge, replace(queued, state=JobState.ACTIVE, progress=progress(250)))
    assert cell(dialog, 0, "outcome") == "Running 25\N{NO-BREAK SPACE}%"
    take_down(bridge, "Boulder")
    assert cell(dialog, 0, "outcome") == "Unknown"


def test_a_location_that_comes_back_can_be_started_then(open_dialog: Open, bridge: Bridge) -> None:
    dialog = open_dialog()
    bring_up(bridge, "Sevilla", [job("Sevilla", 1, task="home")])
    assert stages(dialog) == [Stage.READY] * 4


def test_at_a_dark_location_alone_it_says_why_and_the_sum_tells_outcomes(
    open_dialog: Open, gateway: MemoryGateway, bridge: Bridge
) -> None:
    dialog = open_dialog()
    alone = open_dialog(Selection(tasks=(("Sevilla", "home"),)))
    assert not alone.start.isEnabled()
    assert alone.start.toolTip() == "Sevilla is broken; nothing can be sent to it."
    dialog.start.click()
    pump()
    for name in NAMES[:3]:
        report(bridge, replace(gateway.history[name][-1], state=JobState.OK))
    assert dialog.summary.text == "3 ok, 1 not possible"


def test_many_locations_need_the_number_typed(
    open_dialog: Open, gateway: MemoryGateway, bridge: Bridge
) -> None:
    dialog = open_dialog()
    assert not dialog.number.isVisible()  # three can be started
    bring_up(bridge, "Sevilla", [job("Sevilla", 1, task="home")])
    assert dialog.number.isVisible()
    assert not dialog.start.isEnabled()
    assert dialog.start.toolTip() == "Type 4 at the left first"

    dialog.number.setText("3")
    assert not dialog.start.isEnabled()
    dialog.number.setText("4")
    dialog.start.click()
    pump()
    assert stages(dialog) == [Stage.ACCEPTED] * 4


def test_more_than_twenty_objects_of_one_location_need_it_too(
    open_dialog: Open, bridge: Bridge
) -> None:
    bring_up(bridge, "Lyon", [job("Lyon", n, task=f"t{n}") for n in range(21)])
    few = open_dialog(Selection(tasks=tuple(("Lyon", f"t{n}") for n in range(20))))
    many = open_dialog(Selection(tasks=tuple(("Lyon", f"t{n}") for n in range(21))))

    assert few.start.isEnabled()
    assert not many.start.isEnabled()
    assert many.number.placeholderText() == "Type 21"


def test_a_role_that_may_not_start_says_so(open_dialog: Open, bridge: Bridge) -> None:
    bring_up(bridge, "Lyon", [job("Lyon", 1, task="home")], Role.MONITOR)
    dialog = open_dialog(Selection(tasks=(("Lyon", "home"),)))

    assert not dialog.start.isEnabled()
    assert "Ask for the role operator" in dialog.start.toolTip()
