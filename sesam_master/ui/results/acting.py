"""Does one thing to several jobs, each by itself, and knows what became of each."""

from collections.abc import Coroutine, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any, Protocol

from PySide6.QtCore import QObject, Signal

from sesam_master.core.errors import LocationError, Trouble
from sesam_master.core.fleet import FleetChange, LocationState
from sesam_master.core.records import Job
from sesam_master.core.states import Connection, JobState
from sesam_master.ui.bridge import Bridge
from sesam_master.ui.notices import notice

NAMED_LOCATIONS = 3


class Stage(StrEnum):
    """`UNSURE` when the answer was lost, so that it may have happened. `HINDERED` is never sent."""

    ASKED = "Not sent"
    HINDERED = "Not possible"
    SENT = "Sent"
    ACCEPTED = "Accepted"
    UNSURE = "Not known"
    FAILED = "Failed"


@dataclass(frozen=True, slots=True)
class Act:
    """What is done to one `job`. `now` is what it is about now: the job's newest value, or the job
    that came of it."""

    job: Job
    now: Job
    location: str
    connection: Connection
    stage: Stage = Stage.ASKED
    reason: str = ""

    @property
    def state(self) -> JobState:
        """Of what it is about now, as it may be shown."""
        is_proved = self.connection is Connection.ON or not self.now.is_open
        return self.now.state if is_proved else JobState.UNKNOWN


class Deed(Protocol):
    """What is done, and its words. The sequences are never empty."""

    leave: str  # what the button says that does nothing
    name: str  # "Cancel", as in "Cancel of 3 backups: 3 accepted"
    is_followed: bool  # the state of the job that came of it is told until the strip is closed

    def send(self, job: Job) -> Coroutine[Any, Any, Job]:
        """Do it. Raises LocationError."""

    def doing(self, job: Job) -> str:
        """As in "Cannot cancel home at Hamburg."""

    def hindrance(self, job: Job, place: LocationState | None) -> str | None:
        """Why it is not even tried."""

    def is_over(self, job: Job) -> bool:
        """There is nothing to do any more."""

    def is_asked_for(self, acts: Sequence[Act]) -> bool:
        """A person has to agree before it is done."""

    def question(self, acts: Sequence[Act]) -> str: ...

    def consequence(self, acts: Sequence[Act]) -> str: ...

    def verb(self, acts: Sequence[Act]) -> str:
        """What the button says that does it."""


class Actor(QObject):
    """`answered` carries the job as its location gave it back. Jobs for which it is over before it
    is sent drop out."""

    changed = Signal()
    answered = Signal(object)

    def __init__(self, bridge: Bridge, deed: Deed, parent: QObject) -> None:
        super().__init__(parent)
        self.acts: dict[tuple[str, str], Act] = {}
        self._bridge = bridge
        self._deed = deed
        bridge.fleet_changed.connect(self._take_change)

    def begin(self, jobs: Sequence[Job]) -> None:
        """Take these jobs in place of all before; nothing is sent yet."""
        self.acts = {job.key: self._make(job) for job in jobs}
        self.changed.emit()

    def has(self, stage: Stage) -> bool:
        """Whether anything stands at this stage."""
        return any(act.stage is stage for act in self.acts.values())

    def send(self, stage: Stage = Stage.ASKED) -> None:
        """Send all that stand at this stage: ASKED at first, FAILED to try again."""
        for act in [act for act in self.acts.values() if act.stage is stage]:
            self._put(replace(act, stage=Stage.SENT, reason=""))
            self._ask(act)
        self.changed.emit()

    def _ask(self, act: Act) -> None:
        mine, key = self.acts, act.job.key  # what is told meanwhile stays

        def done(job: Job) -> None:
            if mine is self.acts:  # its end may have been told before this answer came
                now = self._newest(job)
                self._put(replace(mine[key], now=now, stage=Stage.ACCEPTED))
            self.answered.emit(job)
            self.changed.emit()

        def failed(error: Exception) -> None:
            if mine is not self.acts:
                return
            lost = isinstance(error, LocationError) and error.trouble is Trouble.NO_ANSWER
            text = notice(error, self._deed.doing(act.job), act.location)
            reason = f"{text.why} {text.to_do}".strip()
            stage = Stage.UNSURE if lost else Stage.FAILED
            self._put(replace(mine[key], stage=stage, reason=reason))
            self.changed.emit()

        self._bridge.ask(self._deed.send(act.job), self, done, failed)

    def _take_change(self, change: FleetChange) -> None:
        touched = change.connections | change.pictures | {key[0] for key in change.jobs}
        concerned = [
            act for key, act in self.acts.items() if change.locations_listed or key[0] in touched
        ]
        for act in concerned:
            place = self._place(act.job)
            if place is None:  # not listed any more
                self._put(replace(act, connection=Connection.OFF))
                continue
            now = self._newest(act.now)
            if act.stage is Stage.ASKED and self._deed.is_over(now):
                del self.acts[act.job.key]
            else:
                self._put(replace(act, now=now, connection=place.connection))
        if concerned:
            self.changed.emit()

    def _make(self, job: Job) -> Act:
        place = self._place(job)
        reason = self._deed.hindrance(job, place)
        stage = Stage.ASKED if reason is None else Stage.HINDERED
        if place is None:
            return Act(job, job, job.location_id, Connection.OFF, stage, reason or "")
        name = place.registration.name
        return Act(job, job, name, place.connection, stage, reason or "")

    def _put(self, act: Act) -> None:
        self.acts[act.job.key] = act

    def _newest(self, job: Job) -> Job:
        place = self._place(job)
        known = place.picture.jobs.get(job.id) if place and place.picture else None
        return known or job

    def _place(self, job: Job) -> LocationState | None:
        return self._bridge.fleet.locations.get(job.location_id)


def listed_places(acts: Sequence[Act]) -> str:
    """The locations by name, each once; of many the first."""
    names = list(dict.fromkeys(act.location for act in acts))
    rest = len(names) - NAMED_LOCATIONS
    return ", ".join(names[:NAMED_LOCATIONS]) + (f" and {rest} more" if rest > 0 else "")
