"""The strip above the tables: how much runs and waits, how fast, and the rate of the last half
hour."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo

from PySide6.QtCore import QEvent, QPoint, QPointF, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QFontMetrics, QHelpEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QToolTip, QWidget

from sesam_master.core.now_rates import SLOT_SECONDS, TOTAL_SLOTS, Drop
from sesam_master.ui.formatting import number_text, rate_text, time_text
from sesam_master.ui.now.presenter import NowSums
from sesam_master.ui.now.running_delegate import paint_spark
from sesam_master.ui.now.words import span_text
from sesam_master.ui.theme import ThemeHolder
from sesam_master.ui.widgets.coverage_pill import coverage_words

SIDE = 16
BETWEEN = 28
PLOT_WIDTH = 300
AXIS_WIDTH = 58
HEIGHT = 72
LEAST_PLOT = 30
BESIDE = 5  # of a label from its line
UNITS = (1, 2, 3, 5)


@dataclass(frozen=True, slots=True)
class _Number:
    """One sum: number, unit or noun, and what narrows it."""

    number: str
    noun: str
    about: str


class StripNumbers(QWidget):
    """Three sums. A sum that some locations are missing in is dimmed, and says so."""

    def __init__(self, holder: ThemeHolder) -> None:
        super().__init__()
        self._holder = holder
        self._numbers: tuple[_Number, ...] = ()
        self._is_whole = True
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        holder.changed.connect(self._take_theme)

    def set_sums(self, sums: NowSums) -> None:
        numbers = _numbers(sums)
        if (numbers, sums.coverage.is_complete) == (self._numbers, self._is_whole):
            return
        self._numbers, self._is_whole = numbers, sums.coverage.is_complete
        words = (" ".join((n.number, n.noun, n.about)).strip() for n in numbers)
        self.setAccessibleName("; ".join(words))
        self.updateGeometry()
        self.update()

    def sizeHint(self) -> QSize:
        """All three side by side."""
        fonts = self._holder.fonts
        width = sum(self._width(number) + BETWEEN for number in self._numbers)
        height = QFontMetrics(fonts.strip_number).height() + QFontMetrics(fonts.small).height()
        return QSize(max(1, width), height + 6)

    def minimumSizeHint(self) -> QSize:
        """The last ones are cut first."""
        return QSize(120, self.sizeHint().height())

    def paintEvent(self, _event: QPaintEvent) -> None:
        theme, fonts = self._holder.current, self._holder.fonts
        painter = QPainter(self)
        big, small = QFontMetrics(fonts.strip_number), QFontMetrics(fonts.small)
        x = 0
        for number in self._numbers:
            painter.setFont(fonts.strip_number)
            painter.setPen(theme.text if self._is_whole else theme.text2)
            base = big.ascent()
            painter.drawText(QPoint(x, base), number.number)
            after = x + big.horizontalAdvance(number.number) + 7
            painter.setFont(fonts.body)
            painter.setPen(theme.text2)
            painter.drawText(QPoint(after, base), number.noun)
            painter.setFont(fonts.small)
            painter.setPen(theme.text2)
            painter.drawText(QPoint(x, big.height() + small.ascent() + 2), number.about)
            x += self._width(number) + BETWEEN

    def _width(self, number: _Number) -> int:
        fonts = self._holder.fonts
        head = QFontMetrics(fonts.strip_number).horizontalAdvance(number.number) + 7
        head += QFontMetrics(fonts.body).horizontalAdvance(number.noun)
        return max(head, QFontMetrics(fonts.small).horizontalAdvance(number.about))

    def _take_theme(self) -> None:
        self.updateGeometry()
        self.update()


class RatePlot(QWidget):
    """The sum of the rates over time. A dashed line where a location dropped out of it."""

    def __init__(self, holder: ThemeHolder, zone: tzinfo) -> None:
        super().__init__()
        self._holder = holder
        self._zone = zone
        self._line: tuple[float | None, ...] = ()
        self._drops: tuple[Drop, ...] = ()
        self._now: datetime | None = None
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        holder.changed.connect(self._take_theme)

    def set_line(
        self, line: tuple[float | None, ...], drops: tuple[Drop, ...], now: datetime
    ) -> None:
        self._line, self._drops, self._now = line, drops, now
        names = ", ".join(f"{time_text(d.time, self._zone)} without {d.location}" for d in drops)
        most = rate_text(max((value or 0.0 for value in line), default=0.0))
        self.setAccessibleName(f"Rate of the last half hour, at most {most}. {names}".strip())
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(PLOT_WIDTH, self._holder.fonts.px(HEIGHT))

    def minimumSizeHint(self) -> QSize:
        return QSize(60, self._holder.fonts.px(HEIGHT))

    def event(self, event: QEvent) -> bool:
        """The tooltip names the location that dropped out where the pointer is."""
        if isinstance(event, QHelpEvent):
            x = event.pos().x()
            near = [drop for drop in self._drops if abs(self._x(drop.time) - x) <= 6]
            text = "\n".join(
                f"{time_text(d.time, self._zone)} without {d.location}: what runs there is not in "
                "the sum from here on."
                for d in near
            )
            QToolTip.showText(event.globalPos(), text, self)
            return True
        return super().event(event)

    def paintEvent(self, _event: QPaintEvent) -> None:
        if self._now is None:
            return
        theme, fonts = self._holder.current, self._holder.fonts
        painter = QPainter(self)
        box = self._box()
        if box.width() < LEAST_PLOT:
            return
        known = [value for value in self._line if value is not None]
        most = top_of_axis(max(known, default=0.0))
        metrics = QFontMetrics(fonts.small)
        painter.setFont(fonts.small)
        for share in (0.0, 0.5, 1.0):
            y = round(box.bottom() - share * (box.height() - 1))
            painter.fillRect(QRect(round(box.x()), y, round(box.width()), 1), theme.line)
            painter.setPen(theme.text3)
            label = QRect(round(box.right()) + 6, y - 12, self._axis, 24)
            text = rate_text(most * share) if share else "0"
            painter.drawText(label, Qt.AlignmentFlag.AlignVCenter, text)
        paint_spark(painter, box, self._line, theme, most=most)
        self._paint_times(painter, box, metrics)
        self._paint_drops(painter, box, metrics)

    def _paint_times(self, painter: QPainter, box: QRectF, metrics: QFontMetrics) -> None:
        if self._now is None:
            return
        painter.setPen(self._holder.current.text2)
        y = round(box.bottom()) + metrics.ascent() + 2
        span = timedelta(seconds=TOTAL_SLOTS * SLOT_SECONDS)
        label = metrics.horizontalAdvance("00:00 ")
        shares = (0.0, 0.5, 1.0) if box.width() > 4 * label else (1.0,)
        for share in shares:
            text = time_text(self._now - span * (1 - share), self._zone)
            width = metrics.horizontalAdvance(text)
            painter.drawText(QPointF(box.x() + share * (box.width() - width), y), text)

    def _paint_drops(self, painter: QPainter, box: QRectF, metrics: QFontMetrics) -> None:
        theme = self._holder.current
        drops = [(x, drop) for drop in self._drops if (x := self._x(drop.time)) >= box.x()]
        pen = QPen(theme.text3, 1)
        pen.setDashPattern([3, 3])
        painter.setPen(pen)
        for x, _drop in drops:
            painter.drawLine(QPointF(x, box.y()), QPointF(x, box.bottom()))
        texts = [f"{time_text(d.time, self._zone)} without {d.location}" for _x, d in drops]
        widths = [metrics.horizontalAdvance(text) for text in texts]
        painter.setPen(theme.text2)
        places = label_places([x for x, _drop in drops], widths, box.x(), box.right())
        for left, width, text in zip(places, widths, texts, strict=True):
            if left is not None:
                ground = QRectF(left - 2, box.y(), width + 4, metrics.height())
                painter.fillRect(ground, theme.base)
                painter.drawText(QPointF(left, box.y() + metrics.ascent()), text)

    def _take_theme(self) -> None:
        self.updateGeometry()
        self.update()

    @property
    def _axis(self) -> int:
        return self._holder.fonts.px(AXIS_WIDTH)

    def _x(self, moment: datetime) -> float:
        box = self._box()
        if self._now is None:
            return -1.0
        age = (self._now - moment).total_seconds() / (TOTAL_SLOTS * SLOT_SECONDS)
        return box.right() - age * box.width()

    def _box(self) -> QRectF:
        below = QFontMetrics(self._holder.fonts.small).height() + 2
        return QRectF(0, 4, max(1, self.width() - self._axis - 8), self.height() - below - 6)


class NowStrip(QWidget):
    """Numbers at the left, plot at the right."""

    def __init__(self, holder: ThemeHolder, zone: tzinfo) -> None:
        super().__init__()
        self.numbers = StripNumbers(holder)
        self.plot = RatePlot(holder, zone)
        row = QHBoxLayout(self)
        row.setContentsMargins(SIDE, 8, 8, 6)
        row.setSpacing(8)
        row.addWidget(self.numbers, 0, Qt.AlignmentFlag.AlignTop)
        row.addWidget(self.plot, 1)


def label_places(
    lines: Sequence[float], widths: Sequence[float], left: float, right: float
) -> list[float | None]:
    """Where the label of each upright line begins: beside it, where it crosses no other line and no
    label; None where there is no such room. Lines that nearly touch are one to the eye."""
    places: list[float | None] = []
    taken: list[tuple[float, float]] = []
    for line, width in zip(lines, widths, strict=True):
        others = [x for x in lines if abs(x - line) > BESIDE - 2]
        place = None
        for at in (line + BESIDE, line - BESIDE - width):
            first, last = min(line, at - 2), max(line, at + width + 2)
            is_inside = left <= at and at + width <= right
            is_crossed = any(first <= x <= last for x in others)
            is_taken = any(begin <= at + width + 4 and end >= at - 4 for begin, end in taken)
            if place is None and is_inside and not is_crossed and not is_taken:
                place = at
                taken.append((at, at + width))
        places.append(place)
    return places


def top_of_axis(most: float) -> float:
    """The round number above a rate at which the axis ends."""
    size = 1000.0
    while size * 10 <= most:
        size *= 10
    for unit in (*UNITS, 10):
        if unit * size >= most:
            return unit * size
    return size * 10


def _numbers(sums: NowSums) -> tuple[_Number, ...]:
    number, _, unit = rate_text(sums.rate).partition("\u00a0")
    noun = "location" if sums.coverage.covered == 1 else "locations"
    place = coverage_words(sums.coverage)
    if sums.coverage.is_complete:
        place = f"{number_text(sums.coverage.covered)} {noun}"
    waited = [f"oldest {span_text(sums.oldest_wait)}"] if sums.oldest_wait is not None else []
    queued = ", ".join((*waited, *_more(sums.once_queued)))
    return (
        _Number(number_text(sums.running), "running", "".join(_more(sums.once_running))),
        _Number(number_text(sums.queued), "queued", queued),
        _Number(number, unit, f"from {place}"),
    )


def _more(unknown: int) -> list[str]:
    return [f"{number_text(unknown)} more unknown"] if unknown else []
