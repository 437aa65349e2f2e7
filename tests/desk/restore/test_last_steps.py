"""Where to, by which rule, a last look, and a dry run before the restore."""

from dataclasses import replace

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel
from pytestqt.qtbot import QtBot

from sesam_master.core.errors import Trouble
from sesam_master.core.records import JobKind, Overwrite
from sesam_master.core.restoring import ORIGINAL_PLACE, RestoreOrder
from sesam_master.core.states import JobState
from sesam_master.ui.bridge import Bridge
from sesam_master.ui.restore.page import CHECK, FILES, RUN, TARGET, RestorePage
from sesam_master.ui.restore.rules import SENTENCES
from sesam_master.ui.restore.steps import NO_LINES, READING
from sesam_master.ui.results.columns import message_text, state_text
from sesam_master.ui.results.facts import job_facts
from tests.desk.results.memory import NOW, MemoryGateway, pump, report

SAVESET = "SI20261110210000000@k3JdPq8Rv2x"


@pytest.fixture
def at_target(page: RestorePage) -> RestorePage:
    """/etc is chosen; the next step is where to."""
    node = page.listing.tree.top.children[1]
    index = page.listing.index_of(node)
    page.listing.setData(index, Qt.CheckState.Checked, Qt.ItemDataRole.CheckStateRole)
    page.next.click()
    pump()
    assert page.step == TARGET
    return page


def orders(gateway: MemoryGateway) -> list[RestoreOrder]:
    """What was asked for, oldest first."""
    return [call[2] for call in gateway.calls if call[0] == "start_restore"]


def facts(page: RestorePage) -> dict[str, str]:
    """What the last look says."""
    shown = page.last.check.facts.findChildren(QLabel)
    return {one.text(): other.text() for one, other in zip(shown[::2], shown[1::2], strict=True)}


def test_the_original_place_needs_no_directory(
    at_target: RestorePage, gateway: MemoryGateway
) -> None:
    page = at_target
    assert not page.next.isEnabled()
    page.last.target.original.click()
    assert page.next.isEnabled()
    assert not page.last.target.directory.isEnabled()
    page.next.click()
    assert page.step == CHECK
    assert facts(page)["Where to"].startswith("the original place on ")
    page.next.click()
    pump()
    [order] = orders(gateway)
    assert (order.target, order.overwrite, order.client) == (
        ORIGINAL_PLACE,
        Overwrite.IF_OLDER,
        "",
    )
    assert not order.dry_run


def test_the_same_after_a_lost_answer_does_nothing_twice(
    at_target: RestorePage, gateway: MemoryGateway
) -> None:
    """It may have begun, so that another request would restore a second time."""
    page = at_target
    page.last.target.original.click()
    page.next.click()
    for trouble in (Trouble.NO_ANSWER, Trouble.UNREACHABLE):
        gateway.troubles["Hamburg"] = trouble
        page.next.click()
        pump()
    gateway.troubles.clear()
    page.back.click()
    page.last.target.rule_buttons[Overwrite.NEVER].click()
    page.next.click()
    gateway.troubles["Hamburg"] = Trouble.NO_ANSWER
    page.next.click()
    pump()
    gateway.troubles.clear()
    assert not page.banner.isHidden()
    page.next.click()
    pump()
    assert page.banner.isHidden()
    ids = [call[3] for call in gateway.calls if call[0] == "start_restore"]
    assert len(ids) == 4
    assert ids[0] == ids[1] != ids[2] == ids[3]


@pytest.mark.parametrize("rule", list(Overwrite))
def test_the_rule_is_said_and_sent(
    at_target: RestorePage, gateway: MemoryGateway, rule: Overwrite
) -> None:
    page = at_target
    page.last.target.directory.setText("/srv/back")
    page.last.target.rule_buttons[rule].click()
    page.last.target.without_interfaces.click()
    page.next.click()
    assert SENTENCES[rule] in facts(page)["Existing files"]
    assert facts(page)["Interfaces"] == "sbc_pre and sbc_post are not run"
    page.next.click()
    pump()
    [order] = orders(gateway)
    assert (order.overwrite, order.without_interfaces) == (rule, True)


def test_replacing_newer_files_at_the_original_place_is_warned_of(at_target: RestorePage) -> None:
    page = at_target
    page.last.target.original.click()
    page.next.click()
    assert page.last.check.warning.isHidden()
    page.back.click()
    page.last.target.rule_buttons[Overwrite.ALWAYS].click()
    page.next.click()
    assert not page.last.check.warning.isHidden()


def test_another_client_is_one_of_the_location(
    at_target: RestorePage, gateway: MemoryGateway
) -> None:
    page = at_target
    page.last.target.show_clients("web-01", ["web-01", "db-01", "db-02"])
    page.last.target.other_client.click()
    page.last.target.client.setCurrentText("db-02")
    page.last.target.directory.setText("/srv/back")
    assert page.next.isEnabled()
    assert page.last.target.target_client == "db-02"
    order = page.last.order(dry_run=False)
    assert order is not None
    assert (order.client, order.target) == ("db-02", b"/srv/back")


def test_without_another_client_it_cannot_be_chosen(at_target: RestorePage) -> None:
    target = at_target.last.target
    target.show_clients("web-01", ["web-01"])
    assert not target.other_client.isEnabled()
    assert target.other_client.toolTip() == "The location has no other client."


def test_a_dry_run_says_so_and_leads_to_the_restore_with_the_same_choices(
    at_target: RestorePage, bridge: Bridge, gateway: MemoryGateway
) -> None:
    page = at_target
    page.last.target.directory.setText("/srv/back")
    page.last.target.rule_buttons[Overwrite.RENAME].click()
    page.next.click()
    page.last.check.dry_run.click()
    pump()
    assert page.step == RUN
    assert page.last.run.restore_now.isHidden()
    mine = gateway.history["Hamburg"][-1]
    ended = replace(mine, state=JobState.OK, start_time=NOW, end_time=NOW, message="2 files new")
    gateway.history["Hamburg"][-1] = ended
    report(bridge, ended)
    pump()
    assert page.last.run.state.text == "OK, dry run: 2 files new"
    assert not page.last.run.restore_now.isHidden()
    page.last.run.restore_now.click()
    pump()
    first, second = orders(gateway)
    assert first.dry_run
    assert second == replace(first, dry_run=False)
    assert page.last.run.restore_now.isHidden()


@pytest.mark.parametrize("dry_run", [True, False], ids=["dry run", "restore"])
def test_after_its_end_one_can_choose_otherwise(
    at_target: RestorePage, bridge: Bridge, gateway: MemoryGateway, dry_run: bool
) -> None:
    page = at_target
    page.last.target.directory.setText("/srv/back")
    page.next.click()
    page.last.check.dry_run.click() if dry_run else page.next.click()
    pump()
    assert page.last.run.again.isHidden()
    assert page.last.run.note.text in (READING, NO_LINES)
    ended = replace(gateway.history["Hamburg"][-1], state=JobState.OK, end_time=NOW)
    report(bridge, ended)
    pump()
    assert not page.last.run.again.isHidden()
    page.last.run.again.click()
    assert page.step == TARGET
    bridge.aged.emit()
    assert page.step == TARGET
    page.steps.step_chosen.emit(FILES)
    bridge.aged.emit()
    assert page.step == FILES


def test_a_dry_run_is_no_restore_in_any_list(page: RestorePage, gateway: MemoryGateway) -> None:
    order = RestoreOrder(SAVESET, (), b"/srv/back", dry_run=True)
    page.presenter.start(order)
    pump()
    row = page.presenter.row()
    assert row is not None
    done = replace(row, job=replace(row.job, state=JobState.OK, message="", end_time=NOW))
    assert message_text(done) == "Dry run: nothing was restored"
    assert state_text(done).endswith(", dry run")
    assert dict(job_facts(done, page.presenter.zone))["Kind"] == "Dry run: nothing was restored"
    assert done.job.kind is JobKind.RESTORE


def test_the_keyboard_comes_through_all_of_it(
    at_target: RestorePage, gateway: MemoryGateway, qtbot: QtBot
) -> None:
    page = at_target
    page.show()
    page.activateWindow()
    qtbot.waitUntil(page.isActiveWindow, timeout=4000)
    target = page.last.target
    target.original.setFocus()
    qtbot.keyClick(target.original, Qt.Key.Key_Space)
    assert target.original.isChecked()
    qtbot.keyClick(target.original, Qt.Key.Key_Down)
    assert target.elsewhere.isChecked()
    target.directory.setFocus()
    qtbot.keyClicks(target.directory, "/srv/back")
    rule = target.rule_buttons[Overwrite.IF_OLDER]
    rule.setFocus()
    qtbot.keyClick(rule, Qt.Key.Key_Down)
    assert target.rule is Overwrite.NEVER
    page.next.setFocus()
    qtbot.keyClick(page.next, Qt.Key.Key_Space)
    assert page.step == CHECK
    qtbot.keyClick(page.last.check.dry_run, Qt.Key.Key_Space)
    pump()
    [order] = orders(gateway)
    assert (order.target, order.overwrite, order.dry_run) == (b"/srv/back", Overwrite.NEVER, True)
    page.hide()
