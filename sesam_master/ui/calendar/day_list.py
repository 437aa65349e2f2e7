"""The day beside the sheet: its sum with coverage, its occurrences in order, and what can be
done."""

from collections.abc import Callable, Sequence
from datetime import datetime, tzinfo

from PySide6.QtCore import QModelIndex, QPoint, QRect, QSize, Qt, Signal
from PySide6.QtGui import QFontMetrics, QPainter, QPaintEvent
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QListView,
    QPushButton,
    QSizePolicy,
    QStackedLayout,
    QVBoxLayout,
    QWidget,
)

from sesam_master.core.sheet import RowKind
from sesam_master.core.states import SEVERITY, WORDS, JobState
from sesam_master.ui.calendar.day_presenter import DayRow
from sesam_master.ui.calendar.day_rows import DayRowDelegate, DayRows
from sesam_master.ui.formatting import number_text
from sesam_master.ui.icons import icon
from sesam_master.ui.results.actions import Offer
from sesam_master.ui.signs import SignAtlas
from sesam_master.ui.theme import ThemeHolder
from sesam_master.ui.widgets.elided_label import ElidedLabel

WIDTH = 264
LEAST_WIDTH = 180
SIGN = 13


class StateCounts(QWidget):
    """Signs with their numbers, worst first."""

    def __init__(self, holder: ThemeHolder) -> None:
        super().__init__()
        self._holder = holder
        self._signs = SignAtlas(holder)
        self._counts: dict[JobState, int] = {}
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        holder.changed.connect(self.update)

    def set_counts(self, counts: dict[JobState, int]) -> None:
        self._counts = {s: counts[s] for s in SEVERITY if counts.get(s)}
        words = ", ".join(f"{n} {WORDS[s]}" for s, n in self._counts.items())
        self.setAccessibleName(words)
        self.setToolTip(words)
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(100, QFontMetrics(self._holder.fonts.small).height() + 8)

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        fonts, ratio = self._holder.fonts, self.devicePixelRatioF()
        metrics = QFontMetrics(fonts.small)
        painter.setFont(fonts.small)
        painter.setPen(self._holder.current.text)
        x = 0
        for state, count in self._counts.items():
            text = number_text(count)
            width = metrics.horizontalAdvance(text) + 2
            if x + SIGN + 4 + width > self.width():
                break
            sign = self._signs.state(state, SIGN, ratio)
            painter.drawPixmap(x, (self.height() - SIGN) // 2, sign)
            box = QRect(x + SIGN + 4, 0, width, self.height())
            painter.drawText(box, Qt.AlignmentFlag.AlignVCenter, text)
            x = box.right() + 10


class DayList(QWidget):
    """`activated` and `menu_wanted` carry the row; `offers` says what can be done with it."""

    activated = Signal(object)
    menu_wanted = Signal(object, QPoint)

    def __init__(
        self,
        holder: ThemeHolder,
        zone: tzinfo,
        clock: Callable[[], datetime],
        offers: Callable[[DayRow], Sequence[Offer]],
    ) -> None:
        super().__init__()
        self._holder = holder
        self._offers = offers
        self._title = ElidedLabel(holder, "", "heading")
        self._about = ElidedLabel(holder, "", "secondary")
        self._stand = ElidedLabel(holder, "", "secondary")
        self._counts = StateCounts(holder)
        self.model = DayRows(zone, clock, self)
        self.list = QListView()
        self._note = ElidedLabel(holder, "", "secondary")
        self._buttons = QHBoxLayout()
        self._shown: list[QPushButton] = []
        self._lay_out()
        holder.changed.connect(self.list.doItemsLayout)

    def show_day(
        self,
        title: str,
        about: str,
        stand: str,
        counts: dict[JobState, int],
        rows: Sequence[DayRow],
        note: str,
    ) -> None:
        """`about` says when the day is or was, `stand` on how many locations it stands; `note` is
        shown in place of rows when there are none."""
        self._title.set_text(title)
        self._about.set_text(about)
        self._stand.set_text(stand)
        self._counts.set_counts(counts)
        chosen = self.current()
        locations = {row.occurrence.location_id for row in rows}
        self.model.set_rows(rows, len(locations) > 1)
        if chosen is not None:
            self.list.setCurrentIndex(self.model.place_of(chosen.occurrence.key))
        self._note.set_text(note)
        self._stack.setCurrentIndex(0 if rows else 1)
        self._show_offers()

    def choose(self, key: tuple[RowKind, str]) -> None:
        """Puts the worst occurrence of a row of the sheet in focus."""
        rows = [row for row in self.model.rows if row.occurrence.row_key == key]
        current = self.current()
        if not rows or (current is not None and current.occurrence.row_key == key):
            return
        worst = min(rows, key=lambda row: SEVERITY.index(row.state))
        index = self.model.place_of(worst.occurrence.key)
        self.list.setCurrentIndex(index)
        self.list.scrollTo(index)

    def current(self) -> DayRow | None:
        return self.model.row(self.list.currentIndex())

    def _lay_out(self) -> None:
        self.setProperty("surface", "base")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.setMinimumWidth(LEAST_WIDTH)
        self.list.setModel(self.model)
        self.list.setItemDelegate(DayRowDelegate(self._holder, self.model))
        self.list.setFrameShape(QFrame.Shape.NoFrame)
        self.list.setMouseTracking(True)
        self.list.setAccessibleName("Runs of the day")
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.list.setVerticalScrollMode(QListView.ScrollMode.ScrollPerPixel)
        self.list.setResizeMode(QListView.ResizeMode.Adjust)
        self.list.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.list.customContextMenuRequested.connect(self._want_menu)
        self.list.activated.connect(self._activate)
        self.list.selectionModel().currentChanged.connect(self._show_offers)
        head = QVBoxLayout()
        head.setContentsMargins(14, 12, 10, 4)
        head.setSpacing(2)
        for widget in (self._title, self._about, self._stand, self._counts):
            head.addWidget(widget)
        empty = QWidget()
        middle = QVBoxLayout(empty)
        middle.setContentsMargins(14, 8, 10, 8)
        middle.addWidget(self._note)
        middle.addStretch(1)
        place = QWidget()
        self._stack = QStackedLayout(place)
        self._stack.addWidget(self.list)
        self._stack.addWidget(empty)
        self._stack.setCurrentIndex(1)
        self._buttons.setContentsMargins(14, 8, 10, 8)
        self._buttons.setSpacing(8)
        line = QFrame()
        line.setProperty("line", True)
        self._foot = QWidget()
        foot = QVBoxLayout(self._foot)
        foot.setContentsMargins(0, 0, 0, 0)
        foot.setSpacing(0)
        foot.addWidget(line)
        foot.addLayout(self._buttons)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addLayout(head)
        column.addWidget(place, 1)
        column.addWidget(self._foot)

    def _show_offers(self) -> None:
        for button in self._shown:
            button.hide()
            button.deleteLater()
        while self._buttons.takeAt(0) is not None:
            pass
        row = self.current()
        self._shown = []
        for offer in self._offers(row) if row is not None else ():
            if not offer.is_main:
                continue
            button = QPushButton(icon(offer.icon, self._holder), offer.text)
            button.setEnabled(offer.reason is None)
            button.setToolTip(offer.reason or "")
            button.clicked.connect(lambda _=False, run=offer.run: run())
            self._buttons.addWidget(button)
            self._shown.append(button)
        self._buttons.addStretch(1)
        self._foot.setVisible(bool(self._shown))

    def _activate(self, index: QModelIndex) -> None:
        row = self.model.row(index)
        if row is not None:
            self.activated.emit(row)

    def _want_menu(self, point: QPoint) -> None:
        row = self.model.row(self.list.indexAt(point))
        if row is not None:
            self.menu_wanted.emit(row, self.list.viewport().mapToGlobal(point))
