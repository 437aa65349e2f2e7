"""A page of one location: lists of its objects, and the editor of the chosen one."""

from abc import abstractmethod
from collections.abc import Callable, Mapping, Sequence
from typing import Any

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
from sesam_master.ui.bridge import Bridge
from sesam_master.ui.formatting import moment_text
from sesam_master.ui.icons import icon
from sesam_master.ui.objects.editor import ObjectEditor
from sesam_master.ui.objects.kinds import Key, ObjectKind, ObjectRow
from sesam_master.ui.objects.presenter import ObjectsPresenter
from sesam_master.ui.theme import ThemeHolder
from sesam_master.ui.widgets.banner import Banner
from sesam_master.ui.widgets.column import Column
from sesam_master.ui.widgets.empty_state import EmptyContent, EmptyState
from sesam_master.ui.widgets.page_header import PageHeader
from sesam_master.ui.widgets.record_table import RecordTableModel
from sesam_master.ui.widgets.record_table_view import RecordTableView
from sesam_master.ui.widgets.search_field import SearchField
from sesam_master.ui.widgets.segments import Segments
from sesam_master.ui.widgets.thin_progress import ThinProgress


class ObjectsPage(QWidget):
    """A tab for one location. Each page says the rest of its objects."""

    icon_name: str

    def __init__(
        self,
        holder: ThemeHolder,
        bridge: Bridge,
        name: str,
        presenter: ObjectsPresenter[Any, Any],
        editor: ObjectEditor,
        columns: Mapping[Any, Sequence[Column[Any]]],
    ) -> None:
        """`name` is what the page is called, `columns` those of each list, in their order."""
        super().__init__()
        self.setProperty("surface", "base")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self._holder = holder
        self.presenter = presenter
        self.editor = editor
        presenter.setParent(self)
        self.title = f"{name}, {presenter.place.name}"
        self.header = PageHeader(holder, name, Coverage(0, 1))
        self.progress = ThinProgress(holder)
        self.banner = Banner(holder, "")
        self.segments = Segments(holder, [kind.value for kind in columns])
        self.new_button = QPushButton(icon("plus", holder, "on_accent"), "")
        self.filter_field = SearchField(holder, "Filter", "Ctrl+F")
        self.tables = {kind: _table(holder, kind, columns[kind], self) for kind in columns}
        self.empty = EmptyState(holder, EmptyContent(self.icon_name, "", ""))
        self._lists = QStackedWidget()
        self._lay_out()
        self._wire(bridge)
        presenter.refresh()
        self._show()

    @property
    def location_id(self) -> str:
        return self.presenter.place.location_id

    @property
    def table(self) -> RecordTableView[Any]:
        """The list in front."""
        return self.tables[self.presenter.kind]

    # -- what each page says of its objects

    @abstractmethod
    def sentence(self) -> str:
        """What there is."""

    @abstractmethod
    def empty_content(self, text: str) -> EmptyContent:
        """What is not there, why, and what would change it. `text` is what is filtered by."""

    # -- for the window

    def refresh(self) -> None:
        """Ask the location again."""
        self.presenter.refresh()

    def show_kind(self, kind: ObjectKind) -> None:
        """Another list in front."""
        self.segments.choose(kind.value)
        self.presenter.set_kind(kind)

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
        kinds = {kind.value: kind for kind in self.tables}
        self.segments.chosen.connect(lambda text: self.show_kind(kinds[text]))
        self.new_button.clicked.connect(self._new)
        self.filter_field.textChanged.connect(self._show_rows)
        self.empty.triggered.connect(self._act_on_empty)
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
            ("Ctrl+D", self._duplicate),
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

    def _new(self) -> None:
        if self.presenter.new_refusal is None:
            self.presenter.new()
            self.editor.focus_first()

    def _duplicate(self) -> None:
        if self.presenter.new_refusal is None:
            self.presenter.duplicate()

    def _select(self, rows: list[ObjectRow]) -> None:
        self.presenter.choose(rows[0].key if rows else None)

    def _show(self) -> None:
        presenter = self.presenter
        place, whole = presenter.place, presenter.whole
        if presenter.is_asking:
            self.progress.start()
        else:
            self.progress.stop()
        self.header.set_sentence(self.sentence())
        self._show_age()
        hindrance = place.hindrance
        problem = presenter.list_problem
        self.banner.setVisible(whole is not None and (hindrance or problem) is not None)
        kept = ""
        if whole is not None and whole.is_kept:
            kept = f" Shown is what was known {moment_text(whole.as_of, place.zones.mine)}."
        self.banner.set_text(f"{hindrance or (problem.text if problem else '')}{kept}")
        self.new_button.setText(f"New {presenter.kind.noun}")
        self.new_button.setEnabled(presenter.new_refusal is None and whole is not None)
        self.new_button.setToolTip(presenter.new_refusal or "Insert")
        self._show_rows()

    def _show_age(self) -> None:
        state = self.presenter.place.state
        is_live = state is not None and state.is_live
        word = "live" if is_live else "not reached"
        self.header.set_coverage(
            Coverage(1 if is_live else 0, 1), f"{self.presenter.place.name} {word}", ""
        )

    def _show_rows(self) -> None:
        text = self.filter_field.text().strip()
        wanted = text.casefold()
        rows: list[ObjectRow] = self.presenter.rows()
        shown = [row for row in rows if wanted in row.searched.casefold()] if wanted else rows
        table = self.table
        with QSignalBlocker(table):
            _model(table).replace_all(shown)
        self._show_chosen()
        if shown:
            self._lists.setCurrentWidget(table)
            return
        self.empty.set_content(self.empty_content(text))
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
        has_draft = presenter.draft is not None
        no_choice = None if has_draft else "Choose something in the list first."
        is_dirty = presenter.draft is not None and presenter.draft.is_dirty
        entries: Sequence[tuple[str, Callable[[], object], str | None]] = (
            (f"New {presenter.kind.noun}", self._new, presenter.new_refusal),
            ("Duplicate", presenter.duplicate, presenter.new_refusal or no_choice),
            ("Discard changes", presenter.discard, None if is_dirty else "Nothing was changed."),
            ("Delete", self.editor.ask_delete, presenter.delete_refusal),
        )
        for text, act, refusal in entries:
            action = menu.addAction(text)
            action.triggered.connect(lambda _=False, act=act: act())
            action.setEnabled(refusal is None)
            action.setToolTip(refusal or "")
        menu.aboutToHide.connect(menu.deleteLater)
        menu.popup(self.table.viewport().mapToGlobal(place))


def _table(
    holder: ThemeHolder, kind: ObjectKind, columns: Sequence[Column[Any]], parent: QWidget
) -> RecordTableView[Any]:
    model: RecordTableModel[Any] = RecordTableModel(
        columns, lambda row: row.key, is_stale=lambda row: row.is_stale, parent=parent
    )
    model.sort_by("name", descending=False)
    table: RecordTableView[Any] = RecordTableView(holder, model)
    table.setAccessibleName(kind.value)
    table.setSelectionMode(RecordTableView.SelectionMode.SingleSelection)
    return table


def _model(table: RecordTableView[Any]) -> RecordTableModel[Any]:
    model = table.model()
    assert isinstance(model, RecordTableModel)
    return model
