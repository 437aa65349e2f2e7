"""The rows of a listing: chevrons, three-state boxes, icons, names, and a tree's keyboard."""

from itertools import chain

from PySide6.QtCore import (
    QAbstractItemModel,
    QElapsedTimer,
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
    QAbstractItemView,
    QApplication,
    QHeaderView,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTableView,
    QWidget,
)

from sesam_master.core.records import EntryKind
from sesam_master.ui.icons import paint_icon
from sesam_master.ui.restore.model import NODE_ROLE, NOTE_ROLE, ListingModel
from sesam_master.ui.restore.tree import Node
from sesam_master.ui.theme import ThemeHolder
from sesam_master.ui.widgets.facets import paint_check_box
from sesam_master.ui.widgets.record_table_view import header_height

SIDE = 6
CHEVRON = 12
BOX = 14
ICON = 16
GAP = 7
STEP = 20  # to the right per directory
AHEAD_ROWS = 30  # a directory is read on when its last entry here is so near
_WIDTHS = {1: 90, 2: 140, 3: 80}  # size, changed, entries
_ROOM_FOR_ENTRIES = 530
_ROOM_FOR_TIME = 440
_Index = QModelIndex | QPersistentModelIndex
_ICONS = {EntryKind.DIRECTORY: "folder", EntryKind.FILE: "file", EntryKind.SYMLINK: "link"}


class ListingDelegate(QStyledItemDelegate):
    """Paints all columns; a click on the chevron opens, on the box it ticks. Without boxes when
    nothing is to be chosen."""

    def __init__(
        self, holder: ThemeHolder, model: ListingModel, parent: QObject, *, has_boxes: bool
    ) -> None:
        super().__init__(parent)
        self._has_boxes = has_boxes
        self._holder = holder
        self._model = model

    def row_height(self) -> int:
        """Height of all rows for the present fonts, in px."""
        return max(24, QFontMetrics(self._holder.fonts.body).height() + 9)

    def sizeHint(self, _option: QStyleOptionViewItem, _index: _Index) -> QSize:
        """The height of a table row."""
        return QSize(120, self.row_height())

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: _Index) -> None:
        """Ground, then chevron, box, icon, name and note, or the text of the column."""
        theme, rect = self._holder.current, option.rect
        if option.state & QStyle.StateFlag.State_Selected:
            is_active = bool(option.state & QStyle.StateFlag.State_Active)
            painter.fillRect(rect, theme.sel if is_active else theme.sel_inactive)
        painter.fillRect(rect.x(), rect.bottom(), rect.width(), 1, theme.line)
        if index.column() == 0:
            self._paint_name(painter, rect, index)
            return
        painter.setFont(self._holder.fonts.body)
        painter.setPen(theme.text2)
        middle = Qt.AlignmentFlag.AlignVCenter
        side = Qt.AlignmentFlag.AlignRight if index.column() != 2 else middle
        painter.drawText(rect.adjusted(8, 0, -8, 0), middle | side, str(index.data() or ""))

    def editorEvent(
        self,
        event: QEvent,
        _model: QAbstractItemModel,
        option: QStyleOptionViewItem,
        index: _Index,
    ) -> bool:
        """A press on chevron or box is taken, its release acts; a double click is two of them."""
        if not isinstance(event, QMouseEvent) or index.column() != 0:
            return False
        node: Node = index.data(NODE_ROLE)
        place = event.position().toPoint()
        chevron, box = self._chevron(option.rect, node), self._box(option.rect, node)
        is_release = event.type() == QEvent.Type.MouseButtonRelease
        if self._has_boxes and box.adjusted(-3, -4, 3, 4).contains(place):
            if is_release:
                self._model.toggle(node)
            return True
        if node.is_directory and chevron.adjusted(-4, -4, 3, 4).contains(place):
            if is_release:
                self._model.set_open(node, not node.is_open)
            return True
        return False

    def _paint_name(self, painter: QPainter, rect: QRect, index: _Index) -> None:
        theme, fonts = self._holder.current, self._holder.fonts
        node: Node = index.data(NODE_ROLE)
        if node.is_directory:
            sign = "chevron-down" if node.is_open else "chevron-right"
            paint_icon(painter, sign, self._chevron(rect, node), theme.text2)
        box, size = self._box(rect, node), fonts.px(ICON)
        if self._has_boxes:
            paint_check_box(painter, QRectF(box), node.is_chosen, self._holder)
        x = box.right() + 1 + GAP if self._has_boxes else box.left()
        icon_rect = QRect(x, rect.y() + (rect.height() - size) // 2, size, size)
        kind = node.entry.kind if node.entry is not None else EntryKind.FILE
        paint_icon(painter, _ICONS.get(kind, "file"), icon_rect, theme.text2)
        words = rect.adjusted(x + size + GAP - rect.x(), 0, -4, 0)
        middle, metrics = Qt.AlignmentFlag.AlignVCenter, QFontMetrics(fonts.body)
        text = str(index.data() or "")
        shown = metrics.elidedText(text, Qt.TextElideMode.ElideMiddle, words.width())
        painter.setFont(fonts.body)
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

    def _chevron(self, rect: QRect, node: Node) -> QRect:
        px, size = self._holder.fonts.px, self._holder.fonts.px(CHEVRON)
        x = rect.x() + SIDE + node.depth * px(STEP)
        return QRect(x, rect.y() + (rect.height() - size) // 2, size, size)

    def _box(self, rect: QRect, node: Node) -> QRect:
        size = self._holder.fonts.px(BOX)
        x = self._chevron(rect, node).right() + 1 + GAP
        return QRect(x, rect.y() + (rect.height() - size) // 2, size, size)


class ListingView(QTableView):
    """Shows a ListingModel. Right and Left open and close, Space ticks, letters find a name.
    Without `has_boxes` it is for reading only; `has_entries`: how many a directory has is shown."""

    def __init__(
        self,
        holder: ThemeHolder,
        model: ListingModel,
        parent: QWidget | None = None,
        *,
        has_boxes: bool = True,
        has_entries: bool = True,
    ) -> None:
        super().__init__(parent)
        self._has_boxes = has_boxes
        self._has_entries = has_entries
        self._holder = holder
        self._model = model
        self._delegate = ListingDelegate(holder, model, self, has_boxes=has_boxes)
        self._typed = ""
        self._since_typed = QElapsedTimer()
        self.setModel(model)
        self.setItemDelegate(self._delegate)
        self.setFrameShape(QTableView.Shape.NoFrame)
        self.setShowGrid(False)
        self.setWordWrap(False)
        self.setTabKeyNavigation(False)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setAccessibleName("Files of the saveset")
        rows, header = self.verticalHeader(), self.horizontalHeader()
        rows.hide()
        rows.setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        header.setHighlightSections(False)
        header.setSectionsClickable(False)
        header.setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        header.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        holder.changed.connect(self._fit)
        self._fit()
        self.doubleClicked.connect(lambda index: self._turn(self._model.rows[index.row()]))
        self.verticalScrollBar().valueChanged.connect(lambda _value: self._load_what_is_seen())

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """The keys of a tree; everything else is Qt's."""
        key, row = event.key(), self.currentIndex().row()
        if row < 0:
            super().keyPressEvent(event)
            return
        node = self._model.rows[row]
        if key == Qt.Key.Key_Space and self._has_boxes:
            self._model.toggle(node)
        elif key in (Qt.Key.Key_Right, Qt.Key.Key_Plus, Qt.Key.Key_Asterisk):
            if node.is_open and node.children and key == Qt.Key.Key_Right:
                self._go(row + 1)
            self._model.set_open(node, True)
        elif key in (Qt.Key.Key_Left, Qt.Key.Key_Minus):
            if node.is_open:
                self._model.set_open(node, False)
            elif node.parent is not None and key == Qt.Key.Key_Left:
                self._go(self._model.index_of(node.parent).row())
        elif key in (Qt.Key.Key_Home, Qt.Key.Key_End):
            self._go(0 if key == Qt.Key.Key_Home else len(self._model.rows) - 1)
        elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self._turn(node)
        else:
            super().keyPressEvent(event)

    def keyboardSearch(self, search: str) -> None:
        """The next name that begins with what was typed in one go, without regard to case. Qt's
        own asks the model for the text of every row."""
        pause = QApplication.keyboardInputInterval()
        is_new = not self._since_typed.isValid() or self._since_typed.elapsed() > pause
        self._typed = search if is_new else self._typed + search
        self._since_typed.start()
        rows, wanted = self._model.rows, self._typed.encode(errors="surrogateescape").lower()
        length, first = len(wanted), self.currentIndex().row() + is_new
        for row in chain(range(first, len(rows)), range(first)):
            if rows[row].name.lstrip(b"/")[:length].lower() == wanted:
                self._go(row)
                return

    def resizeEvent(self, event: QResizeEvent) -> None:
        """A narrow view gives up entries first, then the time: names stay whole."""
        super().resizeEvent(event)
        self._fit()

    def _go(self, row: int) -> None:
        if row >= 0:
            index = self._model.index(row, 0)
            self.setCurrentIndex(index)
            self.scrollTo(index)  # also to the current one, which rows that came have moved away

    def _turn(self, node: Node) -> None:
        self._model.set_open(node, not node.is_open)

    def _fit(self) -> None:
        px, header = self._holder.fonts.px, self.horizontalHeader()
        self.verticalHeader().setDefaultSectionSize(self._delegate.row_height())
        header.setFixedHeight(header_height(self._holder))
        for column, width in _WIDTHS.items():
            header.resizeSection(column, px(width))
        is_narrow = self.width() < px(_ROOM_FOR_ENTRIES)
        self.setColumnHidden(3, is_narrow or not self._has_entries)
        self.setColumnHidden(2, self.width() < px(_ROOM_FOR_TIME))
        self.viewport().update()

    def _load_what_is_seen(self) -> None:
        """A long directory fills in place when its last entry that is here comes into view."""
        rows, first = self._model.rows, self.rowAt(0)
        last = self.rowAt(self.viewport().height() - 1)
        end = len(rows) if last < 0 else min(len(rows), last + AHEAD_ROWS)
        above = [n.parent for n in rows[max(0, first) : end] if n.parent is not None]
        ends = zip(above, rows[max(0, first) : end], strict=True)
        for directory in [d for d, n in ends if n.row == len(d.children) - 1]:
            if directory.next_token and not directory.trouble:
                self._model.load(directory)
