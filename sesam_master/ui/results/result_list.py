"""One merged list of jobs under one query: asks the locations page by page, follows the watch."""

from collections.abc import Callable, Collection, Coroutine, Mapping
from dataclasses import replace
from typing import Any

from PySide6.QtCore import QObject, QTimer

from sesam_master.core.fleet import FleetChange, LocationState
from sesam_master.core.gateway import FleetGateway, JobPage, JobQuery
from sesam_master.core.merging import page_share
from sesam_master.core.records import Job
from sesam_master.core.results import ResultMerge, matches
from sesam_master.core.states import JobState
from sesam_master.ui.bridge import Bridge
from sesam_master.ui.paged_list import PageCalls, PagedList
from sesam_master.ui.results.remembering import Remembering

RECOUNT_MS = 1000


class ResultList(PagedList[Job, JobPage]):
    """Rows of the locations that `places` gives, as far as they are live; of dark ones those that
    came before, and with `shows_known` what is remembered. `changed` after every answer.

    Counts are asked for with `has_counts` only: they cost the location a count over its history.
    """

    def __init__(
        self,
        bridge: Bridge,
        gateway: FleetGateway,
        query: JobQuery,
        places: Callable[[], Mapping[str, LocationState]],
        parent: QObject,
        *,
        shows_known: bool,
        has_counts: bool = True,
    ) -> None:
        self.merge = ResultMerge(query, self._shown_state, self._name)
        calls = PageCalls(self._question, self._start, self._append)
        super().__init__(bridge, places, self.merge, calls, parent)
        self._gateway = gateway
        # What of the query a job keeps while it runs.
        self._lasting = replace(query, states=frozenset(), text="")
        self._shows_known = shows_known
        self._has_counts = has_counts
        self._job_states: dict[tuple[str, str], JobState] = {}
        self._to_recount: set[str] = set()
        self._recount_timer = QTimer(self)
        self._recount_timer.setSingleShot(True)
        self._recount_timer.setInterval(RECOUNT_MS)
        self._recount_timer.timeout.connect(self._recount)
        self._remembering = Remembering(self.changed.emit, self)
        self._follow_connections()

    @property
    def query(self) -> JobQuery:
        """What was asked for."""
        return self.merge.query

    def set_shows_known(self, shows_known: bool) -> None:
        """Take what is remembered of dark locations in or out."""
        self._shows_known = shows_known
        self._take_dark()

    def close(self) -> None:
        """Nothing is asked or told any more."""
        self._drop_questions()
        self._recount_timer.stop()
        self._remembering.begin(self.merge, {})
        self.deleteLater()

    def newest(self, job: Job) -> Job:
        """The newest value of a job that is or was in the list."""
        place = self._bridge.fleet.locations.get(job.location_id)
        if place is not None and place.picture is not None and job.id in place.picture.jobs:
            return place.picture.jobs[job.id]
        return self.merge.job(job.key) or job

    # -- what the locations say

    def take_change(self, change: FleetChange) -> None:
        """What the watch told."""
        if change.locations_listed or change.connections or change.pictures:
            self._follow_connections(change.pictures)
        for location_id in change.pictures:
            for job in self.merge.open_jobs(location_id):
                self.merge.put(self.newest(job))
        for location_id in change.pictures & self.live:
            self._ask_first(location_id)
        for location_id, job_id in change.jobs:
            self._take_job(location_id, job_id)

    def _take_job(self, location_id: str, job_id: str) -> None:
        place = self._places().get(location_id)
        if place is None or place.picture is None:
            return
        job = place.picture.jobs.get(job_id)
        if job is None:
            self._count_again(location_id)
            return
        if not matches(job, self._lasting):
            return  # nor was it ever in the list
        self.merge.put(job)
        if self._job_states.get(job.key) is not job.state:
            self._job_states[job.key] = job.state
            self._count_again(location_id)
        if not job.is_open:
            self._job_states.pop(job.key)

    def _follow_connections(self, other_pictures: Collection[str] = ()) -> None:
        """Asks the locations that are live now and were not; keeps the facts of the others."""
        for location_id in self._follow_live():
            self.merge.resort(location_id)  # its open jobs are unknown now
        self._take_dark(other_pictures)

    def _take_dark(self, other_pictures: Collection[str] = ()) -> None:
        """What is remembered already stays as it is, unless its picture is another one."""
        merge, wants_unknown = self.merge, JobState.UNKNOWN in self.query.states
        anew, wanted = {*other_pictures, *self._remembering.waiting}, {}
        for location_id, place in self._places().items():
            has_answered = location_id in merge.answered
            if place.is_live or (has_answered and not wants_unknown):
                continue
            if not (self._shows_known or wants_unknown) or place.picture is None:
                merge.forget(location_id)
            elif has_answered or location_id in anew or location_id not in merge.locations:
                wanted[location_id] = place.picture
        self._remembering.begin(merge, wanted)

    def _count_again(self, location_id: str) -> None:
        if not self._has_counts:
            return
        self._to_recount.add(location_id)
        if not self._recount_timer.isActive():
            self._recount_timer.start()

    def _shown_state(self, job: Job) -> JobState:
        place = self._bridge.fleet.locations.get(job.location_id)
        return place.shown_state(job) if place is not None else job.state

    def _name(self, location_id: str) -> str:
        place = self._bridge.fleet.locations.get(location_id)
        return place.registration.name if place is not None else location_id

    # -- questions

    def _question(self, location_id: str, token: str, most: int) -> Coroutine[Any, Any, JobPage]:
        query = self.query
        if query.order == "location":  # within one location the newest stand first
            query = replace(query, order="create_time", descending=True)
        has_counts = self._has_counts and not token
        return self._gateway.jobs(location_id, query, token, has_counts, most)

    def _start(self, location_id: str, page: JobPage) -> None:
        place = self._bridge.fleet.locations.get(location_id)
        told = place.picture.open_jobs if place is not None and place.picture else ()
        self.merge.start(location_id, page, told)

    def _append(self, location_id: str, token: str, page: JobPage) -> None:
        self.merge.append(location_id, token, page)

    def _recount(self) -> None:
        for location_id in self._to_recount & self.live & self.merge.answered:

            def done(page: JobPage, at: str = location_id) -> None:
                if at in self.merge.answered:
                    self.merge.recount(at, page)

            self._ask(location_id, "", done, lambda: None, page_share(len(self.live)))
        self._to_recount.clear()
