"""How many jobs of each state there are under a query, and which is the newest.

Read from `job_sums`, which holds years, months and days, so that a long history costs little more
than a short one; only those found by their words are looked at one by one.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

import sqlalchemy as sa

from server_agent.adapters.catalogue.job_text import (
    Condition,
    Text,
    beside_order,
    job_conditions,
    look_up,
)
from server_agent.adapters.catalogue.schema import job_subjects, job_sums, job_words, jobs
from server_agent.domain.jobs import JobState
from server_agent.ports import JobGrouping, JobQuery

_TYPE = sa.func.coalesce(
    sa.type_coerce(jobs.c.type, sa.Text), sa.type_coerce(jobs.c.requested_type, sa.Text), ""
)
_NAMES: dict[JobGrouping, sa.ColumnElement[Any]] = {
    JobGrouping.TASK: jobs.c.task,
    JobGrouping.CLIENT: jobs.c.client,
    JobGrouping.TASK_GROUP: jobs.c.group,
    JobGrouping.TYPE: _TYPE,
    JobGrouping.LOCATION: sa.literal(""),
}
_SUBJECT_NAMES: dict[JobGrouping, sa.ColumnElement[Any]] = {
    JobGrouping.TASK: job_subjects.c.task,
    JobGrouping.CLIENT: job_subjects.c.client,
    JobGrouping.TASK_GROUP: job_subjects.c.group,
    JobGrouping.TYPE: job_subjects.c.type,
    JobGrouping.LOCATION: sa.literal(""),
}


@dataclass(frozen=True, slots=True)
class Tally:
    """Jobs of one group in one state. `newest` is an id."""

    name: str
    state: JobState
    jobs: int
    newest: int


class JobSums:
    """Sums of one moment of the catalogue. What was asked for before is not looked up again."""

    def __init__(self, connection: sa.Connection) -> None:
        self._connection = connection
        self._texts: dict[str, Text] = {}
        self._tallies: dict[tuple[JobQuery, JobGrouping], list[Tally]] = {}

    def text(self, query: JobQuery) -> Text | None:
        """What the query's text finds; None without one."""
        if query.text and query.text not in self._texts:
            self._texts[query.text] = look_up(self._connection, query.text)
        return self._texts.get(query.text)

    def tally(self, query: JobQuery, grouping: JobGrouping) -> list[Tally]:
        """What there is under the query without its states, by group and state; each may come more
        than once."""
        key = replace(query, states=frozenset(), order="", descending=False), grouping
        if key not in self._tallies:
            text = self.text(query)
            found = list(_by_subject(self._connection, query, grouping, text))
            if text is not None and text.has_words:
                found += _by_words(self._connection, query, grouping, text)
            self._tallies[key] = found
        return self._tallies[key]

    def counts(self, query: JobQuery) -> dict[JobState, int]:
        """Jobs per state under the query without its states."""
        total: dict[JobState, int] = {}
        for part in self.tally(query, JobGrouping.LOCATION):
            total[part.state] = total.get(part.state, 0) + part.jobs
        return total


def _by_subject(
    connection: sa.Connection, query: JobQuery, grouping: JobGrouping, text: Text | None
) -> Iterator[Tally]:
    wanted: list[Condition] = []
    if query.kinds:
        wanted.append(job_subjects.c.kind.in_(query.kinds))
    if query.task:
        wanted.append(job_subjects.c.task == query.task)
    if query.client:
        wanted.append(job_subjects.c.client == query.client)
    if query.group is not None:
        wanted.append(job_subjects.c.group == query.group)
    if text is not None:
        ids = sa.func.json_each(json.dumps([row.id for row in text.subjects]))
        wanted.append(job_subjects.c.id.in_(sa.select(ids.table_valued("value").c.value)))
    name = _SUBJECT_NAMES[grouping].label("name")
    sums = (
        sa.select(
            name,
            job_sums.c.state,
            sa.func.sum(job_sums.c.jobs).label("jobs"),
            sa.func.max(job_sums.c.newest).label("newest"),
        )
        .join(job_subjects, beside_order(job_subjects.c.id) == job_sums.c.subject)
        .where(job_sums.c.period.between(sa.bindparam("first"), sa.bindparam("last")), *wanted)
        .group_by(*([] if grouping is JobGrouping.LOCATION else [name]), job_sums.c.state)
    )
    for first, last in _periods(query.first_sesam_day, query.last_sesam_day):
        for row in connection.execute(sums, {"first": first, "last": last}):
            yield Tally(row.name, row.state, row.jobs, row.newest)


def _by_words(
    connection: sa.Connection, query: JobQuery, grouping: JobGrouping, text: Text
) -> list[Tally]:
    """Those that have the text in their words and in no name."""
    conditions = job_conditions(query)
    if text.subjects:
        conditions.append(sa.not_(text.in_names))
    name = _NAMES[grouping].label("name")
    rows = connection.execute(
        sa.select(
            name,
            jobs.c.state,
            sa.func.count().label("jobs"),
            sa.func.max(jobs.c.id).label("newest"),
        )
        .select_from(job_words)
        .join(jobs, jobs.c.id == job_words.c.rowid + 0)
        .where(text.matches, *conditions)
        .group_by(*([] if grouping is JobGrouping.LOCATION else [name]), jobs.c.state)
    )
    return [Tally(row.name, row.state, row.jobs, row.newest) for row in rows]


def _periods(first: date | None, last: date | None) -> Iterator[tuple[int, int]]:
    """Spans of years, of months where a year is not whole, and of days where a month is not, which
    together are the days; some of them may be empty."""
    begin, end = first or date.min, last or date.max
    if begin > end:
        return
    low, high = _number(begin), _number(end)
    for below, first_part, last_part in ((100, 1, 31), (100, 1, 12)):
        if low // below == high // below:
            yield low, high
            return
        if low % below > first_part:
            yield low, low // below * below + last_part
            low += below
        if high % below < last_part:
            yield high // below * below, high
            high -= below
        low, high = low // below, high // below
    yield low, high


def _number(day: date) -> int:
    return day.year * 10_000 + day.month * 100 + day.day
