"""A row of joined buttons of which one is chosen."""

from collections.abc import Sequence

from PySide6.QtCore import QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QFontMetrics, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QWidget

from sesam_master.ui.theme import ThemeHolder
from sesam_master.ui.widgets.flat_button import FlatButton

SIDE = 9
LEAST_HEIGHT = 26


class Segments(FlatButton):
    """`chosen` carries the text of the button that a person chose; Left and Right choose too."""

    chosen = Signal(str)

    def __init__(
        self, holder: ThemeHolder, texts: Sequence[str], parent: QWidget | None = None
    ) -> None:
        super().__init__(holder, parent)
        self._texts = list(texts)
        self._place = 0
        self.choose(self._texts[0])

    def choose(self, text: str) -> None:
        """Show this one as chosen. Raises ValueError for another text."""
        self._place = self._texts.index(text)
        self.setAccessibleName(f"{text}, one of {', '.join(self._texts)}")
        self.update()

    def sizeHint(self) -> QSize:
        metrics = QFontMetrics(self.holder.fonts.small_medium)
        width = sum(metrics.horizontalAdvance(text) + 2 * SIDE for text in self._texts)
        return QSize(width + 2, max(LEAST_HEIGHT, metrics.height() + 11))

    def minimumSizeHint(self) -> QSize:
        return self.sizeHint()

    def paintEvent(self, _event: QPaintEvent) -> None:
        theme, fonts = self.holder.current, self.holder.fonts
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        whole = QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5)
        painter.setPen(QPen(theme.border, 1))
        painter.setBrush(theme.base)
        painter.drawRoundedRect(whole, 5, 5)
        painter.setFont(fonts.small_medium)
        for place, (text, box) in enumerate(zip(self._texts, self._boxes(), strict=True)):
            if place == self._place:
                painter.setPen(QPen(theme.accent, 1))
                painter.setBrush(theme.sel)
                painter.drawRoundedRect(QRectF(box).adjusted(0.5, 0.5, -0.5, -0.5), 5, 5)
            painter.setPen(theme.text)
            painter.drawText(box, Qt.AlignmentFlag.AlignCenter, text)
        self.paint_ring(painter, 5)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        for text, box in zip(self._texts, self._boxes(), strict=True):
            if box.contains(event.position().toPoint()):
                self._pick(text)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        step = {Qt.Key.Key_Left: -1, Qt.Key.Key_Right: 1}.get(Qt.Key(event.key()))
        if step is None:
            super().keyPressEvent(event)
            return
        self._pick(self._texts[min(len(self._texts) - 1, max(0, self._place + step))])

    def _pick(self, text: str) -> None:
        if text != self._texts[self._place]:
            self.choose(text)
            self.chosen.emit(text)

    def _boxes(self) -> list[QRect]:
        metrics = QFontMetrics(self.holder.fonts.small_medium)
        boxes, x = [], 1
        for text in self._texts:
            width = metrics.horizontalAdvance(text) + 2 * SIDE
            boxes.append(QRect(x, 0, width, self.height()))
            x += width
        return boxes
