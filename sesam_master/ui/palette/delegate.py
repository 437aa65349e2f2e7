"""Paints a hit of the palette: icon and title, at the right its state, its keys or the reason."""

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QRect, QSize, Qt
from PySide6.QtGui import QFontMetrics, QPainter
from PySide6.QtWidgets import QStyle, QStyledItemDelegate, QStyleOptionViewItem, QWidget

from sesam_master.ui.icons import paint_icon
from sesam_master.ui.palette.hits import Hit
from sesam_master.ui.theme import ThemeHolder

HIT_ROLE = Qt.ItemDataRole.UserRole + 1
SIDE = 12
ICON = 16
GAP = 10


class HitDelegate(QStyledItemDelegate):
    """What cannot be done is grey, with its reason."""

    def __init__(self, holder: ThemeHolder, parent: QWidget) -> None:
        super().__init__(parent)
        self._holder = holder

    def sizeHint(
        self, _option: QStyleOptionViewItem, _index: QModelIndex | QPersistentModelIndex
    ) -> QSize:
        return QSize(200, QFontMetrics(self._holder.fonts.body).height() + 14)

    def paint(
        self,
        painter: QPainter,
        option: QStyleOptionViewItem,
        index: QModelIndex | QPersistentModelIndex,
    ) -> None:
        hit = index.data(HIT_ROLE)
        if not isinstance(hit, Hit):
            return
        theme, fonts = self._holder.current, self._holder.fonts
        rect: QRect = option.rect
        if option.state & QStyle.StateFlag.State_Selected:
            painter.fillRect(rect, theme.sel)
            painter.fillRect(QRect(rect.x(), rect.y(), 3, rect.height()), theme.accent)
        grey = theme.text3
        box = rect.adjusted(SIDE, 0, -SIDE, 0)
        icon_box = QRect(box.x(), box.center().y() - ICON // 2, ICON, ICON)
        paint_icon(painter, hit.icon, icon_box, grey if hit.reason else theme.text2)
        words = QFontMetrics(fonts.body_medium)
        title_box = box.adjusted(ICON + GAP, 0, 0, 0)
        side = QFontMetrics(fonts.small)
        title_width = min(words.horizontalAdvance(hit.title), title_box.width())
        painter.setFont(fonts.body_medium)
        painter.setPen(grey if hit.reason else theme.text)
        middle = Qt.AlignmentFlag.AlignVCenter
        elide = Qt.TextElideMode.ElideRight
        painter.drawText(title_box, middle, words.elidedText(hit.title, elide, title_box.width()))
        room = title_box.width() - title_width - 2 * GAP
        if room > 0:
            painter.setFont(fonts.small)
            painter.setPen(theme.text2)
            text = side.elidedText(hit.reason or hit.side, elide, room)
            painter.drawText(title_box, middle | Qt.AlignmentFlag.AlignRight, text)
