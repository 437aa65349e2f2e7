"""Sets the passphrase of this desk, and when the desk locks by itself."""

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QCheckBox,
    QDialog,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QSpinBox,
    QVBoxLayout,
    QWidget,
)

from sesam_master.core.control_source import LockState
from sesam_master.ui.theme import ThemeHolder

WIDTH = 460
TEXT_MARGIN = 6
MOST_MINUTES = 24 * 60
_WHAT = (
    "With a passphrase, this desk can be locked: its windows are hidden until somebody types it. "
    "And farms and switches are only changed by those who know it. It cannot be recovered. It "
    "keeps people away who come by; it does not protect the files of this account."
)
_OPEN = "No passphrase is set: everybody at this desk may change its farms and switches."
_SET = "A passphrase is set: who changes farms and switches has to know it."


class LockSettingsWindow(QDialog):
    """Not modal. `saved` carries the passphrase so far, the new one, and the LockState."""

    saved = Signal(str, str, object)

    def __init__(
        self, holder: ThemeHolder, state: LockState, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle("Desk lock")
        self.setFixedWidth(holder.fonts.px(WIDTH))
        self._state = state
        self.old, self.new, self.again = (_secret(n) for n in ("So far", "New", "The same again"))
        self.idle = QSpinBox()
        self.idle.setRange(0, MOST_MINUTES)
        self.idle.setSpecialValueText("never")
        self.idle.setSuffix(" min")
        self.idle.setValue(state.idle_minutes)
        self.idle.setAccessibleName("Minutes until the desk locks by itself")
        self.at_start = QCheckBox("The desk begins locked when it is started")
        self.at_start.setChecked(state.locks_at_start)
        self.problem = QLabel()
        self.save = QPushButton("Save" if state.is_set else "Set the passphrase")
        self.drop = QPushButton("Remove the passphrase")
        self.leave = QPushButton("Close")
        self._lay_out(holder)
        self.save.clicked.connect(self._save)
        self.drop.clicked.connect(
            lambda: self.saved.emit(self.old.text(), "", LockState(False, 0, True))
        )
        self.leave.clicked.connect(self.close)

    def show_problem(self, text: str) -> None:
        self.problem.setText(text)
        self.problem.setVisible(bool(text))
        self.adjustSize()

    def _save(self) -> None:
        new = self.new.text()
        if new != self.again.text():
            self.show_problem("The two are not the same. Type the same passphrase twice.")
        elif not new and not self._state.is_set:
            self.show_problem("The passphrase is empty. Type one.")
        else:
            state = LockState(True, self.idle.value(), self.at_start.isChecked())
            self.saved.emit(self.old.text(), new, state)

    def _lay_out(self, holder: ThemeHolder) -> None:
        is_set, px = self._state.is_set, holder.fonts.px
        width = px(WIDTH) - 40
        said = _wrapped(_SET if is_set else _OPEN, "heading", width)
        what = _wrapped(_WHAT, "secondary", width)
        self.problem.setProperty("role", "error")
        self.problem.setWordWrap(True)
        self.problem.hide()
        self.idle.setMinimumWidth(px(90))
        self.idle.lineEdit().setTextMargins(TEXT_MARGIN, 0, 0, 0)
        self.save.setProperty("primary", True)
        self.save.setDefault(True)
        self.drop.setVisible(is_set)
        grid = QGridLayout()
        grid.setHorizontalSpacing(12)
        grid.setVerticalSpacing(8)
        grid.setColumnStretch(1, 1)
        fields = [("Passphrase so far", self.old)] if is_set else []
        fields += [("New passphrase", self.new), ("The same again", self.again)]
        for row, (text, field) in enumerate(fields):
            grid.addWidget(_caption(text), row, 0)
            grid.addWidget(field, row, 1)
        grid.addWidget(_caption("Lock when idle for"), len(fields), 0)
        grid.addWidget(self.idle, len(fields), 1, Qt.AlignmentFlag.AlignLeft)
        grid.addWidget(self.at_start, len(fields) + 1, 1)
        if is_set:
            self.new.setPlaceholderText("unchanged if empty")
        buttons = QHBoxLayout()
        buttons.setSpacing(8)
        buttons.addWidget(self.drop)
        buttons.addStretch()
        buttons.addWidget(self.leave)
        buttons.addWidget(self.save)
        column = QVBoxLayout(self)
        column.setContentsMargins(20, 16, 20, 16)
        column.setSpacing(12)
        for widget in (said, what):
            column.addWidget(widget)
        column.addLayout(grid)
        column.addWidget(self.problem)
        column.addLayout(buttons)


def _secret(name: str) -> QLineEdit:
    field = QLineEdit()
    field.setEchoMode(QLineEdit.EchoMode.Password)
    field.setAccessibleName(f"Passphrase: {name.lower()}")
    return field


def _caption(text: str) -> QLabel:
    label = QLabel(text)
    label.setProperty("role", "secondary")
    return label


def _wrapped(text: str, role: str, width: int) -> QLabel:
    """A wrapped label in a dialog is cut, unless it says how high it is at that width."""
    label = QLabel(text)
    label.setProperty("role", role)
    label.setWordWrap(True)
    label.ensurePolished()
    label.setMinimumHeight(label.heightForWidth(width))
    return label
