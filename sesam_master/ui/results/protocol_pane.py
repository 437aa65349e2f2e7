"""The protocol of the opened result: its lines, what is missing of them, following, saving."""

from datetime import tzinfo
from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QFileDialog, QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from sesam_master.core.gateway import FleetGateway, ProtocolPage, ProtocolPart
from sesam_master.core.records import Job
from sesam_master.ui.bridge import Bridge
from sesam_master.ui.formatting import number_text
from sesam_master.ui.icons import icon
from sesam_master.ui.notices import notice
from sesam_master.ui.results.protocol import ProtocolView
from sesam_master.ui.results.protocol_file import ProtocolFile
from sesam_master.ui.results.protocol_finder import ProtocolFinder
from sesam_master.ui.results.reader import STEP_LINES, ProtocolReader
from sesam_master.ui.results.rows import ResultRow
from sesam_master.ui.theme import ThemeHolder
from sesam_master.ui.widgets.elided_label import ElidedLabel


class ProtocolPane(QWidget):
    """Shows one job at a time. `finder` and the buttons are for the row of tabs.

    Args:
        part: what of the job is shown.
    """

    def __init__(
        self,
        holder: ThemeHolder,
        bridge: Bridge,
        gateway: FleetGateway,
        zone: tzinfo,
        part: ProtocolPart = ProtocolPart.MAIN,
    ) -> None:
        super().__init__()
        self._part = part
        self._bridge = bridge
        self._gateway = gateway
        self._zone = zone
        self._row: ResultRow | None = None
        self._follows = False
        self.view = ProtocolView(holder, zone)
        self.finder = ProtocolFinder(holder, self.view)
        self.note = ElidedLabel(holder, "", "secondary")
        self.more = QPushButton(f"Load {number_text(STEP_LINES)} more")
        self.follow_button = QPushButton("Follow")
        self.save_button = QPushButton(icon("download", holder), "Save as …")
        self._reader = ProtocolReader(bridge, gateway, self._take_page, self._fail, self, part)
        self._lay_out()

    def open(self, row: ResultRow) -> None:
        """Show a job from its first line, or its newest lines when it is shown already."""
        before, self._row = self._row, row
        self.save_button.setEnabled(row.is_live)
        self.save_button.setToolTip(
            "Save the whole protocol to a file" if row.is_live else _dark_words(row)
        )
        self.follow_button.setVisible(row.job.is_open)
        if before is not None and before.job.key == row.job.key:
            if row.is_live and (row.job.is_open or before.job.is_open or not before.is_live):
                self._reader.follow()
            return
        self._set_follows(row.job.is_open)
        self.view.lines.clear()
        self._say("Reading the protocol …" if row.is_live else _dark_words(row))
        self.more.hide()
        self._reader.close()
        if row.is_live:
            self._reader.open(row.job)

    def close_job(self) -> None:
        """Nothing is shown any more."""
        self._reader.close()
        self._row = None

    def save(self, path: Path) -> None:
        """Write all lines of the job to a file, those too that are not loaded."""
        if self._row is not None:
            self._say(f"Saving the protocol to {path} …")
            location = self._row.location

            def ended(lines: int, trouble: str, error: Exception | None) -> None:
                if error is not None:
                    trouble = notice(error, "save the protocol", location).text
                self._say(trouble or f"{number_text(lines)} lines were saved to {path}.")

            ProtocolFile(self._bridge, self._gateway, self._zone, ended, self).write(
                self._row.job, path
            )

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """F3 and F8, with Shift backwards."""
        is_back = bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier)
        if self.finder.take_key(event.key(), is_back):
            self._set_follows(False)
            return
        super().keyPressEvent(event)

    # -- parts

    def _lay_out(self) -> None:
        self.follow_button.setCheckable(True)
        self.follow_button.setToolTip("Stay at the newest line while the job runs")
        self.follow_button.clicked.connect(self._set_follows)
        self.save_button.clicked.connect(self._ask_where)
        self.more.clicked.connect(self._read_on)
        self.view.verticalScrollBar().valueChanged.connect(self._scrolled)
        note_row = QHBoxLayout()
        note_row.setContentsMargins(12, 0, 12, 4)
        note_row.addWidget(self.note, 1)
        note_row.addWidget(self.more)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 6, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.view, 1)
        column.addLayout(note_row)
        column.addStretch(0)

    def _take_page(self, page: ProtocolPage) -> None:
        is_first = self.view.lines.rowCount() == 0
        had_trouble = self.view.lines.first_trouble() is not None
        follows = self._follows
        self.view.lines.append(page.lines)
        count = self.view.lines.rowCount()
        is_cut = self._reader.is_cut
        self.more.setVisible(is_cut)
        if is_cut:
            total = number_text(self._reader.total)
            self._say(f"{number_text(count)} of {total} lines are shown.")
        else:
            is_open = self._row is not None and self._row.job.is_open
            self._say("" if count else _no_lines(self._part, is_open))
        if follows:
            self._set_follows(True)
        elif is_first or (not had_trouble and self._row is not None and not self._row.job.is_open):
            self.view.show_first_trouble()

    def _read_on(self) -> None:
        self.more.hide()
        self._say("Reading the protocol …")
        self._reader.more()

    def _scrolled(self, value: int) -> None:
        bar = self.view.verticalScrollBar()
        if bar.isSliderDown() or self.view.underMouse() or self.view.hasFocus():
            self._follows = value >= bar.maximum()
            self.follow_button.setChecked(self._follows)

    def _set_follows(self, follows: bool) -> None:
        self._follows = follows
        self.follow_button.setChecked(follows)
        if follows:
            self.view.scrollToBottom()

    def _ask_where(self) -> None:
        if self._row is None:
            return
        name = file_name(self._row.job, self._row.location)
        path, _kind = QFileDialog.getSaveFileName(self, "Save the protocol", name)
        if path:
            self.save(Path(path))

    def _fail(self, error: Exception) -> None:
        self._say(notice(error, "read the protocol", self._row.location if self._row else "").text)

    def _say(self, text: str) -> None:
        self.view.setVisible(self.view.lines.rowCount() > 0)
        self.note.set_text(text)
        self.note.setVisible(bool(text))


def _no_lines(part: ProtocolPart, is_open: bool) -> str:
    if part is ProtocolPart.MAIN:
        return "No lines in the protocol yet"
    program = f"sbc_{part.value}"
    return f"{program} has not run yet" if is_open else f"{program} did not run for this job"


def file_name(job: Job, location: str) -> str:
    """A name for the file of a protocol."""
    return "".join(
        letter if letter.isalnum() or letter in "-_." else "_"
        for letter in f"{location}-{job.task}-{job.id}.log"
    )


def _dark_words(row: ResultRow) -> str:
    return f"{row.location} is dark: its protocol cannot be read now"
