"""A form whose fields are the fields of one record."""

from abc import abstractmethod
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QLineEdit, QVBoxLayout, QWidget

from sesam_master.core.component_rules import Fault, faults
from sesam_master.ui.objects.fields import FormRows, mark, show_text
from sesam_master.ui.theme import ThemeHolder

NAME_STAYS = "A name stays. Duplicate it under another name and delete this one."


class FieldsForm(QWidget):
    """`edited` carries the record after each change by a person.

    `marked` are the fields by their names on the wire, to be marked where what stands in them
    cannot be. `is_other`: another record is shown than before.
    """

    edited = Signal(object)

    def __init__(self, holder: ThemeHolder, item: Any) -> None:
        super().__init__()
        self._item = item
        self._is_new = False
        self.is_other = True
        self._is_filling = False
        self._typed: dict[str, str] = {}
        self._refused = ""
        self.name = QLineEdit()
        self.comment = QLineEdit()
        self.rows = FormRows(holder)
        self.marked: Mapping[str, QWidget] = {}
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addLayout(self.rows)
        column.addStretch(1)
        self.name.textChanged.connect(lambda text: self.put(name=text.strip()))
        self.comment.textChanged.connect(lambda text: self.put(comment=text))

    # -- what each form says of its record

    @abstractmethod
    def fill(self, item: Any) -> None:
        """Show it; nothing is told."""

    def focus_first(self) -> None:
        """Where writing begins."""
        field = self.name if self.name.isEnabled() else self.first_field()
        field.setFocus(Qt.FocusReason.OtherFocusReason)

    def first_field(self) -> QWidget:
        """The first one of an object that has its name already."""
        return self.comment

    # -- for the editor

    @property
    def problem(self) -> str:
        """What was typed and cannot be used, or what is missing; "" for nothing."""
        found = self._faults()
        return found[0].words if found else ""

    def show_item(self, item: Any, /, *, is_new: bool) -> None:
        """Nothing is told."""
        self.is_other = (item.name, is_new) != (self._item.name, self._is_new)
        if self.is_other:
            self._typed.clear()
        self._item, self._is_new = item, is_new
        self._is_filling = True
        show_text(self.name, item.name)
        show_text(self.comment, item.comment)
        self.fill(item)
        self._is_filling = False
        self.name.setEnabled(is_new)
        self.name.setToolTip("" if is_new else NAME_STAYS)
        self._mark()

    def mark_refused(self, field: str) -> None:
        """The location refused what stands in a field, until something is changed; "" for none."""
        self._refused = field
        self._mark()

    def put(self, **changes: Any) -> None:
        """The record has other fields now."""
        if self._is_filling:
            return
        self._item = replace(self._item, **changes)
        for field in changes:
            self._typed.pop(field, None)
        self._tell()

    def put_typed(self, field: str, fault: str) -> None:
        """What was typed into a field means nothing, and why; the record stays as it was. "": it
        means something again."""
        if not fault:
            self._typed.pop(field, None)
        elif not self._is_filling:
            self._typed[field] = fault
            self._tell()

    # -- inside

    def _tell(self) -> None:
        self._refused = ""
        self._mark()
        self.edited.emit(self._item)

    def _faults(self) -> list[Fault]:
        typed = [Fault(field, words) for field, words in self._typed.items()]
        return typed + faults(self._item, is_new=self._is_new)

    def _mark(self) -> None:
        wrong = {fault.field: fault.words for fault in self._faults() if not fault.is_missing}
        if self._refused:
            wrong.setdefault(self._refused, "")
        for field, widget in self.marked.items():
            mark(widget, is_wrong=field in wrong)
            widget.setStatusTip(wrong.get(field, ""))
