"""The calendar page over three locations in memory."""

import csv
import io
from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QImage
from PySide6.QtTest import QAbstractItemModelTester
from PySide6.QtWidgets import QApplication, QMenu
from pytestqt.qtbot import QtBot

from sesam_master.core.calendar import CalendarRow, Grouping
from sesam_master.core.calendar_days import Cause
from sesam_master.core.calendar_filter import CalendarFilter
from sesam_master.core.calendar_source import CellsChanged
from sesam_master.core.errors import Trouble
from sesam_master.core.sheet import CellChange, RowKind
from sesam_master.core.states import JobState
from sesam_master.ui.bridge import Bridge
from sesam_master.ui.calendar.export import ExportError, csv_text, sheet_image
from sesam_master.ui.calendar.export_actions import ExportActions
from sesam_master.ui.calendar.page import CalendarPage
from sesam_master.ui.calendar.period import Length
from sesam_master.ui.theme import ThemeHolder, ThemeMode
from tests.desk.calendar.conftest import NAMES, choose, settle
from tests.desk.calendar.site import NOW, OPEN_DAY, SiteSource, occurrence, row, sheet
from tests.desk.results.memory import bring_up, list_locations, take_down

Done = list[tuple[object, ...]]
SUNDAY = 21  # 22 November


def _menu(page: CalendarPage) -> dict[str, object]:
    page.sheet.menu_wanted.emit(QPoint(5, 5))
    menu = page.findChildren(QMenu)[-1]
    found = {action.text(): action for action in menu.actions() if action.text()}
    menu.hide()
    return dict(found)


def test_shows_all_locations_and_names_the_dark_one(page: CalendarPage) -> None:
    assert len(page.sheet.view.rows) == 9
    reasons = page.sheet.reasons
    assert list(reasons) == ["Sevilla"]
    coverage = page.presenter.coverage()
    assert (coverage.covered, coverage.total) == (2, 3)


def test_the_day_list_follows_the_chosen_cell(
    page: CalendarPage, source: SiteSource, qtbot: QtBot, done: Done
) -> None:
    source.runs["Boulder"] = [
        occurrence("Boulder", "mail", 22.5, JobState.ERROR, text="Store is full"),
        occurrence("Boulder", "home", 21, JobState.OK),
        occurrence("Boulder", "home", 23, JobState.MISSED),
        occurrence("Boulder", "home", 30, JobState.BLOCKED, cause=Cause.BLOCKED_BY, by="full"),
        occurrence("Boulder", "home", 40, JobState.PLANNED),
        occurrence("Boulder", "home", 41, JobState.CANCELLED, cause=Cause.TAKEN_BACK, by="ana"),
        occurrence("Boulder", "mail", 60, JobState.OK, sesam_day="2026-11-24"),
    ]
    choose(page, "Boulder", "mail", SUNDAY)
    settle(qtbot, page)
    model = page.day.list.model
    assert [(r.occurrence.name, r.state) for r in model.rows] == [
        ("home", JobState.OK),
        ("mail", JobState.ERROR),
        ("home", JobState.MISSED),
        ("home", JobState.BLOCKED),
        ("home", JobState.PLANNED),
        ("home", JobState.CANCELLED),
    ]
    spoken = [str(model.data(model.index(n))) for n in range(6)]
    assert spoken[1] == "Error, mail, Boulder, 23:30, Store is full"
    assert spoken[2].endswith("00:00, The window closed before it started")
    assert spoken[3].endswith("Held off by full")
    assert spoken[5].endswith("Taken back by ana")
    current = page.day.list.current()
    assert current is not None
    assert current.occurrence.name == "mail"
    page.day.list.list.activated.emit(page.day.list.list.currentIndex())
    assert done == [("job", "Boulder", str(int(22.5 * 60)))]


def test_open_work_of_a_dark_location_is_unknown_in_the_list(
    page: CalendarPage, source: SiteSource, qtbot: QtBot, bridge: Bridge
) -> None:
    source.runs["Hamburg"] = [
        occurrence("Hamburg", "home", 22, JobState.ACTIVE),
        occurrence("Hamburg", "home", 23, JobState.OK),
        occurrence("Hamburg", "home", 40, JobState.PLANNED),
    ]
    choose(page, "Hamburg", "home", SUNDAY)
    settle(qtbot, page)
    take_down(bridge, "Hamburg")
    settle(qtbot, page)
    states = [r.state for r in page.day.list.model.rows]
    assert states == [JobState.UNKNOWN, JobState.OK, JobState.UNKNOWN]


def test_a_day_that_cannot_be_asked_says_so(
    page: CalendarPage, source: SiteSource, qtbot: QtBot
) -> None:
    source.troubles["Sevilla"] = Trouble.UNREACHABLE
    choose(page, "Sevilla", "home", SUNDAY)
    settle(qtbot, page)
    texts = [
        label.accessibleName()
        for label in page.day.list.findChildren(object)
        if hasattr(label, "accessibleName")
    ]
    assert "The runs of the day are not known: no connection." in texts


def test_the_menu_starts_failed_tasks_again_and_opens_the_protocol(
    page: CalendarPage, source: SiteSource, qtbot: QtBot, done: Done
) -> None:
    source.runs["Boulder"] = [occurrence("Boulder", "mail", 22.5, JobState.ERROR)]
    choose(page, "Boulder", "archive", SUNDAY - 1)
    choose(page, "Boulder", "mail", SUNDAY, extends=True)
    settle(qtbot, page)
    menu = _menu(page)
    menu["Protocol"].trigger()  # type: ignore[attr-defined]
    menu["Start failed again"].trigger()  # type: ignore[attr-defined]
    menu["Start backup of 3 tasks"].trigger()  # type: ignore[attr-defined]
    tasks = [("Boulder", name) for name in ("archive", "home", "mail")]
    assert done == [
        ("job", "Boulder", str(int(22.5 * 60))),
        ("start", ("Boulder", "mail")),
        ("start", *tasks),
    ]
    assert page.selection().tasks == tuple(tasks)
    assert page.selection().location_id == "Boulder"


def test_what_cannot_be_done_says_why(page: CalendarPage, qtbot: QtBot) -> None:
    choose(page, "Sevilla", "home", 5)
    settle(qtbot, page)
    menu = _menu(page)
    start, failed = menu["Start backup"], menu["Start failed again"]
    assert not start.isEnabled()  # type: ignore[attr-defined]
    assert "Sevilla is broken" in start.toolTip()  # type: ignore[attr-defined]
    assert failed.toolTip() == "Nothing of what is chosen has failed."  # type: ignore[attr-defined]


def test_filter_by_what_a_cell_is_about(page: CalendarPage, qtbot: QtBot) -> None:
    choose(page, "Boulder", "mail", SUNDAY)
    _menu(page)["Only rows with Error"].trigger()  # type: ignore[attr-defined]
    settle(qtbot, page)
    assert {r.row.name for r in page.sheet.view.rows} == {"mail"}
    choose(page, "Boulder", "mail", SUNDAY)
    _menu(page)["Only Boulder"].trigger()  # type: ignore[attr-defined]
    settle(qtbot, page)
    assert len(page.sheet.view.rows) == 1
    page.bar.part_removed.emit("locations")
    qtbot.keyClick(page, Qt.Key.Key_Escape)
    settle(qtbot, page)
    assert len(page.sheet.view.rows) == 9


def test_an_emptied_filter_offers_its_parts(page: CalendarPage, qtbot: QtBot) -> None:
    page.bar.search.setText("no such task")
    qtbot.waitUntil(lambda: page.presenter.filter.text != "", timeout=3000)
    settle(qtbot, page)
    content = page.panes.empty.content
    assert content.headline == "No row in November 2026 passes the filter"
    assert [action.key for action in content.actions] == ["text"]
    page.panes.empty.triggered.emit("text")
    settle(qtbot, page)
    assert page.panes.sheet.isVisible()


def test_a_location_that_was_never_read_is_not_empty(
    page: CalendarPage, source: SiteSource, bridge: Bridge, qtbot: QtBot
) -> None:
    source.troubles["Wien"] = Trouble.NO_ANSWER
    list_locations(bridge, *NAMES, "Wien")
    bring_up(bridge, "Wien")
    settle(qtbot, page)
    line = len(page.sheet.view.lines) - 1
    assert page.sheet.row_header.tip(line) == "Wien, rows not known, did not answer"
    page.bar.twin.setChecked(True)
    assert page.panes.model.headerData(line, Qt.Orientation.Vertical) == "Wien (?)"
    coverage = page.presenter.coverage()
    assert (coverage.covered, coverage.total) == (2, 4)


def test_empty_states(page: CalendarPage, source: SiteSource, qtbot: QtBot) -> None:
    source.sheets = {name: sheet(name, []) for name in source.sheets}
    page.refresh()
    settle(qtbot, page)
    assert page.panes.empty.content.headline == "No tasks to show"


def test_a_sheet_without_a_plan_says_so(
    page: CalendarPage, source: SiteSource, qtbot: QtBot
) -> None:
    rows = [row("home", "0" * 22 + "." * 8), row("NEWDAY", "0" * 22 + "p" * 8, RowKind.NEWDAY)]
    source.sheets = {name: sheet(name, rows) for name in ("Boulder", "Hamburg")}
    page.set_scope(CalendarFilter(locations=frozenset(source.sheets)))
    page.refresh()
    settle(qtbot, page)
    assert page.panes.note.isVisible()
    assert page.panes.note.accessibleName().startswith("No backup is planned from Mon 23 Nov on.")
    page.bar.text_entered.emit("home")
    settle(qtbot, page)
    assert page.panes.note.isHidden()  # of the rows that are hidden it knows nothing


def test_a_told_cell_reaches_sheet_and_day(
    page: CalendarPage, source: SiteSource, qtbot: QtBot
) -> None:
    choose(page, "Boulder", "home", SUNDAY + 1)
    settle(qtbot, page)
    source.calls.clear()
    cell = CellChange(RowKind.BACKUP, "home", "fs-01", OPEN_DAY, JobState.BROKEN, 1)
    page.presenter.take(CellsChanged("Boulder", (cell,), 9, NOW))
    qtbot.waitUntil(lambda: "Boulder" in source.asked("occurrences"), timeout=4000)
    settle(qtbot, page)
    assert page.sheet.accessibleDescription().startswith("Running")  # as it was chosen
    tip = page.sheet.cell_tip(page.sheet.chosen.spot)
    assert "Broken" in tip


def test_tips_of_cells_heads_and_days(page: CalendarPage) -> None:
    view = page.sheet.view
    line = next(
        n
        for n, x in enumerate(view.lines)
        if isinstance(x, CalendarRow) and x.place.name == "Sevilla" and x.row.name == "home"
    )
    assert page.sheet.cell_tip((line, 22)).splitlines()[1] == "Mon 23 Nov: Unknown, 1 run known"
    assert "broken since" in page.sheet.cell_tip((line, 22))
    assert page.sheet.cell_tip((0, SUNDAY)).splitlines()[1] == "1 error, 1 OK, 1 not planned"
    day = page.sheet.day_header.tip(SUNDAY)
    assert day.splitlines()[0] == "Sun 22 Nov 2026"
    assert day.endswith("Known for 3 of 3 locations")
    assert page.sheet.day_header.tip(22).endswith("Known for 2 of 3 locations")
    assert page.sheet.row_header.tip(0) == "Boulder, 3 rows"
    assert page.sheet.row_header.tip(1) == "archive of fs-01 at Boulder"


def test_the_twin_says_the_same_and_moves_the_sheet(page: CalendarPage, qtbot: QtBot) -> None:
    model = page.panes.model
    QAbstractItemModelTester(model, QAbstractItemModelTester.FailureReportingMode.Fatal, page)
    choose(page, "Boulder", "mail", SUNDAY)
    page.bar.twin.setChecked(True)
    twin = page.panes.twin
    assert twin.isVisible()
    index = twin.currentIndex()
    assert model.data(index) == "Error"
    spoken = model.data(index, Qt.ItemDataRole.AccessibleTextRole)
    assert spoken == "Error, mail, Boulder, Sun 22 Nov"
    twin.setCurrentIndex(model.index(index.row(), index.column() - 1))
    assert page.sheet.chosen.spot == (index.row(), SUNDAY - 1)
    page.presenter.set_grouping(Grouping.NONE)
    settle(qtbot, page)
    assert model.rowCount() == 9
    assert model.headerData(0, Qt.Orientation.Vertical) == "  archive, Boulder"


def test_csv_holds_every_row_and_says_what_is_not_live(page: CalendarPage) -> None:
    page.presenter.set_all_closed(True)
    view = page.presenter.view()
    lines = list(csv.reader(io.StringIO(csv_text(view, page.presenter.reasons()))))
    assert len(lines) == 10
    assert lines[0][:6] == ["Location", "Farm", "Client", "Kind", "Task", "Not live"]
    assert (lines[0][6], len(lines[0])) == ("2026-11-01", 36)
    dark = next(x for x in lines if x[0] == "Sevilla" and x[4] == "home")
    assert dark[5].startswith("broken since")
    assert dark[-1] == "Planned, unknown"


def test_csv_keeps_a_name_from_being_a_formula(
    page: CalendarPage, source: SiteSource, qtbot: QtBot
) -> None:
    source.sheets["Boulder"] = sheet("Boulder", [row("=1+1", "0" * 30)])
    page.refresh()
    settle(qtbot, page)
    assert "'=1+1" in csv_text(page.presenter.view(), {})


def test_export_writes_files_and_says_why_not(
    page: CalendarPage, tmp_path: Path, qtbot: QtBot
) -> None:
    exports = ExportActions(page, page.sheet, page.presenter)
    exports.write_csv(tmp_path / "sheet.csv")
    assert (tmp_path / "sheet.csv").read_text("utf-8-sig").startswith("Location,")
    exports.write_png(tmp_path / "sheet.png")
    picture = QImage(str(tmp_path / "sheet.png"))
    assert picture.width() == page.sheet.row_header.width() + 30 * page.sheet.zoom
    with pytest.raises(ExportError, match="cannot be written"):
        exports.write_csv(tmp_path / "nowhere" / "sheet.csv")


def test_a_picture_that_is_too_large_is_refused(
    page: CalendarPage, source: SiteSource, qtbot: QtBot
) -> None:
    source.sheets["Boulder"] = sheet("Boulder", [row(f"t{n}", "0" * 30) for n in range(1500)])
    page.refresh()
    settle(qtbot, page)
    with pytest.raises(ExportError, match="Close heads"):
        sheet_image(page.sheet)


def test_copy_takes_the_chosen_cells(page: CalendarPage) -> None:
    choose(page, "Boulder", "home", SUNDAY)
    choose(page, "Boulder", "mail", SUNDAY + 1, extends=True)
    _menu(page)["Copy cells"].trigger()  # type: ignore[attr-defined]
    assert QApplication.clipboard().text().splitlines() == [
        "Location\tTask\t2026-11-22\t2026-11-23",
        "Boulder\thome\tOK\tRunning",
        "Boulder\tmail\tError\tPlanned",
    ]


def test_periods_and_the_kept_look(page: CalendarPage, qtbot: QtBot, source: SiteSource) -> None:
    source.sheets.clear()
    source.tasks = {"Boulder": ["home"]}
    page.bar.length_chosen.emit(Length.QUARTER)
    settle(qtbot, page)
    assert (page.sheet.zoom, page.sheet.view.span.days) == (10, 91)
    page.bar.stepped.emit(-1)
    page.bar.today_wanted.emit()
    settle(qtbot, page)
    assert page.sheet.view.span.place(OPEN_DAY) is not None
    page.bar.months_wanted.emit()
    kept = page.view_state()
    page.bar.length_chosen.emit(Length.MONTH)
    page.restore_view(kept)
    assert (page.sheet.zoom, page.presenter.period.length) == (10, Length.QUARTER)
    for broken in ("", "[]", '{"zoom": 3}', '{"rows": "x", "length": "Year", "zoom": 8}'):
        page.restore_view(broken)
    assert page.presenter.period.length is Length.QUARTER


@pytest.mark.parametrize("mode", [ThemeMode.LIGHT, ThemeMode.DARK])
def test_theme_and_text_size_follow(
    page: CalendarPage, holder: ThemeHolder, mode: ThemeMode
) -> None:
    holder.set_mode(mode)
    holder.set_text_px(19.5)
    assert page.sheet.cell_places.group_height >= 30
    assert page.sheet.row_header.width() == holder.fonts.px(183)
    page.grab()


def test_scope_keeps_text_and_states(page: CalendarPage) -> None:
    own = CalendarFilter(text="home", only_problems=True)
    page.presenter.set_filter(own)
    page.set_scope(CalendarFilter(locations=frozenset({"Boulder"})))
    assert page.presenter.filter == replace(own, locations=frozenset({"Boulder"}))


def test_a_hidden_page_is_up_to_date_when_it_is_shown(page: CalendarPage, qtbot: QtBot) -> None:
    page.hide()
    cell = CellChange(RowKind.BACKUP, "home", "fs-01", OPEN_DAY, JobState.BROKEN, 1)
    before = page.sheet.view
    page.presenter.take(CellsChanged("Boulder", (cell,), 9, NOW))
    settle(qtbot, page)
    assert page.sheet.view is before
    page.show()
    assert page.sheet.view is page.presenter.view()
    assert page.sheet.view is not before
