"""Asks many locations to do something, each by itself, and follows what becomes of each."""

import uuid
from collections.abc import Callable, Coroutine, Hashable, Iterable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, Generic, Protocol

from PySide6.QtCore import QObject, QTimer, Signal

from sesam_master.core.acts import (
    UNTOUCHED,
    Act,
    ItemT,
    Made,
    Stage,
    accepted,
    followed,
    refused,
    sent,
    told_jobs,
)
from sesam_master.core.fleet import FleetChange, LocationState
from sesam_master.core.records import Job
from sesam_master.ui.bridge import Bridge
from sesam_master.ui.notices import notice
from sesam_master.ui.observing import observe_reason

ASK_AGAIN_MS = 5_000


class Deed(Protocol[ItemT]):
    """What is done to each item."""

    def prepared(self, item: ItemT, place: LocationState | None) -> Act[ItemT] | None:
        """The act, not sent, of the item as it is now; None when there is nothing to do any
        more."""

    def send(self, item: ItemT, request_id: str) -> Coroutine[Any, Any, Made]:
        """Do it. Raises LocationError; the same request id does nothing twice."""

    def doing(self, item: ItemT) -> str:
        """As in "Cannot cancel home at Hamburg."""


class Actor(QObject, Generic[ItemT]):
    """What was sent goes on without it, but nobody asks again. `answered` carries the item and what
    was made of it, None if that failed; also where the item was replaced meanwhile."""

    changed = Signal()
    answered = Signal(object, object)

    def __init__(
        self,
        bridge: Bridge,
        deed: Deed[ItemT],
        parent: QObject,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        super().__init__(parent)
        self.acts: dict[Hashable, Act[ItemT]] = {}
        self._bridge = bridge
        self._deed = deed
        self._clock = clock
        self._asked: set[str] = set()  # request ids that wait for their answer
        self._again = QTimer(self)
        self._again.setInterval(ASK_AGAIN_MS)
        self._again.timeout.connect(self.ask_again)
        bridge.fleet_changed.connect(self._take_change)

    # -- what is asked for

    def show(self, items: Iterable[ItemT]) -> None:
        """These in place of what was not sent yet."""
        kept = {key: act for key, act in self.acts.items() if act.stage not in UNTOUCHED}
        acts = {item.key: kept.get(item.key) or self._prepared(item) for item in items}
        self.acts = {key: act for key, act in acts.items() if act is not None} | kept
        self.changed.emit()

    def clear(self) -> None:
        """Forget everything; what was sent goes on."""
        self.acts = {}
        self.changed.emit()

    def renew(self) -> None:
        """Look again at what was not sent: time went on, or it is to be done in another way."""
        for act in list(self.acts.values()):
            if act.stage in UNTOUCHED:
                self._renew(act)
        self.changed.emit()

    def at(self, *stages: Stage) -> list[Act[ItemT]]:
        """Those that stand at these stages."""
        return [act for act in self.acts.values() if act.stage in stages]

    @property
    def is_begun(self) -> bool:
        """Something was sent."""
        return any(act.stage not in UNTOUCHED for act in self.acts.values())

    def send(self) -> None:
        """Send all that are ready."""
        self.renew()
        self._send(self.at(Stage.READY))

    def retry(self) -> None:
        """Send again what failed, as it was sent."""
        self._send(self.at(Stage.FAILED))

    def ask_again(self) -> None:
        """The same under the same request id, where an answer was lost and somebody may give it
        now; one question at a time, so that no late failure stands in place of an answer."""
        unsure = self.at(Stage.UNSURE)
        if not unsure:
            self._again.stop()
        for act in unsure:
            place = self._place(act.item)
            if act.request_id not in self._asked and place is not None and place.is_live:
                self._ask(act)

    def tell(self, job: Job) -> None:
        """The newest value of a job, where the watch does not tell it."""
        for act in self.at(Stage.ACCEPTED):
            if act.item.location_id == job.location_id and any(j.id == job.id for j in act.jobs):
                jobs = tuple(job if one.id == job.id else one for one in act.jobs)
                newest = replace(act, jobs=jobs)
                self.acts[act.item.key] = followed(newest, self._place(act.item), self._clock())
        self.changed.emit()

    # -- inside

    def _send(self, acts: Iterable[Act[ItemT]]) -> None:
        for act in [sent(act, str(uuid.uuid4())) for act in acts]:
            self.acts[act.item.key] = act
            self._ask(act)
        self.changed.emit()

    def _ask(self, asked: Act[ItemT]) -> None:
        def done(made: Made) -> None:
            self._take(asked, made, lambda act: accepted(act, made))

        def failed(error: Exception) -> None:
            text = notice(error, self._deed.doing(asked.item), asked.location)
            why = f"{text.why} {text.to_do}".strip()
            self._take(asked, None, lambda act: refused(act, error, why))

        self._asked.add(asked.request_id)
        coroutine = self._deed.send(asked.item, asked.request_id)
        self._bridge.ask(coroutine, self, done, failed)

    def _take(
        self, asked: Act[ItemT], made: Made | None, change: Callable[[Act[ItemT]], Act[ItemT]]
    ) -> None:
        """What was told meanwhile stays; what was replaced meanwhile is left alone."""
        self._asked.discard(asked.request_id)
        act = self.acts.get(asked.item.key)
        if act is not None and act.request_id == asked.request_id:
            act = followed(change(act), self._place(act.item), self._clock())
            self.acts[act.item.key] = act
            if act.stage is Stage.UNSURE and not self._again.isActive():
                self._again.start()
        self.answered.emit(asked.item, made)
        self.changed.emit()

    def _take_change(self, change: FleetChange) -> None:
        touched = change.connections | change.pictures | {key[0] for key in change.jobs}
        concerned = [
            act
            for act in self.acts.values()
            if change.locations_listed or act.item.location_id in touched
        ]
        told = told_jobs(concerned, self._bridge.fleet, change)
        for act in concerned:
            if act.stage in UNTOUCHED:
                self._renew(act)
                continue
            jobs = told.get((act.item.location_id, act.event_id), ()) if act.event_id else ()
            self.acts[act.item.key] = followed(act, self._place(act.item), self._clock(), jobs)
        if concerned:
            self.changed.emit()

    def _renew(self, act: Act[ItemT]) -> None:
        prepared = self._prepared(act.item)
        if prepared is None:
            del self.acts[act.item.key]
        else:
            self.acts[act.item.key] = prepared

    def _prepared(self, item: ItemT) -> Act[ItemT] | None:
        place = self._place(item)
        act = self._deed.prepared(item, place)
        observed = observe_reason(place)
        if act is not None and act.stage is Stage.READY and observed is not None:
            act = replace(act, stage=Stage.HINDERED, reason=observed)
        return followed(act, place, self._clock()) if act is not None else None

    def _place(self, item: ItemT) -> LocationState | None:
        return self._bridge.fleet.locations.get(item.location_id)
