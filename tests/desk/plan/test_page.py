"""The page Scheduling of a location in memory: what it shows, sends, and refuses."""

from dataclasses import replace
from datetime import timedelta

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QPushButton
from pytestqt.qtbot import QtBot

from sesam_master.core.errors import LocationError, Trouble
from sesam_master.core.plan import NEWDAY, BackupAction, Event, Planned, Remark, Schedule, TaskGroup
from sesam_master.core.records import Role
from sesam_master.ui.bridge import Bridge
from sesam_master.ui.plan.listing import Drafts
from sesam_master.ui.plan.page import PlanPage
from sesam_master.ui.plan.rows import PlanKind
from sesam_master.ui.theme import ThemeHolder
from tests.desk.plan.conftest import (
    HERE,
    STARTS,
    changed_elsewhere,
    choose,
    names,
    show_page,
    texts,
)
from tests.desk.results.memory import NOW, bring_up, job, list_locations, pump, take_down
from tests.fakes.gateway import FakeGateway, Parked
from tests.fakes.plan import empty_plan, nightly

SCHEDULES, EVENTS, GROUPS = PlanKind.SCHEDULES, PlanKind.EVENTS, PlanKind.GROUPS


def sent(gateway: FakeGateway, call: str) -> list[Planned]:
    """What a call was asked with, oldest first."""
    return [one[2] for one in gateway.calls if one[0] == call]  # type: ignore[misc]


def there(gateway: FakeGateway, kind: PlanKind, name: str) -> Planned:
    """The object as the location has it."""
    field = {SCHEDULES: "schedules", EVENTS: "events", GROUPS: "groups"}[kind]
    return next(one for one in getattr(gateway.plans[HERE], field) if one.name == name)


def change_there(gateway: FakeGateway, item: Planned) -> None:
    """Somebody else changes it."""
    gateway._put(HERE, item, str(int(item.etag) + 1))


# -- the lists


def test_schedules_say_when_in_words_and_in_two_times(page: PlanPage) -> None:
    assert names(page) == [NEWDAY, "nightly", "weekly"]
    row = texts(page, "nightly")
    assert (row["rule"], row["state"], row["users"]) == ("Weekdays at 20:00", "Planned", "2 events")
    assert (row["next_site"], row["next_mine"]) == ("Mon 23 Nov 20:00", "Tue 24 Nov 04:00")
    assert texts(page, "weekly")["state"] == "No start"


def test_events_say_what_they_start(page: PlanPage) -> None:
    page.show_kind(EVENTS)
    assert names(page) == ["all", "home", NEWDAY, "report"]
    row = texts(page, "home")
    wanted = ("Backup", "task-1", "I", "nightly", "5", "report")
    keys = ("kind", "object", "type", "schedule", "priority", "follow_up")
    assert tuple(row[key] for key in keys) == wanted
    assert texts(page, "all")["object"] == "both (group)"


def test_groups_have_their_tasks_in_order(page: PlanPage) -> None:
    page.show_kind(GROUPS)
    assert texts(page, "both")["tasks"] == "task-2, task-1"
    assert texts(page, "none")["count"] == "0"


def test_the_filter_looks_into_rules_and_objects(page: PlanPage) -> None:
    page.filter_field.setText("saturday")
    assert names(page) == ["weekly"]
    page.show_kind(EVENTS)
    page.filter_field.setText("both")
    assert names(page) == ["all"]
    page.filter_field.setText("nowhere")
    assert page.empty.isVisible()
    assert "nowhere" in page.empty.content.headline
    page.empty.triggered.emit("clear")
    assert len(names(page)) == 4


def test_an_empty_list_offers_what_would_fill_it(
    page: PlanPage, gateway: FakeGateway, bridge: Bridge
) -> None:
    gateway.plans[HERE] = empty_plan(HERE)
    changed_elsewhere(bridge)
    page.show_kind(GROUPS)
    assert page.empty.content.headline == "Hamburg has no task groups"
    page.empty.triggered.emit("new")
    assert names(page) == ["New task group · new"]


# -- writing


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


# -- deleting


def test_deleting_asks_what_it_stops(page: PlanPage, gateway: FakeGateway) -> None:
    choose(page, EVENTS, "home")
    page.editor.delete.click()
    strip = page.editor.confirm
    assert strip.question.text() == "Delete the event home at Hamburg?"
    assert "the start of Mon 23 Nov 20:00 and all after it are off" in strip.consequence.text()
    strip.keep.click()
    assert sent(gateway, "remove_from_plan") == []
    page.editor.delete.click()
    strip.go.click()
    pump()
    assert [one.name for one in sent(gateway, "remove_from_plan")] == ["home"]
    assert names(page) == ["all", NEWDAY, "report"]


@pytest.mark.parametrize(
    ("kind", "name", "reason"),
    [
        (SCHEDULES, "nightly", "nightly is used by all, home."),
        (EVENTS, "report", "report is the follow-up of home."),
        (GROUPS, "both", "both is started by all."),
        (SCHEDULES, NEWDAY, "NEWDAY ends the sesam day."),
        (EVENTS, NEWDAY, "NEWDAY ends the sesam day."),
    ],
)
def test_what_is_needed_cannot_be_deleted(
    page: PlanPage, kind: PlanKind, name: str, reason: str
) -> None:
    choose(page, kind, name)
    assert not page.editor.delete.isEnabled()
    assert page.editor.delete.toolTip().startswith(reason)


# -- somebody else


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
    assert strip.heading.text() == "weekly was deleted at Hamburg meanwhile."
    strip.mine.click()
    page.editor.save.click()
    pump()
    [made] = sent(gateway, "add_to_plan")
    assert (made.name, made.comment) == ("weekly", "mine")


# -- what stands against it


def test_a_dark_location_shows_what_was_known_and_takes_nothing(
    page: PlanPage, gateway: FakeGateway, bridge: Bridge
) -> None:
    choose(page, SCHEDULES, "nightly")
    gateway.plans[HERE] = replace(gateway.plans[HERE], is_kept=True)
    take_down(bridge, HERE)
    pump()
    assert "Hamburg is broken" in page.banner.accessibleName()
    row = texts(page, "nightly")
    assert (row["state"], row["next_site"]) == ("Unknown", "?")
    assert not page.new_button.isEnabled()
    assert not page.editor.schedule_form.comment.isEnabled()
    assert "Hamburg is broken" in page.editor.save.toolTip()
    choose(page, SCHEDULES, "weekly")
    assert page.editor.starts.nothing.text().startswith("Unknown. Hamburg is broken")


def test_a_location_that_was_never_known_says_so(
    page: PlanPage, gateway: FakeGateway, bridge: Bridge, holder: ThemeHolder, qtbot: QtBot
) -> None:
    gateway.failure = LocationError(Trouble.UNREACHABLE, HERE)
    again = show_page(holder, bridge, gateway, {}, qtbot)
    assert again.empty.content.headline == "Cannot read the plan at Hamburg."
    gateway.failure = None
    again.empty.triggered.emit("again")
    pump()
    assert names(again) == [NEWDAY, "nightly", "weekly"]


@pytest.mark.parametrize("role", [Role.MONITOR, Role.OPERATOR])
def test_who_may_only_look_is_told_so(
    page: PlanPage, gateway: FakeGateway, bridge: Bridge, role: Role
) -> None:
    bring_up(bridge, HERE, [job(HERE, 1)], role)
    choose(page, SCHEDULES, "nightly")
    assert f"the role {role} at Hamburg" in page.banner.accessibleName()
    assert not page.editor.schedule_form.comment.isEnabled()
    assert not page.editor.delete.isEnabled()
    assert len(page.editor.starts.model.records) == len(STARTS)


def test_newday_moves_and_nothing_else(page: PlanPage, gateway: FakeGateway) -> None:
    choose(page, SCHEDULES, NEWDAY)
    form = page.editor.schedule_form
    fixed = (form.active, form.last_on, form.window_field, form.name)
    assert [field.isEnabled() for field in fixed] == [False] * 4
    assert all("NEWDAY" in field.toolTip() for field in fixed[:3])
    assert form.newday.isVisible()
    form.start.setTime(form.start.time().addSecs(3600))
    page.editor.save.click()
    pump()
    [moved] = sent(gateway, "change_plan")
    assert isinstance(moved, Schedule)
    assert (moved.name, moved.start_time.hour) == (NEWDAY, 9)
    choose(page, EVENTS, NEWDAY)
    event = page.editor.event_form
    fixed = (event.active, event.schedule, event.priority, event.kind)
    assert [field.isEnabled() for field in fixed] == [False] * 4
    assert event.comment.isEnabled()


# -- the coming starts


def test_starts_are_in_both_times_with_their_sesam_day(page: PlanPage) -> None:
    choose(page, SCHEDULES, "nightly")
    row = page.editor.starts.model.records[0]
    assert (row.site, row.mine, row.day) == (
        "Mon 23 Nov 20:00 CET",
        "Tue 24 Nov 04:00 JST",
        "Mon 23 Nov",
    )
    assert row.note == "other date here"


def test_the_preview_waits_for_a_pause(page: PlanPage, gateway: FakeGateway, qtbot: QtBot) -> None:
    choose(page, SCHEDULES, "nightly")
    gateway.calls.clear()
    for minute in range(10):
        page.editor.schedule_form.start.setTime(page.editor.schedule_form.start.time().addSecs(60))
        assert sent(gateway, "preview_schedule") == [], minute
    qtbot.waitUntil(lambda: bool(sent(gateway, "preview_schedule")), timeout=3000)
    [asked] = sent(gateway, "preview_schedule")
    assert isinstance(asked, Schedule)
    assert (asked.start_time.hour, asked.start_time.minute) == (20, 10)


def test_warnings_come_with_the_preview(page: PlanPage, gateway: FakeGateway) -> None:
    gateway.preview = replace(gateway.preview, remarks=frozenset({Remark.NO_EVENT}))
    choose(page, SCHEDULES, "weekly")
    assert page.editor.warnings.sentences == [
        "No event uses it: nothing is started at these times."
    ]
    choose(page, GROUPS, "both")
    assert page.editor.warnings.sentences == []


def test_a_schedule_that_cannot_be_is_not_sent(page: PlanPage, gateway: FakeGateway) -> None:
    about = {"field": "rule", "value": "FREQ=X", "expected": "a rule"}

    async def refuse(location_id: str, schedule: Schedule) -> None:
        raise LocationError(Trouble.REJECTED, location_id, "INVALID_ARGUMENT", about)

    gateway.preview_schedule = refuse  # type: ignore[assignment,method-assign]
    choose(page, SCHEDULES, "weekly")
    page.editor.schedule_form.comment.setText("x")
    assert page.editor.warnings.sentences[0] == "rule cannot be “FREQ=X”. Expected: a rule."
    assert not page.editor.save.isEnabled()


def test_an_event_shows_the_starts_of_its_schedule(page: PlanPage, gateway: FakeGateway) -> None:
    choose(page, EVENTS, "home")
    assert sent(gateway, "preview_schedule")[-1].name == "nightly"
    assert len(page.editor.starts.model.records) == len(STARTS)
    choose(page, EVENTS, "report")
    assert "the event before it has ended" in page.editor.starts.nothing.text()


# -- keys, and many


def test_the_page_works_by_keyboard(page: PlanPage, gateway: FakeGateway, qtbot: QtBot) -> None:
    page.activateWindow()
    page.table.setFocus()
    for _ in names(page):
        qtbot.keyClick(page.table, Qt.Key.Key_Down)
    pump()
    assert page.editor.heading.text == "weekly"
    qtbot.keyClick(page.table, Qt.Key.Key_Return)
    form = page.editor.schedule_form
    form.comment.setFocus()
    qtbot.keyClicks(form.comment, "keys")
    qtbot.keyClick(form.comment, Qt.Key.Key_S, Qt.KeyboardModifier.ControlModifier)
    pump()
    assert there(gateway, SCHEDULES, "weekly").comment == "keys"  # type: ignore[union-attr]
    page.table.setFocus()
    qtbot.keyClick(page.table, Qt.Key.Key_Delete)
    assert page.editor.confirm.isVisible()
    qtbot.keyClick(page.editor.confirm.keep, Qt.Key.Key_Escape)
    assert not page.editor.confirm.isVisible()
    assert page.table.hasFocus()
    qtbot.keyClick(page.table, Qt.Key.Key_Insert)
    assert "New schedule · new" in names(page)


def test_every_button_says_what_it_does_or_why_not(page: PlanPage) -> None:
    choose(page, SCHEDULES, "nightly")
    buttons = page.editor.findChildren(QPushButton)
    silent = [b.text() for b in buttons if b.isVisible() and not b.isEnabled() and not b.toolTip()]
    assert silent == []


def test_two_thousand_of_each(page: PlanPage, gateway: FakeGateway, bridge: Bridge) -> None:
    numbers = range(2000)
    plan = gateway.plans[HERE]
    action = BackupAction(None, "task-1")
    gateway.plans[HERE] = replace(
        plan,
        schedules=tuple(nightly(f"s{n:04}", etag="1") for n in numbers),
        events=tuple(Event(f"e{n:04}", f"s{n:04}", action, etag="1") for n in numbers),
        groups=tuple(TaskGroup(f"g{n:04}", ("task-1",), etag="1") for n in numbers),
    )
    changed_elsewhere(bridge)
    for kind in PlanKind:
        page.show_kind(kind)
        assert len(names(page)) == 2000
    choose(page, SCHEDULES, "s1999")
    before = {row.key: row for row in page.presenter.rows()}
    page.editor.schedule_form.comment.setText("x")
    after = {row.key: row for row in page.presenter.rows()}
    assert [key for key, row in after.items() if row is not before[key]] == [(SCHEDULES, "s1999")]


def test_the_focus_stays_on_the_page(page: PlanPage, qtbot: QtBot) -> None:
    page.activateWindow()
    choose(page, SCHEDULES, "weekly")
    page.editor.schedule_form.comment.setText("x")
    page.editor.save.setFocus()
    page.editor.save.click()
    pump()
    assert page.table.hasFocus()
    page.editor.schedule_form.comment.setFocus()
    qtbot.keyClick(page.editor.schedule_form.comment, Qt.Key.Key_Escape)
    assert page.table.hasFocus()


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


def test_a_plan_that_nobody_confirms_is_unknown(
    page: PlanPage, gateway: FakeGateway, bridge: Bridge
) -> None:
    gateway.failure = LocationError(Trouble.INTERNAL, HERE)
    changed_elsewhere(bridge)
    assert texts(page, "nightly")["state"] == "Unknown"
    assert "Cannot read the plan at Hamburg." in page.banner.accessibleName()
    gateway.failure = None
    page.refresh()
    pump()
    assert texts(page, "nightly")["state"] == "Planned"
    assert not page.banner.isVisible()


def test_a_start_that_has_passed_is_asked_for_again(
    page: PlanPage, gateway: FakeGateway, bridge: Bridge
) -> None:
    gateway.calls.clear()
    bridge.aged.emit()
    assert ("plan", HERE) not in gateway.calls
    late = replace(there(gateway, SCHEDULES, "nightly"), next_time=NOW - timedelta(seconds=1))  # type: ignore[arg-type]
    change_there(gateway, late)
    page.presenter._asked_at = None
    page.refresh()
    pump()
    gateway.calls.clear()
    page.presenter._asked_at = NOW - timedelta(minutes=1)
    bridge.aged.emit()
    assert ("plan", HERE) in gateway.calls


def test_a_preview_that_is_not_answered_is_unknown_and_hinders_nothing(
    page: PlanPage, gateway: FakeGateway, bridge: Bridge
) -> None:
    choose(page, SCHEDULES, "weekly")
    page.editor.schedule_form.comment.setText("x")
    gateway.failure = LocationError(Trouble.UNREACHABLE, HERE)
    page.editor.undo.click()
    page.editor.redo.click()
    pump()
    assert page.editor.starts.nothing.text().startswith("Unknown. There is no connection")
    assert page.editor.save.isEnabled()
    gateway.failure = None
    plan = gateway.plans[HERE]
    gateway.plans[HERE] = replace(plan, is_kept=True)
    take_down(bridge, HERE)
    pump()
    gateway.plans[HERE] = plan
    bring_up(bridge, HERE, [job(HERE, 1)])
    pump()
    assert len(page.editor.starts.model.records) == len(STARTS)
    assert page.editor.schedule_form.comment.text() == "x"


def test_a_follow_up_can_be_chosen_after_it_was_looked_at(page: PlanPage) -> None:
    choose(page, EVENTS, "report")
    choose(page, EVENTS, "home")
    form = page.editor.event_form
    assert (form.follow_up.name(), form.problem) == ("report", "")
    form.follow_up.setEditText("home")
    assert form.problem == "There is no follow-up “home” here."
    form.follow_up.setEditText("all")
    assert page.editor.save.isEnabled()
