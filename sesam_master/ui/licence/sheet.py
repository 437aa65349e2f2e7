"""The licence sheet: every location with its verdict, the worst and soonest first."""

import csv
import io
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, tzinfo
from functools import partial
from pathlib import Path

import tzlocal
from PySide6.QtCore import QIODevice, QSaveFile, Qt, Signal
from PySide6.QtWidgets import (
    QFileDialog,
    QMenu,
    QPushButton,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from sesam_master.core.coverage import Coverage
from sesam_master.core.fleet import FleetChange
from sesam_master.core.licence import LicenceState
from sesam_master.ui.bridge import Bridge
from sesam_master.ui.icons import icon
from sesam_master.ui.licence.columns import LicenceRow, licence_columns, licence_row
from sesam_master.ui.theme import ThemeHolder
from sesam_master.ui.widgets.empty_state import EmptyContent, EmptyState
from sesam_master.ui.widgets.filter_button import FilterButton
from sesam_master.ui.widgets.page_header import PageHeader
from sesam_master.ui.widgets.record_table import RecordTableModel
from sesam_master.ui.widgets.record_table_view import RecordTableView
from sesam_master.ui.widgets.search_field import SearchField

_KINDS = "Comma-separated values (*.csv);;All files (*)"
_FINE = (LicenceState.VALID, LicenceState.TRIAL)
_CHOICES: Mapping[str, Callable[[LicenceRow], bool]] = {
    "All verdicts": lambda _row: True,
    "Needs somebody": lambda row: row.state not in (*_FINE, LicenceState.UNKNOWN),
    "Trials": lambda row: row.licence is not None and row.licence.is_trial,
    "Valid": lambda row: row.state is LicenceState.VALID and not row.is_dark,
    "Not known now": lambda row: row.is_dark or row.licence is None,
}
_NONE = EmptyContent(
    "badge-check", "There is no location", "Add a location, and its licence stands here."
)
_NO_MATCH = EmptyContent(
    "badge-check",
    "No location matches the filter",
    "Empty the filter and choose all verdicts to see all of them.",
)


class LicenceSheet(QWidget):
    """`info_wanted` has the id of a location; `said` what became of an export."""

    title = "Licence sheet"
    icon_name = "badge-check"
    info_wanted = Signal(str)
    said = Signal(str)

    def __init__(
        self,
        holder: ThemeHolder,
        bridge: Bridge,
        *,
        zone: tzinfo | None = None,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        super().__init__()
        self.setProperty("surface", "base")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self._bridge = bridge
        self._clock = clock
        self._zone = zone or tzlocal.get_localzone()
        self._rows: list[LicenceRow] = []
        self._wanted: Callable[[LicenceRow], bool] = _CHOICES["All verdicts"]
        self.header = PageHeader(holder, self.title, Coverage(0, 0), "Worst first")
        self.filter_field = SearchField(holder, "Filter")
        self.verdicts = FilterButton(holder, "filter", "All verdicts")
        self.export_button = QPushButton(icon("download", holder), "Export")
        self.info_button = QPushButton(icon("badge-check", holder), "License Info")
        self.model: RecordTableModel[LicenceRow] = RecordTableModel(
            licence_columns(clock),
            lambda row: row.location_id,
            is_stale=lambda row: row.is_dark,
            parent=self,
        )
        self.table = RecordTableView(holder, self.model)
        self.table.setAccessibleName("Licences of all locations")
        self.empty = EmptyState(holder, _NONE)
        self._stack = QStackedWidget()
        self._lay_out(holder)
        self._connect()
        self.model.sort_by("verdict", descending=False)
        self.refresh()

    def refresh(self) -> None:
        """Shows what the fleet knows now."""
        now, fleet = self._clock(), self._bridge.fleet
        states = list(fleet.locations.values())
        self._rows = [licence_row(state, now, self._zone) for state in states]
        known = sum(row.licence is not None for row in self._rows)
        dark = sum(row.licence is not None and row.is_dark for row in self._rows)
        label = f"{known} of {len(states)} known"
        detail = f"{dark} from the last contact" if dark else ""
        self.header.set_coverage(fleet.coverage(now), label, detail)
        self._show()

    def choose(self, location_id: str) -> None:
        """For those who lead here."""
        self.table.select_key(location_id)

    def narrow(self, choice: str) -> None:
        """Shows the rows of a choice only."""
        self._wanted = _CHOICES[choice]
        self.verdicts.set_text(choice)
        self.verdicts.set_narrowing(choice != next(iter(_CHOICES)))
        self._show()

    def csv_text(self) -> str:
        """The rows that are shown, in their order; of a dark location the first column says so."""
        out = io.StringIO()
        writer = csv.writer(out)
        columns = self.model.columns
        writer.writerow(column.title for column in columns)
        for place in range(self.model.rowCount()):
            texts = (column.text(self.model.record(place)) for column in columns)
            # A name that begins like a formula is text all the same.
            writer.writerow(f"'{text}" if text[:1] in tuple("=+-@") else text for text in texts)
        return out.getvalue()

    def _lay_out(self, holder: ThemeHolder) -> None:
        self.filter_field.setFixedWidth(holder.fonts.px(130))
        menu = QMenu(self)
        for name in _CHOICES:
            menu.addAction(name, partial(self.narrow, name))
        self.verdicts.set_menu(menu)
        for widget in (self.filter_field, self.verdicts, self.export_button, self.info_button):
            self.header.add_action(widget)
        self._stack.addWidget(self.table)
        self._stack.addWidget(self.empty)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.header)
        column.addWidget(self._stack, 1)

    def _connect(self) -> None:
        self.filter_field.textChanged.connect(self._show)
        self.table.records_selected.connect(lambda _rows: self._follow_button())
        self.table.record_activated.connect(lambda row: self.info_wanted.emit(row.location_id))
        self.info_button.clicked.connect(self._want_info)
        self.export_button.clicked.connect(self._export)
        self._bridge.fleet_changed.connect(self._take)
        self._bridge.aged.connect(self._age)

    def _show(self) -> None:
        text = self.filter_field.text().strip().casefold()
        shown = [
            row
            for row in self._rows
            if text in f"{row.name} {row.remark}".casefold() and self._wanted(row)
        ]
        self.export_button.setEnabled(bool(shown))
        self.model.replace_all(shown)
        if not shown:
            self.empty.set_content(_NO_MATCH if self._rows else _NONE)
        self._stack.setCurrentWidget(self.table if shown else self.empty)
        self._follow_button()

    def _follow_button(self) -> None:
        is_one = len(self.table.selected_records()) == 1
        self.info_button.setEnabled(is_one)
        self.info_button.setToolTip("" if is_one else "Choose one location in the list first.")

    def _want_info(self) -> None:
        for row in self.table.selected_records():
            self.info_wanted.emit(row.location_id)

    def _export(self) -> None:
        path, _kind = QFileDialog.getSaveFileName(self, "Export licences", "licences.csv", _KINDS)
        if path:
            self.save(Path(path))

    def save(self, path: Path) -> None:
        """Writes what is shown, wholly or not at all."""
        file = QSaveFile(str(path))
        is_open = file.open(QIODevice.OpenModeFlag.WriteOnly)
        if is_open:
            file.write(self.csv_text().encode())
        if is_open and file.commit():
            self.said.emit(f"The licences were saved as {path}.")
        else:
            why = file.errorString()
            self.said.emit(f"{path} cannot be written: {why}. Choose another place.")

    def _take(self, change: FleetChange) -> None:
        if change.locations_listed or change.pictures or change.licences or change.connections:
            self.refresh()

    def _age(self) -> None:
        if self.isVisible():
            self.refresh()
