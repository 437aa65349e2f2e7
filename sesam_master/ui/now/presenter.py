"""Follows what is open anywhere and tells the page which rows are other than before."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo

from PySide6.QtCore import QObject, QTimer, Signal

from sesam_master.core.coverage import Coverage
from sesam_master.core.farms import SEPARATOR
from sesam_master.core.fleet import FleetChange, LocationState
from sesam_master.core.gateway import FleetGateway
from sesam_master.core.now import BoardChange, JobKey, NowBoard, OpenJob, Tally, tally_of
from sesam_master.core.wanted_media import WantedMedium, waits_for_medium, wanted_media
from sesam_master.ui.bridge import Bridge
from sesam_master.ui.now.earlier_runs import EarlierRuns

PUBLISH_MS = 100
NOTHING_OPEN = tally_of(())


@dataclass(frozen=True, slots=True)
class NowScope:
    """What was chosen: in the tree a location with what of it, on the page a farm ("" is the one of
    those that are in none, None takes nothing away)."""

    location_id: str = ""
    client: str = ""
    tasks: tuple[tuple[str, str], ...] = ()
    farm: str | None = None

    def accepts_place(self, location_id: str, farm: str) -> bool:
        """Whether a location is in it; what lies in a farm of a farm is in both."""
        inner = bool(self.farm) and farm.startswith(f"{self.farm}{SEPARATOR}")
        return self.location_id in ("", location_id) and (inner or self.farm in (None, farm))

    def accepts(self, one: OpenJob) -> bool:
        """Whether a job is in it."""
        job = one.job
        return (
            self.accepts_place(job.location_id, one.farm)
            and self.client in ("", job.client)
            and (not self.tasks or (job.location_id, job.task) in self.tasks)
        )


@dataclass(frozen=True, slots=True)
class NowSums:
    """The numbers of the strip, of the scope. `once_running` and `once_queued` did so when their
    location was proved last, and nobody knows whether they still do; `oldest_wait` is in seconds,
    `rate` in bytes per second."""

    running: int
    once_running: int
    queued: int
    once_queued: int
    oldest_wait: float | None
    rate: float
    coverage: Coverage


class NowPresenter(QObject):
    """`changed` carries the keys of jobs that are new, other or gone, at most ten times a second,
    `medium_wanted` a medium that somebody has to put in from now on.
    What it keeps of rates goes on while nobody looks."""

    changed = Signal(object)
    medium_wanted = Signal(object)

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
        self.scope = NowScope()
        self.runs = EarlierRuns(bridge, gateway, clock, self)
        self._bridge = bridge
        self._clock = clock
        self.board = NowBoard(bridge.fleet, self.runs.of)
        self._moved: set[JobKey] = set()
        self._wanting: dict[JobKey, OpenJob] = {}
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(PUBLISH_MS)
        self._timer.timeout.connect(self._publish)
        self.runs.told.connect(lambda keys: self._move(self.board.tell_runs(keys)))
        bridge.fleet_changed.connect(self._take_change)
        bridge.aged.connect(self._note_total)
        self._take_change(FleetChange(pictures=set(bridge.fleet.locations)))

    def now(self) -> datetime:
        """The desk's clock, UTC."""
        return self._clock()

    @property
    def is_behind(self) -> bool:
        """Something changed that was not announced yet."""
        return self._timer.isActive()

    def set_scope(self, scope: NowScope) -> None:
        """Narrow to this."""
        self.scope = scope

    def shown(self, key: JobKey) -> OpenJob | None:
        """An open job, None when it has ended or is out of the scope."""
        job = self.board.get(key)
        return job if job is not None and self.scope.accepts(job) else None

    def all_shown(self) -> list[OpenJob]:
        """Every open job of the scope, the one that was asked for first in front."""
        return in_order(job for job in self.board if self.scope.accepts(job))

    def sums(self) -> NowSums:
        """The numbers as they are now."""
        now, running, queued, rate = self.now(), 0, 0, 0.0
        once_running = once_queued = 0
        oldest: float | None = None
        for key, place in self.places().items():
            tally = self._tally(key)
            if not place.is_live:
                once_running += len(tally.running)
                once_queued += tally.queued
                continue
            running += len(tally.running)
            queued += tally.queued
            rate += sum(job.rate(now) or 0.0 for job in tally.running)
            if tally.oldest is not None:
                waits = tally.oldest.seconds_since(tally.oldest.job.create_time, now) or 0.0
                oldest = max(waits, oldest or 0.0)
        sums = (running, once_running, queued, once_queued)
        return NowSums(*sums, oldest, rate, self.coverage())

    def coverage(self) -> Coverage:
        """How many locations of the scope stand behind it."""
        return self._bridge.fleet.coverage(self.now(), self.places())

    def places(self) -> dict[str, LocationState]:
        """The locations of the scope by id."""
        return {
            key: place
            for key, place in self._bridge.fleet.locations.items()
            if self.scope.accepts_place(key, place.registration.farm)
        }

    def farms(self) -> list[str]:
        """All farms by name; "" if some locations are in none."""
        locations = self._bridge.fleet.locations.values()
        return sorted({place.registration.farm for place in locations}, key=str.casefold)

    def location(self, location_id: str) -> LocationState | None:
        """What is known of a location."""
        return self._bridge.fleet.locations.get(location_id)

    def wanted(self) -> list[WantedMedium]:
        """The media of the scope that somebody has to put in."""
        return wanted_media(job for job in self._wanting.values() if self.scope.accepts(job))

    def missing(self) -> list[LocationState]:
        """The locations of the scope that do not prove themselves."""
        return [place for place in self.places().values() if not place.is_live]

    def _tally(self, location_id: str) -> Tally:
        if self.scope.client or self.scope.tasks:
            return tally_of(job for job in self.board.at(location_id) if self.scope.accepts(job))
        return self.board.tallies.get(location_id, NOTHING_OPEN)

    def _note_total(self) -> None:
        self.board.note_total(self.now())

    def _take_change(self, change: FleetChange) -> None:
        moved = self.board.take(change, self.now())
        self.runs.forget(moved.ended)
        self._move(moved)

    def _move(self, moved: BoardChange) -> None:
        self._moved |= moved.keys
        for key in moved.keys:
            job = self.board.get(key)
            if job is not None and waits_for_medium(job):
                before = {medium.key for medium in wanted_media(self._wanting.values())}
                self._wanting[key] = job
                [medium] = wanted_media([job])
                if medium.key not in before:
                    self.medium_wanted.emit(medium)
            else:
                self._wanting.pop(key, None)
        if not self._timer.isActive():
            self._timer.start()

    def _publish(self) -> None:
        moved, self._moved = self._moved, set()
        self.changed.emit(moved)


def in_order(jobs: Iterable[OpenJob]) -> list[OpenJob]:
    """The one that was asked for first in front."""
    return sorted(jobs, key=lambda job: (job.job.create_time, job.key))
