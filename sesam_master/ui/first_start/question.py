"""The question whether a listed location gets the address and certificate of another agent."""

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QVBoxLayout

from sesam_master.core.gateway import Presented
from sesam_master.core.registry import Registration
from sesam_master.ui.fingerprint_pair import FingerprintPair
from sesam_master.ui.theme import ThemeHolder


class ListedQuestion(QFrame):
    """Shows both addresses and both fingerprints. Whatever is pressed hides it."""

    replaced = Signal()
    left = Signal()

    def __init__(self, holder: ThemeHolder) -> None:
        super().__init__()
        self._holder = holder
        self._pair: FingerprintPair | None = None
        self.setProperty("card", True)
        self.heading = QLabel()
        self.heading.setProperty("role", "heading")
        self.text = QLabel()
        for label in (self.heading, self.text):
            label.setTextFormat(Qt.TextFormat.PlainText)
            label.setWordWrap(True)
        self.replace_button = QPushButton("Replace what is listed")
        self.leave_button = QPushButton("Leave it as it is")
        self.replace_button.clicked.connect(self.replaced)
        self.leave_button.clicked.connect(self.left)
        escape = QShortcut(QKeySequence(Qt.Key.Key_Escape), self)
        escape.setContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
        escape.activated.connect(self.left)
        buttons = QHBoxLayout()
        buttons.addWidget(self.replace_button)
        buttons.addWidget(self.leave_button)
        buttons.addStretch()
        self._column = QVBoxLayout(self)
        self._column.setSpacing(8)
        for label in (self.heading, self.text):
            self._column.addWidget(label)
        self._column.addLayout(buttons)
        self.hide()

    def ask(self, listed: Registration, presented: Presented) -> None:
        """`listed` is what the desk knows, `presented` the agent that says it is the same."""
        address = f"{presented.host}:{presented.port}"
        self.heading.setText(f"This agent is “{listed.name}”, which is listed already")
        parts = [f"{listed.address} becomes {address}."]
        if listed.address == address:
            parts = [f"Its address {address} stays."]
        if listed.fingerprint == presented.fingerprint:
            parts.append("Its certificate is the same, its credential is made anew.")
        else:
            parts.append("Its certificate and credential are replaced.")
        parts.append("Name, farm and switch stay.")
        if (listed.address, listed.fingerprint) != (address, presented.fingerprint):
            parts.append("Do it only if the agent was moved or set up anew.")
        self.text.setText(" ".join([*parts, "Nothing was sent."]))
        if self._pair is not None:
            self._column.removeWidget(self._pair)
            self._pair.deleteLater()
        self._pair = FingerprintPair(self._holder, listed.fingerprint, presented)
        self._column.insertWidget(2, self._pair)
        self.show()
        self.leave_button.setFocus()
