"""What one row of the results says: a job as it may be shown now, or the head of a group."""

from collections.abc import Hashable
from dataclasses import dataclass
from datetime import date, datetime

from sesam_master.core.fleet import LocationState
from sesam_master.core.records import Job
from sesam_master.core.results import size_of
from sesam_master.core.states import Connection, JobState
from sesam_master.ui.widgets.column import GroupHead

RATE_MEMORY = 0.6  # share of the former rate that stays in the shown one, so that it can be read


@dataclass(frozen=True, slots=True)
class ResultRow:
    """`state` is unknown for open work of a dark location. `rate` is bytes per second; None where
    there is none to say. `fraction` is 0 to 1 while the job runs and its total is known."""

    job: Job
    location: str
    connection: Connection
    state: JobState
    duration_seconds: float | None
    rate: float | None
    fraction: float | None

    @property
    def is_live(self) -> bool:
        """The location proves itself now."""
        return self.connection is Connection.ON

    @property
    def has_begun(self) -> bool:
        """Sizes, rates and durations apply."""
        return self.job.start_time is not None

    @property
    def size_bytes(self) -> int | None:
        """Bytes read, 0 when there was nothing to read; None when that is not known."""
        job = self.job
        is_told = self.has_begun and not (job.is_open and job.progress is None)
        return size_of(job) if is_told and self.state is not JobState.UNKNOWN else None


@dataclass(frozen=True, slots=True)
class GroupRow:
    """The head of the group `group`, or the `end` of its rows: what is to be said of the rest."""

    group: str
    head: GroupHead
    is_end: bool = False


TableRow = ResultRow | GroupRow


def row_key(row: TableRow) -> Hashable:
    """What a row is told apart by."""
    if isinstance(row, ResultRow):
        return row.job.key
    return "end" if row.is_end else "group", row.group, ""


class RateMeter:
    """Rates of running jobs, from the bytes between two reports of each."""

    def __init__(self) -> None:
        self._seen: dict[tuple[str, str], tuple[datetime, int, float | None]] = {}

    def see(self, job: Job, now: datetime) -> None:
        """Takes a report; an ended job is forgotten."""
        if not job.is_open or job.progress is None:
            self._seen.pop(job.key, None)
            return
        done = job.progress.bytes_done
        before = self._seen.get(job.key)
        if before is None:
            self._seen[job.key] = (now, done, None)
            return
        seconds = (now - before[0]).total_seconds()
        if seconds <= 0 or done < before[1]:
            return
        rate = (done - before[1]) / seconds
        if before[2] is not None:
            rate = RATE_MEMORY * before[2] + (1 - RATE_MEMORY) * rate
        self._seen[job.key] = (now, done, rate)

    def rate(self, key: tuple[str, str]) -> float | None:
        """Bytes per second, None before the second report."""
        seen = self._seen.get(key)
        return seen[2] if seen else None


def make_row(job: Job, location: LocationState, rates: RateMeter, now: datetime) -> ResultRow:
    """The row of a job at its location."""
    state = location.shown_state(job)
    is_running = state is JobState.ACTIVE
    return ResultRow(
        job=job,
        location=location.registration.name,
        connection=location.connection,
        state=state,
        duration_seconds=_duration(job, location, now) if state is not JobState.UNKNOWN else None,
        rate=rates.rate(job.key) if is_running else _mean_rate(job),
        fraction=job.progress.fraction if is_running and job.progress else None,
    )


def sesam_date(label: str) -> date | None:
    """The day of a sesam day's label, None for an empty or odd one."""
    try:
        return date.fromisoformat(label)
    except ValueError:
        return None


def _duration(job: Job, location: LocationState, now: datetime) -> float | None:
    if job.start_time is None:
        return None
    if job.end_time is not None:
        return (job.end_time - job.start_time).total_seconds()
    # Both ends by the site's clock: the desk's may be wrong.
    offset = location.clock_offset_seconds or 0.0
    return max(0.0, (now - job.start_time).total_seconds() + offset)


def _mean_rate(job: Job) -> float | None:
    if job.start_time is None or job.end_time is None:
        return None
    seconds = (job.end_time - job.start_time).total_seconds()
    return job.size_bytes / seconds if seconds > 0 else None
