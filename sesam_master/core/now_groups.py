"""Open jobs summed up by location or farm, kept up to date job by job."""

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping, Set
from dataclasses import dataclass, field
from datetime import datetime

from sesam_master.core.now import JobKey, OpenJob
from sesam_master.core.results_groups import Grouping
from sesam_master.core.states import JobState

GROUPINGS = (Grouping.NONE, Grouping.LOCATION, Grouping.FARM)


@dataclass(frozen=True, slots=True)
class Group:
    """`key` is a location id, or a farm ("" is the one of those that are in none)."""

    key: str
    title: str

    @property
    def order(self) -> tuple[bool, str, str]:
        """By name; what is in no farm comes last."""
        return not self.key, self.title.casefold(), self.key


@dataclass(frozen=True, slots=True)
class GroupSum:
    """The open jobs of a group. `dark` are those of its locations that nobody proves now; `rate` is
    in bytes per second, of the others."""

    counts: Mapping[JobState, int]
    locations: int
    dark: int
    rate: float


_GROUP_OF: dict[Grouping, Callable[[OpenJob], Group]] = {
    Grouping.LOCATION: lambda one: Group(one.job.location_id, one.location),
    Grouping.FARM: lambda one: Group(one.farm, one.farm),
}


@dataclass(slots=True)
class GroupedJobs:
    """Some open jobs by their groups. Without a grouping all are in none."""

    grouping: Grouping = Grouping.NONE
    _jobs: dict[JobKey, OpenJob] = field(default_factory=dict)
    _members: dict[Group, dict[JobKey, OpenJob]] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self._jobs)

    @property
    def groups(self) -> Set[Group]:
        return self._members.keys()

    def group_of(self, one: OpenJob) -> Group | None:
        find = _GROUP_OF.get(self.grouping)
        return find(one) if find is not None else None

    def members(self, group: Group) -> Collection[OpenJob]:
        """The jobs of a group, in the order in which they came."""
        return self._members.get(group, {}).values()

    def jobs(self) -> Collection[OpenJob]:
        return self._jobs.values()

    def take(self, jobs: Iterable[OpenJob], gone: Iterable[JobKey] = ()) -> set[Group]:
        """Newest values, and keys of what is not there any more. Gives the groups that are other
        than before."""
        touched: set[Group] = set()
        for key in gone:
            self._leave(self._jobs.pop(key, None), None, touched)
        for one in jobs:
            group = self.group_of(one)
            self._leave(self._jobs.get(one.key), group, touched)
            self._jobs[one.key] = one
            if group is not None:
                self._members.setdefault(group, {})[one.key] = one
                touched.add(group)
        return touched

    def sum(self, group: Group, now: datetime) -> GroupSum:
        members = self.members(group)
        places = {one.job.location_id: one.is_live for one in members}
        return GroupSum(
            counts=Counter(one.state(now) for one in members),
            locations=len(places),
            dark=sum(not is_live for is_live in places.values()),
            rate=sum(one.rate(now) or 0.0 for one in members),
        )

    def _leave(self, one: OpenJob | None, stays: Group | None, touched: set[Group]) -> None:
        """Takes a job out of the group that it was in, unless it stays there."""
        group = self.group_of(one) if one is not None else None
        if one is None or group is None or group == stays:
            return
        touched.add(group)
        members = self._members[group]
        del members[one.key]
        if not members:
            del self._members[group]
