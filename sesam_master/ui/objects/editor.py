"""The pane in which one object of a location is changed."""

from abc import abstractmethod
from collections.abc import Mapping
from typing import Any, Protocol, cast

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QScrollArea,
    QSplitter,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from sesam_master.core.draft import Draft, Editable
from sesam_master.ui.icons import icon
from sesam_master.ui.objects.kinds import Key, ObjectKind
from sesam_master.ui.objects.presenter import ObjectsPresenter
from sesam_master.ui.objects.strips import ConflictStrip, DeleteStrip
from sesam_master.ui.objects.warning_list import WarningList
from sesam_master.ui.theme import ThemeHolder
from sesam_master.ui.widgets.elided_label import ElidedLabel
from sesam_master.ui.widgets.wrapped_label import WrappedLabel

FORM_WIDTH = 720  # at most
_NOTHING = "What is chosen above is shown and changed here."


class Form(Protocol):
    """The fields of one kind of objects; a widget whose signal `edited` carries the object after
    each change by a person."""

    @property
    def edited(self) -> Any: ...

    @property
    def problem(self) -> str:
        """What was typed and cannot be used, or what is missing; "" for nothing."""

    def show_item(self, item: Any, /, *, is_new: bool) -> None:
        """Nothing is told."""

    def focus_first(self) -> None:
        """Where writing begins."""


class ObjectEditor(QWidget):
    """Shows what the presenter has chosen, and hands every change to it. `closed`: the person is
    through with a question; the list has the focus again.

    `sides` stand beside the forms. Each page says the rest of its objects.
    """

    closed = Signal()

    def __init__(
        self,
        holder: ThemeHolder,
        presenter: ObjectsPresenter[Any, Any],
        forms: Mapping[ObjectKind, Form],
        sides: Mapping[ObjectKind, QWidget],
    ) -> None:
        super().__init__()
        self.setProperty("surface", "base")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self._presenter = presenter
        self._widest = holder.fonts.px(FORM_WIDTH)
        self._shown: Key | None = None
        self.heading = ElidedLabel(holder, "", "heading")
        self.mark = QLabel()
        self.mark.setProperty("role", "caption")
        self.undo = QPushButton(icon("rotate-ccw", holder), "Undo")
        self.redo = QPushButton(icon("rotate-cw", holder), "Redo")
        self.duplicate = QPushButton(icon("copy", holder), "Duplicate")
        self.delete = QPushButton(icon("trash-2", holder), "Delete")
        self.discard = QPushButton("Discard")
        self.save = QPushButton("Save")
        self.confirm = DeleteStrip()
        self.conflict = ConflictStrip()
        self.problem = WrappedLabel(role="error")
        self.forms = forms
        self._side_of = sides
        self.warnings = WarningList(holder)
        self.nothing = QLabel(_NOTHING)
        self._forms = QStackedWidget()
        self._sides = QStackedWidget()
        self._body = QSplitter(Qt.Orientation.Horizontal)
        self._lay_out()
        self._wire()

    # -- what each page says of its objects

    def set_choices(self) -> None:
        """What the fields can be chosen from is another."""

    @abstractmethod
    def judge(self, item: Editable) -> tuple[list[str], list[str]]:
        """What makes it impossible, beside what was typed, and what may not have been meant."""

    @abstractmethod
    def consequence(self, item: Editable) -> str:
        """What deleting it stops, and what it leaves as it is."""

    @abstractmethod
    def differences(self, theirs: Editable, mine: Editable) -> list[tuple[str, str, str]]:
        """What differs: the field, how it is at the location, how it is here."""

    @abstractmethod
    def is_readable(self, kind: ObjectKind) -> bool:
        """The side of that kind only shows: it stays as it is where nothing can be changed."""

    def show_side(self) -> None:
        """Another object, or another version of it."""

    # -- for the page

    def show_chosen(self) -> None:
        """Another object, or another version of it."""
        presenter = self._presenter
        draft, key = presenter.draft, presenter.key
        self.nothing.setVisible(draft is None)
        self._body.setVisible(draft is not None)
        if draft is not None:
            kind = self._kind()
            self._form().show_item(draft.item, is_new=draft.is_new)
            if presenter.whole is not None:
                self.set_choices()
            self._forms.setCurrentIndex(list(self.forms).index(kind))
            self._sides.setCurrentWidget(self._side_of[kind])
        if self._shown != key:
            self.confirm.close_strip()
        self._shown = key
        self.follow()
        self.show_side()

    def follow(self) -> None:
        """What can be done now, and what stands against it. The focus does not leave the page with
        a button that cannot be pressed any more."""
        focus = self.focusWidget()
        had_focus = focus is not None and focus.hasFocus()
        self._follow()
        if had_focus and focus is not None:
            is_there = focus.isEnabledTo(self) and focus.isVisibleTo(self)
            if not is_there:
                self.closed.emit()

    def show_warnings(self) -> None:
        """What stands against what was written, and what may not have been meant."""
        presenter = self._presenter
        if presenter.draft is None or presenter.whole is None:
            self.warnings.show_sentences([], [])
            return
        errors, warnings = self.judge(presenter.draft.item)
        typed = self._form().problem
        self.warnings.show_sentences([typed] * bool(typed) + errors, warnings)

    def ask_delete(self) -> None:
        """Confirms in place what would stop; what was never saved goes at once."""
        presenter = self._presenter
        draft = presenter.draft
        if draft is None or presenter.whole is None or presenter.delete_refusal is not None:
            return
        if draft.base is None:
            presenter.delete()
            return
        self.confirm.ask(self._what(draft), presenter.place.name, self.consequence(draft.base))

    def focus_first(self) -> None:
        """Into the form."""
        if self._presenter.draft is not None:
            self._form().focus_first()

    def send(self) -> None:
        """Saves, unless something that was typed cannot be used."""
        if self._presenter.draft is not None and not self._form().problem:
            self._presenter.save()

    # -- inside

    def _lay_out(self) -> None:
        self.save.setProperty("primary", True)
        self.nothing.setProperty("role", "secondary")
        self.nothing.setAlignment(Qt.AlignmentFlag.AlignCenter)
        head = QHBoxLayout()
        head.setSpacing(8)
        head.addWidget(self.heading, 1)
        head.addWidget(self.mark)
        for button in self._buttons():
            head.addWidget(button)
        for form in self.forms.values():
            self._forms.addWidget(scrolled(cast(QWidget, form), self._widest))
        for side in dict.fromkeys(self._side_of.values()):
            self._sides.addWidget(side)
        self._body.addWidget(self._forms)
        self._body.addWidget(_column(self.warnings, self._sides))
        self._body.setChildrenCollapsible(False)
        self._body.setSizes([490, 530])
        self._body.setStretchFactor(0, 4)
        self._body.setStretchFactor(1, 5)
        column = QVBoxLayout(self)
        column.setContentsMargins(16, 8, 12, 8)
        column.setSpacing(6)
        for strip in (self.confirm, self.conflict, self.problem):
            column.addWidget(strip)
        column.addWidget(self._body, 1)
        column.addWidget(self.nothing, 1)
        column.insertLayout(0, head)  # last, so that the keyboard comes to the form first

    def _wire(self) -> None:
        presenter = self._presenter
        for form in self.forms.values():
            form.edited.connect(presenter.edit)
        self.undo.clicked.connect(presenter.undo)
        self.redo.clicked.connect(presenter.redo)
        self.duplicate.clicked.connect(presenter.duplicate)
        self.delete.clicked.connect(self.ask_delete)
        self.discard.clicked.connect(presenter.discard)
        self.save.clicked.connect(self.send)
        self.confirm.confirmed.connect(presenter.delete)
        self.confirm.closed.connect(self.closed)
        self.conflict.theirs_chosen.connect(presenter.take_theirs)
        self.conflict.mine_chosen.connect(presenter.keep_mine)
        escape = QShortcut(QKeySequence(Qt.Key.Key_Escape), self)
        escape.setContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
        escape.activated.connect(self._leave)
        presenter.chosen_changed.connect(self.show_chosen)
        presenter.changed.connect(self.follow)
        presenter.edited.connect(self.follow)

    def _buttons(self) -> tuple[QPushButton, ...]:
        return (self.undo, self.redo, self.duplicate, self.delete, self.discard, self.save)

    def _follow(self) -> None:
        presenter = self._presenter
        draft = presenter.draft
        for button in self._buttons():
            button.setVisible(draft is not None)
        self.problem.setVisible(presenter.problem is not None)
        self.problem.setText(presenter.problem.text if presenter.problem else "")
        if draft is None:
            self.heading.set_text("")
            self.mark.clear()
            self.conflict.hide()
            self.confirm.close_strip()
            return
        self._allow(draft)
        self.heading.set_text(draft.item.name or f"New {self._kind().noun}")
        self.mark.setText(self._mark(draft))
        self._show_conflict(draft)
        self.show_warnings()

    def _allow(self, draft: Draft[Any]) -> None:
        presenter = self._presenter
        _allow(self.save, self._form().problem or presenter.save_refusal, "Ctrl+S")
        _allow(self.delete, presenter.delete_refusal, "Del in the list")
        _allow(self.duplicate, presenter.new_refusal, "Ctrl+D")
        _allow(self.discard, None if draft.is_dirty else "Nothing was changed.", "")
        _allow(self.undo, None if draft.can_undo else "There is nothing to undo.", "Ctrl+Z")
        _allow(self.redo, None if draft.can_redo else "There is nothing to redo.", "Ctrl+Shift+Z")
        is_free = presenter.place.hindrance is None
        self._forms.setEnabled(is_free)
        self._sides.setEnabled(is_free or self.is_readable(self._kind()))

    def _leave(self) -> None:
        """Out of a question, or else back to the list; what was typed stays."""
        if self.confirm.isVisible():
            self.confirm.close_strip()
        else:
            self.closed.emit()

    def _form(self) -> Form:
        return self.forms[self._kind()]

    def _kind(self) -> ObjectKind:
        return self._presenter.key[0] if self._presenter.key else self._presenter.kind

    def _what(self, draft: Draft[Any]) -> str:
        """Kind and name of what is being changed. No sentence begins with a name: one that is
        written from the right would turn it all."""
        return f"{self._kind().noun} {draft.item.name}"

    def _mark(self, draft: Draft[Any]) -> str:
        if self._presenter.is_saving:
            return "sent"
        if draft.is_new:
            return "new, not saved"
        return "edited, not saved" if draft.is_dirty else ""

    def _show_conflict(self, draft: Draft[Any]) -> None:
        presenter = self._presenter
        theirs, what, place = presenter.theirs, self._what(draft), presenter.place.name
        if draft.is_dirty and theirs is not None:
            self.conflict.show_versions(what, place, self.differences(theirs, draft.item))
        elif draft.is_dirty and presenter.is_gone:
            self.conflict.show_gone(what, place)
        else:
            self.conflict.hide()


def _allow(button: QPushButton, refusal: str | None, keys: str) -> None:
    button.setEnabled(refusal is None)
    button.setToolTip(refusal or keys)


def scrolled(form: QWidget, widest: int) -> QScrollArea:
    """The form in an area that scrolls; no wider than that many pixels."""
    layout = form.layout()
    if layout is not None:
        layout.setContentsMargins(0, 0, 10, 0)
    form.setMaximumWidth(widest)
    form.setProperty("surface", "base")
    form.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
    scroll = QScrollArea()
    scroll.setWidgetResizable(True)
    scroll.setFrameShape(QFrame.Shape.NoFrame)
    scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
    scroll.setWidget(form)
    scroll.viewport().setAutoFillBackground(False)
    return scroll


def _column(*widgets: QWidget) -> QWidget:
    box = QWidget()
    column = QVBoxLayout(box)
    column.setContentsMargins(12, 0, 0, 0)
    column.setSpacing(6)
    for widget in widgets:
        column.addWidget(widget)
    column.setStretch(len(widgets) - 1, 1)
    return box
