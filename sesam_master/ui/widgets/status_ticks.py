"""One tick per location in the status bar: the fleet's connections at a glance."""

from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

from PySide6.QtCore import QEvent, QRect, QSize, Qt, Signal
from PySide6.QtGui import QHelpEvent, QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from sesam_master.core.states import CONNECTION_WORDS, Connection
from sesam_master.ui.theme import Theme, ThemeHolder

PITCH = 6
GAP = 2
TICK_HEIGHT = 10
WIDEST = 180
_ORDER = (Connection.ON, Connection.STALE, Connection.BROKEN, Connection.OFF)


class Tick(NamedTuple):
    """One location. Several may have the same name. `is_silent`: its silence is expected."""

    location_id: str
    name: str
    connection: Connection
    is_silent: bool = False

    @property
    def shown(self) -> Connection:
        """Nothing that is expected is drawn as broken."""
        is_quiet = self.is_silent and self.connection is Connection.BROKEN
        return Connection.STALE if is_quiet else self.connection

    @property
    def words(self) -> str:
        maintenance = ", in maintenance" if self.is_silent else ""
        return f"{self.name}: {CONNECTION_WORDS[self.connection].lower()}{maintenance}"


class StatusTicks(QWidget):
    """`location_clicked` carries a location id.

    Solid: on. Dotted: stale. Red with a gap: broken. Hollow: off. On first, off last.

    With more locations than fit, neighbours share a tick, drawn as the worse of them.
    """

    location_clicked = Signal(str)

    def __init__(self, holder: ThemeHolder, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._holder = holder
        self._ticks: list[Tick] = []
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        holder.changed.connect(self.update)

    def set_locations(self, locations: Sequence[Tick]) -> None:
        """All locations of the desk."""
        self._ticks = sorted(locations, key=lambda tick: _ORDER.index(tick.shown))
        numbers = Counter(tick.connection for tick in self._ticks)
        counts = [f"{numbers[kind]} {CONNECTION_WORDS[kind].lower()}" for kind in _ORDER]
        self.setAccessibleName(f"Locations: {', '.join(counts)}")
        self.updateGeometry()
        self.update()

    def sizeHint(self) -> QSize:
        """A tick each, up to a limit."""
        return QSize(min(WIDEST, PITCH * len(self._ticks)), TICK_HEIGHT + 4)

    def minimumSizeHint(self) -> QSize:
        """All of it or less."""
        return QSize(0, TICK_HEIGHT + 4)

    def paintEvent(self, _event: QPaintEvent) -> None:
        """The ticks."""
        painter = QPainter(self)
        top = (self.height() - TICK_HEIGHT) // 2
        for place, group in enumerate(self._groups()):
            worst = max((tick.shown for tick in group), key=_ORDER.index)
            left = place * self._pitch()
            width = max(1, self._pitch() - GAP)
            _paint_tick(painter, worst, QRect(left, top, width, TICK_HEIGHT), self._holder.current)

    def event(self, event: QEvent) -> bool:
        """The tooltip names the locations of the tick under the pointer."""
        if isinstance(event, QHelpEvent) and event.type() == QEvent.Type.ToolTip:
            group = self._group_at(event.pos().x())
            lines = "\n".join(tick.words for tick in group)
            QToolTip.showText(event.globalPos(), lines, self)
            return True
        return super().event(event)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """A click asks for the location, when the tick stands for one."""
        group = self._group_at(round(event.position().x()))
        if len(group) == 1 and event.button() == Qt.MouseButton.LeftButton:
            self.location_clicked.emit(group[0].location_id)

    def _pitch(self) -> int:
        room = self.width() or WIDEST
        return max(2, min(PITCH, room // max(1, len(self._ticks))))

    def _groups(self) -> list[list[Tick]]:
        places = max(1, (self.width() or WIDEST) // self._pitch())
        size = -(-len(self._ticks) // places) or 1
        return [self._ticks[at : at + size] for at in range(0, len(self._ticks), size)]

    def _group_at(self, x: int) -> list[Tick]:
        groups, place = self._groups(), x // self._pitch()
        return groups[place] if 0 <= place < len(groups) else []


def _paint_tick(painter: QPainter, kind: Connection, tick: QRect, theme: Theme) -> None:
    colours = theme.connection(kind)
    if kind is Connection.ON:
        painter.fillRect(tick, colours.word)
    elif kind is Connection.STALE:
        for y in range(tick.top(), tick.bottom() + 1, 2):
            for x in range(tick.left(), tick.right() + 1, 2):
                painter.fillRect(x, y, 1, 1, colours.mark)
    elif kind is Connection.BROKEN:
        painter.fillRect(tick, colours.fill or colours.word)
        painter.fillRect(tick.left(), tick.center().y(), tick.width(), 2, theme.window)
    else:
        painter.setPen(colours.mark)
        painter.drawRect(tick.adjusted(0, 0, -1, -1))
