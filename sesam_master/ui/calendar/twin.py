"""The same calendar as a table of words, for screen readers and for those who prefer words."""

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QObject, QPersistentModelIndex, Qt

from sesam_master.core.calendar import CalendarRow, CalendarView, Group, Line
from sesam_master.core.sheet_shown import shown_state
from sesam_master.core.states import WORDS, JobState
from sesam_master.ui.calendar.cursor import line_key
from sesam_master.ui.calendar.words import cell_sentence, cell_words, day_tip, group_tip
from sesam_master.ui.formatting import UNKNOWN, day_text

_Index = QModelIndex | QPersistentModelIndex
_Horizontal = Qt.Orientation.Horizontal


class SheetTwin(QAbstractTableModel):
    """A row per line, a column per day, over the view that the sheet paints."""

    def __init__(self, view: CalendarView, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._view = view
        self._reasons: dict[str, str] = {}

    def show_view(self, view: CalendarView, reasons: dict[str, str]) -> None:
        """Another picture; lines that stay are not made anew."""
        old = self._view
        is_same = view.span == old.span and _keys(view) == _keys(old)
        if not is_same:
            self.beginResetModel()
        self._view, self._reasons = view, reasons
        if not is_same:
            self.endResetModel()
        elif view.lines:
            last = self.index(len(view.lines) - 1, view.span.days - 1)
            self.dataChanged.emit(self.index(0, 0), last)

    def rowCount(self, parent: _Index | None = None) -> int:
        return 0 if parent is not None and parent.isValid() else len(self._view.lines)

    def columnCount(self, parent: _Index | None = None) -> int:
        return 0 if parent is not None and parent.isValid() else self._view.span.days

    def data(self, index: _Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        if not index.isValid() or index.row() >= len(self._view.lines):
            return None
        line, day = self._view.lines[index.row()], index.column()
        if role == Qt.ItemDataRole.DisplayRole:
            return _cell_text(line, day)
        if role in (Qt.ItemDataRole.AccessibleTextRole, Qt.ItemDataRole.ToolTipRole):
            if isinstance(line, CalendarRow):
                return cell_sentence(self._view, line, day)
            reason = self._reasons.get(line.place.location_id, "") if line.place else ""
            return group_tip(self._view, line, day, reason)
        return None

    def headerData(
        self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> object:
        if orientation == _Horizontal:
            if not 0 <= section < self._view.span.days:
                return None
            if role == Qt.ItemDataRole.DisplayRole:
                return day_text(self._view.span.day(section))
            if role == Qt.ItemDataRole.ToolTipRole:
                return day_tip(self._view.day_sum(section))
            return None
        if role != Qt.ItemDataRole.DisplayRole or not 0 <= section < len(self._view.lines):
            return None
        line = self._view.lines[section]
        if isinstance(line, Group):
            return f"{line.title} ({UNKNOWN if line.is_unread else len(line.rows)})"
        return f"  {line.row.title}, {line.place.name}"


def _keys(view: CalendarView) -> list[tuple[object, ...]]:
    return [line_key(line) for line in view.lines]


def _cell_text(line: Line, day: int) -> str:
    if isinstance(line, CalendarRow):
        return cell_words(line, day)
    state = shown_state(line.worst[day])
    return "" if state is JobState.NOT_PLANNED else WORDS[state]
