"""The tree of a listing: three-state boxes, icons, names and what is to be said beside them."""

from PySide6.QtCore import (
    QAbstractItemModel,
    QEvent,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    QRect,
    QRectF,
    QSize,
    Qt,
)
from PySide6.QtGui import QFontMetrics, QKeyEvent, QMouseEvent, QPainter, QResizeEvent
from PySide6.QtWidgets import (
    QHeaderView,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTreeView,
    QWidget,
)

from sesam_master.ui.icons import paint_icon
from sesam_master.ui.restore.model import ICON_ROLE, NOTE_ROLE, ListingModel
from sesam_master.ui.theme import ThemeHolder
from sesam_master.ui.widgets.facets import paint_check_box

BOX = 14
ICON = 16
GAP = 7
_WIDTHS = {1: 90, 2: 140, 3: 80}  # size, changed, entries
_ROOM_FOR_ENTRIES = 530
_ROOM_FOR_TIME = 440
_Index = QModelIndex | QPersistentModelIndex
_STATES = {
    Qt.CheckState.Checked: True,
    Qt.CheckState.Unchecked: False,
    Qt.CheckState.PartiallyChecked: None,
}


class ListingDelegate(QStyledItemDelegate):
    """Paints all columns; a click on the box ticks."""

    def __init__(self, holder: ThemeHolder, parent: QObject) -> None:
        super().__init__(parent)
        self._holder = holder

    def sizeHint(self, _option: QStyleOptionViewItem, _index: _Index) -> QSize:
        """The height of a table row."""
        return QSize(120, max(24, QFontMetrics(self._holder.fonts.body).height() + 9))

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: _Index) -> None:
        """Ground, then box, icon, name and note, or the text of the column."""
        theme, fonts, rect = self._holder.current, self._holder.fonts, option.rect
        if option.state & QStyle.StateFlag.State_Selected:
            painter.fillRect(rect, theme.sel)
        painter.fillRect(rect.x(), rect.bottom(), rect.width(), 1, theme.line)
        text = str(index.data() or "")
        painter.setFont(fonts.body)
        middle = Qt.AlignmentFlag.AlignVCenter
        if index.column() != 0:
            painter.setPen(theme.text2)
            side = Qt.AlignmentFlag.AlignRight if index.column() != 2 else middle
            painter.drawText(rect.adjusted(8, 0, -8, 0), middle | side, text)
            return
        state = index.data(Qt.ItemDataRole.CheckStateRole)
        paint_check_box(painter, QRectF(_box(rect)), _STATES[Qt.CheckState(state)], self._holder)
        x = _box(rect).right() + 1 + GAP
        icon_rect = QRect(x, rect.y() + (rect.height() - ICON) // 2, ICON, ICON)
        paint_icon(painter, str(index.data(ICON_ROLE)), icon_rect, theme.text2)
        words = rect.adjusted(x + ICON + GAP - rect.x(), 0, -4, 0)
        metrics = QFontMetrics(fonts.body)
        shown = metrics.elidedText(text, Qt.TextElideMode.ElideMiddle, words.width())
        painter.setPen(theme.text)
        painter.drawText(words, middle, shown)
        note = str(index.data(NOTE_ROLE) or "")
        words.setLeft(words.left() + metrics.horizontalAdvance(shown) + 10)
        if note and words.width() > 20:
            painter.setFont(fonts.small)
            painter.setPen(theme.text3)
            right = Qt.TextElideMode.ElideRight
            note = QFontMetrics(fonts.small).elidedText(note, right, words.width())
            painter.drawText(words, middle, note)

    def editorEvent(
        self,
        event: QEvent,
        model: QAbstractItemModel,
        option: QStyleOptionViewItem,
        index: _Index,
    ) -> bool:
        """A press on the box is taken, its release ticks; a double click is two of them."""
        if not isinstance(event, QMouseEvent) or index.column() != 0:
            return False
        target = _box(option.rect).adjusted(-4, -4, 3, 4)
        if not target.contains(event.position().toPoint()):
            return False
        if event.type() == QEvent.Type.MouseButtonRelease:
            toggle(model, index)
        return True


class ListingView(QTreeView):
    """Shows a ListingModel; Space ticks the current row."""

    def __init__(
        self, holder: ThemeHolder, model: ListingModel, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._model = model
        self.setModel(model)
        self.setItemDelegate(ListingDelegate(holder, self))
        self.setUniformRowHeights(True)
        self.setFrameShape(QTreeView.Shape.NoFrame)
        self.setExpandsOnDoubleClick(True)
        self.setAllColumnsShowFocus(True)
        self.setIndentation(20)
        self.setAccessibleName("Files of the saveset")
        header = self.header()
        header.setStretchLastSection(False)
        header.setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        self._holder = holder
        holder.changed.connect(self._fit_columns)
        self._fit_columns()
        self.expanded.connect(self._open)
        model.rowsInserted.connect(self._open_only_source)
        self.verticalScrollBar().valueChanged.connect(lambda _value: self._load_what_is_seen())

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Space ticks, an asterisk opens one directory and not all below it, which would be a
        question each; everything else is Qt's."""
        index = self.currentIndex().siblingAtColumn(0)
        if event.key() == Qt.Key.Key_Space and index.isValid():
            toggle(self._model, index)
        elif event.key() == Qt.Key.Key_Asterisk:
            self.expand(index)
        else:
            super().keyPressEvent(event)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """A narrow view gives up entries first, then the time: names stay whole."""
        super().resizeEvent(event)
        self._fit_columns()

    def _fit_columns(self) -> None:
        px, header = self._holder.fonts.px, self.header()
        for column, width in _WIDTHS.items():
            header.resizeSection(column, px(width))
        self.scheduleDelayedItemsLayout()
        self.setColumnHidden(3, self.width() < px(_ROOM_FOR_ENTRIES))
        self.setColumnHidden(2, self.width() < px(_ROOM_FOR_TIME))

    def _open(self, index: QModelIndex) -> None:
        node = self._model.node(index)
        if not node.children or node.trouble:
            self._model.load(node)

    def _open_only_source(self, above: QModelIndex) -> None:
        """A saveset of one source begins with what is in it."""
        if above.isValid() and not above.parent().isValid() and self._model.rowCount() == 1:
            self.expand(above)

    def _load_what_is_seen(self) -> None:
        """A long directory fills in place when its last loaded entry comes into view."""
        index = self.indexAt(self.viewport().rect().bottomLeft())
        above = index.parent() if index.isValid() else QModelIndex()
        node = self._model.node(above)
        if index.isValid() and index.row() >= len(node.children) - 30:
            self._model.fetchMore(above)


def toggle(model: QAbstractItemModel, index: QModelIndex | QPersistentModelIndex) -> None:
    """Tick what is not wholly ticked, else take it out."""
    state = Qt.CheckState(index.data(Qt.ItemDataRole.CheckStateRole))
    is_on = state == Qt.CheckState.Checked
    wanted = Qt.CheckState.Unchecked if is_on else Qt.CheckState.Checked
    model.setData(index, wanted, Qt.ItemDataRole.CheckStateRole)


def _box(rect: QRect) -> QRect:
    return QRect(rect.x() + 2, rect.y() + (rect.height() - BOX) // 2, BOX, BOX)
