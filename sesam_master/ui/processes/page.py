"""The page "Processes" of one location: the parts of its agent, and what can be done to them."""

from collections.abc import Callable
from datetime import UTC, datetime, tzinfo
from functools import partial

import tzlocal
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QStackedWidget, QVBoxLayout, QWidget

from sesam_master.core.gateway import FleetGateway
from sesam_master.core.processes import Process, ProcessState
from sesam_master.ui.bridge import Bridge
from sesam_master.ui.icons import icon
from sesam_master.ui.objects.head import LocationHead
from sesam_master.ui.processes.presenter import ProcessesPresenter
from sesam_master.ui.processes.question import Question
from sesam_master.ui.processes.words import (
    STOP_CHOICES,
    agent_sentence,
    nothing_words,
    process_columns,
    restart_question,
    stop_question,
)
from sesam_master.ui.theme import ThemeHolder
from sesam_master.ui.widgets.empty_state import EmptyContent, EmptyState
from sesam_master.ui.widgets.record_table import RecordTableModel
from sesam_master.ui.widgets.record_table_view import RecordTableView

_CHOOSE = "Choose a process in the list first."
_UNUSED = "This agent does not use it."


class ProcessesPage(QWidget):
    """A tab for one location."""

    icon_name = "settings-2"

    def __init__(
        self,
        holder: ThemeHolder,
        bridge: Bridge,
        source: FleetGateway,
        location_id: str,
        *,
        zone: tzinfo | None = None,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        super().__init__()
        self.setProperty("surface", "base")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self._clock = clock
        zone = zone or tzlocal.get_localzone()
        self.presenter = ProcessesPresenter(bridge, source, location_id, zone, clock, self)
        place = self.presenter.place
        self.title = f"Processes, {place.name}"
        self.head = LocationHead(
            *(holder, bridge, place, clock, "Processes"), agent_sentence(None, place.name, clock())
        )
        self.restart = QPushButton(icon("rotate-cw", holder), "Restart")
        self.stop = QPushButton(icon("power", holder), "Stop the agent")
        self.question = Question(holder, list(STOP_CHOICES))
        self.model: RecordTableModel[Process] = RecordTableModel(
            process_columns(place.zones.site, lambda: place.darkness is not None, clock()),
            lambda one: one.name,
            is_stale=lambda _one: place.darkness is not None,
            parent=self,
        )
        self.table = RecordTableView(holder, self.model)
        self.table.setAccessibleName("Processes of the agent")
        self.table.setSelectionMode(RecordTableView.SelectionMode.SingleSelection)
        self.empty = EmptyState(holder, EmptyContent(self.icon_name, "", ""))
        self._stack = QStackedWidget()
        self._lay_out()
        self._connect()
        self.model.sort_by("state", descending=False)
        self.presenter.refresh()

    @property
    def location_id(self) -> str:
        return self.presenter.place.location_id

    def refresh(self) -> None:
        """Ask the location again."""
        self.presenter.refresh()

    # -- inside

    def _lay_out(self) -> None:
        bar = QHBoxLayout()
        bar.setContentsMargins(16, 6, 12, 8)
        bar.setSpacing(8)
        bar.addWidget(self.restart)
        bar.addWidget(self.stop)
        bar.addStretch(1)
        self._stack.addWidget(self.table)
        self._stack.addWidget(self.empty)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.head)
        column.addLayout(bar)
        column.addWidget(self.question)
        column.addWidget(self._stack, 1)

    def _connect(self) -> None:
        self.presenter.changed.connect(self._show)
        self.presenter.said.connect(lambda text, _well: self.question.tell(text))
        self.table.records_selected.connect(lambda _rows: self._follow_buttons())
        self.restart.clicked.connect(self._ask_restart)
        self.stop.clicked.connect(self._ask_stop)
        self.question.chosen.connect(self._ask_stop)
        self.question.closed.connect(lambda: self.table.setFocus(Qt.FocusReason.OtherFocusReason))

    def _show(self) -> None:
        presenter = self.presenter
        place, processes = presenter.place, presenter.processes
        self.head.set_subject(agent_sentence(presenter.agent, place.name, self._clock()))
        self.head.show_state(presenter.as_of, presenter.problem, is_asking=presenter.is_asking)
        self.model.replace_all(processes)
        if not processes:
            content = EmptyContent(self.icon_name, *nothing_words(place.state, place.name))
            self.empty.set_content(content)
        self._stack.setCurrentWidget(self.table if processes else self.empty)
        self.table.viewport().update()
        self._follow_buttons()

    def _follow_buttons(self) -> None:
        hindrance = self._hindrance()
        chosen = self.table.selected_records()
        choose = "" if len(chosen) == 1 else _CHOOSE
        if not choose and chosen[0].state is ProcessState.UNUSED:
            choose = _UNUSED
        for button, reason in ((self.restart, hindrance or choose), (self.stop, hindrance)):
            button.setEnabled(not reason)
            button.setToolTip(reason)

    def _hindrance(self) -> str:
        place = self.presenter.place
        if place.hindrance is not None:
            return place.hindrance
        return "" if self.presenter.processes else nothing_words(place.state, place.name)[1]

    def _ask_restart(self) -> None:
        for one in self.table.selected_records():
            text = restart_question(one.name, self.presenter.place.name)
            restart = partial(self.presenter.restart, one.name)
            self.question.ask(text, f"Restart {one.name}", restart)

    def _ask_stop(self) -> None:
        mode = STOP_CHOICES[self.question.choice]
        jobs, name = self.presenter.jobs, self.presenter.place.name
        self.question.ask(
            stop_question(mode, jobs, name),
            f"Stop the agent of {name}",
            lambda: self.presenter.stop(mode),
            has_choices=bool(jobs),
        )
