"""The occurrences of one sesam day over the fleet, in the order of their times."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sesam_master.core.records import BackupType
from sesam_master.core.sheet import RowKind, title_of
from sesam_master.core.states import JobState


class Cause(StrEnum):
    """Why an occurrence was not started."""

    NONE = "none"
    OVERTAKEN = "overtaken"
    WINDOW_OVER = "window over"
    STILL_RUNNING = "still running"
    BLOCKED_BY = "blocked by"
    IMPOSSIBLE = "impossible"
    TAKEN_BACK = "taken back"


@dataclass(frozen=True, slots=True)
class Occurrence:
    """What was planned at a time, and what became of it. `event_id` and `planned_time` identify it
    at its location, in a group with its task. Field meanings are those of `sesam_api.v1`."""

    location_id: str
    event_id: str
    planned_time: datetime
    event: str
    kind: RowKind
    task: str
    client: str
    state: JobState
    sesam_day: str
    type: BackupType | None = None
    schedule: str = ""
    group: str = ""
    job_id: str | None = None
    decide_time: datetime | None = None
    started_late: bool = False
    cause: Cause = Cause.NONE
    by: str = ""
    text: str = ""
    started_by: str = ""

    @property
    def key(self) -> tuple[str, str, datetime, str]:
        return (self.location_id, self.event_id, self.planned_time, self.task)

    @property
    def name(self) -> str:
        """That of its row in the sheet."""
        return self.task or self.event

    @property
    def row_key(self) -> tuple[RowKind, str]:
        """The row of the sheet that it belongs to."""
        return (self.kind, self.name)

    @property
    def title(self) -> str:
        """As people read it."""
        return title_of(self.kind, self.name)


# What a dark location cannot be believed any more.
_OPEN = frozenset({JobState.PLANNED, JobState.QUEUED, JobState.ACTIVE, JobState.LATE})


def shown_occurrence_state(occurrence: Occurrence, is_live: bool) -> JobState:
    """A fact stays, an absence does not."""
    is_unproved = not is_live and occurrence.state in _OPEN
    return JobState.UNKNOWN if is_unproved else occurrence.state


def day_order(lists: Mapping[str, Iterable[Occurrence]]) -> list[Occurrence]:
    """All occurrences of several locations by time; at the same time by location and name."""
    every = [occurrence for own in lists.values() for occurrence in own]
    every.sort(key=lambda o: (o.planned_time, o.location_id, o.name))
    return every
