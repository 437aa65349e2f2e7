"""Cancels jobs, each by itself, and knows what became of each cancel."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from PySide6.QtCore import QObject, Signal

from sesam_master.core.errors import LocationError, Trouble
from sesam_master.core.fleet import FleetChange, LocationState
from sesam_master.core.gateway import FleetGateway
from sesam_master.core.records import Job
from sesam_master.core.states import Connection
from sesam_master.ui.bridge import Bridge
from sesam_master.ui.notices import notice


class Stage(StrEnum):
    """`UNSURE` when the answer was lost, so that it may have happened."""

    ASKED = "Not sent"
    SENT = "Sent"
    ACCEPTED = "Accepted"
    UNSURE = "Not known"
    FAILED = "Failed"


@dataclass(frozen=True, slots=True)
class Cancel:
    """One job that is to be cancelled."""

    job: Job
    location: str
    connection: Connection
    stage: Stage = Stage.ASKED
    reason: str = ""


class Canceller(QObject):
    """`answered` carries the job as its location gave it back. Jobs that end by themselves before
    the cancel is sent drop out."""

    changed = Signal()
    answered = Signal(object)

    def __init__(self, bridge: Bridge, gateway: FleetGateway, parent: QObject) -> None:
        super().__init__(parent)
        self.cancels: dict[tuple[str, str], Cancel] = {}
        self._bridge = bridge
        self._gateway = gateway
        bridge.fleet_changed.connect(self._take_change)

    def begin(self, jobs: Sequence[Job]) -> None:
        """Take these jobs in place of all before; nothing is sent yet."""
        self.cancels = {job.key: self._make(job) for job in jobs}
        self.changed.emit()

    def has(self, stage: Stage) -> bool:
        """Whether anything stands at this stage."""
        return any(cancel.stage is stage for cancel in self.cancels.values())

    def send(self, stage: Stage = Stage.ASKED) -> None:
        """Send all that stand at this stage: ASKED at first, FAILED to try again."""
        for cancel in [c for c in self.cancels.values() if c.stage is stage]:
            self._put(replace(cancel, stage=Stage.SENT, reason=""))
            self._ask(cancel)
        self.changed.emit()

    def _ask(self, cancel: Cancel) -> None:
        key = cancel.job.key
        mine = self.cancels

        def done(job: Job) -> None:
            if mine is self.cancels:
                self._put(replace(cancel, job=job, stage=Stage.ACCEPTED))
            self.answered.emit(job)
            self.changed.emit()

        def failed(error: Exception) -> None:
            if mine is not self.cancels:
                return
            lost = isinstance(error, LocationError) and error.trouble is Trouble.NO_ANSWER
            text = notice(error, f"cancel {cancel.job.task}", cancel.location)
            reason = f"{text.why} {text.to_do}".strip()
            stage = Stage.UNSURE if lost else Stage.FAILED
            self._put(replace(cancel, stage=stage, reason=reason))
            self.changed.emit()

        self._bridge.ask(self._gateway.cancel_job(*key), self, done, failed)

    def _take_change(self, change: FleetChange) -> None:
        touched = change.connections | change.pictures | {key[0] for key in change.jobs}
        concerned = [
            cancel
            for key, cancel in self.cancels.items()
            if change.locations_listed or key[0] in touched
        ]
        for cancel in concerned:
            place = self._place(cancel.job)
            if place is None:
                self._put(replace(cancel, connection=Connection.OFF))
                continue
            known = place.picture.jobs.get(cancel.job.id) if place.picture else None
            job = known or cancel.job
            if cancel.stage is Stage.ASKED and not job.is_open:
                del self.cancels[job.key]
            else:
                self._put(replace(cancel, job=job, connection=place.connection))
        if concerned:
            self.changed.emit()

    def _make(self, job: Job) -> Cancel:
        place = self._place(job)
        if place is None:
            return Cancel(job, job.location_id, Connection.OFF)
        return Cancel(job, place.registration.name, place.connection)

    def _put(self, cancel: Cancel) -> None:
        self.cancels[cancel.job.key] = cancel

    def _place(self, job: Job) -> LocationState | None:
        return self._bridge.fleet.locations.get(job.location_id)
