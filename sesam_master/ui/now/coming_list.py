"""The next two hours as a list: its model, how a row is painted, and its heading."""

from collections.abc import Sequence
from datetime import tzinfo

from PySide6.QtCore import (
    QAbstractListModel,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    QRect,
    QSize,
    Qt,
    Signal,
)
from PySide6.QtGui import QFontMetrics, QPainter
from PySide6.QtWidgets import (
    QFrame,
    QListView,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QVBoxLayout,
    QWidget,
)

from sesam_master.core.coming import ComingRow
from sesam_master.core.states import WORDS
from sesam_master.ui.formatting import full_moment_text, time_text
from sesam_master.ui.signs import SignAtlas
from sesam_master.ui.theme import ThemeHolder
from sesam_master.ui.widgets.cells import paint_list_row
from sesam_master.ui.widgets.elided_label import ElidedLabel

WIDTH = 214
LEAST_WIDTH = 150
SIDE = 14
SIGN = 13
TIME_WIDTH = 44
NAMED = 12  # locations in a tooltip
_Index = QModelIndex | QPersistentModelIndex


def where_text(row: ComingRow) -> str:
    """The location, or how many there are."""
    places = {start.location for start in row.starts}
    return next(iter(places)) if len(places) == 1 else f"{len(places)} locations"


class ComingRows(QAbstractListModel):
    """The rows as given; a time is shown at the first row of its minute."""

    def __init__(self, zone: tzinfo, parent: QObject) -> None:
        super().__init__(parent)
        self.zone = zone
        self._rows: list[ComingRow] = []

    def rowCount(self, parent: _Index | None = None) -> int:
        return 0 if parent is not None and parent.isValid() else len(self._rows)

    def data(self, index: _Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        row = self.row(index)
        if row is None:
            return None
        words = (time_text(row.time, self.zone), row.name, where_text(row), WORDS[row.state])
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.AccessibleTextRole):
            return ", ".join(words)
        if role == Qt.ItemDataRole.ToolTipRole:
            places = sorted({start.location for start in row.starts})
            more = [f"and {len(places) - NAMED} more"] if len(places) > NAMED else []
            when = full_moment_text(row.starts[0].occurrence.planned_time, self.zone)
            return "\n".join(
                [f"{row.name}, {WORDS[row.state].lower()}", when, *places[:NAMED], *more]
            )
        return None

    def row(self, index: _Index) -> ComingRow | None:
        """None for an index that is none of its."""
        is_here = index.isValid() and index.row() < len(self._rows)
        return self._rows[index.row()] if is_here else None

    def begins_minute(self, place: int) -> bool:
        """Whether the row shows its time."""
        return place == 0 or self._rows[place - 1].time != self._rows[place].time

    def set_rows(self, rows: Sequence[ComingRow]) -> None:
        """In the order of their keys. Rows come and go where they stand, so that a chosen one
        stays chosen."""
        wanted = {row.key for row in rows}
        for place in reversed(range(len(self._rows))):
            if self._rows[place].key not in wanted:
                self.beginRemoveRows(QModelIndex(), place, place)
                del self._rows[place]
                self.endRemoveRows()
        for place, row in enumerate(rows):
            if place == len(self._rows) or self._rows[place].key != row.key:
                self.beginInsertRows(QModelIndex(), place, place)
                self._rows.insert(place, row)
                self.endInsertRows()
        self._rows = list(rows)
        if rows:
            self.dataChanged.emit(self.index(0), self.index(len(rows) - 1))


class ComingDelegate(QStyledItemDelegate):
    """Time, sign, name and location in one line."""

    def __init__(self, holder: ThemeHolder, model: ComingRows) -> None:
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
        line = rect.adjusted(SIDE, 0, -8, 0)
        middle, elide = Qt.AlignmentFlag.AlignVCenter, Qt.TextElideMode.ElideRight
        if self._model.begins_minute(index.row()):
            painter.setFont(fonts.body_bold)
            painter.setPen(theme.text)
            painter.drawText(line, middle, time_text(row.time, self._model.zone))
        line.setLeft(line.left() + fonts.px(TIME_WIDTH))
        size = fonts.px(SIGN)
        sign = self._signs.state(row.state, size, painter.device().devicePixelRatio())
        painter.drawPixmap(line.x(), line.y() + (line.height() - size) // 2, sign)
        line.setLeft(line.left() + size + 8)
        name, where = QFontMetrics(fonts.body), QFontMetrics(fonts.small)
        text = where_text(row)
        room = line.width()
        # The location gives way first, to half of the line.
        first = min(
            name.horizontalAdvance(row.name) + 1,
            max(room // 2, room - 8 - where.horizontalAdvance(text)),
        )
        painter.setFont(fonts.body)
        painter.setPen(theme.text)
        painter.drawText(line, middle, name.elidedText(row.name, elide, first))
        line.setLeft(line.left() + first + 8)
        painter.setFont(fonts.small)
        painter.setPen(theme.text2)
        painter.drawText(line, middle, where.elidedText(text, elide, line.width()))

    def sizeHint(self, _option: QStyleOptionViewItem, _index: _Index) -> QSize:
        return QSize(100, QFontMetrics(self._holder.fonts.body).height() + 9)


class ComingPanel(QWidget):
    """Heading, on how many locations it stands, and the starts. `activated` carries a ComingRow."""

    activated = Signal(object)

    def __init__(self, holder: ThemeHolder, zone: tzinfo) -> None:
        super().__init__()
        self._title = ElidedLabel(holder, "Next two hours", "heading")
        self._about = ElidedLabel(holder, "", "secondary")
        self._note = ElidedLabel(holder, "", "secondary")
        self.model = ComingRows(zone, self)
        self.list = QListView()
        self._lay_out(holder)
        holder.changed.connect(self.list.doItemsLayout)

    def show_rows(self, rows: Sequence[ComingRow], about: str, note: str) -> None:
        """`about` says how many starts at how many locations; `note` what is missing in them."""
        self.model.set_rows(rows)
        self._about.set_text(about)
        self._note.set_text(note)
        self._note.setVisible(bool(note))
        self.list.setVisible(bool(rows))

    def _lay_out(self, holder: ThemeHolder) -> None:
        self.setProperty("surface", "base")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.setMinimumWidth(LEAST_WIDTH)
        self.list.setModel(self.model)
        self.list.setItemDelegate(ComingDelegate(holder, self.model))
        self.list.setFrameShape(QFrame.Shape.NoFrame)
        self.list.setMouseTracking(True)
        self.list.setUniformItemSizes(True)
        self.list.setAccessibleName("Starts of the next two hours")
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.list.setVerticalScrollMode(QListView.ScrollMode.ScrollPerPixel)
        self.list.setResizeMode(QListView.ResizeMode.Adjust)
        self.list.activated.connect(self._activate)
        head = QVBoxLayout()
        head.setContentsMargins(SIDE, 12, 10, 6)
        head.setSpacing(2)
        for widget in (self._title, self._about, self._note):
            head.addWidget(widget)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addLayout(head)
        column.addWidget(self.list, 1)
        column.addStretch(0)

    def _activate(self, index: QModelIndex) -> None:
        row = self.model.row(index)
        if row is not None:
            self.activated.emit(row)
