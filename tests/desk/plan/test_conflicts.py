"""Somebody else changes the plan meanwhile: two versions, and which of them counts."""

from dataclasses import replace

from sesam_master.ui.bridge import Bridge
from sesam_master.ui.plan.page import PlanPage
from tests.desk.plan.conftest import (
    HERE,
    SCHEDULES,
    change_there,
    changed_elsewhere,
    choose,
    sent,
    there,
)
from tests.desk.results.memory import pump
from tests.fakes.gateway import FakeGateway


def test_a_change_elsewhere_is_shown_at_once(
    page: PlanPage, gateway: FakeGateway, bridge: Bridge
) -> None:
    choose(page, SCHEDULES, "weekly")
    change_there(gateway, replace(there(gateway, SCHEDULES, "weekly"), comment="theirs"))  # type: ignore[arg-type]
    changed_elsewhere(bridge)
    assert page.editor.schedule_form.comment.text() == "theirs"
    assert not page.editor.conflict.isVisible()


def conflict(page: PlanPage, gateway: FakeGateway) -> None:
    """Both change the comment; ours is sent without knowing of theirs."""
    choose(page, SCHEDULES, "weekly")
    page.editor.schedule_form.comment.setText("mine")
    change_there(gateway, replace(there(gateway, SCHEDULES, "weekly"), comment="theirs"))  # type: ignore[arg-type]
    page.editor.save.click()
    pump()


def test_two_versions_stand_side_by_side(page: PlanPage, gateway: FakeGateway) -> None:
    conflict(page, gateway)
    strip = page.editor.conflict
    assert strip.isVisible()
    assert strip.shown_lines == [("", "At Hamburg now", "Yours"), ("Comment", "theirs", "mine")]
    assert not page.editor.save.isEnabled()
    assert there(gateway, SCHEDULES, "weekly").comment == "theirs"  # type: ignore[union-attr]


def test_mine_replaces_theirs_when_a_person_says_so(page: PlanPage, gateway: FakeGateway) -> None:
    conflict(page, gateway)
    page.editor.conflict.mine.click()
    assert not page.editor.conflict.isVisible()
    page.editor.save.click()
    pump()
    assert there(gateway, SCHEDULES, "weekly").comment == "mine"  # type: ignore[union-attr]


def test_theirs_is_taken_and_mine_can_be_brought_back(page: PlanPage, gateway: FakeGateway) -> None:
    conflict(page, gateway)
    page.editor.conflict.theirs.click()
    assert page.editor.schedule_form.comment.text() == "theirs"
    assert not page.editor.save.isEnabled()
    page.editor.undo.click()
    assert page.editor.schedule_form.comment.text() == "mine"
    assert page.editor.save.isEnabled()


def test_what_was_deleted_elsewhere_can_be_made_again(
    page: PlanPage, gateway: FakeGateway, bridge: Bridge
) -> None:
    choose(page, SCHEDULES, "weekly")
    page.editor.schedule_form.comment.setText("mine")
    gone = there(gateway, SCHEDULES, "weekly")
    plan = gateway.plans[HERE]
    gateway.plans[HERE] = replace(plan, schedules=tuple(s for s in plan.schedules if s is not gone))
    changed_elsewhere(bridge)
    strip = page.editor.conflict
    assert strip.heading.text() == "The schedule weekly was deleted at Hamburg meanwhile."
    strip.mine.click()
    page.editor.save.click()
    pump()
    [made] = sent(gateway, "add_to_plan")
    assert (made.name, made.comment) == ("weekly", "mine")
