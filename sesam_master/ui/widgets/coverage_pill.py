"""The pill that says how much of the fleet stands behind a page."""

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QFontMetrics, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QWidget

from sesam_master.core.coverage import Coverage
from sesam_master.core.states import Connection
from sesam_master.ui.formatting import age_text
from sesam_master.ui.signs import paint_connection
from sesam_master.ui.theme import ThemeHolder
from sesam_master.ui.widgets.flat_button import FlatButton

SIDE = 10
SIGN = 12
GAP = 8
LEAST_HEIGHT = 25


class CoveragePill(FlatButton):
    """Solid with a green disc when nothing is missing, dashed with a clock otherwise. Without any
    location the disc is hollow: nobody proves anything.

    `label` replaces "19 of 23 locations" (for one location: "Hamburg live"), `detail` replaces the
    age of the newest proof. A click asks for the list of what is missing.
    """

    def __init__(
        self, holder: ThemeHolder, coverage: Coverage, parent: QWidget | None = None
    ) -> None:
        super().__init__(holder, parent)
        self._label = ""
        self._detail = ""
        self.set_coverage(coverage)

    @property
    def coverage(self) -> Coverage:
        """What is shown."""
        return self._coverage

    def set_coverage(
        self, coverage: Coverage, label: str | None = None, detail: str | None = None
    ) -> None:
        """Show another coverage."""
        self._coverage = coverage
        words = coverage_words(coverage) if coverage.total else "No locations"
        self._label = words if label is None else label
        self._detail = _newest(coverage) if detail is None else detail
        self.setText(" ".join(part for part in (self._label, self._detail) if part))
        self.setAccessibleName(self.text())
        oldest = coverage.oldest_age
        self.setToolTip("" if oldest is None else f"oldest {age_text(oldest)}")
        self.updateGeometry()
        self.update()

    def sizeHint(self) -> QSize:
        """All of it in one line."""
        fonts = self.holder.fonts
        strong, small = QFontMetrics(fonts.small_medium), QFontMetrics(fonts.small)
        width = 2 * SIDE + fonts.px(SIGN) + GAP + strong.horizontalAdvance(self._label) + 4
        if self._detail:
            width += GAP + small.horizontalAdvance(self._detail)
        return QSize(width, max(LEAST_HEIGHT, strong.height() + 10))

    def minimumSizeHint(self) -> QSize:
        """The sign alone is the least."""
        return QSize(2 * SIDE + self.holder.fonts.px(SIGN), self.sizeHint().height())

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Edge, sign and words."""
        theme, fonts = self.holder.current, self.holder.fonts
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        edge = QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5)
        if self._coverage.is_complete:
            painter.setPen(QPen(theme.border, 1))
        else:
            pen = QPen(theme.text3, 1)
            pen.setDashPattern([4, 3])
            painter.setPen(pen)
        painter.setBrush(theme.hover if self.underMouse() else theme.base)
        painter.drawRoundedRect(edge, edge.height() / 2, edge.height() / 2)
        side = fonts.px(SIGN)
        sign = QRectF(SIDE, (self.height() - side) / 2, side, side)
        paint_connection(painter, self._sign(), sign, theme)
        words = self.rect().adjusted(SIDE + side + GAP, 0, -SIDE, 0)
        middle = Qt.AlignmentFlag.AlignVCenter
        metrics = QFontMetrics(fonts.small_medium)
        painter.setFont(fonts.small_medium)
        painter.setPen(theme.text)
        label = metrics.elidedText(self._label, Qt.TextElideMode.ElideRight, words.width())
        painter.drawText(words, middle, label)
        words.setLeft(words.left() + metrics.horizontalAdvance(label) + GAP)
        painter.setFont(fonts.small)
        painter.setPen(theme.text3)
        detail = QFontMetrics(fonts.small).elidedText(
            self._detail, Qt.TextElideMode.ElideRight, max(0, words.width())
        )
        painter.drawText(words, middle, detail)
        self.paint_ring(painter, edge.height() / 2)

    def _sign(self) -> Connection:
        if not self._coverage.total:
            return Connection.OFF
        return Connection.ON if self._coverage.is_complete else Connection.STALE


def coverage_words(coverage: Coverage) -> str:
    """The words for a coverage: 19 of 23 locations, 2 switched off."""
    noun = "location" if coverage.total == 1 else "locations"
    off = f", {coverage.off} switched off" if coverage.off else ""
    return f"{coverage.covered} of {coverage.total} {noun}{off}"


def _newest(coverage: Coverage) -> str:
    return "" if coverage.newest_age is None else f"newest {age_text(coverage.newest_age)}"
