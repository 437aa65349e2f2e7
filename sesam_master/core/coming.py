"""What starts in the next two hours anywhere, gathered by minute."""

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sesam_master.core.calendar_days import Cause, Occurrence, shown_occurrence_state
from sesam_master.core.states import JobState

AHEAD = timedelta(hours=2)
_TO_COME = frozenset({JobState.PLANNED, JobState.BLOCKED})


@dataclass(frozen=True, slots=True)
class Start:
    """An occurrence as it may be shown, with the name of its location."""

    occurrence: Occurrence
    state: JobState
    location: str


@dataclass(frozen=True, slots=True)
class ComingRow:
    """One name that starts in one minute, at one or more locations, in the same state at all."""

    time: datetime
    name: str
    state: JobState
    starts: tuple[Start, ...]

    @property
    def key(self) -> tuple[datetime, str, JobState]:
        return self.time, self.name, self.state


def coming_state(occurrence: Occurrence, is_live: bool) -> JobState:
    """As it will be, as far as its location knows: blocked, if another event will hold it off."""
    state = shown_occurrence_state(occurrence, is_live)
    is_held_off = state is JobState.PLANNED and occurrence.cause is Cause.BLOCKED_BY
    return JobState.BLOCKED if is_held_off else state


def to_come(found: Iterable[Occurrence]) -> list[Occurrence]:
    """Those that are not started yet, by time."""
    coming = [one for one in found if one.state in _TO_COME]
    return sorted(coming, key=lambda one: one.planned_time)


def due(coming: Sequence[Occurrence], now: datetime) -> Sequence[Occurrence]:
    """Those of the next two hours, out of what `to_come` gave."""
    first = bisect_left(coming, now, key=lambda one: one.planned_time)
    last = bisect_left(coming, now + AHEAD, lo=first, key=lambda one: one.planned_time)
    return coming[first:last]


def coming_rows(starts: Iterable[Start]) -> list[ComingRow]:
    """In the order of their times, of the same minute by name."""
    found: dict[tuple[datetime, str, JobState], list[Start]] = {}
    for start in starts:
        one = start.occurrence
        minute = one.planned_time.replace(second=0, microsecond=0)
        found.setdefault((minute, one.title, start.state), []).append(start)
    return [ComingRow(*key, tuple(own)) for key, own in sorted(found.items())]
