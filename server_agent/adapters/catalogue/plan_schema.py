"""The tables of the plan: what is to run when, and what became of it."""

from typing import Any

import sqlalchemy as sa

from server_agent.adapters.catalogue.columns import (
    ByteStrings,
    Dates,
    Duration,
    Moment,
    Strings,
    value_of,
)
from server_agent.adapters.catalogue.schema import metadata
from server_agent.domain.calendar import EntryState
from server_agent.domain.events import EventKind
from server_agent.domain.media import FIRST_DRIVE_GROUP, FIRST_STORE
from server_agent.domain.occurrences import Cause, Verdict
from server_agent.domain.overwriting import OverwriteRule
from server_agent.domain.savesets import BackupType

_NO_TEXT = sa.text("''")
_ZERO = sa.text("0")

schedules = sa.Table(
    "schedules",
    metadata,
    sa.Column("name", sa.Text, primary_key=True),
    sa.Column("rule", sa.Text, nullable=False),
    sa.Column("start_time", sa.Time, nullable=False),
    sa.Column("start_date", sa.Date, nullable=False),
    sa.Column("change_time", Moment, nullable=False),
    sa.Column("active", sa.Boolean, nullable=False),
    sa.Column("offset_days", sa.Integer, nullable=False),
    sa.Column("dates", Dates, nullable=False),
    sa.Column("until_time", sa.Time),
    sa.Column("end_date", sa.Date),
    sa.Column("start_window", Duration, key="window"),
    sa.Column("comment", sa.Text, nullable=False),
    sa.Column("version", sa.BigInteger, nullable=False),
)


def _event_columns() -> list[sa.Column[Any]]:
    """All of an event but its id and version. What its action has no word for is empty."""
    return [
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("kind", value_of(EventKind), nullable=False),
        sa.Column("schedule", sa.Text, nullable=False),
        sa.Column("change_time", Moment, nullable=False),
        sa.Column("start_time", Moment),
        sa.Column("priority", sa.SmallInteger, nullable=False),
        sa.Column("blocking", sa.Boolean, nullable=False),
        sa.Column("active", sa.Boolean, nullable=False),
        sa.Column("follow_up", sa.Text, nullable=False),
        sa.Column("comment", sa.Text, nullable=False),
        sa.Column("made_by", sa.Text, nullable=False),
        sa.Column("backup_type", value_of(BackupType)),
        sa.Column("task", sa.Text, nullable=False, default=""),
        sa.Column("group_name", sa.Text, key="group", nullable=False, default=""),
        sa.Column("drive", sa.Text, nullable=False, default=""),
        sa.Column("target", sa.LargeBinary, nullable=False, default=b""),
        sa.Column("paths", ByteStrings, nullable=False, default=()),
        sa.Column("program", sa.Text, nullable=False, default=""),
        sa.Column("arguments", Strings, nullable=False, default=()),
    ]


def _later_event_columns() -> list[sa.Column[Any]]:
    """Those that were added to the tables when there were some already."""
    return [
        sa.Column("pool", sa.Text, nullable=False, default="", server_default=_NO_TEXT),
        sa.Column(
            "whole_chain", sa.Boolean, nullable=False, default=False, server_default=sa.text("0")
        ),
        sa.Column("source_pool", sa.Text, nullable=False, default="", server_default=_NO_TEXT),
        sa.Column("move", sa.Boolean, nullable=False, default=False, server_default=_ZERO),
        sa.Column("quick", sa.Boolean, nullable=False, default=False, server_default=_ZERO),
        sa.Column("sample_files", sa.Integer, nullable=False, default=0, server_default=_ZERO),
        sa.Column("sample_bytes", sa.BigInteger, nullable=False, default=0, server_default=_ZERO),
        sa.Column(
            "overwrite",
            value_of(OverwriteRule),
            nullable=False,
            default=OverwriteRule.ALWAYS,
            server_default=sa.text("'always'"),
        ),
    ]


# Those with a start_time are immediate starts; `decided` is whether theirs has been.
events = sa.Table(
    "events",
    metadata,
    sa.Column("id", sa.BigInteger().with_variant(sa.Integer, "sqlite"), primary_key=True),
    *_event_columns(),
    sa.Column("version", sa.BigInteger, nullable=False),
    sa.Column("decided", sa.Boolean, nullable=False, default=False),
    *_later_event_columns(),
    sqlite_autoincrement=True,
)
# Literal, since SQLite takes a partial index only for the very same words.
is_undecided = events.c.decided == sa.literal_column("0")
sa.Index("events_by_name", events.c.name, unique=True, sqlite_where=events.c.start_time.is_(None))
sa.Index("events_undecided", events.c.id, sqlite_where=is_undecided)

# Events as they were when something was decided about them: the calendar outlives events.
past_events = sa.Table(
    "past_events",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("version", sa.BigInteger, primary_key=True),
    *_event_columns(),
    *_later_event_columns(),
)

groups = sa.Table(
    "task_groups",
    metadata,
    sa.Column("name", sa.Text, primary_key=True),
    sa.Column("tasks", Strings, nullable=False),
    sa.Column("comment", sa.Text, nullable=False),
    sa.Column("version", sa.BigInteger, nullable=False),
)

drives = sa.Table(
    "drives",
    metadata,
    sa.Column("name", sa.Text, primary_key=True),
    sa.Column("streams", sa.Integer, nullable=False),
    sa.Column("active", sa.Boolean, nullable=False),
    sa.Column("comment", sa.Text, nullable=False),
    sa.Column("version", sa.BigInteger, nullable=False),
    sa.Column(
        "group_name",
        sa.Text,
        key="group",
        nullable=False,
        server_default=sa.text(f"'{FIRST_DRIVE_GROUP}'"),
    ),
    sa.Column("store", sa.Text, nullable=False, server_default=sa.text(f"'{FIRST_STORE}'")),
)

# One row for each task of a decided slot, or one with an empty task. `name` is that of its row in
# the calendar sheet.
occurrences = sa.Table(
    "occurrences",
    metadata,
    sa.Column("planned_time", Moment, primary_key=True),
    sa.Column("event_id", sa.Text, primary_key=True),
    sa.Column("task", sa.Text, primary_key=True),
    sa.Column("event_version", sa.BigInteger, nullable=False),
    sa.Column("verdict", value_of(Verdict), nullable=False),
    sa.Column("cause", value_of(Cause), nullable=False),
    sa.Column("blocked_by", sa.Text, key="by", nullable=False),
    sa.Column("text", sa.Text, nullable=False),
    sa.Column("decide_time", Moment, nullable=False),
    sa.Column("sesam_day", sa.Date, nullable=False),
    sa.Column("kind", value_of(EventKind), nullable=False),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("client", sa.Text, nullable=False),
    sqlite_with_rowid=False,
)
was_given_up = occurrences.c.verdict != sa.literal_column(f"'{Verdict.STARTED.value}'")
sa.Index(
    "occurrences_given_up",
    occurrences.c.kind,
    occurrences.c.name,
    occurrences.c.sesam_day,
    sqlite_where=was_given_up,
)

day_starts = sa.Table(
    "day_starts",
    metadata,
    sa.Column("moment", Moment, primary_key=True),
    sa.Column("day", sa.Date, nullable=False),
)

# One row.
plan_state = sa.Table("plan_state", metadata, sa.Column("decided_until", Moment))

sheet_cells = sa.Table(
    "sheet_cells",
    metadata,
    sa.Column("day", sa.Date, primary_key=True),
    sa.Column("kind", value_of(EventKind), primary_key=True),
    sa.Column("name", sa.Text, primary_key=True),
    sa.Column("client", sa.Text, nullable=False),
    sa.Column("state", value_of(EntryState), nullable=False),
    sa.Column("runs", sa.Integer, nullable=False),
    sqlite_with_rowid=False,
)
