"""One page of a list of jobs, at about the same price for any order and filter.

Few jobs are gathered by the index that is nearest to what is wanted, and sorted. Of many, the
index of the order is run along; the jobs that are wanted lie dense in it. Where the order has few
values, such as states or tasks, only those are run along under which there are jobs at all.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

import sqlalchemy as sa

from server_agent.adapters.catalogue import position as positions
from server_agent.adapters.catalogue import records
from server_agent.adapters.catalogue.columns import ByteStrings, severity, state_number
from server_agent.adapters.catalogue.job_sums import JobSums, Tally
from server_agent.adapters.catalogue.job_text import (
    Text,
    beside_order,
    job_conditions,
    listed,
)
from server_agent.adapters.catalogue.pages import Condition, Order, as_kept
from server_agent.adapters.catalogue.records import columns_of
from server_agent.adapters.catalogue.schema import job_subjects, jobs
from server_agent.domain.errors import InvalidArgument
from server_agent.domain.jobs import Job
from server_agent.ports import JobGrouping, JobQuery, Page

# What it costs to look at a job along the index of the order, where one that is gathered and sorted
# costs 1: in its row, in the index alone, and in its row where all that are wanted may be old.
ROW_COST, INDEX_COST, AGED_COST = 1.0, 0.1, 6.0
SHORT = timedelta(days=92)  # within it, days are nearer to what is wanted than states

Key = int | str
After = tuple[Key, int]

_KEYS: dict[str, sa.Column[Any]] = {
    "create_time": jobs.c.create_time,
    "task": jobs.c.task,
    "client": jobs.c.client,
    "state": jobs.c.state,
    "severity": jobs.c.severity,
    "bytes": jobs.c.bytes_done,
    "duration": jobs.c.duration,
}
_GROUPINGS = {"task": JobGrouping.TASK, "client": JobGrouping.CLIENT}
_LISTED = [
    sa.literal(b"", ByteStrings).label("paths") if column.name == "paths" else column
    for column in columns_of(Job, jobs)
]
_STATE_ORDERS = frozenset({"state", "severity"})


def page(
    connection: sa.Connection, sums: JobSums, query: JobQuery, position: str | None, limit: int
) -> Page[Job]:
    """Raises InvalidArgument or PageTokenInvalid."""
    if query.order not in _KEYS:
        known = ", ".join(sorted(_KEYS))
        raise InvalidArgument(field="order_by", value=query.order, expected=f"one of {known}")
    order = Order(as_kept(_KEYS[query.order]), jobs.c.id, query.descending)
    list_name = positions.job_list(query)
    after: After | None = None
    if position:
        after = positions.decode(list_name, position, order.key.type.python_type, int)
    rows = _Search(connection, sums, query, order).rows(after, limit + 1)
    following = None
    if len(rows) > limit:
        last = rows[limit - 1]
        following = positions.encode(list_name, last.page_key, int(last.id))
    return Page(tuple(records.job(row) for row in rows[:limit]), following)


@dataclass(frozen=True, slots=True)
class _Search:
    connection: sa.Connection
    sums: JobSums
    query: JobQuery
    order: Order

    def rows(self, after: After | None, limit: int) -> Sequence[sa.Row[Any]]:
        """At most `limit` rows behind the one with this key and id."""
        query = self.query
        text = self.sums.text(query)
        beside = _states(query) if text is None else [*_states(query), text.anywhere]
        conditions = [*job_conditions(query), *beside]
        # By time, the jobs of a task or client are run along by themselves: all of them may be old.
        is_by_time = query.order == "create_time"
        select = _select(self.order.key, [*job_conditions(query, is_by_time), *beside])
        grouping = JobGrouping.LOCATION
        if text or query.client or query.group is not None:  # which tasks have some and others none
            grouping = _GROUPINGS.get(query.order, grouping)
        if self._has_many_words(text, limit):
            if grouping is not JobGrouping.LOCATION:
                anywhere = self.sums.tally(replace(query, text=""), grouping)
                return self._stepped(select, anywhere, after, limit)
            if query.order not in _STATE_ORDERS:
                return self._along(select, after, limit)
        found = [
            part
            for part in self.sums.tally(query, grouping)
            if not query.states or part.state in query.states
        ]
        total = sum(part.jobs for part in found)
        if total == 0:
            return []
        if total <= self._few(limit, self._cost(text)):
            return self._gathered(conditions, text, after, limit)
        if query.order in _STATE_ORDERS or grouping is not JobGrouping.LOCATION:
            return self._stepped(select, found, after, limit)
        return self._along(select, after, limit)

    def _cost(self, text: Text | None) -> float:
        query = self.query
        if not (text or query.task or query.client or query.group is not None):
            return INDEX_COST
        # What has a text may be a client that was given up long ago: then most jobs are newer.
        is_aged = query.order == "create_time" and not (query.task or query.client)
        return AGED_COST if is_aged else ROW_COST

    def _few(self, limit: int, cost: float) -> int:
        """So many jobs are gathered sooner than `limit` of them are met along the index."""
        known = self.connection.scalar(sa.select(sa.func.max(jobs.c.id))) or 0
        return math.isqrt(int(known * limit * cost))

    def _has_many_words(self, text: Text | None, limit: int) -> bool:
        """Whether so many jobs have the text in their words, and hardly anything else is asked of
        them, that they lie dense in the index of the order; they need not be counted to know it."""
        query = self.query
        if text is None or not text.has_words or not text.is_whole or query.group is not None:
            return False
        days = query.first_sesam_day or query.last_sesam_day
        if query.task or query.client or query.states or days:
            return False
        few = self._few(limit, ROW_COST)
        some = text.word_ids().limit(few + 1).subquery()
        if self.connection.scalar(sa.select(sa.func.count()).select_from(some)) != few + 1:
            return False
        known = self.connection.scalar(sa.select(sa.func.max(jobs.c.id))) or 0
        anyhow = self.sums.tally(replace(query, text=""), JobGrouping.LOCATION)
        return sum(part.jobs for part in anyhow) > known / 2

    def _gathered(
        self, conditions: list[Condition], text: Text | None, after: After | None, limit: int
    ) -> Sequence[sa.Row[Any]]:
        order = self.order
        key = beside_order(order.key)
        ids = _nearest(self.query, text)
        select = _select(order.key, [jobs.c.id.in_(ids), *conditions])
        if after is not None:
            select = select.where(_behind(key, order, after))
        if order.descending:
            select = select.order_by(key.desc(), order.tie.desc())
        else:
            select = select.order_by(key, order.tie)
        return self.connection.execute(select.limit(limit)).all()

    def _stepped(
        self, select: sa.Select[Any], found: list[Tally], after: After | None, limit: int
    ) -> Sequence[sa.Row[Any]]:
        """Key by key."""
        descending = self.order.descending
        rows: list[sa.Row[Any]] = []
        for key in sorted({self._key_of(part) for part in found}, reverse=descending):
            behind: After | None = None
            if after is not None:
                if key < after[0] if not descending else key > after[0]:  # type: ignore[operator]
                    continue
                behind = after if key == after[0] else None
            rows += self._of_key(select, key, behind, limit - len(rows))
            if len(rows) == limit:
                break
        return rows

    def _along(
        self, select: sa.Select[Any], after: After | None, limit: int
    ) -> Sequence[sa.Row[Any]]:
        """Run along the index of the order.

        In two queries, one for the rows with the same key: SQLite would use only the first half of
        a comparison of pairs, and run through most of the jobs where many share a key.
        """
        key, tie = self.order.key, self.order.tie
        if self.order.descending:
            ordered = select.order_by(key.desc(), tie.desc())
        else:
            ordered = select.order_by(key, tie)
        if after is None:
            return self.connection.execute(ordered.limit(limit)).all()
        rows = list(self._of_key(select, after[0], after, limit))
        if len(rows) < limit:
            beyond = ordered.where(key < after[0] if self.order.descending else key > after[0])
            rows += self.connection.execute(beyond.limit(limit - len(rows)))
        return rows

    def _of_key(
        self, select: sa.Select[Any], key: Key, behind: After | None, limit: int
    ) -> Sequence[sa.Row[Any]]:
        tie, descending = self.order.tie, self.order.descending
        select = select.where(self.order.key == key)
        if behind is not None:
            select = select.where(tie < behind[1] if descending else tie > behind[1])
        select = select.order_by(tie.desc() if descending else tie)
        return self.connection.execute(select.limit(limit)).all()

    def _key_of(self, part: Tally) -> Key:
        if self.query.order == "state":
            return state_number(part.state)
        return severity(part.state) if self.query.order == "severity" else part.name


def _select(key: sa.ColumnElement[Any], conditions: Sequence[Condition]) -> sa.Select[Any]:
    return sa.select(*_LISTED, key.label("page_key")).where(*conditions)


def _states(query: JobQuery) -> list[Condition]:
    return [beside_order(jobs.c.state).in_(query.states)] if query.states else []


def _behind(key: sa.ColumnElement[Any], order: Order, after: After) -> Condition:
    last_key, last_id = after
    if order.descending:
        return sa.or_(key < last_key, sa.and_(key == last_key, order.tie < last_id))
    return sa.or_(key > last_key, sa.and_(key == last_key, order.tie > last_id))


def _nearest(query: JobQuery, text: Text | None) -> sa.Select[Any] | sa.CompoundSelect[Any]:
    """Ids among which all jobs under the query are, by the index that leaves the fewest."""
    ids = sa.select(jobs.c.id)
    beside = [
        condition
        for wanted, column in ((query.kinds, jobs.c.kind), (query.states, jobs.c.state))
        if wanted
        for condition in [beside_order(column).in_(wanted)]
    ]
    if text is not None:
        tasks = {row.task for row in text.subjects}
        named = ids.where(jobs.c.task.in_(listed(tasks)), *beside)
        return sa.union(named, text.word_ids()) if text.has_words else named
    if query.task:
        return ids.where(jobs.c.task == query.task, *beside)
    if query.client:
        return ids.where(jobs.c.client == query.client, *beside)
    if query.group is not None:
        tasks_of = sa.select(job_subjects.c.task).where(job_subjects.c.group == query.group)
        return ids.where(jobs.c.task.in_(tasks_of), *beside)
    if not query.states or _is_short(query):
        days = []
        if query.first_sesam_day:
            days.append(jobs.c.sesam_day >= query.first_sesam_day)
        if query.last_sesam_day:
            days.append(jobs.c.sesam_day <= query.last_sesam_day)
        if days:
            return ids.where(*days, *beside)
    if query.states:
        return ids.where(jobs.c.state.in_(query.states), *beside)
    return ids.where(jobs.c.kind.in_(query.kinds)) if query.kinds else ids


def _is_short(query: JobQuery) -> bool:
    first, last = query.first_sesam_day, query.last_sesam_day
    return first is not None and last is not None and last - first <= SHORT
