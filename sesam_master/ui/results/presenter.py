"""Asks the locations for their results, merges them with what the watch says, tells the page."""

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, tzinfo

from PySide6.QtCore import QObject, QTimer, Signal

from sesam_master.core.coverage import Coverage
from sesam_master.core.fleet import FleetChange, LocationState
from sesam_master.core.gateway import PAGE_SIZE, FleetGateway, JobQuery
from sesam_master.core.records import Job
from sesam_master.core.results import matches
from sesam_master.core.results_groups import Grouping
from sesam_master.core.results_period import ALL_DAYS, Standing, standing
from sesam_master.core.states import OPEN_STATES, JobState
from sesam_master.ui.bridge import Bridge
from sesam_master.ui.results.filters import ResultFilter
from sesam_master.ui.results.group_rows import GroupTable
from sesam_master.ui.results.groups import GroupBoard
from sesam_master.ui.results.result_list import ResultList
from sesam_master.ui.results.rows import RateMeter, ResultRow, TableRow, make_row
from sesam_master.ui.results.sentences import Gaps, short_reason
from sesam_master.ui.results.site_days import SiteDays

PUBLISH_MS = 30
ASKING_MS = 100  # while answers come: showing them costs the time in which they are taken


@dataclass(frozen=True)
class ResultsPicture:
    """All that the page shows. `shown` and `total` count at the agents, not in the list.
    `is_whole`: nothing of the rows is on its way any more. `groups`: how many there are, None
    where the rows are not grouped. `standing` is that of the last day of the period."""

    rows: tuple[TableRow, ...]
    has_more: bool
    is_whole: bool
    shown: int
    total: int
    groups: int | None
    gaps: Gaps
    state_counts: dict[JobState, int]
    location_counts: dict[str, int | None]
    places: tuple[LocationState, ...]
    days: tuple[date | None, date | None]
    standing: Standing | None


class ResultsPresenter(QObject):
    """One list of backups over all locations, under one filter. Lives in the GUI thread.

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
        self.filter = ResultFilter()
        self.groups: GroupBoard | None = None
        self._bridge = bridge
        self._gateway = gateway
        self._clock = clock
        self._rates = RateMeter()
        self._publish_timer = QTimer(self)
        self._publish_timer.setSingleShot(True)
        self._publish_timer.timeout.connect(self.changed)
        self.days = SiteDays(bridge, gateway, zone, clock, self)
        self.days.changed.connect(self._take_days)
        self._list = self._new_list()
        bridge.fleet_changed.connect(self._take_change)
        self._publish()

    # -- what the page asks for

    def now(self) -> datetime:
        """The desk's clock, UTC."""
        return self._clock()

    def today(self) -> date:
        """The sesam day that is open at most of the locations in scope."""
        return self.days.today(place.registration.location_id for place in self._places())

    def standing(self, day: date) -> Standing:
        """How many of the locations in scope have closed this sesam day, and how many not."""
        ids = [place.registration.location_id for place in self._places()]
        return standing(day, self.days.open_days, ids)

    def location(self, location_id: str) -> LocationState | None:
        """What is known of a location."""
        return self._bridge.fleet.locations.get(location_id)

    @property
    def is_behind(self) -> bool:
        """Something changed that was not announced yet."""
        return self._publish_timer.isActive() or self.days.is_behind

    def set_filter(self, chosen: ResultFilter) -> None:
        """Narrow to this; asks the agents anew unless only locations were chosen."""
        before, self.filter = self.filter, chosen
        if chosen.period != ALL_DAYS:
            self.days.want()
        is_other = (chosen.scope, chosen.grouping) != (before.scope, before.grouping)
        if is_other or self._base_query() != self._list.query or self._is_regrouped(before):
            self.reload()
            return
        self._list.limit = PAGE_SIZE
        if chosen.shows_known != before.shows_known:
            self._list.set_shows_known(chosen.shows_known)
            if self.groups is not None:
                self.reload()
        self._publish()

    def reload(self) -> None:
        """Ask all locations in scope for another list, from the first page."""
        before, self.groups = self.groups, None
        self._list.close()
        self._list = self._new_list()
        if self.filter.grouping is not Grouping.NONE:
            self.groups = self._new_groups()
            if before is not None and before.grouping is self.groups.grouping:
                self.groups.open_all(list(before.open))
        if before is not None:
            before.close()
        self._publish()

    def refresh(self) -> None:
        """Ask all locations in scope again; what is here stays until they answer."""
        self._list.refresh()
        if self.groups is not None:
            self.groups.refresh()
        self._publish()

    def more(self) -> None:
        """Show the next page of the merged list."""
        self._list.more()  # its limit is that of the heads too
        self._publish()

    def newest(self, job: Job) -> Job:
        """The newest value of a job that is or was shown."""
        lists = [self._list, *(self.groups.open.values() if self.groups else ())]
        found = [rows.newest(job) for rows in lists]
        return next((one for one in found if one is not job), job)

    def row(self, job: Job) -> ResultRow | None:
        """The row of a job's newest value; None when its location is not listed any more."""
        return self._make_row(self.newest(job))

    def coverage(self) -> Coverage:
        """How much stands behind the list, and how old the proofs are by now."""
        ids = {place.registration.location_id for place in self._places()}
        proved = self._bridge.fleet.coverage(self.now(), ids)
        told = self._list.live & self._list.merge.answered - self._list.failed.keys()
        if self.groups is not None:
            told &= self.groups.answered - self.groups.failed.keys()
        covered = len(ids & told)
        off = min(proved.off, len(ids) - covered)
        return Coverage(covered, len(ids), proved.newest_age, proved.oldest_age, off)

    def picture(self) -> ResultsPicture:
        """Everything as it is to be shown now; asks for the pages that are missing in it."""
        places = self._places()
        counts = self._counted(places)
        wanted, gaps = self.filter.states, self._gaps(places)
        rows, has_more, is_whole, groups = self._rows()
        _first, last = days = self.filter.period.span(self.today())
        return ResultsPicture(
            rows=rows,
            has_more=has_more,
            is_whole=is_whole and not gaps.asking,
            shown=sum(n for state, n in counts.items() if not wanted or state in wanted),
            total=sum(sum(c.values()) for c in self._list.merge.counts.values()),
            groups=groups,
            gaps=gaps,
            state_counts=self._with_unlisted(counts, places),
            location_counts={key: self._count_at(key) for key in self._in_scope()},
            places=places,
            days=days,
            standing=self.standing(last) if last is not None else None,
        )

    # -- rows

    def _rows(self) -> tuple[tuple[TableRow, ...], bool, bool, int | None]:
        """The rows, whether more exist behind the last one, whether they are all here, and the
        number of groups."""
        if self.groups is not None:
            table = GroupTable(self.groups, self.filter, self._places(), self.now(), self.zone)
            rows, is_whole = table.rows(self._make_row, self._list.limit)
            return rows, table.count > self._list.limit, is_whole, table.count
        merged = self._list.merged(self.filter.locations or None)
        found = (self._make_row(job) for job in merged.items)
        is_whole = len(merged.items) >= self._list.limit or not merged.has_more
        rows = tuple(row for row in found if row is not None)
        return rows, merged.has_more, is_whole, None

    def _make_row(self, job: Job) -> ResultRow | None:
        place = self.location(job.location_id)
        return make_row(job, place, self._rates, self.now()) if place is not None else None

    # -- sums

    def _places(self) -> tuple[LocationState, ...]:
        chosen = self.filter.locations
        places = self._in_scope().items()
        return tuple(place for key, place in places if not chosen or key in chosen)

    def _in_scope(self) -> Mapping[str, LocationState]:
        locations, scope = self._bridge.fleet.locations, self.filter.scope
        if scope is None:
            return locations
        return {key: place for key, place in locations.items() if key == scope.location_id}

    def _counted(self, places: tuple[LocationState, ...]) -> Counter[JobState]:
        """What the agents counted; what was open at those that are dark now is unknown."""
        total: Counter[JobState] = Counter()
        for place in places:
            counts = self._list.merge.counts.get(place.registration.location_id, {})
            for state, number in counts.items():
                is_known = place.is_live or state not in OPEN_STATES
                total[state if is_known else JobState.UNKNOWN] += number
        return total

    def _with_unlisted(
        self, counts: Counter[JobState], places: tuple[LocationState, ...]
    ) -> dict[JobState, int]:
        """With the work that was open at dark locations which did not answer this question."""
        total = counts.copy()
        broad = replace(self._query(), states=frozenset())
        for place in places:
            is_counted = place.registration.location_id in self._list.merge.counts
            if place.is_live or is_counted or place.picture is None:
                continue
            jobs = place.picture.open_jobs
            total[JobState.UNKNOWN] += sum(matches(job, broad) for job in jobs)
        return dict(total)

    def _count_at(self, location_id: str) -> int | None:
        counts = self._list.merge.counts.get(location_id)
        if counts is None or location_id not in self._list.live:
            return None
        wanted = self.filter.states
        return sum(n for state, n in counts.items() if not wanted or state in wanted)

    def _gaps(self, places: tuple[LocationState, ...]) -> Gaps:
        here, awaited, errors = self._list.merge.locations, set(self._list.awaited), {}
        errors.update(self._list.failed)
        if self.groups is not None:
            here |= self.groups.answered
            awaited |= self.groups.awaited
            errors.update(self.groups.failed)
            for rows in self.groups.open.values():
                awaited |= rows.awaited
                errors.update(rows.failed)
        out = [place for place in places if not place.is_live]
        dark = tuple(place for place in out if place.registration.location_id not in here)
        aged = tuple(place for place in out if place.registration.location_id in here)
        ids = {place.registration.location_id for place in places if place.is_live}
        failed = {key: short_reason(error) for key, error in errors.items() if key in ids}
        return Gaps(dark, aged, failed, len(ids & awaited))

    # -- what the locations say

    def _take_change(self, change: FleetChange) -> None:
        for location_id, job_id in change.jobs:
            place = self.location(location_id)
            job = place.picture.jobs.get(job_id) if place and place.picture else None
            if job is not None:
                self._rates.see(job, self.now())
        self._list.take_change(change)
        if self.groups is not None:
            self.groups.take_change(change)
        self._publish()

    def _take_days(self) -> None:
        """Another sesam day is open: what today means may be another question."""
        if self._base_query() != self._list.query:
            self.reload()
        self._publish()

    # -- questions

    def _query(self) -> JobQuery:
        return self.filter.query(self.today())

    def _base_query(self) -> JobQuery:
        """That of the list; under groups it gives the counts, and the newest of each location."""
        query = self._query()
        if self.filter.grouping is Grouping.NONE:
            return query
        return replace(query, order="create_time", descending=True)

    def _is_regrouped(self, before: ResultFilter) -> bool:
        """Open groups have the rows of another order."""
        is_sorted = (self.filter.order, self.filter.descending) == (before.order, before.descending)
        return self.groups is not None and not is_sorted

    def _new_list(self) -> ResultList:
        made = ResultList(
            self._bridge,
            self._gateway,
            self._base_query(),
            self._in_scope,
            self,
            shows_known=self.filter.shows_known,
        )
        made.changed.connect(self._take_answer)
        return made

    def _new_groups(self) -> GroupBoard:
        made = GroupBoard(
            self._bridge,
            self._gateway,
            self.filter,
            self._query(),
            self._in_scope,
            self._list,
            self,
        )
        made.changed.connect(self._take_answer)
        return made

    def _take_answer(self) -> None:
        """Shown at once if no other is on its way."""
        if self._is_asking:
            self._publish()
        else:
            self._publish_timer.start(0)

    def _publish(self) -> None:
        if not self._publish_timer.isActive():
            self._publish_timer.start(ASKING_MS if self._is_asking else PUBLISH_MS)

    @property
    def _is_asking(self) -> bool:
        return bool(self._list.awaited) or bool(self.groups and self.groups.awaited)
