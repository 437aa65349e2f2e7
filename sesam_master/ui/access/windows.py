"""The windows of the page of access: what a new token gives, the token itself, a question before
something is revoked, and a one-time code."""

from collections.abc import Callable
from datetime import timedelta

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import (
    QComboBox,
    QDialog,
    QFormLayout,
    QHBoxLayout,
    QLineEdit,
    QPushButton,
    QSpinBox,
    QVBoxLayout,
    QWidget,
)

from sesam_master.core.access import KINDS, Scope, TokenOrder
from sesam_master.core.records import Role
from sesam_master.ui.access.words import SCOPE_SENTENCE
from sesam_master.ui.fingerprint import grouped
from sesam_master.ui.theme import ThemeHolder
from sesam_master.ui.widgets.wrapped_label import WrappedLabel

WIDTH = 520
MOST_USES = 1000
_ROLES = (Role.MONITOR, Role.OPERATOR, Role.BACKUP, Role.RESTORE, Role.ADMIN)
_LIVES = {
    "10 minutes": timedelta(minutes=10),
    "1 hour": timedelta(hours=1),
    "1 day": timedelta(days=1),
    "7 days": timedelta(days=7),
}
_CREDENTIAL_LIVES = {
    "until it is revoked": None,
    "8 hours": timedelta(hours=8),
    "30 days": timedelta(days=30),
    "1 year": timedelta(days=365),
}


class _Window(QDialog):
    """A modal window over the page: text, what a subclass adds, and its buttons."""

    def __init__(self, holder: ThemeHolder, title: str, text: str, parent: QWidget) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowModality(Qt.WindowModality.WindowModal)
        self.setWindowTitle(title)
        self.setFixedWidth(holder.fonts.px(WIDTH))
        self.go = QPushButton()
        self.go.setProperty("primary", True)
        self.go.setDefault(True)
        self.leave = QPushButton("Leave it")
        self.leave.clicked.connect(self.close)
        self.body = QVBoxLayout()
        self.body.setSpacing(10)
        buttons = QHBoxLayout()
        buttons.addStretch()
        buttons.addWidget(self.leave)
        buttons.addWidget(self.go)
        column = QVBoxLayout(self)
        column.setContentsMargins(20, 16, 20, 16)
        column.setSpacing(12)
        column.addWidget(WrappedLabel(text))
        column.addLayout(self.body)
        column.addLayout(buttons)


class TokenWindow(_Window):
    """`ordered` carries a TokenOrder."""

    ordered = Signal(object)

    def __init__(self, holder: ThemeHolder, place: str, parent: QWidget) -> None:
        text = f"Whoever has the token gets a credential for {place} with this role and limits."
        super().__init__(holder, f"New token for {place}", text, parent)
        self.role = QComboBox()
        self.role.addItems([role.value for role in _ROLES])
        self.comment = _field("For whom", "night shift")
        self.limits = {kind: _field(f"Limit to {kind}", "all") for kind in KINDS}
        self.uses = QSpinBox()
        self.uses.setRange(1, MOST_USES)
        self.uses.lineEdit().setTextMargins(6, 0, 0, 0)
        self.life = QComboBox()
        self.life.addItems(list(_LIVES))
        self.life.setCurrentText("1 hour")
        self.credential_life = QComboBox()
        self.credential_life.addItems(list(_CREDENTIAL_LIVES))
        form = QFormLayout()
        form.setHorizontalSpacing(12)
        form.setVerticalSpacing(8)
        form.addRow("For whom", self.comment)
        form.addRow("Role", self.role)
        for kind, field in self.limits.items():
            form.addRow(f"Only {kind}", field)
        form.addRow("Token is good for", self.life)
        form.addRow("Credentials it gives", self.uses)
        form.addRow("Each is good", self.credential_life)
        self.body.addLayout(form)
        hint = "Names or patterns with * and ?, commas between them. " + SCOPE_SENTENCE
        self.body.addWidget(WrappedLabel(hint, "secondary"))
        self.go.setText("Make the token")
        self.go.clicked.connect(self._order)

    def _order(self) -> None:
        limits = {kind: _names(field.text()) for kind, field in self.limits.items()}
        order = TokenOrder(
            role=Role(self.role.currentText()),
            time_to_live=_LIVES[self.life.currentText()],
            scope=Scope(**limits),
            uses=self.uses.value(),
            credential_life=_CREDENTIAL_LIVES[self.credential_life.currentText()],
            comment=self.comment.text().strip(),
        )
        self.close()
        self.ordered.emit(order)


class MadeWindow(_Window):
    """Shows a token once, with what whoever gets it has to compare."""

    def __init__(self, holder: ThemeHolder, token: str, fingerprint: str, parent: QWidget) -> None:
        text = "This token is shown once. Give it to its holder in a way that nobody else reads."
        super().__init__(holder, "The new token", text, parent)
        self.token = QLineEdit(token)
        self.token.setReadOnly(True)
        self.token.setAccessibleName("Token")
        self.token.setProperty("mono", True)
        self.body.addWidget(self.token)
        if fingerprint:
            told = f"Fingerprint to compare:\n{grouped(fingerprint)}"
            self.body.addWidget(WrappedLabel(told, "secondary"))
        self.leave.setText("Close")
        self.go.setText("Copy the token")
        self.go.clicked.connect(lambda: QGuiApplication.clipboard().setText(self.token.text()))


class SureWindow(_Window):
    """`sure` is called if a person agrees."""

    def __init__(
        self,
        holder: ThemeHolder,
        title: str,
        text: str,
        verb: str,
        sure: Callable[[], None],
        parent: QWidget,
    ) -> None:
        super().__init__(holder, title, text, parent)
        self.go.setText(verb)
        self.go.setDefault(False)
        self.leave.setDefault(True)
        self.go.clicked.connect(self.close)
        self.go.clicked.connect(sure)


class CodeWindow(_Window):
    """`given` gets the code."""

    def __init__(
        self, holder: ThemeHolder, why: str, given: Callable[[str], None], parent: QWidget
    ) -> None:
        text = f"{why} Give the code that your authenticator shows now.".strip()
        super().__init__(holder, "One-time code", text, parent)
        self.code = _field("One-time code", "123456")
        self.code.setMaxLength(6)
        self.body.addWidget(self.code)
        self.go.setText("Continue")
        self._given = given
        self.go.clicked.connect(self._give)

    def _give(self) -> None:
        code = self.code.text().strip()
        self.close()
        self._given(code)


def _field(name: str, hint: str) -> QLineEdit:
    field = QLineEdit()
    field.setAccessibleName(name)
    field.setPlaceholderText(hint)
    return field


def _names(text: str) -> tuple[str, ...]:
    return tuple(name for part in text.split(",") if (name := part.strip()))
