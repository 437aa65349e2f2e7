"""The tables of how the location has grown."""

import sqlalchemy as sa

from server_agent.adapters.catalogue.columns import Moment
from server_agent.adapters.catalogue.schema import metadata

store_samples = sa.Table(
    "store_samples",
    metadata,
    sa.Column("store", sa.Text, primary_key=True),
    sa.Column("time", Moment, primary_key=True),
    sa.Column("sesam_day", sa.Date, nullable=False),
    sa.Column("capacity_bytes", sa.BigInteger),
    sa.Column("free_bytes", sa.BigInteger),
    sa.Column("stored_bytes", sa.BigInteger, nullable=False),
)
sa.Index("store_samples_by_day", store_samples.c.store, store_samples.c.sesam_day)
