"""Paints a row of the tree: sign at the left, trouble counts and ages at the right."""

from dataclasses import replace

from PySide6.QtCore import QModelIndex, QObject, QPersistentModelIndex, QRect, QSize, Qt
from PySide6.QtGui import QColor, QFont, QFontMetrics, QPainter
from PySide6.QtWidgets import (
    QLineEdit,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QWidget,
)

from sesam_master.core.states import Connection, JobState
from sesam_master.ui.farms.colours import mark_colour
from sesam_master.ui.icons import icon_pixmap
from sesam_master.ui.signs import SignAtlas
from sesam_master.ui.theme import ThemeHolder
from sesam_master.ui.topology.model import TreeRole
from sesam_master.ui.topology.nodes import Kind
from sesam_master.ui.topology.rows import TreeRow

WANTED_ICON = "hard-drive"
BAR_WIDTH = 3
_SIGN = 12
_GAP = 6
_ICONS = {
    Kind.ALL: "layers",
    Kind.CLIENTS: "monitor",
    Kind.CLIENT: "hard-drive",
    Kind.COMPONENTS: "server",
    Kind.PLAN: "calendar-clock",
}


class TopologyDelegate(QStyledItemDelegate):
    """All rows are of one height."""

    def __init__(self, holder: ThemeHolder, parent: QObject) -> None:
        super().__init__(parent)
        self._holder = holder
        self._atlas = SignAtlas(holder)
        self._take_theme()
        holder.changed.connect(self._take_theme)

    def sizeHint(
        self, _option: QStyleOptionViewItem, _index: QModelIndex | QPersistentModelIndex
    ) -> QSize:
        return QSize(100, max(23, self._metrics.height() + 7))

    def paint(
        self,
        painter: QPainter,
        option: QStyleOptionViewItem,
        index: QModelIndex | QPersistentModelIndex,
    ) -> None:
        rect: QRect = option.rect
        row: TreeRow = index.data(TreeRole.ROW)
        painter.save()
        self._paint_ground(painter, option, rect)
        rect = rect.adjusted(2, 0, -8, 0)
        self._paint_mark(painter, rect, row)
        rect.setLeft(self._paint_sign(painter, rect, row))
        font, colour = self._style(row)
        metrics = QFontMetrics(font)
        if row.kind is Kind.FARM:  # names go before numbers
            row = self._fitted(row, rect.width() - metrics.horizontalAdvance(row.text))
        rect.setRight(self._paint_right(painter, rect, row))
        painter.setFont(font)
        painter.setPen(colour)
        text = metrics.elidedText(row.text, Qt.TextElideMode.ElideRight, rect.width())
        painter.drawText(rect, Qt.AlignmentFlag.AlignVCenter, text)
        painter.restore()

    def createEditor(
        self,
        parent: QWidget,
        _option: QStyleOptionViewItem,
        _index: QModelIndex | QPersistentModelIndex,
    ) -> QWidget:
        """A field no higher than its row."""
        field = QLineEdit(parent)
        field.setStyleSheet("QLineEdit { padding: 0 4px; min-height: 0; border-radius: 0 }")
        field.setAccessibleName("Name of the farm")
        return field

    def _fitted(self, row: TreeRow, room: int) -> TreeRow:
        """Without the numbers at the right, if they would cut the name of a farm: the tooltip has
        them too."""
        signs = len(row.badges) + len(row.counts)
        numbers = [str(number) for _state, number in row.counts] + [row.side]
        texts = sum(self._small_metrics.horizontalAdvance(text) + _GAP for text in numbers)
        needed = texts + signs * (self._sign_size + _GAP)
        return row if needed <= room else replace(row, side="")

    def _paint_ground(self, painter: QPainter, option: QStyleOptionViewItem, rect: QRect) -> None:
        theme = self._holder.current
        state: QStyle.StateFlag = option.state
        if state & QStyle.StateFlag.State_Selected:
            is_active = bool(state & QStyle.StateFlag.State_Active)
            painter.fillRect(rect, theme.sel if is_active else theme.sel_inactive)
        elif state & QStyle.StateFlag.State_MouseOver:
            painter.fillRect(rect, theme.hover)

    def _paint_mark(self, painter: QPainter, rect: QRect, row: TreeRow) -> None:
        """A person's own colour, as a bar at the left edge; the tooltip names it."""
        if row.colour is not None:
            bar = QRect(rect.left() - 2, rect.top() + 2, BAR_WIDTH, rect.height() - 4)
            painter.fillRect(bar, mark_colour(row.colour, is_dark=self._holder.current.is_dark))

    def _paint_sign(self, painter: QPainter, rect: QRect, row: TreeRow) -> int:
        """Returns where the text begins."""
        ratio = painter.device().devicePixelRatio()
        rect = rect.adjusted(BAR_WIDTH, 0, 0, 0)
        if row.sign is not None:
            size = self._sign_size
            pixmap = self._atlas.sign(row.sign, size, ratio)
        elif row.icon or row.kind in _ICONS:
            size = self._holder.fonts.px(15 if row.kind in _ICONS else 13)
            name = row.icon or _ICONS[row.kind]
            pixmap = icon_pixmap(name, size, self._holder.current.text2, ratio)
        else:
            return rect.left()
        painter.drawPixmap(rect.left(), rect.center().y() - size // 2 + 1, pixmap)
        return rect.left() + size + _GAP

    def _paint_right(self, painter: QPainter, rect: QRect, row: TreeRow) -> int:
        """Returns where the text has to end."""
        theme = self._holder.current
        painter.setFont(self._holder.fonts.small)
        right = rect.right()
        if row.side:
            is_place = row.kind is Kind.LOCATION
            is_broken = is_place and row.sign is Connection.BROKEN and not row.is_silent
            painter.setPen(theme.error_text if is_broken else theme.text2)
            right = self._write(painter, rect, right, row.side)
        ratio = painter.device().devicePixelRatio()
        right = self._paint_badges(painter, rect, right, row)
        painter.setPen(theme.text2 if row.is_dark else theme.text)
        size = self._sign_size
        for state, number in reversed(row.counts):
            right = self._write(painter, rect, right, str(number)) - size + 3
            y = rect.center().y() - size // 2 + 1
            painter.drawPixmap(right, y, self._atlas.state(state, size, ratio))
            right -= _GAP
        return self._paint_wanted(painter, rect, right, row) if row.wanted else right

    def _paint_badges(self, painter: QPainter, rect: QRect, right: int, row: TreeRow) -> int:
        """What this desk may not do there, or does not expect."""
        ratio, size = painter.device().devicePixelRatio(), self._holder.fonts.px(13)
        for name in reversed(row.badges):
            right -= size
            y = rect.center().y() - size // 2 + 1
            pixmap = icon_pixmap(name, size, self._holder.current.text2, ratio)
            painter.drawPixmap(right, y, pixmap)
            right -= _GAP
        return right

    def _paint_wanted(self, painter: QPainter, rect: QRect, right: int, row: TreeRow) -> int:
        """A medium that somebody has to put in, as on the page Now; how many, if there are more."""
        theme, ratio = self._holder.current, painter.device().devicePixelRatio()
        if row.wanted > 1:
            right = self._write(painter, rect, right, str(row.wanted)) + 3
        size = self._holder.fonts.px(15)
        colour = theme.text2 if row.is_dark else theme.states[JobState.WARNING].word
        y = rect.center().y() - size // 2 + 1
        painter.drawPixmap(right - size, y, icon_pixmap(WANTED_ICON, size, colour, ratio))
        return right - size - _GAP

    def _write(self, painter: QPainter, rect: QRect, right: int, text: str) -> int:
        width = self._small_metrics.horizontalAdvance(text)
        place = QRect(right - width, rect.y(), width + 1, rect.height())
        painter.drawText(place, Qt.AlignmentFlag.AlignVCenter, text)
        return right - width - _GAP

    def _style(self, row: TreeRow) -> tuple[QFont, QColor]:
        theme, fonts = self._holder.current, self._holder.fonts
        if row.kind is Kind.ALL:
            return fonts.body_bold, theme.text
        if row.kind is Kind.FARM:
            return fonts.small_bold, theme.text
        return fonts.body, theme.text2 if row.is_dark else theme.text

    def _take_theme(self) -> None:
        self._metrics = QFontMetrics(self._holder.fonts.body)
        self._small_metrics = QFontMetrics(self._holder.fonts.small)
        self._sign_size = self._holder.fonts.px(_SIGN)
