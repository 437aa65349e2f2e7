"""Line icons of the bundled set, drawn in the colour of the present theme at any resolution."""

from functools import cache

from PySide6.QtCore import QByteArray, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QIcon, QIconEngine, QPainter, QPixmap, QPixmapCache
from PySide6.QtSvg import QSvgRenderer

from sesam_master.ui.resources import icon_path
from sesam_master.ui.theme import ThemeHolder


@cache
def _svg_text(name: str) -> str:
    return icon_path(name).read_text(encoding="utf-8")


def icon_pixmap(name: str, size: int, colour: QColor, ratio: float) -> QPixmap:
    """The icon as a pixmap of `size` logical pixels for a screen of that device pixel ratio."""
    side = max(1, round(size * ratio))
    key = f"sesam-icon/{name}/{side}/{ratio}/{colour.rgba():x}"
    cached = QPixmap()
    if QPixmapCache.find(key, cached):
        return cached
    svg = _svg_text(name).replace("currentColor", colour.name())
    pixmap = QPixmap(side, side)
    pixmap.fill(Qt.GlobalColor.transparent)
    painter = QPainter(pixmap)
    QSvgRenderer(QByteArray(svg.encode())).render(painter, QRectF(0, 0, side, side))
    painter.end()
    pixmap.setDevicePixelRatio(ratio)
    QPixmapCache.insert(key, pixmap)
    return pixmap


def paint_icon(painter: QPainter, name: str, rect: QRect, colour: QColor) -> None:
    """Paint the icon centred in `rect`, as large as its shorter side."""
    size = min(rect.width(), rect.height())
    pixmap = icon_pixmap(name, size, colour, painter.device().devicePixelRatio())
    x = rect.x() + (rect.width() - size) // 2
    y = rect.y() + (rect.height() - size) // 2
    painter.drawPixmap(x, y, pixmap)


class IconEngine(QIconEngine):
    """Colours an icon at paint time: accent when selected or checked, text3 when disabled."""

    def __init__(self, name: str, holder: ThemeHolder, token: str) -> None:
        super().__init__()
        icon_path(name)
        holder.current.token(token)
        self._name = name
        self._holder = holder
        self._token = token

    def paint(self, painter: QPainter, rect: QRect, mode: QIcon.Mode, state: QIcon.State) -> None:
        """Paint at the resolution of the painter's device."""
        paint_icon(painter, self._name, rect, self._colour(mode, state))

    def pixmap(self, size: QSize, mode: QIcon.Mode, state: QIcon.State) -> QPixmap:
        """The icon at ratio 1."""
        return self.scaledPixmap(size, mode, state, 1.0)

    def scaledPixmap(
        self, size: QSize, mode: QIcon.Mode, state: QIcon.State, scale: float
    ) -> QPixmap:
        """The icon for a device of ratio `scale`; `size` is in logical pixels.

        In a wider size it stands at the left: so the style sheet gives buttons air between icon
        and text.
        """
        drawn = icon_pixmap(
            self._name, min(size.width(), size.height()), self._colour(mode, state), scale
        )
        if size.width() <= size.height():
            return drawn
        wide = QPixmap(round(size.width() * scale), drawn.height())
        wide.setDevicePixelRatio(scale)
        wide.fill(Qt.GlobalColor.transparent)
        painter = QPainter(wide)
        painter.drawPixmap(0, 0, drawn)
        painter.end()
        return wide

    def clone(self) -> QIconEngine:
        """An equal engine, for a detached copy of the icon."""
        return IconEngine(self._name, self._holder, self._token)

    def _colour(self, mode: QIcon.Mode, state: QIcon.State) -> QColor:
        theme = self._holder.current
        if mode is QIcon.Mode.Disabled:
            return theme.text3
        if self._token == "text2" and (mode is QIcon.Mode.Selected or state is QIcon.State.On):
            return theme.accent
        return theme.token(self._token)


def icon(name: str, holder: ThemeHolder, token: str = "text2") -> QIcon:
    """An icon that follows the theme. `token` "on_accent" is for the primary button.

    Raises KeyError for an unknown icon or colour token.
    """
    return QIcon(IconEngine(name, holder, token))
