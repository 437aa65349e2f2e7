"""A button of the filter bar: icon, words and a chevron, tinted while it narrows the view."""

from typing import Literal

from PySide6.QtCore import QPoint, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QFontMetrics, QKeyEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QMenu, QWidget

from sesam_master.ui.icons import paint_icon
from sesam_master.ui.theme import ThemeHolder
from sesam_master.ui.widgets.flat_button import FlatButton

SIDE = 9
ICON = 14
CHEVRON = 12
GAP = 7
LEAST_HEIGHT = 26
WIDEST = 320


class FilterButton(FlatButton):
    """Shows "Sesam day: Sun 22 Nov". A menu given by `set_menu` opens on click and on Down; a
    button with the end "x" is a chip that a click removes."""

    def __init__(
        self,
        holder: ThemeHolder,
        icon_name: str,
        text: str,
        end: Literal["chevron-down", "x"] = "chevron-down",
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(holder, parent)
        self._icon_name = icon_name
        self._end = end
        self._is_narrowing = False
        self._menu: QMenu | None = None
        self.setText(text)
        self.clicked.connect(self._open_menu)

    @property
    def is_narrowing(self) -> bool:
        """Whether it takes something away from the view."""
        return self._is_narrowing

    def set_narrowing(self, is_narrowing: bool) -> None:
        """Tint the button while its filter takes something away."""
        self._is_narrowing = is_narrowing
        self.update()

    def set_text(self, text: str) -> None:
        """Show another choice."""
        self.setText(text)
        if self._end == "x":
            self.setAccessibleName(f"Remove the filter {text}")
            self.setToolTip(f"{text}\nClick to remove this filter")
        self.updateGeometry()

    def set_menu(self, menu: QMenu) -> None:
        """Open this menu under the button. The button owns it then."""
        menu.setParent(self, menu.windowFlags())
        self._menu = menu

    def sizeHint(self) -> QSize:
        """The words in full, up to a limit."""
        metrics = QFontMetrics(self.holder.fonts.small_medium)
        words = metrics.horizontalAdvance(self.text()) + 2
        width = self._signs_width() + words + 10
        return QSize(
            min(self.holder.fonts.px(WIDEST), width), max(LEAST_HEIGHT, metrics.height() + 11)
        )

    def minimumSizeHint(self) -> QSize:
        """The icons alone are the least."""
        return QSize(self._signs_width(), self.sizeHint().height())

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Down and Enter open it, as with every drop-down."""
        if event.key() in (Qt.Key.Key_Down, Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.click()
            return
        super().keyPressEvent(event)

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Frame, icon, words, chevron."""
        theme, fonts = self.holder.current, self.holder.fonts
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        fill, edge = theme.base, theme.border
        if self._is_narrowing:
            fill, edge = theme.sel, theme.accent
        elif self.underMouse():
            fill = theme.hover
        painter.setPen(QPen(edge, 1))
        painter.setBrush(fill)
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5), 5, 5)
        middle = self.height() // 2
        size, end = fonts.px(ICON), fonts.px(CHEVRON)
        icon_rect = QRect(SIDE, middle - size // 2, size, size)
        paint_icon(painter, self._icon_name, icon_rect, theme.text2)
        chevron = QRect(self.width() - SIDE - end, middle - end // 2, end, end)
        paint_icon(painter, self._end, chevron, theme.text2)
        left = SIDE + size + GAP
        words = QRect(left, 0, chevron.left() - 6 - left, self.height())
        painter.setFont(fonts.small_medium)
        painter.setPen(theme.text if self.isEnabled() else theme.text3)
        shown = QFontMetrics(fonts.small_medium).elidedText(
            self.text(), Qt.TextElideMode.ElideRight, words.width()
        )
        painter.drawText(words, Qt.AlignmentFlag.AlignVCenter, shown)
        self.paint_ring(painter, 5)

    def _signs_width(self) -> int:
        px = self.holder.fonts.px
        return 2 * SIDE + px(ICON) + GAP + px(CHEVRON)

    def _open_menu(self) -> None:
        if self._menu is not None:
            self._menu.popup(self.mapToGlobal(QPoint(0, self.height() + 2)))
