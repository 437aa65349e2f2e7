"""The occurrences of a day as a list: its model and how a row is painted."""

from collections.abc import Callable, Sequence
from datetime import datetime, tzinfo

from PySide6.QtCore import (
    QAbstractListModel,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    QRect,
    QSize,
    Qt,
)
from PySide6.QtGui import QFontMetrics, QPainter
from PySide6.QtWidgets import QStyledItemDelegate, QStyleOptionViewItem

from sesam_master.core.calendar_days import Cause
from sesam_master.core.states import WORDS, JobState
from sesam_master.ui.calendar.day_presenter import DayRow
from sesam_master.ui.formatting import age_text, full_moment_text, time_text
from sesam_master.ui.signs import SignAtlas
from sesam_master.ui.theme import ThemeHolder
from sesam_master.ui.widgets.cells import paint_list_row

SIGN = 14
SIDE = 12
TIME_WIDTH = 42
_Index = QModelIndex | QPersistentModelIndex
_ROW = Qt.ItemDataRole.UserRole
_CAUSES = {
    Cause.OVERTAKEN: "A later start came first",
    Cause.WINDOW_OVER: "The window closed before it started",
    Cause.STILL_RUNNING: "The start before was still running",
    Cause.IMPOSSIBLE: "It could not be started",
}


def second_line(row: DayRow, now: datetime, zone: tzinfo, shows_location: bool) -> str:
    """What is to be said of an occurrence beside its state."""
    parts = [row.location] if shows_location else []
    parts += [part for part in (_what(row, now, zone), row.occurrence.text) if part]
    return ", ".join(parts)


def _what(row: DayRow, now: datetime, zone: tzinfo) -> str:
    one = row.occurrence
    if row.state is JobState.UNKNOWN:
        return f"last known as {WORDS[one.state].lower()}"
    if one.cause is Cause.BLOCKED_BY:
        # What is not decided yet may still come otherwise.
        held = "Held off" if one.state is JobState.BLOCKED else "Will be held off"
        return f"{held} by {one.by or 'another event'}"
    if row.state is JobState.PLANNED:
        return f"in {age_text(max(0.0, (one.planned_time - now).total_seconds()))}"
    if one.cause is Cause.TAKEN_BACK:
        return f"Taken back by {one.by}"
    if one.cause is not Cause.NONE:
        return _CAUSES[one.cause]
    if one.started_late and one.decide_time is not None:
        return f"Started late, at {time_text(one.decide_time, zone)}"
    if row.state is JobState.LATE:
        return f"Due for {age_text(max(0.0, (now - one.planned_time).total_seconds()))}"
    if not one.schedule and one.started_by and not one.text:
        return f"Started by {one.started_by}"
    return ""


def spoken(row: DayRow, now: datetime, zone: tzinfo) -> str:
    """The accessible text: Error, sql-erp, Boulder, 23:31."""
    one = row.occurrence
    words = [WORDS[row.state], one.title, row.location, time_text(one.planned_time, zone)]
    more = second_line(row, now, zone, shows_location=False)
    return ", ".join([*words, more] if more else words)


class DayRows(QAbstractListModel):
    """The rows as given; identity is that of the occurrence."""

    def __init__(self, zone: tzinfo, clock: Callable[[], datetime], parent: QObject) -> None:
        super().__init__(parent)
        self.zone = zone
        self.clock = clock
        self.shows_location = False
        self._rows: list[DayRow] = []

    def rowCount(self, parent: _Index | None = None) -> int:
        return 0 if parent is not None and parent.isValid() else len(self._rows)

    def data(self, index: _Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        if not index.isValid() or index.row() >= len(self._rows):
            return None
        row = self._rows[index.row()]
        if role == _ROW:
            return row
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.AccessibleTextRole):
            return spoken(row, self.clock(), self.zone)
        if role == Qt.ItemDataRole.ToolTipRole:
            planned = full_moment_text(row.occurrence.planned_time, self.zone)
            return f"{spoken(row, self.clock(), self.zone)}\nPlanned for {planned}"
        return None

    def row(self, index: _Index) -> DayRow | None:
        return self._rows[index.row()] if index.isValid() else None

    @property
    def rows(self) -> Sequence[DayRow]:
        return self._rows

    def set_rows(self, rows: Sequence[DayRow], shows_location: bool) -> None:
        """Another list. Rows that stay in place are not made anew."""
        is_same = [r.occurrence.key for r in rows] == [r.occurrence.key for r in self._rows]
        if is_same and shows_location == self.shows_location:
            self._rows = list(rows)
            if rows:
                self.dataChanged.emit(self.index(0), self.index(len(rows) - 1))
            return
        self.beginResetModel()
        self._rows, self.shows_location = list(rows), shows_location
        self.endResetModel()

    def place_of(self, key: object) -> QModelIndex:
        """Where an occurrence is, invalid if it is not there."""
        for place, row in enumerate(self._rows):
            if row.occurrence.key == key:
                return self.index(place)
        return QModelIndex()


class DayRowDelegate(QStyledItemDelegate):
    """Time, sign and name; below what there is to say."""

    def __init__(self, holder: ThemeHolder, model: DayRows) -> None:
        super().__init__(model)
        self._holder = holder
        self._model = model
        self._signs = SignAtlas(holder)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: _Index) -> None:
        row = self._model.row(index)
        if row is None:
            return
        theme, fonts = self._holder.current, self._holder.fonts
        rect: QRect = option.rect
        paint_list_row(painter, rect, option.state, theme)
        first = QFontMetrics(fonts.body_medium).height() + 7
        top = QRect(rect.x() + SIDE, rect.y() + 1, rect.width() - SIDE - 10, first)
        middle = Qt.AlignmentFlag.AlignVCenter
        painter.setFont(fonts.body)
        painter.setPen(theme.text2)
        painter.drawText(top, middle, time_text(row.occurrence.planned_time, self._model.zone))
        left = top.x() + fonts.px(TIME_WIDTH)
        sign = self._signs.state(row.state, SIGN, painter.device().devicePixelRatioF())
        painter.drawPixmap(left, top.y() + (first - SIGN) // 2, sign)
        top.setLeft(left + SIGN + 8)
        is_to_come = row.state in (JobState.PLANNED, JobState.UNKNOWN)
        painter.setFont(fonts.body_medium)
        painter.setPen(theme.text2 if is_to_come else theme.text)
        kind = row.occurrence.type.name if row.occurrence.type else ""
        taken = QFontMetrics(fonts.small).horizontalAdvance(kind) + 10 if kind else 0
        metrics = QFontMetrics(fonts.body_medium)
        elide = Qt.TextElideMode.ElideRight
        name = metrics.elidedText(row.occurrence.title, elide, top.width() - taken)
        painter.drawText(top, middle, name)
        painter.setFont(fonts.small)
        painter.setPen(theme.text3)
        painter.drawText(top, middle | Qt.AlignmentFlag.AlignRight, kind)
        text = self._second(row)
        if text:
            below = QRect(top.x(), top.bottom() - 2, top.width(), rect.bottom() - top.bottom())
            painter.setPen(theme.text2)
            shown = QFontMetrics(fonts.small).elidedText(text, elide, below.width())
            painter.drawText(below, Qt.AlignmentFlag.AlignTop, shown)

    def sizeHint(self, _option: QStyleOptionViewItem, index: _Index) -> QSize:
        fonts = self._holder.fonts
        height = QFontMetrics(fonts.body_medium).height() + 9
        row = self._model.row(index)
        if row is not None and self._second(row):
            height += QFontMetrics(fonts.small).height() + 2
        return QSize(100, height)

    def _second(self, row: DayRow) -> str:
        return second_line(row, self._model.clock(), self._model.zone, self._model.shows_location)
