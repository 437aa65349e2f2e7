"""Reads of how the location has grown, on one connection, which holds one snapshot."""

from datetime import date, datetime, timedelta

import sqlalchemy as sa

from server_agent.adapters.catalogue.access_tables import SqlAccessView
from server_agent.adapters.catalogue.history_schema import store_samples
from server_agent.adapters.catalogue.records import record, select
from server_agent.adapters.catalogue.schema import HAS_SAVED
from server_agent.domain.history import GrowthDay, StoreSample

_MICROSECOND = timedelta(microseconds=1)

# The index has all that is asked for. Without its name, one of kinds and tasks would be taken, and
# a million jobs be looked at.
_GROWTH = (
    sa.text(
        "SELECT sesam_day, count(*) AS backups, sum(files) AS files,"
        " sum(bytes_done) AS saved_bytes, sum(stored_bytes) AS stored_bytes,"
        " sum(duration) AS microseconds"
        " FROM jobs INDEXED BY jobs_saved"
        f" WHERE {HAS_SAVED} AND sesam_day BETWEEN :first AND :last"
        " AND (:client = '' OR client = :client) AND (:task = '' OR task = :task)"
        " GROUP BY sesam_day ORDER BY sesam_day LIMIT :days"
    )
    .bindparams(sa.bindparam("first", type_=sa.Date), sa.bindparam("last", type_=sa.Date))
    .columns(sesam_day=sa.Date)
)


class SqlHistoryView(SqlAccessView):
    """The `HistoryView` port."""

    def store_samples(
        self,
        store: str,
        first: date | None,
        last: date | None,
        after: tuple[str, datetime] | None,
        limit: int,
    ) -> list[StoreSample]:
        columns = store_samples.c
        wanted = _between(columns.sesam_day, first, last)
        if store:
            wanted.append(columns.store == store)
        if after is not None:
            behind = sa.and_(columns.store == after[0], columns.time > after[1])
            wanted.append(sa.or_(columns.store > after[0], behind))
        query = select(StoreSample, store_samples).where(*wanted)
        rows = self._connection.execute(query.order_by(columns.store, columns.time).limit(limit))
        return [record(StoreSample, row) for row in rows]

    def last_sample(self, store: str) -> StoreSample | None:
        query = select(StoreSample, store_samples).where(store_samples.c.store == store)
        row = self._connection.execute(query.order_by(store_samples.c.time.desc())).first()
        return record(StoreSample, row) if row else None

    def growth(
        self, client: str, task: str, first: date | None, last: date | None, limit: int
    ) -> list[GrowthDay]:
        asked = {
            "client": client,
            "task": task,
            "first": first or date.min,
            "last": last or date.max,
            "days": limit,
        }
        return [
            GrowthDay(
                row.sesam_day,
                row.backups,
                row.files,
                row.saved_bytes,
                row.stored_bytes,
                row.microseconds * _MICROSECOND,
            )
            for row in self._connection.execute(_GROWTH, asked)
        ]


def _between(
    day: sa.ColumnElement[date], first: date | None, last: date | None
) -> list[sa.ColumnElement[bool]]:
    wanted = []
    if first is not None:
        wanted.append(day >= first)
    if last is not None:
        wanted.append(day <= last)
    return wanted
