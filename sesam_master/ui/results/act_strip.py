"""Asks in place before something is done to jobs, and shows what became of each."""

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

from sesam_master.core.records import Job, JobKind
from sesam_master.core.states import WORDS, Connection, JobState
from sesam_master.ui.bridge import Bridge
from sesam_master.ui.results.acting import Act, Actor, Deed, Stage
from sesam_master.ui.theme import ThemeHolder
from sesam_master.ui.widgets.column import CellKind, Column
from sesam_master.ui.widgets.record_table import RecordTableModel
from sesam_master.ui.widgets.record_table_view import RecordTableView

MANY_JOBS = 20  # of more, or at more locations, the number has to be typed
MANY_LOCATIONS = 3
SHOWN_ROWS = 6


class ActStrip(QFrame):
    """Hidden until `ask`. Enter does it, Esc leaves everything as it is."""

    answered = Signal(object)
    closed = Signal()

    def __init__(self, holder: ThemeHolder, bridge: Bridge, deed: Deed) -> None:
        super().__init__()
        self._holder = holder
        self._deed = deed
        self.actor = Actor(bridge, deed, self)
        self.question = _words("heading")
        self.consequence = _words("secondary")
        self.number = QLineEdit()
        self.number.setMaximumWidth(holder.fonts.px(160))
        self.go = QPushButton()
        self.go.setProperty("primary", True)
        self.retry = QPushButton("Retry failed")
        self.leave = QPushButton()
        self.model: RecordTableModel[Act] = RecordTableModel(
            _columns(deed),
            lambda act: act.job.key,
            is_stale=lambda act: act.connection is not Connection.ON,
            parent=self,
        )
        self.table = RecordTableView(holder, self.model)
        self._lay_out()
        self.actor.changed.connect(self._show)
        self.actor.answered.connect(self.answered)
        self.number.textChanged.connect(self._show)
        self.go.clicked.connect(lambda: self.actor.send())
        self.retry.clicked.connect(lambda: self.actor.send(Stage.FAILED))
        self.leave.clicked.connect(self.close_strip)
        self.hide()

    def ask(self, jobs: Sequence[Job]) -> None:
        """Ask about these jobs; without any nothing is shown."""
        self.number.clear()
        self.actor.begin(jobs)
        acts = self._asked()
        if acts and not self._deed.is_asked_for(acts):
            self.actor.send()
        if self.isVisible():
            first = self.number if self.number.isVisible() else self.go
            first.setFocus(Qt.FocusReason.ShortcutFocusReason)

    def close_strip(self) -> None:
        """What was not sent is not done."""
        self.actor.begin([])
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
        self.table.setAccessibleName(f"{self._deed.name}: what, and how it went")
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

    def _asked(self) -> list[Act]:
        return [act for act in self.actor.acts.values() if act.stage is Stage.ASKED]

    def _show(self) -> None:
        acts, asked, deed = list(self.actor.acts.values()), self._asked(), self._deed
        is_done = bool(acts) and all(act.stage is Stage.ACCEPTED for act in acts)
        if not acts or (is_done and len(acts) == 1 and not deed.is_followed):
            self.hide()  # the row of the job says the rest
            return
        self.question.setText(deed.question(asked) if asked else self._summary(acts))
        reason = _reason(acts[0], deed) if len(acts) == 1 else ""
        self.consequence.setText(deed.consequence(asked) if asked else reason)
        self.consequence.setVisible(bool(self.consequence.text()))
        needed = str(len(asked)) if _is_far_reaching(asked) else ""
        self.number.setVisible(bool(needed))
        self.number.setPlaceholderText(f"Type {needed}")
        self.number.setAccessibleName(f"Type {needed} to confirm")
        self.go.setVisible(bool(asked))
        self.go.setText(deed.verb(asked) if asked else "")
        self.go.setEnabled(not needed or self.number.text().strip() == needed)
        self.go.setToolTip("" if self.go.isEnabled() else f"Type {needed} at the left first")
        self.retry.setVisible(self.actor.has(Stage.FAILED))
        self.leave.setText(deed.leave if asked else "Close")
        self.model.replace_all(acts)
        self.table.setVisible(len(acts) > 1)
        rows = min(SHOWN_ROWS, len(acts))
        row, head = self.table.verticalHeader().defaultSectionSize(), self.table.horizontalHeader()
        self.table.setMinimumHeight(head.height() + row + 2)  # gives way in a low window
        self.table.setMaximumHeight(head.height() + row * rows + 2)
        self.show()

    def _summary(self, acts: Sequence[Act]) -> str:
        name = self._deed.name
        if len(acts) == 1:
            act = acts[0]
            words = {
                Stage.SENT: "is sent",
                Stage.ACCEPTED: f"is accepted: {WORDS[act.state].lower()}",
                Stage.UNSURE: "was sent, the answer is lost",
                Stage.HINDERED: "is not possible",
            }
            how = words.get(act.stage, "failed")
            return f"{name} of {act.job.name} at {act.location} {how}."
        counts = [
            f"{number} {stage.value.lower()}"
            for stage in Stage
            if (number := sum(act.stage is stage for act in acts))
        ]
        are_backups = all(act.job.kind is JobKind.BACKUP for act in acts)
        what = "backups" if are_backups else "jobs"
        return f"{name} of {len(acts)} {what}: {', '.join(counts)}"


def _words(role: str) -> QLabel:
    label = QLabel()
    label.setProperty("role", role)
    label.setTextFormat(Qt.TextFormat.PlainText)
    label.setWordWrap(True)
    return label


def _is_far_reaching(acts: Sequence[Act]) -> bool:
    places = {act.job.location_id for act in acts}
    return len(acts) > MANY_JOBS or len(places) > MANY_LOCATIONS


def _reason(act: Act, deed: Deed) -> str:
    """Why it is not done; of what is followed what its job says too."""
    is_told = act.stage is Stage.ACCEPTED and deed.is_followed
    return act.now.message if is_told else act.reason


def _outcome(act: Act, deed: Deed) -> str:
    if act.stage is Stage.ASKED:
        return WORDS[act.state]
    is_told = act.stage is Stage.ACCEPTED and deed.is_followed
    return f"{act.stage.value}, {WORDS[act.state].lower()}" if is_told else act.stage.value


def _sign(act: Act, deed: Deed) -> JobState | None:
    stages = {Stage.FAILED: JobState.ERROR, Stage.UNSURE: JobState.UNKNOWN}
    is_told = act.stage is Stage.ASKED or (act.stage is Stage.ACCEPTED and deed.is_followed)
    return act.state if is_told else stages.get(act.stage)


def _columns(deed: Deed) -> tuple[Column[Act], ...]:
    return (
        Column(
            "outcome",
            "Outcome",
            170 if deed.is_followed else 110,
            lambda act: _outcome(act, deed),
            CellKind.STATE,
            value=lambda act: _sign(act, deed),
        ),
        Column(
            "location",
            "Location",
            120,
            lambda act: act.location,
            CellKind.LOCATION,
            value=lambda act: act.connection,
            elide=Qt.TextElideMode.ElideMiddle,
        ),
        Column("task", "Task", 140, lambda act: act.job.name, CellKind.STRONG),
        Column(
            "reason",
            "Reason",
            300,
            lambda act: _reason(act, deed),
            CellKind.MESSAGE,
            tooltip=lambda act: _reason(act, deed),
            least=120,
        ),
    )
