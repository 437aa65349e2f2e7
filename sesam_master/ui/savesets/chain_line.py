"""A chain of savesets as a line of boxes: what one builds on, it itself, and what builds on it."""

from dataclasses import dataclass
from itertools import pairwise

from PySide6.QtCore import QEvent, QPoint, QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFontMetrics, QHelpEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from sesam_master.core.records import BackupType, Saveset
from sesam_master.core.savesets import Lineage
from sesam_master.core.states import JobState
from sesam_master.ui.formatting import UNKNOWN, day_text
from sesam_master.ui.results.facts import TYPE_WORDS
from sesam_master.ui.results.rows import sesam_date
from sesam_master.ui.theme import ThemeHolder

BOX, GAP, SIDE, RADIUS = 22, 12, 16, 4
_WHOLE = (BackupType.FULL, BackupType.COPY)


@dataclass(frozen=True, slots=True)
class _Box:
    saveset: Saveset
    rect: QRectF
    is_chosen: bool
    is_builder: bool


class ChainLine(QWidget):
    """One box for each: the letter of its type and, below, its sesam day where there is room. The
    chosen one is tinted; where not all fit, those around it stand and the others are counted."""

    def __init__(self, holder: ThemeHolder) -> None:
        super().__init__()
        self._holder = holder
        self._lineage: Lineage | None = None
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        holder.changed.connect(self.updateGeometry)
        holder.changed.connect(self.update)
        self.setAccessibleName("Chain")

    def show_lineage(self, found: Lineage | None) -> None:
        """None: nothing is known of it."""
        self._lineage = found
        self.setAccessibleDescription(chain_words(found) if found else "")
        self.setVisible(found is not None)
        self.update()

    def sizeHint(self) -> QSize:
        fonts = self._holder.fonts
        height = fonts.px(BOX) + QFontMetrics(fonts.small).height() + fonts.px(12)
        return QSize(fonts.px(200), height)

    def minimumSizeHint(self) -> QSize:
        return QSize(1, self.sizeHint().height())

    def event(self, event: QEvent) -> bool:
        """The saveset under the pointer says what it is."""
        if isinstance(event, QHelpEvent) and event.type() is QEvent.Type.ToolTip:
            words = self._words_at(event.pos())
            QToolTip.showText(event.globalPos(), words, self)
            return True
        return super().event(event)

    def paintEvent(self, _event: QPaintEvent) -> None:
        boxes, before, after = self._boxes()
        if not boxes:
            return
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        theme = self._holder.current
        middle = boxes[0].rect.center().y()
        for left, right in pairwise(boxes):
            is_dashed = right.is_builder and not left.is_builder
            style = Qt.PenStyle.DashLine if is_dashed else Qt.PenStyle.SolidLine
            painter.setPen(QPen(theme.control, 1, style))
            painter.drawLine(QPointF(left.rect.right(), middle), QPointF(right.rect.left(), middle))
        days = self._days_said(boxes)
        for box in boxes:
            self._paint_box(painter, box, has_day=box in days)
        self._paint_counts(painter, boxes, before, after)

    def _paint_box(self, painter: QPainter, box: _Box, *, has_day: bool) -> None:
        theme, fonts = self._holder.current, self._holder.fonts
        kind = box.saveset.type
        is_whole = kind in _WHOLE
        fill = theme.sel if box.is_chosen else theme.side if is_whole else theme.base
        edge = QPen(theme.accent, 2) if box.is_chosen else QPen(theme.control, 1)
        if box.saveset.damage:
            edge = QPen(_word(self._holder), 2)
        painter.setPen(edge)
        painter.setBrush(fill)
        painter.drawRoundedRect(box.rect, RADIUS, RADIUS)
        painter.setPen(theme.text if box.is_chosen or is_whole else theme.text2)
        painter.setFont(fonts.body_medium if box.is_chosen or is_whole else fonts.body)
        letter = kind.value if kind else UNKNOWN
        painter.drawText(box.rect, Qt.AlignmentFlag.AlignCenter, letter)
        if not has_day:
            return
        painter.setPen(theme.text2)
        painter.setFont(fonts.small)
        day = day_text(sesam_date(box.saveset.sesam_day)).partition(" ")[2]
        below = QRectF(box.rect.center().x() - 40, box.rect.bottom() + 2, 80, 40)
        painter.drawText(below, Qt.AlignmentFlag.AlignHCenter | Qt.AlignmentFlag.AlignTop, day)

    def _days_said(self, boxes: list[_Box]) -> list[_Box]:
        """That of the chosen one, and of whole ones where they are not too near to another."""
        said = [box for box in boxes if box.is_chosen]
        for box in boxes:
            near = self._holder.fonts.px(3 * (BOX + GAP) / 2)
            is_free = all(abs(box.rect.x() - other.rect.x()) > near for other in said)
            if is_free and box.saveset.type in _WHOLE:
                said.append(box)
        return said

    def _paint_counts(self, painter: QPainter, boxes: list[_Box], before: int, after: int) -> None:
        theme, fonts = self._holder.current, self._holder.fonts
        painter.setPen(theme.text2)
        painter.setFont(fonts.small)
        first, last = boxes[0].rect, boxes[-1].rect
        middle = Qt.AlignmentFlag.AlignVCenter
        if before:
            room = QRectF(0, first.top(), first.left() - 4, first.height())
            painter.drawText(room, middle | Qt.AlignmentFlag.AlignRight, f"{before} more")
        if after:
            room = QRectF(last.right() + 6, last.top(), 90, last.height())
            painter.drawText(room, middle | Qt.AlignmentFlag.AlignLeft, f"{after} more")

    def _boxes(self) -> tuple[list[_Box], int, int]:
        """The boxes that fit, and how many stand before and after them."""
        found = self._lineage
        if found is None:
            return [], 0, 0
        all_of = [*found.chain, *found.builders]
        here = len(found.chain) - 1
        fonts = self._holder.fonts
        size, gap, side = fonts.px(BOX), fonts.px(GAP), fonts.px(SIDE)
        room = self.width() - 2 * side
        fitting = max(1, int((room + gap) // (size + gap)))
        first, last = 0, len(all_of)
        if len(all_of) > fitting:
            words = fonts.px(60)
            fitting = max(1, int((room - 2 * words + gap) // (size + gap)))
            first = max(0, min(here - fitting // 2, len(all_of) - fitting))
            last = first + fitting
            side += words
        boxes = []
        for place, saveset in enumerate(all_of[first:last]):
            rect = QRectF(side + place * (size + gap), fonts.px(4), size, size)
            number = first + place
            boxes.append(_Box(saveset, rect, number == here, number > here))
        return boxes, first, len(all_of) - last

    def _words_at(self, place: QPoint) -> str:
        for box in self._boxes()[0]:
            if box.rect.contains(place):
                what = _words(box.saveset)
                return f"{what}\n{box.saveset.name}" + (
                    f"\n{box.saveset.damage}" if box.saveset.damage else ""
                )
        return ""


def chain_words(found: Lineage) -> str:
    """The same in words: builds on full of Sun 1 Nov and 2 more; 3 savesets build on it."""
    below = found.chain[:-1]
    parts = []
    if found.missing_base:
        parts.append(f"its base {found.missing_base} is not there")
    elif below:
        more = f" and {len(below) - 1} more" if len(below) > 1 else ""
        parts.append(f"builds on the {_words(below[0])}{more}")
    else:
        parts.append("builds on nothing")
    builders = len(found.builders)
    if builders:
        newest = _words(found.builders[-1])
        verb = "saveset builds" if builders == 1 else "savesets build"
        parts.append(f"{builders} {verb} on it, the newest is the {newest}")
    else:
        parts.append("nothing builds on it")
    return "; ".join(parts)


def _words(saveset: Saveset) -> str:
    kind = TYPE_WORDS[saveset.type].lower() if saveset.type else "saveset"
    return f"{kind} of {day_text(sesam_date(saveset.sesam_day))}"


def _word(holder: ThemeHolder) -> QColor:
    return holder.current.states[JobState.ERROR].word
