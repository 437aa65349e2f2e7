"""The frozen headers of the sheet: names at the left, months and days above."""

from collections.abc import Callable

from PySide6.QtCore import QEvent, QPoint, QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QFontMetrics, QHelpEvent, QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QToolTip, QWidget

from sesam_master.core.calendar import CalendarRow, CalendarView, Group
from sesam_master.core.states import Connection
from sesam_master.ui.calendar.geometry import LEAST_LABELLED, SheetGeometry
from sesam_master.ui.calendar.painting import SATURDAY
from sesam_master.ui.calendar.words import month_text
from sesam_master.ui.formatting import UNKNOWN, number_text
from sesam_master.ui.icons import paint_icon
from sesam_master.ui.signs import SignAtlas
from sesam_master.ui.theme import ThemeHolder

ROW_HEADER = 183
DAY_HEADER = 46
MONTH_BAND = 21
CHEVRON = 12
SIGN = 12
EDGE = 3
HEAD_TEXT = 40
LETTERS = "MTWTFSS"
MONDAY = 0
_CENTRE = Qt.AlignmentFlag.AlignHCenter | Qt.AlignmentFlag.AlignVCenter
_MIDDLE = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter


class RowHeader(QWidget):
    """Names of heads and rows. `toggled` carries the key of a head."""

    toggled = Signal(str)
    line_clicked = Signal(int)

    def __init__(self, holder: ThemeHolder, parent: QWidget) -> None:
        super().__init__(parent)
        self._holder = holder
        self._signs = SignAtlas(holder)
        self._view: CalendarView | None = None
        self._geometry: SheetGeometry | None = None
        self._chosen = range(0)
        self._offset = 0
        self.shows_location = False
        self.tip: Callable[[int], str] = lambda _line: ""

    def show_lines(self, view: CalendarView, geometry: SheetGeometry) -> None:
        self._view, self._geometry = view, geometry
        self.update()

    def set_chosen(self, lines: range) -> None:
        """The lines that the selection touches."""
        if lines != self._chosen:
            self._chosen = lines
            self.update()

    def set_offset(self, offset: int) -> None:
        """Scrolled down by so many pixels."""
        step, self._offset = self._offset - offset, offset
        self.scroll(0, step)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.translate(0, -self._offset)
        self._paint(painter, event.rect().translated(0, self._offset), self.width())

    def paint_all(self, painter: QPainter, size: QSize) -> None:
        """All lines, from the first on."""
        self._paint(painter, QRect(QPoint(0, 0), size), size.width())

    def _paint(self, painter: QPainter, area: QRect, width: int) -> None:
        theme = self._holder.current
        painter.fillRect(area, theme.base)
        if self._view is not None and self._geometry is not None:
            for line in self._geometry.lines_in(area.top(), area.bottom()):
                height = self._geometry.line_height(line)
                place = QRect(0, self._geometry.top(line), width - 1, height)
                shown = self._view.lines[line]
                if isinstance(shown, Group):
                    self._paint_head(painter, place, shown, line in self._chosen)
                else:
                    self._paint_row(painter, place, shown, line in self._chosen)
        painter.fillRect(width - 1, area.top(), 1, area.height(), theme.border)

    def _paint_head(self, painter: QPainter, place: QRect, group: Group, is_chosen: bool) -> None:
        theme, fonts = self._holder.current, self._holder.fonts
        painter.fillRect(place, theme.sel if is_chosen else theme.side)
        painter.fillRect(place.x(), place.bottom(), place.width(), 1, theme.line)
        chevron = QRect(6, place.y(), CHEVRON, place.height() - 1)
        name = "chevron-down" if group.is_open else "chevron-right"
        paint_icon(painter, name, chevron, theme.text2)
        left = 24
        if group.place is not None:
            size = SIGN if group.place.connection is not Connection.ON else SIGN - 1
            sign = self._signs.connection(group.place.connection, size, self.devicePixelRatioF())
            painter.drawPixmap(left, place.y() + (place.height() - size) // 2, sign)
            left = HEAD_TEXT
        count = UNKNOWN if group.is_unread else number_text(len(group.rows))
        counted = QFontMetrics(fonts.small).horizontalAdvance(count)
        metrics = QFontMetrics(fonts.body_bold)
        room = place.width() - left - counted - 14
        title = metrics.elidedText(group.title, Qt.TextElideMode.ElideMiddle, room)
        painter.setFont(fonts.body_bold)
        painter.setPen(theme.text2 if group.is_dark else theme.text)
        text = place.adjusted(left, 0, 0, -1)
        painter.drawText(text, _MIDDLE, title)
        painter.setFont(fonts.small)
        painter.setPen(theme.text3)
        text.setLeft(left + metrics.horizontalAdvance(title) + 7)
        painter.drawText(text, _MIDDLE, count)

    def _paint_row(
        self, painter: QPainter, place: QRect, row: CalendarRow, is_chosen: bool
    ) -> None:
        theme, fonts = self._holder.current, self._holder.fonts
        if is_chosen:
            painter.fillRect(place, theme.sel)
            painter.fillRect(place.x(), place.y(), EDGE, place.height(), theme.accent)
        if self._geometry is None or not self._geometry.has_labels:
            return
        is_low = place.height() <= fonts.px(LEAST_LABELLED + 1)
        font = fonts.small if is_low else fonts.body
        if is_chosen:
            font = fonts.small_medium if is_low else fonts.body_medium
        text = place.adjusted(HEAD_TEXT, 0, -6, -1)
        location = row.place.name if self.shows_location else ""
        small = QFontMetrics(fonts.small)
        taken = min(small.horizontalAdvance(location) + 2, text.width() // 2) if location else 0
        metrics = QFontMetrics(font)
        name = metrics.elidedText(
            row.row.title, Qt.TextElideMode.ElideRight, text.width() - taken - (8 if taken else 0)
        )
        painter.setFont(font)
        painter.setPen(theme.text if row.place.is_live else theme.text2)
        painter.drawText(text, _MIDDLE, name)
        if location:
            painter.setFont(fonts.small)
            painter.setPen(theme.text3)
            shown = small.elidedText(location, Qt.TextElideMode.ElideRight, taken)
            right = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
            painter.drawText(text, right, shown)

    def line_at(self, y: int) -> int | None:
        return self._geometry.line_at(y + self._offset) if self._geometry else None

    def mousePressEvent(self, event: QMouseEvent) -> None:
        line = self.line_at(int(event.position().y()))
        if line is None or self._view is None:
            return
        shown = self._view.lines[line]
        if isinstance(shown, Group) and event.button() is Qt.MouseButton.LeftButton:
            self.toggled.emit(shown.key)
        else:
            self.line_clicked.emit(line)

    def event(self, event: QEvent) -> bool:
        if isinstance(event, QHelpEvent) and event.type() is QEvent.Type.ToolTip:
            line = self.line_at(event.pos().y())
            QToolTip.showText(event.globalPos(), self.tip(line) if line is not None else "", self)
            return True
        return super().event(event)


class DayHeader(QWidget):
    """Months and days, today in a box. `tip` gives the sum of a day."""

    day_clicked = Signal(int)

    def __init__(self, holder: ThemeHolder, parent: QWidget) -> None:
        super().__init__(parent)
        self._holder = holder
        self._view: CalendarView | None = None
        self._zoom = 1
        self._chosen = range(0)
        self._offset = 0
        self.tip: Callable[[int], str] = lambda _day: ""

    def show_days(self, view: CalendarView, zoom: int) -> None:
        self._view, self._zoom = view, zoom
        self.update()

    def set_chosen(self, days: range) -> None:
        """The days that the selection touches."""
        if days != self._chosen:
            self._chosen = days
            self.update()

    def set_offset(self, offset: int) -> None:
        """Scrolled right by so many pixels."""
        self._offset = offset
        self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.translate(-self._offset, 0)
        self._paint(painter, QRect(self._offset, 0, self.width(), self.height()))

    def paint_all(self, painter: QPainter, size: QSize) -> None:
        """All days, from the first on."""
        self._paint(painter, QRect(QPoint(0, 0), size))

    def _paint(self, painter: QPainter, area: QRect) -> None:
        theme = self._holder.current
        painter.fillRect(area, theme.base)
        if self._view is not None:
            first = area.left() // self._zoom
            last = min(self._view.span.days, area.right() // self._zoom + 1)
            self._paint_months(painter, range(first, last), area)
            painter.setFont(self._holder.fonts.tiny)
            for day in range(first, last):
                self._paint_day(painter, day, area.height())
        painter.fillRect(area.left(), area.bottom(), area.width(), 1, theme.border)

    def _paint_months(self, painter: QPainter, days: range, area: QRect) -> None:
        assert self._view is not None
        theme, fonts = self._holder.current, self._holder.fonts
        band = fonts.px(MONTH_BAND)
        painter.setFont(fonts.small_bold)
        metrics = QFontMetrics(fonts.small_bold)
        begins = [d for d in days if d == days.start or self._view.span.day(d).day == 1]
        for begin, end in zip(begins, [*begins[1:], days.stop], strict=True):
            x, right = max(area.left(), begin * self._zoom), end * self._zoom
            if self._view.span.day(begin).day == 1 and begin:
                painter.fillRect(x - 1, 0, 1, area.height(), theme.border)
            text = month_text(self._view.span.day(begin))
            painter.setPen(theme.text)
            for words in (text, text.split()[0], text[:3]):
                if metrics.horizontalAdvance(words) + 8 <= right - x:
                    painter.drawText(x + 4, 0, right - x, band, _MIDDLE, words)
                    break

    def _paint_day(self, painter: QPainter, day: int, height: int) -> None:
        assert self._view is not None
        theme, fonts, zoom = self._holder.current, self._holder.fonts, self._zoom
        date = self._view.span.day(day)
        band = fonts.px(MONTH_BAND)
        place = QRect(day * zoom, band, zoom, height - band - 1)
        is_today = date == self._view.today
        if day in self._chosen:
            painter.fillRect(place, theme.sel)
        elif date.weekday() >= SATURDAY:
            painter.fillRect(place, theme.side)
        metrics = QFontMetrics(fonts.tiny)
        has_all = zoom >= metrics.horizontalAdvance("30") + 3
        if not (has_all or is_today or date.weekday() == MONDAY):
            return
        number = str(date.day)
        width = max(zoom, metrics.horizontalAdvance(number) + 6)
        if not (has_all or is_today) and self._is_near_today(day, width):
            return
        box = QRect(place.center().x() - width // 2, place.y(), width, place.height())
        if is_today:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(theme.accent)
            painter.drawRoundedRect(QRectF(box).adjusted(0, 0, -1, 0), 3, 3)
        letter, figure = QRect(box), QRect(box)
        if has_all:
            letter.setBottom(place.y() + place.height() // 2)
            figure.setTop(letter.bottom() - 1)
            painter.setPen(theme.on_accent if is_today else theme.text2)
            painter.drawText(letter, _CENTRE, LETTERS[date.weekday()])
        painter.setPen(theme.on_accent if is_today else theme.text)
        painter.drawText(figure, _CENTRE, number)

    def _is_near_today(self, day: int, width: int) -> bool:
        """Its number would lie under that of today."""
        today = self._today_place()
        return today is not None and abs(day - today) * self._zoom < width

    def _today_place(self) -> int | None:
        return self._view.span.place(self._view.today) if self._view else None

    def day_at(self, x: int) -> int | None:
        if self._view is None:
            return None
        day = (x + self._offset) // self._zoom
        return day if 0 <= day < self._view.span.days else None

    def mousePressEvent(self, event: QMouseEvent) -> None:
        day = self.day_at(int(event.position().x()))
        if day is not None:
            self.day_clicked.emit(day)

    def event(self, event: QEvent) -> bool:
        if isinstance(event, QHelpEvent) and event.type() is QEvent.Type.ToolTip:
            day = self.day_at(event.pos().x())
            QToolTip.showText(event.globalPos(), self.tip(day) if day is not None else "", self)
            return True
        return super().event(event)
