"""The steps "Target" and "Run" of a restore."""

from collections.abc import Sequence
from datetime import tzinfo

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QScrollArea,
    QSplitter,
    QVBoxLayout,
    QWidget,
)

from sesam_master.core.gateway import FleetGateway, ProtocolPage
from sesam_master.core.records import Saveset
from sesam_master.ui.bridge import Bridge
from sesam_master.ui.formatting import number_text, size_text
from sesam_master.ui.notices import notice
from sesam_master.ui.restore.presenter import target_trouble
from sesam_master.ui.restore.tree import Choice, shown_name
from sesam_master.ui.results.columns import state_text
from sesam_master.ui.results.facts import FactSheet, job_facts
from sesam_master.ui.results.progress import ProgressLine
from sesam_master.ui.results.protocol import ProtocolView
from sesam_master.ui.results.reader import ProtocolReader
from sesam_master.ui.results.rows import ResultRow
from sesam_master.ui.signs import SignAtlas
from sesam_master.ui.theme import ThemeHolder
from sesam_master.ui.widgets.elided_label import ElidedLabel

SIGN = 18
SHOWN_PATHS = 12


class TargetStep(QWidget):
    """Where to, and what will happen there."""

    changed = Signal()

    def __init__(self, holder: ThemeHolder, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        heading = QLabel("Directory on the client")
        heading.setProperty("role", "heading")
        self.directory = QLineEdit()
        self.directory.setPlaceholderText("/srv/restore")
        self.directory.setAccessibleName("Directory on the client")
        self.directory.setMaximumWidth(holder.fonts.px(620))
        self.directory.textChanged.connect(self._check)
        self.trouble = QLabel()
        self.trouble.setProperty("role", "error")
        self.trouble.setTextFormat(Qt.TextFormat.PlainText)
        self.trouble.setWordWrap(True)
        rules = QLabel(
            "Below it a path is made as it was from the root: “/srv/a” becomes DIRECTORY/srv/a.\n"
            "The directory is made if it is not there. A file that exists is replaced once the new "
            "one is whole; a directory that is in the way of a file stays, and the file is left "
            "out with a warning. Nothing else there is touched."
        )
        rules.setProperty("role", "secondary")
        rules.setWordWrap(True)
        happen = QLabel("What will be restored")
        happen.setProperty("role", "heading")
        self.paths = QLabel()
        self.paths.setTextFormat(Qt.TextFormat.PlainText)
        self.paths.setProperty("role", "mono")
        self.paths.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.source = QLabel()
        self.source.setProperty("role", "secondary")
        self.source.setTextFormat(Qt.TextFormat.PlainText)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(20, 16, 20, 16)
        layout.setSpacing(8)
        for widget in (heading, self.directory, self.trouble, rules):
            layout.addWidget(widget)
        layout.addSpacing(12)
        for widget in (happen, self.source, self.paths):
            layout.addWidget(widget)
        layout.addStretch(1)
        self.trouble.hide()

    def show_choice(self, choice: Choice, paths: Sequence[bytes], saveset: Saveset) -> None:
        """Name what was chosen."""
        self.source.setText(f"{choice.words} of {saveset.name}, client {saveset.client}")
        lines = [shown_name(path) for path in paths[:SHOWN_PATHS]]
        rest = len(paths) - SHOWN_PATHS
        if rest > 0:
            lines.append(f"and {rest} more")
        self.paths.setText("\n".join(lines))

    def _check(self, text: str) -> None:
        reason = target_trouble(text) if text else None
        self.trouble.setText(reason or "")
        self.trouble.setVisible(reason is not None)
        self.directory.setProperty("wrong", reason is not None)
        self.directory.style().unpolish(self.directory)
        self.directory.style().polish(self.directory)
        self.changed.emit()


class RunStep(QWidget):
    """The restore's job: how far it is, how it ended, its protocol."""

    def __init__(
        self,
        holder: ThemeHolder,
        bridge: Bridge,
        gateway: FleetGateway,
        zone: tzinfo,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._holder = holder
        self._atlas = SignAtlas(holder)
        self._zone = zone
        self._row: ResultRow | None = None
        self._sign = QLabel()
        self.state = ElidedLabel(holder, "", "heading")
        self.cancel = QPushButton("Cancel restore")
        self.progress = ProgressLine(holder)
        self.facts = FactSheet()
        self.protocol = ProtocolView(holder, zone)
        self.note = ElidedLabel(holder, "", "secondary")
        self._reader = ProtocolReader(bridge, gateway, self._take_page, self._fail, self)
        head = QHBoxLayout()
        head.setContentsMargins(16, 10, 12, 6)
        head.setSpacing(8)
        head.addWidget(self._sign)
        head.addWidget(self.state, 1)
        head.addWidget(self.cancel)
        scroll = QScrollArea()
        scroll.setWidgetResizable(True)
        scroll.setFrameShape(QScrollArea.Shape.NoFrame)
        scroll.setWidget(self.facts)
        body = QSplitter(Qt.Orientation.Horizontal)
        body.addWidget(scroll)
        body.addWidget(self.protocol)
        body.setSizes([holder.fonts.px(340), 900])
        body.setStretchFactor(1, 1)
        note_row = QHBoxLayout()
        note_row.setContentsMargins(16, 0, 12, 4)
        note_row.addWidget(self.note)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addLayout(head)
        layout.addWidget(self.progress)
        layout.addLayout(note_row)
        layout.addWidget(body, 1)

    def show_row(self, row: ResultRow) -> None:
        """The newest value of the job."""
        is_first = self._row is None or self._row.job.key != row.job.key
        has_changed = self._row is not None and self._row.job != row.job
        self._row = row
        size = self._holder.fonts.px(SIGN)
        self._sign.setPixmap(self._atlas.state(row.state, size, self.devicePixelRatioF()))
        self.state.set_text(f"{state_text(row)}{_outcome(row)}")
        self.cancel.setVisible(row.job.is_open)
        self.cancel.setEnabled(row.is_live)
        reason = "" if row.is_live else f"{row.location} is dark; nothing can be sent to it."
        self.cancel.setToolTip(reason)
        self.progress.set_row(row)
        self.facts.set_facts(job_facts(row, self._zone))
        if is_first:
            self.protocol.lines.clear()
            self._reader.open(row.job)
        elif has_changed:
            self._reader.follow()

    def _take_page(self, page: ProtocolPage) -> None:
        self.note.set_text("")
        self.protocol.lines.append(page.lines)
        if self._row is not None and self._row.job.is_open:
            self.protocol.scrollToBottom()
        else:
            self.protocol.show_first_trouble()

    def _fail(self, error: Exception) -> None:
        name = self._row.location if self._row else ""
        self.note.set_text(notice(error, "read the protocol", name).text)


def _outcome(row: ResultRow) -> str:
    """How many files came back and how many did not, then what the location says of it."""
    job = row.job
    if job.is_open:
        return ""  # the line below says how far it is
    parts = [f"{count_words(job.files)} restored, {size_text(job.size_bytes)}"] if job.files else []
    whole = job.files + job.skipped
    # The agent's own sentence mostly says it; the number stands there in any case, and once.
    if job.skipped and f"{job.skipped} of {whole} " not in job.message:
        parts.append(f"{number_text(job.skipped)} of {count_words(whole)} not restored")
    if job.message:
        parts.append(job.message)
    return f": {'. '.join(parts)}" if parts else ""


def count_words(files: int) -> str:
    """The number with its noun."""
    return f"{number_text(files)} {'file' if files == 1 else 'files'}"
