"""How many jobs of each state there are under a query, and which is the newest.

Read from `job_sums`, which holds years, months and days, so that a long history costs little more
than a short one; only those found by their words are looked at one by one.
"""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from typing import Any, NamedTuple

import sqlalchemy as sa

from server_agent.adapters.catalogue.columns import state_number
from server_agent.adapters.catalogue.job_text import (
    ID_BITS,
    STATE_BITS,
    Condition,
    Text,
    beside_order,
    job_conditions,
    listed,
    look_up,
    word_id,
)
from server_agent.adapters.catalogue.schema import job_subjects, job_sums, job_words, jobs
from server_agent.domain.jobs import JobKind, JobState
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


class Tally(NamedTuple):
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
        wanted.append(job_subjects.c.id.in_(listed([row.id for row in text.subjects])))
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
        rows = connection.execute(sums, {"first": first, "last": last})
        yield from map(Tally._make, rows)


def _by_words(
    connection: sa.Connection, query: JobQuery, grouping: JobGrouping, text: Text
) -> Iterator[Tally]:
    """Those that have the text in their words and in no name.

    State by state, so that nothing has to be sorted, and without a look at the jobs themselves
    where the index of words knows all that is asked for.
    """
    is_backup: tuple[bool, ...] = (True, False)
    if query.kinds == {JobKind.BACKUP}:
        query, is_backup = replace(query, kinds=frozenset()), (True,)
    conditions = job_conditions(query)
    if text.subjects:
        conditions.append(sa.not_(text.in_names))
    if not text.is_whole:
        conditions.append(text.in_words)
    name = _NAMES[grouping].label("name")
    found = sa.select(name, sa.func.count().label("jobs"), sa.func.max(word_id).label("newest"))
    found = found.select_from(job_words).where(text.matches, _PLACES, *conditions)
    if conditions or grouping is not JobGrouping.LOCATION:
        found = found.join(jobs, jobs.c.id == word_id)
    if grouping is not JobGrouping.LOCATION:
        found = found.group_by(name)
    for flag in is_backup:
        for state in JobState:
            first = (flag << STATE_BITS | state_number(state)) << ID_BITS
            places = {"first": first, "end": first + (1 << ID_BITS)}
            for row in connection.execute(found, places):
                if row.jobs:
                    yield Tally(row.name, state, row.jobs, row.newest)


_PLACES = sa.and_(
    job_words.c.rowid >= sa.bindparam("first"), job_words.c.rowid < sa.bindparam("end")
)


# Before it, a day may have as many digits as a month.
_FIRST_DAY = date(1900, 1, 1)


def _periods(first: date | None, last: date | None) -> Iterator[tuple[int, int]]:
    """Spans of years, of months where a year is not whole, and of days where a month is not, which
    together are the days; some of them may be empty."""
    begin, end = max(first or date.min, _FIRST_DAY), last or date.max
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
