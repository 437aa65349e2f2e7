"""The facts of a job as label and value, for the drawer and the end of a restore."""

from datetime import tzinfo

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QGridLayout, QLabel, QSizePolicy, QWidget

from sesam_master.core.records import BackupType, Job, JobKind
from sesam_master.core.states import CODES, WORDS, JobState
from sesam_master.ui.formatting import (
    MISSING,
    UNKNOWN,
    day_text,
    duration_text,
    full_moment_text,
    number_text,
    size_text,
)
from sesam_master.ui.restore.rules import TITLES, place_words
from sesam_master.ui.results.columns import measured, message_text
from sesam_master.ui.results.rows import ResultRow, sesam_date

TYPE_WORDS = {
    BackupType.FULL: "Full",
    BackupType.DIFF: "Differential",
    BackupType.INC: "Incremental",
    BackupType.COPY: "Copy",
}


def job_facts(row: ResultRow, zone: tzinfo) -> list[tuple[str, str]]:
    """Label and value, in the order of the drawer."""
    job = row.job
    return [
        ("Result", f"{CODES[row.state]}  {WORDS[row.state].lower()}"),
        ("Message", message_text(row) or MISSING),
        *_worked(row),
        ("Saveset", job.saveset or MISSING),
        ("Asked", full_moment_text(job.create_time, zone)),
        ("Start", full_moment_text(job.start_time, zone)),
        ("End", full_moment_text(job.end_time, zone)),
        ("Duration", measured(row, duration_text(row.duration_seconds))),
        ("Started by", job.started_by or MISSING),
    ]


def _worked(row: ResultRow) -> list[tuple[str, str]]:
    if row.job.kind is JobKind.RESTORE:
        return _restored(row)
    if row.job.kind is JobKind.VERIFY:
        return _verified(row)
    if row.job.kind is JobKind.RESTORE_PROOF:
        return _proved(row)
    if row.job.kind is JobKind.MIGRATION:
        return [("Kind", "Migration: savesets to another pool"), *_saved(row)[1:]]
    if row.job.kind is JobKind.UNKNOWN:
        return [("Kind", "unknown to this desk; its agent is newer")]
    return _saved(row)


def _saved(row: ResultRow) -> list[tuple[str, str]]:
    return [
        ("Type", _type_text(row)),
        ("Files", measured(row, _files_text(row.job))),
        ("Read", measured(row, size_text(row.size_bytes))),
        ("Stored", measured(row, _stored_text(row.job))),
    ]


def _restored(row: ResultRow) -> list[tuple[str, str]]:
    """Of one that its agent did not survive nobody counted what had been restored."""
    job = row.job
    is_counted = row.state is not JobState.BROKEN or job.files
    where = place_words(job.target, job.target_client or job.client)
    rule = [("Existing files", TITLES[job.overwrite])] if job.overwrite is not None else []
    if job.dry_run:
        return [("Kind", "Dry run: nothing was restored"), ("Target", where), *rule]
    return [
        ("Files", measured(row, _files_text(job)) if is_counted else UNKNOWN),
        ("Restored", measured(row, size_text(row.size_bytes)) if is_counted else UNKNOWN),
        ("Target", where),
        *rule,
    ]


def _verified(row: ResultRow) -> list[tuple[str, str]]:
    return [
        ("Kind", "Verify: compared with the digests"),
        ("Files", measured(row, _files_text(row.job))),
        ("Compared", measured(row, size_text(row.size_bytes))),
    ]


def _proved(row: ResultRow) -> list[tuple[str, str]]:
    return [
        ("Kind", "Restore proof: samples restored and compared"),
        ("Files", measured(row, _files_text(row.job))),
        ("Compared", measured(row, size_text(row.size_bytes))),
    ]


def job_sentence(row: ResultRow) -> str:
    """Location, client, type and sesam day, beside the task's name."""
    job = row.job
    kind = job.type or job.requested_type
    parts = [row.location, job.client, TYPE_WORDS[kind] if kind else ""]
    if job.sesam_day:
        parts.append(f"sesam day {day_text(sesam_date(job.sesam_day))}")
    return ", ".join(part for part in parts if part)


def _files_text(job: Job) -> str:
    if job.is_open:
        return number_text(job.progress.files_done if job.progress else None)
    left_out = "not restored" if job.kind is JobKind.RESTORE else "skipped"
    rest = f", {number_text(job.skipped)} {left_out}" if job.skipped else ""
    return number_text(job.files) + rest


def _stored_text(job: Job) -> str:
    if job.is_open:
        return size_text(job.progress.stored_bytes if job.progress else None)
    return size_text(job.stored_bytes)


def _type_text(row: ResultRow) -> str:
    job = row.job
    if job.type is None:
        return f"{TYPE_WORDS[job.requested_type]} asked" if job.requested_type else MISSING
    text = TYPE_WORDS[job.type]
    if job.requested_type not in (None, job.type):
        text += f" instead of {TYPE_WORDS[job.requested_type].lower()}"
    return text


def main_facts(row: ResultRow, zone: tzinfo) -> list[tuple[str, str]]:
    """Those that one wants to see beside the protocol."""
    wanted = (
        "Result",
        "Message",
        "Kind",
        "Files",
        "Read",
        "Restored",
        "Compared",
        "Saveset",
        "Start",
        "Duration",
    )
    return [fact for fact in job_facts(row, zone) if fact[0] in wanted]


_WRAPPED = ("Message", "What", "Where to", "Existing files", "Target")


class FactSheet(QWidget):
    """Labels at the left, values that can be chosen and copied at the right; in one or two pairs
    of columns."""

    def __init__(self, pairs: int = 1, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._pairs = pairs
        self.setProperty("surface", "base")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(16, 10, 12, 10)
        self._grid.setHorizontalSpacing(16)
        self._grid.setVerticalSpacing(5)
        for pair in range(pairs):
            self._grid.setColumnStretch(2 * pair + 1, 1)
        self._values: dict[str, QLabel] = {}

    def set_facts(self, facts: list[tuple[str, str]]) -> None:
        """Show these; widgets are kept while the labels stay the same."""
        if list(self._values) != [label for label, _ in facts]:
            self._rebuild([label for label, _ in facts])
        for label, value in facts:
            if self._values[label].text() != value:
                self._values[label].setText(value)
                self._values[label].setToolTip(value)

    def _rebuild(self, labels: list[str]) -> None:
        while (item := self._grid.takeAt(0)) is not None:
            if (widget := item.widget()) is not None:
                widget.hide()
                widget.deleteLater()
        self._values.clear()
        rows = -(-len(labels) // self._pairs)
        for place, label in enumerate(labels):
            pair, row = divmod(place, rows)
            name, value = QLabel(label), QLabel()
            name.setProperty("role", "secondary")
            name.setAlignment(Qt.AlignmentFlag.AlignTop)
            value.setTextFormat(Qt.TextFormat.PlainText)
            value.setWordWrap(label in _WRAPPED)
            value.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
            value.setTextInteractionFlags(
                Qt.TextInteractionFlag.TextSelectableByMouse
                | Qt.TextInteractionFlag.TextSelectableByKeyboard
            )
            value.setAccessibleName(label)
            value.setAlignment(Qt.AlignmentFlag.AlignTop | Qt.AlignmentFlag.AlignLeft)
            if label == "Saveset":
                value.setProperty("role", "mono")
            self._grid.addWidget(name, row, 2 * pair)
            self._grid.addWidget(value, row, 2 * pair + 1)
            self._values[label] = value
        self._grid.setRowStretch(rows, 1)
