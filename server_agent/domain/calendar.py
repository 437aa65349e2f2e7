"""The calendar: planned and done, joined one to one."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum

from server_agent.domain.events import EventKind
from server_agent.domain.jobs import Job, JobState
from server_agent.domain.occurrences import LATE_AFTER, Cause, Occurrence, Slot, Verdict
from server_agent.domain.savesets import BackupType

# A job that has waited this long behind its planned time is late: somebody should know.
QUEUED_TOO_LONG = timedelta(minutes=15)


class EntryState(StrEnum):
    """A job's state once there is a job; before that what the plan says. The value is the code
    that the screens show (the manual's where it has one)."""

    QUEUED = "q"
    ACTIVE = "a"
    OK = "0"
    WARNING = "1"
    ERROR = "X"
    BROKEN = "3"
    CANCELLED = "c"
    PLANNED = "p"
    LATE = "l"
    MISSED = "m"
    BLOCKED = "b"


# Worst first.
SEVERITY = (
    EntryState.BROKEN,
    EntryState.ERROR,
    EntryState.MISSED,
    EntryState.LATE,
    EntryState.WARNING,
    EntryState.BLOCKED,
    EntryState.CANCELLED,
    EntryState.ACTIVE,
    EntryState.QUEUED,
    EntryState.OK,
    EntryState.PLANNED,
)

_WITHOUT_JOB = {Verdict.BLOCKED: EntryState.BLOCKED, Verdict.CANCELLED: EntryState.CANCELLED}


@dataclass(frozen=True, slots=True)
class Entry:
    """One occurrence for one task (commands and NEWDAY: for none).

    Attributes:
        event: name of the event.
        type: the type asked for; backups only.
        sesam_day: of what has run that of its job, else that of the planned time.
        text: more about the cause, or what the job says of itself.
        started_by: of an immediate start who asked for it.
        end_time: of the job, once it has ended.
    """

    slot: Slot
    event: str
    kind: EventKind
    schedule: str
    priority: int
    state: EntryState
    sesam_day: date
    task: str = ""
    group: str = ""
    client: str = ""
    type: BackupType | None = None
    job_id: str = ""
    decide_time: datetime | None = None
    started_late: bool = False
    cause: Cause = Cause.NONE
    by: str = ""
    text: str = ""
    started_by: str = ""
    end_time: datetime | None = None


def state_of(
    planned_time: datetime, occurrence: Occurrence | None, job: Job | None, now: datetime
) -> EntryState:
    """What an occurrence looks like now.

    Args:
        occurrence: what was decided; None while nothing is.
        job: what it became for the task in question.
    """
    if job is not None:
        waits = job.state is JobState.QUEUED and now - planned_time > QUEUED_TOO_LONG
        return EntryState.LATE if waits else EntryState(job.state.value)
    if occurrence is None:
        return EntryState.PLANNED if now - planned_time <= LATE_AFTER else EntryState.LATE
    # Started, and yet no job: the task had gone by then.
    return _WITHOUT_JOB.get(occurrence.verdict, EntryState.MISSED)


def worst(states: Iterable[EntryState]) -> EntryState | None:
    """The one that a sum has to show; None of none."""
    return min(states, key=SEVERITY.index, default=None)
