"""The step "Target" of a restore: where to, and what becomes of what is there."""

import os
from collections.abc import Iterable

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QButtonGroup,
    QCheckBox,
    QFormLayout,
    QFrame,
    QGridLayout,
    QLabel,
    QLineEdit,
    QRadioButton,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from sesam_master.core.records import Overwrite
from sesam_master.core.restoring import ORIGINAL_PLACE
from sesam_master.ui.objects.fields import CalmChoice, caption, mark
from sesam_master.ui.restore.presenter import target_trouble
from sesam_master.ui.restore.rules import NOTHING_ELSE, SENTENCES, TITLES
from sesam_master.ui.theme import ThemeHolder

_WIDEST = 720
_BELOW = "Below it a path is made as it was from the root: “/srv/a” becomes DIRECTORY/srv/a."
_ORIGINAL = "Each file goes where it was."
_NO_OTHERS = "The location has no other client."


class TargetStep(QWidget):
    """`changed` by a person. The original place, a directory of the same client, or one of another
    client."""

    changed = Signal()

    def __init__(self, holder: ThemeHolder, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.original = QRadioButton("Original place")
        self.elsewhere = QRadioButton("Another directory")
        self.other_client = QRadioButton("Another client")
        self.places = QButtonGroup(self)
        for button in (self.original, self.elsewhere, self.other_client):
            self.places.addButton(button)
        self.elsewhere.setChecked(True)
        self.client = CalmChoice()
        self.client.setAccessibleName("Client to restore to")
        self.directory = QLineEdit()
        self.directory.setPlaceholderText("/srv/restore")
        self.directory.setAccessibleName("Directory to restore into")
        self.trouble = QLabel()
        self.trouble.setProperty("role", "error")
        self.trouble.setTextFormat(Qt.TextFormat.PlainText)
        self.trouble.setWordWrap(True)
        self.trouble.hide()
        self.rules = QButtonGroup(self)
        self.rule_buttons = {rule: QRadioButton(title) for rule, title in TITLES.items()}
        for button in self.rule_buttons.values():
            self.rules.addButton(button)
        self.rule_buttons[Overwrite.IF_OLDER].setChecked(True)
        self.without_interfaces = QCheckBox("Without sbc_pre and sbc_post")
        self._own = ""
        self._lay_out(holder)
        self.places.buttonClicked.connect(lambda _button: self._choose_place())
        self.client.activated.connect(lambda _place: self.changed.emit())
        self.directory.textChanged.connect(lambda _text: self._check())
        self.rules.buttonClicked.connect(lambda _button: self.changed.emit())
        self.without_interfaces.toggled.connect(lambda _is_on: self.changed.emit())
        self._choose_place()

    def show_clients(self, own: str, others: Iterable[str]) -> None:
        """The client of the saveset, and those that could be restored to instead."""
        self._own = own
        names = [name for name in others if name != own]
        chosen = self.client.currentText()
        if [self.client.itemText(at) for at in range(self.client.count())] != names:
            self.client.clear()
            self.client.addItems(names)
            self.client.setCurrentIndex(max(0, self.client.findText(chosen)))
        self.original.setText(f"Original place on {own}")
        self.elsewhere.setText(f"Another directory on {own}")
        self.other_client.setEnabled(bool(names))
        self.other_client.setToolTip("" if names else _NO_OTHERS)
        if not names and self.other_client.isChecked():
            self.elsewhere.setChecked(True)
        self._choose_place()

    @property
    def target(self) -> bytes:
        """The directory that was chosen."""
        if self.original.isChecked():
            return ORIGINAL_PLACE
        return os.fsencode(self.directory.text())

    @property
    def target_client(self) -> str:
        """The client, "" for the saveset's own one."""
        return self.client.currentText() if self.other_client.isChecked() else ""

    @property
    def shown_client(self) -> str:
        """The client, by name."""
        return self.target_client or self._own

    @property
    def rule(self) -> Overwrite:
        """What becomes of what is there."""
        return next(rule for rule, button in self.rule_buttons.items() if button.isChecked())

    @property
    def refusal(self) -> str | None:
        """Why it cannot be restored there; None if it can."""
        return None if self.original.isChecked() else target_trouble(self.directory.text())

    def focus_first(self) -> None:
        """Where writing begins."""
        is_field = self.directory.isEnabled()
        field: QWidget = self.directory if is_field else self.original
        field.setFocus(Qt.FocusReason.OtherFocusReason)

    # -- inside

    def _lay_out(self, holder: ThemeHolder) -> None:
        form = QFormLayout()
        form.setContentsMargins(24, 0, 0, 0)
        form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
        self._client_label, self._directory_label = QLabel("Client"), QLabel("Directory")
        form.addRow(self._client_label, self.client)
        form.addRow(self._directory_label, self.directory)
        form.addRow("", self.trouble)
        inside = QWidget()
        inside.setMaximumWidth(holder.fonts.px(_WIDEST))
        inside.setProperty("surface", "base")
        inside.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        column = QVBoxLayout(inside)
        column.setContentsMargins(20, 14, 20, 14)
        column.setSpacing(4)
        column.addWidget(_heading("Where"))
        column.addWidget(self.original)
        column.addWidget(_below(_ORIGINAL))
        column.addWidget(self.elsewhere)
        column.addWidget(_below(_BELOW))
        column.addWidget(self.other_client)
        column.addLayout(form)
        column.addSpacing(12)
        column.addWidget(_heading("If a file is already there"))
        rules = QGridLayout()
        rules.setHorizontalSpacing(16)
        rules.setColumnStretch(1, 1)
        for row, (rule, button) in enumerate(self.rule_buttons.items()):
            button.setAccessibleDescription(SENTENCES[rule])
            rules.addWidget(button, row, 0)
            rules.addWidget(caption(SENTENCES[rule]), row, 1, Qt.AlignmentFlag.AlignVCenter)
        column.addLayout(rules)
        column.addWidget(_below(NOTHING_ELSE, indent=0))
        column.addSpacing(12)
        column.addWidget(_heading("Interfaces"))
        column.addWidget(self.without_interfaces)
        column.addWidget(
            _below("A restore runs them as a backup of its task does, if they are switched on.")
        )
        column.addStretch(1)
        scroll = QScrollArea()
        scroll.setWidgetResizable(True)
        scroll.setFrameShape(QFrame.Shape.NoFrame)
        scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        scroll.setWidget(inside)
        scroll.viewport().setAutoFillBackground(False)
        page = QVBoxLayout(self)
        page.setContentsMargins(0, 0, 0, 0)
        page.addWidget(scroll)

    def _choose_place(self) -> None:
        is_elsewhere = not self.original.isChecked()
        is_other = self.other_client.isChecked()
        self.directory.setEnabled(is_elsewhere)
        self._directory_label.setEnabled(is_elsewhere)
        self.client.setVisible(is_other)
        self._client_label.setVisible(is_other)
        self._check()

    def _check(self) -> None:
        text = self.directory.text()
        reason = self.refusal if text else None
        self.trouble.setText(reason or "")
        self.trouble.setVisible(reason is not None)
        mark(self.directory, is_wrong=reason is not None)
        self.changed.emit()


def _heading(text: str) -> QLabel:
    label = QLabel(text)
    label.setProperty("role", "heading")
    return label


def _below(text: str, *, indent: int = 24) -> QLabel:
    label = caption(text)
    label.setContentsMargins(indent, 0, 0, 4)
    return label
