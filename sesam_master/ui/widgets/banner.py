"""A line that asks for attention at the top of what it concerns."""

from PySide6.QtCore import QRect, QRectF, QSize, Signal
from PySide6.QtGui import QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QSizePolicy, QWidget

from sesam_master.core.states import JobState
from sesam_master.ui.icons import paint_icon
from sesam_master.ui.theme import ThemeHolder
from sesam_master.ui.widgets.elided_label import ElidedLabel

ICON = 16
SIDE = 12
LEAST_HEIGHT = 34


class Banner(QWidget):
    """One sentence on the note colour, with at most one action."""

    triggered = Signal()

    def __init__(
        self,
        holder: ThemeHolder,
        text: str,
        action: str = "",
        icon_name: str = "triangle-alert",
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._holder = holder
        self._icon_name = icon_name
        self._label = ElidedLabel(holder, text)
        self._button = QPushButton(action)
        self._button.setVisible(bool(action))
        self._button.clicked.connect(self.triggered)
        row = QHBoxLayout(self)
        row.setContentsMargins(SIDE + ICON + 8, 4, 8, 4)
        row.setSpacing(12)
        row.addWidget(self._label, 1)
        row.addWidget(self._button)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self.setAccessibleName(text)
        holder.changed.connect(self.update)

    def set_text(self, text: str, action: str = "") -> None:
        """Another sentence and action."""
        self._label.set_text(text)
        self._button.setText(action)
        self._button.setVisible(bool(action))
        self.setAccessibleName(text)

    def sizeHint(self) -> QSize:
        """One line, with room for the button."""
        return QSize(0, max(LEAST_HEIGHT, super().sizeHint().height()))

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Note colour, edge and icon."""
        theme = self._holder.current
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(theme.note_line, 1))
        painter.setBrush(theme.note)
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5), 5, 5)
        place = QRect(SIDE, (self.height() - ICON) // 2, ICON, ICON)
        paint_icon(painter, self._icon_name, place, theme.state(JobState.WARNING).word)
