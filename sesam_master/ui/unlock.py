"""Asks for the passphrase of the desk's credentials, where there is no key ring."""

from collections.abc import Callable

from PySide6.QtWidgets import QDialog, QHBoxLayout, QLabel, QLineEdit, QPushButton, QVBoxLayout

from sesam_master.ui.theme import ThemeHolder

TEXT_WIDTH = 400


class UnlockDialog(QDialog):
    """`unlock` gets the passphrase and returns "" or a sentence that says what is wrong."""

    def __init__(self, holder: ThemeHolder, unlock: Callable[[str], str], *, is_new: bool) -> None:
        super().__init__()
        self._text_width = holder.fonts.px(TEXT_WIDTH)
        self._unlock = unlock
        self._is_new = is_new
        self.setWindowTitle("Sesam Master")
        self.setFixedWidth(self._text_width + 48)
        heading = QLabel("Choose a passphrase" if is_new else "Unlock the credentials")
        heading.setProperty("role", "title")
        reason = QLabel(
            "There is no key ring on this computer, so the credentials of the locations are kept "
            "in a file that this passphrase locks. It cannot be recovered."
        )
        reason.setWordWrap(True)
        reason.setProperty("role", "secondary")
        self.passphrase = _secret("Passphrase")
        self.repeated = _secret("The same again")
        self.repeated.setVisible(is_new)
        self.problem = QLabel()
        self.problem.setProperty("role", "error")
        self.problem.setWordWrap(True)
        self.problem.hide()
        go = QPushButton("Create" if is_new else "Unlock")
        go.setProperty("primary", True)
        go.setDefault(True)
        leave = QPushButton("Quit")
        go.clicked.connect(self._try)
        leave.clicked.connect(self.reject)
        buttons = QHBoxLayout()
        buttons.addStretch()
        buttons.addWidget(leave)
        buttons.addWidget(go)
        column = QVBoxLayout(self)
        column.setContentsMargins(24, 20, 24, 20)
        column.setSpacing(10)
        self._fit(reason)
        for widget in (heading, reason, self.passphrase, self.repeated, self.problem):
            column.addWidget(widget)
        column.addLayout(buttons)

    def _try(self) -> None:
        text = self.passphrase.text()
        if self._is_new and text != self.repeated.text():
            self._say("The two are not the same. Type the same passphrase twice.")
            return
        if not text:
            self._say("The passphrase is empty. Type one.")
            return
        wrong = self._unlock(text)
        if wrong:
            self._say(wrong)
            self.passphrase.selectAll()
            self.passphrase.setFocus()
            return
        self.accept()

    def _say(self, sentence: str) -> None:
        self.problem.setText(sentence)
        self._fit(self.problem)
        self.problem.show()
        self.adjustSize()

    def _fit(self, label: QLabel) -> None:
        """A wrapped label in a dialog is cut, unless it says how high it is at that width."""
        label.ensurePolished()
        label.setMinimumHeight(label.heightForWidth(self._text_width))


def _secret(name: str) -> QLineEdit:
    field = QLineEdit()
    field.setEchoMode(QLineEdit.EchoMode.Password)
    field.setPlaceholderText(name)
    field.setAccessibleName(name)
    return field
