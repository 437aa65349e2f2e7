"""The words for how a piece of work and how a location stand, and which of them is worse."""

from collections.abc import Iterable
from enum import StrEnum


class JobState(StrEnum):
    """State of a job, or of a cell of the calendar.

    The letters of the manual where it has one are in `CODES`.
    """

    OK = "ok"
    WARNING = "warning"
    ERROR = "error"
    BROKEN = "broken"
    ACTIVE = "active"
    QUEUED = "queued"
    CANCELLED = "cancelled"
    BLOCKED = "blocked"
    LATE = "late"
    MISSED = "missed"
    PLANNED = "planned"
    NOT_PLANNED = "not_planned"
    UNKNOWN = "unknown"


class Connection(StrEnum):
    """How a location is connected.

    ON: a heartbeat arrived on the watch stream within `PROOF_SECONDS`. STALE: the last proof is
    older, or there was none yet. BROKEN: a named step of the connection failed. OFF: a person
    switched the location off. CONNECTING is how STALE is shown where there never was a proof.
    """

    ON = "on"
    STALE = "stale"
    BROKEN = "broken"
    OFF = "off"
    CONNECTING = "connecting"


HEARTBEAT_SECONDS = 15.0
PROOF_SECONDS = 3 * HEARTBEAT_SECONDS

CODES: dict[JobState, str] = {
    JobState.OK: "0",
    JobState.WARNING: "1",
    JobState.ERROR: "X",
    JobState.BROKEN: "3",
    JobState.ACTIVE: "a",
    JobState.QUEUED: "q",
    JobState.CANCELLED: "c",
    JobState.BLOCKED: "b",
    JobState.LATE: "l",
    JobState.MISSED: "m",
    JobState.PLANNED: "p",
    JobState.NOT_PLANNED: "–",
    JobState.UNKNOWN: "?",
}

WORDS: dict[JobState, str] = {
    JobState.OK: "OK",
    JobState.WARNING: "Warning",
    JobState.ERROR: "Error",
    JobState.BROKEN: "Broken",
    JobState.ACTIVE: "Running",
    JobState.QUEUED: "Queued",
    JobState.CANCELLED: "Cancelled",
    JobState.BLOCKED: "Blocked",
    JobState.LATE: "Late",
    JobState.MISSED: "Missed",
    JobState.PLANNED: "Planned",
    JobState.NOT_PLANNED: "Not planned",
    JobState.UNKNOWN: "Unknown",
}

CONNECTION_WORDS: dict[Connection, str] = {
    Connection.ON: "On",
    Connection.STALE: "Stale",
    Connection.BROKEN: "Broken",
    Connection.OFF: "Off",
    Connection.CONNECTING: "Connecting",
}

# Worst first. Unknown stands above warning, so that no group with a hole can look fine.
SEVERITY: tuple[JobState, ...] = (
    JobState.BROKEN,
    JobState.ERROR,
    JobState.MISSED,
    JobState.UNKNOWN,
    JobState.LATE,
    JobState.WARNING,
    JobState.BLOCKED,
    JobState.CANCELLED,
    JobState.ACTIVE,
    JobState.QUEUED,
    JobState.OK,
    JobState.PLANNED,
    JobState.NOT_PLANNED,
)
_RANK = {state: rank for rank, state in enumerate(SEVERITY)}

OPEN_STATES = frozenset({JobState.ACTIVE, JobState.QUEUED})
TROUBLE_STATES = frozenset(
    {JobState.BROKEN, JobState.ERROR, JobState.MISSED, JobState.LATE, JobState.WARNING}
)


def severity_rank(state: JobState) -> int:
    """0 is the worst; for sorting."""
    return _RANK[state]


def worst(states: Iterable[JobState]) -> JobState:
    """The worst of the states, NOT_PLANNED when there are none."""
    return min(states, key=severity_rank, default=JobState.NOT_PLANNED)
