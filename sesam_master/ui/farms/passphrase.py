"""Asks for the passphrase of this desk before its farms are changed."""

from collections.abc import Callable

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QDialog,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from sesam_master.ui.theme import ThemeHolder

WIDTH = 380


class PassphraseWindow(QDialog):
    """`given` gets what was typed; the window stays until `close`, for a wrong one is told."""

    def __init__(
        self,
        holder: ThemeHolder,
        doing: str,
        given: Callable[[str], None],
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowModality(Qt.WindowModality.WindowModal)
        self.setWindowTitle("Passphrase of this desk")
        self.setFixedWidth(holder.fonts.px(WIDTH))
        reason = QLabel(
            f"To {doing}, give the passphrase of this desk. It then holds for five minutes."
        )
        reason.setWordWrap(True)
        reason.setProperty("role", "secondary")
        self.field = QLineEdit()
        self.field.setEchoMode(QLineEdit.EchoMode.Password)
        self.field.setAccessibleName("Passphrase")
        self.problem = QLabel()
        self.problem.setProperty("role", "error")
        self.problem.setWordWrap(True)
        self.problem.hide()
        self.go = QPushButton("Continue")
        self.go.setProperty("primary", True)
        self.go.setDefault(True)
        leave = QPushButton("Leave it")
        leave.clicked.connect(self.close)
        self.go.clicked.connect(lambda: given(self.field.text()))
        buttons = QHBoxLayout()
        buttons.addStretch()
        buttons.addWidget(leave)
        buttons.addWidget(self.go)
        column = QVBoxLayout(self)
        column.setContentsMargins(20, 16, 20, 16)
        column.setSpacing(10)
        for widget in (reason, self.field, self.problem):
            column.addWidget(widget)
        column.addLayout(buttons)

    def say(self, text: str) -> None:
        """What was wrong with it."""
        self.problem.setText(text)
        self.problem.show()
        self.field.selectAll()
        self.field.setFocus()
