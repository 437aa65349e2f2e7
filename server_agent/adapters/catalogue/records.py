"""Rows of tables as records of the domain, and the other way round.

A record's fields and its table's columns have the same keys.
"""

import re
from dataclasses import fields
from functools import cache
from typing import Any, ClassVar, Protocol, TypeVar

import sqlalchemy as sa

from server_agent.adapters.catalogue.schema import jobs
from server_agent.domain.jobs import Job


class Dataclass(Protocol):
    """A record."""

    __dataclass_fields__: ClassVar[dict[str, Any]]


Record = TypeVar("Record", bound=Dataclass)

_NUMBER = re.compile(r"[1-9][0-9]{0,17}")


def number_of(record_id: str) -> int | None:
    """The number behind the id of a job or event, None for a text that none can have."""
    return int(record_id) if _NUMBER.fullmatch(record_id) else None


@cache
def names_of(kind: type[Dataclass]) -> tuple[str, ...]:
    """The names of a record's fields."""
    return tuple(field.name for field in fields(kind))


def columns_of(
    kind: type[Dataclass], table: sa.FromClause, prefix: str = ""
) -> list[sa.Label[Any]]:
    """What to select for a record. The prefix tells it from others in the same row."""
    return [table.c[name].label(prefix + name) for name in names_of(kind)]


def select(kind: type[Dataclass], table: sa.Table) -> sa.Select[Any]:
    """All records of a table."""
    return sa.select(*columns_of(kind, table))


def record(kind: type[Record], row: sa.Row[Any], prefix: str = "") -> Record:
    """The record in a row of what was selected by `columns_of`."""
    held = row._mapping
    return kind(**{name: held[prefix + name] for name in names_of(kind)})


def job(row: sa.Row[Any], prefix: str = "") -> Job:
    """As `record`; a job's id is a number in the database."""
    held = row._mapping
    values = {name: held[prefix + name] for name in names_of(Job)}
    values["id"] = str(values["id"])
    return Job(**values)


def values_of(item: Dataclass) -> dict[str, Any]:
    """The record as values of columns."""
    return {name: getattr(item, name) for name in names_of(type(item))}


SELECT_JOB = select(Job, jobs)
