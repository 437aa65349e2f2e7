"""Asks in place before work is thrown away, and shows what became of each cancel."""

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QVBoxLayout,
)

from sesam_master.core.gateway import FleetGateway
from sesam_master.core.records import Job, JobKind
from sesam_master.core.states import WORDS, Connection, JobState
from sesam_master.ui.bridge import Bridge
from sesam_master.ui.results.cancelling import Cancel, Canceller, Stage
from sesam_master.ui.theme import ThemeHolder
from sesam_master.ui.widgets.column import CellKind, Column
from sesam_master.ui.widgets.record_table import RecordTableModel
from sesam_master.ui.widgets.record_table_view import RecordTableView

MANY_JOBS = 20  # of more, or at more locations, the number has to be typed
MANY_LOCATIONS = 3
SHOWN_ROWS = 6
NAMED_LOCATIONS = 3


class CancelStrip(QFrame):
    """Hidden until `ask`. Enter does it, Esc leaves everything as it is.

    A single job that waits in the queue is cancelled at once: nothing is lost with it.
    """

    answered = Signal(object)
    closed = Signal()

    def __init__(self, holder: ThemeHolder, bridge: Bridge, gateway: FleetGateway) -> None:
        super().__init__()
        self._holder = holder
        self.canceller = Canceller(bridge, gateway, self)
        self.question = _words("heading")
        self.consequence = _words("secondary")
        self.number = QLineEdit()
        self.number.setMaximumWidth(holder.fonts.px(160))
        self.go = QPushButton()
        self.go.setProperty("primary", True)
        self.retry = QPushButton("Retry failed")
        self.leave = QPushButton()
        self.model: RecordTableModel[Cancel] = RecordTableModel(
            _columns(),
            lambda cancel: cancel.job.key,
            is_stale=lambda cancel: cancel.connection is not Connection.ON,
            parent=self,
        )
        self.table = RecordTableView(holder, self.model)
        self._lay_out()
        self.canceller.changed.connect(self._show)
        self.canceller.answered.connect(self.answered)
        self.number.textChanged.connect(self._show)
        self.go.clicked.connect(lambda: self.canceller.send())
        self.retry.clicked.connect(lambda: self.canceller.send(Stage.FAILED))
        self.leave.clicked.connect(self.close_strip)
        self.hide()

    def ask(self, jobs: Sequence[Job]) -> None:
        """Ask about these jobs; without any nothing is shown."""
        self.number.clear()
        self.canceller.begin(jobs)
        if len(jobs) == 1 and jobs[0].state is JobState.QUEUED:
            self.canceller.send()
        if self.isVisible():
            first = self.number if self.number.isVisible() else self.go
            first.setFocus(Qt.FocusReason.ShortcutFocusReason)

    def close_strip(self) -> None:
        """What was not sent is not done."""
        self.canceller.begin([])
        self.closed.emit()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Enter and Esc."""
        if event.key() == Qt.Key.Key_Escape:
            self.close_strip()
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            for button in (self.go, self.retry, self.leave):
                if button.isVisible():
                    button.click()
                    break
        else:
            super().keyPressEvent(event)

    def _lay_out(self) -> None:
        self.setProperty("raised", True)
        self.table.setAccessibleName("What is cancelled, and how it went")
        top = QHBoxLayout()
        top.setSpacing(8)
        top.addWidget(self.question, 1)
        for widget in (self.number, self.leave, self.retry, self.go):
            top.addWidget(widget)
        column = QVBoxLayout(self)
        column.setContentsMargins(12, 8, 8, 8)
        column.setSpacing(4)
        column.addLayout(top)
        column.addWidget(self.consequence)
        column.addWidget(self.table)

    def _show(self) -> None:
        cancels = list(self.canceller.cancels.values())
        is_done = bool(cancels) and all(c.stage is Stage.ACCEPTED for c in cancels)
        if not cancels or (is_done and len(cancels) == 1):
            self.hide()  # the row of the job says the rest
            return
        is_asking = self.canceller.has(Stage.ASKED)
        self.question.setText(_question(cancels) if is_asking else _summary(cancels))
        self.consequence.setText(_consequence(cancels) if is_asking else _troubles(cancels))
        self.consequence.setVisible(bool(self.consequence.text()))
        needed = str(len(cancels)) if is_asking and _is_far_reaching(cancels) else ""
        self.number.setVisible(bool(needed))
        self.number.setPlaceholderText(f"Type {needed}")
        self.number.setAccessibleName(f"Type {needed} to confirm")
        self.go.setVisible(is_asking)
        self.go.setText(f"Cancel {_things(cancels)}" if len(cancels) > 1 else _verb(cancels[0]))
        self.go.setEnabled(not needed or self.number.text().strip() == needed)
        self.go.setToolTip("" if self.go.isEnabled() else f"Type {needed} at the left first")
        self.retry.setVisible(self.canceller.has(Stage.FAILED))
        self.leave.setText("Keep running" if is_asking else "Close")
        self.model.replace_all(cancels)
        self.table.setVisible(len(cancels) > 1)
        rows = min(SHOWN_ROWS, len(cancels))
        row, head = self.table.verticalHeader().defaultSectionSize(), self.table.horizontalHeader()
        self.table.setMinimumHeight(head.height() + row + 2)  # gives way in a low window
        self.table.setMaximumHeight(head.height() + row * rows + 2)
        self.show()


def _words(role: str) -> QLabel:
    label = QLabel()
    label.setProperty("role", role)
    label.setTextFormat(Qt.TextFormat.PlainText)
    label.setWordWrap(True)
    return label


def _is_far_reaching(cancels: Sequence[Cancel]) -> bool:
    places = {cancel.job.location_id for cancel in cancels}
    return len(cancels) > MANY_JOBS or len(places) > MANY_LOCATIONS


def _things(cancels: Sequence[Cancel]) -> str:
    return f"{len(cancels)} backups"


def _verb(cancel: Cancel) -> str:
    return "Cancel restore" if cancel.job.kind is JobKind.RESTORE else "Cancel backup"


def _question(cancels: Sequence[Cancel]) -> str:
    names = list(dict.fromkeys(cancel.location for cancel in cancels))
    if len(cancels) == 1:
        kind = "the restore of " if cancels[0].job.kind is JobKind.RESTORE else ""
        return f"Cancel {kind}{cancels[0].job.task} at {names[0]}?"
    rest = len(names) - NAMED_LOCATIONS
    places = ", ".join(names[:NAMED_LOCATIONS]) + (f" and {rest} more" if rest > 0 else "")
    return f"Cancel {_things(cancels)} at {places}?"


def _consequence(cancels: Sequence[Cancel]) -> str:
    if cancels[0].job.kind is JobKind.RESTORE:
        return "What is restored so far stays; the rest is not restored. It cannot be undone."
    return (
        "What was saved so far is lost: a cancelled backup leaves no saveset. It cannot be undone."
    )


def _summary(cancels: Sequence[Cancel]) -> str:
    if len(cancels) == 1:
        cancel = cancels[0]
        words = {Stage.SENT: "is sent", Stage.UNSURE: "was sent, the answer is lost"}
        how = words.get(cancel.stage, "failed")
        return f"Cancel of {cancel.job.task} at {cancel.location} {how}."
    counts = [
        f"{number} {stage.value.lower()}"
        for stage in Stage
        if (number := sum(cancel.stage is stage for cancel in cancels))
    ]
    return f"Cancel of {_things(cancels)}: {', '.join(counts)}"


def _troubles(cancels: Sequence[Cancel]) -> str:
    return cancels[0].reason if len(cancels) == 1 else ""


def _outcome(cancel: Cancel) -> str:
    is_asked = cancel.stage is Stage.ASKED
    return WORDS[cancel.job.state] if is_asked else cancel.stage.value


def _sign(cancel: Cancel) -> JobState | None:
    stages = {Stage.FAILED: JobState.ERROR, Stage.UNSURE: JobState.UNKNOWN}
    return cancel.job.state if cancel.stage is Stage.ASKED else stages.get(cancel.stage)


def _columns() -> tuple[Column[Cancel], ...]:
    return (
        Column("outcome", "Outcome", 110, _outcome, CellKind.STATE, value=_sign),
        Column(
            "location",
            "Location",
            120,
            lambda cancel: cancel.location,
            CellKind.LOCATION,
            value=lambda cancel: cancel.connection,
            elide=Qt.TextElideMode.ElideMiddle,
        ),
        Column("task", "Task", 140, lambda cancel: cancel.job.task, CellKind.STRONG),
        Column(
            "reason",
            "Reason",
            300,
            lambda cancel: cancel.reason,
            CellKind.MESSAGE,
            tooltip=lambda cancel: cancel.reason,
            least=120,
        ),
    )
