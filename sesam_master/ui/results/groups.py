"""The groups of the results: what each location says of them, which are open, and their rows."""

from collections.abc import Callable, Mapping
from dataclasses import replace

from PySide6.QtCore import QObject, QTimer, Signal

from sesam_master.core.fleet import FleetChange, LocationState
from sesam_master.core.gateway import FleetGateway, JobGrouping, JobGroupPage, JobQuery
from sesam_master.core.results import matches
from sesam_master.core.results_groups import ASKED, Grouping, GroupSum, Share, ordered, shares_of
from sesam_master.core.states import JobState
from sesam_master.ui.bridge import Bridge
from sesam_master.ui.results.filters import ResultFilter
from sesam_master.ui.results.result_list import RECOUNT_MS, ResultList

_QUESTIONS = {
    Grouping.TASK: JobGrouping.TASK,
    Grouping.CLIENT: JobGrouping.CLIENT,
    Grouping.TASK_GROUP: JobGrouping.TASK_GROUP,
}
Places = Callable[[], Mapping[str, LocationState]]


class GroupBoard(QObject):
    """The groups of one grouping under one query. `base` is the list whose counts are those of the
    locations. A group's own list is asked for when it is opened, by the query with that group."""

    changed = Signal()

    def __init__(
        self,
        bridge: Bridge,
        gateway: FleetGateway,
        chosen: ResultFilter,
        query: JobQuery,
        places: Places,
        base: ResultList,
        parent: QObject,
    ) -> None:
        super().__init__(parent)
        self.grouping = chosen.grouping
        self.open: dict[str, ResultList] = {}
        self.awaited: set[str] = set()
        self.failed: dict[str, Exception] = {}
        self._bridge = bridge
        self._gateway = gateway
        self._query = query
        self._places = places
        self._base = base
        self._shows_known = chosen.shows_known
        self._shares: dict[str, dict[str, Share]] = {}
        self._cancels: dict[str, Callable[[], None]] = {}
        self._live: set[str] = set()
        self._summed: tuple[object, list[GroupSum]] | None = None
        self._job_states: dict[tuple[str, str], JobState] = {}  # of open jobs, as told last
        self._to_ask: set[str] = set()
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(RECOUNT_MS)
        self._timer.timeout.connect(self._ask_again)
        base.changed.connect(self._forget_sums)
        self._follow_connections()

    @property
    def answered(self) -> frozenset[str]:
        """Locations that told their groups."""
        return frozenset(self._shares) if self.grouping in ASKED else self._base.merge.answered

    def toggle(self, key: str) -> None:
        """Open or close a group."""
        if key in self.open:
            self.open.pop(key).close()
        else:
            self._open(key)
        self.changed.emit()

    def more(self, key: str) -> None:
        """Let the next page of an open group in."""
        if key in self.open:
            self.open[key].more()
            self.changed.emit()

    def close_all(self) -> None:
        """Show the heads only."""
        for key in list(self.open):
            self.open.pop(key).close()
        self.changed.emit()

    def open_all(self, keys: list[str]) -> None:
        """Show what is in these groups."""
        for key in keys:
            if key not in self.open:
                self._open(key)
        self.changed.emit()

    def refresh(self) -> None:
        """Ask all again; what is here stays until they answer."""
        for location_id in sorted(self._live):
            self._ask(location_id)
        for rows in self.open.values():
            rows.refresh()

    def close(self) -> None:
        """Nothing is asked or told any more."""
        for cancel in self._cancels.values():
            cancel()
        for rows in self.open.values():
            rows.close()
        self._timer.stop()
        self.deleteLater()

    def take_change(self, change: FleetChange) -> None:
        """What the watch told."""
        if change.locations_listed or change.connections or change.pictures:
            self._follow_connections()
        self._to_ask |= change.pictures
        self._to_ask |= {key[0] for key in change.jobs if self._is_other_state(key)}
        if self._to_ask and not self._timer.isActive():
            self._timer.start()
        if self.grouping not in ASKED or change.locations_listed or change.pictures:
            self._forget_sums()
        for rows in self.open.values():
            rows.take_change(change)

    def sums(self, chosen: ResultFilter, name_of: Callable[[str], str]) -> list[GroupSum]:
        """The groups over the locations in scope, in the order of the filter; with what is wanted
        of dark ones. Every location has one when it is grouped by location. None where there is no
        result at all.

        They are summed up anew only when something of them has changed: a fleet can have tens of
        thousands.
        """
        wanted = (chosen.locations, chosen.order, chosen.descending)
        if self._summed is None or self._summed[0] != wanted:
            sums = self._sum(chosen.locations)
            if not any(group.locations for group in sums):
                sums = []  # the page says so instead
            in_order = ordered(sums, chosen.order, descending=chosen.descending, name_of=name_of)
            self._summed = (wanted, in_order)
        return self._summed[1]

    def _sum(self, chosen: frozenset[str]) -> list[GroupSum]:
        sums: dict[str, GroupSum] = {}
        for location_id, place in self._places().items():
            if chosen and location_id not in chosen:
                continue
            for key, share in self._shares_at(location_id, place).items():
                group = sums.setdefault(key, GroupSum(key))
                group.add(location_id, share, is_live=place.is_live)
            if self.grouping is Grouping.LOCATION:
                sums.setdefault(location_id, GroupSum(location_id))
        wanted = self._query.states
        return [
            group
            for group in sums.values()
            if not wanted
            or any(group.counts[state] for state in wanted)
            or (self.grouping is Grouping.LOCATION and group.key not in self._live)
        ]

    # -- the shares of a location

    def _shares_at(self, location_id: str, place: LocationState) -> dict[str, Share]:
        if self.grouping in ASKED and location_id in self._shares:
            return self._shares[location_id]
        if self.grouping not in ASKED and location_id in self._base.merge.counts:
            return self._counted(location_id, place)
        if place.is_live or place.picture is None:
            return {}
        return self._remembered(place)

    def _counted(self, location_id: str, place: LocationState) -> dict[str, Share]:
        counts = self._base.merge.counts[location_id]
        jobs = self._base.merge.delivered(location_id)  # the newest first
        if self.grouping is not Grouping.STATE:
            key = location_id if self.grouping is Grouping.LOCATION else place.registration.farm
            return {key: Share(counts, jobs[0].create_time if jobs else None)}
        newest = {job.state: job.create_time for job in reversed(jobs)}
        shares: dict[str, Share] = {}
        for state, number in counts.items():
            shown = JobState.UNKNOWN if self._is_open_there(state, place) else state
            before = shares.get(shown.value, Share({})).counts.get(shown, 0)
            shares[shown.value] = Share({shown: before + number}, newest.get(state))
        return shares

    @staticmethod
    def _is_open_there(state: JobState, place: LocationState) -> bool:
        return not place.is_live and state in (JobState.ACTIVE, JobState.QUEUED)

    def _remembered(self, place: LocationState) -> dict[str, Share]:
        """What is known of a dark location that did not answer this question: what was open is
        unknown; how it stood otherwise is shown only to those who ask for it."""
        assert place.picture is not None
        known, broad = place.picture, replace(self._query, states=frozenset())
        wanted = known.jobs.values() if self._shows_known else known.open_jobs
        jobs = [(job, place.shown_state(job)) for job in wanted if matches(job, broad)]
        return shares_of(jobs, self.grouping, place.registration.farm)

    # -- questions

    def _is_other_state(self, key: tuple[str, str]) -> bool:
        """Progress alone changes no count."""
        place = self._places().get(key[0])
        job = place.picture.jobs.get(key[1]) if place and place.picture else None
        before = self._job_states.pop(key, None)
        if job is not None and job.is_open:
            self._job_states[key] = job.state
        return job is None or job.state is not before

    def _forget_sums(self) -> None:
        self._summed = None

    def _follow_connections(self) -> None:
        locations = self._places()
        for location_id in self._shares.keys() - locations.keys():
            self._shares.pop(location_id)
        live = {key for key, place in locations.items() if place.is_live}
        if live != self._live:  # a heartbeat changes nothing
            self._forget_sums()
        new, self._live = live - self._live, live
        self.awaited &= live
        self.failed = {key: error for key, error in self.failed.items() if key in live}
        for location_id in sorted(new):
            self._ask(location_id)

    def _ask_again(self) -> None:
        for location_id in self._to_ask & self._live:
            self._ask(location_id, is_quiet=True)
        self._to_ask.clear()

    def _ask(self, location_id: str, *, is_quiet: bool = False) -> None:
        question = _QUESTIONS.get(self.grouping)
        if question is None:
            return
        if location_id in self._cancels:
            self._cancels.pop(location_id)()
        if not is_quiet:
            self.awaited.add(location_id)
        self._ask_page(location_id, question, "", {})

    def _ask_page(
        self, location_id: str, question: JobGrouping, token: str, found: dict[str, Share]
    ) -> None:
        def done(page: JobGroupPage) -> None:
            self._cancels.pop(location_id, None)
            for group in page.groups:
                found[group.name] = Share(group.counts, group.newest_time)
            if page.next_token:
                self._ask_page(location_id, question, page.next_token, found)
                return
            self._shares[location_id] = found
            self._forget_sums()
            self.awaited.discard(location_id)
            self.failed.pop(location_id, None)
            self.changed.emit()

        def failed(error: Exception) -> None:
            self._cancels.pop(location_id, None)
            self._shares.pop(location_id, None)
            self._forget_sums()
            self.awaited.discard(location_id)
            self.failed[location_id] = error
            self.changed.emit()

        query = replace(self._query, order="name", descending=False)
        call = self._gateway.job_groups(location_id, query, question, token)
        self._cancels[location_id] = self._bridge.ask(call, self, done, failed)

    # -- open groups

    def _open(self, key: str) -> None:
        rows = ResultList(
            self._bridge,
            self._gateway,
            self._query_of(key),
            lambda: self._places_of(key),
            self,
            shows_known=self._shows_known,
            has_counts=False,
        )
        rows.changed.connect(self.changed)
        self.open[key] = rows

    def _query_of(self, key: str) -> JobQuery:
        query = self._query
        if self.grouping is Grouping.TASK:
            return replace(query, task=key)
        if self.grouping is Grouping.CLIENT:
            return replace(query, client=key)
        if self.grouping is Grouping.TASK_GROUP:
            return replace(query, group=key)
        if self.grouping is Grouping.STATE:
            return replace(query, states=frozenset({JobState(key)}))
        return query

    def _places_of(self, key: str) -> Mapping[str, LocationState]:
        places = self._places()
        if self.grouping is Grouping.LOCATION:
            return {at: place for at, place in places.items() if at == key}
        if self.grouping is Grouping.FARM:
            return {at: place for at, place in places.items() if place.registration.farm == key}
        return places
