"""Joins the page of processes with its location: what the watch says, what is asked and done."""

from collections.abc import Callable, Coroutine
from datetime import datetime, tzinfo
from typing import Any
from uuid import uuid4

from PySide6.QtCore import QObject, Signal

from sesam_master.core.fleet import FleetChange
from sesam_master.core.gateway import FleetGateway
from sesam_master.core.processes import AgentProcess, Process, StopMode
from sesam_master.core.records import Job
from sesam_master.ui.bridge import Bridge
from sesam_master.ui.notices import notice
from sesam_master.ui.objects.place import Place
from sesam_master.ui.processes.words import running_jobs, stopped_words


class ProcessesPresenter(QObject):
    """`changed`: something is another. `said`: what became of what was done, and whether it went
    well."""

    changed = Signal()
    said = Signal(str, bool)

    def __init__(
        self,
        bridge: Bridge,
        source: FleetGateway,
        location_id: str,
        mine: tzinfo,
        now: Callable[[], datetime],
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._bridge = bridge
        self._source = source
        self._now = now
        self._cancel: Callable[[], None] = lambda: None
        self.place = Place(bridge.fleet, location_id, mine)
        self.agent: AgentProcess | None = None
        self.problem = ""
        self.is_asking = False
        bridge.fleet_changed.connect(self._take)

    @property
    def processes(self) -> list[Process]:
        """As the watch says, or said when the location was seen last."""
        state = self.place.state
        if state is None or state.picture is None:
            return []
        return list(state.picture.processes.values())

    @property
    def as_of(self) -> datetime | None:
        state = self.place.state
        return state.proof_time if state is not None and self.processes else None

    @property
    def jobs(self) -> list[Job]:
        """Those that run."""
        return running_jobs(self.place.state)

    def refresh(self) -> None:
        """Ask for what the watch does not say. Without parts the agent is too old to be asked."""
        self._cancel()
        if not self.processes or self.place.darkness is not None:
            self.agent, self.is_asking = None, False
            self.changed.emit()
            return
        self.is_asking = True
        call = self._source.agent_process(self.place.location_id)
        self._cancel = self._bridge.ask(call, self, self._answered, self._fail)
        self.changed.emit()

    def restart(self, process: str) -> None:
        name = self.place.name
        call = self._source.restart_process(self.place.location_id, process, str(uuid4()))
        told = f"{process} at {name} was told to begin again."
        self._do(call, f"restart {process}", lambda _nothing: told)

    def stop(self, mode: StopMode) -> None:
        name = self.place.name
        call = self._source.stop_agent(self.place.location_id, mode, str(uuid4()))
        self._do(call, "stop the agent", lambda jobs: stopped_words(mode, jobs, name))

    def _do(self, call: Coroutine[Any, Any, Any], doing: str, told: Callable[[Any], str]) -> None:
        def done(answer: Any) -> None:
            self.said.emit(told(answer), True)
            self.refresh()

        self._bridge.ask(
            call,
            self,
            done,
            lambda error: self.said.emit(notice(error, doing, self.place.name).text, False),
        )

    def _answered(self, agent: AgentProcess) -> None:
        self.agent, self.problem, self.is_asking = agent, "", False
        self.changed.emit()

    def _fail(self, error: Exception) -> None:
        self.is_asking = False
        self.problem = notice(error, "ask for its agent", self.place.name).text
        self.changed.emit()

    def _take(self, change: FleetChange) -> None:
        here = self.place.location_id
        if here in change.pictures:
            self.refresh()
            return
        touched = change.processes | change.connections | {at for at, _job in change.jobs}
        if here in touched or change.locations_listed:
            self.changed.emit()
