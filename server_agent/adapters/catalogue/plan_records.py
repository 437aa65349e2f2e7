"""Rows of the plan's tables as records of the domain, and the other way round."""

from typing import Any

import sqlalchemy as sa

from server_agent.adapters.catalogue.plan_schema import occurrences, past_events
from server_agent.adapters.catalogue.records import columns_of, job, names_of, record, values_of
from server_agent.adapters.catalogue.schema import jobs
from server_agent.domain.events import (
    Action,
    BackupAction,
    CommandAction,
    Event,
    EventKind,
    MigrationAction,
    NewdayAction,
    RestoreAction,
    RestoreProofAction,
    VerifyAction,
    kind_of,
)
from server_agent.domain.jobs import Job
from server_agent.domain.occurrences import Occurrence, Slot
from server_agent.ports import Cell, CellKey, Past

_ACTIONS: dict[EventKind, type[Action]] = {
    EventKind.BACKUP: BackupAction,
    EventKind.RESTORE: RestoreAction,
    EventKind.COMMAND: CommandAction,
    EventKind.NEWDAY: NewdayAction,
    EventKind.VERIFY: VerifyAction,
    EventKind.MIGRATION: MigrationAction,
    EventKind.RESTORE_PROOF: RestoreProofAction,
}
_OF_EVENTS = tuple(name for name in names_of(Event) if name != "action")


def event_columns(table: sa.Table, prefix: str = "") -> list[sa.Label[Any]]:
    """What to select for an event."""
    return [column.label(prefix + column.key) for column in table.c]


def event(row: sa.Row[Any], prefix: str = "") -> Event:
    """The event in a row of what was selected by `event_columns`."""
    held = row._mapping
    action = record(_ACTIONS[held[f"{prefix}kind"]], row, prefix)
    values = {name: held[prefix + name] for name in _OF_EVENTS}
    values["id"] = str(values["id"])
    return Event(**values, action=action)


def event_values(item: Event) -> dict[str, Any]:
    """The event as values of columns, but for its id."""
    values = {**values_of(item), **values_of(item.action), "kind": kind_of(item)}
    del values["action"], values["id"]
    return values


def past_columns() -> list[sa.Label[Any]]:
    """What to select for something past."""
    return [
        *(column.label(column.key) for column in occurrences.c),
        *event_columns(past_events, "was_"),
        *columns_of(Job, jobs, "job_"),
    ]


def past(row: sa.Row[Any]) -> Past:
    """What is past in a row of `past_columns`."""
    occurrence = Occurrence(
        slot=Slot(row.planned_time, row.event_id),
        verdict=row.verdict,
        decide_time=row.decide_time,
        cause=row.cause,
        by=row.by,
        text=row.text,
        tasks=(row.task,) if row.task else (),
    )
    return Past(
        occurrence=occurrence,
        event=event(row, "was_"),
        task=row.task,
        client=row.client,
        sesam_day=row.sesam_day,
        job=job(row, "job_") if row.job_id is not None else None,
    )


def cell(row: sa.Row[Any]) -> Cell:
    """The cell in a row of its table."""
    return Cell(CellKey(row.kind, row.name, row.day), row.client, row.state, row.runs)
