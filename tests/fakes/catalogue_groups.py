"""How the catalogue in memory sums jobs up in groups."""

from collections import Counter
from collections.abc import Callable, Iterable

from server_agent.domain.jobs import Job, JobState
from server_agent.ports import JobGroup, JobGrouping, JobQuery

SEVERITIES = [JobState(code) for code in "0qac1X3"]

NAMES: dict[JobGrouping, Callable[[Job], str]] = {
    JobGrouping.TASK: lambda job: job.task,
    JobGrouping.CLIENT: lambda job: job.client,
    JobGrouping.TASK_GROUP: lambda job: job.group,
    JobGrouping.TYPE: lambda job: job.type or job.requested_type or "",
    JobGrouping.LOCATION: lambda job: "",
}


def groups_of(jobs: Iterable[Job], query: JobQuery, grouping: JobGrouping) -> list[JobGroup]:
    """The groups of these jobs, which meet the query but for its states."""
    by_name: dict[str, list[Job]] = {}
    for job in jobs:
        by_name.setdefault(NAMES[grouping](job), []).append(job)
    groups = []
    for name, members in by_name.items():
        wanted = [job for job in members if not query.states or job.state in query.states]
        if wanted:
            newest = max(wanted, key=lambda job: int(job.id))
            counts = dict(Counter(job.state for job in members))
            groups.append(JobGroup(name, counts, newest.id, newest.state, newest.create_time))
    return groups


def order_of(query: JobQuery) -> Callable[[JobGroup], int | str] | None:
    """What groups are sorted by; None for an unknown order."""

    def under_query(group: JobGroup) -> dict[JobState, int]:
        return {s: n for s, n in group.counts.items() if not query.states or s in query.states}

    orders: dict[str, Callable[[JobGroup], int | str]] = {
        "name": lambda group: group.name,
        "newest": lambda group: int(group.newest_id),
        "severity": lambda group: max(map(SEVERITIES.index, under_query(group))) + 1,
        "jobs": lambda group: sum(under_query(group).values()),
    }
    return orders.get(query.order)
