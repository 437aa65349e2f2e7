"""The protocol of a job: its lines as a list, read on while the job writes."""

from collections.abc import Sequence
from datetime import tzinfo
from typing import Any

from PySide6.QtCore import (
    QAbstractTableModel,
    QItemSelectionModel,
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

from sesam_master.core.records import Level, ProtocolLine
from sesam_master.core.states import JobState
from sesam_master.ui.formatting import time_text
from sesam_master.ui.signs import SignAtlas
from sesam_master.ui.theme import ThemeHolder

LINE_HEIGHT = 21
SIGN = 13
SIDE = 12
CODE_WIDTH = 18  # characters
_SIGNS = {Level.WARNING: JobState.WARNING, Level.ERROR: JobState.ERROR}
_Index = QModelIndex | QPersistentModelIndex
_ROOT = QModelIndex()


class ProtocolModel(QAbstractTableModel):
    """Lines of one job, oldest first."""

    def __init__(self, zone: tzinfo, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._lines: list[ProtocolLine] = []
        self._first_trouble: int | None = None
        self._longest = 0
        self._zone = zone

    @property
    def lines(self) -> tuple[ProtocolLine, ...]:
        """All lines that are here."""
        return tuple(self._lines)

    def clear(self) -> None:
        """Another job comes."""
        self.beginResetModel()
        self._lines.clear()
        self._first_trouble = None
        self._longest = 0
        self.endResetModel()

    def append(self, lines: Sequence[ProtocolLine]) -> None:
        """Lines after the last one."""
        if not lines:
            return
        first = len(self._lines)
        self.beginInsertRows(_ROOT, first, first + len(lines) - 1)
        self._lines.extend(lines)
        self._longest = max(self._longest, *(len(_one_line(line)) for line in lines))
        if self._first_trouble is None:
            rows = (row for row, line in enumerate(lines, first) if line.level is not Level.INFO)
            self._first_trouble = next(rows, None)
        self.endInsertRows()

    def first_trouble(self) -> int | None:
        """The row of the first line that is no information."""
        return self._first_trouble

    @property
    def longest(self) -> int:
        """Characters of the longest text."""
        return self._longest

    def find(self, needle: str) -> list[int]:
        """The rows whose code or text has this; letter case does not matter."""
        wanted = needle.casefold()
        if not wanted:
            return []
        return [
            row
            for row, line in enumerate(self._lines)
            if wanted in line.text.casefold() or wanted in line.code.casefold()
        ]

    def text(self, line: ProtocolLine) -> str:
        """A line as it is copied: time, code, text."""
        return line_text(line, self._zone)

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
            return self.text(line)
        if role == Qt.ItemDataRole.AccessibleTextRole:
            level = "" if line.level is Level.INFO else f"{line.level.value}, "
            return f"{level}{self.text(line)}"
        if role == Qt.ItemDataRole.ToolTipRole:
            return line.text
        return line if role == Qt.ItemDataRole.UserRole else None


class ProtocolDelegate(QStyledItemDelegate):
    """Warning and error lines are tinted and carry their sign."""

    def __init__(self, holder: ThemeHolder, zone: tzinfo, parent: QObject) -> None:
        super().__init__(parent)
        self.needle = ""  # what is looked for
        self._holder = holder
        self._zone = zone
        self._atlas = SignAtlas(holder)

    def line_size(self, longest: int) -> QSize:
        """Of a line with so many characters of text; all lines are of one height."""
        metrics = QFontMetrics(self._holder.fonts.mono)
        width = self._text_left(metrics) + metrics.horizontalAdvance("0") * longest + SIDE
        return QSize(width, max(LINE_HEIGHT, metrics.height() + 6))

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: _Index) -> None:
        """One line."""
        line: ProtocolLine = index.data(Qt.ItemDataRole.UserRole)
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
        painter.setPen(theme.text2)
        middle = Qt.AlignmentFlag.AlignVCenter
        step = metrics.horizontalAdvance("0")
        words = QRectF(rect).adjusted(SIDE + size + 4, 0, 0, 0)
        painter.drawText(words, middle, time_text(line.time, self._zone, with_seconds=True))
        words.setLeft(words.left() + step * 10)
        code = metrics.elidedText(line.code, Qt.TextElideMode.ElideRight, step * (CODE_WIDTH - 1))
        painter.drawText(words, middle, code)
        painter.setPen(theme.text)
        words.setLeft(rect.x() + self._text_left(metrics))
        text = _one_line(line)
        self._paint_needle(painter, words, text, metrics)
        painter.drawText(words, middle, text)

    def _paint_needle(
        self, painter: QPainter, words: QRectF, text: str, metrics: QFontMetrics
    ) -> None:
        """A ground and an edge under each place of what is looked for."""
        wanted, theme = self.needle.casefold(), self._holder.current
        place = text.casefold().find(wanted) if wanted else -1
        while place >= 0:
            left = words.x() + metrics.horizontalAdvance(text[:place])
            width = metrics.horizontalAdvance(text[place : place + len(wanted)])
            box = QRectF(left - 1, words.y() + 2, width + 2, words.height() - 4)
            painter.fillRect(box, theme.note)
            painter.fillRect(QRectF(box.x(), box.bottom() - 1, box.width(), 1), theme.note_line)
            place = text.casefold().find(wanted, place + len(wanted))

    def _sign_size(self) -> int:
        return self._holder.fonts.px(SIGN)

    def _text_left(self, metrics: QFontMetrics) -> int:
        return SIDE + self._sign_size() + 4 + metrics.horizontalAdvance("0") * (10 + CODE_WIDTH)


class ProtocolView(QTableView):
    """The lines; Ctrl+C copies the chosen ones. A table, since lists and trees lay out all their
    rows anew when some come."""

    def __init__(self, holder: ThemeHolder, zone: tzinfo, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.lines = ProtocolModel(zone, self)
        self.setModel(self.lines)
        self._delegate = ProtocolDelegate(holder, zone, self)
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
        self.setAccessibleName("Protocol")
        for header in (self.horizontalHeader(), self.verticalHeader()):
            header.hide()
            header.setMinimumSectionSize(1)
            header.setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        holder.changed.connect(self._fit)
        self.lines.rowsInserted.connect(self._fit)
        self.lines.modelReset.connect(self._fit)
        self._fit()

    def show_first_trouble(self) -> None:
        """Scroll to the first warning or error; stay at the top without one."""
        row = self.lines.first_trouble()
        if row is not None:
            # A line that is wider than the view is moved to its middle too.
            across = self.horizontalScrollBar()
            left = across.value()
            self.updateGeometries()  # the scroll bar does not know of new lines yet
            self.scrollTo(self.lines.index(row, 0), QAbstractItemView.ScrollHint.PositionAtCenter)
            across.setValue(left)

    def go_to(self, row: int) -> None:
        """Choose a line and bring it to the middle."""
        across = self.horizontalScrollBar()
        left = across.value()
        self.updateGeometries()
        flag = QItemSelectionModel.SelectionFlag  # whatever key is held down
        index = self.lines.index(row, 0)
        self.selectionModel().setCurrentIndex(index, flag.ClearAndSelect | flag.Rows)
        self.scrollTo(index, QAbstractItemView.ScrollHint.PositionAtCenter)
        across.setValue(left)

    def set_needle(self, needle: str) -> None:
        """Mark this text wherever it stands."""
        if needle != self._delegate.needle:
            self._delegate.needle = needle
            self.viewport().update()

    def scrollToBottom(self) -> None:
        """To the newest line."""
        self.updateGeometries()
        super().scrollToBottom()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """A line reaches over the whole width at least."""
        super().resizeEvent(event)
        self._fit()

    def _fit(self) -> None:
        size, rows = self._delegate.line_size(self.lines.longest), self.verticalHeader()
        width = max(size.width(), self.viewport().width())
        if self.columnWidth(0) != width:
            self.setColumnWidth(0, width)
        if rows.defaultSectionSize() != size.height():
            rows.setDefaultSectionSize(size.height())

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Copies whole lines."""
        if event.matches(QKeySequence.StandardKey.Copy):
            rows = sorted(index.row() for index in self.selectionModel().selectedRows())
            lines = self.lines.lines
            text = "\n".join(self.lines.text(lines[row]) for row in rows)
            if text:
                QGuiApplication.clipboard().setText(text + "\n")
            return
        super().keyPressEvent(event)


def line_text(line: ProtocolLine, zone: tzinfo, *, is_dated: bool = False) -> str:
    """A line as plain text: time, code, text; with the day and the level when it is dated."""
    if not is_dated:
        return f"{time_text(line.time, zone, with_seconds=True)}  {line.code}  {_one_line(line)}"
    moment = line.time.astimezone(zone)
    return f"{moment:%Y-%m-%d %H:%M:%S%z}  {line.level.value:7}  {line.code}  {_one_line(line)}"


def _one_line(line: ProtocolLine) -> str:
    return line.text.replace("\n", "\\n")
