"""Cells of the calendar and of the dense wall: a fill, and a mark as far as there is room."""

from PySide6.QtCore import QRect, QRectF
from PySide6.QtGui import QColor, QPainter, QPixmap

from sesam_master.core.states import JobState
from sesam_master.ui.signs import paint_state
from sesam_master.ui.theme import Theme

SMALLEST_MARK_CELL = 10
OK_MARK_CELL = 20
HATCH_STEP = 5
DOT_STEP = 4
_NO_MARK = frozenset({JobState.PLANNED, JobState.UNKNOWN})
_ROOMY_MARK = frozenset({JobState.OK, JobState.NOT_PLANNED})


def paint_cell(painter: QPainter, state: JobState, cell: QRect, theme: Theme) -> None:
    """Paint fill, edge, pattern and mark of a state into `cell`.

    From 10 px on the mark of the sign is used (OK and not planned from 20 px on), below it one
    stroke. Patterns keep the painter's brush origin, so that neighbours join.
    """
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
    _paint_ground(painter, state, cell, theme)
    shorter, longer = sorted((cell.width(), cell.height()))
    if longer < SMALLEST_MARK_CELL:
        _paint_stroke(painter, state, cell, theme)
    elif state not in _NO_MARK and not (state in _ROOMY_MARK and shorter < OK_MARK_CELL):
        side = min(max(0.8 * shorter, 10.0), 18.0)
        centre = QRectF(cell).center()
        box = QRectF(centre.x() - side / 2, centre.y() - side / 2, side, side)
        paint_state(painter, state, box, theme, on_fill=True)
    painter.restore()


def hatch_tile(colour: QColor, step: int = HATCH_STEP) -> QPixmap:
    """A tile of lines at 45 degrees, `step` px apart, for a textured brush: planned."""
    tile = QPixmap(step, step)
    tile.fill(QColor(0, 0, 0, 0))
    painter = QPainter(tile)
    for x in range(step):
        painter.fillRect(x, step - 1 - x, 1, 1, colour)
    painter.end()
    return tile


def dot_tile(colour: QColor, step: int = DOT_STEP) -> QPixmap:
    """A tile with one dot of 1 px, for a textured brush: unknown."""
    tile = QPixmap(step, step)
    tile.fill(QColor(0, 0, 0, 0))
    painter = QPainter(tile)
    painter.fillRect(step // 2, step // 2, 1, 1, colour)
    painter.end()
    return tile


def _paint_ground(painter: QPainter, state: JobState, cell: QRect, theme: Theme) -> None:
    colours = theme.state(state)
    if colours.fill is not None:
        painter.fillRect(cell, colours.fill)
    if state is JobState.PLANNED:
        painter.drawTiledPixmap(cell, hatch_tile(theme.border), cell.topLeft())
    elif state is JobState.UNKNOWN:
        painter.drawTiledPixmap(cell, dot_tile(colours.mark), cell.topLeft())
    elif state in (JobState.LATE, JobState.MISSED):
        _paint_edge(painter, cell, colours.mark, 2 if cell.width() >= OK_MARK_CELL else 1)


def _paint_edge(painter: QPainter, cell: QRect, colour: QColor, width: int) -> None:
    x, y, w, h = cell.x(), cell.y(), cell.width(), cell.height()
    painter.fillRect(x, y, w, width, colour)
    painter.fillRect(x, y + h - width, w, width, colour)
    painter.fillRect(x, y, width, h, colour)
    painter.fillRect(x + w - width, y, width, h, colour)


def _paint_stroke(painter: QPainter, state: JobState, cell: QRect, theme: Theme) -> None:
    mark = theme.state(state).mark
    x, y, w, h = cell.x(), cell.y(), cell.width(), cell.height()
    middle_x, middle_y = x + w // 2 - 1, y + h // 2 - 1
    if state is JobState.WARNING:
        painter.fillRect(middle_x, y + 2, 2, max(2, h - 5), mark)
    elif state is JobState.ERROR:
        painter.fillRect(middle_x, y + 2, 2, h - 4, mark)
    elif state is JobState.BROKEN:
        painter.fillRect(x, middle_y, w, 2, theme.base)
    elif state is JobState.ACTIVE:
        painter.fillRect(x, y + 2, 2, h - 4, mark)
    elif state is JobState.QUEUED:
        painter.fillRect(x + 1, middle_y, 1, 1, mark)
        painter.fillRect(x + w - 2, middle_y, 1, 1, mark)
    elif state is JobState.CANCELLED:
        for step in range(h):
            painter.fillRect(x + w - 1 - step * w // h, y + step, 1, 1, mark)
    elif state is JobState.BLOCKED:
        painter.fillRect(x + 1, middle_y, w - 2, 2, mark)
    elif state is JobState.LATE:
        painter.fillRect(x, y + h // 2, w, h - h // 2, mark)
