"""Results summed up in groups: one sum for each task, client, location, ... over many locations."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from sesam_master.core.records import Job
from sesam_master.core.states import OPEN_STATES, JobState, severity_rank, worst


class Grouping(StrEnum):
    """The value is what is kept on disk."""

    NONE = "none"
    TASK = "task"
    CLIENT = "client"
    LOCATION = "location"
    FARM = "farm"
    TASK_GROUP = "task group"
    STATE = "state"


# Those that a location alone knows; the others follow from its counts per state.
ASKED = frozenset({Grouping.TASK, Grouping.CLIENT, Grouping.TASK_GROUP})


@dataclass(frozen=True, slots=True)
class Share:
    """What one location adds to a group. `newest_time` is when its newest job was asked for, None
    where that is not known."""

    counts: Mapping[JobState, int]
    newest_time: datetime | None = None


@dataclass(slots=True)
class GroupSum:
    """A group over its locations: `locations` added to it. `newest_time` is None where one of them
    does not say it."""

    key: str
    counts: Counter[JobState] = field(default_factory=Counter)
    newest_time: datetime | None = None
    locations: set[str] = field(default_factory=set)
    _is_time_known: bool = True

    def add(self, location_id: str, share: Share, *, is_live: bool) -> None:
        """Takes a share; what was open at a location that is dark now is unknown."""
        counts, is_empty = self.counts, True
        for state, number in share.counts.items():
            if number:
                is_known = is_live or state not in OPEN_STATES
                counts[state if is_known else JobState.UNKNOWN] += number
                is_empty = False
        if is_empty:
            return
        self.locations.add(location_id)
        time, newest = share.newest_time, self.newest_time
        if time is None:
            self._is_time_known, self.newest_time = False, None
        elif self._is_time_known and (newest is None or time > newest):
            self.newest_time = time

    @property
    def worst(self) -> JobState:
        """The worst state of its jobs."""
        return worst(state for state, number in self.counts.items() if number)

    @property
    def shown_counts(self) -> tuple[tuple[JobState, int], ...]:
        """Worst first, only those that are there."""
        ordered = sorted(self.counts.items(), key=lambda item: severity_rank(item[0]))
        return tuple((state, number) for state, number in ordered if number)


def group_key(job: Job, grouping: Grouping, farm: str, state: JobState) -> str:
    """The group of a job at a location of this farm, shown in this state."""
    keys = {
        Grouping.NONE: "",
        Grouping.TASK: job.task,
        Grouping.CLIENT: job.client,
        Grouping.LOCATION: job.location_id,
        Grouping.FARM: farm,
        Grouping.TASK_GROUP: job.group,
        Grouping.STATE: state.value,
    }
    return keys[grouping]


def shares_of(
    jobs: Iterable[tuple[Job, JobState]], grouping: Grouping, farm: str
) -> dict[str, Share]:
    """The shares of jobs of one location that are all here, each with its shown state."""
    counts: dict[str, Counter[JobState]] = {}
    newest: dict[str, datetime] = {}
    for job, state in jobs:
        key = group_key(job, grouping, farm, state)
        counts.setdefault(key, Counter())[state] += 1
        newest[key] = max(newest.get(key, job.create_time), job.create_time)
    return {key: Share(counts[key], newest[key]) for key in counts}


def ordered(
    sums: Iterable[GroupSum], order: str, *, descending: bool, name_of: Callable[[str], str]
) -> list[GroupSum]:
    """In the order of the table as far as groups have one: by their worst state, by their newest
    job, else by name."""
    groups = sorted(sums, key=lambda group: (name_of(group.key).casefold(), group.key))
    if order == "severity":
        groups.sort(key=_moment, reverse=True)
        groups.sort(key=lambda group: severity_rank(group.worst), reverse=not descending)
    elif order == "create_time":
        groups.sort(key=_moment, reverse=descending)
    elif descending and order in ("task", "client", "location"):
        groups.reverse()
    return groups


def _moment(group: GroupSum) -> float:
    return group.newest_time.timestamp() if group.newest_time else 0.0
