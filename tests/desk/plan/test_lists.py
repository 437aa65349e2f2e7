"""The lists of a plan: what each row says, what is found, and what an empty one offers."""

from dataclasses import replace

from sesam_master.core.plan import NEWDAY, BackupAction, Event, TaskGroup
from sesam_master.ui.bridge import Bridge
from sesam_master.ui.plan.page import PlanPage
from sesam_master.ui.plan.rows import PlanKind
from tests.desk.plan.conftest import (
    EVENTS,
    GROUPS,
    HERE,
    SCHEDULES,
    changed_elsewhere,
    choose,
    names,
    texts,
)
from tests.fakes.gateway import FakeGateway
from tests.fakes.plan import empty_plan, nightly


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
