"""The tables of media: where savesets lie, and what has to be removed from there."""

import sqlalchemy as sa

from server_agent.adapters.catalogue.columns import Moment
from server_agent.adapters.catalogue.schema import metadata

data_stores = sa.Table(
    "data_stores",
    metadata,
    sa.Column("name", sa.Text, primary_key=True),
    sa.Column("path", sa.LargeBinary, nullable=False),
    sa.Column("high_water_mark", sa.Integer, nullable=False),
    sa.Column("comment", sa.Text, nullable=False),
    sa.Column("version", sa.BigInteger, nullable=False),
)

# The columns between drive_group and comment are the pool's retention.
media_pools = sa.Table(
    "media_pools",
    metadata,
    sa.Column("name", sa.Text, primary_key=True),
    sa.Column("drive_group", sa.Text, nullable=False),
    sa.Column("eol_days", sa.Integer, nullable=False),
    sa.Column("keep_newest", sa.Integer, nullable=False),
    sa.Column("weekly", sa.Integer, nullable=False),
    sa.Column("monthly", sa.Integer, nullable=False),
    sa.Column("yearly", sa.Integer, nullable=False),
    sa.Column("comment", sa.Text, nullable=False),
    sa.Column("version", sa.BigInteger, nullable=False),
)

media = sa.Table(
    "media",
    metadata,
    sa.Column("label", sa.Text, primary_key=True),
    sa.Column("pool", sa.Text, nullable=False),
    sa.Column("store", sa.Text, nullable=False),
    sa.Column("init_time", Moment, nullable=False),
    sa.Column("write_protected", sa.Boolean, nullable=False),
    sa.Column("comment", sa.Text, nullable=False),
    sa.Column("version", sa.BigInteger, nullable=False),
)

# Files of savesets that are not in the catalogue any more.
removals = sa.Table(
    "removals",
    metadata,
    sa.Column("saveset", sa.Text, primary_key=True),
    sa.Column("label", sa.Text, nullable=False),
    sa.Column("sesam_day", sa.Date, nullable=False),
)
