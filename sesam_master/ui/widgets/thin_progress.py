"""The 2 px line under a page header while the page waits for answers."""

from PySide6.QtCore import QSize, QTimer
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from sesam_master.ui.theme import ThemeHolder

HEIGHT = 2
PATIENCE_MS = 300
RESTING_SHARE = 0.3


class ThinProgress(QWidget):
    """Shows nothing for the first 300 ms, then a line. It never moves by itself."""

    def __init__(self, holder: ThemeHolder, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._holder = holder
        self._share: float | None = None
        self._is_shown = False
        self._patience = QTimer(self)
        self._patience.setSingleShot(True)
        self._patience.setInterval(PATIENCE_MS)
        self._patience.timeout.connect(self._appear)
        self.setFixedHeight(HEIGHT)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self.setAccessibleName("Progress")
        holder.changed.connect(self.update)

    @property
    def is_shown(self) -> bool:
        """Whether the line is visible now."""
        return self._is_shown

    def start(self) -> None:
        """Something was asked for."""
        self._share = None
        if not self._is_shown:
            self._patience.start()

    def set_share(self, share: float | None) -> None:
        """So much (of 1) has been answered; None when not known."""
        self._share = share
        self.update()

    def stop(self) -> None:
        """All is here."""
        self._patience.stop()
        self._is_shown = False
        self.update()

    def sizeHint(self) -> QSize:
        """As thin as it says."""
        return QSize(0, HEIGHT)

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Track and share."""
        if not self._is_shown:
            return
        theme = self._holder.current
        painter = QPainter(self)
        painter.fillRect(self.rect(), theme.track)
        share = RESTING_SHARE if self._share is None else min(1.0, max(0.0, self._share))
        painter.fillRect(0, 0, round(self.width() * share), HEIGHT, theme.accent)

    def _appear(self) -> None:
        self._is_shown = True
        self.update()
