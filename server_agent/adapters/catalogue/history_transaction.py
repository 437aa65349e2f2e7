"""Writes of how the location has grown inside one transaction."""

from datetime import date

import sqlalchemy as sa

from server_agent.adapters.catalogue.access_tables import SqlAccessTransaction
from server_agent.adapters.catalogue.history_schema import store_samples
from server_agent.adapters.catalogue.history_view import SqlHistoryView
from server_agent.adapters.catalogue.records import values_of
from server_agent.domain.history import StoreSample


class SqlHistoryTransaction(SqlHistoryView, SqlAccessTransaction):
    """The `HistoryTransaction` port."""

    def add_store_sample(self, sample: StoreSample) -> None:
        columns = store_samples.c
        same = sa.and_(columns.store == sample.store, columns.time == sample.time)
        self._connection.execute(store_samples.delete().where(same))
        self._connection.execute(store_samples.insert().values(values_of(sample)))

    def thin_store_samples(self, whole_from: date, kept_from: date) -> None:
        columns, other = store_samples.c, store_samples.alias()
        self._connection.execute(store_samples.delete().where(columns.sesam_day < kept_from))
        used, used_then = (
            sa.func.coalesce(table.c.capacity_bytes - table.c.free_bytes, table.c.stored_bytes)
            for table in (store_samples, other)
        )
        is_later = sa.and_(used_then == used, other.c.time > columns.time)
        fuller = sa.exists().where(
            other.c.store == columns.store,
            other.c.sesam_day == columns.sesam_day,
            sa.or_(used_then > used, is_later),
        )
        self._connection.execute(
            store_samples.delete().where(columns.sesam_day < whole_from, fuller)
        )
