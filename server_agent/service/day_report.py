"""What became of a sesam day: its state log, its day log, and the sum of it."""

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime

from server_agent.domain.calendar import SEVERITY, EntryState, state_of
from server_agent.domain.events import EventKind, kind_of
from server_agent.domain.jobs import Job, JobKind
from server_agent.domain.logs import level_of
from server_agent.ports import CatalogueView, Clock, JobQuery, Past, PastKey
from server_agent.service.days import EndedDay

# When it was, its place among what was at the same moment, what is said, and its level.
_Told = tuple[datetime, int, str, str]

_AT_ONCE = 1000  # occurrences or jobs that are read together
_COUNTED = {
    EntryState.BROKEN: "broken",
    EntryState.ERROR: "failed",
    EntryState.MISSED: "missed",
    EntryState.LATE: "late",
    EntryState.WARNING: "with a warning",
    EntryState.BLOCKED: "blocked",
    EntryState.CANCELLED: "cancelled",
    EntryState.ACTIVE: "still running",
    EntryState.QUEUED: "still queued",
    EntryState.OK: "ok",
}
_FAILURES = (EntryState.BROKEN, EntryState.ERROR, EntryState.MISSED)
STATE_COLUMNS = (
    "state",
    "start",
    "end",
    "kind",
    "name",
    "client",
    "type",
    "job",
    "saveset",
    "files",
    "bytes",
    "stored bytes",
    "message",
)


@dataclass(frozen=True, slots=True)
class DayReport:
    """One sesam day.

    Attributes:
        summed_up: its backups, restores and commands by what became of them, the worst first: the
            jobs that belong to the day, and what was planned on it and given up.
        for_good: whether nothing of it is open any more.
        has_failures: whether one of them is not as it should be.
    """

    day: date
    summed_up: str
    for_good: bool
    states: tuple[str, ...]
    happened: tuple[str, ...]
    has_failures: bool = False


def day_report(
    view: CatalogueView, clock: Clock, ended: EndedDay, *, goes_on: bool = False
) -> DayReport:
    """The day as it stands now. Of one that goes on, no job that is open and no sum stand in its
    logs: what is there stays, and the rest comes behind it."""
    now = clock.now()
    day = ended.day
    # A job is told on the day on which it started, whenever it was planned, as in the calendar.
    given_up = [row for row in _past(view, ended.begin, ended.end) if row.job is None]
    jobs = sorted((job for job in _jobs_of(view, day) if not job.dry_run), key=_by_end)
    counts = Counter(
        state_of(job.planned_time or job.create_time, None, job, now)
        for job in jobs
        if job.kind is not JobKind.NEWDAY
    )
    counts.update(
        state_of(row.occurrence.slot.planned_time, row.occurrence, None, now)
        for row in given_up
        if kind_of(row.event) is not EventKind.NEWDAY
    )
    told = [f"{counts[state]} {_COUNTED[state]}" for state in SEVERITY if counts[state]]
    summed_up = ", ".join(told) or "nothing was planned and nothing ran"

    def shown(moment: datetime | None) -> str:
        return clock.local(moment).isoformat(" ", "seconds") if moment is not None else ""

    happened = sorted((*_begun_and_ended(jobs), *_given_up(given_up, now, shown)))
    told_jobs = [job for job in jobs if not (goes_on and job.state.is_open)]
    closed = f"{shown(now)}\tINFO\tSesam day {day} is closed: {summed_up}"
    return DayReport(
        day=day,
        summed_up=summed_up,
        for_good=not any(job.state.is_open for job in jobs),
        states=("\t".join(STATE_COLUMNS), *(_state_line(job, shown) for job in told_jobs)),
        happened=(
            *(f"{shown(moment)}\t{level}\t{text}" for moment, _, text, level in happened),
            *(() if goes_on else (closed,)),
        ),
        has_failures=any(counts[state] for state in _FAILURES),
    )


def _past(view: CatalogueView, first: datetime, end: datetime) -> Iterator[Past]:
    key: PastKey | None = None
    while True:
        rows = view.past(first, end, key, _AT_ONCE)
        yield from rows
        if len(rows) < _AT_ONCE:
            return
        slot = rows[-1].occurrence.slot
        key = (slot.planned_time, slot.event_id, rows[-1].task)


def _jobs_of(view: CatalogueView, day: date) -> Iterator[Job]:
    query = JobQuery(first_sesam_day=day, last_sesam_day=day, descending=False)
    position: str | None = None
    while True:
        page = view.jobs(query, position, _AT_ONCE)
        yield from page.items
        position = page.next_position
        if position is None:
            return


def _state_line(job: Job, shown: Callable[[datetime | None], str]) -> str:
    made = job.type or job.requested_type
    fields = (
        job.state.value,
        shown(job.start_time),
        shown(job.end_time),
        job.kind.value,
        job.task or job.event,
        job.client,
        made.name if made is not None else "",
        job.id,
        job.saveset,
        job.files,
        job.bytes_done,
        job.stored_bytes,
        job.message.replace("\t", " "),
    )
    return "\t".join(map(str, fields))


def _by_end(job: Job) -> tuple[bool, datetime, str]:
    """As they have ended, and behind them those that are open."""
    return job.end_time is None, job.end_time or job.create_time, job.id


def _begun_and_ended(jobs: list[Job]) -> Iterator[_Told]:
    for job in jobs:
        about = f"{job.kind.value} {job.task or job.event}, job {job.id}"
        if job.start_time is not None:
            yield job.start_time, 0, f"started {about}", "INFO"
        if job.end_time is not None:
            why = f": {job.message}" if job.message else ""
            text = f"ended {about}, {job.state.name.lower()}{why}"
            yield job.end_time, 1, text, level_of(job.state).name


def _given_up(
    rows: list[Past], now: datetime, shown: Callable[[datetime | None], str]
) -> Iterator[_Told]:
    for row in rows:
        decided = row.occurrence
        planned = decided.slot.planned_time
        state = state_of(planned, decided, None, now)
        level = "ERROR" if state in _FAILURES else "WARNING"
        why = ", ".join(filter(None, (decided.cause.value.replace("_", " "), decided.by)))
        about = f"{kind_of(row.event).value} {row.task or row.event.name}"
        text = f"{state.name.lower()} {about} of {shown(planned)}: {why}"
        yield decided.decide_time, 2, f"{text}: {decided.text}" if decided.text else text, level
