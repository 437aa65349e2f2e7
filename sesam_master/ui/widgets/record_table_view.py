"""The table of every page: look, column chooser, sorting, copying, and what is kept of it."""

from collections.abc import Hashable, Mapping
from typing import Any, Generic

from PySide6.QtCore import QEvent, QItemSelectionModel, QModelIndex, QPoint, QRect, Qt, Signal
from PySide6.QtGui import (
    QAction,
    QContextMenuEvent,
    QEnterEvent,
    QFontMetrics,
    QGuiApplication,
    QKeyEvent,
    QKeySequence,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QResizeEvent,
)
from PySide6.QtWidgets import (
    QAbstractItemView,
    QApplication,
    QHeaderView,
    QMenu,
    QTableView,
    QWidget,
)

from sesam_master.ui.theme import ThemeHolder
from sesam_master.ui.widgets.cells import CellDelegate
from sesam_master.ui.widgets.column import HeadKind, R
from sesam_master.ui.widgets.column_widths import NARROWEST_COLUMN, ColumnWidths
from sesam_master.ui.widgets.record_table import RecordTableModel

HEADER_HEIGHT = 28


class RecordTableView(QTableView, Generic[R]):
    """Shows a RecordTableModel. Signals carry records, never indexes; group rows have their own.

    While the pointer is over it, a row is selected or a paged model is scrolled, the model is held:
    rows do not move. `delegate` is for tables that paint more than a line per row.
    """

    record_activated = Signal(object)
    head_activated = Signal(object)
    records_selected = Signal(list)
    columns_changed = Signal()

    def __init__(
        self,
        holder: ThemeHolder,
        model: RecordTableModel[R],
        parent: QWidget | None = None,
        delegate: CellDelegate | None = None,
    ) -> None:
        super().__init__(parent)
        self._holder = holder
        self._records = model
        self._has_pointer = False
        self._delegate = delegate or CellDelegate(holder, self)
        self.setModel(model)
        self.setItemDelegate(self._delegate)
        self._configure_rows()
        self._configure_header()
        self._widths: ColumnWidths[R] = ColumnWidths(
            holder, self.horizontalHeader(), model.columns, self._delegate.text_width
        )
        self._widths.given.connect(self.columns_changed)
        self._take_theme()
        holder.changed.connect(self._take_theme)
        self.entered.connect(self._hover)
        self.activated.connect(self._activate)
        self.clicked.connect(self._click)
        self.selectionModel().selectionChanged.connect(self._selection_changed)
        self.verticalScrollBar().valueChanged.connect(self._hold)

    # -- for pages

    def selected_records(self) -> list[R]:
        """The records of the selected rows, in the order of the rows."""
        rows = sorted(index.row() for index in self.selectionModel().selectedRows())
        return [self._records.record(row) for row in rows if self._records.head(row) is None]

    def select_key(self, key: Hashable) -> bool:
        """Select one row by its key and scroll to it. False when it is not here."""
        row = self._records.row_of(key)
        if row is None:
            return False
        flag = QItemSelectionModel.SelectionFlag  # whatever key is held down
        index = self._records.index(row, 0)
        self.selectionModel().setCurrentIndex(index, flag.ClearAndSelect | flag.Rows)
        self.scrollTo(index)
        return True

    def layout_state(self) -> dict[str, Any]:
        """Order, widths by a person, hidden columns and sorting, as plain data to keep per view."""
        header, columns = self.horizontalHeader(), self._records.columns
        by_place = sorted(range(len(columns)), key=header.visualIndex)
        return {
            "order": [columns[place].key for place in by_place],
            "widths": dict(self._widths.by_person),
            "hidden": [c.key for p, c in enumerate(columns) if self._widths.is_hidden(p)],
            "sorting": list(self._records.sorting or ()),
        }

    def restore_layout(self, state: Mapping[str, Any]) -> None:
        """Take what `layout_state` gave; unknown columns and odd values are passed over."""
        header = self.horizontalHeader()
        places = {column.key: place for place, column in enumerate(self._records.columns)}
        known = [places[key] for key in _listed(state, "order") if key in places]
        for target, place in enumerate(known):
            header.moveSection(header.visualIndex(place), target)
        hidden = set(_listed(state, "hidden"))
        if "hidden" in state and not hidden >= places.keys():
            for key, place in places.items():
                self._widths.set_hidden(place, key in hidden)
        widths = state.get("widths")
        self._widths.give(widths if isinstance(widths, Mapping) else {})
        sorting = _listed(state, "sorting")
        if len(sorting) == 2 and sorting[0] in places:
            self._records.sort_by(sorting[0], bool(sorting[1]))
        self._find_first_column()

    def column_menu(self) -> QMenu:
        """A menu that shows and hides columns; the caller pops it up."""
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        hidden = [self._widths.is_hidden(p) for p in range(len(self._records.columns))]
        shown = hidden.count(False)
        for place, column in enumerate(self._records.columns):
            no_room = " (no room now)" if self._widths.has_no_room(place) else ""
            action = QAction(f"{column.title}{no_room}", menu)
            action.setCheckable(True)
            action.setChecked(not hidden[place])
            if shown == 1 and action.isChecked():
                action.setEnabled(False)
                action.setToolTip("One column has to stay")
            action.toggled.connect(lambda is_on, at=place: self._show_column(at, is_on))
            menu.addAction(action)
        menu.addSeparator()
        fit = menu.addAction("Widths that fit", self._widths.forget)
        fit.setEnabled(bool(self._widths.by_person))
        menu.addAction("All columns as at first", self.reset_layout)
        return menu

    def reset_layout(self) -> None:
        """Order, widths and choice of the columns as they are without a person's wish."""
        columns = self._records.columns
        self.restore_layout(
            {
                "order": [column.key for column in columns],
                "hidden": [column.key for column in columns if not column.is_visible],
            }
        )
        self._widths.fit(self.viewport().width())
        self.columns_changed.emit()

    def copy_rows(self) -> None:
        """Put the selected rows on the clipboard, as lines of texts parted by tabs."""
        header, columns = self.horizontalHeader(), self._records.columns
        places = [p for p in range(len(columns)) if not header.isSectionHidden(p)]
        places.sort(key=header.visualIndex)
        lines = [
            "\t".join(columns[place].text(record) for place in places)
            for record in self.selected_records()
        ]
        if lines:
            QGuiApplication.clipboard().setText("\n".join(lines) + "\n")

    # -- Qt's side

    def event(self, event: QEvent) -> bool:
        """The menu key is for the row in focus. Qt would name its place below the header, but tell
        it as one above."""
        if (
            isinstance(event, QContextMenuEvent)
            and event.reason() is QContextMenuEvent.Reason.Keyboard
        ):
            place = self.visualRect(self.currentIndex()).center()
            there = self.viewport().mapToGlobal(place)
            return QApplication.sendEvent(
                self.viewport(), QContextMenuEvent(event.reason(), place, there)
            )
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Copies whole rows; Right and Left open and close groups; everything else is Qt's."""
        if event.matches(QKeySequence.StandardKey.Copy):
            self.copy_rows()
        elif not self._turn_by_key(event):
            super().keyPressEvent(event)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """On a group row it is two clicks."""
        index = self.indexAt(event.position().toPoint())
        if index.isValid() and self._records.head(index.row()) is not None:
            self.mousePressEvent(event)
            return
        super().mouseDoubleClickEvent(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        """The cells by the delegate; group rows on top, over all columns."""
        super().paintEvent(event)
        first = max(0, self.rowAt(0))
        painter = QPainter(self.viewport())
        for row in range(first, self._records.rowCount()):
            top = self.rowViewportPosition(row)
            if top > self.viewport().height():
                break
            head = self._records.head(row)
            if head is not None:
                rect = QRect(0, top, self.viewport().width(), self.rowHeight(row))
                is_selected = self.selectionModel().isRowSelected(row)
                self._delegate.paint_head(painter, rect, head, is_selected)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """The columns fit into the new room."""
        super().resizeEvent(event)
        if event.size().width() != event.oldSize().width():
            self._widths.fit(self.viewport().width())

    def enterEvent(self, event: QEnterEvent) -> None:
        """Rows stay under the pointer."""
        super().enterEvent(event)
        self._has_pointer = True
        self._hold()

    def leaveEvent(self, event: QEvent) -> None:
        """The pointer is gone: rows may move again."""
        super().leaveEvent(event)
        self._has_pointer = False
        self._set_hovered(-1)
        self._hold()

    # -- inside

    def _configure_rows(self) -> None:
        self.setShowGrid(False)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setWordWrap(False)
        self.setTabKeyNavigation(False)
        self.setMouseTracking(True)
        self.setFrameShape(QTableView.Shape.NoFrame)
        rows = self.verticalHeader()
        rows.hide()
        rows.setSectionResizeMode(QHeaderView.ResizeMode.Fixed)

    def _configure_header(self) -> None:
        header = self.horizontalHeader()
        header.setHighlightSections(False)
        header.setSectionsClickable(True)
        header.setSectionsMovable(True)
        header.setMinimumSectionSize(NARROWEST_COLUMN)
        header.setTextElideMode(Qt.TextElideMode.ElideRight)
        header.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        header.customContextMenuRequested.connect(self._pop_up_column_menu)
        header.sectionClicked.connect(self._sort_by_click)
        header.sectionMoved.connect(self._layout_moved)
        for place, column in enumerate(self._records.columns):
            header.setSectionHidden(place, not column.is_visible)
        self._find_first_column()

    def _take_theme(self) -> None:
        self.verticalHeader().setDefaultSectionSize(self._delegate.row_height())
        self.horizontalHeader().setFixedHeight(header_height(self._holder))
        self._widths.fit(self.viewport().width())
        self.viewport().update()

    def _sort_by_click(self, place: int) -> None:
        columns = self._records.columns
        if not columns[place].is_sortable:
            return
        descending = columns[place].descending_first
        sorting = self._records.sorting
        if sorting is not None and sorting[0] == columns[place].key:
            descending = not sorting[1]
        self._records.sort_by(columns[place].key, descending)
        self.columns_changed.emit()

    def _show_column(self, place: int, is_shown: bool) -> None:
        self._widths.set_hidden(place, not is_shown)
        self._layout_moved()

    def _layout_moved(self) -> None:
        self._widths.fit(self.viewport().width())
        self._find_first_column()
        self.columns_changed.emit()

    def _pop_up_column_menu(self, position: QPoint) -> None:
        self.column_menu().popup(self.horizontalHeader().mapToGlobal(position))

    def _find_first_column(self) -> None:
        header = self.horizontalHeader()
        for place in range(header.count()):
            logical = header.logicalIndex(place)
            if not header.isSectionHidden(logical):
                self._delegate.first_column = logical
                break
        self.viewport().update()

    def _hover(self, index: QModelIndex) -> None:
        self._set_hovered(index.row())

    def _set_hovered(self, row: int) -> None:
        before, self._delegate.hovered_row = self._delegate.hovered_row, row
        for changed in {before, row}:
            y = self.rowViewportPosition(changed)
            if changed >= 0 and y >= 0:
                self.viewport().update(0, y, self.viewport().width(), self.rowHeight(changed))

    def _turn_by_key(self, event: QKeyEvent) -> bool:
        """Right opens a group, then goes into it; Left goes to the head, then closes it."""
        row, key = self.currentIndex().row(), event.key()
        if row < 0 or not self._records.has_heads:
            return False
        if key not in (Qt.Key.Key_Left, Qt.Key.Key_Right):
            return False
        head, is_right = self._records.head(row), key == Qt.Key.Key_Right
        is_group = head is not None and head.kind is HeadKind.GROUP
        if head is not None and is_group and head.is_open != is_right:
            self.head_activated.emit(self._records.record(row))
        elif is_right and is_group and row + 1 < self._records.rowCount():
            self._go_to(row + 1)
        elif not is_right and not is_group:
            self._go_to(next((at for at in range(row, -1, -1) if self._is_group(at)), row))
        return True

    def _go_to(self, row: int) -> None:
        self.setCurrentIndex(self._records.index(row, self.currentIndex().column()))

    def _is_group(self, row: int) -> bool:
        head = self._records.head(row)
        return head is not None and head.kind is HeadKind.GROUP

    def _activate(self, index: QModelIndex) -> None:
        head = self._records.head(index.row())
        if head is not None and head.kind is HeadKind.NOTE:
            return
        signal = self.record_activated if head is None else self.head_activated
        signal.emit(self._records.record(index.row()))

    def _click(self, index: QModelIndex) -> None:
        if self._records.head(index.row()) is not None:
            self._activate(index)

    def _selection_changed(self) -> None:
        self._hold()
        self.records_selected.emit(self.selected_records())

    def _hold(self) -> None:
        is_chosen = self.selectionModel().hasSelection()
        is_scrolled = self._records.is_paged and self.verticalScrollBar().value() > 0
        self._records.set_held(self._has_pointer or is_chosen or is_scrolled)


def _listed(state: Mapping[str, Any], key: str) -> list[Any]:
    value = state.get(key, ())
    return list(value) if isinstance(value, list | tuple) else []


def header_height(holder: ThemeHolder) -> int:
    """Of the header of any table, in pixels: two tables side by side stand on one line."""
    return max(HEADER_HEIGHT, QFontMetrics(holder.fonts.small_medium).height() + 13)
