"""The calendar sheet over many locations, beside a QTableView over the same cells.

`python -m benchmarks.calendar [--locations N] [--tasks N] [--days N]` opens the page on sheets that
are there already, scrolls sheet and table in turn, and prints the times and the memory with the
goals. A step is one scroll with all events and one forced repaint.
"""

import argparse
import gc
import json
import os
import random
import statistics
import time
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from PySide6.QtCore import (
    QAbstractTableModel,
    QCoreApplication,
    QEvent,
    QModelIndex,
    QPersistentModelIndex,
    QSize,
    Qt,
)
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QAbstractScrollArea, QApplication, QTableView

from sesam_master.core.calendar import CalendarRow, CalendarView
from sesam_master.core.calendar_days import Occurrence
from sesam_master.core.calendar_filter import CalendarFilter
from sesam_master.core.calendar_source import CellsChanged
from sesam_master.core.fleet import ConnectionChanged, RegistrationsChanged
from sesam_master.core.registry import Registration
from sesam_master.core.sheet import CODE, CellChange, RowKind, Sheet, SheetRow, Span
from sesam_master.core.sheet_shown import shown_state
from sesam_master.core.states import Connection, JobState
from sesam_master.ui.bridge import Bridge
from sesam_master.ui.calendar.offers import CalendarVerbs
from sesam_master.ui.calendar.page import CalendarPage
from sesam_master.ui.calendar.period import Length
from sesam_master.ui.theme import ThemeHolder, ThemeMode

NOW = datetime(2026, 11, 23, 7, 41, tzinfo=UTC)
FIRST = date(2026, 9, 1)
SIZE = QSize(1600, 900)
STEPS = 60
ZOOMS = (6, 14, 24)
PEER_STEPS = 12
GOAL_OPEN_MS = 300.0
GOAL_STEPS = 60.0
RESULTS = Path(__file__).parent / "results" / "calendar.json"
_STATES = [CODE[s] for s in JobState]
_WEIGHTS = [90.0 if s is JobState.OK else 0.8 for s in JobState]


class Source:
    """Has all sheets; answers at once."""

    def __init__(self, sheets: dict[str, Sheet]) -> None:
        self._sheets = sheets

    async def sheet(self, location_id: str, _first: date, _last: date) -> Sheet:
        return self._sheets[location_id]

    async def occurrences(
        self, _location_id: str, _from_time: datetime, _to_time: datetime
    ) -> Sequence[Occurrence]:
        return []

    async def cancel_occurrence(
        self, _location_id: str, _event_id: str, _planned_time: datetime, _request_id: str
    ) -> None:
        pass


def run_at_once(
    coroutine: Coroutine[Any, Any, Any],
    done: Callable[[object | None, BaseException | None], None],
) -> Callable[[], None]:
    try:
        coroutine.send(None)
    except StopIteration as end:
        done(end.value, None)
    return lambda: None


def made_sheets(locations: int, tasks: int, days: int) -> dict[str, Sheet]:
    """Random states up to today, plans behind it."""
    chance = random.Random(7)
    behind = (NOW.date() - FIRST).days
    sheets = {}
    for place in range(locations):
        rows = tuple(_row(chance, number, days, min(behind, days)) for number in range(tasks))
        span, until = Span(FIRST, days), NOW + timedelta(days=35)
        name = f"location-{place:03}"
        sheets[name] = Sheet(name, span, rows, NOW.date(), until, 1, NOW)
    return sheets


def _row(chance: random.Random, number: int, days: int, behind: int) -> SheetRow:
    past = bytes(chance.choices(_STATES, weights=_WEIGHTS, k=behind))
    ahead = bytes((CODE[JobState.PLANNED],)) * (days - behind)
    runs = b"\1" * behind + bytes(days - behind)
    planned = bytes(behind) + b"\1" * (days - behind)
    client = f"client-{number % 9}"
    return SheetRow(RowKind.BACKUP, f"task-{number:03}", client, past + ahead, runs, planned)


_Index = QModelIndex | QPersistentModelIndex


class PeerModel(QAbstractTableModel):
    """The same cells, coloured through BackgroundRole."""

    def __init__(self, view: CalendarView, colours: dict[JobState, QColor]) -> None:
        super().__init__()
        self._view = view
        self._colours = colours

    def rowCount(self, parent: _Index | None = None) -> int:
        return 0 if parent is not None and parent.isValid() else len(self._view.lines)

    def columnCount(self, parent: _Index | None = None) -> int:
        return 0 if parent is not None and parent.isValid() else self._view.span.days

    def data(self, index: _Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        if role != Qt.ItemDataRole.BackgroundRole:
            return None
        line = self._view.lines[index.row()]
        if not isinstance(line, CalendarRow):
            return None
        return self._colours[shown_state(line.cells[index.column()])]


def opened(holder: ThemeHolder, sheets: dict[str, Sheet]) -> tuple[CalendarPage, Bridge, float]:
    """The page with everything in it, and the milliseconds until it was painted."""
    bridge = Bridge(run_at_once)
    names = tuple(Registration(n, n, "Farm", "127.0.0.1", 1, b"", "") for n in sheets)
    bridge.deliver(RegistrationsChanged(names))
    for name in sheets:
        bridge.deliver(ConnectionChanged(name, Connection.ON, None, NOW))
    while len(bridge.fleet.locations) < len(sheets) or not _all_on(bridge):
        bridge.drain()
    verbs = CalendarVerbs(lambda _tasks: None, lambda _at, _job: None)
    total = sum(len(sheet.rows) for sheet in sheets.values())
    gc.collect()
    begin = time.perf_counter()
    page = CalendarPage(holder, bridge, Source(sheets), verbs, zone=UTC, clock=lambda: NOW)
    page.restore_view(json.dumps({"zoom": 10, "length": Length.QUARTER, "rows": "location"}))
    page.resize(SIZE)
    page.show()
    while page.sheet.view.total < total:
        QCoreApplication.processEvents()
    page.sheet.viewport().repaint()
    return page, bridge, (time.perf_counter() - begin) * 1000


def _all_on(bridge: Bridge) -> bool:
    return all(location.is_live for location in bridge.fleet.locations.values())


def steps(area: QAbstractScrollArea, down: bool, count: int) -> list[float]:
    """Milliseconds of each step."""
    bar = area.verticalScrollBar() if down else area.horizontalScrollBar()
    taken = []
    # A table counts rows or columns where the sheet counts pixels.
    step = max(1, bar.singleStep()) * (3 if down else 1)
    place = 0
    for _ in range(count):
        place = place + step if place + step <= bar.maximum() else 0
        begin = time.perf_counter()
        bar.setValue(place)
        QCoreApplication.processEvents()
        area.viewport().repaint()
        taken.append((time.perf_counter() - begin) * 1000)
    return taken


def peer_table(view: CalendarView, holder: ThemeHolder, zoom: int, height: int) -> QTableView:
    theme = holder.current
    colours = {state: theme.state(state).fill or theme.base for state in JobState}
    table = QTableView()
    model = PeerModel(view, colours)
    model.setParent(table)
    for header, size in ((table.horizontalHeader(), zoom), (table.verticalHeader(), height)):
        header.setMinimumSectionSize(1)
        header.setDefaultSectionSize(size)
    table.setModel(model)
    table.resize(SIZE)
    table.show()
    QCoreApplication.processEvents()
    return table


def rss() -> int:
    """Resident bytes of this process."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")


def change_ms(page: CalendarPage, sheets: dict[str, Sheet]) -> list[float]:
    """Milliseconds from a told cell to its repaint, each at another location."""
    taken = []
    for number, (name, sheet) in enumerate(list(sheets.items())[:STEPS]):
        cell = CellChange(
            RowKind.BACKUP, sheet.rows[0].name, "", NOW.date(), JobState.ERROR, number % 9 + 1
        )
        begin = time.perf_counter()
        page.presenter.take(CellsChanged(name, (cell,), 2, NOW))
        page.presenter.changed.emit()
        QCoreApplication.processEvents()
        taken.append((time.perf_counter() - begin) * 1000)
    return taken


def filter_ms(page: CalendarPage) -> list[float]:
    """Milliseconds from a filter to its repaint."""
    taken = []
    for text in ("task-00", "location-1", "client-3 task", "9", ""):
        begin = time.perf_counter()
        page.presenter.set_filter(CalendarFilter(text=text))
        page.presenter.changed.emit()
        QCoreApplication.processEvents()
        taken.append((time.perf_counter() - begin) * 1000)
    return taken


@dataclass(frozen=True, slots=True)
class Scrolling:
    """Milliseconds per step of the sheet and of the table, at one zoom and in one direction."""

    zoom: int
    direction: str
    sheet: list[float]
    table: list[float]


def scrolled(page: CalendarPage, holder: ThemeHolder) -> list[Scrolling]:
    """Sheet and table in turn, over the same cells in the same size."""
    found = []
    sheet = page.sheet
    sheet.setParent(None)
    sheet.resize(SIZE)
    sheet.show()
    for zoom in ZOOMS:
        sheet.set_zoom(zoom)
        table = peer_table(sheet.view, holder, zoom, sheet.cell_places.row_height)
        QCoreApplication.processEvents()
        for direction in ("down", "right"):
            down = direction == "down"
            bar = sheet.verticalScrollBar() if down else sheet.horizontalScrollBar()
            if not bar.maximum():
                continue  # all of it is seen
            own = steps(sheet, down, STEPS)
            found.append(Scrolling(zoom, direction, own, steps(table, down, PEER_STEPS)))
        table.close()
        table.deleteLater()
    return found


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--locations", type=int, default=200)
    parser.add_argument("--tasks", type=int, default=100)
    parser.add_argument("--days", type=int, default=92)
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    application = QApplication.instance() or QApplication([])
    assert isinstance(application, QApplication)
    holder = ThemeHolder(application, ThemeMode.DARK)
    memory = [rss()]
    sheets = made_sheets(options.locations, options.tasks, options.days)
    memory.append(rss())
    openings = []
    for _ in range(options.rounds):
        page, bridge, taken = opened(holder, sheets)
        openings.append(taken)
        if len(openings) == 1:
            memory.append(rss())
        if len(openings) < options.rounds:
            bridge.close()
            page.close()
            page.deleteLater()
            QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)
    changes, filters = change_ms(page, sheets), filter_ms(page)
    found = scrolled(page, holder)
    bridge.close()
    title = f"{options.locations} locations x {options.tasks} tasks x {options.days} days"
    return report(title, openings, changes, filters, found, memory)


def report(
    title: str,
    openings: list[float],
    changes: list[float],
    filters: list[float],
    found: list[Scrolling],
    memory: list[int],
) -> int:
    """Prints and writes the numbers. 1 if a goal was missed."""
    opened_ms = statistics.median(openings)
    rows: list[tuple[str, str, str, bool | None]] = [
        ("opens, median", f"{opened_ms:.0f} ms", "< 300 ms", opened_ms < GOAL_OPEN_MS),
        ("opens, worst", f"{max(openings):.0f} ms", "", None),
        ("a told cell is shown", f"{statistics.median(changes):.1f} ms", "", None),
        ("a filter is applied, worst", f"{max(filters):.0f} ms", "", None),
    ]
    for one in found:
        rate = 1000 / statistics.median(one.sheet)
        peer = 1000 / statistics.median(one.table)
        name = f"{one.direction}, {one.zoom} px"
        rows.append((f"sheet {name}", f"{rate:.0f}/s", ">= 60/s", rate >= GOAL_STEPS))
        rows.append((f"  worst step of {STEPS}", f"{max(one.sheet):.1f} ms", "", None))
        rows.append((f"  QTableView {name}", f"{peer:.1f}/s", "", None))
    sheets_size, page_size = memory[1] - memory[0], memory[2] - memory[1]
    rows.append(("memory of the sheets", f"{sheets_size / 1e6:.0f} MB", "", None))
    rows.append(("memory of the page", f"{page_size / 1e6:.0f} MB", "", None))
    print(title)
    for name, value, goal, is_met in rows:
        verdict = "" if is_met is None else "met" if is_met else "MISSED"
        print(f"{name:30}{value:>10}  {goal:10}{verdict}")
    kept = {
        "size": title,
        "open_ms": openings,
        "change_ms": changes,
        "filter_ms": filters,
        "scroll": [asdict(one) for one in found],
        "rss": memory,
    }
    RESULTS.parent.mkdir(exist_ok=True)
    RESULTS.write_text(json.dumps(kept, indent=1) + "\n")
    return 1 if any(is_met is False for *_, is_met in rows) else 0


if __name__ == "__main__":
    raise SystemExit(main())
