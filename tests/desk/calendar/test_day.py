"""The day beside the sheet follows what happens at its locations."""

from dataclasses import replace

from pytestqt.qtbot import QtBot

from sesam_master.core.calendar import CalendarRow
from sesam_master.core.calendar_days import Cause
from sesam_master.core.sheet import RowKind
from sesam_master.core.states import JobState
from sesam_master.ui.bridge import Bridge
from sesam_master.ui.calendar.page import CalendarPage
from tests.desk.calendar.conftest import choose, settle
from tests.desk.calendar.site import SiteSource, occurrence, row, sheet
from tests.desk.results.memory import bring_up, job, progress, report, take_down

SUNDAY = 21  # 22 November


def test_an_end_that_changes_no_cell_reaches_the_day(
    page: CalendarPage, source: SiteSource, qtbot: QtBot, bridge: Bridge
) -> None:
    source.runs["Boulder"] = [
        occurrence("Boulder", "home", 20, JobState.BROKEN, job_id="70"),
        occurrence("Boulder", "home", 21, JobState.ACTIVE, job_id="71"),
    ]
    running = job("Boulder", 71, JobState.ACTIVE, task="home", progress=progress(10))
    report(bridge, running)
    choose(page, "Boulder", "home", SUNDAY)
    settle(qtbot, page)
    source.calls.clear()
    report(bridge, replace(running, progress=progress(20)))
    assert not page.day.presenter.is_asking  # progress is no news for the day

    source.runs["Boulder"][1] = occurrence("Boulder", "home", 21, JobState.ERROR, job_id="71")
    report(bridge, job("Boulder", 71, JobState.ERROR, task="home"))
    qtbot.waitUntil(lambda: "Boulder" in source.asked("occurrences"), timeout=4000)
    settle(qtbot, page)

    assert [r.state for r in page.day.list.model.rows] == [JobState.BROKEN, JobState.ERROR]


def test_the_day_of_a_location_that_was_away_is_asked_again(
    page: CalendarPage, source: SiteSource, qtbot: QtBot, bridge: Bridge
) -> None:
    source.runs["Hamburg"] = [occurrence("Hamburg", "home", 22, JobState.ACTIVE)]
    choose(page, "Hamburg", "home", SUNDAY)
    settle(qtbot, page)
    take_down(bridge, "Hamburg")
    settle(qtbot, page)

    source.runs["Hamburg"] = [occurrence("Hamburg", "home", 22, JobState.BROKEN)]
    bring_up(bridge, "Hamburg", [])
    qtbot.waitUntil(lambda: page.day.presenter.is_asking, timeout=4000)
    settle(qtbot, page)

    assert [r.state for r in page.day.list.model.rows] == [JobState.BROKEN]


def test_who_holds_off_what_is_to_come_is_said_before_and_behind(
    page: CalendarPage, source: SiteSource, qtbot: QtBot
) -> None:
    by_full = {"cause": Cause.BLOCKED_BY, "by": "full"}
    source.runs["Boulder"] = [
        occurrence("Boulder", "home", 40, JobState.PLANNED, **by_full),
        occurrence("Boulder", "home", 30, JobState.LATE, **by_full),
        occurrence("Boulder", "home", 20, JobState.BLOCKED, **by_full),
    ]
    choose(page, "Boulder", "home", SUNDAY)
    settle(qtbot, page)
    said = [str(page.day.list.model.data(page.day.list.model.index(n))) for n in range(3)]
    assert said[0].endswith(", Held off by full")
    assert said[1].endswith(", Will be held off by full")
    assert said[2] == "Planned, home, Boulder, 17:00, Will be held off by full"


def test_backups_and_restores_of_a_task_are_told_apart(
    page: CalendarPage, source: SiteSource, qtbot: QtBot
) -> None:
    rows = [row("mail", "1" * 30), row("mail", "X" * 30, RowKind.RESTORE)]
    source.sheets["Boulder"] = sheet("Boulder", rows)
    source.runs["Boulder"] = [
        occurrence("Boulder", "mail", 20, JobState.WARNING),
        occurrence("Boulder", "mail", 21, JobState.ERROR, kind=RowKind.RESTORE, job_id="9"),
    ]
    page.refresh()
    settle(qtbot, page)
    choose(page, "Boulder", "mail", SUNDAY)  # the first of them
    settle(qtbot, page)

    current = page.day.list.current()
    assert current is not None
    assert current.state is JobState.WARNING
    assert [run.state for run in page.day.runs_of_spot()] == [JobState.WARNING]
    spoken = [str(page.day.list.model.data(page.day.list.model.index(n))) for n in range(2)]
    assert [words.split(", ")[1] for words in spoken] == ["mail", "Restore mail"]
    titles = [line.row.title for line in page.sheet.view.lines if isinstance(line, CalendarRow)]
    assert titles[:2] == ["mail", "Restore mail"]
