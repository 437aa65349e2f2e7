"""The form of an event."""

import os
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from PySide6.QtCore import QSignalBlocker, Qt, Signal
from PySide6.QtWidgets import QCheckBox, QLineEdit, QPlainTextEdit, QVBoxLayout, QWidget

from sesam_master.core.plan import (
    MAX_PRIORITY,
    Action,
    BackupAction,
    CommandAction,
    Event,
    MigrationAction,
    NewdayAction,
    Plan,
    RestoreAction,
    RestoreProofAction,
    VerifyAction,
)
from sesam_master.core.records import BackupType, Overwrite
from sesam_master.ui.objects.fields import (
    CalmChoice,
    CalmSpin,
    FormRows,
    NameField,
    boxed,
    caption,
    line,
    show_text,
)
from sesam_master.ui.plan.data_fields import DataActionFields
from sesam_master.ui.plan.schedule_form import NAME_STAYS
from sesam_master.ui.restore.rules import SENTENCES, TITLES
from sesam_master.ui.theme import ThemeHolder

KIND_STAYS = "The kind of an event stays. Make another event instead."
NEWDAY_STAYS = (
    "NEWDAY ends the sesam day: it keeps its schedule, stays active and above all priorities. "
    "Move it with the schedule NEWDAY."
)
NO_SCHEDULE = "none, waits to be a follow-up"
BLOCKING_WORDS = (
    "Events of its kind with a lower priority are not started within the window of its schedule; "
    "without a window, within the same minute."
)
PRIORITY_WORDS = "1 is the lowest, 99 the highest; 0 is above all and never held off."
_TYPES = (
    ("Incremental", BackupType.INC),
    ("Differential", BackupType.DIFF),
    ("Full", BackupType.FULL),
    ("Copy", BackupType.COPY),
)
_TEXT_HEIGHT = 62


class EventForm(QWidget):
    """`edited` carries the event after each change."""

    edited = Signal(object)

    def __init__(self, holder: ThemeHolder) -> None:
        super().__init__()
        self._event = Event("", "", None)
        self.name = QLineEdit()
        self.active = QCheckBox("Active")
        self.kind = CalmChoice()
        self.of_group = CalmChoice([("Task", False), ("Group", True)])
        self.task = NameField("Task")
        self.group = NameField("Task group")
        self.type = CalmChoice(_TYPES)
        self.type.setMinimumContentsLength(len("Incremental"))
        self.pool = CalmChoice()
        self.drive = CalmChoice()
        self.restored = NameField("Task to restore")
        self.target = QLineEdit()
        self.paths = _lines(holder, "One full path a line; none: everything")
        self.overwrite = CalmChoice([(words, rule) for rule, words in TITLES.items()])
        self.rule_words = caption("")
        self.program = QLineEdit()
        self.arguments = _lines(holder, "One argument a line; no shell sees them")
        self.data = DataActionFields(self._act, lambda: self.edited.emit(self._event))
        self.schedule = NameField("Schedule", NO_SCHEDULE)
        self.priority = CalmSpin(0, MAX_PRIORITY)
        self.blocking = QCheckBox("holds off lower priorities")
        self.follow_up = NameField("Follow-up", "none")
        self.comment = QLineEdit()
        self.newday = caption(NEWDAY_STAYS)
        self._lay_out(holder)
        self._wire()

    @property
    def problem(self) -> str:
        """What was typed and cannot be used; "" for nothing."""
        names = (self.task, self.group, self.restored, *self.data.names)
        for field in (*names, self.schedule, self.follow_up):
            if field.isVisibleTo(self) and field.is_wrong:
                what = field.accessibleName().lower()
                name = field.name()
                return f"There is no {what} “{name}” here." if name else f"No {what} is chosen."
        return ""

    def set_choices(self, plan: Plan, tasks: Iterable[str]) -> None:
        """What the names can be chosen from."""
        names = list(tasks)
        self.task.set_names(names)
        self.restored.set_names(names)
        self.data.set_choices(names, plan.pools)
        self.group.set_names(group.name for group in plan.groups)
        self.schedule.set_names(schedule.name for schedule in plan.schedules)
        self.follow_up.set_names(e.name for e in plan.events if e.name != self._event.name)
        drives = [(f"{d.name}{'' if d.active else ' (off)'}", d.name) for d in plan.drives]
        self.drive.set_entries([("any drive", ""), *drives])
        self.pool.set_entries([("the usual one", ""), *((name, name) for name in plan.pools)])
        self._fill(self._event)

    def show_item(self, event: Event, *, is_new: bool) -> None:
        """Nothing is told."""
        self._event = event
        self._offer_kinds(event)
        self._fill(event)
        self._follow(event)
        self._fix(event, is_new=is_new)

    def focus_first(self) -> None:
        """Where writing begins."""
        field: QWidget = self.name if self.name.isEnabled() else self.schedule
        field.setFocus(Qt.FocusReason.OtherFocusReason)

    # -- inside

    def _lay_out(self, holder: ThemeHolder) -> None:
        self.target.setPlaceholderText("Full path of a directory on the client")
        self.program.setPlaceholderText("Name of a file in bin/sesam of the server")
        rows = FormRows(holder)
        rows.add("Name", boxed(line(self.name, self.active)))
        rows.add("Kind", self.kind)
        objects = line(self.of_group)
        objects.addWidget(self.task, 1)
        objects.addWidget(self.group, 1)
        self._object = rows.add("Object", boxed(objects))
        types = line(self.type)
        types.addStretch(1)
        self._type = rows.add("Type", boxed(types))
        rows.add("Media pool", self.pool)
        rows.add("Drive", self.drive)
        rows.add("Task", self.restored)
        rows.add("Target", self.target)
        rows.add("Paths", self.paths)
        rows.add("Existing files", self.overwrite)
        rows.addRow("", self.rule_words)
        rows.add("Program", self.program)
        rows.add("Arguments", self.arguments)
        self.data.add_to(rows)
        rows.add("Schedule", self.schedule)
        priorities = line(self.priority, self.blocking)
        priorities.addStretch(1)
        rows.add("Priority", boxed(priorities))
        rows.addRow("", caption(PRIORITY_WORDS))
        rows.add("Follow-up", self.follow_up)
        rows.add("Comment", self.comment)
        self._rows = rows
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self.newday)
        column.addLayout(rows)
        column.addStretch(1)
        for field, name in (
            (self.name, "Name"),
            (self.of_group, "Task or group"),
            (self.type, "Backup type"),
            (self.priority, "Priority"),
        ):
            field.setAccessibleName(name)
        self.blocking.setToolTip(BLOCKING_WORDS)
        self.follow_up.setToolTip("Is started when this one has ended ok or with a warning.")

    def _wire(self) -> None:
        self.name.textChanged.connect(lambda text: self._put(name=text.strip()))
        self.comment.textChanged.connect(lambda text: self._put(comment=text))
        self.active.toggled.connect(lambda on: self._put(active=on))
        self.kind.currentIndexChanged.connect(self._change_kind)
        self.of_group.currentIndexChanged.connect(self._change_object)
        self.task.named.connect(lambda name: self._act(task=name))
        self.group.named.connect(lambda name: self._act(group=name))
        self.restored.named.connect(lambda name: self._act(task=name))
        self.type.currentIndexChanged.connect(lambda _: self._act(type=self.type.value()))
        self.pool.currentIndexChanged.connect(lambda _: self._act(pool=self.pool.value()))
        self.drive.currentIndexChanged.connect(lambda _: self._act(drive=self.drive.value()))
        self.target.textChanged.connect(lambda text: self._act(target=os.fsencode(text.strip())))
        self.paths.textChanged.connect(self._change_paths)
        self.overwrite.currentIndexChanged.connect(self._change_rule)
        self.program.textChanged.connect(lambda text: self._act(program=text.strip()))
        self.arguments.textChanged.connect(self._change_arguments)
        self.schedule.named.connect(lambda name: self._put(schedule=name))
        self.priority.valueChanged.connect(lambda number: self._put(priority=number))
        self.blocking.toggled.connect(lambda on: self._put(blocking=on))
        self.follow_up.named.connect(lambda name: self._put(follow_up=name))
        for field in (self.task, self.group, self.restored, self.schedule, self.follow_up):
            field.currentTextChanged.connect(lambda _text: self.edited.emit(self._event))

    def _fill(self, event: Event) -> None:
        fields = (
            *(self.name, self.active, self.kind, self.of_group, self.type, self.pool, self.drive),
            *(self.target, self.paths, self.program, self.arguments, self.priority),
            *(self.blocking, self.comment, self.overwrite),
        )
        blockers = [QSignalBlocker(field) for field in fields]
        show_text(self.name, event.name)
        show_text(self.comment, event.comment)
        self.active.setChecked(event.active)
        self.kind.choose(type(event.action))
        self._fill_action(event.action)
        self.data.fill(event.action)
        self.schedule.show_name(event.schedule)
        self.priority.setValue(event.priority)
        self.blocking.setChecked(event.blocking)
        self.follow_up.show_name(event.follow_up)
        del blockers

    def _fill_action(self, action: Action | None) -> None:
        match action:
            case BackupAction(backup_type, task, group, drive, pool):
                self.of_group.choose(bool(group) or (self._is_of_group and not task))
                self.task.show_name(task)
                self.group.show_name(group)
                self.type.choose(backup_type)
                self.drive.choose(drive)
                self.pool.choose(pool)
            case MigrationAction(drive=drive):
                self.drive.choose(drive)
            case RestoreAction(task, target, paths, rule):
                self.restored.show_name(task)
                show_text(self.target, os.fsdecode(target))
                _show_lines(self.paths, [os.fsdecode(path) for path in paths])
                self.overwrite.choose(rule)
                self.rule_words.setText(SENTENCES[rule] if rule is not None else "")
            case CommandAction(program, arguments):
                show_text(self.program, program)
                _show_lines(self.arguments, list(arguments))
            case _:
                pass

    @property
    def _is_of_group(self) -> bool:
        return bool(self.of_group.value())

    def _follow(self, event: Event) -> None:
        """Only what belongs to the kind is shown."""
        action = event.action
        is_backup = isinstance(action, BackupAction)
        for field in (self._object, self._type, self.pool):
            self._rows.setRowVisible(field, is_backup)
        self._rows.setRowVisible(self.drive, isinstance(action, BackupAction | MigrationAction))
        self.task.setVisible(not self._is_of_group)
        self.group.setVisible(self._is_of_group)
        for field in (self.restored, self.target, self.paths, self.overwrite, self.rule_words):
            self._rows.setRowVisible(field, isinstance(action, RestoreAction))
        for field in (self.program, self.arguments):
            self._rows.setRowVisible(field, isinstance(action, CommandAction))
        self.data.follow(action)

    def _fix(self, event: Event, *, is_new: bool) -> None:
        """What cannot be changed of an event that there is, and of NEWDAY."""
        self.newday.setVisible(event.is_newday)
        self.name.setEnabled(is_new)
        self.name.setToolTip("" if is_new else NAME_STAYS)
        self.kind.setEnabled(is_new)
        self.kind.setToolTip("" if is_new else KIND_STAYS)
        for field in (self.active, self.schedule, self.priority):
            field.setEnabled(not event.is_newday)
            field.setToolTip(NEWDAY_STAYS if event.is_newday else "")

    def _offer_kinds(self, event: Event) -> None:
        kinds: list[tuple[str, object]] = [
            ("Backup", BackupAction),
            ("Restore the newest saveset", RestoreAction),
            ("Command", CommandAction),
            ("Verify the newest saveset", VerifyAction),
            ("Prove a restore", RestoreProofAction),
            ("Copy or move to another media pool", MigrationAction),
        ]
        if event.is_newday:
            kinds = [("NEWDAY", NewdayAction)]
        elif event.action is None:
            kinds = [("not known to this desk", type(None))]
        if self.kind.count() != len(kinds) or self.kind.itemText(0) != kinds[0][0]:
            self.kind.set_entries(kinds)

    def _change_kind(self) -> None:
        action: Action
        known = self.task.name() or self.restored.name() or self.data.task.name()
        match self.kind.value():
            case wanted if wanted is RestoreAction:
                action = RestoreAction(known, b"")
            case wanted if wanted is CommandAction:
                action = CommandAction("")
            case wanted:
                looked_after = self.data.fresh(wanted, known)
                action = looked_after or BackupAction(BackupType.INC, known)
        self._put(action=action)
        self._fill(self._event)
        self._follow(self._event)

    def _change_object(self) -> None:
        """A task or else a group: the other is forgotten."""
        field = self.group if self._is_of_group else self.task
        name = "" if field.is_wrong else field.name()
        self._act(
            **({"task": "", "group": name} if self._is_of_group else {"task": name, "group": ""})
        )
        self._follow(self._event)

    def _change_paths(self) -> None:
        if not self.paths.isReadOnly():
            self._act(paths=tuple(os.fsencode(path) for path in _split(self.paths)))

    def _change_rule(self) -> None:
        rule = self.overwrite.value()
        if isinstance(rule, Overwrite):
            self.rule_words.setText(SENTENCES[rule])
            self._act(overwrite=rule)

    def _change_arguments(self) -> None:
        if not self.arguments.isReadOnly():
            self._act(arguments=tuple(_split(self.arguments)))

    def _act(self, **changes: Any) -> None:
        if self._event.action is not None:
            self._put(action=replace(self._event.action, **changes))

    def _put(self, **changes: Any) -> None:
        self._event = replace(self._event, **changes)
        self.edited.emit(self._event)


def _lines(holder: ThemeHolder, hint: str) -> QPlainTextEdit:
    field = QPlainTextEdit()
    field.setProperty("mono", True)
    field.setPlaceholderText(hint)
    field.setTabChangesFocus(True)
    field.setFixedHeight(holder.fonts.px(_TEXT_HEIGHT))
    return field


def _split(field: QPlainTextEdit) -> list[str]:
    return [text for text in field.toPlainText().split("\n") if text]


def _show_lines(field: QPlainTextEdit, lines: list[str]) -> None:
    """What no line says, a break in a name or an empty argument, is shown and not written over."""
    is_odd = any("\n" in text or not text for text in lines)
    if _split(field) != lines and field.toPlainText() != "\n".join(lines):
        field.setPlainText("\n".join(lines))
    field.setReadOnly(is_odd)
    odd = "An empty line, or one with a line break in it, can be shown, not written here."
    field.setToolTip(odd if is_odd else "")
