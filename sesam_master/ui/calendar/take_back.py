"""The question whether a start to come is not wanted, asked and answered in place."""

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QVBoxLayout

from sesam_master.ui.calendar.day_presenter import DayRow


class TakeBackStrip(QFrame):
    """Hidden until `ask`. `confirmed` carries the row; what became of it is told by `fail` or
    `close_strip`. Esc leaves everything as it is."""

    confirmed = Signal(object)

    def __init__(self) -> None:
        super().__init__()
        self._row: DayRow | None = None
        self.setProperty("raised", True)
        self.question = _words("heading")
        self.consequence = _words("secondary")
        self.keep = QPushButton("Keep it")
        self.go = QPushButton("Take it back")
        self.go.setProperty("primary", True)
        buttons = QHBoxLayout()
        buttons.setSpacing(8)
        buttons.addWidget(self.keep)
        buttons.addWidget(self.go)
        buttons.addStretch(1)
        column = QVBoxLayout(self)
        column.setContentsMargins(14, 8, 10, 8)
        column.setSpacing(6)
        column.addWidget(self.question)
        column.addWidget(self.consequence)
        column.addLayout(buttons)
        self.keep.clicked.connect(self.close_strip)
        self.go.clicked.connect(self._confirm)
        self.hide()

    def ask(self, row: DayRow, when: str) -> None:
        """`when` is its planned time in words."""
        self._row = row
        one = row.occurrence
        self.question.setText(f"Take back {one.name} of {when} at {row.location}?")
        what = f"No task of the group {one.group}" if one.group else "Nothing"
        self.consequence.setText(
            f"{what} is started then. It cannot be planned again; start it by hand if it is wanted "
            "after all."
        )
        self.go.setEnabled(True)
        self.show()
        self.keep.setFocus(Qt.FocusReason.ShortcutFocusReason)

    def fail(self, text: str) -> None:
        """It was not taken back; a person may try again."""
        self.consequence.setText(text)
        self.go.setEnabled(True)

    def close_strip(self) -> None:
        self.hide()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self.close_strip()
        else:
            super().keyPressEvent(event)

    def _confirm(self) -> None:
        self.go.setEnabled(False)
        self.confirmed.emit(self._row)


def _words(role: str) -> QLabel:
    label = QLabel()
    label.setProperty("role", role)
    label.setWordWrap(True)
    label.setTextFormat(Qt.TextFormat.PlainText)
    return label
