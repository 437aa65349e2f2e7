"""A line of text that gives way instead of widening the window."""

from typing import Literal

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QColor, QFont, QFontMetrics, QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from sesam_master.ui.theme import ThemeHolder

LabelRole = Literal["text", "strong", "secondary", "caption", "title", "heading", "mono"]


class ElidedLabel(QWidget):
    """Plain text in one line, elided, with the whole text as tooltip when it is cut."""

    def __init__(
        self,
        holder: ThemeHolder,
        text: str = "",
        role: LabelRole = "text",
        elide: Qt.TextElideMode = Qt.TextElideMode.ElideRight,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._holder = holder
        self._text = text
        self._role: LabelRole = role
        self._elide = elide
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self.setAccessibleName(text)
        holder.changed.connect(self._take_theme)

    @property
    def text(self) -> str:
        """The whole text."""
        return self._text

    def set_text(self, text: str) -> None:
        """Show another text."""
        if text != self._text:
            self._text = text
            self.setAccessibleName(text)
            self._set_tooltip()
            self.updateGeometry()
            self.update()

    def sizeHint(self) -> QSize:
        """The whole text in one line."""
        metrics = QFontMetrics(self._font())
        return QSize(metrics.horizontalAdvance(self._text) + 1, metrics.height() + 2)

    def minimumSizeHint(self) -> QSize:
        """No width at all is needed."""
        return QSize(0, self.sizeHint().height())

    def paintEvent(self, _event: QPaintEvent) -> None:
        """One line of text."""
        painter = QPainter(self)
        font = self._font()
        painter.setFont(font)
        painter.setPen(self._colour() if self.isEnabled() else self._holder.current.text3)
        shown = QFontMetrics(font).elidedText(self._text, self._elide, self.width())
        painter.drawText(
            self.rect(), Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, shown
        )

    def resizeEvent(self, event: QResizeEvent) -> None:
        """The tooltip is there only for a cut text."""
        super().resizeEvent(event)
        self._set_tooltip()

    def _set_tooltip(self) -> None:
        is_cut = self.sizeHint().width() > self.width()
        self.setToolTip(self._text if is_cut else "")

    def _font(self) -> QFont:
        fonts = self._holder.fonts
        return {
            "strong": fonts.body_medium,
            "secondary": fonts.small,
            "caption": fonts.small,
            "title": fonts.title,
            "heading": fonts.body_bold,
            "mono": fonts.mono,
        }.get(self._role, fonts.body)

    def _colour(self) -> QColor:
        theme = self._holder.current
        return {"secondary": theme.text2, "caption": theme.text3}.get(self._role, theme.text)

    def _take_theme(self) -> None:
        self.updateGeometry()
        self.update()
