"""How the runs of one task changed from one to the next."""

from collections.abc import Sequence
from dataclasses import dataclass

from sesam_master.core.records import Job
from sesam_master.core.states import JobState

_WHOLE = frozenset({JobState.OK, JobState.WARNING})


@dataclass(frozen=True, slots=True)
class RunChange:
    """Shares by which duration and size differ from the run before: 0.1 is ten percent more. None
    where there is nothing to compare with."""

    duration: float | None = None
    size: float | None = None


def run_changes(jobs: Sequence[Job]) -> list[RunChange]:
    """Of jobs from the newest to the oldest, each against the last good one of its type before it;
    a run that is open or left nothing is not compared."""
    changes: list[RunChange] = []
    good: dict[object, Job] = {}
    for job in reversed(jobs):
        before = good.get(job.type)
        if job.state not in _WHOLE or before is None:
            changes.append(RunChange())
        else:
            size = _share(job.size_bytes, before.size_bytes)
            changes.append(RunChange(_share(seconds_of(job), seconds_of(before)), size))
        if job.state in _WHOLE:
            good[job.type] = job
    changes.reverse()
    return changes


def seconds_of(job: Job) -> float | None:
    """How long an ended job ran; None where a clock was set back meanwhile."""
    if job.start_time is None or job.end_time is None:
        return None
    seconds = (job.end_time - job.start_time).total_seconds()
    return seconds if seconds >= 0 else None


def _share(now: float | None, before: float | None) -> float | None:
    return now / before - 1 if now is not None and before else None
