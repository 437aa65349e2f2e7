"""How the colours look that a person marks farms and locations with.

They are quieter than the colours of states, and drawn as bars and squares, which no state is.
"""

from PySide6.QtCore import QRect
from PySide6.QtGui import QColor, QIcon, QPainter, QPixmap

from sesam_master.core.farms import Colour

_LIGHT = {
    Colour.RED: "#C8636A",
    Colour.ORANGE: "#C67E3C",
    Colour.YELLOW: "#B09A2C",
    Colour.GREEN: "#5F9A63",
    Colour.TEAL: "#3B9A9A",
    Colour.BLUE: "#4E86C8",
    Colour.PURPLE: "#8E72C0",
    Colour.GREY: "#838C97",
}
_DARK = {
    Colour.RED: "#D5787E",
    Colour.ORANGE: "#D9975A",
    Colour.YELLOW: "#C9B548",
    Colour.GREEN: "#7DB680",
    Colour.TEAL: "#57B5B5",
    Colour.BLUE: "#6FA3E0",
    Colour.PURPLE: "#A88FD8",
    Colour.GREY: "#97A0AC",
}
WORDS = {colour: colour.value.capitalize() for colour in Colour}


def mark_colour(colour: Colour, *, is_dark: bool) -> QColor:
    """In the dark or the light theme."""
    return QColor((_DARK if is_dark else _LIGHT)[colour])


def mark_icon(colour: Colour, size: int, ratio: float, *, is_dark: bool) -> QIcon:
    """A square of the colour, for lists to choose from."""
    pixmap = QPixmap(round(size * ratio), round(size * ratio))
    pixmap.setDevicePixelRatio(ratio)
    pixmap.fill(QColor(0, 0, 0, 0))
    painter = QPainter(pixmap)
    painter.fillRect(QRect(1, 1, size - 2, size - 2), mark_colour(colour, is_dark=is_dark))
    painter.end()
    return QIcon(pixmap)
