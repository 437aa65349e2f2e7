"""Reads of media on one connection, which holds one snapshot."""

from collections import defaultdict
from collections.abc import Iterable
from typing import Any

import sqlalchemy as sa

from server_agent.adapters.catalogue.media_schema import (
    copies,
    data_stores,
    loaders,
    media,
    media_pools,
    removals,
    wanted_media,
)
from server_agent.adapters.catalogue.planning_view import SqlPlanningView
from server_agent.adapters.catalogue.records import names_of, record, select, values_of
from server_agent.adapters.catalogue.schema import savesets
from server_agent.domain.copies import Copy, Place
from server_agent.domain.loaders import Loader
from server_agent.domain.media import DataStore, MediaPool, Medium, Retention
from server_agent.domain.media_requests import WantedMedium
from server_agent.ports.media import Holding, Removal

NAMES_AT_ONCE = 500  # in one statement
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
        first = sa.select(
            savesets.c.label, savesets.c.stored_bytes, savesets.c.sesam_day, savesets.c.eol
        )
        further = sa.select(
            copies.c.label, copies.c.stored_bytes, savesets.c.sesam_day, copies.c.eol
        ).join_from(copies, savesets, savesets.c.name == copies.c.saveset)
        places = first.union_all(further).subquery()
        sums = sa.select(
            places.c.label,
            sa.func.count().label("savesets"),
            sa.func.sum(places.c.stored_bytes).label("stored_bytes"),
            sa.func.max(places.c.sesam_day).label("newest_sesam_day"),
            sa.func.max(places.c.eol).label("eol"),
        ).group_by(places.c.label)
        return {row.label: record(Holding, row) for row in self._connection.execute(sums)}

    def removals(self) -> list[Removal]:
        order = (removals.c.label, removals.c.saveset)
        rows = self._connection.execute(select(Removal, removals).order_by(*order))
        return [record(Removal, row) for row in rows]

    def loader(self, name: str) -> Loader | None:
        return self._one(Loader, loaders, loaders.c.name == name)

    def loaders(self) -> list[Loader]:
        return self._by_name(Loader, loaders)

    def wanted_media(self) -> list[WantedMedium]:
        order = (wanted_media.c.label, wanted_media.c.job)
        rows = self._connection.execute(select(WantedMedium, wanted_media).order_by(*order))
        return [record(WantedMedium, row) for row in rows]

    def labels(self, names: Iterable[str]) -> dict[str, str]:
        found: dict[str, str] = {}
        first = sa.select(savesets.c.name, savesets.c.label)
        for some in portions(sorted(set(names))):
            rows = self._connection.execute(first.where(savesets.c.name.in_(some)))
            found |= {row.name: row.label for row in rows}
        return found

    def copies(self, savesets: Iterable[str]) -> dict[str, tuple[Copy, ...]]:
        found: dict[str, list[Copy]] = defaultdict(list)
        for some in portions(sorted(set(savesets))):
            named = select(Copy, copies).where(copies.c.saveset.in_(some))
            for row in self._connection.execute(named.order_by(copies.c.label)):
                found[row.saveset].append(record(Copy, row))
        return {name: tuple(each) for name, each in found.items()}

    def lying(self) -> list[Place]:
        further: dict[str, list[Place]] = defaultdict(list)
        of_copies = _place(savesets, copies).join_from(
            copies, savesets, savesets.c.name == copies.c.saveset
        )
        of_copies = of_copies.order_by(copies.c.made_time, copies.c.label)
        for row in self._connection.execute(of_copies):
            further[row.name].append(Place._make(row))
        first = _place(savesets, savesets).order_by(savesets.c.job_number, savesets.c.name)
        found: list[Place] = []
        for row in self._connection.execute(first):
            place = Place._make(row)
            found.append(place)
            if place.name in further:
                found += further[place.name]
        return found


def _place(of: sa.Table, lying: sa.Table) -> sa.Select[Any]:
    """The columns of a `Place`: what depends on the place comes from where it is kept."""
    at = ("label", "eol", "stored_bytes", "missing", "damage")
    return sa.select(*((lying if name in at else of).c[name] for name in Place._fields))


def portions(names: list[str]) -> Iterable[list[str]]:
    """Not more of them together than one statement takes."""
    for start in range(0, len(names), NAMES_AT_ONCE):
        yield names[start : start + NAMES_AT_ONCE]
