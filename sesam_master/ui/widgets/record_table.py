"""A table model over keyed records: changes touch single rows, order and selection survive."""

from collections.abc import Callable, Hashable, Iterable, Sequence
from typing import Any, Generic

from PySide6.QtCore import (
    QAbstractTableModel,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    Qt,
    Signal,
)

from sesam_master.ui.formatting import MISSING, UNKNOWN
from sesam_master.ui.widgets.cell_data import alignment, column_data, head_data
from sesam_master.ui.widgets.column import (
    Column,
    GroupHead,
    R,
    Role,
)
from sesam_master.ui.widgets.held_rows import hold_rows
from sesam_master.ui.widgets.row_order import RowKey, in_sections, is_in_order, ordered, value_key

_Index = QModelIndex | QPersistentModelIndex
_ROOT = QModelIndex()
_DISPLAY = Qt.ItemDataRole.DisplayRole
_SORT_ARROWS = {False: "↑", True: "↓"}


class RecordTableModel(QAbstractTableModel, Generic[R]):
    """Rows are records, told apart by `key_of`. Call it from the GUI thread only.

    It sorts by itself, missing values last in both directions. While it is held, order does not
    change: new rows stand at the end and `waiting_changed` tells how many rows wait. A paged model
    never sorts: it asks its owner (`sort_requested` with column key and descending) for records in
    the new order, and for the next page (`more_requested`, once until the next records come). Held,
    it takes in what stands below its last row and the new values of its rows; the rest waits.
    Records for which `head_of` gives a GroupHead are group rows, never given to a column. The owner
    of a paged model keeps them above their rows; in others `set_sections` does.
    """

    more_requested = Signal()
    sort_requested = Signal(str, bool)
    waiting_changed = Signal(int)

    def __init__(
        self,
        columns: Sequence[Column[R]],
        key_of: Callable[[R], Hashable],
        *,
        is_stale: Callable[[R], bool] | None = None,
        head_of: Callable[[R], GroupHead | None] | None = None,
        is_paged: bool = False,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._columns = tuple(columns)
        self._key_of = key_of
        self._is_stale = is_stale
        self._head_of = head_of
        self._is_paged = is_paged
        self._records: list[R] = []
        self._rows_by_key: dict[Hashable, int] = {}
        self._sort_keys: list[RowKey] = []
        self._section_of: Callable[[R], Any] | None = None
        self._sort_column: int | None = None
        self._descending = False
        self._is_held = False
        self._waiting: frozenset[Hashable] = frozenset()
        self._new_waiting = 0
        self._latest: tuple[R, ...] | None = None
        self._has_more = False
        self._page_is_asked = False

    # -- what is in it

    @property
    def columns(self) -> tuple[Column[R], ...]:
        """All columns, shown or not."""
        return self._columns

    @property
    def records(self) -> tuple[R, ...]:
        """All records in the order of the rows."""
        return tuple(self._records)

    @property
    def sorting(self) -> tuple[str, bool] | None:
        """Key of the sorted column and whether it is descending."""
        if self._sort_column is None:
            return None
        return self._columns[self._sort_column].key, self._descending

    @property
    def is_paged(self) -> bool:
        """Whether the owner sorts and pages it."""
        return self._is_paged

    @property
    def has_heads(self) -> bool:
        """Whether there may be group rows."""
        return self._head_of is not None

    @property
    def waiting(self) -> tuple[int, int]:
        """How many rows wait, and how many of them are not here at all yet (paged models)."""
        return len(self._waiting), min(self._new_waiting, len(self._waiting))

    def record(self, row: int) -> R:
        """The record in a row. Raises IndexError."""
        return self._records[row]

    def head(self, row: int) -> GroupHead | None:
        """The group head in a row, None for an ordinary row."""
        return self._head_of(self._records[row]) if self._head_of else None

    def row_of(self, key: Hashable) -> int | None:
        """The row of a key, None when it is not here."""
        return self._rows_by_key.get(key)

    # -- changes

    def upsert(self, records: Iterable[R]) -> None:
        """Replace the records with known keys in place, add the others."""
        moved = self._merge(records)
        self._settle(moved)

    def remove(self, keys: Iterable[Hashable]) -> None:
        """Take rows out; unknown keys are ignored."""
        doomed = {row for key in keys if (row := self._rows_by_key.get(key)) is not None}
        if not doomed:
            return
        self._set_waiting(self._waiting - {self._key_of(self._records[row]) for row in doomed})
        first = min(doomed)
        if max(doomed) - first + 1 != len(doomed):
            # One range at the end instead of many: views pay per range.
            kept = [row for row in range(len(self._records)) if row not in doomed]
            first = len(kept)
            self._permute(kept + sorted(doomed))
        last = first + len(doomed) - 1
        self.beginRemoveRows(_ROOT, first, last)
        del self._records[first : last + 1]
        del self._sort_keys[first : last + 1]
        self._reindex()
        self.endRemoveRows()

    def replace_all(self, records: Iterable[R], has_more: bool = False) -> None:
        """Show exactly these records; rows whose key stays are kept, with their selection.

        A paged model keeps the given order, and `has_more` says that further pages exist.
        """
        wanted = {self._key_of(record): record for record in records}
        self.remove([key for key in self._rows_by_key if key not in wanted])
        self._merge(wanted.values())
        self._has_more = has_more
        self._page_is_asked = False
        self._latest = None
        if self._is_paged:
            self._permute([self._rows_by_key[key] for key in wanted])
        self.resort()

    def offer_all(self, records: Iterable[R], has_more: bool = False) -> None:
        """As `replace_all`, of a paged model; but while it is held, no row that is here moves."""
        latest = tuple(records)
        if not self._is_held:
            self.replace_all(latest, has_more)
            return
        wanted = {self._key_of(record): record for record in latest}
        held = hold_rows(list(self._rows_by_key), list(wanted), has_more)
        here = [record for key, record in wanted.items() if key in self._rows_by_key]
        self._merge([*here, *(wanted[key] for key in held.added)])
        self._has_more = has_more
        self._page_is_asked = False
        self._latest = latest
        self._new_waiting = len(held.waiting_new)
        self._set_waiting(held.waiting_new | held.waiting_moves)

    def take_waiting(self) -> None:
        """Show what waits now, held or not."""
        latest, self._latest = self._latest, None
        if latest is not None:
            self.replace_all(latest, self._has_more)

    # -- order

    def sort(self, column: int, order: Qt.SortOrder = Qt.SortOrder.AscendingOrder) -> None:
        """Sort by a column at once, held or not."""
        if not 0 <= column < len(self._columns) or not self._columns[column].is_sortable:
            return
        self._sort_column = column
        self._descending = order == Qt.SortOrder.DescendingOrder
        self.headerDataChanged.emit(Qt.Orientation.Horizontal, 0, len(self._columns) - 1)
        if self._is_paged:
            self.sort_requested.emit(self._columns[column].key, self._descending)
            return
        self._take_order()

    def set_sections(self, section_of: Callable[[R], Any] | None) -> None:
        """Rows stand in the order of what this gives for their records, whatever they are sorted
        by, held or not; a new one at the end of its section. None: there are no sections."""
        self._section_of = section_of
        self._take_order()

    def sort_by(self, key: str, descending: bool) -> None:
        """Sort by a column's key. Raises KeyError for an unknown one."""
        places = {column.key: place for place, column in enumerate(self._columns)}
        order = Qt.SortOrder.DescendingOrder if descending else Qt.SortOrder.AscendingOrder
        self.sort(places[key], order)

    def resort(self) -> None:
        """Bring all rows into order now, those that wait too."""
        if not self._is_paged and not is_in_order(self._sort_keys, self._descending):
            self._permute(ordered(self._sort_keys, self._descending))
        self._set_waiting(frozenset())

    def set_held(self, is_held: bool) -> None:
        """Keep rows where they are, while a person points at them."""
        if is_held == self._is_held:
            return
        self._is_held = is_held
        if is_held:
            return
        if self._is_paged:
            self.take_waiting()
        else:
            self.resort()

    # -- Qt's side

    def rowCount(self, parent: _Index = _ROOT) -> int:
        """Rows at the top level."""
        return 0 if parent.isValid() else len(self._records)

    def columnCount(self, parent: _Index = _ROOT) -> int:
        """Columns at the top level."""
        return 0 if parent.isValid() else len(self._columns)

    def data(self, index: _Index, role: int = _DISPLAY) -> Any:
        """The cell for Qt's roles and for those of `Role`."""
        if not index.isValid() or index.row() >= len(self._records):
            return None
        record = self._records[index.row()]
        column = self._columns[index.column()]
        if role == Role.RECORD:
            return record
        if role == Role.KEY:
            return self._key_of(record)
        head = self.head(index.row())
        if head is not None:
            return head_data(head, role)
        if role == Role.CELL:
            return column.cell(record, self._is_stale is not None and self._is_stale(record))
        if role == Qt.ItemDataRole.AccessibleTextRole:
            return self.sentence(record)
        return column_data(column, record, role)

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = _DISPLAY) -> Any:
        """Titles with the arrow of the sorting in front."""
        if orientation != Qt.Orientation.Horizontal or not 0 <= section < len(self._columns):
            return None
        column = self._columns[section]
        if role == _DISPLAY:
            is_sorted = section == self._sort_column
            heading = column.title if column.heading is None else column.heading
            return f"{_SORT_ARROWS[self._descending]} {heading}" if is_sorted else heading
        if role == Qt.ItemDataRole.AccessibleTextRole:
            return column.title
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return alignment(column.align)
        if role == Qt.ItemDataRole.InitialSortOrderRole:
            down, up = Qt.SortOrder.DescendingOrder, Qt.SortOrder.AscendingOrder
            return down if column.descending_first else up
        return None

    def canFetchMore(self, parent: _Index = _ROOT) -> bool:
        """A further page exists and is not asked for yet."""
        return not parent.isValid() and self._has_more and not self._page_is_asked

    def fetchMore(self, parent: _Index = _ROOT) -> None:
        """Ask the owner for the next page. Views call this at every scroll to the end."""
        if self.canFetchMore(parent):
            self._page_is_asked = True
            self.more_requested.emit()

    def sentence(self, record: R) -> str:
        """The row as a screen reader says it: the shown texts that carry something."""
        texts = (column.text(record) for column in self._columns if column.is_visible)
        return ", ".join(text for text in texts if text not in ("", MISSING, UNKNOWN))

    # -- inside

    def _merge(self, records: Iterable[R]) -> set[Hashable]:
        """Put records in, new ones at the end. Returns the keys that may stand wrong now."""
        moved: set[Hashable] = set()
        added: dict[Hashable, R] = {}
        for record in records:
            key = self._key_of(record)
            row = self._rows_by_key.get(key)
            if row is None:
                added[key] = record
            elif self._replace(row, record):
                moved.add(key)
        if added:
            first = len(self._records)
            self.beginInsertRows(_ROOT, first, first + len(added) - 1)
            for row, (key, record) in enumerate(added.items(), first):
                self._records.append(record)
                self._sort_keys.append(self._sort_key(record))
                self._rows_by_key[key] = row
            self.endInsertRows()
        return moved | added.keys()

    def _replace(self, row: int, record: R) -> bool:
        if self._records[row] == record:
            return False
        sort_key = self._sort_key(record)
        is_moved = sort_key != self._sort_keys[row]
        self._records[row] = record
        self._sort_keys[row] = sort_key
        self.dataChanged.emit(self.index(row, 0), self.index(row, len(self._columns) - 1))
        return is_moved

    def _settle(self, moved: set[Hashable]) -> None:
        if self._is_paged or not moved or is_in_order(self._sort_keys, self._descending):
            return
        if self._is_held:
            if self._section_of is not None:
                self._permute(in_sections(self._sort_keys))
            if not is_in_order(self._sort_keys, self._descending):
                self._set_waiting(self._waiting | moved)
            return
        self.resort()

    def _set_waiting(self, waiting: frozenset[Hashable]) -> None:
        if waiting != self._waiting:
            self._waiting = waiting
            self.waiting_changed.emit(len(waiting))

    def _take_order(self) -> None:
        self._sort_keys = [self._sort_key(record) for record in self._records]
        self.resort()

    def _sort_key(self, record: R) -> RowKey:
        section = self._section_of(record) if self._section_of else ()
        is_head = self._head_of is not None and self._head_of(record) is not None
        if self._sort_column is None or self._is_paged or is_head:
            return section, ()
        value = self._columns[self._sort_column].sort_value(record)
        return section, value_key(value, self._descending)

    def _permute(self, order: Sequence[int]) -> None:
        """Show the present rows in the order given, carrying selection and current row along."""
        if all(row == place for place, row in enumerate(order)):
            return
        self.layoutAboutToBeChanged.emit()
        place_of = {row: place for place, row in enumerate(order)}
        self._records = [self._records[row] for row in order]
        self._sort_keys = [self._sort_keys[row] for row in order]
        self._reindex()
        old = self.persistentIndexList()
        new = [self.index(place_of[index.row()], index.column()) for index in old]
        self.changePersistentIndexList(old, new)
        self.layoutChanged.emit()

    def _reindex(self) -> None:
        self._rows_by_key = {self._key_of(record): row for row, record in enumerate(self._records)}
