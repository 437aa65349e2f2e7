"""Where the lines and days of a sheet lie, in logical pixels of its content."""

from bisect import bisect_right
from collections.abc import Sequence
from itertools import accumulate

from PySide6.QtCore import QRect

from sesam_master.core.calendar import Group, Line

LEAST_ZOOM = 6
MOST_ZOOM = 40
DEFAULT_ZOOM = 24
MARKS_FROM = 10  # narrower columns carry strokes in place of marks, and their rows no labels
TICKS_FROM = 20
LEAST_LABELLED = 16
LEAST_GROUP = 20


def row_height(zoom: int, scale: float) -> int:
    """Rows follow the columns, but not below what a label needs while they have one."""
    return zoom if zoom < MARKS_FROM else max(zoom, round(LEAST_LABELLED * scale))


def group_height(zoom: int, scale: float) -> int:
    """Heads always keep their label."""
    return max(round(LEAST_GROUP * scale), row_height(zoom, scale))


class SheetGeometry:
    """For a column width of `zoom` and texts of `scale` times the size of the design."""

    def __init__(self, lines: Sequence[Line], days: int, zoom: int, scale: float) -> None:
        self.zoom = zoom
        self.days = days
        self.row_height = row_height(zoom, scale)
        self.group_height = group_height(zoom, scale)
        heights = (self.group_height if isinstance(x, Group) else self.row_height for x in lines)
        self._tops = [0, *accumulate(heights)]

    @property
    def has_labels(self) -> bool:
        """Whether rows are high enough for their names."""
        return self.zoom >= MARKS_FROM

    @property
    def count(self) -> int:
        """How many lines there are."""
        return len(self._tops) - 1

    @property
    def width(self) -> int:
        return self.days * self.zoom

    @property
    def height(self) -> int:
        return self._tops[-1]

    def top(self, line: int) -> int:
        return self._tops[line]

    def line_height(self, line: int) -> int:
        return self._tops[line + 1] - self._tops[line]

    def line_at(self, y: int) -> int | None:
        """The line at a height, None above and below all."""
        line = bisect_right(self._tops, y) - 1
        return line if 0 <= line < self.count else None

    def day_at(self, x: int) -> int | None:
        """The place of the day at an x, None beside all."""
        return x // self.zoom if 0 <= x < self.width else None

    def lines_in(self, top: int, bottom: int) -> range:
        """The lines that any pixel from `top` to `bottom` belongs to."""
        if not self.count or bottom < 0 or top >= self.height:
            return range(0)
        first = self.line_at(max(0, top)) or 0
        last = self.line_at(min(bottom, self.height - 1))
        return range(first, (self.count - 1 if last is None else last) + 1)

    def days_in(self, left: int, right: int) -> range:
        """The days that any pixel from `left` to `right` belongs to."""
        first = max(0, left // self.zoom)
        return range(first, max(first, min(self.days, right // self.zoom + 1)))

    def cell(self, line: int, day: int) -> QRect:
        return QRect(day * self.zoom, self.top(line), self.zoom, self.line_height(line))

    def cells(self, lines: range, days: range) -> QRect:
        """The rectangle of many cells; neither range is empty."""
        top = self._tops[lines.start]
        size = self._tops[lines.stop] - top
        return QRect(days.start * self.zoom, top, len(days) * self.zoom, size)
