"""Reads of media on one connection, which holds one snapshot."""

from typing import Any

import sqlalchemy as sa

from server_agent.adapters.catalogue.media_schema import data_stores, media, media_pools, removals
from server_agent.adapters.catalogue.planning_view import SqlPlanningView
from server_agent.adapters.catalogue.records import names_of, record, select, values_of
from server_agent.adapters.catalogue.schema import savesets
from server_agent.domain.media import DataStore, MediaPool, Medium, Retention
from server_agent.ports.media import Holding, Removal

_OF_POOLS = tuple(name for name in names_of(MediaPool) if name != "retention")


def pool_values(pool: MediaPool) -> dict[str, Any]:
    """The pool as values of columns."""
    values = {**values_of(pool), **values_of(pool.retention)}
    del values["retention"]
    return values


def _pool(row: sa.Row[Any]) -> MediaPool:
    own = {name: row._mapping[name] for name in _OF_POOLS}
    return MediaPool(**own, retention=record(Retention, row))


class SqlMediaView(SqlPlanningView):
    """The `MediaView` port."""

    def data_store(self, name: str) -> DataStore | None:
        return self._one(DataStore, data_stores, data_stores.c.name == name)

    def data_stores(self) -> list[DataStore]:
        return self._by_name(DataStore, data_stores)

    def pool(self, name: str) -> MediaPool | None:
        query = sa.select(media_pools).where(media_pools.c.name == name)
        row = self._connection.execute(query).first()
        return _pool(row) if row else None

    def pools(self) -> list[MediaPool]:
        rows = self._connection.execute(sa.select(media_pools).order_by(media_pools.c.name))
        return [_pool(row) for row in rows]

    def medium(self, label: str) -> Medium | None:
        return self._one(Medium, media, media.c.label == label)

    def media(self) -> list[Medium]:
        rows = self._connection.execute(select(Medium, media).order_by(media.c.label))
        return [record(Medium, row) for row in rows]

    def holdings(self) -> dict[str, Holding]:
        sums = sa.select(
            savesets.c.label,
            sa.func.count().label("savesets"),
            sa.func.sum(savesets.c.stored_bytes).label("stored_bytes"),
            sa.func.max(savesets.c.sesam_day).label("newest_sesam_day"),
            sa.func.max(savesets.c.eol).label("eol"),
        ).group_by(savesets.c.label)
        return {row.label: record(Holding, row) for row in self._connection.execute(sums)}

    def removals(self) -> list[Removal]:
        order = (removals.c.label, removals.c.saveset)
        rows = self._connection.execute(select(Removal, removals).order_by(*order))
        return [record(Removal, row) for row in rows]
