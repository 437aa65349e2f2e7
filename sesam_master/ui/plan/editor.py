"""The pane in which one object of a plan is changed."""

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

from sesam_master.core.plan import Event, Planned, Schedule, TaskGroup
from sesam_master.core.plan_clashes import RunTimes, clash_of, drafted_events
from sesam_master.ui.icons import icon
from sesam_master.ui.plan.event_form import EventForm
from sesam_master.ui.plan.group_form import GroupForm
from sesam_master.ui.plan.other_starts import OtherStarts
from sesam_master.ui.plan.presenter import PlanPresenter
from sesam_master.ui.plan.rows import PlanKind
from sesam_master.ui.plan.schedule_form import ScheduleForm
from sesam_master.ui.plan.starts_table import StartsTable, WarningList
from sesam_master.ui.plan.strips import ConflictStrip, DeleteStrip
from sesam_master.ui.plan.versions import differences
from sesam_master.ui.plan.warnings import (
    clash_warning,
    delete_consequence,
    event_warnings,
    group_warnings,
    schedule_warnings,
)
from sesam_master.ui.theme import ThemeHolder
from sesam_master.ui.widgets.elided_label import ElidedLabel
from sesam_master.ui.widgets.wrapped_label import WrappedLabel

FORM_WIDTH = 720  # at most
_NOTHING = "Choose an entry above, or make a new one."


class Editor(QWidget):
    """Shows what the presenter has chosen, and hands every change to it. `closed`: the person is
    through with a question; the list has the focus again."""

    closed = Signal()

    def __init__(self, holder: ThemeHolder, presenter: PlanPresenter, others: OtherStarts) -> None:
        super().__init__()
        self.setProperty("surface", "base")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self._presenter = presenter
        self._others = others
        self._widest = holder.fonts.px(FORM_WIDTH)
        self._shown: tuple[object, object] = (None, None)
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
        self.schedule_form = ScheduleForm(holder)
        self.event_form = EventForm(holder)
        self.group_form = GroupForm(holder)
        self._all_forms = (self.schedule_form, self.event_form, self.group_form)
        self.warnings = WarningList(holder)
        self.starts = StartsTable(holder)
        self.nothing = QLabel(_NOTHING)
        self._forms = QStackedWidget()
        self._sides = QStackedWidget()
        self._body = QSplitter(Qt.Orientation.Horizontal)
        self._lay_out()
        self._wire()
        self.show_chosen()

    def show_chosen(self) -> None:
        """Another object, or another version of it."""
        presenter = self._presenter
        draft, key = presenter.draft, presenter.key
        self.nothing.setVisible(draft is None)
        self._body.setVisible(draft is not None)
        if draft is not None:
            form = self._form(draft.item)
            self._show_item(draft.item, is_new=draft.is_new)
            if presenter.plan is not None:
                self.event_form.set_choices(presenter.plan, presenter.place.tasks)
                self.group_form.set_choices(presenter.plan, presenter.place.tasks)
            self._forms.setCurrentIndex(self._all_forms.index(form))
            self._sides.setCurrentIndex(1 if isinstance(draft.item, TaskGroup) else 0)
        if self._shown[0] != key:
            self.confirm.close_strip()
        self._shown = (key, draft)
        self.follow()
        self.show_starts()

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

    def _follow(self) -> None:
        presenter = self._presenter
        draft = presenter.draft
        for button in (self.undo, self.redo, self.duplicate, self.delete, self.discard, self.save):
            button.setVisible(draft is not None)
        self.problem.setVisible(presenter.problem is not None)
        self.problem.setText(presenter.problem.text if presenter.problem else "")
        if draft is None:
            self.heading.set_text("")
            self.mark.clear()
            self.conflict.hide()
            self.confirm.close_strip()
            return
        refusal = self._form(draft.item).problem or presenter.save_refusal
        _allow(self.save, refusal, "Ctrl+S")
        _allow(self.delete, presenter.delete_refusal, "Del in the list")
        hindrance = presenter.place.hindrance
        _allow(self.duplicate, hindrance, "Ctrl+D")
        _allow(self.discard, None if draft.is_dirty else "Nothing was changed.", "")
        _allow(self.undo, None if draft.can_undo else "There is nothing to undo.", "Ctrl+Z")
        _allow(self.redo, None if draft.can_redo else "There is nothing to redo.", "Ctrl+Shift+Z")
        noun = self._kind().noun
        self.heading.set_text(draft.item.name or f"New {noun}")
        self.mark.setText(self._mark())
        self._forms.setEnabled(hindrance is None)
        self._sides.setEnabled(hindrance is None or not isinstance(draft.item, TaskGroup))
        self._show_conflict()
        self._show_warnings()

    def show_starts(self) -> None:
        """The coming starts of the schedule, or of that of the event."""
        presenter = self._presenter
        preview, problem = presenter.starts.preview, presenter.starts.problem
        self.starts.show_preview(
            preview, presenter.place.zones, presenter.today.year, self._why_none()
        )
        if presenter.starts.is_old:
            self.starts.mark_old()
        self._want_others()
        if problem is not None or preview is not None:
            self.follow()
        else:
            self._show_warnings()

    def ask_delete(self) -> None:
        """Confirms in place what would stop; what was never saved goes at once."""
        presenter = self._presenter
        draft, plan = presenter.draft, presenter.plan
        if draft is None or plan is None or presenter.delete_refusal is not None:
            return
        if draft.base is None:
            presenter.delete()
            return
        consequence = delete_consequence(draft.base, plan, presenter.place.zones.site)
        self.confirm.ask(self._what(), presenter.place.name, consequence)

    def focus_first(self) -> None:
        """Into the form."""
        if self._presenter.draft is not None:
            self._form(self._presenter.draft.item).focus_first()

    # -- inside

    def _lay_out(self) -> None:
        self.save.setProperty("primary", True)
        self.nothing.setProperty("role", "secondary")
        self.nothing.setAlignment(Qt.AlignmentFlag.AlignCenter)
        head = QHBoxLayout()
        head.setSpacing(8)
        head.addWidget(self.heading, 1)
        head.addWidget(self.mark)
        for button in (self.undo, self.redo, self.duplicate, self.delete, self.discard, self.save):
            head.addWidget(button)
        for form in self._all_forms:
            self._forms.addWidget(_scrolled(form, self._widest))
        self._sides.addWidget(self.starts)
        self._sides.addWidget(self.group_form.side)
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
        for form in self._all_forms:
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
        presenter.starts.changed.connect(self.show_starts)
        self._others.changed.connect(self._show_warnings)

    def send(self) -> None:
        """Saves, unless something that was typed cannot be used."""
        draft = self._presenter.draft
        if draft is not None and not self._form(draft.item).problem:
            self._presenter.save()

    def _leave(self) -> None:
        """Out of a question, or else back to the list; what was typed stays."""
        if self.confirm.isVisible():
            self.confirm.close_strip()
        else:
            self.closed.emit()

    def _form(self, item: Planned) -> ScheduleForm | EventForm | GroupForm:
        match item:
            case Schedule():
                return self.schedule_form
            case Event():
                return self.event_form
            case TaskGroup():
                return self.group_form

    def _show_item(self, item: Planned, *, is_new: bool) -> None:
        match item:
            case Schedule():
                self.schedule_form.show_item(item, is_new=is_new)
            case Event():
                self.event_form.show_item(item, is_new=is_new)
            case TaskGroup():
                self.group_form.show_item(item, is_new=is_new)

    def _kind(self) -> PlanKind:
        return self._presenter.key[0] if self._presenter.key else self._presenter.kind

    def _what(self) -> str:
        """Kind and name of what is being changed. No sentence begins with a name: one that is
        written from the right would turn it all."""
        draft = self._presenter.draft
        return f"{self._kind().noun} {draft.item.name}" if draft is not None else ""

    def _mark(self) -> str:
        draft = self._presenter.draft
        if draft is None:
            return ""
        if self._presenter.is_saving:
            return "sent"
        if draft.is_new:
            return "new, not saved"
        return "edited, not saved" if draft.is_dirty else ""

    def _show_conflict(self) -> None:
        presenter = self._presenter
        draft, theirs = presenter.draft, presenter.theirs
        if draft is not None and draft.is_dirty and theirs is not None:
            versions = differences(theirs, draft.item)
            self.conflict.show_versions(self._what(), presenter.place.name, versions)
        elif draft is not None and draft.is_dirty and presenter.is_gone:
            self.conflict.show_gone(self._what(), presenter.place.name)
        else:
            self.conflict.hide()

    def _show_warnings(self) -> None:
        presenter = self._presenter
        draft, plan = presenter.draft, presenter.plan
        if draft is None or plan is None:
            self.warnings.show_sentences([], [])
            return
        item, preview = draft.item, presenter.starts.preview
        zone = presenter.place.zones.site
        warnings: list[str] = []
        match item:
            case Schedule() if preview is not None:
                warnings = schedule_warnings(item, preview, zone)
            case Event():
                warnings = event_warnings(item, plan, presenter.place.tasks)
            case TaskGroup():
                warnings = group_warnings(item, plan, presenter.place.tasks)
            case _:
                pass
        warnings += self._clash_warnings()
        problem = presenter.starts.problem
        errors = (
            [f"{problem.why} {problem.to_do}"] if problem and isinstance(item, Schedule) else []
        )
        typed = self._form(item).problem
        self.warnings.show_sentences([typed] * bool(typed) + errors, warnings)

    def _want_others(self) -> None:
        """What else starts the tasks, where that may clash."""
        draft, plan = self._presenter.draft, self._presenter.plan
        preview = self._presenter.starts.preview
        if draft is None or plan is None or preview is None or plan.is_kept:
            return
        if drafted_events(draft.item, draft.base, plan):
            self._others.want(plan, [start.moment for start in preview.starts])

    def _clash_warnings(self) -> list[str]:
        presenter, starts = self._presenter, self._others.starts
        draft, plan, preview = presenter.draft, presenter.plan, presenter.starts.preview
        if draft is None or plan is None or preview is None or presenter.starts.is_old:
            return []
        if not drafted_events(draft.item, draft.base, plan):
            return []
        if starts is None:
            why = self._others.unknown
            return [f"It is not known whether other events clash with it. {why}"] if why else []
        state, moments = presenter.place.state, [start.moment for start in preview.starts]
        run_times = RunTimes(state.picture if state is not None else None)
        clash = clash_of(draft.item, draft.base, plan, moments, starts, run_times)
        return [clash_warning(clash, presenter.place.zones.site)] if clash is not None else []

    def _why_none(self) -> str:
        presenter = self._presenter
        if presenter.place.darkness is not None:
            return f"Unknown. {presenter.place.darkness}"
        if presenter.starts.unknown:
            return f"Unknown. {presenter.starts.unknown}"
        if presenter.starts.problem is not None:
            return "None as long as the schedule cannot be like this."
        item = presenter.draft.item if presenter.draft is not None else None
        if isinstance(item, Event) and not item.schedule:
            return "Not planned by itself: it starts when the event before it has ended."
        return "There is no start any more." if presenter.starts.preview is not None else ""


def _allow(button: QPushButton, refusal: str | None, keys: str) -> None:
    button.setEnabled(refusal is None)
    button.setToolTip(refusal or keys)


def _scrolled(form: QWidget, widest: int) -> QScrollArea:
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
