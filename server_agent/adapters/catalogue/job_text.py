"""Where jobs are looked for by a part of a text: in the names that they share, and in their words.

Names (task, client, event, task group) are few and compared here; words (saveset, message) are as
many as jobs, and found by an index of three characters each.
"""

import json
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.sql.operators import custom_op

from server_agent.adapters.catalogue.schema import job_subjects, job_words, jobs
from server_agent.ports import JobQuery

SHORTEST_WORD = 3  # characters that the index of words can look for
# More of a text are not: each three of them are looked for by themselves, in up to all jobs.
LONGEST_WORD = 32
# What no word holds: a line break parts saveset and message; FTS5 ends at the first of the others,
# and takes the last two for U+FFFD.
_NOT_IN_WORDS = frozenset("\n\0\ufffe\uffff")
_INDEXED = str.maketrans(dict.fromkeys(_NOT_IN_WORDS - {"\n"}, "\ufffd"))
ID_BITS, STATE_BITS = 40, 8  # of a place in the index of words

Condition = sa.ColumnElement[bool]


@dataclass(frozen=True, slots=True)
class Text:
    """What a text finds. `subjects` have it in a name; the sets are the names that have it."""

    text: str
    subjects: tuple[sa.Row[Any], ...]
    tasks: frozenset[str]
    clients: frozenset[str]
    events: frozenset[str]
    groups: frozenset[str]

    @property
    def has_words(self) -> bool:
        """Whether words are looked at, too."""
        return len(self.text) >= SHORTEST_WORD and _NOT_IN_WORDS.isdisjoint(self.text)

    @property
    def is_whole(self) -> bool:
        """Whether what `matches` has all of the text."""
        return len(self.text) <= LONGEST_WORD

    @property
    def phrase(self) -> str:
        """The begin of the text in the words of FTS5 (sqlite.org/fts5.html, section 3.1)."""
        return '"' + self.text[:LONGEST_WORD].replace('"', '""') + '"'

    @property
    def in_names(self) -> Condition:
        """Whether a job has it in a name."""
        return sa.or_(
            sa.false(),
            *(
                beside_order(column).in_(listed(names))
                for column, names in (
                    (jobs.c.task, self.tasks),
                    (jobs.c.client, self.clients),
                    (jobs.c.event, self.events),
                    (jobs.c.group, self.groups),
                )
                if names
            ),
        )

    @property
    def anywhere(self) -> Condition:
        """Whether a job has it in a name or in its words."""
        if not self.has_words:
            return self.in_names
        return sa.or_(self.in_words, self.in_names)

    @property
    def in_words(self) -> Condition:
        """Whether a job has it in its words."""
        # Not LIKE: the text needs no escapes, and SQLite limits the length of a pattern.
        return sa.func.instr(jobs.c.search, self.text) > 0

    def word_ids(self) -> sa.Select[Any]:
        """Ids of the jobs that have its begin in their words."""
        return sa.select(word_id).where(self.matches)

    @property
    def matches(self) -> Condition:
        """Whether a row of the index of words has its begin."""
        return sa.literal_column("job_words").op("MATCH", return_type=sa.Boolean)(self.phrase)


word_id: sa.ColumnElement[int] = job_words.c.rowid.bitwise_and((1 << ID_BITS) - 1)


def listed(values: Collection[int] | Collection[str]) -> sa.Select[Any]:
    """What a column may be `in_`: one value for the database, however many they are."""
    rows = sa.func.json_each(json.dumps(sorted(values), ensure_ascii=False))
    return sa.select(rows.table_valued("value").c.value)


def words_of(saveset: str, message: str) -> str:
    """What is kept of a job to look for a text in: `jobs.search`."""
    return f"{saveset}\n{message}".casefold().translate(_INDEXED)


def look_up(connection: sa.Connection, text: str) -> Text:
    """What the text finds; letter case does not matter."""
    wanted = text.casefold()
    names: tuple[dict[str, bool], ...] = ({}, {}, {}, {})  # whether each task, client, ... has it
    subjects = []
    for row in connection.execute(_SUBJECTS).all():
        has = False
        for known, name in zip(names, row[1:], strict=True):
            if name not in known:
                known[name] = wanted in name.casefold()
            has = has or known[name]
        if has:
            subjects.append(row)
    having = [frozenset(name for name, has in known.items() if has) for known in names]
    return Text(wanted, tuple(subjects), *having)


_SUBJECTS: sa.Select[Any] = sa.select(
    job_subjects.c.id,
    job_subjects.c.task,
    job_subjects.c.client,
    job_subjects.c.event,
    job_subjects.c.group,
)


def beside_order(column: sa.ColumnElement[Any]) -> sa.ColumnElement[Any]:
    """The column in a form that no index is sought by.

    Sought by its state, a million jobs that went well would be sorted for each page; run along the
    index of the order, the first page of them is there at once.
    """
    return sa.UnaryExpression(column, operator=custom_op("+"), type_=column.type)


def job_conditions(query: JobQuery, is_by_name: bool = False) -> list[Condition]:
    """What the query asks of a job, but for its states and its text.

    Args:
        is_by_name: the jobs of a task or client may be sought by an index of their own.
    """

    def named(column: sa.Column[str]) -> sa.ColumnElement[str]:
        return column if is_by_name else beside_order(column)

    conditions: list[Condition] = []
    if query.kinds:
        conditions.append(beside_order(jobs.c.kind).in_(query.kinds))
    if query.task:
        conditions.append(named(jobs.c.task) == query.task)
    if query.client:
        conditions.append(named(jobs.c.client) == query.client)
    if query.group is not None:
        conditions.append(beside_order(jobs.c.group) == query.group)
    if query.first_sesam_day:
        conditions.append(beside_order(jobs.c.sesam_day) >= query.first_sesam_day)
    if query.last_sesam_day:
        conditions.append(beside_order(jobs.c.sesam_day) <= query.last_sesam_day)
    return conditions
