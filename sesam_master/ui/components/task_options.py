"""What a task leaves out, and how it is backed up."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from PySide6.QtWidgets import QCheckBox, QLineEdit, QVBoxLayout, QWidget

from sesam_master.core.path_text import path_bytes, path_text
from sesam_master.core.records import ExcludeKind, Task, TaskOptions, TimeReference
from sesam_master.ui.objects.fields import CalmChoice, FormRows, caption
from sesam_master.ui.objects.lines_field import LinesField
from sesam_master.ui.theme import ThemeHolder

_EXCLUDE_HINTS = {
    ExcludeKind.PATTERN: (
        "*.tmp",
        "A pattern without a slash is compared with each name; one that begins with ./ or / with "
        "the path from its source, or from the root.",
    ),
    ExcludeKind.REGEX: (
        r"\.tmp$",
        "Extended regular expressions of POSIX, searched for in the path from the root.",
    ),
}
_EXCLUDE_FILE_WORDS = "A file on the client with one more of them on each line."
_ACCEPT_WORDS = (
    "Regular expressions: a file whose path one is found in may change its size while it is read, "
    "without a warning."
)
_REFERENCES: list[tuple[str, object]] = [
    ("What the location knows of it", TimeReference.DATABASE),
    ("A time stamp file", TimeReference.TIME_STAMP_FILE),
    ("The archive bit", TimeReference.ARCHIVE_BIT),
]
_REFERENCE_WORDS = {
    TimeReference.DATABASE: "Changed is what has another size, time or inode than in the base.",
    TimeReference.TIME_STAMP_FILE: (
        "Changed is what has times after those of a file that the last backup left at the agent, "
        "or another size than in the base. Without that file everything is saved."
    ),
    TimeReference.ARCHIVE_BIT: (
        "Changed is what has its archive bit set, as Samba or Windows keeps it, or another size or "
        "time than in the base. FULL and INC clear the bit. On the agent's own machine only."
    ),
    None: "This desk does not know it.",
}
_CHECKS = (
    (
        "skip_cache_directories",
        "Leave out caches",
        "What lies beside a CACHEDIR.TAG.",
    ),
    ("skip_nodump", "Leave out “no dump”", "Files with that attribute (chattr +d)."),
    (
        "one_file_system",
        "Stay in one file system",
        "What is mounted below a source is left out.",
    ),
    (
        "without_interfaces",
        "Without interfaces",
        "sbc_pre and sbc_post are not run.",
    ),
    (
        "backup_even_if_pre_fails",
        "Back up even if sbc_pre fails",
        "Otherwise that ends the backup in error.",
    ),
)


class TaskOptionsForm(QWidget):
    """A part of the form of a task: hands every change of it to `put`, and what means nothing to
    `put_typed`, with the field and the reason."""

    def __init__(
        self,
        holder: ThemeHolder,
        put: Callable[..., None],
        put_typed: Callable[[str, str], None],
    ) -> None:
        super().__init__()
        self._put_task = put
        self._put_typed = put_typed
        self._options = TaskOptions()
        self._is_filling = False
        self.exclude_kind = CalmChoice()
        self.excludes = LinesField(holder, "Excludes", "", 4)
        self.exclude_words = caption("")
        self.exclude_file = QLineEdit()
        self.accept = LinesField(holder, "Accept size change", r"\.log$", 2)
        self.reference = CalmChoice()
        self.reference_words = caption("")
        self.checks = {field: QCheckBox(text) for field, text, _words in _CHECKS}
        self.marked: dict[str, QWidget] = {
            "excludes": self.excludes,
            "exclude_file": self.exclude_file,
            "accept_size_change": self.accept,
            "exclude_kind": self.exclude_kind,
            "time_reference": self.reference,
        }
        self._lay_out(holder)
        self._wire()

    def fill(self, task: Task, *, is_other: bool) -> None:
        """Nothing is told."""
        options = self._options = task.options
        self._is_filling = True
        self._offer(options)
        self.exclude_kind.choose(options.exclude_kind)
        self.reference.choose(options.time_reference)
        self.excludes.show_lines(task.excludes)
        text = path_text(options.exclude_file)
        if is_other or self._file() not in (None, options.exclude_file):
            self.exclude_file.setText(text)
            self.exclude_file.setCursorPosition(0)
        self.accept.show_lines(options.accept_size_change)
        for field, check in self.checks.items():
            check.setChecked(getattr(options, field))
        self._is_filling = False
        self._follow()

    def _lay_out(self, holder: ThemeHolder) -> None:
        self.exclude_file.setPlaceholderText("/etc/sesam.exclude")
        self.exclude_file.setProperty("mono", True)
        rows = FormRows(holder)
        rows.add("Excludes are", self.exclude_kind)
        rows.add("Excludes", self.excludes)
        rows.addRow("", self.exclude_words)
        rows.add("Exclude file", self.exclude_file)
        rows.addRow("", caption(_EXCLUDE_FILE_WORDS))
        rows.addRow("", _explained(self.checks))
        rows.add("Changed by", self.reference)
        rows.addRow("", self.reference_words)
        rows.add("Accept size change", self.accept)
        rows.addRow("", caption(_ACCEPT_WORDS))
        column = QVBoxLayout(self)
        column.addLayout(rows)
        column.addStretch(1)

    def _wire(self) -> None:
        self.excludes.written.connect(lambda lines: self._put(excludes=lines))
        self.accept.written.connect(lambda lines: self._set(accept_size_change=lines))
        self.exclude_kind.currentIndexChanged.connect(
            lambda _: self._set(exclude_kind=self.exclude_kind.value())
        )
        self.reference.currentIndexChanged.connect(
            lambda _: self._set(time_reference=self.reference.value())
        )
        self.exclude_file.textChanged.connect(self._change_file)
        for field, check in self.checks.items():
            check.toggled.connect(lambda on, field=field: self._set(**{field: on}))

    def _file(self) -> bytes | None:
        """None while what stands there means nothing."""
        try:
            return path_bytes(self.exclude_file.text())
        except ValueError:
            return None

    def _change_file(self) -> None:
        path = self._file()
        if path is None:
            words = r"Exclude file: write a backslash as \\, and a byte that is no text as \xE4."
            self._put_typed("exclude_file", words)
        else:
            self._put_typed("exclude_file", "")
            self._set(exclude_file=path)

    def _offer(self, options: TaskOptions) -> None:
        """What this desk does not know can be shown, not chosen."""
        kinds: list[tuple[str, object]] = [
            ("Patterns of the shell", ExcludeKind.PATTERN),
            ("Regular expressions", ExcludeKind.REGEX),
        ]
        unknown: list[tuple[str, object]] = [("not known to this desk", None)]
        kinds += unknown * (options.exclude_kind is None)
        references = [*_REFERENCES, *unknown * (options.time_reference is None)]
        if self.exclude_kind.count() != len(kinds):
            self.exclude_kind.set_entries(kinds)
        if self.reference.count() != len(references):
            self.reference.set_entries(references)

    def _follow(self) -> None:
        kind = self._options.exclude_kind or ExcludeKind.PATTERN
        hint, words = _EXCLUDE_HINTS[kind]
        self.excludes.setPlaceholderText(hint)
        self.exclude_words.setText(words)
        self.reference_words.setText(_REFERENCE_WORDS[self._options.time_reference])

    def _set(self, **changes: Any) -> None:
        if self._is_filling:
            return
        self._options = replace(self._options, **changes)
        self._follow()
        self._put_task(options=self._options)

    def _put(self, **changes: Any) -> None:
        if not self._is_filling:
            self._put_task(**changes)


def _explained(checks: Mapping[str, QCheckBox]) -> QWidget:
    """The check boxes, each with its explanation below it."""
    box = QWidget()
    column = QVBoxLayout(box)
    column.setContentsMargins(0, 0, 0, 0)
    column.setSpacing(0)
    for field, _text, words in _CHECKS:
        text = caption(words)
        text.setContentsMargins(22, 0, 0, 4)
        column.addWidget(checks[field])
        column.addWidget(text)
        checks[field].setAccessibleDescription(words)
    return box
