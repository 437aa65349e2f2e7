"""The line under the filter bar that asks for a view's name, or says what became of a view."""

from collections.abc import Callable

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QLineEdit, QPushButton

from sesam_master.ui.theme import ThemeHolder
from sesam_master.ui.widgets.elided_label import ElidedLabel

LONGEST_NAME = 60


class ViewStrip(QFrame):
    """Hidden until it has something to ask or to say. Enter goes on, Esc closes it."""

    closed = Signal()

    def __init__(self, holder: ThemeHolder) -> None:
        super().__init__()
        self.setProperty("raised", True)
        self.label = QLabel("Name of the view")
        self.name = QLineEdit()
        self.name.setMaxLength(LONGEST_NAME)
        self.name.setMaximumWidth(holder.fonts.px(260))
        self.name.setAccessibleName("Name of the view")
        self.words = ElidedLabel(holder, "")
        self.go = QPushButton()
        self.go.setProperty("primary", True)
        self.leave = QPushButton("Close")
        self._run: Callable[[], None] = lambda: None
        self._trouble: Callable[[str], str] = lambda _name: ""
        row = QHBoxLayout(self)
        row.setContentsMargins(12, 6, 8, 6)
        row.setSpacing(8)
        row.addWidget(self.label)
        row.addWidget(self.name)
        row.addWidget(self.words, 1)
        row.addWidget(self.leave)
        row.addWidget(self.go)
        self.go.clicked.connect(self._go_on)
        self.leave.clicked.connect(self.close_strip)
        self.name.textChanged.connect(self._look)
        self.hide()

    def ask_name(
        self, verb: str, name: str, trouble: Callable[[str], str], done: Callable[[str], None]
    ) -> None:
        """Ask for a name; `trouble` says what is wrong with one."""
        self._trouble = trouble
        self._run = lambda: done(self.name.text().strip())
        self.label.show()
        self.name.show()
        self.go.setText(verb)
        self.go.show()
        self.leave.setText("Cancel")
        self.name.setText(name)
        self._look()
        self.show()
        self.name.selectAll()
        self.name.setFocus(Qt.FocusReason.OtherFocusReason)

    def say(self, words: str, verb: str = "", run: Callable[[], None] | None = None) -> None:
        """Say something, with one thing to do about it."""
        self.label.hide()
        self.name.hide()
        self.words.set_text(words)
        self.go.setText(verb)
        self.go.setVisible(run is not None)
        self.go.setEnabled(True)
        self._run = run or (lambda: None)
        self.leave.setText("Close")
        self.show()

    def close_strip(self) -> None:
        """Nothing is done."""
        self.hide()
        self.closed.emit()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Enter and Esc."""
        if event.key() == Qt.Key.Key_Escape:
            self.close_strip()
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.go.click()
        else:
            super().keyPressEvent(event)

    def _look(self) -> None:
        trouble = self._trouble(self.name.text().strip())
        self.words.set_text(trouble)
        self.go.setEnabled(not trouble)

    def _go_on(self) -> None:
        self.close_strip()
        self._run()
