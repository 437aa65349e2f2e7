"""Asks the locations what the morning wants to know, follows their changes, tells the page."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, tzinfo

from PySide6.QtCore import QObject, QTimer, Signal

from sesam_master.core.fleet import FleetChange, LocationState
from sesam_master.core.gateway import FleetGateway
from sesam_master.core.morning import Known, Morning, morning, today_of
from sesam_master.core.morning_answer import Answer, Days, ask
from sesam_master.core.needs import Need, needs
from sesam_master.ui.bridge import Bridge

PUBLISH_MS = 50
AGAIN_MS = 3_000  # while a night's backups end one after the other, few questions are enough
AGING_MS = 300_000  # stores fill, and starts are missed, without a word of it


@dataclass(frozen=True, slots=True)
class MorningScope:
    """A location, else a farm, else everything."""

    location_id: str = ""
    farm: str = ""


@dataclass(frozen=True, slots=True)
class MorningPicture:
    """What the page shows. `scope` are the ids of the locations in it, None for all; `name` what a
    person calls it."""

    numbers: Morning
    needs: tuple[Need, ...]
    scope: frozenset[str] | None
    name: str
    places: tuple[LocationState, ...]


class MorningPresenter(QObject):
    """Lives in the GUI thread. Nothing is asked while nobody looks.

    `changed` comes in gathered form; until then `is_behind`.
    """

    changed = Signal()

    def __init__(
        self,
        bridge: Bridge,
        gateway: FleetGateway,
        zone: tzinfo,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self.zone = zone
        self.scope = MorningScope()
        self._bridge = bridge
        self._gateway = gateway
        self._clock = clock
        self._answers: dict[str, Answer] = {}
        self._asked: dict[str, Callable[[], None]] = {}
        self._stale: set[str] = set()
        self._live: set[str] = set()
        self._is_seen = False
        self._days = Days.of(self._today([]))
        self._publish_timer = self._timer(PUBLISH_MS, self.changed.emit)
        self._again_timer = self._timer(AGAIN_MS, self._ask_stale)
        self._aging_timer = self._timer(AGING_MS, self.refresh)
        bridge.fleet_changed.connect(self._take)

    # -- what the page asks for

    @property
    def is_behind(self) -> bool:
        """Something changed that was not announced yet."""
        return self._publish_timer.isActive()

    @property
    def is_asking(self) -> bool:
        """Not all answers are there."""
        return bool(self._asked)

    def set_seen(self, is_seen: bool) -> None:
        """Somebody looks at the page, or nobody does any more."""
        self._is_seen = is_seen
        if is_seen:
            self._follow()
            self._ask_stale()
            self._aging_timer.start()
        else:
            self._again_timer.stop()
            self._aging_timer.stop()

    def set_scope(self, scope: MorningScope) -> None:
        """Narrow to this. Asks nobody: the answers are here."""
        if scope != self.scope:
            self.scope = scope
            self._publish()

    def refresh(self) -> None:
        """Ask all locations again; what is here stays until they answer."""
        self._stale |= self._live
        self._ask_stale()
        self._aging_timer.start()

    def picture(self) -> MorningPicture:
        """Everything as it is to be shown now."""
        now, locations = self._clock(), self._bridge.fleet.locations
        ids = self._ids()
        places = [place for key, place in locations.items() if ids is None or key in ids]
        known = [Known(place, self._answer(place.registration.location_id)) for place in places]
        return MorningPicture(
            morning(known, self._days, now),
            tuple(needs(known, now)),
            ids,
            self._name(),
            tuple(places),
        )

    def now(self) -> datetime:
        """The desk's clock, UTC."""
        return self._clock()

    # -- inside

    def _answer(self, location_id: str) -> Answer | None:
        """None of one about other days."""
        answer = self._answers.get(location_id)
        return answer if answer is not None and answer.days == self._days else None

    def _ids(self) -> frozenset[str] | None:
        scope, fleet = self.scope, self._bridge.fleet
        if scope.location_id:
            return frozenset({scope.location_id})
        if scope.farm in fleet.farms.farms:
            return frozenset(fleet.farms.locations(scope.farm))
        return None

    def _name(self) -> str:
        scope, fleet = self.scope, self._bridge.fleet
        place = fleet.locations.get(scope.location_id)
        if place is not None:
            return place.registration.name
        is_farm = scope.farm in fleet.farms.farms
        return fleet.farms.path(scope.farm) if is_farm else "All locations"

    def _take(self, change: FleetChange) -> None:
        if change.locations_listed or change.connections or change.pictures:
            self._follow()
        self._stale |= change.pictures | change.media
        self._stale |= {event.location_id for event in change.calendar}
        self._stale |= {at for at, job_id in change.jobs if self._has_ended(at, job_id)}
        self._stale |= {at for at, _name in change.clients | change.tasks}
        self._stale &= self._live
        if self._stale and self._is_seen and not self._again_timer.isActive():
            self._again_timer.start()
        self._publish()

    def _has_ended(self, location_id: str, job_id: str) -> bool:
        place = self._bridge.fleet.locations.get(location_id)
        job = place.picture.jobs.get(job_id) if place and place.picture else None
        return job is None or not job.is_open

    def _follow(self) -> None:
        """Asks those that are live again, and forgets what those said that are not."""
        locations = self._bridge.fleet.locations
        live = {key for key, place in locations.items() if place.is_live}
        for key in self._live - live:
            self._answers.pop(key, None)
            self._asked.pop(key, lambda: None)()
        new, self._live = live - self._live, live
        self._stale = (self._stale | new) & live
        if new and self._is_seen:
            self._ask_stale()

    def _ask_stale(self) -> None:
        if not self._is_seen:
            return
        waiting, self._stale = self._stale, set()
        for key in sorted(waiting):
            self._ask(key)
        self._publish()

    def _ask(self, location_id: str) -> None:
        self._asked.pop(location_id, lambda: None)()
        days = self._days

        def done(answer: Answer) -> None:
            self._asked.pop(location_id, None)
            if location_id in self._live:
                self._answers[location_id] = answer
                self._move_days()
            self._publish()

        def failed(_error: Exception) -> None:
            self._asked.pop(location_id, None)
            self._publish()

        self._asked[location_id] = lambda: None  # the answer may come before `ask` returns
        cancel = self._bridge.ask(ask(self._gateway, location_id, days), self, done, failed)
        if location_id in self._asked:
            self._asked[location_id] = cancel

    def _move_days(self) -> None:
        """When most locations have begun another sesam day, other days are counted."""
        locations = self._bridge.fleet.locations
        known = [
            Known(locations[key], answer)
            for key, answer in self._answers.items()
            if key in locations
        ]
        days = Days.of(self._today(known))
        if days != self._days:
            self._days = days
            self._stale |= self._live
            self._ask_stale()

    def _today(self, known: list[Known]) -> date:
        return today_of(known, self._clock().astimezone(self.zone))

    def _publish(self) -> None:
        if not self._publish_timer.isActive():
            self._publish_timer.start()

    def _timer(self, interval_ms: int, call: Callable[[], object]) -> QTimer:
        timer = QTimer(self)
        timer.setSingleShot(True)
        timer.setInterval(interval_ms)
        timer.timeout.connect(lambda: call())
        return timer
