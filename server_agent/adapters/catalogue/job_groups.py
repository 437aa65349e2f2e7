"""Jobs summed up in groups: how many of each state, and the newest."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from server_agent.adapters.catalogue import position as positions
from server_agent.adapters.catalogue.columns import severity
from server_agent.adapters.catalogue.job_sums import JobSums
from server_agent.adapters.catalogue.job_text import listed
from server_agent.adapters.catalogue.schema import jobs
from server_agent.domain.errors import InvalidArgument
from server_agent.domain.jobs import JobState
from server_agent.ports import JobGroup, JobGrouping, JobQuery, Page

Key = int | str


@dataclass(slots=True)
class _Sum:
    """What is known of a group. `newest`, `severity` and `jobs` are of the wanted states only."""

    name: str
    counts: dict[JobState, int] = field(default_factory=dict)
    newest: int = 0
    severity: int = 0
    jobs: int = 0


_KEYS: dict[str, Callable[[_Sum], Key]] = {
    "name": lambda group: group.name,
    "newest": lambda group: group.newest,
    "severity": lambda group: group.severity,
    "jobs": lambda group: group.jobs,
}


def page(
    connection: sa.Connection,
    sums: JobSums,
    query: JobQuery,
    grouping: JobGrouping,
    position: str | None,
    limit: int,
) -> Page[JobGroup]:
    """One page of the groups. Raises InvalidArgument or PageTokenInvalid."""
    key = _key(query.order)
    list_name = positions.group_list(query, grouping)
    after: tuple[Key, str] | None = None
    if position:
        kind: type[Any] = str if query.order == "name" else int
        after = positions.decode(list_name, position, kind, str)
    found = [(key(group), group.name, group) for group in _groups(sums, query, grouping)]
    found.sort(key=lambda row: row[:2], reverse=query.descending)
    if after is not None:
        is_behind = tuple.__lt__ if query.descending else tuple.__gt__
        found = [row for row in found if is_behind(row[:2], after)]
    shown = found[:limit]
    following = None
    if len(found) > limit:
        following = positions.encode(list_name, *shown[-1][:2])
    newest = _newest(connection, [group.newest for _, _, group in shown])
    groups = (
        JobGroup(group.name, group.counts, str(group.newest), *newest[group.newest])
        for _, _, group in shown
    )
    return Page(tuple(groups), following)


def _groups(sums: JobSums, query: JobQuery, grouping: JobGrouping) -> list[_Sum]:
    """The groups that have a job in one of the wanted states."""
    groups: dict[str, _Sum] = {}
    for part in sums.tally(query, grouping):
        group = groups.setdefault(part.name, _Sum(part.name))
        group.counts[part.state] = group.counts.get(part.state, 0) + part.jobs
        if not query.states or part.state in query.states:
            group.newest = max(group.newest, part.newest)
            group.severity = max(group.severity, severity(part.state))
            group.jobs += part.jobs
    return [group for group in groups.values() if group.jobs]


def _newest(connection: sa.Connection, ids: list[int]) -> dict[int, tuple[JobState, datetime]]:
    """State and time of entry of each job."""
    wanted = sa.select(jobs.c.id, jobs.c.state, jobs.c.create_time).where(
        jobs.c.id.in_(listed(ids))
    )
    return {row.id: (row.state, row.create_time) for row in connection.execute(wanted)}


def _key(order: str) -> Callable[[_Sum], Key]:
    if order not in _KEYS:
        known = ", ".join(sorted(_KEYS))
        raise InvalidArgument(field="order_by", value=order, expected=f"one of {known}")
    return _KEYS[order]
