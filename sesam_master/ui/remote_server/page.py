"""The page Remote server: the locations of this desk, at the right the chosen one."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QSplitter, QVBoxLayout, QWidget

from sesam_master.core.coverage import Coverage
from sesam_master.core.fleet import LocationState
from sesam_master.core.gateway import Diagnosis, FleetGateway
from sesam_master.core.states import Connection
from sesam_master.ui.bridge import Bridge
from sesam_master.ui.formatting import time_text
from sesam_master.ui.icons import icon
from sesam_master.ui.notices import Notice
from sesam_master.ui.remote_server.columns import COLUMNS, LocationRow
from sesam_master.ui.remote_server.detail import LocationDetail
from sesam_master.ui.remote_server.presenter import RemoteServerPresenter
from sesam_master.ui.theme import ThemeHolder
from sesam_master.ui.widgets.page_header import PageHeader
from sesam_master.ui.widgets.record_table import RecordTableModel
from sesam_master.ui.widgets.record_table_view import RecordTableView
from sesam_master.ui.widgets.search_field import SearchField


class RemoteServerPage(QWidget):
    """`add_location` opens the way to a new one."""

    title = "Remote server"
    icon_name = "plug-zap"

    def __init__(
        self,
        holder: ThemeHolder,
        bridge: Bridge,
        gateway: FleetGateway,
        add_location: Callable[[], None],
        now: Callable[[], datetime],
    ) -> None:
        super().__init__()
        self.setProperty("surface", "base")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self._holder = holder
        self._rows: tuple[LocationRow, ...] = ()
        self.header = PageHeader(holder, self.title, Coverage(0, 0), "The locations of this desk.")
        self.model = RecordTableModel(
            COLUMNS,
            lambda row: row.location_id,
            is_stale=lambda row: row.connection is not Connection.ON,
            parent=self,
        )
        self.table = RecordTableView(holder, self.model)
        self.detail = LocationDetail(holder)
        self.filter_field = SearchField(holder, "Filter")
        self.new_button = QPushButton(icon("plus", holder, "on_accent"), "New location")
        self.switch_button = QPushButton("Switch off")
        self.delete_button = QPushButton(icon("trash-2", holder), "Delete")
        self._lay_out()
        self.presenter = RemoteServerPresenter(bridge, gateway, self, now)
        self._wire(add_location)
        self.model.sort_by("connection", descending=False)
        self.presenter.refresh()
        bridge.aged.connect(self._refresh_ages)

    def choose(self, location_id: str) -> None:
        """Shows a location, for those who lead here."""
        self.filter_field.clear()
        self.table.select_key(location_id)
        self.table.setFocus()

    # -- for the presenter

    def show_rows(self, rows: Sequence[LocationRow], summary: str) -> None:
        self._rows = tuple(rows)
        self.header.set_sentence(f"The locations of this desk: {summary or 'none yet'}.")
        live = sum(row.connection is Connection.ON for row in rows)
        self.header.set_coverage(Coverage(live, len(rows)))
        self._show_filtered()

    def show_location(self, state: LocationState | None) -> None:
        self.detail.show_location(state)
        self._follow_buttons(state)

    def show_connection(self, state: LocationState) -> None:
        self.detail.show_connection(state)
        self._follow_buttons(state)

    def show_diagnosis(self, diagnosis: Diagnosis, accepted: str, tested_at: datetime) -> None:
        self.detail.doctor.show_diagnosis(diagnosis, accepted, _time(tested_at))

    def clear_diagnosis(self, outdated_at: datetime | None) -> None:
        self.detail.doctor.clear(_time(outdated_at) if outdated_at else "")

    def show_problem(self, problem: Notice | None) -> None:
        self.detail.show_problem(problem)

    # -- inside

    def _refresh_ages(self) -> None:
        if self.isVisible():
            self.presenter.refresh()

    def _lay_out(self) -> None:
        self.new_button.setProperty("primary", True)
        self.filter_field.setMaximumWidth(220)
        bar = QHBoxLayout()
        bar.setContentsMargins(16, 8, 16, 8)
        bar.setSpacing(8)
        for button in self._buttons():
            bar.addWidget(button)
        bar.addStretch()
        bar.addWidget(self.filter_field, 1)
        left = QWidget()
        column = QVBoxLayout(left)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addLayout(bar)
        column.addWidget(self.table)
        splitter = QSplitter(Qt.Orientation.Horizontal)
        splitter.addWidget(left)
        splitter.addWidget(self.detail)
        splitter.setChildrenCollapsible(False)
        splitter.setStretchFactor(0, 3)
        splitter.setStretchFactor(1, 2)
        splitter.setSizes([540, 490])
        self.detail.setMinimumWidth(490)  # a fingerprint's line fits
        page = QVBoxLayout(self)
        page.setContentsMargins(0, 0, 0, 0)
        page.setSpacing(0)
        page.addWidget(self.header)
        page.addWidget(splitter, 1)

    def _buttons(self) -> tuple[QPushButton, ...]:
        return (self.new_button, self.switch_button, self.delete_button)

    def _wire(self, add_location: Callable[[], None]) -> None:
        presenter, detail = self.presenter, self.detail
        self.new_button.clicked.connect(lambda: add_location())
        self.switch_button.clicked.connect(lambda: presenter.switch(not detail.switch.isChecked()))
        self.delete_button.clicked.connect(detail.ask_delete)
        self.filter_field.textChanged.connect(self._show_filtered)
        self.table.records_selected.connect(self._selected)
        detail.saved.connect(presenter.save)
        detail.switched.connect(presenter.switch)
        detail.deleted.connect(presenter.delete)
        detail.tested.connect(presenter.diagnose)
        detail.doctor.accepted.connect(presenter.accept)
        self._follow_buttons(None)

    def _selected(self, rows: list[LocationRow]) -> None:
        self.presenter.choose(rows[0].location_id if len(rows) == 1 else "")

    def _show_filtered(self) -> None:
        text = self.filter_field.text().strip().casefold()
        self.model.replace_all(
            row for row in self._rows if text in f"{row.name} {row.farm} {row.address}".casefold()
        )

    def _follow_buttons(self, state: LocationState | None) -> None:
        for button in self._buttons()[1:]:
            button.setEnabled(state is not None)
            button.setToolTip("" if state else "Choose a location in the list first.")
        is_on = state is None or state.registration.is_on
        self.switch_button.setText("Switch off" if is_on else "Switch on")


def _time(moment: datetime) -> str:
    """In the desk's time zone."""
    return time_text(moment, moment.astimezone().tzinfo or UTC, with_seconds=True)
