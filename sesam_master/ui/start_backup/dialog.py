"""The window that starts backups of one or more tasks and says how each of them went."""

from collections import Counter
from dataclasses import dataclass, replace
from enum import StrEnum

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtWidgets import (
    QDialog,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QRadioButton,
    QVBoxLayout,
    QWidget,
)

from sesam_master.core.errors import LocationError, Trouble
from sesam_master.core.fleet import FleetChange, LocationState
from sesam_master.core.gateway import FleetGateway
from sesam_master.core.records import BackupType, Job
from sesam_master.core.states import WORDS, Connection, JobState
from sesam_master.ui.bridge import Bridge
from sesam_master.ui.formatting import percent_text
from sesam_master.ui.notices import notice
from sesam_master.ui.results.actions import start_reason
from sesam_master.ui.theme import ThemeHolder
from sesam_master.ui.widgets.column import CellKind, Column
from sesam_master.ui.widgets.elided_label import ElidedLabel
from sesam_master.ui.widgets.record_table import RecordTableModel
from sesam_master.ui.widgets.record_table_view import RecordTableView


class Stage(StrEnum):
    """How far one start is: `UNSURE` when the answer was lost, so that it may have happened."""

    READY = "Ready"
    HINDERED = "Cannot start"
    SENT = "Sent"
    ACCEPTED = "Accepted"
    UNSURE = "Not known"
    FAILED = "Failed"


@dataclass(frozen=True, slots=True)
class Start:
    """One task at one location. `job` is there once the location accepted it."""

    location_id: str
    location: str
    connection: Connection
    task: str
    stage: Stage
    reason: str = ""
    job: Job | None = None
    state: JobState | None = None  # of the job, as it may be shown now

    @property
    def key(self) -> tuple[str, str]:
        return (self.location_id, self.task)


class StartPresenter(QObject):
    """Sends the starts, each by itself, and follows their jobs."""

    changed = Signal()

    def __init__(
        self,
        bridge: Bridge,
        gateway: FleetGateway,
        selection: list[tuple[str, str]],
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._bridge = bridge
        self._gateway = gateway
        self.starts = {key: self._begin(*key) for key in selection}
        bridge.fleet_changed.connect(self._take_change)

    def can_send(self, stage: Stage) -> bool:
        """Whether anything stands at this stage."""
        return any(start.stage is stage for start in self.starts.values())

    def send(self, backup_type: BackupType, stage: Stage = Stage.READY) -> None:
        """Send all that stand at this stage: READY at first, FAILED to try again."""
        for start in list(self.starts.values()):
            if start.stage is not stage:
                continue
            hindrance = start_reason(self._place(start.location_id), start.task)
            if hindrance is not None:
                self._put(replace(start, stage=Stage.FAILED, reason=hindrance))
                continue
            self._put(replace(start, stage=Stage.SENT, reason=""))
            self._ask(start, backup_type)
        self.changed.emit()

    def _ask(self, start: Start, backup_type: BackupType) -> None:
        key = start.key

        def done(job: Job) -> None:
            self._put(replace(self.starts[key], stage=Stage.ACCEPTED, job=job, state=job.state))
            self._follow(key)
            self.changed.emit()

        def failed(error: Exception) -> None:
            lost = isinstance(error, LocationError) and error.trouble is Trouble.NO_ANSWER
            stage = Stage.UNSURE if lost else Stage.FAILED
            text = notice(error, f"start {start.task}", start.location)
            reason = f"{text.why} {text.to_do}".strip()
            self._put(replace(self.starts[key], stage=stage, reason=reason))
            self.changed.emit()

        coroutine = self._gateway.start_backup(start.location_id, start.task, backup_type)
        self._bridge.ask(coroutine, self, done, failed)

    def _take_change(self, change: FleetChange) -> None:
        touched = change.connections | change.pictures | {key[0] for key in change.jobs}
        concerned = [key for key in self.starts if change.locations_listed or key[0] in touched]
        for key in concerned:
            start = self.starts[key]
            if start.stage in (Stage.READY, Stage.HINDERED):
                self._put(self._begin(*key))
            self._follow(key)
        if concerned:
            self.changed.emit()

    def _follow(self, key: tuple[str, str]) -> None:
        """Takes the newest value of the start's job out of the fleet."""
        start, place = self.starts[key], self._place(key[0])
        if place is None:  # not listed any more: what was open there is not known
            is_open = start.job is not None and start.job.is_open
            state = JobState.UNKNOWN if is_open else start.state
            self._put(replace(start, connection=Connection.OFF, state=state))
            return
        job = start.job
        if job is not None and place.picture is not None:
            job = place.picture.jobs.get(job.id, job)
        state = place.shown_state(job) if job is not None else None
        self._put(replace(start, connection=place.connection, job=job, state=state))

    def _begin(self, location_id: str, task: str) -> Start:
        place = self._place(location_id)
        hindrance = start_reason(place, task)
        return Start(
            location_id,
            place.registration.name if place else location_id,
            place.connection if place else Connection.OFF,
            task,
            Stage.READY if hindrance is None else Stage.HINDERED,
            hindrance or "",
        )

    def _put(self, start: Start) -> None:
        self.starts[start.key] = start

    def _place(self, location_id: str) -> LocationState | None:
        return self._bridge.fleet.locations.get(location_id)


class StartBackupDialog(QDialog):
    """Not modal: it can stay open while one looks elsewhere. Show it with `show()`."""

    def __init__(
        self,
        holder: ThemeHolder,
        bridge: Bridge,
        gateway: FleetGateway,
        selection: list[tuple[str, str]],
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.setWindowTitle("Start backup")
        self.setModal(False)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.presenter = StartPresenter(bridge, gateway, selection, self)
        self.model: RecordTableModel[Start] = RecordTableModel(
            _columns(),
            lambda start: start.key,
            is_stale=lambda start: start.connection is not Connection.ON,
            parent=self,
        )
        self.table = RecordTableView(holder, self.model)
        self.full = QRadioButton("Full")
        self.inc = QRadioButton("Incremental")
        self.summary = ElidedLabel(holder, "", "secondary")
        self.retry = QPushButton("Retry failed")
        self.start = QPushButton("Start backup")
        self.close_button = QPushButton("Close")
        self._lay_out(holder)
        self.start.clicked.connect(lambda: self.presenter.send(self.chosen_type()))
        self.start.clicked.connect(lambda: self.close_button.setFocus())
        self.retry.clicked.connect(lambda: self.presenter.send(self.chosen_type(), Stage.FAILED))
        self.close_button.clicked.connect(self.close)
        self.presenter.changed.connect(self._show)
        self._show()
        (self.start if self.start.isEnabled() else self.close_button).setFocus()

    def chosen_type(self) -> BackupType:
        """FULL or INC. An INC without a FULL before it becomes one at the agent."""
        return BackupType.FULL if self.full.isChecked() else BackupType.INC

    def _lay_out(self, holder: ThemeHolder) -> None:
        self.inc.setChecked(True)
        self.inc.setToolTip(
            "What changed since the last backup; the first backup of a task is a full one."
        )
        self.full.setToolTip("Everything, whether it changed or not.")
        heading = QLabel("Type")
        heading.setProperty("role", "secondary")
        types = QHBoxLayout()
        types.setSpacing(16)
        for widget in (heading, self.inc, self.full):
            types.addWidget(widget)
        types.addStretch(1)
        self.start.setProperty("primary", True)
        self.start.setDefault(True)
        buttons = QHBoxLayout()
        buttons.setSpacing(8)
        buttons.addWidget(self.summary, 1)
        for button in (self.close_button, self.retry, self.start):
            buttons.addWidget(button)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(16, 14, 16, 14)
        layout.setSpacing(10)
        layout.addLayout(types)
        layout.addWidget(self.table, 1)
        layout.addLayout(buttons)
        rows = min(10, max(3, len(self.presenter.starts)))
        self.resize(holder.fonts.px(820), holder.fonts.px(150 + 26 * rows))

    def _show(self) -> None:
        presenter = self.presenter
        self.model.upsert(presenter.starts.values())
        is_ready, has_failed = presenter.can_send(Stage.READY), presenter.can_send(Stage.FAILED)
        self.start.setVisible(is_ready or not self._is_begun())
        self.start.setEnabled(is_ready)
        hindered = [s.reason for s in presenter.starts.values() if s.stage is Stage.HINDERED]
        self.start.setToolTip(hindered[0] if hindered and not is_ready else "")
        count = sum(s.stage is Stage.READY for s in presenter.starts.values())
        self.start.setText(f"Start {count} backups" if count > 1 else "Start backup")
        self.retry.setVisible(has_failed)
        self.inc.setEnabled(is_ready or has_failed)
        self.full.setEnabled(is_ready or has_failed)
        self.summary.set_text(_summary(list(presenter.starts.values())))

    def _is_begun(self) -> bool:
        untouched = (Stage.READY, Stage.HINDERED)
        return any(start.stage not in untouched for start in self.presenter.starts.values())


def _columns() -> tuple[Column[Start], ...]:
    return (
        Column(
            "location",
            "Location",
            120,
            lambda start: start.location,
            CellKind.LOCATION,
            value=lambda start: start.connection,
            tooltip=lambda start: start.location,
            elide=Qt.TextElideMode.ElideMiddle,
            least=80,
        ),
        Column(
            "task",
            "Task",
            140,
            lambda start: start.task,
            CellKind.STRONG,
            tooltip=lambda start: start.task,
            least=80,
            most=220,
        ),
        Column(
            "outcome",
            "Outcome",
            130,
            _outcome,
            CellKind.STATE,
            value=_sign,
            fits=("Accepted, queued",),
        ),
        Column("reason", "Reason", 300, _reason, CellKind.MESSAGE, tooltip=_reason, least=120),
    )


def _outcome(start: Start) -> str:
    job, state = start.job, start.state
    if job is None or state is None:
        return start.stage.value
    if state is JobState.ACTIVE and job.progress and job.progress.fraction is not None:
        return f"{WORDS[state]} {percent_text(job.progress.fraction)}"
    return f"{Stage.ACCEPTED.value}, queued" if state is JobState.QUEUED else WORDS[state]


def _sign(start: Start) -> JobState | None:
    stages = {Stage.FAILED: JobState.ERROR, Stage.UNSURE: JobState.UNKNOWN}
    return start.state or stages.get(start.stage)


def _reason(start: Start) -> str:
    return start.reason or (start.job.message if start.job else "")


def _summary(starts: list[Start]) -> str:
    """How many there are of each outcome: 5 ok, 2 error, 1 cannot start."""
    words = Counter(
        (WORDS[start.state] if start.state else start.stage.value).lower() for start in starts
    )
    return ", ".join(f"{number} {word}" for word, number in words.items())
