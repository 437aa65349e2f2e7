"""The foot of a restore: what is chosen, and the buttons to the steps before and after."""

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from sesam_master.ui.icons import icon
from sesam_master.ui.theme import ThemeHolder
from sesam_master.ui.widgets.elided_label import ElidedLabel


class RestoreFoot(QWidget):
    """`back` and `next` are its buttons."""

    def __init__(self, holder: ThemeHolder) -> None:
        super().__init__()
        self._holder = holder
        self.summary = ElidedLabel(holder, "", "strong")
        self.back = QPushButton("Back")
        self.next = QPushButton()
        self.next.setProperty("primary", True)
        self.setProperty("surface", "window")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        line = QFrame()
        line.setProperty("line", True)
        row = QHBoxLayout()
        row.setContentsMargins(16, 10, 12, 10)
        row.setSpacing(8)
        row.addWidget(self.summary, 1)
        row.addWidget(self.back)
        row.addWidget(self.next)
        edged = QVBoxLayout(self)
        edged.setContentsMargins(0, 0, 0, 0)
        edged.setSpacing(0)
        edged.addWidget(line)
        edged.addLayout(row)

    def show_next(self, text: str, icon_name: str, reason: str | None) -> None:
        """What comes next, and why it cannot now; None if it can."""
        self.next.setText(text)
        self.next.setIcon(icon(icon_name, self._holder, "on_accent"))
        self.next.setEnabled(reason is None)
        self.next.setToolTip(reason or "")
