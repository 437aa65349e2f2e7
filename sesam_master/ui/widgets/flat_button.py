"""What the buttons with a paint of their own share: theme, hover and the keyboard's focus ring."""

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QFocusEvent, QPainter, QPen
from PySide6.QtWidgets import QAbstractButton, QSizePolicy, QWidget

from sesam_master.ui.theme import ThemeHolder

_KEYBOARD = frozenset(
    {
        Qt.FocusReason.TabFocusReason,
        Qt.FocusReason.BacktabFocusReason,
        Qt.FocusReason.ShortcutFocusReason,
    }
)


class FlatButton(QAbstractButton):
    """A button without native look. Its text is its accessible name."""

    def __init__(self, holder: ThemeHolder, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.holder = holder
        self._has_ring = False
        # A row of buttons must not set the least width of the window.
        self.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Fixed)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)
        holder.changed.connect(self._take_theme)

    def paint_ring(self, painter: QPainter, radius: float) -> None:
        """The focus ring, when the focus came by keyboard."""
        if not (self._has_ring and self.hasFocus()):
            return
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(self.holder.current.focus, 2))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(1, 1, -1, -1), radius, radius)

    def focusInEvent(self, event: QFocusEvent) -> None:
        """Remember whether the keyboard brought the focus."""
        self._has_ring = event.reason() in _KEYBOARD
        super().focusInEvent(event)

    def _take_theme(self) -> None:
        self.updateGeometry()
        self.update()
