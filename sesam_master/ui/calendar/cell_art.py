"""How a cell of the calendar looks: fills as a colour table, marks and patterns as pixmaps.

Each is made once per code, size, device pixel ratio and theme.
"""

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QColor, QFontMetrics, QPainter, QPen, QPixmap, qRgba

from sesam_master.core.sheet import CELL_STATES, CODE, MOST_COUNTED
from sesam_master.core.sheet_shown import PLANNED_DARK, shown_state
from sesam_master.core.states import JobState
from sesam_master.ui.calendar.geometry import MARKS_FROM, TICKS_FROM
from sesam_master.ui.signs import paint_state
from sesam_master.ui.theme import Theme, ThemeHolder

HATCH_STEP = 5
DOT_STEP = 4
DOTTED_HATCH_STEP = 6
LEAST_MARK = 14
MOST_MARK = 22
NUMBER_ROOM = 5
PATTERNS = frozenset({CODE[JobState.PLANNED], CODE[JobState.UNKNOWN], PLANNED_DARK})
HOLLOW = frozenset({CODE[JobState.MISSED], CODE[JobState.LATE]})
_QUIET = frozenset({CODE[JobState.OK], CODE[JobState.NOT_PLANNED]})


def has_mark(code: int, zoom: int) -> bool:
    """Whether a cell of that width carries more than its fill and pattern."""
    if code in PATTERNS:
        return False
    if code in _QUIET:
        return zoom >= TICKS_FROM
    return zoom >= MARKS_FROM or code not in (CODE[JobState.WARNING], CODE[JobState.QUEUED])


class CellArt:
    """Asked while painting; keeps all that it makes."""

    def __init__(self, holder: ThemeHolder) -> None:
        self._holder = holder
        self._made: dict[tuple[object, ...], QPixmap] = {}

    def colour_table(self) -> list[int]:
        """For an Indexed8 picture of codes. What has no fill lets the ground through."""
        fills = [self.fill(code) for code in range(PLANNED_DARK + 1)]
        return [fill.rgba() if fill else qRgba(0, 0, 0, 0) for fill in fills]

    def fill(self, code: int) -> QColor | None:
        """The flat colour of a cell, None where there is none."""
        if code in PATTERNS:
            return None
        return self._holder.current.state(CELL_STATES[code]).fill

    def mark(self, code: int, width: int, height: int, ratio: float) -> QPixmap:
        """What stands on the fill of one cell, as large as the cell."""
        theme = self._holder.current
        key = ("mark", code, width, height, ratio, theme.name)
        pixmap = self._made.get(key)
        if pixmap is None:
            pixmap = self._made[key] = _canvas(width, height, ratio)
            painter = QPainter(pixmap)
            _paint_mark(painter, code, width, height, theme)
            painter.end()
        return pixmap

    def number(self, runs: int, width: int, height: int, ratio: float) -> QPixmap:
        """How many runs were OK, in place of the tick where it has room."""
        theme, fonts = self._holder.current, self._holder.fonts
        text = str(runs) if runs < MOST_COUNTED else f"{MOST_COUNTED}+"
        if QFontMetrics(fonts.tiny).horizontalAdvance(text) > width - NUMBER_ROOM:
            return self.mark(CODE[JobState.OK], width, height, ratio)
        key = ("number", runs, width, height, ratio, theme.name, fonts.scale)
        pixmap = self._made.get(key)
        if pixmap is None:
            pixmap = self._made[key] = _canvas(width, height, ratio)
            painter = QPainter(pixmap)
            painter.setFont(fonts.tiny)
            painter.setPen(theme.state(JobState.OK).mark)
            place = QRectF(0, 0, width - 1, height - 1)
            painter.drawText(place, Qt.AlignmentFlag.AlignCenter, text)
            painter.end()
        return pixmap

    def pattern(self, code: int, ratio: float) -> QPixmap:
        """A tile that joins its neighbours: hatch, grid of dots, or dotted hatch."""
        theme = self._holder.current
        key = ("pattern", code, ratio, theme.name)
        pixmap = self._made.get(key)
        if pixmap is None:
            pixmap = self._made[key] = _pattern(code, ratio, theme)
        return pixmap


def _canvas(width: int, height: int, ratio: float) -> QPixmap:
    pixmap = QPixmap(max(1, round(width * ratio)), max(1, round(height * ratio)))
    pixmap.setDevicePixelRatio(ratio)
    pixmap.fill(Qt.GlobalColor.transparent)
    return pixmap


def _paint_mark(painter: QPainter, code: int, width: int, height: int, theme: Theme) -> None:
    state = shown_state(code)
    # One pixel at the right and below belongs to the grid.
    inner = QRectF(0, 0, width - 1, height - 1)
    if width < MARKS_FROM:
        _paint_stroke(painter, state, inner, theme)
        return
    if code in HOLLOW:
        edge = 2.0 if width >= LEAST_MARK else 1.0
        half = edge / 2
        pen = QPen(theme.state(state).mark, edge)
        pen.setJoinStyle(Qt.PenJoinStyle.MiterJoin)
        painter.setPen(pen)
        painter.drawRect(inner.adjusted(half, half, -half, -half))
    side = min(inner.width(), inner.height())
    size = min(MOST_MARK, max(min(side, LEAST_MARK), round(side * 0.72)))
    place = QRectF(0, 0, size, size)
    place.moveCenter(inner.center())
    paint_state(painter, state, place, theme, on_fill=state is not JobState.NOT_PLANNED)


def _paint_stroke(painter: QPainter, state: JobState, inner: QRectF, theme: Theme) -> None:
    """Below 10 px one stroke each: shape first, even there."""
    mark = theme.state(state).mark
    middle_x, middle_y = int(inner.width() / 2), int(inner.height() / 2)
    width, height = int(inner.width()), int(inner.height())
    if state is JobState.ERROR:
        painter.fillRect(middle_x, 1, 1, height - 2, mark)
    elif state is JobState.BROKEN:
        painter.fillRect(0, middle_y, width, 1, theme.base)
    elif state is JobState.LATE:
        painter.fillRect(0, middle_y, width, height - middle_y, mark)
        _frame(painter, width, height, mark)
    elif state is JobState.MISSED:
        _frame(painter, width, height, mark)
    elif state is JobState.CANCELLED:
        painter.setPen(mark)
        painter.drawLine(0, height - 1, width - 1, 0)
    elif state is JobState.BLOCKED:
        painter.fillRect(1, middle_y, width - 2, 1, mark)
    elif state is JobState.ACTIVE:
        painter.fillRect(0, middle_y - 1, 2, 2, mark)


def _frame(painter: QPainter, width: int, height: int, colour: QColor) -> None:
    for x, y, w, h in (
        (0, 0, width, 1),
        (0, height - 1, width, 1),
        (0, 0, 1, height),
        (width - 1, 0, 1, height),
    ):
        painter.fillRect(x, y, w, h, colour)


def _pattern(code: int, ratio: float, theme: Theme) -> QPixmap:
    if code == CODE[JobState.PLANNED]:
        return _hatch(ratio, _faded(theme.state(JobState.PLANNED).mark, theme))
    unknown = theme.state(JobState.UNKNOWN)
    if code == PLANNED_DARK:
        return _dotted_hatch(ratio, _faded(unknown.mark, theme))
    tile = _canvas(DOT_STEP, DOT_STEP, ratio)
    if unknown.fill:
        tile.fill(unknown.fill)
    painter = QPainter(tile)
    painter.fillRect(1, 1, 1, 1, unknown.mark)
    painter.end()
    return tile


def _faded(colour: QColor, theme: Theme) -> QColor:
    """Half way to the ground: a month of planned cells must not shout."""
    base = theme.base
    return QColor(
        (colour.red() + base.red()) // 2,
        (colour.green() + base.green()) // 2,
        (colour.blue() + base.blue()) // 2,
    )


def _hatch(ratio: float, colour: QColor) -> QPixmap:
    tile = _canvas(HATCH_STEP, HATCH_STEP, ratio)
    painter = QPainter(tile)
    for step in range(HATCH_STEP):
        painter.fillRect(step, HATCH_STEP - 1 - step, 1, 1, colour)
    painter.end()
    return tile


def _dotted_hatch(ratio: float, colour: QColor) -> QPixmap:
    tile = _canvas(DOTTED_HATCH_STEP, DOTTED_HATCH_STEP, ratio)
    painter = QPainter(tile)
    for step in range(0, DOTTED_HATCH_STEP, 2):
        painter.fillRect(step, DOTTED_HATCH_STEP - 1 - step, 1, 1, colour)
    painter.end()
    return tile
