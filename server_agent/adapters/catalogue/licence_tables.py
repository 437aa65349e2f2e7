"""What the catalogue knows of the location's licence."""

import sqlalchemy as sa

from server_agent.adapters.catalogue.columns import Moment
from server_agent.adapters.catalogue.media_transaction import SqlMediaTransaction
from server_agent.adapters.catalogue.media_view import SqlMediaView
from server_agent.adapters.catalogue.records import record, select, values_of
from server_agent.adapters.catalogue.schema import metadata, savesets, tasks
from server_agent.domain.licence import LicenceFacts
from server_agent.ports import LICENCE_KEY

# One row, or none.
licence_facts = sa.Table(
    "licence_facts",
    metadata,
    sa.Column("install_time", Moment, nullable=False),
    sa.Column("highest_time", Moment, nullable=False),
    sa.Column("told_day", sa.Date),
    sa.Column("accepted", sa.Text, nullable=False),
    sa.Column("foreign_since", Moment),
    sa.Column("newest_issued", Moment),
)

_NEWEST = (
    sa.select(savesets.c.listed_bytes)
    .where(savesets.c.task == tasks.c.name)
    .order_by(savesets.c.job_number.desc(), savesets.c.name.desc())
    .limit(1)
    .correlate(tasks)
    .scalar_subquery()
)
_FRONT_SIDE = sa.select(_NEWEST.label("size")).select_from(tasks).subquery()


class SqlLicenceView(SqlMediaView):
    """The `LicenceView` port."""

    def licence_facts(self) -> LicenceFacts | None:
        row = self._connection.execute(select(LicenceFacts, licence_facts)).first()
        return record(LicenceFacts, row) if row else None

    def front_side_bytes(self) -> int:
        return int(self._connection.scalar(sa.select(sa.func.sum(_FRONT_SIDE.c.size))) or 0)


class SqlLicenceTransaction(SqlLicenceView, SqlMediaTransaction):
    """The `LicenceTransaction` port."""

    def put_licence_facts(self, facts: LicenceFacts) -> None:
        self._connection.execute(licence_facts.delete())
        self._connection.execute(licence_facts.insert().values(values_of(facts)))

    def touch_licence(self) -> None:
        self._changed(LICENCE_KEY)
