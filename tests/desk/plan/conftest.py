"""A page of the plan of Hamburg, whose agent is a gateway in memory."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from pytestqt.qtbot import QtBot

from sesam_master.core.calendar_source import PlanChanged
from sesam_master.core.fleet import ObjectsChanged
from sesam_master.core.plan import (
    BackupAction,
    CommandAction,
    Event,
    Plan,
    Planned,
    Preview,
    Schedule,
    Start,
    TaskGroup,
)
from sesam_master.core.records import BackupType
from sesam_master.ui.bridge import Bridge
from sesam_master.ui.objects.kinds import Drafts
from sesam_master.ui.plan.page import PlanPage
from sesam_master.ui.plan.rows import PlanKind
from sesam_master.ui.theme import ThemeHolder
from tests.desk.results.memory import NOW, bring_up, job, list_locations, pump
from tests.fakes.gateway import FakeGateway
from tests.fakes.plan import empty_plan, nightly

HERE = "Hamburg"
NEXT = datetime(2026, 11, 23, 19, 0, tzinfo=UTC)
STARTS = tuple(
    Start(NEXT + timedelta(days=day), clock_change=False, sesam_day=f"2026-11-{23 + day}")
    for day in range(5)
)


def site_plan() -> Plan:
    """Two schedules beside NEWDAY, three events, two groups."""
    plan = empty_plan(HERE)
    weekly = Schedule("weekly", "FREQ=WEEKLY;BYDAY=SA", time(22), date(2026, 1, 1), etag="1")
    home = BackupAction(BackupType.INC, "task-1")
    events = (
        Event("home", "nightly", home, 5, follow_up="report", id="2", etag="1", next_time=NEXT),
        Event("report", "", CommandAction("report"), id="3", etag="1"),
        Event("all", "nightly", BackupAction(BackupType.FULL, group="both"), id="4", etag="1"),
    )
    groups = (TaskGroup("both", ("task-2", "task-1"), etag="1"), TaskGroup("none", etag="1"))
    return Plan(
        HERE,
        (*plan.schedules, nightly(etag="1", next_time=NEXT), weekly),
        tuple(sorted((*plan.events, *events), key=lambda event: event.name)),
        groups,
        plan.drives,
        NOW,
    )


@pytest.fixture
def gateway() -> FakeGateway:
    return FakeGateway(plans={HERE: site_plan()}, preview=Preview(STARTS, frozenset()))


@pytest.fixture
def drafts() -> Drafts:
    return {}


@pytest.fixture
def page(
    holder: ThemeHolder, bridge: Bridge, gateway: FakeGateway, drafts: Drafts, qtbot: QtBot
) -> PlanPage:
    list_locations(bridge, HERE)
    bring_up(bridge, HERE, [job(HERE, number) for number in range(1, 4)])
    return show_page(holder, bridge, gateway, drafts, qtbot)


def show_page(
    holder: ThemeHolder, bridge: Bridge, gateway: FakeGateway, drafts: Drafts, qtbot: QtBot
) -> PlanPage:
    """The site is in Berlin, the desk in Tokyo."""
    page = PlanPage(
        *(holder, bridge, gateway, HERE, drafts), zone=ZoneInfo("Asia/Tokyo"), clock=lambda: NOW
    )
    qtbot.addWidget(page)
    page.resize(1044, 660)
    page.show()
    pump()
    return page


def choose(page: PlanPage, kind: PlanKind, name: str) -> None:
    """A row, as a click on it does."""
    page.show_kind(kind)
    assert page.table.select_key((kind, name)), f"there is no row {name}"
    pump()


def changed_elsewhere(bridge: Bridge) -> None:
    """The watch tells that the plan is another."""
    event = ObjectsChanged(HERE, NOW, is_plan_changed=True)
    assert event.calendar_events() == [PlanChanged(HERE)]
    bridge.deliver(event)
    bridge.drain()
    pump()


def names(page: PlanPage) -> list[str]:
    """The names in the list in front, in its order."""
    model = page.table.model()
    return [str(model.index(row, _column(page, "name")).data()) for row in range(model.rowCount())]


def texts(page: PlanPage, name: str) -> dict[str, str]:
    """The texts of a row by the keys of the columns."""
    model = page.table.model()
    row = names(page).index(name)
    keys = [column.key for column in model.columns]  # type: ignore[attr-defined]
    return {key: str(model.index(row, place).data()) for place, key in enumerate(keys)}


def _column(page: PlanPage, key: str) -> int:
    return [column.key for column in page.table.model().columns].index(key)  # type: ignore[attr-defined]


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
