"""Pages of how Hamburg has grown, whose agent is a gateway in memory."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from pytestqt.qtbot import QtBot

from sesam_master.core.components import DataStore
from sesam_master.core.history import GrowthDay, StoreSample
from sesam_master.ui.bridge import Bridge
from sesam_master.ui.growth.page import GrowthPage
from sesam_master.ui.plots.chart import Chart
from sesam_master.ui.theme import ThemeHolder
from tests.desk.results.memory import NOW, bring_up, job, list_locations, pump
from tests.fakes.components import new_site
from tests.fakes.gateway import FakeGateway

HERE = "Hamburg"
BERLIN = ZoneInfo("Europe/Berlin")
TODAY = NOW.astimezone(BERLIN).date()
GB = 10**9
TB = 1000 * GB
STORE = DataStore(
    "Store_1",
    b"/srv/sesam/store",
    95,
    etag="1",
    capacity_bytes=2 * TB,
    free_bytes=790 * GB,
    stored_bytes=605 * GB,
    full_day=(TODAY + timedelta(40)).isoformat(),
    trend_bytes=1220 * GB,
    trend_per_day=17 * GB,
)
OTHER = replace(
    STORE, name="usb", full_day="", forecast_note="3 days of history, 7 needed", trend_bytes=None,
    trend_per_day=None,
)  # fmt: skip


def samples(store: str, days: int) -> tuple[StoreSample, ...]:
    """One a day, the last today: 10 GB more each day, and 40 GB less every fifth."""
    found = []
    for number in range(days):
        day = TODAY - timedelta(days - 1 - number)
        used = (1000 + 10 * number - 40 * (number // 5)) * GB
        moment = datetime.combine(day, time(6), BERLIN)
        found.append(StoreSample(store, day, moment, 2 * TB, 2 * TB - used, used // 2))
    return tuple(found)


def growth(days: int) -> tuple[GrowthDay, ...]:
    """The last one today; on Sundays there is no backup."""
    found = []
    for number in range(days):
        day = TODAY - timedelta(days - 1 - number)
        size = (20 + number % 7 * 5) * GB
        made = GrowthDay(day, 8, 41_000, size, size // 3, timedelta(minutes=10 + number % 3))
        if day.weekday() < 6:
            found.append(made)
    return tuple(found)


assert Chart  # imported by now, so that no test waits for it


@pytest.fixture
def gateway() -> FakeGateway:
    site = replace(new_site(HERE), stores=(STORE, OTHER), as_of=NOW)
    return FakeGateway(
        sites={HERE: site},
        samples={HERE: samples("Store_1", 90) + samples("usb", 3)},
        grown={HERE: growth(90)},
    )


@pytest.fixture
def open_page(
    holder: ThemeHolder, bridge: Bridge, gateway: FakeGateway, qtbot: QtBot
) -> Callable[[], GrowthPage]:
    def show() -> GrowthPage:
        page = GrowthPage(
            holder, bridge, gateway, HERE, zone=ZoneInfo("Asia/Tokyo"), clock=lambda: NOW
        )
        qtbot.addWidget(page)
        page.resize(1044, 660)
        page.show()
        pump()
        return page

    list_locations(bridge, HERE)
    bring_up(bridge, HERE, [job(HERE, 1)])
    return show


@pytest.fixture
def page(open_page: Callable[[], GrowthPage]) -> GrowthPage:
    return open_page()
