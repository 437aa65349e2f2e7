"""A calendar page over three locations in memory, one of them dark."""

from collections.abc import Callable
from zoneinfo import ZoneInfo

import pytest
from pytestqt.qtbot import QtBot

from sesam_master.core.calendar import CalendarRow
from sesam_master.ui.bridge import Bridge
from sesam_master.ui.calendar.offers import CalendarVerbs
from sesam_master.ui.calendar.page import CalendarPage
from sesam_master.ui.theme import ThemeHolder
from tests.desk.calendar.site import NOW, SiteSource, row, sheet
from tests.desk.results.memory import bring_up, job, list_locations, take_down

NAMES = ("Boulder", "Hamburg", "Sevilla")
# November: 22 days that are over, today, a week to come.
LETTERS = {
    "home": "0" * 22 + "a" + "p" * 7,
    "mail": "0" * 20 + "1X" + "p" + "p" * 7,
    "archive": "." * 30,
}


@pytest.fixture
def source() -> SiteSource:
    rows = [row(name, letters) for name, letters in LETTERS.items()]
    return SiteSource(sheets={name: sheet(name, rows) for name in NAMES})


@pytest.fixture
def done() -> list[tuple[object, ...]]:
    return []


@pytest.fixture
def page(
    holder: ThemeHolder,
    bridge: Bridge,
    source: SiteSource,
    qtbot: QtBot,
    done: list[tuple[object, ...]],
) -> CalendarPage:
    list_locations(bridge, *NAMES)
    for name in NAMES:
        bring_up(bridge, name, [job(name, n, task=task) for n, task in enumerate(LETTERS)])
    take_down(bridge, "Sevilla")
    verbs = CalendarVerbs(
        lambda tasks: done.append(("start", *tasks)),
        lambda location_id, job_id: done.append(("job", location_id, job_id)),
    )
    made = CalendarPage(
        holder, bridge, source, verbs, zone=ZoneInfo("Europe/Berlin"), clock=lambda: NOW
    )
    qtbot.addWidget(made)
    made.resize(1280, 800)
    made.show()
    settle(qtbot, made)
    return made


def settle(qtbot: QtBot, page: CalendarPage) -> None:
    """Until the page shows what the presenters know."""
    wait: Callable[[], bool] = lambda: not page.presenter.is_behind  # noqa: E731
    qtbot.waitUntil(wait, timeout=3000)
    qtbot.waitUntil(lambda: not page.day.presenter.is_asking, timeout=3000)


def choose(page: CalendarPage, location: str, task: str, day: int, extends: bool = False) -> None:
    """Goes to the cell of a row; `day` counts from the first that is shown."""
    for line, shown in enumerate(page.sheet.view.lines):
        is_row = isinstance(shown, CalendarRow)
        if is_row and (shown.place.name, shown.row.name) == (location, task):
            page.sheet.choose((line, day), extends)
            return
    raise AssertionError(f"{task} of {location} is not seen.")
