"""The fields of events that look after savesets: verify, restore proof, migration."""

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from PySide6.QtCore import QSignalBlocker
from PySide6.QtWidgets import QCheckBox, QWidget

from sesam_master.core.plan import Action, MigrationAction, RestoreProofAction, VerifyAction
from sesam_master.ui.objects.fields import CalmSpin, FormRows, NameField, boxed, caption, line

MOST_FILES = 10_000
_MB = 1_000_000
_MOST_MB = 1_000_000
_USUAL = "the usual"
_PROOF_WORDS = (
    "Samples of its newest saveset are restored into a scratch place of the agent, compared with "
    "what was taken at the backup, and removed."
)
_QUICK_WORDS = "Sizes, description, listing and a few pieces only; it sets no time of verification"
_MIGRATION_WORDS = (
    "All savesets that have no copy there yet, each with all that it builds on. A move gives them "
    "up where they were as soon as the copy was compared with its digests."
)


class DataActionFields:
    """`put` is told what changes of the action; `typed` that something was typed at all."""

    def __init__(self, put: Callable[..., None], typed: Callable[[], None]) -> None:
        self.task = NameField("Task to look after")
        self.chain = QCheckBox("with all that it builds on")
        self.quick = QCheckBox("quickly")
        self.quick.setToolTip(_QUICK_WORDS)
        self.files = CalmSpin(0, MOST_FILES, " files")
        self.megabytes = CalmSpin(0, _MOST_MB, " MB at most")
        for spin in (self.files, self.megabytes):
            spin.setSpecialValueText(_USUAL)
        self.files.setAccessibleName("Files to restore")
        self.megabytes.setAccessibleName("Megabytes to restore at most")
        self.source = NameField("Media pool to copy from")
        self.pool = NameField("Media pool to copy to")
        self.move = QCheckBox("move them there")
        self._rows: FormRows | None = None
        self._shown: dict[type[Action], tuple[QWidget, ...]] = {}
        self.task.named.connect(lambda name: put(task=name))
        self.chain.toggled.connect(lambda on: put(whole_chain=on))
        self.quick.toggled.connect(lambda on: put(quick=on))
        self.files.valueChanged.connect(lambda number: put(files=number))
        self.megabytes.valueChanged.connect(lambda number: put(max_bytes=number * _MB))
        self.source.named.connect(lambda name: put(source_pool=name))
        self.pool.named.connect(lambda name: put(pool=name))
        self.move.toggled.connect(lambda on: put(move=on))
        for field in self.names:
            field.currentTextChanged.connect(lambda _text: typed())

    @property
    def names(self) -> Sequence[NameField]:
        """Each has to be one of those that there are, where it is shown."""
        return self.task, self.source, self.pool

    def add_to(self, rows: FormRows) -> None:
        """Their rows."""
        self._rows = rows
        rows.add("Task", self.task)
        how = rows.add("How", boxed(line(self.chain, self.quick)))
        samples = rows.add("Samples", boxed(line(self.files, self.megabytes)))
        proof, migration = caption(_PROOF_WORDS), caption(_MIGRATION_WORDS)
        rows.addRow("", proof)
        rows.add("From pool", self.source)
        pools = line(self.pool, self.move)
        pools.setStretch(0, 1)
        to = rows.add("To pool", boxed(pools))
        rows.addRow("", migration)
        self._shown = {
            VerifyAction: (self.task, how),
            RestoreProofAction: (self.task, samples, proof),
            MigrationAction: (self.source, to, migration),
        }

    def set_choices(self, tasks: Iterable[str], pools: Iterable[str]) -> None:
        """What the names can be chosen from."""
        names = list(pools)
        self.task.set_names(tasks)
        self.source.set_names(names)
        self.pool.set_names(names)

    def fill(self, action: Action | None) -> None:
        """Nothing is told."""
        fields = (self.chain, self.quick, self.files, self.megabytes, self.move)
        blockers = [QSignalBlocker(field) for field in fields]
        match action:
            case VerifyAction(task, whole_chain, quick):
                self.task.show_name(task)
                self.chain.setChecked(whole_chain)
                self.quick.setChecked(quick)
            case RestoreProofAction(task, files, max_bytes):
                self.task.show_name(task)
                self.files.setValue(files)
                self.megabytes.setValue(max_bytes // _MB)
            case MigrationAction(source_pool, pool, move):
                self.source.show_name(source_pool)
                self.pool.show_name(pool)
                self.move.setChecked(move)
            case _:
                pass
        del blockers

    def follow(self, action: Action | None) -> None:
        """Only what belongs to the kind is shown."""
        rows = self._rows
        wanted = self._shown.get(type(action), ()) if action is not None else ()
        for field in {field: None for fields in self._shown.values() for field in fields}:
            if rows is not None:
                rows.setRowVisible(field, field in wanted)

    def fresh(self, kind: Any, task: str) -> Action | None:
        """A new action of a kind; None for a kind of others."""
        if kind is VerifyAction:
            return VerifyAction(task)
        if kind is RestoreProofAction:
            return RestoreProofAction(task)
        if kind is MigrationAction:
            return MigrationAction(self.source.name(), self.pool.name())
        return None
