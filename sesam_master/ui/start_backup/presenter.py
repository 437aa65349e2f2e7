"""Sends starts, each by itself, asks again where an answer was lost, and follows their jobs."""

import uuid
from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import UTC, datetime, tzinfo

import tzlocal
from PySide6.QtCore import QObject, QTimer, Signal

from sesam_master.core.errors import LocationError, Trouble
from sesam_master.core.fleet import FleetChange, LocationState
from sesam_master.core.gateway import FleetGateway
from sesam_master.core.records import Job
from sesam_master.core.start import Ordered, StartObject, Wish
from sesam_master.core.states import Connection, JobState
from sesam_master.ui.bridge import Bridge
from sesam_master.ui.notices import notice
from sesam_master.ui.start_backup.site_plans import SitePlans
from sesam_master.ui.start_backup.starts import (
    UNTOUCHED,
    Stage,
    Start,
    Viewpoint,
    began,
    ordered,
    prepared,
    shown_plan,
    shown_state,
)

ASK_AGAIN_MS = 5_000
MANY_OBJECTS = 20  # of more, or at more locations, the number has to be typed
MANY_LOCATIONS = 3


class StartPresenter(QObject):
    """Lives as long as its window: what was sent goes on without it, but nobody asks again."""

    changed = Signal()

    def __init__(
        self,
        bridge: Bridge,
        gateway: FleetGateway,
        objects: Iterable[StartObject],
        *,
        zone: tzinfo | None = None,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self.zone = zone or tzlocal.get_localzone()
        self.wish = Wish()
        self._bridge = bridge
        self._gateway = gateway
        self._clock = clock
        self.plans = SitePlans(bridge, gateway, self)
        self.starts: dict[StartObject, Start] = {}
        self._asked: set[StartObject] = set()  # and not answered yet
        self._again = QTimer(self)
        self._again.setInterval(ASK_AGAIN_MS)
        self._again.timeout.connect(self._ask_again)
        bridge.fleet_changed.connect(self._take_change)
        self.plans.changed.connect(self._prepare)
        self.set_objects(objects)

    # -- what is asked for

    def set_objects(self, objects: Iterable[StartObject]) -> None:
        """Start these; what was sent before stays."""
        kept = {k: s for k, s in self.starts.items() if s.stage not in UNTOUCHED}
        self.starts = {what: kept.get(what) or self._prepared(what) for what in objects}
        self.starts |= kept
        self.plans.want(self._live(what.location_id for what in self.starts))
        self.changed.emit()

    def set_wish(self, wish: Wish) -> None:
        """Start in this way what was not sent yet."""
        self.wish = wish
        self._prepare()

    def count(self, *stages: Stage) -> int:
        """How many stand at these stages."""
        return sum(start.stage in stages for start in self.starts.values())

    @property
    def is_begun(self) -> bool:
        """Something was sent."""
        return any(start.stage not in UNTOUCHED for start in self.starts.values())

    @property
    def is_far_reaching(self) -> bool:
        """So much would be started that a person has to type how much."""
        ready = [s for s in self.starts.values() if s.stage is Stage.READY]
        places = {start.object.location_id for start in ready}
        return len(ready) > MANY_OBJECTS or len(places) > MANY_LOCATIONS

    def send(self) -> None:
        """Send all that are ready."""
        self._prepare()  # time went on since they were looked at
        for start in [s for s in self.starts.values() if s.stage is Stage.READY]:
            self._send(replace(start, order=ordered(start, self.wish)))
        self.changed.emit()

    def retry(self) -> None:
        """Send again what was refused, in the way it was sent."""
        for start in [s for s in self.starts.values() if s.stage is Stage.FAILED]:
            self._send(start)
        self.changed.emit()

    # -- sending

    def _send(self, start: Start) -> None:
        """Under a new request id: what was refused did not happen."""
        sent = replace(start, stage=Stage.SENT, reason="", request_id=str(uuid.uuid4()))
        self._put(sent)
        self._ask(sent)

    def _ask(self, start: Start) -> None:
        key, order = start.key, start.order
        if order is None:
            return
        self._asked.add(key)

        def done(made: Ordered) -> None:
            self._asked.discard(key)
            is_later = not made.jobs
            self._put(
                replace(
                    self.starts[key],
                    stage=Stage.ACCEPTED,
                    reason="",
                    event_id=made.event_id,
                    jobs=made.jobs,
                    start_time=made.planned_time if is_later else None,
                    state=JobState.PLANNED if is_later else None,
                )
            )
            self._follow(key)
            self.changed.emit()

        def failed(error: Exception) -> None:
            self._asked.discard(key)
            self._take_failure(key, error)
            self.changed.emit()

        coroutine = self._gateway.order_backup(order, start.request_id)
        self._bridge.ask(coroutine, self, done, failed)

    def _take_failure(self, key: StartObject, error: Exception) -> None:
        start = self.starts[key]
        trouble = error.trouble if isinstance(error, LocationError) else None
        # Once an answer was lost, only the word on the order itself says that it did not happen.
        was_lost = start.stage is Stage.UNSURE and trouble is not Trouble.REJECTED
        is_lost = was_lost or trouble is Trouble.NO_ANSWER
        if is_lost:
            reason = "The answer was lost. It is asked for again; nothing happens twice."
            self._put(replace(start, stage=Stage.UNSURE, reason=reason))
            if not self._again.isActive():
                self._again.start()
            return
        text = notice(error, f"start {start.object.name}", start.location)
        reason = f"{text.why} {text.to_do}".strip()
        self._put(replace(start, stage=Stage.FAILED, reason=reason))

    def _ask_again(self) -> None:
        """The same order under the same request id, where somebody may answer now; one question at
        a time, so that no late failure stands in place of an answer."""
        unsure = [s for s in self.starts.values() if s.stage is Stage.UNSURE]
        if not unsure:
            self._again.stop()
        for start in unsure:
            if start.key not in self._asked and self._live([start.object.location_id]):
                self._ask(start)

    # -- what the locations say

    def _take_change(self, change: FleetChange) -> None:
        touched = change.connections | change.pictures | {key[0] for key in change.jobs}
        concerned = [
            key for key in self.starts if change.locations_listed or key.location_id in touched
        ]
        told = self._told(change)
        for key in concerned:
            start = self.starts[key]
            if start.stage in UNTOUCHED:
                self._put(self._prepared(key))
            elif start.event_id and (jobs := told.get((key.location_id, start.event_id))):
                self._put(began(start, jobs))
            self._follow(key)
        if concerned:
            self.plans.want(self._live(key.location_id for key in concerned))
            self.changed.emit()

    def _told(self, change: FleetChange) -> dict[tuple[str, str], list[Job]]:
        """By location and event the jobs that later starts may have become: those that a change
        tells, and all of a new picture, for they may have begun in the dark."""
        later = {s.object.location_id for s in self.starts.values() if s.start_time and s.event_id}
        found: dict[tuple[str, str], list[Job]] = {}
        for location_id in later:
            place = self._place(location_id)
            known = place.picture.jobs if place is not None and place.picture is not None else {}
            is_new = location_id in change.pictures
            ids = known.keys() if is_new else [i for at, i in change.jobs if at == location_id]
            for job in (known.get(job_id) for job_id in ids):
                if job is not None:
                    found.setdefault((location_id, job.event_id), []).append(job)
        return found

    def _follow(self, key: StartObject) -> None:
        """Takes the newest values of the start's jobs out of the fleet."""
        start, place = self.starts[key], self._place(key.location_id)
        if place is None:  # not listed any more: what was open there is not known
            is_open = any(job.is_open for job in start.jobs)
            state = JobState.UNKNOWN if is_open else start.state
            self._put(replace(start, connection=Connection.OFF, state=state))
            return
        known = place.picture.jobs if place.picture is not None else {}
        jobs = tuple(known.get(job.id, job) for job in start.jobs)
        state = shown_state(jobs, place) if jobs else shown_plan(start, place, self._clock())
        self._put(replace(start, connection=place.connection, jobs=jobs, state=state))

    def _prepare(self) -> None:
        for key, start in self.starts.items():
            if start.stage in UNTOUCHED:
                self._put(self._prepared(key))
        self.changed.emit()

    def _prepared(self, what: StartObject) -> Start:
        plan = self.plans.plans.get(what.location_id)
        view = Viewpoint(self.zone, self._clock())
        return prepared(what, self.wish, self._place(what.location_id), plan, view)

    def _put(self, start: Start) -> None:
        self.starts[start.key] = start

    def _live(self, location_ids: Iterable[str]) -> list[str]:
        places = {key: self._place(key) for key in location_ids}
        return [key for key, place in places.items() if place is not None and place.is_live]

    def _place(self, location_id: str) -> LocationState | None:
        return self._bridge.fleet.locations.get(location_id)
