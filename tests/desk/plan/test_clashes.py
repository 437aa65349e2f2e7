"""The editor warns where another event starts the same task at nearly the same time."""

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from pytestqt.qtbot import QtBot

from sesam_master.core.calendar_days import Occurrence
from sesam_master.core.errors import LocationError, Trouble
from sesam_master.core.plan import BackupAction, CommandAction, Event, Plan, Preview
from sesam_master.core.plan_clashes import Clash
from sesam_master.core.records import BackupType
from sesam_master.core.sheet import RowKind
from sesam_master.core.states import JobState
from sesam_master.ui.bridge import Bridge
from sesam_master.ui.objects.kinds import Drafts
from sesam_master.ui.plan.page import PlanPage
from sesam_master.ui.plan.rows import PlanKind
from sesam_master.ui.plan.warnings import clash_warning
from sesam_master.ui.theme import ThemeHolder
from tests.desk.plan.conftest import (
    HERE,
    NEXT,
    STARTS,
    changed_elsewhere,
    choose,
    show_page,
    site_plan,
)
from tests.desk.results.memory import NOW, bring_up, job, list_locations, pump
from tests.fakes.gateway import FakeGateway

BERLIN = ZoneInfo("Europe/Berlin")
AT = datetime(2026, 11, 28, 21, 0, tzinfo=UTC)  # Sat 22:00 in Berlin


def clash(minutes: float, run_minutes: float | None = None, mine: str = "home") -> Clash:
    other = AT + timedelta(minutes=minutes)
    run = timedelta(minutes=run_minutes) if run_minutes is not None else None
    return Clash("task-1", mine, AT, "saturday", other, run)


@pytest.mark.parametrize(
    ("found", "said"),
    [
        (
            clash(0),
            "Overlap: home and saturday start task-1 at the same time, first Sat 28 Nov 22:00.",
        ),
        (
            clash(-5),
            "Overlap: home and saturday start task-1 within 5 min, "
            "first Sat 28 Nov 21:55 and 22:00.",
        ),
        (
            clash(0.2, mine=""),
            "Overlap: this event and saturday start task-1 within 1 min, "
            "first Sat 28 Nov 22:00 and 22:00.",
        ),
        (
            clash(60, run_minutes=112),
            "Overlap: saturday starts task-1 while it still runs for home, first Sat 28 Nov 23:00: "
            "that run begins 22:00 and takes about 1 h 52 min.",
        ),
        (
            clash(-1320, run_minutes=1500),
            "Overlap: home starts task-1 while it still runs for saturday, first Sat 28 Nov 22:00: "
            "that run begins 00:00 and takes about 1 d 1 h.",
        ),
        (
            clash(180, run_minutes=240),
            "Overlap: saturday starts task-1 while it still runs for home, first Sun 29 Nov 01:00: "
            "that run begins Sat 28 Nov 22:00 and takes about 4 h.",
        ),
    ],
)
def test_both_events_and_the_first_time_are_named(found: Clash, said: str) -> None:
    assert clash_warning(found, BERLIN) == said


@dataclass
class PlannedGateway(FakeGateway):
    """A location that plans these, or does not say."""

    planned: list[Occurrence] = field(default_factory=list)
    silence: Exception | None = None

    async def occurrences(
        self, location_id: str, from_time: datetime, to_time: datetime
    ) -> list[Occurrence]:
        self._note("occurrences", location_id, from_time, to_time)
        if self.silence is not None:
            raise self.silence
        return [one for one in self.planned if from_time <= one.planned_time < to_time]

    @property
    def asked(self) -> list[tuple[object, ...]]:
        return [call[2:] for call in self.calls if call[0] == "occurrences"]


def planned(name: str, moment: datetime, task: str, event_id: str) -> Occurrence:
    return Occurrence(
        *(HERE, event_id, moment, name, RowKind.BACKUP, task, "fs", JobState.PLANNED, "2026-11-23"),
        type=BackupType.FULL,
    )


def plan_with_saturday() -> Plan:
    plan = site_plan()
    saturday = Event(
        "saturday", "weekly", BackupAction(BackupType.FULL, "task-1"), id="7", etag="1"
    )
    return replace(plan, events=(*plan.events, saturday))


@pytest.fixture
def gateway() -> PlannedGateway:
    """The event saturday starts task-1 five minutes after the second start of nightly."""
    return PlannedGateway(
        plans={HERE: plan_with_saturday()},
        preview=Preview(STARTS, frozenset()),
        planned=[
            planned("home", NEXT, "task-1", "2"),
            planned("saturday", NEXT + timedelta(days=1, minutes=5), "task-1", "7"),
        ],
    )


@pytest.fixture
def page(
    holder: ThemeHolder, bridge: Bridge, gateway: PlannedGateway, drafts: Drafts, qtbot: QtBot
) -> PlanPage:
    list_locations(bridge, HERE)
    bring_up(bridge, HERE, [job(HERE, number) for number in range(1, 4)])
    return show_page(holder, bridge, gateway, drafts, qtbot)


SAID = "Overlap: home and saturday start task-1 within 5 min, first Tue 24 Nov 20:00 and 20:05."


def warnings(page: PlanPage) -> list[str]:
    return [text for text in page.editor.warnings.sentences if "Overlap" in text or "known" in text]


def test_an_event_and_its_schedule_are_warned_about(page: PlanPage) -> None:
    choose(page, PlanKind.EVENTS, "home")
    assert warnings(page) == [SAID]
    choose(page, PlanKind.SCHEDULES, "nightly")  # of its group the event all starts task-1 too
    assert warnings(page) == [SAID.replace("home", "all")]
    choose(page, PlanKind.EVENTS, "report")
    assert warnings(page) == []


def test_it_goes_with_the_draft(page: PlanPage) -> None:
    choose(page, PlanKind.EVENTS, "home")
    draft = page.presenter.draft
    assert draft is not None
    page.presenter.edit(replace(draft.item, action=BackupAction(BackupType.INC, "task-3")))  # type: ignore[type-var]
    assert warnings(page) == []
    page.presenter.undo()
    assert warnings(page) == [SAID]
    page.presenter.edit(replace(draft.item, action=CommandAction("x")))  # type: ignore[type-var]
    assert warnings(page) == []


def test_the_location_is_asked_once_for_a_plan(
    page: PlanPage, gateway: PlannedGateway, bridge: Bridge
) -> None:
    for _ in range(3):
        choose(page, PlanKind.EVENTS, "home")
        choose(page, PlanKind.SCHEDULES, "nightly")
        choose(page, PlanKind.EVENTS, "all")
    # Five starts, one a day: no more than that is asked for.
    assert gateway.asked == [(NOW, NOW + timedelta(days=9))]

    changed_elsewhere(bridge)  # told, but nothing is other than before
    assert len(gateway.asked) == 1
    gateway.plans[HERE] = site_plan()
    gateway.planned.clear()
    changed_elsewhere(bridge)
    assert len(gateway.asked) == 2
    assert warnings(page) == []


def test_what_cannot_be_asked_is_not_passed_over(
    page: PlanPage, gateway: PlannedGateway, bridge: Bridge
) -> None:
    gateway.silence = LocationError(Trouble.NO_ANSWER, HERE)
    choose(page, PlanKind.EVENTS, "home")
    [said] = warnings(page)
    assert said.startswith("It is not known whether other events clash with it.")
    gateway.silence = None
    choose(page, PlanKind.EVENTS, "all")
    choose(page, PlanKind.EVENTS, "home")
    pump()
    assert warnings(page) == [SAID]
