"""The page "Scheduling" of one location: its schedules, events and task groups."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, tzinfo

import tzlocal
from PySide6.QtCore import QPoint, QSignalBlocker, Qt
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import (
    QHBoxLayout,
    QMenu,
    QPushButton,
    QSplitter,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from sesam_master.core.coverage import Coverage
from sesam_master.core.gateway import FleetGateway
from sesam_master.ui.bridge import Bridge
from sesam_master.ui.formatting import moment_text
from sesam_master.ui.icons import icon
from sesam_master.ui.plan.calendar_files import CalendarFiles
from sesam_master.ui.plan.editor import Editor
from sesam_master.ui.plan.listing import Drafts
from sesam_master.ui.plan.other_starts import OtherStarts
from sesam_master.ui.plan.presenter import PlanPresenter
from sesam_master.ui.plan.rows import Key, PlanKind, PlanRow, columns
from sesam_master.ui.plan.sentences import empty_content, page_sentence
from sesam_master.ui.theme import ThemeHolder
from sesam_master.ui.widgets.banner import Banner
from sesam_master.ui.widgets.empty_state import EmptyState
from sesam_master.ui.widgets.page_header import PageHeader
from sesam_master.ui.widgets.record_table import RecordTableModel
from sesam_master.ui.widgets.record_table_view import RecordTableView
from sesam_master.ui.widgets.search_field import SearchField
from sesam_master.ui.widgets.segments import Segments
from sesam_master.ui.widgets.thin_progress import ThinProgress


class PlanPage(QWidget):
    """A tab for one location. `drafts` keeps what is not saved when the tab is closed."""

    icon_name = "calendar-clock"

    def __init__(
        self,
        holder: ThemeHolder,
        bridge: Bridge,
        source: FleetGateway,
        location_id: str,
        drafts: Drafts,
        *,
        zone: tzinfo | None = None,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        super().__init__()
        self.setProperty("surface", "base")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self._holder = holder
        zone = zone or tzlocal.get_localzone()
        self.presenter = PlanPresenter(bridge, source, location_id, drafts, zone, clock, self)
        self.title = f"Scheduling, {self.presenter.place.name}"
        self.header = PageHeader(holder, "Scheduling", Coverage(0, 1))
        self.progress = ThinProgress(holder)
        self.banner = Banner(holder, "")
        self.segments = Segments(holder, [kind.value for kind in PlanKind])
        self.new_button = QPushButton(icon("plus", holder, "on_accent"), "")
        self.filter_field = SearchField(holder, "Filter", "Ctrl+F")
        self.tables = {kind: _table(holder, kind, self) for kind in PlanKind}
        self.empty = EmptyState(holder, empty_content(PlanKind.SCHEDULES, "", None, None, ""))
        others = OtherStarts(bridge, source, location_id, clock, self)
        self.editor = Editor(holder, self.presenter, others)
        self.files = CalendarFiles(self, bridge, source, self.presenter)
        self._lists = QStackedWidget()
        self._lay_out()
        self._wire(bridge)
        self.presenter.refresh()
        self._show()

    @property
    def location_id(self) -> str:
        return self.presenter.place.location_id

    @property
    def table(self) -> RecordTableView[PlanRow]:
        """The list in front."""
        return self.tables[self.presenter.kind]

    # -- for the window

    def refresh(self) -> None:
        """Ask the location again."""
        self.presenter.refresh()

    # -- inside

    def _lay_out(self) -> None:
        self.new_button.setProperty("primary", True)
        self.filter_field.setMaximumWidth(260)
        bar = QHBoxLayout()
        bar.setContentsMargins(16, 6, 12, 6)
        bar.setSpacing(8)
        bar.addWidget(self.segments)
        bar.addWidget(self.new_button)
        bar.addStretch(1)
        bar.addWidget(self.filter_field, 1)
        for table in self.tables.values():
            self._lists.addWidget(table)
        self._lists.addWidget(self.empty)
        above = QWidget()
        column = QVBoxLayout(above)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addLayout(bar)
        column.addWidget(self._lists, 1)
        splitter = QSplitter(Qt.Orientation.Vertical)
        splitter.addWidget(above)
        splitter.addWidget(self.editor)
        splitter.setChildrenCollapsible(False)
        splitter.setStretchFactor(0, 2)
        splitter.setStretchFactor(1, 3)
        splitter.setSizes([230, 370])
        page = QVBoxLayout(self)
        page.setContentsMargins(0, 0, 0, 0)
        page.setSpacing(0)
        page.addWidget(self.header)
        page.addWidget(self.progress)
        page.addWidget(self.banner)
        page.addWidget(splitter, 1)

    def _wire(self, bridge: Bridge) -> None:
        presenter = self.presenter
        self.segments.chosen.connect(lambda text: self.show_kind(PlanKind(text)))
        self.new_button.clicked.connect(self._new)
        self.filter_field.textChanged.connect(self._show_rows)
        self.empty.triggered.connect(self._act_on_empty)
        self.editor.schedule_form.import_wanted.connect(self.files.ask_import)
        self.editor.schedule_form.export_wanted.connect(self.files.ask_export)
        self.editor.closed.connect(lambda: self.table.setFocus())
        for table in self.tables.values():
            table.records_selected.connect(self._select)
            table.record_activated.connect(lambda _row: self.editor.focus_first())
            table.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
            table.customContextMenuRequested.connect(self._pop_up)
        presenter.changed.connect(self._show)
        presenter.edited.connect(self._show_edited)
        presenter.chosen_changed.connect(self._show_chosen)
        bridge.aged.connect(self._show_age)
        whole, inside = Qt.ShortcutContext.WidgetWithChildrenShortcut, self
        for keys, act in (
            ("Ctrl+S", self.editor.send),
            ("Ctrl+D", presenter.duplicate),
            ("Ctrl+Z", presenter.undo),
            ("Ctrl+Shift+Z", presenter.redo),
            ("Ctrl+F", self.filter_field.setFocus),
            ("Insert", self._new),
        ):
            shortcut = QShortcut(QKeySequence(keys), inside)
            shortcut.setContext(whole)
            shortcut.activated.connect(act)
        for table in self.tables.values():
            delete = QShortcut(QKeySequence(QKeySequence.StandardKey.Delete), table)
            delete.setContext(Qt.ShortcutContext.WidgetShortcut)
            delete.activated.connect(self.editor.ask_delete)

    def show_kind(self, kind: PlanKind) -> None:
        """Another list in front."""
        self.segments.choose(kind.value)
        self.presenter.set_kind(kind)

    def _new(self) -> None:
        if self.presenter.place.hindrance is None:
            self.presenter.new()
            self.editor.focus_first()

    def _select(self, rows: list[PlanRow]) -> None:
        self.presenter.choose(rows[0].key if rows else None)

    def _show(self) -> None:
        presenter = self.presenter
        place, plan = presenter.place, presenter.plan
        if presenter.is_asking:
            self.progress.start()
        else:
            self.progress.stop()
        self.header.set_sentence(page_sentence(place.name, plan, place.zones))
        self._show_age()
        hindrance = place.hindrance
        problem = presenter.list_problem
        self.banner.setVisible(plan is not None and (hindrance or problem) is not None)
        kept = ""
        if plan is not None and plan.is_kept:
            kept = f" Shown is what was known {moment_text(plan.as_of, place.zones.mine)}."
        self.banner.set_text(f"{hindrance or (problem.text if problem else '')}{kept}")
        self.new_button.setText(f"New {presenter.kind.noun}")
        self.new_button.setEnabled(hindrance is None and plan is not None)
        self.new_button.setToolTip(hindrance or "Insert")
        self._show_rows()

    def _show_age(self) -> None:
        state = self.presenter.place.state
        is_live = state is not None and state.is_live
        word = "live" if is_live else "not reached"
        self.header.set_coverage(
            Coverage(1 if is_live else 0, 1), f"{self.presenter.place.name} {word}", ""
        )

    def _show_rows(self) -> None:
        presenter = self.presenter
        text = self.filter_field.text().strip().casefold()
        rows = presenter.rows()
        shown = [row for row in rows if text in row.searched.casefold()] if text else rows
        table = self.table
        with QSignalBlocker(table):
            _model(table).replace_all(shown)
        self._show_chosen()
        if shown:
            self._lists.setCurrentWidget(table)
            return
        self.empty.set_content(
            empty_content(
                presenter.kind,
                presenter.place.name,
                presenter.list_problem,
                presenter.plan,
                self.filter_field.text().strip(),
            )
        )
        self._lists.setCurrentWidget(self.empty)

    def _show_edited(self) -> None:
        """The one row, whatever the filter says."""
        row = self.presenter.chosen_row()
        if row is not None:
            with QSignalBlocker(self.table):
                _model(self.table).upsert([row])

    def _show_chosen(self) -> None:
        """The row of what is chosen is selected; the selection tells nothing then."""
        table, key = self.table, self.presenter.key
        chosen: list[Key] = [row.key for row in table.selected_records()]
        if chosen == ([key] if key else []):
            return
        with QSignalBlocker(table):
            if key is None or not table.select_key(key):
                table.clearSelection()

    def _act_on_empty(self, key: str) -> None:
        match key:
            case "new":
                self._new()
            case "clear":
                self.filter_field.clear()
            case "again":
                self.presenter.refresh()

    def _pop_up(self, place: QPoint) -> None:
        menu = QMenu(self)
        menu.setToolTipsVisible(True)
        presenter = self.presenter
        hindrance = presenter.place.hindrance
        has_draft = presenter.draft is not None
        no_choice = None if has_draft else "Choose something in the list first."
        entries: Sequence[tuple[str, Callable[[], object], str | None]] = (
            (f"New {presenter.kind.noun}", self._new, hindrance),
            ("Duplicate", presenter.duplicate, hindrance or no_choice),
            ("Discard changes", presenter.discard, self._discard_refusal()),
            ("Delete", self.editor.ask_delete, presenter.delete_refusal),
        )
        for text, act, refusal in entries:
            action = menu.addAction(text)
            action.triggered.connect(lambda _=False, act=act: act())
            action.setEnabled(refusal is None)
            action.setToolTip(refusal or "")
        menu.aboutToHide.connect(menu.deleteLater)
        menu.popup(self.table.viewport().mapToGlobal(place))

    def _discard_refusal(self) -> str | None:
        draft = self.presenter.draft
        return None if draft is not None and draft.is_dirty else "Nothing was changed."


def _table(holder: ThemeHolder, kind: PlanKind, parent: QWidget) -> RecordTableView[PlanRow]:
    model: RecordTableModel[PlanRow] = RecordTableModel(
        columns(kind), lambda row: row.key, is_stale=lambda row: row.is_stale, parent=parent
    )
    model.sort_by("name", descending=False)
    table: RecordTableView[PlanRow] = RecordTableView(holder, model)
    table.setAccessibleName(kind.value)
    table.setSelectionMode(RecordTableView.SelectionMode.SingleSelection)
    return table


def _model(table: RecordTableView[PlanRow]) -> RecordTableModel[PlanRow]:
    model = table.model()
    assert isinstance(model, RecordTableModel)
    return model
