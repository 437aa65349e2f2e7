"""The tables as the code reads and writes them now.

How a database comes to have them is told by the numbered migrations. Times are integers:
microseconds since 1970-01-01 00:00 UTC, exact and the same in every database. Lists of paths are
one blob, each path ended by a NUL byte, which no path can hold: their bytes survive.
"""

from datetime import UTC, datetime, timedelta
from enum import Enum
from typing import Any

import sqlalchemy as sa

from server_agent.domain.access import Role
from server_agent.domain.jobs import JobKind, JobState
from server_agent.domain.savesets import BackupType, SavesetState
from server_agent.domain.topology import Access
from server_agent.ports import ObjectKind

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)

# Numbers as in jobs.proto: an order by state is an order by these.
_STATE_NUMBERS = {
    JobState.QUEUED: 1,
    JobState.ACTIVE: 2,
    JobState.OK: 3,
    JobState.WARNING: 4,
    JobState.ERROR: 5,
    JobState.BROKEN: 6,
    JobState.CANCELLED: 7,
}
_STATES = {number: state for state, number in _STATE_NUMBERS.items()}


class Moment(sa.TypeDecorator[datetime]):
    """An aware datetime as microseconds since 1970 UTC."""

    impl = sa.BigInteger
    cache_ok = True

    def process_bind_param(self, value: datetime | None, _dialect: sa.Dialect) -> int | None:
        return None if value is None else microseconds(value)

    def process_result_value(self, value: Any | None, _dialect: sa.Dialect) -> datetime | None:
        return None if value is None else _EPOCH + value * _MICROSECOND


class StateNumber(sa.TypeDecorator[JobState]):
    """A job's state as its number in the contract."""

    impl = sa.SmallInteger
    cache_ok = True

    def process_bind_param(self, value: JobState | None, _dialect: sa.Dialect) -> int | None:
        return None if value is None else state_number(value)

    def process_result_value(self, value: Any | None, _dialect: sa.Dialect) -> JobState | None:
        return None if value is None else _STATES[value]


class ByteStrings(sa.TypeDecorator[tuple[bytes, ...]]):
    """A tuple of byte strings without NUL, each ended by a NUL."""

    impl = sa.LargeBinary
    cache_ok = True

    def process_bind_param(
        self, value: tuple[bytes, ...] | None, _dialect: sa.Dialect
    ) -> bytes | None:
        if value is None:
            return None
        for item in value:
            if b"\0" in item:
                raise ValueError(f"{item!r} holds a NUL byte")
        return b"".join(item + b"\0" for item in value)

    def process_result_value(
        self, value: Any | None, _dialect: sa.Dialect
    ) -> tuple[bytes, ...] | None:
        return None if value is None else tuple(bytes(value).split(b"\0")[:-1])


class Strings(sa.TypeDecorator[tuple[str, ...]]):
    """A tuple of texts without NUL, kept as `ByteStrings` in UTF-8."""

    impl = ByteStrings
    cache_ok = True

    def process_bind_param(
        self, value: tuple[str, ...] | None, _dialect: sa.Dialect
    ) -> tuple[bytes, ...] | None:
        return None if value is None else tuple(item.encode() for item in value)

    def process_result_value(
        self, value: Any | None, _dialect: sa.Dialect
    ) -> tuple[str, ...] | None:
        return None if value is None else tuple(item.decode() for item in value)


def microseconds(moment: datetime) -> int:
    """Microseconds since 1970 UTC. Raises TypeError for a naive datetime."""
    return (moment - _EPOCH) // _MICROSECOND


def state_number(state: JobState) -> int:
    """The number by which jobs are sorted by state."""
    return _STATE_NUMBERS[state]


def _value_of(kind: type[Enum]) -> sa.Enum:
    return sa.Enum(
        kind,
        values_callable=lambda members: [m.value for m in members],
        native_enum=False,
        length=16,
    )


metadata = sa.MetaData()

schema_version = sa.Table(
    "schema_version", metadata, sa.Column("version", sa.Integer, nullable=False)
)

clients = sa.Table(
    "clients",
    metadata,
    sa.Column("name", sa.Text, primary_key=True),
    sa.Column("access", _value_of(Access), nullable=False),
    sa.Column("comment", sa.Text, nullable=False),
    sa.Column("create_time", Moment, nullable=False),
    sa.Column("version", sa.BigInteger, nullable=False),
)

tasks = sa.Table(
    "tasks",
    metadata,
    sa.Column("name", sa.Text, primary_key=True),
    sa.Column("client", sa.ForeignKey(clients.c.name), nullable=False, index=True),
    sa.Column("sources", ByteStrings, nullable=False),
    sa.Column("excludes", Strings, nullable=False),
    sa.Column("comment", sa.Text, nullable=False),
    sa.Column("create_time", Moment, nullable=False),
    sa.Column("version", sa.BigInteger, nullable=False),
)

# Made of the numbers above: 1 for the states that nobody has to look after, 7 for the worst.
_SEVERITY = (
    "CASE state WHEN 6 THEN 7 WHEN 5 THEN 6 WHEN 4 THEN 5 WHEN 7 THEN 4 WHEN 2 THEN 3 "
    "WHEN 1 THEN 2 ELSE 1 END"
)

# `duration` is in microseconds, 0 while there is no end. `search` is what a text filter looks at.
jobs = sa.Table(
    "jobs",
    metadata,
    sa.Column("id", sa.BigInteger().with_variant(sa.Integer, "sqlite"), primary_key=True),
    sa.Column("kind", _value_of(JobKind), nullable=False),
    sa.Column("state", StateNumber, nullable=False),
    sa.Column("severity", sa.SmallInteger, sa.Computed(_SEVERITY, persisted=False)),
    sa.Column("task", sa.Text, nullable=False),
    sa.Column("client", sa.Text, nullable=False),
    sa.Column("requested_type", _value_of(BackupType)),
    sa.Column("type", _value_of(BackupType)),
    sa.Column("saveset", sa.Text, nullable=False),
    sa.Column("create_time", Moment, nullable=False),
    sa.Column("start_time", Moment),
    sa.Column("end_time", Moment),
    sa.Column("sesam_day", sa.Date, nullable=False),
    sa.Column("files", sa.BigInteger, nullable=False),
    sa.Column("bytes_done", sa.BigInteger, nullable=False),
    sa.Column("stored_bytes", sa.BigInteger, nullable=False),
    sa.Column("skipped", sa.BigInteger, nullable=False),
    sa.Column("message", sa.Text, nullable=False),
    sa.Column("started_by", sa.Text, nullable=False),
    sa.Column("duration", sa.BigInteger, nullable=False),
    sa.Column("search", sa.Text, nullable=False),
    sa.Column("paths", ByteStrings, nullable=False),
    sa.Column("target", sa.LargeBinary, nullable=False),
    sqlite_autoincrement=True,
)
# One index per order. Each also holds what the usual filters look at, so that a rare state is
# found by running along the index, without a look at a million rows.
for _order in ("create_time", "task", "client", "bytes_done", "duration", "severity"):
    sa.Index(
        f"jobs_by_{_order}",
        jobs.c[_order],
        jobs.c.id,
        jobs.c.state,
        jobs.c.kind,
        jobs.c.sesam_day,
    )
sa.Index("jobs_by_state", jobs.c.state, jobs.c.id, jobs.c.kind, jobs.c.sesam_day)
sa.Index("jobs_of_task", jobs.c.task, jobs.c.create_time, jobs.c.id)
sa.Index("jobs_of_client", jobs.c.client, jobs.c.create_time, jobs.c.id)
is_result = sa.and_(jobs.c.start_time.is_not(None), jobs.c.end_time.is_not(None))
sa.Index("jobs_results", jobs.c.task, jobs.c.kind, jobs.c.id, sqlite_where=is_result)

savesets = sa.Table(
    "savesets",
    metadata,
    sa.Column("name", sa.Text, primary_key=True),
    sa.Column("task", sa.Text, nullable=False),
    sa.Column("client", sa.Text, nullable=False),
    sa.Column("type", _value_of(BackupType), nullable=False),
    sa.Column("base", sa.ForeignKey("savesets.name"), index=True),
    sa.Column("state", _value_of(SavesetState), nullable=False),
    sa.Column("start_time", Moment, nullable=False),
    sa.Column("end_time", Moment, nullable=False),
    sa.Column("sesam_day", sa.Date, nullable=False),
    sa.Column("sources", ByteStrings, nullable=False),
    sa.Column("files", sa.BigInteger, nullable=False),
    sa.Column("bytes_read", sa.BigInteger, nullable=False),
    sa.Column("stored_bytes", sa.BigInteger, nullable=False),
    sa.Column("skipped", sa.BigInteger, nullable=False),
    sa.Column("listed_files", sa.BigInteger, nullable=False),
    sa.Column("listed_bytes", sa.BigInteger, nullable=False),
    sa.Column("label", sa.Text, nullable=False),
    sa.Column("job_id", sa.Text, nullable=False),
    sa.Column("search", sa.Text, nullable=False),
    sa.Column("missing", sa.Boolean, nullable=False, server_default=sa.text("0")),
    sa.Column("damage", sa.Text, nullable=False, server_default=sa.text("''")),
    sa.Column("job_number", sa.BigInteger, sa.Computed("CAST(job_id AS INTEGER)", persisted=False)),
    sa.Column("lacks_listing", sa.Boolean, nullable=False, server_default=sa.text("0")),
)
# Literal, since SQLite takes the index of the faulty ones only for the very same words.
is_faulty = sa.or_(
    savesets.c.missing != sa.literal_column("0"), savesets.c.damage != sa.literal_column("''")
)
sa.Index("savesets_faulty", savesets.c.name, sqlite_where=is_faulty)
sa.Index("savesets_by_job", savesets.c.job_number, savesets.c.name)
sa.Index("savesets_of_task_by_job", savesets.c.task, savesets.c.job_number, savesets.c.name)
sa.Index("savesets_by_start", savesets.c.start_time, savesets.c.name)
sa.Index("savesets_of_task", savesets.c.task, savesets.c.start_time, savesets.c.name)
sa.Index("savesets_of_client", savesets.c.client, savesets.c.start_time, savesets.c.name)

tokens = sa.Table(
    "tokens",
    metadata,
    sa.Column("digest", sa.LargeBinary, primary_key=True),
    sa.Column("role", _value_of(Role), nullable=False),
    sa.Column("create_time", Moment, nullable=False),
    sa.Column("expire_time", Moment, nullable=False),
    sa.Column("used_time", Moment),
    sa.Column("used_by_request", sa.Text),
)

credentials = sa.Table(
    "credentials",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("digest", sa.LargeBinary, nullable=False, unique=True),
    sa.Column("holder", sa.Text, nullable=False),
    sa.Column("role", _value_of(Role), nullable=False),
    sa.Column("create_time", Moment, nullable=False),
    sa.Column("revoke_time", Moment),
    sa.Column("last_used_time", Moment),
    sa.Column("search", sa.Text, nullable=False),
)
sa.Index("credentials_by_time", credentials.c.create_time, credentials.c.id)

# `digest` tells requests with the same id apart; empty if it is not known.
answers = sa.Table(
    "answers",
    metadata,
    sa.Column("request_id", sa.Text, primary_key=True),
    sa.Column("method", sa.Text, nullable=False),
    sa.Column("subject", sa.Text, nullable=False),
    sa.Column("answer_time", Moment, nullable=False, index=True),
    sa.Column("digest", sa.LargeBinary, nullable=False, server_default=sa.text("x''")),
)

# The change log: each object once, with the revision of its newest change.
change_log = sa.Table(
    "changes",
    metadata,
    sa.Column("kind", _value_of(ObjectKind), primary_key=True),
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("revision", sa.BigInteger, nullable=False, unique=True),
)

# One row. `forgotten` is the newest revision that the change log has lost.
log_state = sa.Table(
    "log_state",
    metadata,
    sa.Column("revision", sa.BigInteger, nullable=False),
    sa.Column("forgotten", sa.BigInteger, nullable=False),
)
