"""Asks the locations for their savesets and tells the page what of them is to be shown."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, tzinfo

from PySide6.QtCore import QObject, QTimer, Signal

from sesam_master.core.coverage import Coverage
from sesam_master.core.fleet import FleetChange, LocationState
from sesam_master.core.gateway import FleetGateway
from sesam_master.core.records import Saveset
from sesam_master.core.savesets import SavesetQuery
from sesam_master.ui.bridge import Bridge
from sesam_master.ui.results.filters import Scope
from sesam_master.ui.results.sentences import Gaps, short_reason
from sesam_master.ui.results.site_days import SiteDays
from sesam_master.ui.savesets.rows import SavesetRow
from sesam_master.ui.savesets.saveset_list import SavesetList

PUBLISH_MS = 30


@dataclass(frozen=True, slots=True)
class SavesetFilter:
    """What a person narrowed the savesets to; an empty text takes nothing away."""

    scope: Scope | None = None
    text: str = ""
    order: str = "start_time"
    descending: bool = True

    def query(self) -> SavesetQuery:
        """The savesets wanted, for every location."""
        scope = self.scope or Scope("")
        return SavesetQuery(
            scope.task, scope.client, self.text.strip(), self.order, self.descending
        )


@dataclass(frozen=True)
class SavesetsPicture:
    """All that the page shows. `is_whole`: nothing of the rows is on its way any more."""

    rows: tuple[SavesetRow, ...]
    has_more: bool
    is_whole: bool
    gaps: Gaps
    places: tuple[LocationState, ...]


class SavesetsPresenter(QObject):
    """One list of savesets over all locations, under one filter. Nothing is asked before `want`.

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
        self.filter = SavesetFilter()
        self.days = SiteDays(bridge, gateway, zone, clock, self)
        self._bridge = bridge
        self._gateway = gateway
        self._clock = clock
        self._list: SavesetList | None = None
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(PUBLISH_MS)
        self._timer.timeout.connect(self.changed)
        self.days.changed.connect(self._publish)
        bridge.fleet_changed.connect(self._take_change)

    # -- what the page asks for

    def now(self) -> datetime:
        """The desk's clock, UTC."""
        return self._clock()

    def today(self, location_id: str) -> date:
        """The sesam day that is open there; by this desk's clock where that is not known."""
        return self.days.today([location_id])

    def location(self, location_id: str) -> LocationState | None:
        """What is known of a location."""
        return self._bridge.fleet.locations.get(location_id)

    @property
    def is_behind(self) -> bool:
        """Something changed that was not announced yet."""
        is_late = self._list is not None and (self._list.is_behind or bool(self._list.awaited))
        return self._timer.isActive() or self.days.is_behind or is_late

    @property
    def is_wanted(self) -> bool:
        """The locations are asked."""
        return self._list is not None

    def want(self) -> None:
        """Somebody looks: from now on the locations are asked."""
        if self._list is None:
            self.days.want()
            self.reload()

    def set_filter(self, chosen: SavesetFilter) -> None:
        """Narrow to this; asks the agents anew."""
        before, self.filter = self.filter, chosen
        if chosen != before and self._list is not None:
            self.reload()

    def reload(self) -> None:
        """Ask all locations in scope for another list, from the first page."""
        if self._list is not None:
            self._list.close()
        self._list = SavesetList(
            self._bridge, self._gateway, self.filter.query(), self._in_scope, self
        )
        self._list.changed.connect(self._publish)
        self._publish()

    def refresh(self) -> None:
        """Ask all locations in scope again; what is here stays until they answer."""
        if self._list is None:
            self.want()
        else:
            self._list.refresh()
        self._publish()

    def ask_again(self, location_id: str) -> None:
        """Something was changed at one location."""
        if self._list is not None:
            self._list.ask_again(location_id)
        self._publish()

    def drop(self, savesets: Iterable[Saveset]) -> None:
        """These were deleted."""
        if self._list is not None:
            for saveset in savesets:
                self._list.merge.replace(saveset, is_wanted=False)

    def more(self) -> None:
        """Show the next page of the merged list."""
        if self._list is not None:
            self._list.more()
        self._publish()

    def known(self, location_id: str) -> tuple[Saveset, ...]:
        """The savesets of a location that came so far."""
        return self._list.merge.delivered(location_id) if self._list is not None else ()

    def row(self, saveset: Saveset) -> SavesetRow | None:
        """A saveset at its location; None when that is not listed any more."""
        place = self.location(saveset.location_id)
        if place is None:
            return None
        name, today = place.registration.name, self.today(saveset.location_id)
        return SavesetRow(saveset, name, place.connection, today)

    def coverage(self) -> Coverage:
        """How much stands behind the list, and how old the proofs are by now."""
        ids = set(self._in_scope())
        proved = self._bridge.fleet.coverage(self.now(), ids)
        told: set[str] = set()
        if self._list is not None:
            told = self._list.live & self._list.answered - self._list.failed.keys()
        covered = len(ids & told)
        off = min(proved.off, len(ids) - covered)
        return Coverage(covered, len(ids), proved.newest_age, proved.oldest_age, off)

    def picture(self) -> SavesetsPicture:
        """Everything as it is to be shown now; asks for the pages that are missing in it."""
        places = tuple(self._in_scope().values())
        if self._list is None:
            return SavesetsPicture((), False, False, Gaps((), (), {}, 0), places)
        merged = self._list.merged()
        found = (self.row(saveset) for saveset in merged.items)
        gaps = self._gaps(self._list, places)
        is_whole = len(merged.items) >= self._list.limit or not merged.has_more
        return SavesetsPicture(
            tuple(row for row in found if row is not None),
            merged.has_more,
            is_whole and not gaps.asking,
            gaps,
            places,
        )

    # -- inside

    def _in_scope(self) -> Mapping[str, LocationState]:
        locations, scope = self._bridge.fleet.locations, self.filter.scope
        if scope is None:
            return locations
        return {key: place for key, place in locations.items() if key == scope.location_id}

    def _gaps(self, asked: SavesetList, places: tuple[LocationState, ...]) -> Gaps:
        here = asked.merge.locations
        out = [place for place in places if not place.is_live]
        ids = {place.registration.location_id for place in places if place.is_live}
        return Gaps(
            tuple(place for place in out if place.registration.location_id not in here),
            tuple(place for place in out if place.registration.location_id in here),
            {key: short_reason(error) for key, error in asked.failed.items() if key in ids},
            len(ids & asked.awaited),
        )

    def _take_change(self, change: FleetChange) -> None:
        if self._list is not None:
            self._list.take_change(change)
            self._publish()

    def _publish(self) -> None:
        if not self._timer.isActive():
            self._timer.start()
