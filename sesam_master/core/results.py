"""One list of results over many locations: merged pages, with counts that follow the watch."""

from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any

from sesam_master.core.gateway import JobPage, JobQuery
from sesam_master.core.merging import PageMerge
from sesam_master.core.records import Job
from sesam_master.core.states import JobState, severity_rank

# A shorter text is looked for in names only, not in savesets and messages.
SHORTEST_WORD = 3


class ResultMerge(PageMerge[Job]):
    """The pages of many locations under one query, in its order.

    `state_of` gives the state that a job is sorted by, `name_of` the name of a location: the order
    "location" puts their lists one below the other, each newest first as it is delivered.
    """

    def __init__(
        self,
        query: JobQuery,
        state_of: Callable[[Job], JobState] = lambda job: job.state,
        name_of: Callable[[str], str] = str,
    ) -> None:
        if query.order == "location":
            key = _location_key(name_of, is_reversed=query.descending)
        else:
            key = sort_key(query.order, state_of)
        super().__init__(key, descending=query.descending)
        self.query = query
        self.counts: dict[str, dict[JobState, int]] = {}
        self._counted: dict[str, dict[str, JobState]] = {}  # the state a job is counted with
        self._broad = replace(query, states=frozenset())
        self._state_of = state_of

    @property
    def answered(self) -> frozenset[str]:
        """Locations that delivered their first page."""
        return frozenset(self.counts)

    def start(self, location_id: str, page: JobPage, told: Iterable[Job] = ()) -> None:
        """Takes a first page, in place of everything that this location delivered before. `told`
        are open jobs that are known otherwise: they are counted, be they on the page or not."""
        self.begin(location_id, page.jobs, page.next_token)
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

    def append(self, location_id: str, token: str, page: JobPage) -> None:
        """Takes the page that `token` asked for; see `extend`."""
        for job in self.extend(location_id, token, page.jobs, page.next_token):
            self._counted[location_id].setdefault(job.id, job.state)

    def remember(self, location_id: str, jobs: Iterable[Job]) -> None:
        """Takes what was known of a location that does not answer; it does not count as
        answered."""
        wanted = [job for job in jobs if matches(job, self.query, self._state_of(job))]
        self.forget(location_id)
        self.begin(location_id, wanted, "")
        self.resort(location_id)

    def forget(self, location_id: str) -> None:
        """Takes everything of a location out."""
        super().forget(location_id)
        self.counts.pop(location_id, None)
        self._counted.pop(location_id, None)

    def job(self, key: tuple[str, str]) -> Job | None:
        """The job with this key, if it was delivered."""
        return next((job for job in self.delivered(key[0]) if job.id == key[1]), None)

    def put(self, job: Job) -> None:
        """Takes the newest value of a job. One that no longer meets the query goes. The counts
        follow."""
        if job.location_id in self.locations:
            self._count(job)
            self.replace(job, is_wanted=matches(job, self.query))

    def open_jobs(self, location_id: str) -> list[Job]:
        """The delivered jobs of this location that were open when they were told last."""
        return [job for job in self.delivered(location_id) if job.is_open]

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
