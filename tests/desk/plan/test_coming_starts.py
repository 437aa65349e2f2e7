"""The coming starts beside what is written, and the warnings that come with them."""

from dataclasses import replace
from datetime import timedelta

from pytestqt.qtbot import QtBot

from sesam_master.core.errors import LocationError, Trouble
from sesam_master.core.plan import Remark, Schedule
from sesam_master.ui.bridge import Bridge
from sesam_master.ui.plan.page import PlanPage
from tests.desk.plan.conftest import (
    EVENTS,
    GROUPS,
    HERE,
    SCHEDULES,
    STARTS,
    change_there,
    choose,
    sent,
    there,
)
from tests.desk.results.memory import NOW, bring_up, job, pump, take_down
from tests.fakes.gateway import FakeGateway


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
