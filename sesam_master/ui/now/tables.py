"""What runs above what waits; each table is as high as it needs, as far as there is room."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import cast

from PySide6.QtCore import QPoint, Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QVBoxLayout, QWidget

from sesam_master.core.now import JobKey, OpenJob
from sesam_master.core.records import Job
from sesam_master.core.results_groups import Grouping
from sesam_master.core.states import JobState
from sesam_master.ui.formatting import number_text
from sesam_master.ui.now.columns import queue_columns, running_columns
from sesam_master.ui.now.grouping import JobGrouping, NowRow, head_of
from sesam_master.ui.now.job_table import JobTable
from sesam_master.ui.now.presenter import NowPresenter, in_order
from sesam_master.ui.now.running_delegate import RunningDelegate
from sesam_master.ui.results.actions import Offer
from sesam_master.ui.theme import ThemeHolder
from sesam_master.ui.widgets.column import Column
from sesam_master.ui.widgets.elided_label import ElidedLabel
from sesam_master.ui.widgets.record_table import RecordTableModel

RUNNING_SHARE, QUEUE_SHARE = 3, 2


class NowTables(QWidget):
    """Rows stand in the order in which they were asked for, new ones at the end, until a person
    sorts them. A row is selected in one of the tables only."""

    selected = Signal()
    menu_wanted = Signal(list, QPoint)
    opened = Signal(object)

    def __init__(
        self,
        holder: ThemeHolder,
        presenter: NowPresenter,
        offers: Callable[[list[OpenJob]], list[Offer]],
    ) -> None:
        super().__init__()
        self._presenter = presenter
        now, zone = presenter.now, presenter.zone
        columns = running_columns(now, zone)
        self.running_model = self._model(columns)
        self.queue_model = self._model(queue_columns(now, zone, self._jobs_at))
        self._running_groups = JobGrouping(self.running_model, now)
        self._queue_groups = JobGrouping(self.queue_model, now)
        delegate = RunningDelegate(holder, columns, now, zone, self)
        self.running = JobTable(holder, self.running_model, offers, delegate)
        self.queue = JobTable(holder, self.queue_model, offers)
        self._title = ElidedLabel(holder, "Queue", "heading")
        self._count = ElidedLabel(holder, "", "secondary")
        self._lay_out()
        self._connect()

    def show_all(self, jobs: Iterable[OpenJob]) -> None:
        """Exactly these."""
        running: list[OpenJob] = []
        queued: list[OpenJob] = []
        for job in jobs:
            (queued if job.job.state is JobState.QUEUED else running).append(job)
        self._running_groups.show_all(running)
        self._queue_groups.show_all(queued)
        self._settle()

    def show_changes(self, jobs: Mapping[JobKey, OpenJob | None]) -> None:
        """The newest values by key; None for what is not open any more."""
        running: dict[JobKey, OpenJob] = {}
        queued: dict[JobKey, OpenJob] = {}
        for job in in_order(job for job in jobs.values() if job is not None):
            (queued if job.job.state is JobState.QUEUED else running)[job.key] = job
        self._running_groups.show_changes(list(running.values()), jobs.keys() - running.keys())
        self._queue_groups.show_changes(list(queued.values()), jobs.keys() - queued.keys())
        self._settle()

    def set_grouping(self, grouping: Grouping) -> None:
        """Below heads of locations or farms, or without."""
        for groups in (self._running_groups, self._queue_groups):
            groups.set_grouping(grouping)
        self._settle()

    def set_all_open(self, is_open: bool) -> None:
        """Open or close all groups of both tables."""
        for groups in (self._running_groups, self._queue_groups):
            groups.set_all_open(is_open)
        self._settle()

    def resort(self) -> None:
        """Bring all rows into the order that a person chose, also those that are held."""
        self.running_model.resort()
        self.queue_model.resort()

    def age(self) -> None:
        """Time went on: spans, rates and rests are others."""
        self._running_groups.age()
        self._queue_groups.age()
        self.running.viewport().update()
        self.queue.viewport().update()

    def chosen(self) -> list[OpenJob]:
        """The selected jobs."""
        return [*self.running.selected_jobs(), *self.queue.selected_jobs()]

    def copy(self) -> None:
        """The selected rows as text."""
        for table in (self.running, self.queue):
            if table.selected_jobs():
                table.copy_rows()

    def focus_first(self) -> None:
        """The keyboard goes on in the tables."""
        table = self.running if self.running_model.rowCount() else self.queue
        table.setFocus(Qt.FocusReason.OtherFocusReason)

    # -- inside

    def _model(self, columns: Sequence[Column[OpenJob]]) -> RecordTableModel[NowRow]:
        return RecordTableModel(
            cast(Sequence[Column[NowRow]], columns),  # heads are never given to a column
            lambda row: row.key,
            is_stale=lambda row: isinstance(row, OpenJob) and not row.is_live,
            head_of=head_of,
            parent=self,
        )

    def _lay_out(self) -> None:
        self.running.setAccessibleName("What runs")
        self.queue.setAccessibleName("What waits")
        self._heading = QWidget()
        row = QHBoxLayout(self._heading)
        row.setContentsMargins(16, 12, 12, 4)
        row.setSpacing(8)
        row.addWidget(self._title)
        row.addWidget(self._count, 1)
        self._title.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Fixed)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.running, RUNNING_SHARE)
        column.addWidget(self._heading)
        column.addWidget(self.queue, QUEUE_SHARE)
        column.addStretch(0)

    def _connect(self) -> None:
        for table, other in ((self.running, self.queue), (self.queue, self.running)):
            table.records_selected.connect(
                lambda records, other=other: other.clearSelection() if records else None
            )
            table.records_selected.connect(lambda _records: self.selected.emit())
            table.menu_wanted.connect(self.menu_wanted)
            table.record_activated.connect(self.opened)
        for table, groups in (
            (self.running, self._running_groups),
            (self.queue, self._queue_groups),
        ):
            table.head_activated.connect(groups.toggle)
            table.head_activated.connect(lambda _row: self._settle())
        self.running.seen.connect(self._presenter.runs.want)

    def _settle(self) -> None:
        """What has no rows takes no room."""
        waiting = self._queue_groups.count
        self.running.setVisible(self._running_groups.count > 0)
        self.queue.setVisible(waiting > 0)
        self._heading.setVisible(waiting > 0)
        self._count.set_text(number_text(waiting))
        self.running.place_buttons()
        self.queue.place_buttons()
        self._presenter.runs.want(self.running.visible_jobs())

    def _jobs_at(self, location_id: str) -> Mapping[str, Job]:
        place = self._presenter.location(location_id)
        return place.picture.jobs if place is not None and place.picture is not None else {}
