"""The lines of a log as a list that stays quick however long it is."""

import re
from collections.abc import Sequence
from typing import Any

from PySide6.QtCore import (
    QAbstractTableModel,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    QRectF,
    QSize,
    Qt,
)
from PySide6.QtGui import (
    QFontMetrics,
    QGuiApplication,
    QKeyEvent,
    QKeySequence,
    QPainter,
    QResizeEvent,
)
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHeaderView,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTableView,
    QWidget,
)

from sesam_master.core.logs import LogLine
from sesam_master.core.records import Level
from sesam_master.core.states import JobState
from sesam_master.ui.signs import SignAtlas
from sesam_master.ui.theme import ThemeHolder

LINE_HEIGHT = 21
SIGN = 13
SIDE = 12
MOST_LINES = 200_000  # behind that the oldest are let go
_LET_GO = 20_000
_SIGNS = {Level.WARNING: JobState.WARNING, Level.ERROR: JobState.ERROR}
# Least widths of the columns of the state log, in characters.
_WIDTHS = (6, 16, 16, 9, 20, 18, 5, 6, 38, 8, 12, 13)
_MOMENT = re.compile(r"\d{4}-(\d\d-\d\d \d\d:\d\d:\d\d)[+-]\d\d:\d\d")
_Index = QModelIndex | QPersistentModelIndex
_ROOT = QModelIndex()


class LogModel(QAbstractTableModel):
    """Lines in the order in which they are shown. `with_days`: each with its sesam day."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._lines: list[LogLine] = []
        self._longest = 0
        self.with_days = False

    @property
    def longest(self) -> int:
        """Characters of the longest line."""
        return self._longest

    @property
    def is_full(self) -> bool:
        """No older lines are taken in."""
        return len(self._lines) >= MOST_LINES

    def line(self, row: int) -> LogLine:
        """Raises IndexError."""
        return self._lines[row]

    def clear(self, *, with_days: bool) -> None:
        """Other lines come."""
        self.beginResetModel()
        self._lines.clear()
        self._longest = 0
        self.with_days = with_days
        self.endResetModel()

    def append(self, lines: Sequence[LogLine]) -> None:
        """Behind the last one. Of too many the first are let go."""
        first = len(self._lines)
        self._note(lines)
        self.beginInsertRows(_ROOT, first, first + len(lines) - 1)
        self._lines.extend(lines)
        self.endInsertRows()
        if len(self._lines) > MOST_LINES + _LET_GO:
            gone = len(self._lines) - MOST_LINES
            self.beginRemoveRows(_ROOT, 0, gone - 1)
            del self._lines[:gone]
            self.endRemoveRows()

    def prepend(self, lines: Sequence[LogLine]) -> None:
        """Before the first one."""
        self._note(lines)
        self.beginInsertRows(_ROOT, 0, len(lines) - 1)
        self._lines[:0] = lines
        self.endInsertRows()

    def shown(self, line: LogLine) -> str:
        """A line as it is painted."""
        text = columns_of(line.text)
        return f"{line.sesam_day}  {text}" if self.with_days else text

    def rowCount(self, parent: _Index = _ROOT) -> int:
        """Lines at the top level."""
        return 0 if parent.isValid() else len(self._lines)

    def columnCount(self, parent: _Index = _ROOT) -> int:
        """One, the line."""
        return 0 if parent.isValid() else 1

    def data(self, index: _Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """The text; the line itself for the delegate."""
        if not index.isValid() or index.row() >= len(self._lines):
            return None
        line = self._lines[index.row()]
        if role == Qt.ItemDataRole.DisplayRole:
            return self.shown(line)
        if role == Qt.ItemDataRole.AccessibleTextRole:
            level = "" if line.level is Level.INFO else f"{line.level.value}, "
            return f"{level}{self.shown(line)}"
        if role == Qt.ItemDataRole.ToolTipRole:
            return "\n".join(part for part in line.text.split("\t") if part)
        return line if role == Qt.ItemDataRole.UserRole else None

    def _note(self, lines: Sequence[LogLine]) -> None:
        self._longest = max(self._longest, *(len(self.shown(line)) for line in lines))


class LogDelegate(QStyledItemDelegate):
    """Warning and error lines are tinted and carry their sign."""

    def __init__(self, holder: ThemeHolder, parent: QObject) -> None:
        super().__init__(parent)
        self.needle = ""  # what is looked for
        self._holder = holder
        self._atlas = SignAtlas(holder)

    def line_size(self, longest: int) -> QSize:
        """Of a line with so many characters; all lines are of one height."""
        metrics = QFontMetrics(self._holder.fonts.mono)
        width = self._text_left() + metrics.horizontalAdvance("0") * longest + SIDE
        return QSize(width, max(LINE_HEIGHT, metrics.height() + 6))

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: _Index) -> None:
        """One line."""
        line: LogLine = index.data(Qt.ItemDataRole.UserRole)
        theme, font = self._holder.current, self._holder.fonts.mono
        rect, metrics, size = option.rect, QFontMetrics(font), self._sign_size()
        sign = _SIGNS.get(line.level)
        tint = theme.tint(sign) if sign else None
        if option.state & QStyle.StateFlag.State_Selected:
            tint = theme.sel
        if tint is not None:
            painter.fillRect(rect, tint)
        if sign is not None:
            ratio = painter.device().devicePixelRatio()
            y = rect.y() + (rect.height() - size) // 2
            painter.drawPixmap(rect.x() + SIDE - 4, y, self._atlas.state(sign, size, ratio))
        painter.setFont(font)
        text: str = index.data()
        words = QRectF(rect)
        words.setLeft(rect.x() + self._text_left())
        self._paint_needle(painter, words, text, metrics)
        painter.setPen(theme.text)
        painter.drawText(words, Qt.AlignmentFlag.AlignVCenter, text)

    def _paint_needle(
        self, painter: QPainter, words: QRectF, text: str, metrics: QFontMetrics
    ) -> None:
        """A ground and an edge under each place of what is looked for."""
        wanted, theme, folded = self.needle.casefold(), self._holder.current, text.casefold()
        place = folded.find(wanted) if wanted else -1
        while place >= 0:
            left = words.x() + metrics.horizontalAdvance(text[:place])
            width = metrics.horizontalAdvance(text[place : place + len(wanted)])
            box = QRectF(left - 1, words.y() + 2, width + 2, words.height() - 4)
            painter.fillRect(box, theme.note)
            painter.fillRect(QRectF(box.x(), box.bottom() - 1, box.width(), 1), theme.note_line)
            place = folded.find(wanted, place + len(wanted))

    def _sign_size(self) -> int:
        return self._holder.fonts.px(SIGN)

    def _text_left(self) -> int:
        return SIDE + self._sign_size() + 4


class LogView(QTableView):
    """The lines; Ctrl+C copies the chosen ones as they stand in the log."""

    def __init__(self, holder: ThemeHolder, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.lines = LogModel(self)
        self.setModel(self.lines)
        self._delegate = LogDelegate(holder, self)
        self.setItemDelegate(self._delegate)
        self.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setFrameShape(QTableView.Shape.NoFrame)
        self.setShowGrid(False)
        self.setWordWrap(False)
        self.setTabKeyNavigation(False)
        self.setCornerButtonEnabled(False)
        self.setAccessibleName("Lines of the log")
        for header in (self.horizontalHeader(), self.verticalHeader()):
            header.hide()
            header.setMinimumSectionSize(1)
            header.setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        holder.changed.connect(self._fit)
        self.lines.rowsInserted.connect(self._fit)
        self.lines.modelReset.connect(self._fit)
        self._fit()

    @property
    def is_at_bottom(self) -> bool:
        """The last line is in sight."""
        bar = self.verticalScrollBar()
        return bar.value() >= bar.maximum()

    def set_needle(self, needle: str) -> None:
        """Mark this text wherever it stands."""
        self._delegate.needle = needle
        self.viewport().update()

    def prepend(self, lines: Sequence[LogLine]) -> None:
        """Before the first line, while those that are in sight stay where they are."""
        bar = self.verticalScrollBar()
        value = bar.value()
        self.lines.prepend(lines)
        self.updateGeometries()
        bar.setValue(value + len(lines) * self.verticalHeader().defaultSectionSize())

    def scrollToBottom(self) -> None:
        """To the last line."""
        self.updateGeometries()
        bar = self.verticalScrollBar()
        bar.setValue(bar.maximum())

    def copy(self) -> None:
        """The chosen lines, to the clipboard."""
        rows = sorted(index.row() for index in self.selectionModel().selectedRows())
        if rows:
            text = "".join(f"{self.lines.line(row).text}\n" for row in rows)
            QGuiApplication.clipboard().setText(text)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """A line reaches over the whole width at least."""
        super().resizeEvent(event)
        self._fit()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Copies whole lines."""
        if event.matches(QKeySequence.StandardKey.Copy):
            self.copy()
            return
        super().keyPressEvent(event)

    def _fit(self) -> None:
        size, rows = self._delegate.line_size(self.lines.longest), self.verticalHeader()
        width = max(size.width(), self.viewport().width())
        if self.columnWidth(0) != width:
            self.setColumnWidth(0, width)
        if rows.defaultSectionSize() != size.height():
            rows.setDefaultSectionSize(size.height())


def columns_of(text: str) -> str:
    """A line with its columns below each other; those of the state log are many."""
    parts = text.split("\t")
    if len(parts) == 1:
        return text
    widths: tuple[int, ...] = (27, 9)
    if len(parts) > len(_WIDTHS):
        widths = _WIDTHS
        # Year and zone are the same in all of them, and what became of the job is to be in sight.
        parts = [found[1] if (found := _MOMENT.fullmatch(part)) else part for part in parts]
    padded = [part.ljust(width) for part, width in zip(parts, widths, strict=False)]
    return "".join([*padded, "  ".join(parts[len(padded) :])]).rstrip()
