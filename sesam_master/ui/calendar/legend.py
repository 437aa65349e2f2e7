"""The legend under the sheet: fourteen signs are too many to remember."""

from PySide6.QtCore import QRect, QSize, Qt
from PySide6.QtGui import QBrush, QFontMetrics, QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from sesam_master.core.sheet import CODE
from sesam_master.core.sheet_shown import PLANNED_DARK
from sesam_master.core.states import WORDS, JobState
from sesam_master.ui.calendar.cell_art import HOLLOW, PATTERNS, CellArt, has_mark
from sesam_master.ui.calendar.geometry import TICKS_FROM
from sesam_master.ui.theme import ThemeHolder

SWATCH = 17
GAP = 6
BETWEEN = 14
SIDE = 14
LINE = 26
_ORDER = (
    JobState.OK,
    JobState.WARNING,
    JobState.ERROR,
    JobState.BROKEN,
    JobState.ACTIVE,
    JobState.QUEUED,
    JobState.CANCELLED,
    JobState.BLOCKED,
    JobState.LATE,
    JobState.MISSED,
    JobState.PLANNED,
    JobState.UNKNOWN,
)
ENTRIES: tuple[tuple[int, str], ...] = (
    *((CODE[state], WORDS[state]) for state in _ORDER),
    (PLANNED_DARK, "Planned, dark"),
    (CODE[JobState.NOT_PLANNED], WORDS[JobState.NOT_PLANNED]),
)


class Legend(QWidget):
    """Takes as many lines as its width makes necessary."""

    def __init__(self, holder: ThemeHolder) -> None:
        super().__init__()
        self._holder = holder
        self._art = CellArt(holder)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self.setAccessibleName("Legend: " + ", ".join(word for _code, word in ENTRIES))
        holder.changed.connect(self._fit)
        self._fit()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    def sizeHint(self) -> QSize:
        return QSize(600, self._holder.fonts.px(LINE) + 8)

    def paintEvent(self, _event: QPaintEvent) -> None:
        theme, fonts = self._holder.current, self._holder.fonts
        painter = QPainter(self)
        painter.fillRect(self.rect(), theme.window)
        painter.fillRect(0, 0, self.width(), 1, theme.border)
        for (code, word), place in zip(ENTRIES, self._places(self.width()), strict=True):
            box = QRect(place.x(), place.center().y() - SWATCH // 2, SWATCH, SWATCH)
            self._paint_swatch(painter, code, box)
            painter.setFont(fonts.small)
            painter.setPen(theme.text2)
            text = place.adjusted(SWATCH + GAP, 0, 0, 0)
            painter.drawText(text, Qt.AlignmentFlag.AlignVCenter, word)

    def _paint_swatch(self, painter: QPainter, code: int, box: QRect) -> None:
        theme = self._holder.current
        ratio = self.devicePixelRatioF()
        inner = box.adjusted(0, 0, -1, -1)
        if code in HOLLOW:
            painter.fillRect(inner, theme.base)
        if code in PATTERNS:
            painter.fillRect(inner, QBrush(self._art.pattern(code, ratio)))
            return
        fill = self._art.fill(code)
        if fill is not None:
            painter.fillRect(inner, fill)
        # The legend shows the tick and the dot even where the columns are too narrow for them.
        if has_mark(code, TICKS_FROM):
            painter.drawPixmap(box.topLeft(), self._art.mark(code, SWATCH, SWATCH, ratio))

    def _places(self, width: int) -> list[QRect]:
        fonts = self._holder.fonts
        metrics, line = QFontMetrics(fonts.small), fonts.px(LINE)
        places, x, y = [], SIDE, 4
        for _code, word in ENTRIES:
            size = SWATCH + GAP + metrics.horizontalAdvance(word) + 2
            if x > SIDE and x + size > width - 8:
                x, y = SIDE, y + line
            places.append(QRect(x, y, size, line))
            x += size + BETWEEN
        return places

    def _fit(self) -> None:
        self.setFixedHeight(self._places(self.width())[-1].bottom() + 5)
        self.update()
