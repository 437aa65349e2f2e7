"""How much a running job still has to do and how long that takes, by its task's earlier runs."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from statistics import median

from sesam_master.core.records import BackupType, Job, JobKind, Progress
from sesam_master.core.states import JobState

RUNS_COUNTED = 7
# A run of another order of size says nothing about the time of this one.
LEAST_LIKENESS = 1 / 8


@dataclass(frozen=True, slots=True)
class Run:
    """An earlier run that ended well."""

    size_bytes: int
    seconds: float


class Doubt(StrEnum):
    """Why there is no estimate."""

    ASKING = "asking"
    NO_ANSWER = "no answer"
    FIRST_RUN = "first run"
    UNLIKE = "unlike its earlier runs"
    LONGER = "longer than its earlier runs"
    NOT_COUNTED = "no sizes"


@dataclass(frozen=True, slots=True)
class Left:
    """`spread_seconds` is how far the earlier runs lie around their median; None after one run."""

    seconds: float
    spread_seconds: float | None


@dataclass(frozen=True, slots=True)
class Expected:
    """Bytes that the job has to do. `is_exact`: it counted them itself."""

    size_bytes: int
    is_exact: bool


def earlier_runs(jobs: Iterable[Job], task: str, backup_type: BackupType | None) -> tuple[Run, ...]:
    """The newest backups of this task and type that ended well; `jobs` come newest first."""
    found = []
    for job in jobs:
        is_same = (job.task, job.kind, job.type) == (task, JobKind.BACKUP, backup_type)
        is_whole = job.state in (JobState.OK, JobState.WARNING)
        if is_same and is_whole and job.start_time is not None and job.end_time is not None:
            seconds = (job.end_time - job.start_time).total_seconds()
            if seconds >= 0:  # else a clock was set back meanwhile
                found.append(Run(job.size_bytes, seconds))
        if len(found) == RUNS_COUNTED:
            break
    return tuple(found)


def expected_size(runs: Sequence[Run], progress: Progress | None) -> Expected | None:
    """What the job counted, else the median of its earlier runs as long as it is below that."""
    if progress is not None and progress.bytes_total is not None:
        return Expected(progress.bytes_total, is_exact=True)
    if not runs:
        return None
    usual = round(median(run.size_bytes for run in runs))
    done = progress.bytes_done if progress is not None else 0
    return Expected(usual, is_exact=False) if usual > done else None


def share_done(expected: Expected | None, progress: Progress | None) -> float | None:
    """0 to 1 by bytes; None while nobody knows of how much."""
    if progress is None or expected is None:
        return None
    if not expected.size_bytes:
        return 1.0
    return min(1.0, progress.bytes_done / expected.size_bytes)


def time_left(runs: Sequence[Run], progress: Progress | None, run_seconds: float) -> Left | Doubt:
    """The rest of a job that has run for so long.

    Each earlier run says how long this one takes: its own time, scaled to the expected size. Their
    median counts until the job's own pace says more: the square of the share that is done is the
    weight of the pace.
    """
    if not runs:
        return Doubt.FIRST_RUN
    if progress is None:
        return Doubt.NOT_COUNTED
    expected = expected_size(runs, progress)
    if expected is None:
        return Doubt.LONGER
    guesses = [
        seconds for run in runs if (seconds := _scaled(run, expected.size_bytes)) is not None
    ]
    if not guesses:
        return Doubt.UNLIKE
    usual = median(guesses)
    spread = median(abs(seconds - usual) for seconds in guesses) if len(guesses) > 1 else None
    done = share_done(expected, progress) or 0.0
    whole = (1 - done**2) * usual + done * run_seconds
    rest = (1 - done) * whole
    return Left(rest, None if spread is None else (1 - done) * spread)


def _scaled(run: Run, size_bytes: int) -> float | None:
    """None for a run that is no measure for this size."""
    if run.size_bytes == size_bytes:
        return run.seconds
    smaller, larger = sorted((run.size_bytes, size_bytes))
    if smaller < larger * LEAST_LIKENESS:
        return None
    return run.seconds * size_bytes / run.size_bytes
