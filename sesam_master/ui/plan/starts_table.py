"""The coming starts."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel, QVBoxLayout, QWidget

from sesam_master.core.plan import Preview, Start
from sesam_master.ui.formatting import day_text, far_moment_text, full_moment_text
from sesam_master.ui.objects.place import Zones
from sesam_master.ui.theme import ThemeHolder
from sesam_master.ui.widgets.column import Align, CellKind, Column
from sesam_master.ui.widgets.elided_label import ElidedLabel
from sesam_master.ui.widgets.record_table import RecordTableModel
from sesam_master.ui.widgets.record_table_view import RecordTableView


@dataclass(frozen=True, slots=True)
class StartRow:
    """One coming start in texts."""

    number: int
    site: str
    mine: str
    day: str
    note: str
    tooltip: str


def start_rows(starts: Sequence[Start], zones: Zones, year: int) -> list[StartRow]:
    """The starts in the site's time and in that of the person at the desk, with their years where
    they are not this one."""
    return [_row(number, start, zones, year) for number, start in enumerate(starts, 1)]


def _row(number: int, start: Start, zones: Zones, year: int) -> StartRow:
    here, there = start.moment.astimezone(zones.site), start.moment.astimezone(zones.mine)
    notes = []
    if start.clock_change:
        notes.append("clock change")
    if here.date() != there.date():
        notes.append("other date here")
    return StartRow(
        number,
        f"{far_moment_text(start.moment, zones.site, year)} {here:%Z}",
        f"{far_moment_text(start.moment, zones.mine, year)} {there:%Z}",
        _sesam_day(start.sesam_day),
        ", ".join(notes),
        f"{full_moment_text(start.moment, zones.site)} there, "
        f"{full_moment_text(start.moment, zones.mine)} here",
    )


def _sesam_day(text: str) -> str:
    try:
        return day_text(date.fromisoformat(text))
    except ValueError:
        return text


class StartsTable(QWidget):
    """The next 20 starts. Without any it says why there are none."""

    def __init__(self, holder: ThemeHolder) -> None:
        super().__init__()
        self._is_old = False
        self.heading = ElidedLabel(holder, "Next starts", "heading")
        self.model: RecordTableModel[StartRow] = RecordTableModel(
            _COLUMNS, lambda row: row.number, is_stale=lambda _row: self._is_old, parent=self
        )
        self.table = RecordTableView(holder, self.model)
        self.table.setAccessibleName("Next starts")
        self.nothing = QLabel()
        self.nothing.setProperty("role", "secondary")
        self.nothing.setWordWrap(True)
        self.nothing.setAlignment(Qt.AlignmentFlag.AlignTop)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        column.addWidget(self.heading)
        column.addWidget(self.nothing)
        column.addWidget(self.table, 1)
        self.show_preview(None, None, 0, "")

    def show_preview(
        self, preview: Preview | None, zones: Zones | None, year: int, reason: str
    ) -> None:
        """`year` is the one that need not be said, `reason` why there are no starts to show."""
        starts = preview.starts if preview is not None else ()
        self._is_old = False
        if zones is not None:
            self.model.replace_all(start_rows(starts, zones, year))
        self.table.setVisible(bool(starts))
        self.nothing.setVisible(not starts)
        self.nothing.setText(reason)
        number = f"Next {len(starts)} starts" if len(starts) > 1 else "Next start"
        self.heading.set_text(number if starts else "Next starts")

    def mark_old(self) -> None:
        """Until the next answer: what is shown is not of what was written last."""
        self._is_old = True
        self.heading.set_text("Next starts: being worked out")
        self.table.viewport().update()


_COLUMNS: tuple[Column[StartRow], ...] = (
    Column(
        "number",
        "",
        30,
        lambda row: str(row.number),
        CellKind.QUIET,
        align=Align.RIGHT,
        is_sortable=False,
    ),
    Column(
        "site",
        "In the site's time",
        158,
        lambda row: row.site,
        CellKind.NUMBER,
        tooltip=lambda row: row.tooltip,
        fits=("Wed 30 Sep 20:00 CEST",),
        is_sortable=False,
    ),
    Column(
        "mine",
        "In mine",
        158,
        lambda row: row.mine,
        CellKind.NUMBER,
        tooltip=lambda row: row.tooltip,
        fits=("Wed 30 Sep 20:00 CEST",),
        is_sortable=False,
    ),
    Column(
        "day",
        "Sesam day",
        86,
        lambda row: row.day,
        CellKind.QUIET,
        fits=("Wed 30 Sep",),
        is_sortable=False,
    ),
    Column(
        "note",
        "Note",
        110,
        lambda row: row.note,
        tooltip=lambda row: row.note,
        least=60,
        is_sortable=False,
    ),
)
