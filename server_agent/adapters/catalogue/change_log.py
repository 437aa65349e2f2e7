"""Enters changes into the change log."""

from collections.abc import Collection

import sqlalchemy as sa

from server_agent.adapters.catalogue.schema import change_log, log_state
from server_agent.ports import ObjectKey


def enter_changes(connection: sa.Connection, keys: Collection[ObjectKey]) -> None:
    """Gives each object a revision of its own, in their order. No key may come twice."""
    if not keys:
        return
    advance = log_state.update().values(revision=log_state.c.revision + len(keys))
    revision = connection.execute(advance.returning(log_state.c.revision)).scalar_one()
    connection.execute(
        change_log.delete().where(
            change_log.c.kind == sa.bindparam("of_kind"), change_log.c.id == sa.bindparam("of_id")
        ),
        [{"of_kind": key.kind, "of_id": key.id} for key in keys],
    )
    first = revision - len(keys) + 1
    connection.execute(
        change_log.insert(),
        [
            {"kind": key.kind, "id": key.id, "revision": number}
            for number, key in enumerate(keys, first)
        ],
    )
