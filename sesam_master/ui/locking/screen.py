"""What is seen of a locked desk: that it is locked, and where the passphrase goes."""

import math
from collections.abc import Callable

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QCloseEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QLineEdit, QPushButton, QVBoxLayout, QWidget

from sesam_master.ui.icons import icon_pixmap
from sesam_master.ui.theme import ThemeHolder

WIDTH = 360
ICON = 28
SECOND_MS = 1000


class LockScreen(QWidget):
    """A window of its own, in place of those of the desk. `given` carries what was typed.
    `may_quit` is asked when it is closed; it then ends the program by `quit_wanted`."""

    given = Signal(str)
    quit_wanted = Signal()

    def __init__(self, holder: ThemeHolder, may_quit: Callable[[], bool]) -> None:
        super().__init__()
        self._may_quit = may_quit
        self._wait = 0
        self.setWindowTitle("Sesam Master: locked")
        self.setProperty("surface", "window")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.field = QLineEdit()
        self.field.setEchoMode(QLineEdit.EchoMode.Password)
        self.field.setPlaceholderText("Passphrase")
        self.field.setAccessibleName("Passphrase")
        self.go = QPushButton("Unlock")
        self.go.setProperty("primary", True)
        self.problem = QLabel()
        self._counter = QTimer(self)
        self._counter.setInterval(SECOND_MS)
        self._counter.timeout.connect(self._count)
        self._lay_out(holder)
        self.field.returnPressed.connect(self._give)
        self.go.clicked.connect(self._give)

    def say(self, text: str, wait_seconds: float) -> None:
        """What was wrong, and how long nothing is taken."""
        self.problem.setText(text)
        self.field.clear()
        self._wait = math.ceil(wait_seconds)
        if self._wait > 0:
            self._counter.start()
        self._follow()

    def begin(self) -> None:
        """Nothing was typed yet."""
        self._counter.stop()
        self._wait = 0
        self.problem.clear()
        self.field.clear()
        self._follow()

    def set_busy(self, is_busy: bool) -> None:
        """While the passphrase is looked at."""
        self.field.setEnabled(not is_busy and self._wait <= 0)
        self.go.setEnabled(not is_busy and self._wait <= 0)

    def closeEvent(self, event: QCloseEvent) -> None:
        if not self._may_quit():
            self.problem.setText("Something is not saved. Unlock the desk and see to it.")
            event.ignore()
            return
        super().closeEvent(event)
        self.quit_wanted.emit()

    def _give(self) -> None:
        if self._wait <= 0 and self.field.text():
            self.given.emit(self.field.text())

    def _count(self) -> None:
        self._wait -= 1
        if self._wait <= 0:
            self._counter.stop()
            self.problem.clear()
        else:
            self.problem.setText(f"Too many wrong tries. The next one in {self._wait} s.")
        self._follow()

    def _follow(self) -> None:
        is_free = self._wait <= 0
        self.field.setEnabled(is_free)
        self.go.setEnabled(is_free)
        if is_free:
            self.field.setFocus()

    def _lay_out(self, holder: ThemeHolder) -> None:
        sign = QLabel()
        px = holder.fonts.px
        sign.setPixmap(
            icon_pixmap("lock", px(ICON), holder.current.text2, self.devicePixelRatioF())
        )
        sign.setAlignment(Qt.AlignmentFlag.AlignHCenter)
        headline = _centred("This desk is locked", "title", px(WIDTH))
        reason = _centred(
            "Its locations go on working. What is known of them is shown again after the "
            "passphrase.",
            "secondary",
            px(WIDTH) - 24,
        )
        self.problem.setProperty("role", "error")
        self.problem.setWordWrap(True)
        self.problem.setAlignment(Qt.AlignmentFlag.AlignHCenter | Qt.AlignmentFlag.AlignTop)
        self.problem.setMinimumHeight(2 * self.problem.fontMetrics().lineSpacing() + 4)
        row = QHBoxLayout()
        row.setSpacing(8)
        row.addWidget(self.field, 1)
        row.addWidget(self.go)
        inner = QWidget()
        inner.setFixedWidth(px(WIDTH))
        column = QVBoxLayout(inner)
        column.setSpacing(12)
        for widget in (sign, headline, reason):
            column.addWidget(widget)
        column.addLayout(row)
        column.addWidget(self.problem)
        outer = QVBoxLayout(self)
        outer.addStretch()
        outer.addWidget(inner, 0, Qt.AlignmentFlag.AlignHCenter)
        outer.addStretch()
        self.setMinimumSize(px(WIDTH) + 40, px(320))


def _centred(text: str, role: str, width: int) -> QLabel:
    label = QLabel(text)
    label.setProperty("role", role)
    label.setWordWrap(True)
    label.setAlignment(Qt.AlignmentFlag.AlignHCenter)
    label.ensurePolished()
    label.setMinimumHeight(label.heightForWidth(width))  # else a wrapped label is cut
    return label
