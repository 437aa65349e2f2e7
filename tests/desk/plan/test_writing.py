"""Writing a plan: drafts, steps back, new ones, copies, and what is refused."""

from dataclasses import replace

from pytestqt.qtbot import QtBot

from sesam_master.core.errors import LocationError, Trouble
from sesam_master.core.plan import NEWDAY, BackupAction, Event, Schedule
from sesam_master.ui.bridge import Bridge
from sesam_master.ui.objects.kinds import Drafts
from sesam_master.ui.plan.page import PlanPage
from sesam_master.ui.theme import ThemeHolder
from tests.desk.plan.conftest import (
    EVENTS,
    GROUPS,
    HERE,
    SCHEDULES,
    choose,
    names,
    sent,
    show_page,
    texts,
    there,
)
from tests.desk.results.memory import bring_up, job, list_locations, pump
from tests.fakes.gateway import FakeGateway, Parked


def test_a_change_is_marked_sent_and_taken_over(page: PlanPage, gateway: FakeGateway) -> None:
    choose(page, SCHEDULES, "weekly")
    form = page.editor.schedule_form
    assert not page.editor.save.isEnabled()
    form.comment.setText("full")
    form.active.setChecked(False)
    pump()

    assert "weekly · edited" in names(page)
    assert page.editor.mark.text() == "edited, not saved"
    page.editor.save.click()
    pump()
    [change] = sent(gateway, "change_plan")
    assert isinstance(change, Schedule)
    assert (change.comment, change.active, change.etag) == ("full", False, "1")
    assert "weekly" in names(page)
    assert texts(page, "weekly")["state"] == "Off"
    assert not page.editor.save.isEnabled()


def test_steps_are_taken_back_also_behind_a_save(page: PlanPage, gateway: FakeGateway) -> None:
    choose(page, SCHEDULES, "weekly")
    form, editor = page.editor.schedule_form, page.editor
    form.comment.setText("a")
    form.comment.setText("ab")
    form.active.setChecked(False)
    editor.save.click()
    pump()
    editor.undo.click()
    assert (form.active.isChecked(), form.comment.text()) == (True, "ab")
    editor.undo.click()
    assert form.comment.text() == ""
    assert not editor.undo.isEnabled()
    editor.redo.click()
    assert form.comment.text() == "ab"
    editor.save.click()
    pump()
    last = sent(gateway, "change_plan")[-1]
    assert isinstance(last, Schedule)
    assert (last.comment, last.active, last.etag) == ("ab", True, "2")


def test_what_is_not_saved_stays_when_one_looks_elsewhere(page: PlanPage) -> None:
    choose(page, SCHEDULES, "weekly")
    page.editor.schedule_form.comment.setText("mine")
    choose(page, SCHEDULES, "nightly")
    assert page.editor.schedule_form.comment.text() == ""
    choose(page, EVENTS, "home")
    choose(page, SCHEDULES, "weekly")
    assert page.editor.schedule_form.comment.text() == "mine"
    page.editor.discard.click()
    assert page.editor.schedule_form.comment.text() == ""
    assert "weekly" in names(page)


def test_what_is_not_saved_outlives_the_tab(
    page: PlanPage,
    holder: ThemeHolder,
    bridge: Bridge,
    gateway: FakeGateway,
    drafts: Drafts,
    qtbot: QtBot,
) -> None:
    choose(page, SCHEDULES, "weekly")
    page.editor.schedule_form.comment.setText("mine")
    page.close()
    again = show_page(holder, bridge, gateway, drafts, qtbot)
    assert "weekly · edited" in names(again)
    choose(again, SCHEDULES, "weekly")
    assert again.editor.schedule_form.comment.text() == "mine"


def test_a_new_schedule_needs_a_name(page: PlanPage, gateway: FakeGateway) -> None:
    page.new_button.click()
    pump()
    assert page.editor.save.toolTip() == "It has no name yet."
    page.editor.schedule_form.name.setText("fresh")
    page.editor.save.click()
    pump()
    [made] = sent(gateway, "add_to_plan")
    assert (made.name, made.etag) == ("fresh", "")
    assert names(page) == ["fresh", NEWDAY, "nightly", "weekly"]
    assert not page.editor.schedule_form.name.isEnabled()


def test_a_new_one_that_is_discarded_leaves_nothing(page: PlanPage, drafts: Drafts) -> None:
    page.new_button.click()
    page.editor.discard.click()
    assert names(page) == [NEWDAY, "nightly", "weekly"]
    assert drafts == {}


def test_a_duplicate_has_a_name_of_its_own(page: PlanPage, gateway: FakeGateway) -> None:
    choose(page, EVENTS, "home")
    for _ in range(2):
        page.editor.duplicate.click()
        page.editor.save.click()
        pump()
        choose(page, EVENTS, "home")
    made = sent(gateway, "add_to_plan")
    assert [one.name for one in made] == ["home copy", "home copy 2"]
    assert all(
        isinstance(one, Event)
        and one.action == BackupAction(there(gateway, EVENTS, "home").action.type, "task-1")
        for one in made
    )  # type: ignore[union-attr]


def test_a_refusal_is_said_and_nothing_is_lost(page: PlanPage, gateway: FakeGateway) -> None:
    choose(page, GROUPS, "both")
    page.editor.group_form.comment.setText("mine")
    gateway.refused = LocationError(
        Trouble.REJECTED, HERE, "INVALID_ARGUMENT",
        {"field": "comment", "value": "mine", "expected": "another"},
    )  # fmt: skip
    page.editor.save.click()
    pump()
    assert page.editor.problem.text().startswith("Cannot save both at Hamburg. comment cannot be")
    assert page.editor.group_form.comment.text() == "mine"
    page.editor.save.click()
    pump()
    assert not page.editor.problem.isVisible()
    assert there(gateway, GROUPS, "both").comment == "mine"


def test_what_is_typed_while_it_is_saved_is_not_lost(
    holder: ThemeHolder, gateway: FakeGateway, qtbot: QtBot
) -> None:
    parked = Parked()
    bridge = Bridge(parked.submit)
    list_locations(bridge, HERE)
    bring_up(bridge, HERE, [job(HERE, 1)])
    page = show_page(holder, bridge, gateway, {}, qtbot)
    parked.questions.pop(0)(gateway.plans[HERE], None)
    pump()
    choose(page, SCHEDULES, "weekly")
    form = page.editor.schedule_form
    form.comment.setText("one")
    parked.questions.clear()
    page.editor.save.click()
    assert page.editor.save.toolTip() == "It is being saved."
    form.comment.setText("one two")
    sent_item = replace(there(gateway, SCHEDULES, "weekly"), comment="one", etag="2")  # type: ignore[arg-type]
    parked.questions.pop(0)(sent_item, None)
    pump()
    assert form.comment.text() == "one two"
    assert page.presenter.draft is not None
    assert (page.presenter.draft.is_dirty, page.presenter.draft.item.etag) == (True, "2")
    bridge.close()


def test_a_follow_up_can_be_chosen_after_it_was_looked_at(page: PlanPage) -> None:
    choose(page, EVENTS, "report")
    choose(page, EVENTS, "home")
    form = page.editor.event_form
    assert (form.follow_up.name(), form.problem) == ("report", "")
    form.follow_up.setEditText("home")
    assert form.problem == "There is no follow-up “home” here."
    form.follow_up.setEditText("all")
    assert page.editor.save.isEnabled()
