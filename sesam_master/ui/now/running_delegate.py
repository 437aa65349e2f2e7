"""Paints what runs: two lines in each row, the bar, and the rates of the last 15 minutes."""

from collections.abc import Callable, Sequence
from datetime import datetime, tzinfo

from PySide6.QtCore import QModelIndex, QObject, QPersistentModelIndex, QPointF, QRect, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPolygonF
from PySide6.QtWidgets import QStyleOptionViewItem

from sesam_master.core.now import OpenJob
from sesam_master.core.states import JobState
from sesam_master.ui.now import words
from sesam_master.ui.theme import Theme, ThemeHolder
from sesam_master.ui.widgets.cells import BAR_HEIGHT, PADDING, CellDelegate, paint_bar
from sesam_master.ui.widgets.column import Align, Cell, CellKind, Column, Role

STATE_SIGN = 15
LOCATION_SIGN = 11
GAP = 8
LEAST_ROW = 46
RATE_WIDTH = 66
SPARK_WIDTH = 62
LEAST_SPARK = 20
SPARK_HEIGHT = 26
_RIGHT = Qt.TextElideMode.ElideRight
_Painter = Callable[[QPainter, QRect, OpenJob, Cell], None]


class RunningDelegate(CellDelegate):
    """For the columns of `running_columns`, told apart by their keys."""

    def __init__(
        self,
        holder: ThemeHolder,
        columns: Sequence[Column[OpenJob]],
        now: Callable[[], datetime],
        zone: tzinfo,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(holder, parent)
        self._now = now
        self._zone = zone
        by_key: dict[str, _Painter] = {
            "task": self._paint_task,
            "progress": self._paint_progress_cell,
            "rate": self._paint_rate,
            "running": self._paint_running,
            "left": self._paint_left,
        }
        self._by_column = [by_key.get(column.key) for column in columns]

    def row_height(self) -> int:
        lines = self._metrics["body"].height() + self._metrics["small"].height()
        return max(LEAST_ROW, lines + 14)

    def paint(
        self,
        painter: QPainter,
        option: QStyleOptionViewItem,
        index: QModelIndex | QPersistentModelIndex,
    ) -> None:
        paint = self._by_column[index.column()]
        cell, job = index.data(Role.CELL), index.data(Role.RECORD)
        if paint is None or not isinstance(cell, Cell) or not isinstance(job, OpenJob):
            super().paint(painter, option, index)
            return
        self._paint_ground(painter, option, index, cell)
        self._text_colour = self._theme.text2 if cell.is_stale else self._theme.text
        paint(painter, option.rect.adjusted(PADDING, 0, -PADDING, -1), job, cell)

    # -- the columns

    def _paint_task(self, painter: QPainter, rect: QRect, job: OpenJob, cell: Cell) -> None:
        first, second = self._lines(rect)
        ratio = painter.device().devicePixelRatio()
        px = self._holder.fonts.px
        size, small = px(STATE_SIGN), px(LOCATION_SIGN)
        state = cell.value if isinstance(cell.value, JobState) else JobState.UNKNOWN
        sign = self._atlas.state(state, size, ratio)
        painter.drawPixmap(first.x(), _middle(first, size), sign)
        left = size + GAP
        self._write(painter, first.adjusted(left, 0, 0, 0), job.job.name, "body_bold")
        place = second.adjusted(left, 0, 0, 0)
        sign = self._atlas.connection(job.connection, small, ratio)
        painter.drawPixmap(place.x(), _middle(place, small), sign)
        place.setLeft(place.left() + small + 5)
        self._write(painter, place, job.location, "small", self._theme.text2)

    def _paint_progress_cell(
        self, painter: QPainter, rect: QRect, job: OpenJob, cell: Cell
    ) -> None:
        first, second = self._lines(rect)
        percent = words.share_text(job)
        width = self._metrics["body_bold"].horizontalAdvance("100\u00a0%")
        self._write(painter, first, percent, "body_bold", align=Align.RIGHT)
        bar = QRectF(
            first.x(), first.center().y() - BAR_HEIGHT / 2 + 1, first.width() - width - GAP, 6
        )
        share = job.share
        if job.job.progress is not None or not job.is_live:
            shown = Cell(CellKind.PROGRESS, "", share, Align.LEFT, _RIGHT, cell.is_stale)
            paint_bar(painter, bar, shown, self._theme)
        amount = words.amount_text(job)
        taken = self._metrics["small"].horizontalAdvance(amount)
        self._write(painter, second, amount, "small", self._theme.text2, Align.RIGHT)
        phase = words.phase_text(job, self._now(), self._zone)
        rest = second.adjusted(0, 0, -taken - GAP, 0)
        self._write(painter, rest, phase, "small", self._theme.text2)

    def _paint_rate(self, painter: QPainter, rect: QRect, job: OpenJob, cell: Cell) -> None:
        text, px = words.job_rate_text(job, self._now()), self._holder.fonts.px
        number = QRect(rect.x(), rect.y(), min(rect.width(), px(RATE_WIDTH)), rect.height())
        font, align = ("small", Align.LEFT) if cell.is_stale else ("body", Align.RIGHT)
        self._write(painter, number, text, font, align=align)
        # The line gives way to the number.
        spark = min(px(SPARK_WIDTH), rect.right() - number.right() - GAP)
        if spark >= px(LEAST_SPARK) and job.job.progress is not None:
            height = px(SPARK_HEIGHT)
            box = QRectF(number.right() + GAP, _middle(rect, height), spark, height)
            paint_spark(painter, box, job.speed.line(self._now()), self._theme, cell.is_stale)

    def _paint_running(self, painter: QPainter, rect: QRect, job: OpenJob, _cell: Cell) -> None:
        self._write(painter, rect, words.running_text(job, self._now()), "body")

    def _paint_left(self, painter: QPainter, rect: QRect, job: OpenJob, cell: Cell) -> None:
        text, about = words.left_texts(job, self._now())
        is_known = about.startswith("±") or about == "by one run"
        colour = self._theme.text if is_known and not cell.is_stale else self._theme.text2
        if not about:
            self._write(painter, rect, text, "body_medium", colour)
            return
        first, second = self._lines(rect)
        self._write(painter, first, text, "body_bold" if is_known else "body_medium", colour)
        self._write(painter, second, about, "small", self._theme.text2)

    # -- inside

    def _lines(self, rect: QRect) -> tuple[QRect, QRect]:
        """The two lines of a row, in its middle."""
        upper, lower = self._metrics["body"].height() + 2, self._metrics["small"].height() + 2
        top = rect.y() + (rect.height() - upper - lower) // 2
        return (
            QRect(rect.x(), top, rect.width(), upper),
            QRect(rect.x(), top + upper, rect.width(), lower),
        )

    def _write(
        self,
        painter: QPainter,
        rect: QRect,
        text: str,
        font_name: str,
        colour: QColor | None = None,
        align: Align = Align.LEFT,
    ) -> None:
        cell = Cell(CellKind.TEXT, text, None, align, _RIGHT, is_stale=False)
        self._draw(painter, rect, text, font_name, colour or self._text_colour, cell)


def paint_spark(
    painter: QPainter,
    box: QRectF,
    line: Sequence[float | None],
    theme: Theme,
    is_stale: bool = False,
    most: float | None = None,
) -> None:
    """A line over its area, from 0 to `most` (the highest value); gaps stay empty."""
    known = [value for value in line if value is not None]
    if not known or box.width() < 2:
        return
    most = most or max(known) or 1.0
    step = box.width() / max(1, len(line) - 1)
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    for piece in _pieces(line):
        points = [
            QPointF(
                box.x() + place * step,
                box.bottom() - min(1.0, value / most) * (box.height() - 2) - 0.5,
            )
            for place, value in piece
        ]
        if len(points) == 1:  # one slot: as wide as it is
            points.insert(0, points[0] - QPointF(step, 0))
        base = box.bottom()
        if not is_stale:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(theme.plot_area)
            ends = [QPointF(points[-1].x(), base), QPointF(points[0].x(), base)]
            painter.drawPolygon(QPolygonF([*points, *ends]))
        painter.setPen(theme.text3 if is_stale else theme.plot)
        painter.drawPolyline(QPolygonF(points))
    painter.restore()


def _pieces(line: Sequence[float | None]) -> list[list[tuple[int, float]]]:
    """Runs of known values with their places."""
    pieces: list[list[tuple[int, float]]] = [[]]
    for place, value in enumerate(line):
        if value is not None:
            pieces[-1].append((place, value))
        elif pieces[-1]:
            pieces.append([])
    return [piece for piece in pieces if piece]


def _middle(rect: QRect, size: int) -> int:
    return rect.y() + (rect.height() - size) // 2
