"""The strip of numbered steps at the top of something that is done in order."""

from collections.abc import Sequence

from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QFontMetrics, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QWidget

from sesam_master.core.states import JobState
from sesam_master.ui.signs import paint_state
from sesam_master.ui.theme import ThemeHolder
from sesam_master.ui.widgets.flat_button import FlatButton

HEIGHT = 40
CIRCLE = 20
GAP = 8
DASH = 28


class StepStrip(QWidget):
    """Done steps carry a tick and can be gone back to, later ones cannot be chosen."""

    step_chosen = Signal(int)

    def __init__(
        self, holder: ThemeHolder, steps: Sequence[str], parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._buttons: list[StepButton] = []
        self._current = 0
        row = QHBoxLayout(self)
        row.setContentsMargins(16, 0, 12, 0)
        row.setSpacing(0)
        for number, text in enumerate(steps, 1):
            button = StepButton(holder, number, text, has_dash=number < len(steps))
            button.clicked.connect(lambda _=False, at=number - 1: self.step_chosen.emit(at))
            self._buttons.append(button)
            row.addWidget(button)
        row.addStretch(1)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self.setFixedHeight(max(HEIGHT, holder.fonts.px(HEIGHT)))
        self.set_current(0)

    @property
    def current(self) -> int:
        """The step at work, counted from 0."""
        return self._current

    def set_current(self, current: int) -> None:
        """All before are done, all after are to come."""
        self._current = current
        for place, button in enumerate(self._buttons):
            button.set_place(place - current)


class StepButton(FlatButton):
    """One step: circle with number or tick, word, and the dash to the next."""

    def __init__(
        self,
        holder: ThemeHolder,
        number: int,
        text: str,
        has_dash: bool,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(holder, parent)
        self._number = number
        self._has_dash = has_dash
        self._place = 0
        self.setText(text)

    def set_place(self, place: int) -> None:
        """Negative: done. 0: at work. Positive: to come."""
        self._place = place
        self.setEnabled(place < 0)
        word = "done" if place < 0 else "now" if place == 0 else "to come"
        self.setAccessibleName(f"Step {self._number}, {self.text()}, {word}")
        self.updateGeometry()
        self.update()

    def sizeHint(self) -> QSize:
        """Circle, word in its widest weight, dash."""
        metrics = QFontMetrics(self.holder.fonts.body_bold)
        width = CIRCLE + GAP + metrics.horizontalAdvance(self.text()) + 4
        return QSize(width + (DASH + 24 if self._has_dash else 0), max(28, metrics.height() + 10))

    def minimumSizeHint(self) -> QSize:
        """The circle is the least."""
        return QSize(CIRCLE + GAP, self.sizeHint().height())

    def paintEvent(self, _event: QPaintEvent) -> None:
        """One step."""
        theme, fonts = self.holder.current, self.holder.fonts
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        circle = QRectF(0.5, (self.height() - CIRCLE) / 2 + 0.5, CIRCLE - 1, CIRCLE - 1)
        if self._place < 0:
            ok = theme.state(JobState.OK)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(ok.fill or theme.side)
            painter.drawEllipse(circle)
            paint_state(painter, JobState.OK, circle.adjusted(4, 4, -4, -4), theme)
        else:
            is_now = self._place == 0
            painter.setPen(QPen(theme.accent if is_now else theme.control, 1.3))
            painter.setBrush(theme.accent if is_now else theme.base)
            painter.drawEllipse(circle)
            painter.setFont(fonts.small_bold)
            painter.setPen(theme.on_accent if is_now else theme.text2)
            painter.drawText(circle, Qt.AlignmentFlag.AlignCenter, str(self._number))
        font = fonts.body_bold if self._place == 0 else fonts.body
        painter.setFont(font)
        painter.setPen(theme.text if self._place <= 0 else theme.text2)
        words = self.rect().adjusted(CIRCLE + GAP, 0, 0, 0)
        painter.drawText(words, Qt.AlignmentFlag.AlignVCenter, self.text())
        if self._has_dash:
            x = words.x() + QFontMetrics(font).horizontalAdvance(self.text()) + 12
            painter.fillRect(x, self.height() // 2, DASH, 1, theme.border)
        self.paint_ring(painter, 5)
