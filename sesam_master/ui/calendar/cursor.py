"""The cell with the focus and the chosen rectangle, kept by identity while lines come and go."""

from calendar import monthrange
from dataclasses import dataclass, field
from datetime import date, timedelta

from PySide6.QtCore import Qt

from sesam_master.core.calendar import CalendarRow, CalendarView, Group, Line

LineKey = tuple[object, ...]
Spot = tuple[int, int]  # line, place of the day
WEEK = 7
SUNDAY = 6


def line_key(line: Line) -> LineKey:
    """What stays the same when the lines are made anew."""
    return ("group", line.key) if isinstance(line, Group) else line.key


@dataclass(slots=True)
class Cursor:
    """`spot` has the focus, `anchor` is the other corner of the chosen rectangle; both None while
    nothing is chosen or its line is not seen any more."""

    view: CalendarView
    spot: Spot | None = None
    anchor: Spot | None = None
    _places: dict[LineKey, int] = field(default_factory=dict)

    def take(self, view: CalendarView) -> None:
        """Another view: what is chosen stays chosen as far as it is still there."""
        old, spot, anchor = self.view, self.spot, self.anchor
        self.view, self._places = view, {}
        self.spot = self._found(old, spot)
        self.anchor = self._found(old, anchor) if self.spot else None
        if self.anchor is None:
            self.anchor = self.spot

    def put(self, spot: Spot | None, extends: bool = False) -> None:
        """Moves to a cell; `extends` keeps the other corner."""
        self.spot = spot
        if not extends or self.anchor is None or spot is None:
            self.anchor = spot

    @property
    def lines(self) -> range:
        """The lines of the rectangle."""
        if self.spot is None or self.anchor is None:
            return range(0)
        low, high = sorted((self.spot[0], self.anchor[0]))
        return range(low, high + 1)

    @property
    def days(self) -> range:
        """The days of the rectangle, as places in the span."""
        if self.spot is None or self.anchor is None:
            return range(0)
        low, high = sorted((self.spot[1], self.anchor[1]))
        return range(low, high + 1)

    def rows(self) -> list[CalendarRow]:
        """The chosen rows; those under a chosen head only if they are seen."""
        return [
            line
            for line in self.view.lines[self.lines.start : self.lines.stop]
            if isinstance(line, CalendarRow)
        ]

    def place_of(self, key: LineKey) -> int | None:
        """Where a line is now."""
        if not self._places:
            self._places = {line_key(line): n for n, line in enumerate(self.view.lines)}
        return self._places.get(key)

    def _found(self, old: CalendarView, spot: Spot | None) -> Spot | None:
        if spot is None or spot[0] >= len(old.lines):
            return None
        key = line_key(old.lines[spot[0]])
        is_there = spot[0] < len(self.view.lines) and line_key(self.view.lines[spot[0]]) == key
        line = spot[0] if is_there else self.place_of(key)
        day = self.view.span.place(old.span.day(spot[1]))
        return None if line is None or day is None else (line, day)


def moved(
    view: CalendarView, spot: Spot | None, key: int, ctrl: bool, page_lines: int
) -> Spot | None:
    """Where a key leads: by cell, week and month; with Ctrl by head, page and to the corners.
    None: the key moves nothing."""
    last_line, last_day = len(view.lines) - 1, view.span.days - 1
    if last_line < 0:
        return None
    if spot is None:
        spot = (0, view.span.place(view.today) or 0)
        return spot if key in _STEPS or key in _FAR else None
    line, day = spot
    if key in _STEPS:
        down, right = _STEPS[key]
        if ctrl and down:
            line = _next_head(view, line, down)
        else:
            line += down
            day += right * (WEEK if ctrl else 1)
    elif ctrl and key in _FAR:
        line, day = _far(key, line, day, page_lines, (last_line, last_day))
    elif key in _FAR:
        day += _far_days(key, view.span.day(day))
    else:
        return None
    return (min(last_line, max(0, line)), min(last_day, max(0, day)))


_STEPS: dict[int, Spot] = {
    Qt.Key.Key_Up: (-1, 0),
    Qt.Key.Key_Down: (1, 0),
    Qt.Key.Key_Left: (0, -1),
    Qt.Key.Key_Right: (0, 1),
}
_FAR = frozenset({Qt.Key.Key_Home, Qt.Key.Key_End, Qt.Key.Key_PageUp, Qt.Key.Key_PageDown})


def _far(key: int, line: int, day: int, page_lines: int, last: Spot) -> Spot:
    if key == Qt.Key.Key_Home:
        return (0, 0)
    if key == Qt.Key.Key_End:
        return last
    return (line + (-page_lines if key == Qt.Key.Key_PageUp else page_lines), day)


def _far_days(key: int, day: date) -> int:
    """Home and End go to the edge of the week, or of the next one; PgUp and PgDn by a month."""
    if key == Qt.Key.Key_Home:
        return -(day.weekday() or WEEK)
    if key == Qt.Key.Key_End:
        return SUNDAY - day.weekday() or WEEK
    return (month_later(day, -1 if key == Qt.Key.Key_PageUp else 1) - day).days


def month_later(day: date, months: int) -> date:
    """The same day so many months later, or the last one of a shorter month."""
    number = day.year * 12 + day.month - 1 + months
    year, month = number // 12, number % 12 + 1
    return date(year, month, min(day.day, monthrange(year, month)[1]))


def _next_head(view: CalendarView, line: int, step: int) -> int:
    place = line + step
    while 0 <= place < len(view.lines) and not isinstance(view.lines[place], Group):
        place += step
    return place if 0 <= place < len(view.lines) else line


def days_between(first: date, last: date) -> int:
    """Both included."""
    return (last - first) // timedelta(days=1) + 1
