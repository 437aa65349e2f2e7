"""Paints the cells of the calendar: one indexed picture for the fills, then what stands on them."""

import re
from collections.abc import Iterator

from PySide6.QtCore import QRect, Qt
from PySide6.QtGui import QBrush, QColor, QFontMetrics, QImage, QPainter, QPen

from sesam_master.core.calendar import CalendarRow, CalendarView, Group
from sesam_master.core.sheet import CODE
from sesam_master.core.sheet_shown import shown_state
from sesam_master.core.states import JobState
from sesam_master.ui.calendar.cell_art import PATTERNS, CellArt, has_mark
from sesam_master.ui.calendar.cursor import Cursor
from sesam_master.ui.calendar.geometry import TICKS_FROM, SheetGeometry
from sesam_master.ui.signs import SignAtlas
from sesam_master.ui.theme import Theme, ThemeHolder

GROUP_SIGN = 13
GAP_FROM = 12  # narrower cells have no room for a gap inside the ring
SELECTION_ALPHA = 26  # a tint: the colours of the states keep their meaning on it
SATURDAY = 5
_OK = CODE[JobState.OK]
_UNKNOWN = CODE[JobState.UNKNOWN]
_RUNS = re.compile(rb"(.)\1*", re.DOTALL)
# Heads are quiet about what needs nobody.
_QUIET_HEAD = frozenset(
    {CODE[s] for s in (JobState.OK, JobState.PLANNED, JobState.NOT_PLANNED, JobState.QUEUED)}
)


class CellPainter:
    """Paints any part of a sheet in the coordinates of its content."""

    def __init__(self, holder: ThemeHolder) -> None:
        self._holder = holder
        self._art = CellArt(holder)
        self._signs = SignAtlas(holder)

    def paint(
        self,
        painter: QPainter,
        view: CalendarView,
        geometry: SheetGeometry,
        area: QRect,
        seen: QRect,
        reasons: dict[str, str],
    ) -> None:
        """`area` is the part of the content to paint, `seen` what is on the screen; `reasons` says
        by location id why it is dark. The painter is translated to the content."""
        days = geometry.days_in(area.left(), area.right())
        lines = geometry.lines_in(area.top(), area.bottom())
        self._paint_ground(painter, view, geometry, area, days)
        if not days:
            return
        for block in _blocks(view, lines):
            if isinstance(view.lines[block.start], Group):
                self._paint_head(painter, view, geometry, block.start, area)
            else:
                self._paint_rows(painter, view, geometry, block, days)
        self._paint_grid(painter, view, geometry, area, days, lines)
        for line in lines:
            self._paint_reason(painter, view, geometry, line, seen, reasons)

    # -- ground and grid

    def _paint_ground(
        self,
        painter: QPainter,
        view: CalendarView,
        geometry: SheetGeometry,
        area: QRect,
        days: range,
    ) -> None:
        theme = self._holder.current
        painter.fillRect(area, theme.base)
        for day in days:
            if view.span.day(day).weekday() >= SATURDAY:
                stripe = QRect(day * geometry.zoom, area.top(), geometry.zoom, area.height())
                painter.fillRect(stripe, theme.side)

    def _paint_grid(
        self,
        painter: QPainter,
        view: CalendarView,
        geometry: SheetGeometry,
        area: QRect,
        days: range,
        lines: range,
    ) -> None:
        theme, zoom = self._holder.current, geometry.zoom
        if lines:
            bottom = min(area.bottom(), geometry.height - 1)
            right = min(area.right(), geometry.width - 1)
            # Rectangles, not lines: a line of one logical pixel lies beside it on fine screens.
            grid = [
                QRect((day + 1) * zoom - 1, area.top(), 1, bottom - area.top() + 1) for day in days
            ]
            below = (geometry.top(line + 1) - 1 for line in lines)
            grid += [QRect(area.left(), y, right - area.left() + 1, 1) for y in below]
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(theme.base)
            painter.drawRects(grid)
            painter.setBrush(Qt.BrushStyle.NoBrush)
        for day in days:
            if day and view.span.day(day).day == 1:
                painter.fillRect(day * zoom - 1, area.top(), 1, area.height(), theme.border)
        for line in lines:
            if isinstance(view.lines[line], Group):
                y = geometry.top(line + 1) - 1
                painter.fillRect(area.left(), y, area.width(), 1, theme.line)
        today = view.span.place(view.today)
        if today is not None:
            painter.fillRect(today * zoom - 1, area.top(), 1, area.height(), theme.accent)

    # -- rows

    def _paint_rows(
        self,
        painter: QPainter,
        view: CalendarView,
        geometry: SheetGeometry,
        block: range,
        days: range,
    ) -> None:
        rows = [row for row in view.lines[block.start : block.stop] if isinstance(row, CalendarRow)]
        parts = [row.cells[days.start : days.stop] for row in rows]
        pixels = b"".join(parts)
        width, height = len(days), len(parts)
        image = QImage(pixels, width, height, width, QImage.Format.Format_Indexed8)
        image.setColorTable(self._art.colour_table())
        painter.drawImage(geometry.cells(block, days), image)
        for line, row, part in zip(block, rows, parts, strict=True):
            self._paint_marks(painter, geometry, line, row, part, days)

    def _paint_marks(
        self,
        painter: QPainter,
        geometry: SheetGeometry,
        line: int,
        row: CalendarRow,
        part: bytes,
        days: range,
    ) -> None:
        """One call for each stretch of equal cells."""
        ratio = painter.device().devicePixelRatioF()
        zoom, height = geometry.zoom, geometry.line_height(line)
        top, left = geometry.top(line), days.start * zoom
        shows_runs = zoom >= TICKS_FROM and max(row.runs) > 1
        for match in _RUNS.finditer(part):
            code = part[match.start()]
            x = left + match.start() * zoom
            width = (match.end() - match.start()) * zoom
            if code in PATTERNS:
                brush = QBrush(self._art.pattern(code, ratio))
                painter.fillRect(x, top, width, height, brush)
            elif code == _OK and shows_runs:
                self._paint_numbers(painter, geometry, line, row, days.start, match.span())
            elif has_mark(code, zoom):
                mark = self._art.mark(code, zoom, height, ratio)
                painter.drawTiledPixmap(x, top, width, height, mark)

    def _paint_numbers(
        self,
        painter: QPainter,
        geometry: SheetGeometry,
        line: int,
        row: CalendarRow,
        first: int,
        stretch: tuple[int, int],
    ) -> None:
        ratio = painter.device().devicePixelRatioF()
        zoom, height, top = geometry.zoom, geometry.line_height(line), geometry.top(line)
        for day in range(first + stretch[0], first + stretch[1]):
            runs = row.runs[day]
            if runs > 1:
                pixmap = self._art.number(runs, zoom, height, ratio)
            else:
                pixmap = self._art.mark(_OK, zoom, height, ratio)
            painter.drawPixmap(day * zoom, top, pixmap)

    # -- heads

    def _paint_head(
        self,
        painter: QPainter,
        view: CalendarView,
        geometry: SheetGeometry,
        line: int,
        area: QRect,
    ) -> None:
        group = view.lines[line]
        assert isinstance(group, Group)
        theme = self._holder.current
        top, height = geometry.top(line), geometry.line_height(line)
        painter.fillRect(area.left(), top, area.width(), height, theme.side)
        size = min(GROUP_SIGN, max(geometry.zoom - 1, 5))
        ratio = painter.device().devicePixelRatioF()
        until = (view.today - view.span.first).days + 1
        for day, code in enumerate(group.worst):
            if code in _QUIET_HEAD or (code == _UNKNOWN and (group.place or day >= until)):
                continue
            x = day * geometry.zoom + (geometry.zoom - 1 - size) // 2
            if area.left() - size <= x <= area.right():
                sign = self._signs.state(shown_state(code), size, ratio)
                painter.drawPixmap(x, top + (height - 1 - size) // 2, sign)

    def _paint_reason(
        self,
        painter: QPainter,
        view: CalendarView,
        geometry: SheetGeometry,
        line: int,
        seen: QRect,
        reasons: dict[str, str],
    ) -> None:
        """Where the days begin that are not known, but behind what is known of them; it stays on
        the screen as long as some of these days are."""
        group = view.lines[line]
        place = group.place if isinstance(group, Group) else None
        reason = reasons.get(place.location_id, "") if place else ""
        if not reason or not isinstance(group, Group):
            return
        begin = dark_from(view, group)
        worst = group.worst
        while begin < group.days and worst[begin] > _UNKNOWN:
            begin += 1
        # It may begin earlier to stay on the screen, but never on a sign.
        quiet = {*_QUIET_HEAD, _UNKNOWN}
        signs = [day for day in range(begin) if worst[day] not in quiet]
        least = (signs[-1] + 1 if signs else 0) * geometry.zoom
        theme, fonts = self._holder.current, self._holder.fonts
        metrics = QFontMetrics(fonts.small)
        width, right = metrics.horizontalAdvance(reason) + 2, seen.right() - 8
        x = max(begin * geometry.zoom, seen.left() + 2)
        if begin * geometry.zoom < seen.right():
            x = max(least, min(x, right - width))
        shown = metrics.elidedText(reason, Qt.TextElideMode.ElideRight, max(0, right - x))
        if x > right:
            shown = reason  # out of sight, with its days
        box = QRect(x, geometry.top(line), width, geometry.line_height(line) - 1)
        painter.fillRect(box.adjusted(0, 1, 6, 0), theme.side)
        painter.setFont(fonts.small)
        painter.setPen(theme.text2)
        painter.drawText(box, Qt.AlignmentFlag.AlignVCenter, shown)


def paint_chosen(
    painter: QPainter, theme: Theme, geometry: SheetGeometry, cursor: Cursor, has_focus: bool
) -> None:
    """The chosen rectangle and the ring of the cell with the focus."""
    spot = cursor.spot
    if spot is None or spot[0] >= geometry.count:
        return
    if len(cursor.lines) > 1 or len(cursor.days) > 1:
        area = geometry.cells(cursor.lines, cursor.days)
        tint = QColor(theme.accent)
        tint.setAlpha(SELECTION_ALPHA)
        painter.fillRect(area, tint)
        painter.setPen(QPen(theme.accent, 2))
        painter.drawRect(area.adjusted(1, 1, -2, -2))
    cell = geometry.cell(*spot).adjusted(0, 0, -1, -1)
    if geometry.zoom >= GAP_FROM:
        painter.setPen(QPen(theme.base, 1))
        painter.drawRect(cell.adjusted(2, 2, -3, -3))
    painter.setPen(QPen(theme.focus if has_focus else theme.control, 2))
    painter.drawRect(cell.adjusted(1, 1, -1, -1))


def dark_from(view: CalendarView, group: Group) -> int:
    """The place of the first day of a dark location that was not closed when it was last proved."""
    sheet = group.place.sheet if group.place else None
    if sheet is None:
        return 0
    return min(group.days - 1, max(0, (sheet.open_day - view.span.first).days))


def _blocks(view: CalendarView, lines: range) -> Iterator[range]:
    """Heads one by one, rows between them together."""
    start = lines.start
    for line in lines:
        if isinstance(view.lines[line], Group):
            if start < line:
                yield range(start, line)
            yield range(line, line + 1)
            start = line + 1
    if start < lines.stop:
        yield range(start, lines.stop)
