"""The line that shows how far a running job is."""

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QFontMetrics, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from sesam_master.core.records import Phase
from sesam_master.core.states import JobState
from sesam_master.core.wanted_media import wants_medium
from sesam_master.ui.formatting import (
    duration_text,
    number_text,
    percent_text,
    rate_text,
    size_text,
)
from sesam_master.ui.results.rows import ResultRow
from sesam_master.ui.theme import ThemeHolder
from sesam_master.ui.widgets.cells import paint_bar
from sesam_master.ui.widgets.column import Align, Cell, CellKind

BAR_WIDTH = 220
SIDE = 16
GAP = 12

PHASE_WORDS = {
    Phase.SCAN: "Counting files",
    Phase.TRANSFER: "Reading files",
    Phase.COMMIT: "Entering the saveset",
    Phase.UNKNOWN: "At work",
}


def progress_text(row: ResultRow) -> str:
    """Percent, done of total, files, rate, running for; each only as far as it is known."""
    job, progress = row.job, row.job.progress
    if row.state is JobState.UNKNOWN:
        return "Not known since the location is dark"
    if job.message:  # it has ended, and the location cannot enter that
        return job.message
    if row.state is JobState.QUEUED and job.waiting is not None and wants_medium(job):
        return f"Waits until {job.waiting.name} is put into {job.waiting.data_store}"
    if row.state is JobState.QUEUED or progress is None:
        return "Waits for its turn" if row.state is JobState.QUEUED else PHASE_WORDS[Phase.UNKNOWN]
    done, total = size_text(progress.bytes_done), progress.bytes_total
    files = number_text(progress.files_done)
    if progress.files_total is not None:
        files += f" of {number_text(progress.files_total)}"
    words = "Restoring files" if job.target and progress.phase is Phase.TRANSFER else ""
    parts = [
        percent_text(row.fraction) if row.fraction is not None else "",
        words or PHASE_WORDS[progress.phase],
        f"{done} of {size_text(total)}" if total is not None else f"{done}, size not known",
        f"{files} files",
        rate_text(row.rate) if row.rate is not None else "",
        f"running for {duration_text(row.duration_seconds)}",
    ]
    return "  ·  ".join(part for part in parts if part)


class ProgressLine(QWidget):
    """Bar, sums, and the file at work. Unknown totals leave a resting piece; stale is dashed."""

    def __init__(self, holder: ThemeHolder, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._holder = holder
        self._row: ResultRow | None = None
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        holder.changed.connect(self.update)

    def set_row(self, row: ResultRow | None) -> None:
        """Show this job; hidden when it is not open."""
        self._row = row if row is not None and row.job.is_open else None
        self.setVisible(self._row is not None)
        if self._row is not None:
            self.setAccessibleName(progress_text(self._row))
        self.update()

    def sizeHint(self) -> QSize:
        """One line."""
        return QSize(0, max(28, QFontMetrics(self._holder.fonts.small).height() + 12))

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Bar at the left, words at the right of it."""
        row = self._row
        if row is None:
            return
        theme, fonts = self._holder.current, self._holder.fonts
        painter = QPainter(self)
        is_stale = row.state is JobState.UNKNOWN
        share = 0.0 if row.state is JobState.QUEUED else row.fraction
        cell = Cell(CellKind.PROGRESS, "", share, Align.LEFT, Qt.TextElideMode.ElideRight, is_stale)
        bar = QRectF(SIDE, self.height() / 2 - 3, min(BAR_WIDTH, self.width() / 3), 6)
        paint_bar(painter, bar, cell, theme)
        words = self.rect().adjusted(round(bar.right()) + GAP, 0, -SIDE, 0)
        metrics = QFontMetrics(fonts.small)
        text = progress_text(row)
        painter.setFont(fonts.small)
        painter.setPen(theme.text)
        middle = Qt.AlignmentFlag.AlignVCenter
        right = Qt.TextElideMode.ElideRight
        painter.drawText(words, middle, metrics.elidedText(text, right, words.width()))
        words.setLeft(words.left() + metrics.horizontalAdvance(text) + GAP)
        current = row.job.progress.current if row.job.progress and not row.job.message else ""
        if current and not is_stale and words.width() > 40:
            painter.setPen(theme.text2)
            current = metrics.elidedText(current, Qt.TextElideMode.ElideMiddle, words.width())
            painter.drawText(words, middle, current)
