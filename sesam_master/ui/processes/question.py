"""The question above the table before something is done to an agent, and what became of it."""

from collections.abc import Callable, Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QPushButton, QVBoxLayout

from sesam_master.ui.theme import ThemeHolder
from sesam_master.ui.widgets.segments import Segments
from sesam_master.ui.widgets.wrapped_label import WrappedLabel


class Question(QFrame):
    """Hidden while nothing is asked or told. Esc closes it; the button is the verb. `choices` are
    for what can be done in two ways."""

    closed = Signal()
    chosen = Signal()  # `choice` is another

    def __init__(self, holder: ThemeHolder, choices: Sequence[str]) -> None:
        super().__init__()
        self.setProperty("surface", "side")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.text = WrappedLabel()
        self.choices = Segments(holder, choices)
        self.do = QPushButton()
        self.do.setProperty("primary", True)
        self.leave = QPushButton("Close")
        self.choice = choices[0]
        self._run: Callable[[], None] = lambda: None
        row = QHBoxLayout()
        row.setSpacing(8)
        row.addWidget(self.choices)
        row.addStretch(1)
        row.addWidget(self.do)
        row.addWidget(self.leave)
        column = QVBoxLayout(self)
        column.setContentsMargins(16, 10, 12, 10)
        column.setSpacing(8)
        column.addWidget(self.text)
        column.addLayout(row)
        self.choices.chosen.connect(self._choose)
        self.do.clicked.connect(self._confirm)
        self.leave.clicked.connect(self.close_question)
        self.hide()

    def ask(
        self, text: str, verb: str, run: Callable[[], None], *, has_choices: bool = False
    ) -> None:
        """The keyboard goes to what does nothing."""
        self._run = run
        self.text.setText(text)
        self.do.setText(verb)
        self.do.show()
        self.leave.setText("Leave it")
        self.choices.setVisible(has_choices)
        if not self.isVisible():
            self.show()
            self.leave.setFocus(Qt.FocusReason.OtherFocusReason)

    def tell(self, text: str) -> None:
        """What became of it."""
        self.text.setText(text)
        self.do.hide()
        self.choices.hide()
        self.leave.setText("Close")
        self.show()

    def close_question(self) -> None:
        self.hide()
        self.closed.emit()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self.close_question()
        else:
            super().keyPressEvent(event)

    def _choose(self, text: str) -> None:
        self.choice = text
        self.chosen.emit()

    def _confirm(self) -> None:
        run = self._run
        self.close_question()
        run()
