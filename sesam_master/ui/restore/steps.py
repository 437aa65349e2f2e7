"""The step "Run" of a restore."""

from datetime import tzinfo

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QHBoxLayout,
    QLabel,
    QPushButton,
    QScrollArea,
    QSplitter,
    QVBoxLayout,
    QWidget,
)

from sesam_master.core.gateway import FleetGateway, ProtocolPage
from sesam_master.core.states import WORDS
from sesam_master.ui.bridge import Bridge
from sesam_master.ui.formatting import number_text, size_text
from sesam_master.ui.icons import icon
from sesam_master.ui.notices import notice
from sesam_master.ui.results.columns import state_text
from sesam_master.ui.results.facts import FactSheet, job_facts
from sesam_master.ui.results.progress import ProgressLine
from sesam_master.ui.results.protocol import ProtocolView
from sesam_master.ui.results.reader import ProtocolReader
from sesam_master.ui.results.rows import ResultRow
from sesam_master.ui.signs import SignAtlas
from sesam_master.ui.theme import ThemeHolder
from sesam_master.ui.widgets.banner import Banner
from sesam_master.ui.widgets.elided_label import ElidedLabel

SIGN = 18
READING = "Reading its protocol …"
NO_LINES = "Nothing stands in its protocol yet."
DRY_RUN = "Dry run: nothing is restored, the protocol lists what would be done."


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
        self.again = QPushButton("Change what is restored")
        self.restore_now = QPushButton(icon("rotate-ccw", holder, "on_accent"), "Restore now")
        self.restore_now.setProperty("primary", True)
        self._banner = Banner(holder, DRY_RUN, icon_name="eye")
        self.progress = ProgressLine(holder)
        self.facts = FactSheet()
        self.protocol = ProtocolView(holder, zone)
        self.note = ElidedLabel(holder, "", "secondary")
        self._reader = ProtocolReader(bridge, gateway, self._take_page, self._fail, self)
        self._lay_out()

    def _lay_out(self) -> None:
        head = QHBoxLayout()
        head.setContentsMargins(16, 10, 12, 6)
        head.setSpacing(8)
        head.addWidget(self._sign)
        head.addWidget(self.state, 1)
        head.addWidget(self.cancel)
        head.addWidget(self.again)
        head.addWidget(self.restore_now)
        scroll = QScrollArea()
        scroll.setWidgetResizable(True)
        scroll.setFrameShape(QScrollArea.Shape.NoFrame)
        scroll.setWidget(self.facts)
        body = QSplitter(Qt.Orientation.Horizontal)
        body.addWidget(scroll)
        body.addWidget(self.protocol)
        body.setSizes([self._holder.fonts.px(340), 900])
        body.setStretchFactor(1, 1)
        note_row = QHBoxLayout()
        note_row.setContentsMargins(16, 0, 12, 4)
        note_row.addWidget(self.note)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(self._banner)
        layout.addLayout(head)
        layout.addWidget(self.progress)
        layout.addLayout(note_row)
        layout.addWidget(body, 1)

    def show_row(self, row: ResultRow, hindrance: str | None = None) -> None:
        """The newest value of the job; `hindrance` is why this desk may not cancel it."""
        is_first = self._row is None or self._row.job.key != row.job.key
        has_changed = self._row is not None and self._row.job != row.job
        self._row = row
        size = self._holder.fonts.px(SIGN)
        self._sign.setPixmap(self._atlas.state(row.state, size, self.devicePixelRatioF()))
        is_dry, is_over = row.job.dry_run, not row.job.is_open
        is_said = "dry run" in row.job.message.casefold()
        state = WORDS[row.state] if is_said and is_over else state_text(row)
        self.state.set_text(f"{state}{_outcome(row)}")
        self._banner.setVisible(is_dry)
        self.again.setVisible(is_over)
        self.restore_now.setVisible(is_dry and is_over)
        self.cancel.setText("Cancel dry run" if is_dry else "Cancel restore")
        self.cancel.setVisible(row.job.is_open)
        dark = f"{row.location} is dark; nothing can be sent to it."
        reason = (hindrance or "") if row.is_live else dark
        self.cancel.setEnabled(not reason)
        self.cancel.setToolTip(reason)
        self.progress.set_row(row)
        self.facts.set_facts(job_facts(row, self._zone))
        if is_first:
            self.protocol.lines.clear()
            self.note.set_text(READING)
            self._reader.open(row.job)
        elif has_changed:
            if not self.protocol.lines.lines:
                self.note.set_text(READING)
            self._reader.follow()

    def show_refusal(self, reason: str | None) -> None:
        """Why nothing can be restored now; None if it can."""
        self.restore_now.setEnabled(reason is None)
        self.restore_now.setToolTip(reason or "")

    def _take_page(self, page: ProtocolPage) -> None:
        self.protocol.lines.append(page.lines)
        is_open = self._row is not None and self._row.job.is_open
        self.note.set_text(NO_LINES if is_open and not self.protocol.lines.lines else "")
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
    parts, message = [], job.message
    if job.files:
        parts.append(f"{count_words(job.files)} restored, {size_text(job.size_bytes)}")
        # One that was ended early says so too.
        noun = "file" if job.files == 1 else "files"
        message = message.removesuffix(f"{job.files} {noun} had been restored before").rstrip("; ")
    whole = job.files + job.skipped
    # The agent's own sentence mostly says it; the number stands there in any case, and once.
    if job.skipped and f"{job.skipped} of {whole} " not in job.message:
        parts.append(f"{number_text(job.skipped)} of {count_words(whole)} not restored")
    if message:
        parts.append(message)
    return f": {'. '.join(parts)}" if parts else ""


def count_words(files: int) -> str:
    """The number with its noun."""
    return f"{number_text(files)} {'file' if files == 1 else 'files'}"
