"""What stands against a change: a dark location, a role, NEWDAY, a plan that nobody confirms."""

from dataclasses import replace

import pytest
from pytestqt.qtbot import QtBot

from sesam_master.core.errors import LocationError, Trouble
from sesam_master.core.plan import NEWDAY, Schedule
from sesam_master.core.records import Role
from sesam_master.ui.bridge import Bridge
from sesam_master.ui.plan.page import PlanPage
from sesam_master.ui.theme import ThemeHolder
from tests.desk.plan.conftest import (
    EVENTS,
    HERE,
    SCHEDULES,
    STARTS,
    changed_elsewhere,
    choose,
    names,
    sent,
    show_page,
    texts,
)
from tests.desk.results.memory import bring_up, job, pump, take_down
from tests.fakes.gateway import FakeGateway


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
