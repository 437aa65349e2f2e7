"""Paints the cells of every table and list; which way is told by the cell's kind."""

from collections.abc import Callable

from PySide6.QtCore import QModelIndex, QObject, QPersistentModelIndex, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFont, QFontMetrics, QPainter, QPen
from PySide6.QtWidgets import QStyle, QStyledItemDelegate, QStyleOptionViewItem

from sesam_master.core.states import Connection, JobState
from sesam_master.ui.formatting import count_text
from sesam_master.ui.icons import paint_icon
from sesam_master.ui.signs import SignAtlas
from sesam_master.ui.theme import Theme, ThemeHolder
from sesam_master.ui.widgets.column import Align, Cell, CellKind, GroupHead, HeadKind, Role

PADDING = 8
END_PADDING = 2  # the next column brings its own
EDGE_WIDTH = 3
STATE_SIGN = 14
LOCATION_SIGN = 12
SIGN_GAP = 6
TYPE_BOX = 17
BAR_HEIGHT = 6
CHEVRON = 12
ELIDED_TEXTS_KEPT = 4096
NO_BAR = -1.0  # value of a cell of the kind PROGRESS that has a text only

_LEFT = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
_RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
_PaintKind = Callable[[QPainter, QRect, Cell], None]


class CellDelegate(QStyledItemDelegate):
    """Delegate for models that answer `Role.CELL`.

    Fonts, signs and elided texts are kept; `paint` makes none of them. The view tells which row
    the pointer is over and which column stands first, for the accent edge of the selection.
    """

    def __init__(self, holder: ThemeHolder, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.hovered_row = -1
        self.first_column = 0
        self._holder = holder
        self._atlas = SignAtlas(holder)
        self._elided: dict[tuple[str, int, str, Qt.TextElideMode], str] = {}
        self._theme: Theme = holder.current
        self._text_colour: QColor = self._theme.text
        self._kinds: dict[CellKind, _PaintKind] = {
            CellKind.STATE: self._paint_state,
            CellKind.LOCATION: self._paint_location,
            CellKind.TYPE: self._paint_type,
            CellKind.MESSAGE: self._paint_message,
            CellKind.PROGRESS: self._paint_progress,
        }
        holder.changed.connect(self._take_theme)
        self._take_theme()

    def row_height(self) -> int:
        """Height of a table row for the present fonts, in px."""
        return max(25, self._metrics["body"].height() + 9)

    def paint(
        self,
        painter: QPainter,
        option: QStyleOptionViewItem,
        index: QModelIndex | QPersistentModelIndex,
    ) -> None:
        """Background, hairline and content of one cell."""
        cell = index.data(Role.CELL)
        if not isinstance(cell, Cell):
            super().paint(painter, option, index)
            return
        rect = option.rect
        self._paint_ground(painter, option, index, cell)
        theme = self._theme
        self._text_colour = theme.text2 if cell.is_stale else theme.text
        is_right = cell.align is Align.RIGHT
        inner = rect.adjusted(
            0 if is_right else PADDING, 0, -PADDING if is_right else -END_PADDING, -1
        )
        paint_kind = self._kinds.get(cell.kind, self._paint_text)
        paint_kind(painter, inner, cell)

    def sizeHint(
        self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> QSize:
        """Wide enough for text and sign; used when a column is fitted to its content."""
        cell = index.data(Role.CELL)
        if not isinstance(cell, Cell):
            return super().sizeHint(option, index)
        return QSize(self.text_width(cell.kind, cell.text), self.row_height())

    def text_width(self, kind: CellKind, text: str) -> int:
        """Room that a cell needs to show a text in full, in px."""
        sign = {CellKind.STATE: STATE_SIGN, CellKind.LOCATION: LOCATION_SIGN}.get(kind)
        width = self._metrics[self._font_name(kind)].horizontalAdvance(text)
        room = self._holder.fonts.px(sign) + SIGN_GAP if sign else 0
        return width + PADDING + END_PADDING + 2 + room

    def paint_head(
        self, painter: QPainter, rect: QRect, head: GroupHead, is_selected: bool
    ) -> None:
        """A group row over the whole width: chevron, title, detail, counts per state."""
        theme = self._theme
        painter.fillRect(rect, theme.sel if is_selected else theme.side)
        painter.fillRect(rect.x(), rect.bottom(), rect.width(), 1, theme.line)
        if is_selected:
            painter.fillRect(rect.x(), rect.y(), EDGE_WIDTH, rect.height(), theme.accent)
        size, small = self._holder.fonts.px(CHEVRON), self._holder.fonts.px(LOCATION_SIGN)
        row = rect.adjusted(PADDING + size + SIGN_GAP, 0, -PADDING, -1)
        if head.kind is not HeadKind.GROUP:
            colour = theme.link if head.kind is HeadKind.LINK else theme.text2
            self._paint_words(painter, row, head.title, "small", colour)
            return
        chevron = QRect(rect.x() + PADDING, rect.y(), size, rect.height() - 1)
        sign = "chevron-down" if head.is_open else "chevron-right"
        paint_icon(painter, sign, chevron, theme.text2)
        row = self._paint_words(painter, row, head.title, "body_bold", theme.text)
        row = self._paint_words(painter, row, head.detail, "small", theme.text2)
        ratio = painter.device().devicePixelRatio()
        for state, count in head.counts:
            if row.width() < small:
                break
            y = row.y() + (row.height() - small) // 2
            painter.drawPixmap(row.x(), y, self._atlas.state(state, small, ratio))
            row.setLeft(row.left() + small + 4)
            words = "" if count is None else count_text(count)
            row = self._paint_words(painter, row, words, "small", theme.text2)

    # -- parts

    def _paint_words(
        self, painter: QPainter, row: QRect, text: str, font_name: str, colour: QColor
    ) -> QRect:
        """Paints words at the left of a row, returns what is left of it."""
        if not text or row.width() <= 0:
            return row
        shown = self._elide(text, row.width(), font_name, Qt.TextElideMode.ElideRight)
        painter.setFont(self._fonts[font_name])
        painter.setPen(colour)
        painter.drawText(row, _LEFT, shown)
        return row.adjusted(self._metrics[font_name].horizontalAdvance(shown) + PADDING, 0, 0, 0)

    def _paint_ground(
        self,
        painter: QPainter,
        option: QStyleOptionViewItem,
        index: QModelIndex | QPersistentModelIndex,
        cell: Cell,
    ) -> None:
        theme, rect, state = self._theme, option.rect, option.state
        is_selected = bool(state & QStyle.StateFlag.State_Selected)
        if is_selected:
            is_active = option.widget is None or option.widget.isActiveWindow()
            painter.fillRect(rect, theme.sel if is_active else theme.sel_inactive)
        elif cell.is_stale:
            painter.fillRect(rect, theme.state(JobState.UNKNOWN).fill or theme.side)
        elif index.row() == self.hovered_row:
            painter.fillRect(rect, theme.hover)
        painter.fillRect(rect.x(), rect.bottom(), rect.width(), 1, theme.line)
        if is_selected and index.column() == self.first_column:
            painter.fillRect(rect.x(), rect.y(), EDGE_WIDTH, rect.height(), theme.accent)
        if state & QStyle.StateFlag.State_HasFocus and not is_selected:
            painter.setPen(QPen(theme.focus, 2))
            painter.drawRect(rect.adjusted(2, 2, -2, -3))

    def _paint_text(self, painter: QPainter, rect: QRect, cell: Cell) -> None:
        name = self._font_name(cell.kind)
        colour = self._theme.text2 if cell.kind is CellKind.QUIET else self._text_colour
        self._draw(painter, rect, cell.text, name, colour, cell)

    def _paint_state(self, painter: QPainter, rect: QRect, cell: Cell) -> None:
        size = self._holder.fonts.px(STATE_SIGN)
        rect, colour = self._paint_sign(painter, rect, cell, size), self._text_colour
        if isinstance(cell.value, JobState | Connection):
            colour = self._word_colour(cell.value)
        self._draw(painter, rect, cell.text, "body", colour, cell)

    def _paint_location(self, painter: QPainter, rect: QRect, cell: Cell) -> None:
        rect = self._paint_sign(painter, rect, cell, self._holder.fonts.px(LOCATION_SIGN))
        self._draw(painter, rect, cell.text, "body", self._text_colour, cell)

    def _paint_sign(self, painter: QPainter, rect: QRect, cell: Cell, size: int) -> QRect:
        """Paints the sign, returns what is left for the text."""
        if isinstance(cell.value, JobState | Connection):
            ratio = painter.device().devicePixelRatio()
            y = rect.y() + (rect.height() - size) // 2
            painter.drawPixmap(rect.x(), y, self._atlas.sign(cell.value, size, ratio))
        return rect.adjusted(size + SIGN_GAP, 0, 0, 0)

    def _word_colour(self, value: JobState | Connection) -> QColor:
        # Good news is quiet: the words of what is well are not coloured.
        if value in (JobState.OK, JobState.PLANNED, JobState.NOT_PLANNED):
            return self._theme.text2
        if isinstance(value, JobState):
            return self._theme.state(value).word
        is_broken = value is Connection.BROKEN
        return self._theme.connection(value).word if is_broken else self._theme.text2

    def _paint_type(self, painter: QPainter, rect: QRect, cell: Cell) -> None:
        if not cell.text:
            return
        theme = self._theme
        is_full = cell.text == "F"
        side = self._holder.fonts.px(TYPE_BOX)
        box = QRectF(rect.x() + 0.5, rect.center().y() - side // 2 + 0.5, side, side)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(theme.border, 1))
        painter.setBrush(theme.sunken if is_full else theme.side)
        painter.drawRoundedRect(box, 4, 4)
        painter.setFont(self._fonts["tiny"])
        painter.setPen(theme.text if is_full else theme.text2)
        painter.drawText(box, Qt.AlignmentFlag.AlignCenter, cell.text)
        painter.restore()

    def _paint_message(self, painter: QPainter, rect: QRect, cell: Cell) -> None:
        head = cell.value if isinstance(cell.value, str) else ""
        if not head or not cell.text.startswith(head):
            self._draw(painter, rect, cell.text, "body", self._theme.text2, cell)
            return
        self._draw(painter, rect, head, "body", self._text_colour, cell)
        taken = self._metrics["body"].horizontalAdvance(head) + PADDING
        rest = rect.adjusted(taken, 0, 0, 0)
        self._draw(painter, rest, cell.text[len(head) :].lstrip(), "small", self._theme.text2, cell)

    def _paint_progress(self, painter: QPainter, rect: QRect, cell: Cell) -> None:
        if not cell.text:
            return
        rect = rect.adjusted(0, 0, END_PADDING - PADDING, 0)
        text_width = self._metrics["small"].horizontalAdvance(cell.text)
        self._draw(painter, rect, cell.text, "small", self._text_colour, cell, is_right=True)
        width = rect.width() - text_width - PADDING
        if width < BAR_HEIGHT or cell.value == NO_BAR:
            return
        y = rect.y() + (rect.height() - BAR_HEIGHT) / 2
        paint_bar(painter, QRectF(rect.x(), y, width, BAR_HEIGHT), cell, self._theme)

    def _draw(
        self,
        painter: QPainter,
        rect: QRect,
        text: str,
        font_name: str,
        colour: QColor,
        cell: Cell,
        is_right: bool = False,
    ) -> None:
        if not text or rect.width() <= 0:
            return
        painter.setFont(self._fonts[font_name])
        painter.setPen(colour)
        is_right = is_right or cell.align is Align.RIGHT
        shown = self._elide(text, rect.width(), font_name, cell.elide)
        painter.drawText(rect, _RIGHT if is_right else _LEFT, shown)

    def _elide(self, text: str, width: int, font_name: str, mode: Qt.TextElideMode) -> str:
        key = (text, width, font_name, mode)
        shown = self._elided.get(key)
        if shown is None:
            if len(self._elided) >= ELIDED_TEXTS_KEPT:
                self._elided.clear()
            shown = self._metrics[font_name].elidedText(text, mode, width)
            self._elided[key] = shown
        return shown

    @staticmethod
    def _font_name(kind: CellKind) -> str:
        names = {CellKind.STRONG: "body_medium", CellKind.MONO: "mono"}
        return names.get(kind, "body")

    def _take_theme(self) -> None:
        fonts = self._holder.fonts
        self._theme = self._holder.current
        self._fonts: dict[str, QFont] = {
            "body": fonts.body,
            "body_medium": fonts.body_medium,
            "body_bold": fonts.body_bold,
            "small": fonts.small,
            "tiny": fonts.tiny,
            "mono": fonts.mono,
        }
        self._metrics = {name: QFontMetrics(font) for name, font in self._fonts.items()}
        self._elided.clear()


def paint_bar(painter: QPainter, bar: QRectF, cell: Cell, theme: Theme) -> None:
    """A progress bar: filled to the share, dashed when stale, a resting piece when not known."""
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    radius = bar.height() / 2
    share = cell.value if isinstance(cell.value, float | int) else None
    filled = QRectF(bar)
    if share is None:
        filled.setX(bar.x() + bar.width() * 0.33)
        filled.setWidth(bar.width() * 0.24)
    else:
        filled.setWidth(max(bar.height(), bar.width() * min(1.0, max(0.0, float(share)))))
    if cell.is_stale:
        painter.setPen(QPen(theme.text3, 1, Qt.PenStyle.DashLine))
        painter.drawRoundedRect(bar.adjusted(0.5, 0.5, -0.5, -0.5), radius, radius)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(Qt.BrushStyle.BDiagPattern)
    else:
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(theme.track)
        painter.drawRoundedRect(bar, radius, radius)
        painter.setBrush(theme.plot)
    if share != 0:
        painter.drawRoundedRect(filled, radius, radius)
    painter.restore()


def paint_list_row(painter: QPainter, rect: QRect, state: QStyle.StateFlag, theme: Theme) -> None:
    """The ground of a row of a list without columns, as it is chosen or under the pointer."""
    if state & QStyle.StateFlag.State_Selected:
        is_active = bool(state & QStyle.StateFlag.State_Active)
        painter.fillRect(rect, theme.sel if is_active else theme.sel_inactive)
        painter.fillRect(rect.x(), rect.y(), EDGE_WIDTH, rect.height(), theme.accent)
    elif state & QStyle.StateFlag.State_MouseOver:
        painter.fillRect(rect, theme.hover)
