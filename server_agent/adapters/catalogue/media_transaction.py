"""Writes of media inside one transaction."""

from collections.abc import Iterable
from datetime import date, datetime

import sqlalchemy as sa

from server_agent.adapters.catalogue.media_schema import data_stores, media, media_pools, removals
from server_agent.adapters.catalogue.media_view import SqlMediaView, pool_values
from server_agent.adapters.catalogue.planning_transaction import SqlPlanningTransaction
from server_agent.adapters.catalogue.records import values_of
from server_agent.adapters.catalogue.schema import savesets
from server_agent.domain.errors import SavesetNeeded
from server_agent.domain.media import DataStore, MediaPool, Medium
from server_agent.ports import MEDIA_KEY

_AT_ONCE = 500  # names in one statement


class SqlMediaTransaction(SqlMediaView, SqlPlanningTransaction):
    """The `MediaTransaction` port."""

    def put_data_store(self, store: DataStore) -> None:
        self._put(data_stores, data_stores.c.name, values_of(store))
        self._changed(MEDIA_KEY)

    def remove_data_store(self, name: str) -> None:
        self._connection.execute(data_stores.delete().where(data_stores.c.name == name))
        self._changed(MEDIA_KEY)

    def put_pool(self, pool: MediaPool) -> None:
        self._put(media_pools, media_pools.c.name, pool_values(pool))
        self._changed(MEDIA_KEY)

    def remove_pool(self, name: str) -> None:
        self._connection.execute(media_pools.delete().where(media_pools.c.name == name))
        self._changed(MEDIA_KEY)

    def put_medium(self, medium: Medium) -> None:
        self._put(media, media.c.label, values_of(medium))
        self._changed(MEDIA_KEY)

    def remove_medium(self, label: str) -> None:
        self._connection.execute(media.delete().where(media.c.label == label))
        self._changed(MEDIA_KEY)

    def remove_savesets(self, names: Iterable[str]) -> None:
        wanted = sorted(set(names))
        self._check_bases(set(wanted))
        # One may go before another that builds on it, since both are gone at the end.
        self._connection.exec_driver_sql("PRAGMA defer_foreign_keys = ON")
        own = (savesets.c.name, savesets.c.label, savesets.c.sesam_day)
        for some in _portions(wanted):
            chosen = sa.select(*own).where(savesets.c.name.in_(some))
            columns = ["saveset", "label", "sesam_day"]
            self._connection.execute(removals.insert().from_select(columns, chosen))
            self._connection.execute(savesets.delete().where(savesets.c.name.in_(some)))

    def forget_removals(self, savesets_gone: Iterable[str]) -> None:
        for some in _portions(sorted(set(savesets_gone))):
            self._connection.execute(removals.delete().where(removals.c.saveset.in_(some)))

    def set_eol(self, saveset: str, eol: date | None) -> None:
        named = savesets.update().where(savesets.c.name == saveset)
        self._connection.execute(named.values(eol=eol))

    def set_verified(self, saveset: str, moment: datetime) -> None:
        named = savesets.update().where(savesets.c.name == saveset)
        self._connection.execute(named.values(verify_time=moment, damage=""))

    def _check_bases(self, names: set[str]) -> None:
        above = savesets.alias()
        for some in _portions(sorted(names)):
            pairs = sa.select(above.c.base, above.c.name).where(above.c.base.in_(some))
            for row in self._connection.execute(pairs):
                if row.name not in names:
                    raise SavesetNeeded(saveset=row.base, users=f"{row.name} builds on it")


def _portions(names: list[str]) -> Iterable[list[str]]:
    for start in range(0, len(names), _AT_ONCE):
        yield names[start : start + _AT_ONCE]
