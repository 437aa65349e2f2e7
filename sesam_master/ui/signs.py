"""Signs of states and connections: vector shapes on a grid of 16 units, and a cache of them."""

from collections.abc import Callable
from math import cos, pi, sin

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPainterPath, QPen, QPixmap, QPolygonF

from sesam_master.core.states import Connection, JobState
from sesam_master.ui.theme import SignColours, Theme, ThemeHolder

GRID = 16.0
_Shape = Callable[[QPainter, SignColours, bool], None]


def paint_state(
    painter: QPainter, state: JobState, rect: QRectF, theme: Theme, on_fill: bool = False
) -> None:
    """Paint the sign of a state into `rect`, for 12 to 18 px.

    With `on_fill` only the mark is painted, in the colour that stands on the state's fill.
    """
    with_grid(painter, rect, lambda: _STATE_SHAPES[state](painter, theme.state(state), on_fill))


def paint_connection(painter: QPainter, connection: Connection, rect: QRectF, theme: Theme) -> None:
    """Paint the sign of a connection into `rect`."""
    colours = theme.connection(connection)
    with_grid(painter, rect, lambda: _CONNECTION_SHAPES[connection](painter, colours, False))


def with_grid(painter: QPainter, rect: QRectF, paint: Callable[[], None]) -> None:
    """Run `paint` with the 16 unit grid laid centred into `rect`, antialiased."""
    side = min(rect.width(), rect.height())
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.translate(
        rect.x() + (rect.width() - side) / 2.0, rect.y() + (rect.height() - side) / 2.0
    )
    painter.scale(side / GRID, side / GRID)
    paint()
    painter.restore()


class SignAtlas:
    """Signs as pixmaps, rendered once per sign, size, device pixel ratio and theme."""

    def __init__(self, holder: ThemeHolder) -> None:
        self._holder = holder
        self._pixmaps: dict[tuple[object, ...], QPixmap] = {}

    def state(
        self, state: JobState, size: int, ratio: float = 1.0, on_fill: bool = False
    ) -> QPixmap:
        """The sign of a state, `size` logical pixels square."""
        return self._pixmap(state, size, ratio, on_fill)

    def connection(self, connection: Connection, size: int, ratio: float = 1.0) -> QPixmap:
        """The sign of a connection, `size` logical pixels square."""
        return self._pixmap(connection, size, ratio, False)

    def sign(self, sign: JobState | Connection, size: int, ratio: float = 1.0) -> QPixmap:
        """The sign of either kind."""
        return self._pixmap(sign, size, ratio, False)

    def _pixmap(
        self, sign: JobState | Connection, size: int, ratio: float, on_fill: bool
    ) -> QPixmap:
        theme = self._holder.current
        # A job's "broken" and a connection's are equal as text: the type tells them apart.
        key = (type(sign), sign, size, ratio, theme.name, on_fill)
        pixmap = self._pixmaps.get(key)
        if pixmap is None:
            pixmap = self._render(sign, size, ratio, theme, on_fill)
            self._pixmaps[key] = pixmap
        return pixmap

    @staticmethod
    def _render(
        sign: JobState | Connection, size: int, ratio: float, theme: Theme, on_fill: bool
    ) -> QPixmap:
        side = max(1, round(size * ratio))
        pixmap = QPixmap(side, side)
        pixmap.fill(Qt.GlobalColor.transparent)
        pixmap.setDevicePixelRatio(ratio)
        painter = QPainter(pixmap)
        rect = QRectF(0.0, 0.0, side / ratio, side / ratio)
        if isinstance(sign, JobState):
            paint_state(painter, sign, rect, theme, on_fill)
        else:
            paint_connection(painter, sign, rect, theme)
        painter.end()
        return pixmap


def _pen(colour: QColor, width: float) -> QPen:
    return QPen(
        colour,
        width,
        Qt.PenStyle.SolidLine,
        Qt.PenCapStyle.RoundCap,
        Qt.PenJoinStyle.RoundJoin,
    )


def _lines(painter: QPainter, colour: QColor, width: float, *points: tuple[float, float]) -> None:
    painter.setPen(_pen(colour, width))
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.drawPolyline(QPolygonF([QPointF(x, y) for x, y in points]))


def _filled(
    painter: QPainter, colour: QColor, *points: tuple[float, float], round_px: float = 1.2
) -> None:
    painter.setPen(_pen(colour, round_px))
    painter.setBrush(colour)
    painter.drawPolygon(QPolygonF([QPointF(x, y) for x, y in points]))


def _disc(painter: QPainter, colour: QColor, radius: float, x: float = 8.0, y: float = 8.0) -> None:
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(colour)
    painter.drawEllipse(QPointF(x, y), radius, radius)


def _ring(painter: QPainter, colour: QColor, radius: float, width: float) -> None:
    painter.setPen(_pen(colour, width))
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.drawEllipse(QPointF(8.0, 8.0), radius, radius)


def _dotted_ring(painter: QPainter, colour: QColor) -> None:
    for step in range(12):
        angle = 2 * pi * step / 12
        _disc(painter, colour, 0.8, 8 + 6.7 * cos(angle), 8 + 6.7 * sin(angle))


def _octagon(reach: float) -> tuple[tuple[float, float], ...]:
    cut = reach * 0.4142
    low, high, near, far = 8 - reach, 8 + reach, 8 - cut, 8 + cut
    corners = ((near, low), (far, low), (high, near), (high, far))
    return (*corners, (far, high), (near, high), (low, far), (low, near))


def _cross(painter: QPainter, colour: QColor, reach: float, width: float) -> None:
    _lines(painter, colour, width, (8 - reach, 8 - reach), (8 + reach, 8 + reach))
    _lines(painter, colour, width, (8 + reach, 8 - reach), (8 - reach, 8 + reach))


def _clock_hands(painter: QPainter, colour: QColor, width: float) -> None:
    _lines(painter, colour, width, (8, 4.6), (8, 8.2), (10.6, 9.9))


def _ok(painter: QPainter, colours: SignColours, on_fill: bool) -> None:
    if on_fill:
        _lines(painter, colours.mark, 1.5, (4.7, 8.4), (7.0, 10.6), (11.5, 5.6))
        return
    _lines(painter, colours.word, 2.1, (2.9, 8.5), (6.3, 11.7), (13.1, 4.3))


def _warning(painter: QPainter, colours: SignColours, on_fill: bool) -> None:
    if not on_fill and colours.fill:
        _filled(painter, colours.word, (8, 1.5), (15.2, 14), (0.8, 14), round_px=1.5)
        _filled(painter, colours.fill, (8, 2.6), (14.3, 13.5), (1.7, 13.5), round_px=0.6)
    top, foot, dot = (2.8, 9.3, 12.7) if on_fill else (6.0, 9.4, 12.0)
    _lines(painter, colours.mark, 1.9, (8, top), (8, foot))
    _disc(painter, colours.mark, 1.05, 8, dot)


def _error(painter: QPainter, colours: SignColours, on_fill: bool) -> None:
    if not on_fill and colours.fill:
        _filled(painter, colours.fill, *_octagon(6.4))
    _cross(painter, colours.mark, 2.9, 2.1)


_BOLT = ((9.6, 1.2), (6.2, 8.3), (9.8, 7.7), (6.6, 14.8))


def _broken(painter: QPainter, colours: SignColours, on_fill: bool) -> None:
    if on_fill:
        inner = tuple((8 + (x - 8) * 0.85, 8 + (y - 8) * 0.72) for x, y in _BOLT)
        _lines(painter, colours.mark, 1.9, *inner)
        return
    if colours.fill:
        # The fill alone is weak on a dark selection; light word colours give it an edge.
        edge = colours.word if colours.word.lightness() > colours.fill.lightness() else colours.fill
        painter.setPen(_pen(edge, 1.1))
        painter.setBrush(colours.fill)
        painter.drawRoundedRect(QRectF(1.3, 1.3, 13.4, 13.4), 2.2, 2.2)
    _lines(painter, colours.mark, 1.9, *_BOLT)


def _active(painter: QPainter, colours: SignColours, on_fill: bool) -> None:
    if not on_fill and colours.fill:
        _disc(painter, colours.fill, 7.0)
    _filled(painter, colours.mark, (6.5, 5.4), (10.9, 8), (6.5, 10.6), round_px=1.0)


def _queued(painter: QPainter, colours: SignColours, on_fill: bool) -> None:
    if not on_fill and colours.fill:
        painter.setPen(_pen(colours.word, 1.3))
        painter.setBrush(colours.fill)
        painter.drawRoundedRect(QRectF(0.9, 3.6, 14.2, 8.8), 4.4, 4.4)
    for x in (4.8, 8.0, 11.2):
        _disc(painter, colours.mark, 1.15, x)


def _cancelled(painter: QPainter, colours: SignColours, on_fill: bool) -> None:
    radius = 5.4 if on_fill else 6.2
    reach = radius * 0.7
    _ring(painter, colours.mark, radius, 1.7)
    _lines(painter, colours.mark, 1.7, (8 - reach, 8 + reach), (8 + reach, 8 - reach))


def _blocked(painter: QPainter, colours: SignColours, on_fill: bool) -> None:
    if not on_fill and colours.fill:
        _disc(painter, colours.fill, 7.0)
    reach = 3.0 if on_fill else 3.8
    _lines(painter, colours.mark, 2.4, (8 - reach, 8), (8 + reach, 8))


def _late(painter: QPainter, colours: SignColours, on_fill: bool) -> None:
    colour = colours.mark if on_fill else colours.word
    _ring(painter, colour, 5.4 if on_fill else 6.3, 1.6)
    _clock_hands(painter, colour, 1.6)


def _missed(painter: QPainter, colours: SignColours, on_fill: bool) -> None:
    colour = colours.mark if on_fill else colours.word
    if not on_fill:
        painter.setPen(_pen(colour, 1.6))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawPolygon(QPolygonF([QPointF(x, y) for x, y in _octagon(7.0)]))
    _lines(painter, colour, 2.0, (5.2, 8), (10.8, 8))


def _planned(painter: QPainter, colours: SignColours, _on_fill: bool) -> None:
    _ring(painter, colours.mark, 3.9, 1.4)


def _not_planned(painter: QPainter, colours: SignColours, _on_fill: bool) -> None:
    _disc(painter, colours.mark, 1.3)


def _unknown(painter: QPainter, colours: SignColours, on_fill: bool) -> None:
    if not on_fill:
        _dotted_ring(painter, colours.mark)
    hook = QPainterPath(QPointF(5.9, 6.3))
    hook.cubicTo(5.9, 3.9, 10.3, 3.9, 10.3, 6.4)
    hook.cubicTo(10.3, 8.0, 8.1, 7.9, 8.1, 9.4)
    painter.setPen(_pen(colours.mark, 1.4))
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.drawPath(hook)
    _disc(painter, colours.mark, 0.95, 8.1, 11.8)


def _on(painter: QPainter, colours: SignColours, _on_fill: bool) -> None:
    _disc(painter, colours.word, 4.6)


def _stale(painter: QPainter, colours: SignColours, _on_fill: bool) -> None:
    _dotted_ring(painter, colours.mark)
    _clock_hands(painter, colours.mark, 1.4)


def _connecting(painter: QPainter, colours: SignColours, _on_fill: bool) -> None:
    """Two brackets that do not meet yet, and what they are to join."""
    painter.setPen(_pen(colours.mark, 1.6))
    painter.setBrush(Qt.BrushStyle.NoBrush)
    for start in (-50, 130):
        painter.drawArc(QRectF(2.2, 2.2, 11.6, 11.6), start * 16, 100 * 16)
    _disc(painter, colours.mark, 1.6)


def _connection_broken(painter: QPainter, colours: SignColours, _on_fill: bool) -> None:
    if colours.fill:
        _filled(painter, colours.fill, (8, 1.0), (15, 8), (8, 15), (1, 8))
    _cross(painter, colours.mark, 2.0, 1.8)


def _off(painter: QPainter, colours: SignColours, _on_fill: bool) -> None:
    painter.setPen(_pen(colours.mark, 1.6))
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.drawArc(QRectF(2.9, 3.3, 10.2, 10.2), 125 * 16, 290 * 16)
    _lines(painter, colours.mark, 1.6, (8, 1.7), (8, 7.4))


_STATE_SHAPES: dict[JobState, _Shape] = {
    JobState.OK: _ok,
    JobState.WARNING: _warning,
    JobState.ERROR: _error,
    JobState.BROKEN: _broken,
    JobState.ACTIVE: _active,
    JobState.QUEUED: _queued,
    JobState.CANCELLED: _cancelled,
    JobState.BLOCKED: _blocked,
    JobState.LATE: _late,
    JobState.MISSED: _missed,
    JobState.PLANNED: _planned,
    JobState.NOT_PLANNED: _not_planned,
    JobState.UNKNOWN: _unknown,
}

_CONNECTION_SHAPES: dict[Connection, _Shape] = {
    Connection.ON: _on,
    Connection.STALE: _stale,
    Connection.BROKEN: _connection_broken,
    Connection.OFF: _off,
    Connection.CONNECTING: _connecting,
}
