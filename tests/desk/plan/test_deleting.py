"""Deleting what is planned: what it stops, and what cannot be deleted."""

import pytest

from sesam_master.core.plan import NEWDAY
from sesam_master.ui.plan.page import PlanPage
from sesam_master.ui.plan.rows import PlanKind
from tests.desk.plan.conftest import (
    EVENTS,
    GROUPS,
    SCHEDULES,
    choose,
    names,
    sent,
)
from tests.desk.results.memory import pump
from tests.fakes.gateway import FakeGateway


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
