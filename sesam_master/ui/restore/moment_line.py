"""The savesets of a task on a line, oldest left: boxes, dots, frames around chains."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo

from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QFontMetrics,
    QHelpEvent,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QWheelEvent,
)
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from sesam_master.core.finding import chain_roots, is_usable
from sesam_master.core.records import BackupType, Saveset
from sesam_master.core.savesets import lineage
from sesam_master.core.states import JobState
from sesam_master.ui.formatting import day_text, far_moment_text, number_text
from sesam_master.ui.restore.sentences import moment_words
from sesam_master.ui.signs import paint_state
from sesam_master.ui.theme import ThemeHolder

CELL, BOX, DOT, FRAME, SIDE, ENDS = 36, 18, 4, 28, 16, 84
_BOXED = (BackupType.FULL, BackupType.DIFF)
_STEPS = {Qt.Key.Key_Left: -1, Qt.Key.Key_Right: 1, Qt.Key.Key_PageUp: -10, Qt.Key.Key_PageDown: 10}
_MIDDLE = Qt.AlignmentFlag.AlignVCenter


@dataclass(frozen=True, slots=True)
class _Seen:
    """What fits: the first saveset that is shown, how many, and where their cells begin."""

    first: int
    count: int
    left: float


class MomentLine(QWidget):
    """Left and Right, Home and End, and a click choose one that can be restored. Those that do not
    fit are counted at the ends; a click there, or the wheel, moves the line."""

    chosen = Signal(object)  # a Saveset
    more_requested = Signal()

    def __init__(self, holder: ThemeHolder, zone: tzinfo, clock: Callable[[], datetime]) -> None:
        super().__init__()
        self._holder = holder
        self._zone = zone
        self._clock = clock
        self._savesets: list[Saveset] = []
        self._roots: dict[str, str] = {}
        self._needed: frozenset[str] = frozenset()
        self._chosen = ""
        self._has_more = False
        self._shift = 0  # savesets that the line was moved towards the older ones
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName("Moment: the savesets of the task, oldest first")
        holder.changed.connect(self.updateGeometry)
        holder.changed.connect(self.update)

    def show_savesets(self, newest_first: Sequence[Saveset], has_more: bool) -> None:
        """All that are known; with `has_more` there are older ones."""
        was_here = self._chosen in self._roots
        self._savesets = sorted(newest_first, key=lambda saveset: saveset.start_time)
        self._has_more = has_more
        self._roots = chain_roots(self._savesets)
        self._mark(is_new=not was_here)

    def choose(self, saveset: Saveset | None) -> None:
        """Show this one as chosen."""
        name = saveset.name if saveset is not None else ""
        is_new, self._chosen = name != self._chosen, name
        self._mark(is_new)

    def sizeHint(self) -> QSize:
        fonts = self._holder.fonts
        line = QFontMetrics(fonts.small_bold).height()
        return QSize(fonts.px(300), fonts.px(FRAME) + 2 * line + fonts.px(14))

    def minimumSizeHint(self) -> QSize:
        return QSize(1, self.sizeHint().height())

    def event(self, event: QEvent) -> bool:
        """The saveset under the pointer says what it is."""
        if isinstance(event, QHelpEvent) and event.type() is QEvent.Type.ToolTip:
            found = self._at(QPointF(event.pos()))
            QToolTip.showText(event.globalPos(), self._words(found) if found else "", self)
            return True
        return super().event(event)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        seen, x = self._seen(), event.position().x()
        found = self._at(event.position())
        if found is not None:
            self._pick(found)
        elif seen.first and x < seen.left:
            self._move(seen.count)
        elif seen.first + seen.count < len(self._savesets) and x > seen.left:
            self._move(-seen.count)
        elif self._has_more and x < seen.left:
            self.more_requested.emit()

    def wheelEvent(self, event: QWheelEvent) -> None:
        turned = event.angleDelta().y() or -event.angleDelta().x()
        self._move(3 if turned > 0 else -3)
        event.accept()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        key = Qt.Key(event.key())
        usable = [saveset for saveset in self._savesets if is_usable(saveset)]
        places = {saveset.name: place for place, saveset in enumerate(usable)}
        here = places.get(self._chosen, len(usable))
        if key in (Qt.Key.Key_Home, Qt.Key.Key_End) and usable:
            self._pick(usable[0 if key == Qt.Key.Key_Home else -1])
        elif key in _STEPS and usable:
            self._pick(usable[min(len(usable) - 1, max(0, here + _STEPS[key]))])
            if here + _STEPS[key] < 0 and self._has_more:
                self.more_requested.emit()
        else:
            super().keyPressEvent(event)

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        seen = self._seen()
        shown = list(enumerate(self._savesets))[seen.first : seen.first + seen.count]
        self._paint_frames(painter, [place for place, _ in shown])
        for place, saveset in shown:
            self._paint_one(painter, self._cell(place), saveset)
        self._paint_days(painter, shown)
        self._paint_ends(painter, seen)
        for place, saveset in shown:
            if saveset.name == self._chosen:
                self._paint_callout(painter, self._cell(place), saveset)

    # -- what lies where

    def _seen(self) -> _Seen:
        px = self._holder.fonts.px
        number, cell = len(self._savesets), px(CELL)
        room = self.width() - 2 * px(SIDE)
        left = px(SIDE) + (px(ENDS) if self._has_more else 0)
        if number * cell <= room - (left - px(SIDE)):
            return _Seen(0, number, left)
        fitting = max(1, (room - 2 * px(ENDS)) // cell)
        last = max(fitting, min(number, number - self._shift))
        return _Seen(last - fitting, fitting, px(SIDE) + px(ENDS))

    def _cell(self, place: int) -> QRectF:
        fonts, seen = self._holder.fonts, self._seen()
        top = QFontMetrics(fonts.small_bold).height() + fonts.px(8)
        x = seen.left + (place - seen.first) * fonts.px(CELL)
        return QRectF(x, top, fonts.px(CELL), fonts.px(FRAME))

    def _at(self, spot: QPointF) -> Saveset | None:
        seen = self._seen()
        for place in range(seen.first, seen.first + seen.count):
            if self._cell(place).contains(spot):
                return self._savesets[place]
        return None

    def _mark(self, is_new: bool) -> None:
        """Says the chosen one and what it needs; brings it into view if it is new here."""
        places = {saveset.name: place for place, saveset in enumerate(self._savesets)}
        place = places.get(self._chosen)
        self._needed = frozenset()
        if place is not None:
            seen = self._seen()
            if is_new and not seen.first <= place < seen.first + seen.count:
                self._shift = max(0, len(self._savesets) - place - 1 - seen.count // 2)
            chosen = self._savesets[place]
            self._needed = frozenset(one.name for one in lineage(chosen, self._savesets).chain)
        self._say(None if place is None else self._savesets[place])
        self.update()

    def _move(self, step: int) -> None:
        seen = self._seen()
        self._shift = min(max(0, self._shift + step), max(0, len(self._savesets) - seen.count))
        if seen.first == 0 and step > 0 and self._has_more:
            self.more_requested.emit()
        self.update()

    def _pick(self, saveset: Saveset) -> None:
        if is_usable(saveset) and saveset.name != self._chosen:
            self.choose(saveset)
            self.chosen.emit(saveset)

    def _say(self, chosen: Saveset | None) -> None:
        more = "more than " if self._has_more else ""
        words = f"{more}{len(self._savesets)} savesets"
        if chosen is not None:
            needed = f", needs {len(self._needed)} savesets" if len(self._needed) > 1 else ""
            words = f"{self._words(chosen)} is chosen{needed}; {words}"
        self.setAccessibleDescription(words)

    def _words(self, saveset: Saveset) -> str:
        words = moment_words(saveset, self._zone, self._clock())
        if is_usable(saveset):
            return words
        return f"{words}, cannot be restored whole: {saveset.damage or 'it is damaged'}"

    # -- paint

    def _paint_frames(self, painter: QPainter, places: Sequence[int]) -> None:
        theme = self._holder.current
        chosen = self._roots.get(self._chosen)
        start = 0
        for end in range(1, len(places) + 1):
            root = self._roots[self._savesets[places[start]].name]
            if end < len(places) and self._roots[self._savesets[places[end]].name] == root:
                continue
            first, last = self._cell(places[start]), self._cell(places[end - 1])
            is_here = root == chosen
            painter.setPen(QPen(theme.accent if is_here else theme.border, 1))
            painter.setBrush(theme.sel if is_here else theme.base)
            painter.drawRoundedRect(first.united(last).adjusted(1.5, 0.5, -1.5, -0.5), 4, 4)
            start = end

    def _paint_one(self, painter: QPainter, cell: QRectF, saveset: Saveset) -> None:
        theme, fonts = self._holder.current, self._holder.fonts
        middle, is_needed = cell.center(), saveset.name in self._needed
        half = fonts.px(BOX) / 2
        box = QRectF(middle.x() - half, middle.y() - half, 2 * half, 2 * half)
        if not is_usable(saveset):
            paint_state(painter, JobState.ERROR, box.adjusted(2, 2, -2, -2), theme)
        elif saveset.type in _BOXED:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(theme.accent if is_needed else theme.text2)
            painter.drawRoundedRect(box, 3, 3)
            painter.setFont(fonts.small_bold)
            painter.setPen(theme.on_accent if is_needed else theme.base)
            painter.drawText(box, Qt.AlignmentFlag.AlignCenter, saveset.type.value)
        else:
            colour = theme.accent if is_needed else theme.text2
            is_copy = saveset.type is BackupType.COPY
            painter.setPen(QPen(colour, 1.6) if is_copy else Qt.PenStyle.NoPen)
            painter.setBrush(Qt.BrushStyle.NoBrush if is_copy else colour)
            painter.drawEllipse(middle, fonts.px(DOT), fonts.px(DOT))
        if saveset.name == self._chosen:
            painter.setPen(QPen(theme.focus if self.hasFocus() else theme.accent, 2))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            half += 4
            ring = QRectF(middle.x() - half, cell.top() - 2, 2 * half, cell.height() + 4)
            painter.drawRoundedRect(ring, 4, 4)

    def _paint_days(self, painter: QPainter, shown: Sequence[tuple[int, Saveset]]) -> None:
        """The day of each FULL, and of the first, where there is room."""
        fonts = self._holder.fonts
        metrics = QFontMetrics(fonts.small)
        painter.setFont(fonts.small)
        painter.setPen(self._holder.current.text2)
        end = 0.0
        for number, (place, saveset) in enumerate(shown):
            if number and saveset.type is not BackupType.FULL:
                continue
            cell = self._cell(place)
            day = day_text(saveset.start_time.astimezone(self._zone).date()).partition(" ")[2]
            width = metrics.horizontalAdvance(day)
            x = max(0.0, cell.center().x() - width / 2)
            if x >= end:
                room = QRectF(x, cell.bottom() + 4, width + 2, metrics.height())
                painter.drawText(room, _MIDDLE, day)
                end = x + width + 10

    def _paint_ends(self, painter: QPainter, seen: _Seen) -> None:
        px, fonts = self._holder.fonts.px, self._holder.fonts
        after = len(self._savesets) - seen.first - seen.count
        painter.setFont(fonts.small)
        painter.setPen(self._holder.current.link)
        cell = self._cell(seen.first)
        if seen.first or self._has_more:
            count = number_text(seen.first) + ("+" if self._has_more else "")
            text = f"{count} older" if seen.first else "older …"
            painter.drawText(QRectF(px(SIDE), cell.top(), px(ENDS), cell.height()), _MIDDLE, text)
        if after:
            x = seen.left + seen.count * px(CELL) + 6
            room = QRectF(x, cell.top(), px(ENDS), cell.height())
            painter.drawText(room, _MIDDLE, f"{number_text(after)} newer")

    def _paint_callout(self, painter: QPainter, cell: QRectF, saveset: Saveset) -> None:
        theme, fonts = self._holder.current, self._holder.fonts
        metrics = QFontMetrics(fonts.small_bold)
        year = self._clock().astimezone(self._zone).year
        text = far_moment_text(saveset.start_time, self._zone, year)
        width = metrics.horizontalAdvance(text) + 14
        x = min(max(2.0, cell.center().x() - width / 2), self.width() - width - 2)
        box = QRectF(x, 1, width, metrics.height() + 3)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(theme.accent)
        painter.drawRoundedRect(box, 4, 4)
        painter.setPen(theme.on_accent)
        painter.setFont(fonts.small_bold)
        painter.drawText(box, Qt.AlignmentFlag.AlignCenter, text)
