"""Asks the locations for their results, merges them with what the watch says, tells the page."""

from collections import Counter
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, tzinfo

from PySide6.QtCore import QObject, QTimer, Signal

from sesam_master.core.coverage import Coverage
from sesam_master.core.fleet import FleetChange, LocationState
from sesam_master.core.gateway import PAGE_SIZE, FleetGateway, JobPage
from sesam_master.core.records import Job
from sesam_master.core.results import ResultMerge, matches
from sesam_master.core.states import OPEN_STATES, JobState
from sesam_master.ui.bridge import Bridge
from sesam_master.ui.results.filters import ResultFilter
from sesam_master.ui.results.remembering import Remembering
from sesam_master.ui.results.rows import RateMeter, ResultRow, make_row
from sesam_master.ui.results.sentences import Gaps, short_reason

PUBLISH_MS = 30
RECOUNT_MS = 1000


@dataclass(frozen=True)
class ResultsPicture:
    """All that the page shows. `shown` and `total` count at the agents, not in the list.
    `is_whole`: nothing of the rows is on its way any more."""

    rows: tuple[ResultRow, ...]
    has_more: bool
    is_whole: bool
    shown: int
    total: int
    gaps: Gaps
    state_counts: dict[JobState, int]
    location_counts: dict[str, int | None]
    places: tuple[LocationState, ...]


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
        self._bridge = bridge
        self._gateway = gateway
        self._clock = clock
        self._merge = self._new_merge()
        self._limit = PAGE_SIZE
        self._awaited: set[str] = set()
        self._live: set[str] = set()
        self._failed: dict[str, Exception] = {}
        self._cancels: dict[int, Callable[[], None]] = {}
        self._questions = 0
        self._rates = RateMeter()
        self._job_states: dict[tuple[str, str], JobState] = {}
        self._to_recount: set[str] = set()
        self._publish_timer = self._timer(PUBLISH_MS, self.changed.emit)
        self._recount_timer = self._timer(RECOUNT_MS, self._recount)
        self._remembering = Remembering(self._publish, self)
        bridge.fleet_changed.connect(self._take_change)
        self.reload()

    # -- what the page asks for

    def now(self) -> datetime:
        """The desk's clock, UTC."""
        return self._clock()

    def location(self, location_id: str) -> LocationState | None:
        """What is known of a location."""
        return self._bridge.fleet.locations.get(location_id)

    @property
    def is_behind(self) -> bool:
        """Something changed that was not announced yet."""
        return self._publish_timer.isActive()

    def set_filter(self, chosen: ResultFilter) -> None:
        """Narrow to this; asks the agents anew unless only locations were chosen."""
        before, self.filter = self.filter, chosen
        self._limit = PAGE_SIZE
        if (chosen.query(), chosen.scope) != (before.query(), before.scope):
            self.reload()
            return
        if chosen.shows_known != before.shows_known:
            self._take_dark()
        self._publish()

    def reload(self) -> None:
        """Ask all locations in scope for another list, from the first page."""
        self._drop_questions()
        self._merge = self._new_merge()
        self._live.clear()
        self._follow_connections()
        self._publish()

    def refresh(self) -> None:
        """Ask all locations in scope again; what is here stays until they answer."""
        self._drop_questions()
        for location_id in sorted(self._live):
            self._ask_first(location_id)
        self._publish()

    def more(self) -> None:
        """Show the next page of the merged list."""
        self._limit += PAGE_SIZE
        self._publish()

    def newest(self, job: Job) -> Job:
        """The newest value of a job that is or was shown."""
        place = self.location(job.location_id)
        if place is not None and place.picture is not None and job.id in place.picture.jobs:
            return place.picture.jobs[job.id]
        return self._merge.job(job.key) or job

    def row(self, job: Job) -> ResultRow | None:
        """The row of a job's newest value; None when its location is not listed any more."""
        place = self.location(job.location_id)
        return make_row(self.newest(job), place, self._rates, self.now()) if place else None

    def known_days(self) -> list[str]:
        """Sesam days that were seen, newest first."""
        days: set[str] = set()
        for place in self._bridge.fleet.locations.values():
            days |= place.picture.days if place.picture is not None else set()
        days |= {row.sesam_day for row in self._merge.merged(self._limit).jobs}
        days |= {self.filter.day}
        return sorted(days - {""}, reverse=True)

    def coverage(self) -> Coverage:
        """How much stands behind the list, and how old the proofs are by now."""
        ids = {place.registration.location_id for place in self._places()}
        proved = self._bridge.fleet.coverage(self.now(), ids)
        covered = len(ids & self._live & self._merge.answered - self._failed.keys())
        return Coverage(covered, len(ids), proved.newest_age, proved.oldest_age)

    def picture(self) -> ResultsPicture:
        """Everything as it is to be shown now; asks for the pages that are missing in it."""
        merged = self._merge.merged(self._limit, self.filter.locations or None)
        for location_id, token in merged.to_page:
            self._ask_next(location_id, token)
        now = self.now()
        places = self._places()
        fleet = self._bridge.fleet.locations
        rows = tuple(
            make_row(job, fleet[job.location_id], self._rates, now)
            for job in merged.jobs
            if job.location_id in fleet
        )
        counts = self._counted(places)
        wanted, gaps = self.filter.states, self._gaps(places)
        return ResultsPicture(
            rows=rows,
            has_more=merged.has_more,
            is_whole=not gaps.asking and (len(merged.jobs) >= self._limit or not merged.has_more),
            shown=sum(n for state, n in counts.items() if not wanted or state in wanted),
            total=sum(sum(c.values()) for c in self._merge.counts.values()),
            gaps=gaps,
            state_counts=self._with_unlisted(counts, places),
            location_counts={key: self._count_at(key) for key in self._in_scope()},
            places=places,
        )

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
            counts = self._merge.counts.get(place.registration.location_id, {})
            for state, number in counts.items():
                is_known = place.is_live or state not in OPEN_STATES
                total[state if is_known else JobState.UNKNOWN] += number
        return total

    def _with_unlisted(
        self, counts: Counter[JobState], places: tuple[LocationState, ...]
    ) -> dict[JobState, int]:
        """With the work that was open at dark locations which did not answer this question."""
        total = counts.copy()
        broad = replace(self.filter.query(), states=frozenset())
        for place in places:
            is_counted = place.registration.location_id in self._merge.counts
            if place.is_live or is_counted or place.picture is None:
                continue
            jobs = place.picture.open_jobs
            total[JobState.UNKNOWN] += sum(matches(job, broad) for job in jobs)
        return dict(total)

    def _count_at(self, location_id: str) -> int | None:
        counts = self._merge.counts.get(location_id)
        if counts is None or location_id not in self._live:
            return None
        wanted = self.filter.states
        return sum(n for state, n in counts.items() if not wanted or state in wanted)

    def _gaps(self, places: tuple[LocationState, ...]) -> Gaps:
        here = self._merge.locations
        out = [place for place in places if not place.is_live]
        dark = tuple(place for place in out if place.registration.location_id not in here)
        aged = tuple(place for place in out if place.registration.location_id in here)
        ids = {place.registration.location_id for place in places if place.is_live}
        failed = {k: short_reason(e) for k, e in self._failed.items() if k in ids}
        return Gaps(dark, aged, failed, len(ids & self._awaited))

    # -- what the locations say

    def _take_change(self, change: FleetChange) -> None:
        if change.locations_listed or change.connections or change.pictures:
            self._follow_connections(change.pictures)
        for location_id in change.pictures:
            for job in self._merge.open_jobs(location_id):
                self._merge.put(self.newest(job))
        for location_id in change.pictures & self._live:
            self._ask_first(location_id)
        for location_id, job_id in change.jobs:
            self._take_job(location_id, job_id)
        self._publish()

    def _take_job(self, location_id: str, job_id: str) -> None:
        place = self.location(location_id)
        if place is None or place.picture is None:
            return
        job = place.picture.jobs.get(job_id)
        if job is None:
            self._count_again(location_id)
            return
        self._rates.see(job, self.now())
        self._merge.put(job)
        if self._job_states.get(job.key) is not job.state:
            self._job_states[job.key] = job.state
            self._count_again(location_id)
        if not job.is_open:
            self._job_states.pop(job.key)

    def _follow_connections(self, other_pictures: Collection[str] = ()) -> None:
        """Asks the locations that are live now and were not; keeps the facts of the others."""
        locations = self._in_scope()
        for location_id in self._merge.locations - locations.keys():
            self._merge.forget(location_id)
        live = {key for key, place in locations.items() if place.is_live}
        new, gone, self._live = live - self._live, self._live - live, live
        self._awaited &= live
        for location_id in gone:
            self._merge.resort(location_id)  # its open jobs are unknown now
        self._failed = {key: error for key, error in self._failed.items() if key in live}
        for location_id in sorted(new):
            self._ask_first(location_id)
        self._take_dark(other_pictures)

    def _take_dark(self, other_pictures: Collection[str] = ()) -> None:
        """What is remembered already stays as it is, unless its picture is another one."""
        merge, wants_unknown = self._merge, JobState.UNKNOWN in self.filter.states
        anew, wanted = {*other_pictures, *self._remembering.waiting}, {}
        for location_id, place in self._in_scope().items():
            has_answered = location_id in merge.answered
            if place.is_live or (has_answered and not wants_unknown):
                continue
            if not (self.filter.shows_known or wants_unknown) or place.picture is None:
                merge.forget(location_id)
            elif has_answered or location_id in anew or location_id not in merge.locations:
                wanted[location_id] = place.picture
        self._remembering.begin(merge, wanted)

    def _count_again(self, location_id: str) -> None:
        self._to_recount.add(location_id)
        if not self._recount_timer.isActive():
            self._recount_timer.start()

    # -- questions

    def _ask_first(self, location_id: str) -> None:
        merge = self._merge
        self._awaited.add(location_id)
        self._failed.pop(location_id, None)

        def done(page: JobPage) -> None:
            self._awaited.discard(location_id)
            place = self.location(location_id)
            told = place.picture.open_jobs if place is not None and place.picture else ()
            merge.start(location_id, page, told)
            self._publish()

        def missed() -> None:
            self._awaited.discard(location_id)
            merge.forget(location_id)

        self._ask(location_id, "", done, missed)

    def _ask_next(self, location_id: str, token: str) -> None:
        merge = self._merge
        merge.await_page(location_id)

        def done(page: JobPage) -> None:
            merge.append(location_id, token, page)
            self._publish()

        self._ask(location_id, token, done, lambda: merge.fail(location_id, token))

    def _recount(self) -> None:
        merge = self._merge
        for location_id in self._to_recount & self._live & merge.answered:

            def done(page: JobPage, at: str = location_id) -> None:
                if at in merge.answered:
                    merge.recount(at, page)
                    self._publish()

            self._ask(location_id, "", done, lambda: None)
        self._to_recount.clear()

    def _ask(
        self,
        location_id: str,
        token: str,
        done: Callable[[JobPage], None],
        missed: Callable[[], None],
    ) -> None:
        merge = self._merge
        self._questions += 1
        number = self._questions

        def answered(page: JobPage) -> None:
            self._cancels.pop(number, None)
            self._failed.pop(location_id, None)
            done(page)

        def failed(error: Exception) -> None:
            self._cancels.pop(number, None)
            if merge is self._merge:
                missed()
                self._failed[location_id] = error
                self._publish()

        query = merge.query
        if query.order == "location":  # within one location the newest stand first
            query = replace(query, order="create_time", descending=True)
        coroutine = self._gateway.jobs(location_id, query, token, not token)
        self._cancels[number] = self._bridge.ask(coroutine, self, answered, failed)

    def _drop_questions(self) -> None:
        for cancel in self._cancels.values():
            cancel()
        self._cancels.clear()
        self._awaited.clear()
        self._failed.clear()

    def _new_merge(self) -> ResultMerge:
        return ResultMerge(self.filter.query(), self._shown_state, self._name)

    def _name(self, location_id: str) -> str:
        place = self.location(location_id)
        return place.registration.name if place is not None else location_id

    def _shown_state(self, job: Job) -> JobState:
        place = self.location(job.location_id)
        return place.shown_state(job) if place is not None else job.state

    def _publish(self) -> None:
        if not self._publish_timer.isActive():
            self._publish_timer.start()

    def _timer(self, interval_ms: int, call: Callable[[], None]) -> QTimer:
        timer = QTimer(self)
        timer.setSingleShot(True)
        timer.setInterval(interval_ms)
        timer.timeout.connect(call)
        return timer
