"""A tile: a number, what it counts, what narrows it, and what stands behind it. It is a link."""

from PySide6.QtCore import QRect, QRectF, QSize, Qt
from PySide6.QtGui import QFontMetrics, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy

from sesam_master.core.states import Connection, JobState
from sesam_master.ui.morning.words import TileContent
from sesam_master.ui.signs import paint_connection, paint_state
from sesam_master.ui.theme import ThemeHolder
from sesam_master.ui.widgets.flat_button import FlatButton

SIDE = 12
SIGN = 18
GAP = 8
RADIUS = 6
LEAST_WIDTH = 108


class MorningTile(FlatButton):
    """Dashed where locations are missing in the number. Enter and Space follow the link, too."""

    def __init__(self, holder: ThemeHolder, content: TileContent) -> None:
        super().__init__(holder)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.content = content
        self.show_content(content)

    def show_content(self, content: TileContent) -> None:
        self.content = content
        self.setText(f"{content.number} {content.word}")
        self.setAccessibleName(content.spoken)
        lines = content.about, content.behind, content.apart, content.goes
        self.setToolTip("\n".join(line for line in lines if line))
        self.update()

    def sizeHint(self) -> QSize:
        fonts = self.holder.fonts
        height = QFontMetrics(fonts.big_number).height() + 3 * QFontMetrics(fonts.small).height()
        return QSize(fonts.px(LEAST_WIDTH), height + 28)

    def minimumSizeHint(self) -> QSize:
        return self.sizeHint()

    def paintEvent(self, _event: QPaintEvent) -> None:
        theme, fonts = self.holder.current, self.holder.fonts
        content = self.content
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        edge = QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5)
        pen = QPen(theme.border if content.is_whole else theme.text3, 1)
        if not content.is_whole:
            pen.setDashPattern([4, 3])
        painter.setPen(pen)
        painter.setBrush(theme.hover if self.underMouse() else theme.side)
        painter.drawRoundedRect(edge, RADIUS, RADIUS)
        head = self._paint_head(painter)
        small = QFontMetrics(fonts.small)
        top = head.bottom() + 4
        lines = (
            (content.about, theme.text2),
            (content.behind, theme.text2),
            (content.apart, theme.text3),
        )
        for text, colour in lines:
            box = QRect(SIDE, top, self.width() - 2 * SIDE, small.height())
            painter.setFont(fonts.small)
            painter.setPen(colour)
            shown = small.elidedText(text, Qt.TextElideMode.ElideRight, box.width())
            painter.drawText(box, Qt.AlignmentFlag.AlignVCenter, shown)
            top += small.height() + 2
        self.paint_ring(painter, RADIUS)

    def _paint_head(self, painter: QPainter) -> QRect:
        """Sign, number and word on one base line."""
        theme, fonts, content = self.holder.current, self.holder.fonts, self.content
        big = QFontMetrics(fonts.big_number)
        head = QRect(SIDE, 8, self.width() - 2 * SIDE, big.height())
        side = fonts.px(SIGN)
        sign = QRectF(head.x(), head.center().y() - side / 2 + 1, side, side)
        if isinstance(content.sign, JobState):
            paint_state(painter, content.sign, sign, theme)
        elif isinstance(content.sign, Connection):
            paint_connection(painter, content.sign, sign, theme)
        x = head.x() + side + GAP
        base = head.y() + big.ascent()
        painter.setFont(fonts.big_number)
        painter.setPen(theme.text if content.is_whole else theme.text2)
        painter.drawText(x, base, content.number)
        x += big.horizontalAdvance(content.number) + 7
        painter.setFont(fonts.body_medium)
        painter.setPen(theme.text2)
        words = QFontMetrics(fonts.body_medium)
        word = words.elidedText(content.word, Qt.TextElideMode.ElideRight, head.right() - x)
        painter.drawText(x, base, word)
        return head
