"""A plot with its title, its summary in words, and the number under the pointer or the keys."""

from threading import Thread
from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QSize, Qt, QTimer
from PySide6.QtGui import QFocusEvent, QKeyEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QVBoxLayout, QWidget

from sesam_master.ui.plots.content import PlotContent
from sesam_master.ui.plots.loading import load_chart, loaded_chart
from sesam_master.ui.theme import ThemeHolder
from sesam_master.ui.widgets.elided_label import ElidedLabel
from sesam_master.ui.widgets.wrapped_label import WrappedLabel

if TYPE_CHECKING:
    from sesam_master.ui.plots.chart import Chart

_HEIGHT = 190
_LEAST_HEIGHT = 120
_LOOK_MS = 40
_KEYS = {
    Qt.Key.Key_Left: -1,
    Qt.Key.Key_Right: 1,
    Qt.Key.Key_PageUp: -10,
    Qt.Key.Key_PageDown: 10,
}


class PlotPane(QWidget):
    """Left, Right, Page Up, Page Down, Home and End go from number to number; Escape leaves them.

    `readout` says the number. Without its summary it stands beside what says the same. The chart is
    made when there is something to draw.
    """

    def __init__(self, holder: ThemeHolder, title: str = "", *, with_summary: bool = True) -> None:
        super().__init__()
        self._holder = holder
        self._with_summary = with_summary
        self._content: PlotContent | None = None
        self._place: int | None = None
        self.chart: Chart | None = None
        self._loading: Thread | None = None
        self._retry = QTimer(self)
        self._retry.setSingleShot(True)
        self._retry.setInterval(_LOOK_MS)
        self._retry.timeout.connect(self._draw)
        self.heading = ElidedLabel(holder, title, "heading")
        self.heading.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Fixed)
        self.readout = ElidedLabel(holder, "", "secondary")
        self.summary = WrappedLabel("", "secondary")
        self.empty = WrappedLabel("", "secondary")
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        head = QHBoxLayout()
        head.setSpacing(12)
        head.addWidget(self.heading)
        head.addWidget(self.readout, 1)
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(4, 4, 4, 4)
        self._column.setSpacing(4)
        self._column.addLayout(head)
        self._column.addWidget(self.empty)
        self._column.addWidget(self.summary)
        self._column.addStretch()
        self.summary.hide()

    @property
    def content(self) -> PlotContent | None:
        """What is shown."""
        return self._content

    def show_content(self, content: PlotContent) -> None:
        """Another plot."""
        if content == self._content:
            return
        has_points = bool(content.points)
        self._content = content
        self._place = None
        self.heading.set_text(content.title)
        self.summary.setText(content.summary)
        self.summary.setVisible(has_points and self._with_summary)
        self.empty.setText(content.empty)
        self.empty.setVisible(not has_points)
        if has_points:
            self._draw()
        elif self.chart is not None:
            self.chart.hide()
        self._say()

    def show_problem(self, title: str, words: str) -> None:
        """Why there is no plot."""
        self._content = None
        self._place = None
        self.heading.set_text(title)
        self.empty.setText(words)
        self.empty.show()
        self.summary.hide()
        if self.chart is not None:
            self.chart.hide()
        self._say()

    def choose(self, place: int | None) -> None:
        """The number of a point is read out; None: of none."""
        self._place = place
        if self.chart is not None:
            self.chart.choose(place)
        self._say()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        points = self._content.points if self._content is not None else ()
        key = Qt.Key(event.key())
        last = len(points) - 1
        if key == Qt.Key.Key_Escape and self._place is not None:
            self.choose(None)
        elif points and key in _KEYS:
            start = self._place if self._place is not None else (last + 1 if _KEYS[key] < 0 else -1)
            self.choose(min(last, max(0, start + _KEYS[key])))
        elif points and key in (Qt.Key.Key_Home, Qt.Key.Key_End):
            self.choose(0 if key == Qt.Key.Key_Home else last)
        else:
            super().keyPressEvent(event)

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        self.update()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        self.update()

    def leaveEvent(self, event: QEvent) -> None:
        """The keys' number is gone too: a pointer was there since."""
        super().leaveEvent(event)
        self.choose(None)

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        if self.hasFocus():
            painter = QPainter(self)
            painter.setPen(QPen(self._holder.current.focus, 2))
            painter.drawRect(self.rect().adjusted(1, 1, -1, -1))

    def _draw(self) -> None:
        """As soon as what draws is imported; until then the summary says it."""
        made = loaded_chart()
        if made is None:
            if self._loading is None:
                self._loading = load_chart()
            if self._loading.is_alive():
                self._retry.start()
                return
            made = loaded_chart()
        content = self._content
        if made is None or content is None or not content.points:
            return
        if self.chart is None:
            self.chart = made(self._holder, self.choose)
            self.chart.setMinimumHeight(self._holder.fonts.px(_LEAST_HEIGHT))
            self._column.insertWidget(1, self.chart, 1)
        self.chart.show_content(content)
        self.chart.show()

    def sizeHint(self) -> QSize:
        return QSize(320, self._holder.fonts.px(_HEIGHT))

    def _say(self) -> None:
        content = self._content
        words = ""
        if content is not None and self._place is not None and self._place < len(content.points):
            words = content.points[self._place].words
        self.readout.set_text(words)
        said = content.summary if content is not None and content.points else self.empty.text()
        self.setAccessibleName(f"{self.heading.text}. {said}")
        self.setAccessibleDescription(words)
