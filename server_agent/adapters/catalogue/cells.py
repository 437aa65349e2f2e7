"""Sums up in cells of the calendar sheet what has become of its rows on each sesam day."""

import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from server_agent.adapters.catalogue import records
from server_agent.adapters.catalogue.plan_records import cell
from server_agent.adapters.catalogue.plan_schema import occurrences, sheet_cells, was_given_up
from server_agent.adapters.catalogue.records import columns_of
from server_agent.adapters.catalogue.schema import has_no_task, jobs
from server_agent.domain.calendar import EntryState, state_of, worst
from server_agent.domain.events import EventKind
from server_agent.domain.jobs import Job, JobState
from server_agent.domain.occurrences import Verdict
from server_agent.ports import Cell, CellKey

_GIVEN_UP = {
    Verdict.MISSED: EntryState.MISSED,
    Verdict.BLOCKED: EntryState.BLOCKED,
    Verdict.CANCELLED: EntryState.CANCELLED,
}

# The wanted keys are one value, a list of [kind, name, day]. A list of tuples behind IN would make
# SQLite run through the whole table.
_WANTED = sa.func.json_each(sa.bindparam("keys")).table_valued("value", name="wanted")


def _wanted(*columns: sa.Column[Any]) -> sa.ColumnElement[bool]:
    """Whether a kind, name and day are among the wanted keys."""
    return sa.and_(
        *(
            column == sa.func.json_extract(_WANTED.c.value, f"$[{number}]")
            for number, column in enumerate(columns)
        )
    )


def _jobs_by(name: sa.Column[Any], *conditions: sa.ColumnElement[bool]) -> sa.Select[Any]:
    """One whole job for each state of a wanted key with the number of those in that state, and
    each job that waits: how long matters."""
    columns = (jobs.c.kind, name, jobs.c.sesam_day)
    waiting = sa.case((jobs.c.state == JobState.QUEUED, jobs.c.id), else_=0)
    alike = (
        sa.select(sa.func.max(jobs.c.id).label("id"), sa.func.count().label("runs"))
        .select_from(_WANTED)
        .join(jobs, sa.and_(_wanted(*columns), *conditions))
        .group_by(*columns, jobs.c.state, waiting)
        .subquery()
    )
    return sa.select(*columns_of(Job, jobs), name.label("name"), alike.c.runs).join_from(
        alike, jobs, jobs.c.id == alike.c.id
    )


def _given_up() -> sa.Select[Any]:
    columns = (occurrences.c.kind, occurrences.c.name, occurrences.c.sesam_day)
    return (
        sa.select(
            *columns,
            occurrences.c.verdict,
            sa.func.count().label("runs"),
            sa.func.max(occurrences.c.client).label("client"),
        )
        .select_from(_WANTED)
        .join(occurrences, sa.and_(_wanted(*columns), was_given_up))
        .group_by(*columns, occurrences.c.verdict)
    )


_KEY = (sheet_cells.c.kind, sheet_cells.c.name, sheet_cells.c.day)
_SELECT_CELLS = sa.select(sheet_cells).select_from(_WANTED).join(sheet_cells, _wanted(*_KEY))
_DELETE_CELL = sheet_cells.delete().where(
    *(column == sa.bindparam(f"of_{column.name}") for column in _KEY)
)
_OF_TASKS = (EventKind.BACKUP, EventKind.RESTORE, EventKind.VERIFY, EventKind.RESTORE_PROOF)
_SELECT_GIVEN_UP = _given_up()
# What a dry run says is no restore.
_SELECT_JOBS_OF_TASKS = _jobs_by(jobs.c.task, jobs.c.dry_run.is_(False))
_SELECT_JOBS_OF_EVENTS = _jobs_by(jobs.c.event, has_no_task)


@dataclass(slots=True)
class _Sum:
    """What a cell is made of. `newest` is the id of the newest job that was seen."""

    states: set[EntryState] = field(default_factory=set)
    runs: int = 0
    client: str = ""
    newest: int = 0


def refresh(connection: sa.Connection, keys: Collection[CellKey], now: datetime) -> list[CellKey]:
    """Works the cells out again; returns those that are no longer what they were, in order."""
    wanted = sorted(set(keys), key=lambda key: key.id)
    with_task = [key for key in wanted if key.kind in _OF_TASKS]
    without = [key for key in wanted if key.kind not in _OF_TASKS]
    sums: dict[CellKey, _Sum] = {}
    for row in _found(connection, _SELECT_GIVEN_UP, wanted):
        _add_given_up(row, sums)
    for row in _found(connection, _SELECT_JOBS_OF_TASKS, with_task):
        _add_jobs(row, sums, now)
    for row in _found(connection, _SELECT_JOBS_OF_EVENTS, without):
        _add_jobs(row, sums, now)
    before = {row.key: row for row in map(cell, _found(connection, _SELECT_CELLS, wanted))}
    after = {key: _cell(key, total) for key, total in sums.items()}
    changed = [key for key in wanted if before.get(key) != after.get(key)]
    old = [
        {"of_kind": key.kind, "of_name": key.name, "of_day": key.day}
        for key in changed
        if key in before
    ]
    if old:
        connection.execute(_DELETE_CELL, old)
    new = [_row(after[key]) for key in changed if key in after]
    if new:
        connection.execute(sheet_cells.insert(), new)
    return changed


def _found(
    connection: sa.Connection, query: sa.Select[Any], keys: list[CellKey]
) -> Sequence[sa.Row[Any]]:
    if not keys:
        return ()
    wanted = [[key.kind.value, key.name, key.day.isoformat()] for key in keys]
    return connection.execute(query, {"keys": json.dumps(wanted)}).all()


def _add_given_up(row: sa.Row[Any], sums: dict[CellKey, _Sum]) -> None:
    total = sums.setdefault(CellKey(row.kind, row.name, row.sesam_day), _Sum())
    total.states.add(_GIVEN_UP[row.verdict])
    total.runs += row.runs
    total.client = max(total.client, row.client)


def _add_jobs(row: sa.Row[Any], sums: dict[CellKey, _Sum], now: datetime) -> None:
    job = records.job(row)
    key = CellKey(EventKind(job.kind.value), row.name, job.sesam_day)
    total = sums.setdefault(key, _Sum())
    total.states.add(state_of(job.planned_time or job.create_time, None, job, now))
    total.runs += row.runs
    if int(job.id) > total.newest:
        total.newest, total.client = int(job.id), job.client


def _cell(key: CellKey, total: _Sum) -> Cell:
    state = worst(total.states)
    assert state is not None
    return Cell(key, total.client, state, total.runs)


def _row(made: Cell) -> dict[str, Any]:
    return {
        "day": made.key.day,
        "kind": made.key.kind,
        "name": made.key.name,
        "client": made.client,
        "state": made.state,
        "runs": made.runs,
    }
