"""The sheet on the screen: scrolled cells under frozen headers, with mouse, keys and zoom."""

from PySide6.QtCore import QEvent, QPoint, QRect, Qt, Signal
from PySide6.QtGui import (
    QContextMenuEvent,
    QFocusEvent,
    QHelpEvent,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QResizeEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QAbstractScrollArea, QFrame, QToolTip, QWidget

from sesam_master.core.calendar import CalendarView, Group, Line
from sesam_master.ui.calendar.cursor import Cursor, Spot, line_key, moved
from sesam_master.ui.calendar.geometry import (
    DEFAULT_ZOOM,
    LEAST_ZOOM,
    MOST_ZOOM,
    SheetGeometry,
)
from sesam_master.ui.calendar.headers import DAY_HEADER, ROW_HEADER, DayHeader, RowHeader
from sesam_master.ui.calendar.painting import CellPainter, paint_chosen
from sesam_master.ui.calendar.words import cell_sentence, cell_tip, day_tip, group_tip, line_tip
from sesam_master.ui.theme import ThemeHolder

WHEEL_STEP = 120
DAYS_AHEAD = 8  # so many are seen behind today when another period is shown


class SheetView(QAbstractScrollArea):
    """Shows one CalendarView. Tooltips and reasons are asked of the page.

    `cell_chosen` comes when the focus moves, `activated` on Enter or a double click, `toggled` with
    the key of a head, `menu_wanted` with a global position.
    """

    cell_chosen = Signal()
    activated = Signal()
    toggled = Signal(str)
    menu_wanted = Signal(QPoint)
    zoomed = Signal(int)

    def __init__(self, holder: ThemeHolder, view: CalendarView) -> None:
        super().__init__()
        self._holder = holder
        self._painter = CellPainter(holder)
        self._view = view
        self._zoom = DEFAULT_ZOOM
        self._wheel = 0
        self._reasons: dict[str, str] = {}
        self.chosen = Cursor(view)
        self._geometry = self._measured()
        self.row_header = RowHeader(holder, self)
        self.day_header = DayHeader(holder, self)
        self._corner = QWidget(self)
        self.row_header.tip = self._line_tip
        self.day_header.tip = lambda day: day_tip(self._view.day_sum(day))
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName("Calendar sheet")
        self.viewport().setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.horizontalScrollBar().valueChanged.connect(self.day_header.set_offset)
        self.verticalScrollBar().valueChanged.connect(self.row_header.set_offset)
        self.row_header.toggled.connect(self.toggled)
        self.row_header.line_clicked.connect(self._choose_line)
        self.day_header.day_clicked.connect(self._choose_day)
        holder.changed.connect(self._take_theme)
        self._take_theme()

    # -- what is shown

    @property
    def view(self) -> CalendarView:
        return self._view

    @property
    def zoom(self) -> int:
        return self._zoom

    @property
    def reasons(self) -> dict[str, str]:
        return self._reasons

    def show_view(self, view: CalendarView, reasons: dict[str, str]) -> None:
        """Another picture; when only some lines are others, only these are painted again."""
        old, is_same = self._view, self._is_same_place(view) and reasons == self._reasons
        self._view, self._reasons = view, reasons
        self.chosen.take(view)
        if is_same:
            self._update_changed(old)
            self.row_header.show_lines(view, self._geometry)
            return
        is_same_span = view.span == old.span
        self._lay_out()
        if not is_same_span:
            self.show_today()

    def show_today(self) -> None:
        """Scrolls sideways to today with some days behind it, if it is in the span."""
        today = self._view.span.place(self._view.today)
        if today is not None:
            right = (today + DAYS_AHEAD) * self._zoom - self.viewport().width()
            self.horizontalScrollBar().setValue(right)

    def set_zoom(self, zoom: int, fixed: QPoint | None = None) -> None:
        """Columns of so many pixels; what is at `fixed` in the viewport stays there."""
        zoom = min(MOST_ZOOM, max(LEAST_ZOOM, zoom))
        if zoom == self._zoom:
            return
        point = fixed or self._focus_point()
        old, x, y = self._geometry, point.x() + self._offset.x(), point.y() + self._offset.y()
        line = old.line_at(min(y, max(0, old.height - 1)))
        day = x / old.zoom
        self._zoom = zoom
        self._lay_out()
        self.horizontalScrollBar().setValue(round(day * zoom) - point.x())
        if line is not None:
            self.verticalScrollBar().setValue(self._geometry.top(line) - point.y())
        self.zoomed.emit(zoom)

    def show_spot(self, spot: Spot) -> None:
        """Scrolls so far that the cell is seen."""
        cell, seen = self._geometry.cell(*spot), self.viewport().size()
        for bar, low, high, room in (
            (self.horizontalScrollBar(), cell.left(), cell.right(), seen.width()),
            (self.verticalScrollBar(), cell.top(), cell.bottom(), seen.height()),
        ):
            if low < bar.value():
                bar.setValue(low)
            elif high >= bar.value() + room:
                bar.setValue(high - room + 1)

    def choose(self, spot: Spot | None, extends: bool = False) -> None:
        """Moves the focus to a cell."""
        self._update_chosen()
        self.chosen.put(spot, extends)
        self._update_chosen()
        if spot is not None:
            self.show_spot(spot)
            self.setAccessibleDescription(self._spoken(spot))
        self.row_header.set_chosen(self.chosen.lines)
        self.day_header.set_chosen(self.chosen.days)
        self.cell_chosen.emit()

    def paint_content(self, painter: QPainter, area: QRect, seen: QRect) -> None:
        """Any part of the content; `seen` is what of it can be looked at."""
        self._painter.paint(painter, self._view, self._geometry, area, seen, self._reasons)

    def paint_corner(self, painter: QPainter, area: QRect) -> None:
        """What lies where the headers meet."""
        painter.fillRect(area, self._holder.current.base)
        painter.fillRect(area.right(), 0, 1, area.height(), self._holder.current.border)

    @property
    def cell_places(self) -> SheetGeometry:
        """Where the cells lie."""
        return self._geometry

    # -- painting

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self.viewport())
        offset = self._offset
        painter.translate(-offset)
        area, seen = (r.translated(offset) for r in (event.rect(), self.viewport().rect()))
        self.paint_content(painter, area, seen)
        paint_chosen(painter, self._holder.current, self._geometry, self.chosen, self.hasFocus())

    # -- moving

    def scrollContentsBy(self, dx: int, dy: int) -> None:
        self.viewport().scroll(dx, dy)
        if dx:
            self._update_reasons()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._place_headers()

    def wheelEvent(self, event: QWheelEvent) -> None:
        if not event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            super().wheelEvent(event)
            return
        self._wheel += event.angleDelta().y()
        steps, self._wheel = int(self._wheel / WHEEL_STEP), self._wheel % WHEEL_STEP
        if steps:
            self.set_zoom(self._zoom + 2 * steps, event.position().toPoint())
        event.accept()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        key, modifiers = event.key(), event.modifiers()
        ctrl = bool(modifiers & Qt.KeyboardModifier.ControlModifier)
        spot = self.chosen.spot
        if ctrl and key in _ZOOM_KEYS:
            step = _ZOOM_KEYS[key]
            self.set_zoom(self._zoom + step if step else DEFAULT_ZOOM)
            return
        page = max(1, self.viewport().height() // self._geometry.row_height - 1)
        target = moved(self._view, spot, key, ctrl, page)
        if target is not None:
            self.choose(target, bool(modifiers & Qt.KeyboardModifier.ShiftModifier))
        elif spot is not None and key in _ENTER:
            self._activate(spot)
        else:
            super().keyPressEvent(event)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        spot = self.spot_at(event.position().toPoint())
        is_right = event.button() is Qt.MouseButton.RightButton
        if spot is None or (is_right and self._is_chosen(spot)):
            return
        self.choose(spot, bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier))

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if not event.buttons() & Qt.MouseButton.LeftButton:
            return
        spot = self.spot_at(event.position().toPoint())
        if spot is not None and spot != self.chosen.spot:
            self.choose(spot, extends=True)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        spot = self.spot_at(event.position().toPoint())
        if spot is not None and event.button() is Qt.MouseButton.LeftButton:
            self._activate(spot)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        if event.reason() is QContextMenuEvent.Reason.Keyboard and self.chosen.spot is not None:
            corner = self._geometry.cell(*self.chosen.spot).bottomLeft() - self._offset
            self.menu_wanted.emit(self.viewport().mapToGlobal(corner))
        else:
            self.menu_wanted.emit(event.globalPos())

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        self._update_chosen()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        self._update_chosen()

    def viewportEvent(self, event: QEvent) -> bool:
        if isinstance(event, QHelpEvent) and event.type() is QEvent.Type.ToolTip:
            spot = self.spot_at(event.pos())
            tip = self.cell_tip(spot) if spot is not None else ""
            cell = self._geometry.cell(*spot).translated(-self._offset) if spot else QRect()
            QToolTip.showText(event.globalPos(), tip, self.viewport(), cell)
            return True
        return super().viewportEvent(event)

    def cell_tip(self, spot: Spot) -> str:
        """What the tooltip of a cell says."""
        line = self._view.lines[spot[0]]
        place = line.place
        reason = self._reasons.get(place.location_id, "") if place else ""
        if isinstance(line, Group):
            return group_tip(self._view, line, spot[1], reason)
        return cell_tip(self._view, line, spot[1], reason)

    def spot_at(self, point: QPoint) -> Spot | None:
        """The cell at a point of the viewport."""
        line = self._geometry.line_at(point.y() + self._offset.y())
        day = self._geometry.day_at(point.x() + self._offset.x())
        return None if line is None or day is None else (line, day)

    # -- inside

    @property
    def _offset(self) -> QPoint:
        return QPoint(self.horizontalScrollBar().value(), self.verticalScrollBar().value())

    def _measured(self) -> SheetGeometry:
        scale = self._holder.fonts.scale
        return SheetGeometry(self._view.lines, self._view.span.days, self._zoom, scale)

    def _is_same_place(self, view: CalendarView) -> bool:
        old = self._view
        return (
            (view.span, view.today) == (old.span, old.today)
            and len(view.lines) == len(old.lines)
            and all(
                a is b or line_key(a) == line_key(b)
                for a, b in zip(view.lines, old.lines, strict=True)
            )
        )

    def _lay_out(self) -> None:
        self._geometry = self._measured()
        self.row_header.show_lines(self._view, self._geometry)
        self.day_header.show_days(self._view, self._zoom)
        self.row_header.set_chosen(self.chosen.lines)
        self.day_header.set_chosen(self.chosen.days)
        self._place_headers()
        self.viewport().update()

    def _place_headers(self) -> None:
        fonts = self._holder.fonts
        left, top = fonts.px(ROW_HEADER), fonts.px(DAY_HEADER)
        self.setViewportMargins(left, top, 0, 0)
        seen = self.viewport().geometry()
        self._corner.setGeometry(0, 0, left, top)
        self.day_header.setGeometry(seen.left(), 0, seen.width(), top)
        self.row_header.setGeometry(0, seen.top(), left, seen.height())
        for bar, whole, room, step in (
            (self.horizontalScrollBar(), self._geometry.width, seen.width(), self._zoom),
            (self.verticalScrollBar(), self._geometry.height, seen.height(), 0),
        ):
            bar.setRange(0, max(0, whole - room))
            bar.setPageStep(max(1, room))
            bar.setSingleStep(step or self._geometry.row_height)

    def _update_changed(self, old: CalendarView) -> None:
        offset = self._offset
        seen = self.viewport().rect().translated(offset)
        for line in self._geometry.lines_in(seen.top(), seen.bottom()):
            before, now = old.lines[line], self._view.lines[line]
            if before is now or _looks_same(before, now):
                continue
            height = self._geometry.line_height(line)
            top = self._geometry.top(line) - offset.y()
            self.viewport().update(0, top, self.viewport().width(), height)

    def _update_reasons(self) -> None:
        """They do not move with the days."""
        seen = self.viewport().rect().translated(self._offset)
        for line in self._geometry.lines_in(seen.top(), seen.bottom()):
            head = self._view.lines[line]
            if isinstance(head, Group) and head.place and head.place.location_id in self._reasons:
                top, height = self._geometry.top(line), self._geometry.line_height(line)
                self.viewport().update(0, top - seen.top(), seen.width(), height)

    def _update_chosen(self) -> None:
        spot = self.chosen.spot
        if spot is None or spot[0] >= self._geometry.count:
            return
        area = self._geometry.cells(self.chosen.lines, self.chosen.days)
        self.viewport().update(area.adjusted(-2, -2, 2, 2).translated(-self._offset))

    def _is_chosen(self, spot: Spot) -> bool:
        return spot[0] in self.chosen.lines and spot[1] in self.chosen.days

    def _activate(self, spot: Spot) -> None:
        line = self._view.lines[spot[0]]
        if isinstance(line, Group):
            self.toggled.emit(line.key)
        else:
            self.activated.emit()

    def _choose_line(self, line: int) -> None:
        spot = self.chosen.spot
        self.setFocus(Qt.FocusReason.MouseFocusReason)
        self.choose((line, spot[1] if spot else self._view.span.place(self._view.today) or 0))

    def _choose_day(self, day: int) -> None:
        self.setFocus(Qt.FocusReason.MouseFocusReason)
        if self._geometry.count:
            spot = self.chosen.spot
            self.choose((spot[0] if spot else 0, day))

    def _focus_point(self) -> QPoint:
        spot = self.chosen.spot
        if spot is not None and spot[0] < self._geometry.count:
            return self._geometry.cell(*spot).topLeft() - self._offset
        return QPoint(0, 0)

    def _spoken(self, spot: Spot) -> str:
        line = self._view.lines[spot[0]]
        if isinstance(line, Group):
            return self.cell_tip(spot).replace("\n", ", ")
        return cell_sentence(self._view, line, spot[1])

    def _line_tip(self, line: int) -> str:
        shown = self._view.lines[line]
        reason = self._reasons.get(shown.place.location_id, "") if shown.place else ""
        return line_tip(shown, reason)

    def _take_theme(self) -> None:
        self._corner.setProperty("surface", "base")
        self._corner.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self._lay_out()


def _looks_same(before: Line, now: Line) -> bool:
    """Heads are made anew with every view, rows with every change of their location."""
    if isinstance(before, Group):
        return isinstance(now, Group) and before.worst == now.worst
    return not isinstance(now, Group) and (before.cells, before.runs) == (now.cells, now.runs)


_ZOOM_KEYS: dict[int, int] = {
    Qt.Key.Key_Plus: 2,
    Qt.Key.Key_Equal: 2,
    Qt.Key.Key_Minus: -2,
    Qt.Key.Key_0: 0,
}
_ENTER = frozenset({Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space})
