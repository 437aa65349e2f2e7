"""The day of a head over many locations: all of them are asked, and who is missing is said."""

from zoneinfo import ZoneInfo

from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from sesam_master.core.calendar import CalendarRow, Group, Grouping
from sesam_master.core.calendar_source import CellsChanged
from sesam_master.core.errors import Trouble
from sesam_master.core.sheet import CellChange, RowKind
from sesam_master.core.states import JobState
from sesam_master.ui.bridge import Bridge
from sesam_master.ui.calendar.offers import CalendarVerbs
from sesam_master.ui.calendar.page import CalendarPage
from sesam_master.ui.theme import ThemeHolder
from tests.desk.calendar.conftest import settle
from tests.desk.calendar.site import NOW, OPEN_DAY, SiteSource, occurrence, row, sheet
from tests.desk.results.memory import bring_up, job, list_locations, take_down

SITES = tuple(f"Site {number:02d}" for number in range(60))
SUNDAY = 21


def _page(holder: ThemeHolder, bridge: Bridge, source: SiteSource, qtbot: QtBot) -> CalendarPage:
    list_locations(bridge, *SITES)
    for name in SITES:
        bring_up(bridge, name, [job(name, 1, task="home")])
    verbs = CalendarVerbs(lambda _tasks: None, lambda _location, _job: None)
    page = CalendarPage(
        holder, bridge, source, verbs, zone=ZoneInfo("Europe/Berlin"), clock=lambda: NOW
    )
    qtbot.addWidget(page)
    page.resize(1280, 800)
    page.show()
    page.presenter.set_grouping(Grouping.CLIENT)
    settle(qtbot, page)
    head = next(n for n, line in enumerate(page.sheet.view.lines) if isinstance(line, Group))
    page.sheet.choose((head, SUNDAY))
    settle(qtbot, page)
    return page


def _source() -> SiteSource:
    rows = [row("home", "0" * 30)]
    return SiteSource(
        sheets={name: sheet(name, rows) for name in SITES},
        runs={name: [occurrence(name, "home", 21)] for name in SITES},
    )


def _words(page: CalendarPage) -> list[str]:
    return [widget.accessibleName() for widget in page.day.list.findChildren(QWidget)]


def test_a_head_asks_all_of_its_locations_and_names_how_many_answered(
    holder: ThemeHolder, bridge: Bridge, qtbot: QtBot
) -> None:
    source = _source()
    page = _page(holder, bridge, source, qtbot)
    assert set(source.asked("occurrences")) == set(SITES)
    assert len(page.day.presenter.rows()) == 60
    assert "60 of 60 locations" in _words(page)

    source.troubles["Site 59"] = Trouble.NO_ANSWER
    page.day.presenter.refresh()
    settle(qtbot, page)
    assert "59 of 60 locations" in _words(page)


def test_what_happens_at_one_location_asks_this_one_again(
    holder: ThemeHolder, bridge: Bridge, qtbot: QtBot
) -> None:
    source = _source()
    page = _page(holder, bridge, source, qtbot)
    source.calls.clear()
    told = CellChange(RowKind.BACKUP, "home", "fs-01", OPEN_DAY, JobState.OK, 1)
    page.presenter.take(CellsChanged("Site 07", (told,), 9, NOW))
    settle(qtbot, page)
    assert source.asked("occurrences") == ["Site 07"]
    assert len(page.day.presenter.rows()) == 60


def test_a_location_that_comes_back_is_asked_for_the_day_again(
    holder: ThemeHolder, bridge: Bridge, qtbot: QtBot
) -> None:
    source = _source()
    page = _page(holder, bridge, source, qtbot)
    take_down(bridge, "Site 07")
    source.troubles["Site 07"] = Trouble.NO_ANSWER
    page.day.presenter.refresh()
    settle(qtbot, page)
    assert "59 of 60 locations" in _words(page)
    source.troubles.clear()
    source.calls.clear()
    bring_up(bridge, "Site 07", [job("Site 07", 1, task="home")])
    settle(qtbot, page)
    assert source.asked("occurrences") == ["Site 07"]
    assert "60 of 60 locations" in _words(page)


def test_a_restore_is_not_taken_for_the_backup_of_the_same_task(
    holder: ThemeHolder, bridge: Bridge, qtbot: QtBot
) -> None:
    rows = [row("home", "X" * 30), row("home", "0" * 30, RowKind.RESTORE)]
    restored = occurrence("Site 00", "home", 20, kind=RowKind.RESTORE, event_id="restored")
    runs = [occurrence("Site 00", "home", 21, JobState.ERROR), restored]
    source = SiteSource(sheets={"Site 00": sheet("Site 00", rows)}, runs={"Site 00": runs})
    page = _page(holder, bridge, source, qtbot)
    lines = page.sheet.view.lines
    place = next(
        n
        for n, line in enumerate(lines)
        if isinstance(line, CalendarRow) and line.row.kind is RowKind.RESTORE
    )
    page.sheet.choose((place, SUNDAY))
    settle(qtbot, page)
    assert [found.occurrence for found in page.day.runs_of_spot()] == [restored]
    current = page.day.list.current()
    assert current is not None
    assert current.occurrence == restored
