"""The search and filter field: a magnifier, a hint for the keys, cleared by Esc."""

from PySide6.QtCore import QRect, Qt
from PySide6.QtGui import QFontMetrics, QKeyEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QLineEdit, QSizePolicy, QWidget

from sesam_master.ui.icons import icon, paint_icon
from sesam_master.ui.theme import ThemeHolder

ICON = 14
SIDE = 10


class SearchField(QLineEdit):
    """`textChanged` tells of every change, `returnPressed` of Enter."""

    def __init__(
        self,
        holder: ThemeHolder,
        placeholder: str,
        keys_hint: str = "",
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._holder = holder
        self._keys_hint = keys_hint
        self.setPlaceholderText(placeholder)
        self.setAccessibleName(placeholder)
        self.setTextMargins(ICON + SIDE - 2, 0, 0, 0)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setMinimumWidth(80)
        self._clear = self.addAction(icon("x", holder), QLineEdit.ActionPosition.TrailingPosition)
        self._clear.setToolTip("Clear")
        self._clear.setVisible(False)
        self._clear.triggered.connect(self.clear)
        self.textChanged.connect(lambda text: self._clear.setVisible(bool(text)))
        holder.changed.connect(self.update)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Esc clears first; an empty field leaves it to others."""
        if event.key() == Qt.Key.Key_Escape and self.text():
            self.clear()
            return
        super().keyPressEvent(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        """The native field, with magnifier and keys."""
        super().paintEvent(event)
        theme, fonts = self._holder.current, self._holder.fonts
        painter = QPainter(self)
        place = QRect(SIDE, (self.height() - ICON) // 2, ICON, ICON)
        paint_icon(painter, "search", place, theme.text2)
        if self._keys_hint and not self.text():
            painter.setFont(fonts.small)
            painter.setPen(theme.text3)
            room = self.rect().adjusted(0, 0, -SIDE, 0)
            taken = QFontMetrics(fonts.body).horizontalAdvance(self.placeholderText())
            keys = QFontMetrics(fonts.small).horizontalAdvance(self._keys_hint)
            if taken + keys + 2 * SIDE + 40 < self.width():
                painter.drawText(
                    room,
                    Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter,
                    self._keys_hint,
                )
