"""The tables of media: where savesets lie, and what has to be removed from there."""

import sqlalchemy as sa

from server_agent.adapters.catalogue.columns import Moment, Strings, value_of
from server_agent.adapters.catalogue.schema import metadata
from server_agent.domain.loaders import LoaderKind

_NO_TEXT = sa.text("''")

data_stores = sa.Table(
    "data_stores",
    metadata,
    sa.Column("name", sa.Text, primary_key=True),
    sa.Column("path", sa.LargeBinary, nullable=False),
    sa.Column("high_water_mark", sa.Integer, nullable=False),
    sa.Column("comment", sa.Text, nullable=False),
    sa.Column("version", sa.BigInteger, nullable=False),
    sa.Column("immutable", sa.Boolean, nullable=False, server_default=sa.text("0")),
    sa.Column("removable", sa.Boolean, nullable=False, server_default=sa.text("0")),
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
    sa.Column("encrypted", sa.Boolean, nullable=False, server_default=sa.text("0")),
    sa.Column("key_id", sa.Text, nullable=False, server_default=_NO_TEXT),
    sa.Column("spare_pool", sa.Text, nullable=False, server_default=_NO_TEXT),
    sa.Column("last_number", sa.Integer, nullable=False, server_default=sa.text("0")),
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

# Files that are to be removed from a medium: of savesets that are not in the catalogue any more, or
# not there. `job` is the migration that writes a copy there just now, which counts only at its end.
removals = sa.Table(
    "removals",
    metadata,
    sa.Column("saveset", sa.Text, primary_key=True),
    sa.Column("label", sa.Text, primary_key=True),
    sa.Column("sesam_day", sa.Date, nullable=False),
    sa.Column("job", sa.Text, nullable=False, server_default=_NO_TEXT),
)

# Where savesets lie besides the label of theirs in `savesets`.
copies = sa.Table(
    "copies",
    metadata,
    sa.Column("saveset", sa.ForeignKey("savesets.name"), primary_key=True),
    sa.Column("label", sa.Text, primary_key=True),
    sa.Column("eol", sa.Date),
    sa.Column("stored_bytes", sa.BigInteger, nullable=False),
    sa.Column("made_time", Moment, nullable=False),
    sa.Column("verify_time", Moment),
    sa.Column("missing", sa.Boolean, nullable=False),
    sa.Column("damage", sa.Text, nullable=False),
)
sa.Index("copies_of_label", copies.c.label, copies.c.stored_bytes)

# Which queued jobs do not start before which media are there.
wanted_media = sa.Table(
    "wanted_media",
    metadata,
    sa.Column("job", sa.Text, primary_key=True),
    sa.Column("label", sa.Text, primary_key=True),
    sa.Column("since", Moment, nullable=False),
    sa.Column("told", sa.Boolean, nullable=False),
    sa.Column("alarm_time", Moment),
)

loaders = sa.Table(
    "loaders",
    metadata,
    sa.Column("name", sa.Text, primary_key=True),
    sa.Column("kind", value_of(LoaderKind), nullable=False),
    sa.Column("device", sa.LargeBinary, nullable=False),
    sa.Column("stores", Strings, nullable=False),
    sa.Column("comment", sa.Text, nullable=False),
    sa.Column("version", sa.BigInteger, nullable=False),
    sa.Column("tape_devices", Strings, nullable=False, server_default=sa.text("x''")),
)
