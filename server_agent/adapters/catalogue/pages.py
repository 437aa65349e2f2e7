"""Lists of savesets and credentials: conditions, orders, and one page at a time."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

import sqlalchemy as sa

from server_agent.adapters.catalogue import position as positions
from server_agent.adapters.catalogue.schema import (
    credentials,
    eol_or_never,
    savesets,
    tokens,
    verified_or_never,
)
from server_agent.domain.errors import InvalidArgument
from server_agent.ports import Page, SavesetQuery

Item = TypeVar("Item")
Condition = sa.ColumnElement[bool]


@dataclass(frozen=True, slots=True)
class Order:
    """How a list is sorted: by `key`, and where that is the same, by `tie`."""

    key: sa.ColumnElement[Any]
    tie: sa.ColumnElement[Any]
    descending: bool


_SAVESET_KEYS: dict[str, sa.ColumnElement[Any]] = {
    "job": savesets.c.job_number,
    "start_time": savesets.c.start_time,
    "name": savesets.c.name,
    "task": savesets.c.task,
    "client": savesets.c.client,
    "type": sa.type_coerce(savesets.c.type, sa.Text),
    "sesam_day": sa.type_coerce(savesets.c.sesam_day, sa.Text),
    "bytes": savesets.c.bytes_read,
    "eol": eol_or_never,
    "verify_time": verified_or_never,
}


def saveset_order(query: SavesetQuery) -> Order:
    """Raises InvalidArgument."""
    return Order(_key(_SAVESET_KEYS, query.order), savesets.c.name, query.descending)


def credential_order(descending: bool) -> Order:
    """By time of creation."""
    return Order(as_kept(credentials.c.create_time), credentials.c.id, descending)


def token_order(descending: bool) -> Order:
    """By time of creation."""
    return Order(as_kept(tokens.c.create_time), tokens.c.id, descending)


def saveset_conditions(query: SavesetQuery) -> list[Condition]:
    """What the query asks of a saveset."""
    conditions: list[Condition] = []
    if query.task:
        conditions.append(savesets.c.task == query.task)
    if query.client:
        conditions.append(savesets.c.client == query.client)
    return conditions + _text_condition(savesets, query.text)


def credential_conditions(text: str) -> list[Condition]:
    """What a list of credentials asks of each."""
    return _text_condition(credentials, text)


def page(
    connection: sa.Connection,
    query: sa.Select[Any],
    order: Order,
    list_name: str,
    position: str | None,
    limit: int,
    item: Callable[[sa.Row[Any]], Item],
) -> Page[Item]:
    """One page of the query's rows as items. Raises PageTokenInvalid."""
    key, tie = order.key, order.tie
    after = None
    if position:
        after = positions.decode(list_name, position, key.type.python_type, tie.type.python_type)
    query = query.add_columns(key.label("page_key"), tie.label("page_tie"))
    rows = _rows_after(connection, query, order, after, limit + 1)
    next_position = None
    if len(rows) > limit:
        last = rows[limit - 1]
        next_position = positions.encode(list_name, last.page_key, last.page_tie)
    return Page(tuple(item(row) for row in rows[:limit]), next_position)


def _rows_after(
    connection: sa.Connection,
    query: sa.Select[Any],
    order: Order,
    after: tuple[int | str, int | str] | None,
    limit: int,
) -> Sequence[sa.Row[Any]]:
    """At most `limit` rows behind the one whose key and tie are `after`.

    Two queries, one for the rows with the same key: SQLite would use only the first half of a
    comparison of pairs, and run through most of the list where many share a key.
    """
    key, tie = order.key, order.tie
    if order.descending:
        ordered = query.order_by(key.desc(), tie.desc())
    else:
        ordered = query.order_by(key, tie)
    if after is None:
        return connection.execute(ordered.limit(limit)).all()
    last_key, last_tie = after
    same = ordered.where(key == last_key, tie < last_tie if order.descending else tie > last_tie)
    rows = list(connection.execute(same.limit(limit)))
    if len(rows) < limit:
        beyond = ordered.where(key < last_key if order.descending else key > last_key)
        rows += connection.execute(beyond.limit(limit - len(rows)))
    return rows


def _key(keys: dict[str, sa.ColumnElement[Any]], order: str) -> sa.ColumnElement[Any]:
    if order not in keys:
        known = ", ".join(sorted(keys))
        raise InvalidArgument(field="order_by", value=order, expected=f"one of {known}")
    return as_kept(keys[order])


def as_kept(column: sa.ColumnElement[Any]) -> sa.ColumnElement[Any]:
    """The column with the values that the database itself holds."""
    if isinstance(column.type, sa.TypeDecorator):
        return sa.type_coerce(column, column.type.impl_instance)
    return column


def _text_condition(table: sa.Table, text: str) -> list[Condition]:
    # Not LIKE: the text needs no escapes, and SQLite limits the length of a pattern.
    return [sa.func.instr(table.c.search, text.casefold()) > 0] if text else []
