"""A results page over three locations, two of them live, for the tests of its parts."""

from datetime import date, timedelta
from zoneinfo import ZoneInfo

from pytestqt.qtbot import QtBot

from sesam_master.core.records import Job
from sesam_master.core.sheet import Sheet, Span
from sesam_master.core.states import JobState
from sesam_master.ui.bridge import Bridge
from sesam_master.ui.results.page import ResultsPage
from sesam_master.ui.results.rows import GroupRow, ResultRow
from sesam_master.ui.theme import ThemeHolder
from tests.desk.results.memory import (
    NOW,
    MemoryGateway,
    bring_up,
    job,
    list_locations,
    pump,
    take_down,
)

OPEN_DAYS = {"Boulder": date(2026, 11, 21), "Hamburg": date(2026, 11, 22)}


class SiteGateway(MemoryGateway):
    """Says which sesam day is open where."""

    async def sheet(self, location_id: str, first: date, last: date) -> Sheet:
        self._ask("sheet", location_id, first, last)
        open_day = OPEN_DAYS[location_id]
        return Sheet(location_id, Span(first, 1), (), open_day, None, 0, NOW)


def history(location_id: str) -> list[Job]:
    """Two runs of home and one of etc on each of three days, one of them failed, one at work."""
    jobs = []
    for number in range(9):
        day = date(2026, 11, 22) - timedelta(days=number // 3)
        state = JobState.ERROR if number == 4 else JobState.OK
        name = "etc" if number % 3 == 2 else "home"
        group = "nightly" if name == "home" else ""
        jobs.append(
            job(location_id, 20 - number, state, task=name, sesam_day=f"{day}", group=group)
        )
    return [*jobs, job(location_id, 30, JobState.ACTIVE, task="home", client="mx02")]


def open_page(
    holder: ThemeHolder, bridge: Bridge, gateway: MemoryGateway, qtbot: QtBot
) -> ResultsPage:
    """Boulder and Hamburg are live, Sevilla is broken."""
    list_locations(bridge, "Boulder", "Hamburg", "Sevilla")
    for name in ("Boulder", "Hamburg", "Sevilla"):
        gateway.history[name] = history(name)
        bring_up(bridge, name, gateway.history[name][-4:])
    take_down(bridge, "Sevilla")
    page = ResultsPage(
        holder,
        bridge,
        gateway,
        lambda *_call: None,
        lambda *_call: None,
        zone=ZoneInfo("Europe/Berlin"),
        clock=lambda: NOW,
    )
    qtbot.addWidget(page)
    page.resize(1040, 660)
    page.show()
    settle(qtbot, page)
    return page


def settle(qtbot: QtBot, page: ResultsPage) -> None:
    """Until nothing is on its way; a page may ask for the next one when it is shown."""
    for _ in range(5):
        pump()
        qtbot.waitUntil(lambda: not page.presenter.is_behind, timeout=3000)


def heads(page: ResultsPage) -> dict[str, str]:
    """The groups by title, each with its detail and its counts in words."""
    return {
        row.head.title: " ".join(
            [row.head.detail, *(f"{state}:{count}" for state, count in row.head.counts)]
        )
        for row in page.model.records
        if isinstance(row, GroupRow) and not row.is_end
    }


def inside(page: ResultsPage) -> list[tuple[str, str]]:
    """The results that are shown, by location and id."""
    return [row.job.key for row in page.model.records if isinstance(row, ResultRow)]
