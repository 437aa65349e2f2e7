"""One list of results over many locations: a merge of pages that no location can hold up."""

import heapq
from bisect import bisect_left
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any

from sesam_master.core.gateway import PAGE_SIZE, JobPage, JobQuery
from sesam_master.core.records import Job
from sesam_master.core.states import JobState, severity_rank

# One location with fewer merged-but-unshown jobs than this is paged before the list waits for it;
# of many, each with its share.
LOW_JOBS = 64
FEWEST_JOBS = 16  # of a page
# A shorter text is looked for in names only, not in savesets and messages.
SHORTEST_WORD = 3


def page_share(locations: int) -> int:
    """Jobs to ask each of so many locations for, so that together they have enough for a page of
    the merged list, though one may have more of it than another."""
    return min(PAGE_SIZE, max(FEWEST_JOBS, 2 * PAGE_SIZE // max(1, locations)))


@dataclass(frozen=True, slots=True)
class Merged:
    """The rows that may be shown, in order.

    `to_page` names locations whose next page is wanted, with its token; without it no more rows
    may follow, because one of theirs may stand in front. `has_more`: more rows exist.
    """

    jobs: tuple[Job, ...]
    to_page: tuple[tuple[str, str], ...]
    has_more: bool


@dataclass(slots=True)
class _Pages:
    """What one location delivered so far, in its own order. An empty token: nothing follows."""

    jobs: list[Job] = field(default_factory=list)
    next_token: str = ""
    is_awaited: bool = False


class ResultMerge:
    """K-way merge of the pages of many locations under one query.

    Rows come in the query's order as far as every location that answered allows. A location that
    has not answered, or has failed, holds nothing up; its rows join when they arrive. No job
    stands in the list twice. `state_of` gives the state that a job is sorted by, `name_of` the
    name of a location: the order "location" puts their lists one below the other, each newest
    first as it is delivered.
    """

    def __init__(
        self,
        query: JobQuery,
        state_of: Callable[[Job], JobState] = lambda job: job.state,
        name_of: Callable[[str], str] = str,
    ) -> None:
        self.query = query
        self.counts: dict[str, dict[JobState, int]] = {}
        self._pages: dict[str, _Pages] = {}
        self._counted: dict[str, dict[str, JobState]] = {}  # the state a job is counted with
        self._broad = replace(query, states=frozenset())
        self._state_of = state_of
        if query.order == "location":
            self._key = _location_key(name_of, is_reversed=query.descending)
        else:
            self._key = sort_key(query.order, state_of)

    @property
    def answered(self) -> frozenset[str]:
        """Locations that delivered their first page."""
        return frozenset(self.counts)

    @property
    def locations(self) -> frozenset[str]:
        """Locations of which something is here, remembered or answered."""
        return frozenset(self._pages)

    def delivered(self, location_id: str) -> tuple[Job, ...]:
        """The jobs of a location that are here, in the order of the query."""
        pages = self._pages.get(location_id)
        return tuple(pages.jobs) if pages else ()

    @property
    def loaded(self) -> int:
        """Jobs that are here, shown or not."""
        return sum(len(pages.jobs) for pages in self._pages.values())

    def start(self, location_id: str, page: JobPage, told: Iterable[Job] = ()) -> None:
        """Takes a first page, in place of everything that this location delivered before. `told`
        are open jobs that are known otherwise: they are counted, be they on the page or not."""
        self._pages[location_id] = _Pages(list(page.jobs), page.next_token)
        self.counts[location_id] = dict(page.counts or {})
        self._counted[location_id] = {job.id: job.state for job in (*told, *page.jobs)}

    def recount(self, location_id: str, page: JobPage) -> None:
        """Takes counts and newest values out of a first page asked for again."""
        self.counts[location_id] = dict(page.counts or {})
        self._counted[location_id] |= {job.id: job.state for job in page.jobs}
        known = {job.id: job for job in self.delivered(location_id)}
        for job in page.jobs:
            if known.get(job.id) != job:  # to put one looks at all that are here
                self.put(job)

    def await_page(self, location_id: str) -> None:
        """The next page of this location is asked for."""
        self._pages[location_id].is_awaited = True

    def append(self, location_id: str, token: str, page: JobPage) -> None:
        """Takes the page that `token` asked for; jobs that are here already are not doubled.

        A page that does not follow what is here now is dropped: the location began anew meanwhile.
        """
        pages = self._pages.get(location_id)
        if pages is None or pages.next_token != token:
            return
        known = {job.id for job in pages.jobs}
        new = [job for job in page.jobs if job.id not in known]
        pages.jobs += new
        for job in new:
            self._counted[location_id].setdefault(job.id, job.state)
        pages.next_token = page.next_token
        pages.is_awaited = False

    def fail(self, location_id: str, token: str) -> bool:
        """The page that `token` asked for did not come: what is here stays, and the list goes on
        without more of this location, which is named as missing. False if nobody waits for it any
        more."""
        pages = self._pages.get(location_id)
        if pages is None or pages.next_token != token:
            return False
        pages.next_token = ""
        pages.is_awaited = False
        return True

    def remember(self, location_id: str, jobs: Iterable[Job]) -> None:
        """Takes what was known of a location that does not answer; it does not count as
        answered."""
        wanted = [job for job in jobs if matches(job, self.query, self._state_of(job))]
        wanted.sort(key=self._key, reverse=self.query.descending)
        self.forget(location_id)
        self._pages[location_id] = _Pages(wanted)

    def resort(self, location_id: str) -> None:
        """The states of this location's jobs are shown otherwise than before."""
        pages = self._pages.get(location_id)
        if pages is not None:
            pages.jobs.sort(key=self._key, reverse=self.query.descending)

    def forget(self, location_id: str) -> None:
        """Takes everything of a location out."""
        self._pages.pop(location_id, None)
        self.counts.pop(location_id, None)
        self._counted.pop(location_id, None)

    def job(self, key: tuple[str, str]) -> Job | None:
        """The job with this key, if it was delivered."""
        pages = self._pages.get(key[0])
        return next((j for j in pages.jobs if j.id == key[1]), None) if pages else None

    def put(self, job: Job) -> None:
        """Takes the newest value of a job. One that no longer meets the query goes; a new one
        whose page has not come yet waits for that page. The counts follow."""
        pages = self._pages.get(job.location_id)
        if pages is None:
            return
        self._count(job)
        pages.jobs = [other for other in pages.jobs if other.id != job.id]
        if not matches(job, self.query):
            return
        place = self._place(pages.jobs, job)
        if place < len(pages.jobs) or not pages.next_token:
            pages.jobs.insert(place, job)

    def open_jobs(self, location_id: str) -> list[Job]:
        """The delivered jobs of this location that were open when they were told last."""
        pages = self._pages.get(location_id)
        return [job for job in pages.jobs if job.is_open] if pages else []

    def merged(self, limit: int, scope: Collection[str] | None = None) -> Merged:
        """The first `limit` rows of the locations in scope (None: of all)."""
        # By id, so that equal rows of two locations never change places.
        names = sorted(name for name in self._pages if scope is None or name in scope)
        shown: Counter[str] = Counter()
        jobs: list[Job] = []
        has_more = False
        runs = [self._run(name) for name in names]
        try:
            merge = heapq.merge(*runs, key=self._key, reverse=self.query.descending)
            for job in merge:
                if len(jobs) == limit:
                    has_more = True
                    break
                jobs.append(job)
                shown[job.location_id] += 1
        except _PageMissing:
            has_more = True
        to_page = []
        low = max(2, LOW_JOBS // max(1, len(names)))
        for name in names:
            pages = self._pages[name]
            rest = len(pages.jobs) - shown[name]
            if pages.next_token and not pages.is_awaited and rest < low and len(jobs) < limit:
                to_page.append((name, pages.next_token))
        return Merged(tuple(jobs), tuple(to_page), has_more)

    def _count(self, job: Job) -> None:
        """By the difference, so that counts and rows say the same until the location counts
        again."""
        counts = self.counts.get(job.location_id)
        if counts is None or not matches(job, self._broad):
            return
        counted = self._counted[job.location_id]
        before = counted.get(job.id)
        if before is None and not job.is_open:
            return  # one of the history: it was counted, nobody knows as what
        if before is not None:
            counts[before] = max(0, counts.get(before, 0) - 1)
        counts[job.state] = counts.get(job.state, 0) + 1
        counted[job.id] = job.state

    def _run(self, location_id: str) -> Iterator[Job]:
        pages = self._pages[location_id]
        yield from pages.jobs
        if pages.next_token:
            raise _PageMissing

    def _place(self, jobs: list[Job], job: Job) -> int:
        value = self._key(job)
        if not self.query.descending:
            return bisect_left(jobs, value, key=self._key)
        turned = jobs[::-1]
        return len(jobs) - bisect_left(turned, value, key=self._key)


class _PageMissing(Exception):
    """The merge came to the end of what a location delivered, and more exists there."""


def sort_key(
    order: str, state_of: Callable[[Job], JobState] = lambda job: job.state
) -> Callable[[Job], Any]:
    """The value by which a list is sorted under an order of `JobQuery`; ties by the job's number.

    By severity the worst is the largest, and within one state the newest. Raises KeyError for an
    unknown order.
    """
    if order == "severity":
        return lambda job: (-severity_rank(state_of(job)), job.create_time, int(job.id))
    value = _VALUES[order]
    return lambda job: (value(job), int(job.id))


def _location_key(name_of: Callable[[str], str], *, is_reversed: bool) -> Callable[[Job], Any]:
    """By location and newest first within it, also when the whole order is turned round."""
    sign = 1 if is_reversed else -1

    def key(job: Job) -> Any:
        place, asked = job.location_id, job.create_time.timestamp()
        return name_of(place).casefold(), place, sign * asked, sign * int(job.id)

    return key


def size_of(job: Job) -> int:
    """Bytes read so far, or in all when it has ended."""
    return job.progress.bytes_done if job.is_open and job.progress else job.size_bytes


def _duration(job: Job) -> float:
    if job.start_time is None or job.end_time is None:
        return -1.0
    return (job.end_time - job.start_time).total_seconds()


_VALUES: dict[str, Callable[[Job], Any]] = {
    "create_time": lambda job: job.create_time,
    "task": lambda job: job.task,
    "client": lambda job: job.client,
    "bytes": size_of,
    "duration": _duration,
}


def matches(job: Job, query: JobQuery, state: JobState | None = None) -> bool:
    """Whether a job meets a query, as an agent would say; in `state`, where that is other than the
    job's own."""
    return (
        (not query.states or (state or job.state) in query.states)
        and (not query.kinds or job.kind in query.kinds)
        and query.task in ("", job.task)
        and query.client in ("", job.client)
        and query.group in (None, job.group)
        and (not query.first_sesam_day or job.sesam_day >= query.first_sesam_day)
        and (not query.last_sesam_day or job.sesam_day <= query.last_sesam_day)
        and _has_text(job, query.text.casefold())
    )


def _has_text(job: Job, text: str) -> bool:
    names = (job.task, job.client, job.event, job.group)
    words = (job.saveset, job.message) if len(text) >= SHORTEST_WORD else ()
    return not text or any(text in part.casefold() for part in (*names, *words))
