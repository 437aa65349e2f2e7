"""The page "Interfaces" of one location: which of its programs are switched on, how each ran last,
and what it wrote."""

from collections.abc import Callable
from datetime import UTC, datetime, tzinfo

import tzlocal
from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QHBoxLayout,
    QPlainTextEdit,
    QPushButton,
    QSplitter,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from sesam_master.core.gateway import FleetGateway
from sesam_master.core.interfaces import Interface
from sesam_master.ui.bridge import Bridge
from sesam_master.ui.interfaces.presenter import InterfacesPresenter
from sesam_master.ui.interfaces.words import (
    AT_CLIENTS,
    interface_columns,
    output_text,
    run_text,
    switch_text,
)
from sesam_master.ui.objects.location_page import LocationPage
from sesam_master.ui.theme import ThemeHolder
from sesam_master.ui.widgets.elided_label import ElidedLabel
from sesam_master.ui.widgets.empty_state import EmptyContent, EmptyState
from sesam_master.ui.widgets.record_table import RecordTableModel
from sesam_master.ui.widgets.record_table_view import RecordTableView
from sesam_master.ui.widgets.wrapped_label import WrappedLabel

_CHOOSE = "Choose a program to see what it wrote."
_AT_CLIENT = "\nAt a client over SSH, its own in /opt/sesam/bin/sesam runs instead."


class InterfacesPage(LocationPage):
    """A tab for one location. `open_job` gets a location id and a job id."""

    icon_name = "terminal"
    presenter: InterfacesPresenter

    def __init__(
        self,
        holder: ThemeHolder,
        bridge: Bridge,
        source: FleetGateway,
        location_id: str,
        open_job: Callable[[str, str], None],
        *,
        zone: tzinfo | None = None,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        zone = zone or tzlocal.get_localzone()
        presenter = InterfacesPresenter(bridge, source, location_id, zone, clock)
        place = presenter.place
        says = f"The programs that {place.name} calls before, after and about jobs"
        super().__init__(holder, bridge, presenter, clock, "Interfaces", says)
        self._open_job = open_job
        self.model: RecordTableModel[Interface] = RecordTableModel(
            interface_columns(place.zones.site, clock()),
            lambda one: one.name,
            is_stale=lambda _one: place.darkness is not None,
            is_paged=True,
            parent=self,
        )
        self.table = RecordTableView(holder, self.model)
        self.table.setAccessibleName("Interface programs")
        self.table.setSelectionMode(RecordTableView.SelectionMode.SingleSelection)
        self.empty = EmptyState(holder, EmptyContent(self.icon_name, "", ""))
        self.name = ElidedLabel(holder, "", "heading")
        self.switch = WrappedLabel()
        self.switch.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.run = WrappedLabel("", "secondary")
        self.protocol = QPushButton("Open the protocol")
        self.note = WrappedLabel("", "secondary")
        self.output = QPlainTextEdit()
        self._stack = QStackedWidget()
        self._lay_out()
        self.presenter.changed.connect(self._show)
        self.table.records_selected.connect(lambda _chosen: self._show_one())
        self.protocol.clicked.connect(self._open_protocol)
        self.presenter.refresh()

    # -- inside

    def _lay_out(self) -> None:
        self.output.setReadOnly(True)
        self.output.setLineWrapMode(QPlainTextEdit.LineWrapMode.NoWrap)
        self.output.setFrameShape(QPlainTextEdit.Shape.NoFrame)
        self.output.setProperty("mono", True)
        self.output.setAccessibleName("What the program wrote")
        self.output.setTabChangesFocus(True)
        self._stack.addWidget(self.table)
        self._stack.addWidget(self.empty)
        head = QHBoxLayout()
        head.setSpacing(12)
        head.addWidget(self.name, 1)
        head.addWidget(self.protocol)
        detail = QWidget()
        column = QVBoxLayout(detail)
        column.setContentsMargins(16, 8, 12, 8)
        column.setSpacing(6)
        column.addLayout(head)
        for label in (self.switch, self.run, self.note):
            column.addWidget(label)
        column.addWidget(self.output, 1)
        column.addStretch(0)
        down = QSplitter(Qt.Orientation.Vertical)
        down.addWidget(self._stack)
        down.addWidget(detail)
        down.setChildrenCollapsible(False)
        down.setSizes([190, 400])
        down.setStretchFactor(1, 1)
        page = QVBoxLayout(self)
        page.setContentsMargins(0, 0, 0, 0)
        page.setSpacing(0)
        page.addWidget(self.head)
        page.addWidget(down, 1)

    def _show(self) -> None:
        presenter = self.presenter
        self.head.show_state(presenter.as_of, presenter.problem, is_asking=presenter.is_asking)
        found = presenter.found
        if found is None:
            waits = "The location is asked." if presenter.is_asking else "It was not reached yet."
            content = EmptyContent(self.icon_name, "Its interfaces are not known", waits)
            self.empty.set_content(content)
            self._stack.setCurrentWidget(self.empty)
        else:
            self.model.replace_all(found.all)
            self._stack.setCurrentWidget(self.table)
            if not self.table.selected_records() and found.all:
                self.table.select_key(_first(found.all).name)
        self.table.viewport().update()
        self._show_one()

    def _show_one(self) -> None:
        chosen, found = self.table.selected_records(), self.presenter.found
        one = chosen[0] if chosen and found is not None else None
        self.protocol.setVisible(one is not None)
        self.output.setVisible(False)
        if one is None or found is None:
            self.name.set_text("")
            self.switch.setText("")
            self.run.setText("")
            self.note.setText(_CHOOSE if found is not None else "")
            return
        self.name.set_text(one.name)
        at_client = _AT_CLIENT if one.name in AT_CLIENTS else ""
        self.switch.setText(f"{switch_text(one)}{at_client}")
        self.run.setText(run_text(one, self.presenter.place.zones.site))
        text, note = output_text(one, is_withheld=found.is_withheld)
        self.note.setText(note)
        self.note.setVisible(bool(note))
        if text != self.output.toPlainText():
            self.output.setPlainText(text)
        self.output.setVisible(bool(text))
        has_job = one.last_run is not None and bool(one.last_run.job_id)
        dark = self.presenter.place.darkness
        self.protocol.setEnabled(has_job and dark is None)
        why = dark or ("" if has_job else "Its last run was for no job.")
        self.protocol.setToolTip(why or "All that the job wrote, and its parts Pre and Post")

    def _open_protocol(self) -> None:
        for one in self.table.selected_records():
            if one.last_run is not None and one.last_run.job_id:
                self._open_job(self.location_id, one.last_run.job_id)


def _first(found: tuple[Interface, ...]) -> Interface:
    """The one that ran last, else the first: most come to see how it went."""
    ran = [(one.last_run.start_time, one.name, one) for one in found if one.last_run is not None]
    return max(ran)[2] if ran else found[0]
