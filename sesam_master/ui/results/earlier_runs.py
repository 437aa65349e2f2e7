"""The runs of one task, newest first, so that one sees what changed."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import tzinfo

from PySide6.QtCore import QTimer, Signal
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QAbstractItemView, QVBoxLayout, QWidget

from sesam_master.core.gateway import FleetGateway, JobPage, JobQuery
from sesam_master.core.records import Job, JobKind
from sesam_master.core.run_changes import RunChange, run_changes
from sesam_master.core.states import JobState
from sesam_master.ui.bridge import Bridge
from sesam_master.ui.formatting import (
    day_text,
    duration_text,
    full_moment_text,
    number_text,
    size_text,
    time_text,
)
from sesam_master.ui.notices import notice
from sesam_master.ui.results.columns import measured, message_text, state_text, type_letter
from sesam_master.ui.results.presenter import ResultsPresenter
from sesam_master.ui.results.rows import ResultRow, sesam_date
from sesam_master.ui.theme import ThemeHolder
from sesam_master.ui.widgets.column import Align, CellKind, Column
from sesam_master.ui.widgets.elided_label import ElidedLabel
from sesam_master.ui.widgets.record_table import RecordTableModel
from sesam_master.ui.widgets.record_table_view import RecordTableView


@dataclass(frozen=True, slots=True)
class Run:
    """One run, and how it differs from the good one of its type before."""

    row: ResultRow
    change: RunChange


class EarlierRunsPane(QWidget):
    """Asks the location for the runs of the opened result's task when the pane is seen first."""

    opened = Signal(object)  # the Job of another run

    def __init__(
        self,
        holder: ThemeHolder,
        bridge: Bridge,
        gateway: FleetGateway,
        presenter: ResultsPresenter,
    ) -> None:
        super().__init__()
        self._bridge = bridge
        self._gateway = gateway
        self._presenter = presenter
        self._row: ResultRow | None = None
        self._loaded = ("", "")  # location id and task
        self._jobs: list[Job] = []
        self._next_token = ""
        self._cancel: Callable[[], None] = lambda: None
        self.model: RecordTableModel[Run] = RecordTableModel(
            _columns(presenter.zone),
            lambda run: run.row.job.key,
            is_stale=lambda run: not run.row.is_live,
            is_paged=True,
            parent=self,
        )
        self.table = RecordTableView(holder, self.model)
        self.table.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.table.horizontalHeader().setSectionsClickable(False)
        self.table.setAccessibleName("Runs of the task, newest first")
        self.note = ElidedLabel(holder, "", "secondary")
        self.note.setContentsMargins(16, 8, 12, 4)
        self.model.more_requested.connect(self._ask)
        self.table.record_activated.connect(lambda run: self.opened.emit(run.row.job))
        column = QVBoxLayout(self)
        column.setContentsMargins(8, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.table, 1)
        column.addWidget(self.note)
        column.addStretch(0)

    def open(self, row: ResultRow) -> None:
        """The runs of this result's task; asked for when they are seen."""
        before, self._row = self._row, row
        is_same = before is not None and before.job.key == row.job.key
        if is_same and before is not None and before.job.state is not row.job.state:
            self._loaded = ("", "")  # an end changes the comparison
        elif is_same and before is not None and before.is_live == row.is_live:
            return  # what a person chose among the runs stays chosen
        if self.isVisible():
            self._load()

    def close_job(self) -> None:
        """Nothing is shown any more."""
        self._cancel()
        self._row = None
        self._loaded = ("", "")
        self.model.replace_all([])

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        QTimer.singleShot(0, self, self._load)

    def _load(self) -> None:
        row = self._row
        if row is None:
            return
        wanted = (row.job.location_id, row.job.task)
        if self._loaded == wanted:
            self.table.select_key(row.job.key)
            return
        self._cancel()
        self._jobs, self._next_token = [], ""
        self.model.replace_all([])
        if row.job.kind is not JobKind.BACKUP:
            self._say("Only backups are compared with their earlier runs.")
            return
        if not row.is_live:
            self._say(f"{row.location} is dark: the earlier runs cannot be read now.")
            return
        self._loaded = wanted
        self._say("Reading the earlier runs …")
        self._ask()

    def _ask(self) -> None:
        location_id, task = self._loaded
        query = JobQuery(kinds=frozenset({JobKind.BACKUP}), task=task)
        call = self._gateway.jobs(location_id, query, self._next_token, False)
        self._cancel = self._bridge.ask(call, self, self._take, self._fail)

    def _take(self, page: JobPage) -> None:
        is_first = not self._jobs
        self._jobs += page.jobs
        self._next_token = page.next_token
        rows = [self._presenter.row(job) for job in self._jobs]
        runs = [
            Run(row, change)
            for row, change in zip(rows, run_changes(self._jobs), strict=True)
            if row is not None
        ]
        self._say("" if runs else "The location knows no run of this task any more.")
        self.model.replace_all(runs, bool(page.next_token))
        if is_first and self._row is not None:
            self.table.select_key(self._row.job.key)

    def _fail(self, error: Exception) -> None:
        location = self._row.location if self._row else ""
        self._loaded = ("", "")
        self._say(notice(error, "read the earlier runs", location).text)

    def _say(self, text: str) -> None:
        self.note.set_text(text)
        self.note.setVisible(bool(text))
        self.table.setVisible(not text)


def change_text(share: float | None) -> str:
    """+12 %, −3 %, = where it is less than half a percent; ×4.2 from three times on."""
    if share is None:
        return ""
    if share >= 2:
        return f"×{share + 1:.1f}" if share < 99 else f"×{share + 1:.0f}"
    percent = round(share * 100)
    if percent == 0:
        return "="
    sign = "+" if percent > 0 else "\N{MINUS SIGN}"
    return f"{sign}{abs(percent)}\N{NO-BREAK SPACE}%"


def _columns(zone: tzinfo) -> tuple[Column[Run], ...]:
    return (
        Column(
            "state",
            "State",
            94,
            lambda run: state_text(run.row),
            CellKind.STATE,
            value=lambda run: run.row.state,
            fits=("Cancelled",),
        ),
        Column("type", "Type", 34, lambda run: type_letter(run.row), CellKind.TYPE),
        Column(
            "day",
            "Sesam day",
            76,
            lambda run: day_text(sesam_date(run.row.job.sesam_day)),
            CellKind.QUIET,
            fits=("Wed 20 Nov",),
        ),
        Column(
            "start",
            "Start",
            50,
            lambda run: time_text(run.row.job.start_time, zone),
            tooltip=lambda run: full_moment_text(run.row.job.start_time, zone),
            align=Align.RIGHT,
            fits=("00:00",),
        ),
        *_measures(),
        Column(
            "message",
            "Message",
            220,
            lambda run: message_text(run.row),
            CellKind.MESSAGE,
            tooltip=lambda run: message_text(run.row),
            least=90,
        ),
    )


def _measures() -> tuple[Column[Run], ...]:
    def number(key: str, title: str, text: Callable[[Run], str], *fits: str) -> Column[Run]:
        return Column(key, title, 56, text, CellKind.NUMBER, align=Align.RIGHT, fits=fits)

    def change(key: str, text: Callable[[Run], str]) -> Column[Run]:
        return Column(
            key,
            "Change of the " + key.partition("_")[0],
            58,
            text,
            CellKind.QUIET,
            tooltip=lambda _run: "Against the last good run of this type before it",
            heading="Change",
            align=Align.RIGHT,
            fits=("+100\N{NO-BREAK SPACE}%",),
            yields=1,
        )

    return (
        number(
            "duration",
            "Duration",
            lambda run: measured(run.row, duration_text(run.row.duration_seconds)),
            "00:00:00",
        ),
        change("duration_change", lambda run: change_text(run.change.duration)),
        number(
            "size",
            "Size",
            lambda run: measured(run.row, size_text(run.row.size_bytes)),
            size_text(99_900 * 10**6),
        ),
        change("size_change", lambda run: change_text(run.change.size)),
        number("files", "Files", _files, number_text(99_999)),
    )


def _files(run: Run) -> str:
    job = run.row.job
    is_there = job.state not in (JobState.ACTIVE, JobState.QUEUED)
    return measured(run.row, number_text(job.files)) if is_there else ""
