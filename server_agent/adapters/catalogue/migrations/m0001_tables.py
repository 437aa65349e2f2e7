"""Version 1: the first tables."""

from typing import Any

import sqlalchemy as sa
from sqlalchemy.types import TypeEngine


def _column(name: str, kind: TypeEngine[Any], null: bool = False) -> sa.Column[Any]:
    return sa.Column(name, kind, nullable=null)


def _texts(*names: str) -> list[sa.Column[Any]]:
    return [_column(name, sa.Text()) for name in names]


def _numbers(*names: str) -> list[sa.Column[Any]]:
    return [_column(name, sa.BigInteger()) for name in names]


def _choice(name: str, null: bool = False) -> sa.Column[Any]:
    return _column(name, sa.String(16), null)


def _name() -> sa.Column[str]:
    return sa.Column("name", sa.Text, primary_key=True)


def upgrade(connection: sa.Connection) -> None:
    """Makes the tables in an empty database."""
    tables = sa.MetaData()
    _topology(tables)
    _jobs(tables)
    _savesets(tables)
    _access(tables)
    _log(tables)
    tables.create_all(connection)
    connection.execute(tables.tables["log_state"].insert().values(revision=0, forgotten=0))


def _topology(tables: sa.MetaData) -> None:
    sa.Table(
        "clients",
        tables,
        _name(),
        _choice("access"),
        *_texts("comment"),
        *_numbers("create_time", "version"),
    )
    sa.Table(
        "tasks",
        tables,
        _name(),
        sa.Column("client", sa.Text, sa.ForeignKey("clients.name"), nullable=False, index=True),
        _column("sources", sa.LargeBinary()),
        _column("excludes", sa.LargeBinary()),
        *_texts("comment"),
        *_numbers("create_time", "version"),
    )


def _jobs(tables: sa.MetaData) -> None:
    number = sa.BigInteger().with_variant(sa.Integer, "sqlite")
    sa.Table(
        "jobs",
        tables,
        sa.Column("id", number, primary_key=True),
        _choice("kind"),
        _column("state", sa.SmallInteger()),
        *_texts("task", "client"),
        _choice("requested_type", null=True),
        _choice("type", null=True),
        *_texts("saveset"),
        *_numbers("create_time"),
        _column("start_time", sa.BigInteger(), null=True),
        _column("end_time", sa.BigInteger(), null=True),
        _column("sesam_day", sa.Date()),
        *_numbers("files", "bytes_done", "stored_bytes", "skipped"),
        *_texts("message", "started_by"),
        *_numbers("duration"),
        *_texts("search"),
        _column("paths", sa.LargeBinary()),
        _column("target", sa.LargeBinary()),
        *(
            sa.Index(f"jobs_by_{order}", order, "id", "state", "kind", "sesam_day")
            for order in ("create_time", "task", "client", "bytes_done", "duration")
        ),
        sa.Index("jobs_by_state", "state", "id", "kind", "sesam_day"),
        sa.Index("jobs_of_task", "task", "create_time", "id"),
        sa.Index("jobs_of_client", "client", "create_time", "id"),
        sa.Index("jobs_by_end", "task", "kind", "end_time", "id"),
        sqlite_autoincrement=True,
    )


def _savesets(tables: sa.MetaData) -> None:
    sa.Table(
        "savesets",
        tables,
        _name(),
        *_texts("task", "client"),
        _choice("type"),
        sa.Column("base", sa.Text, sa.ForeignKey("savesets.name"), index=True),
        _choice("state"),
        *_numbers("start_time", "end_time"),
        _column("sesam_day", sa.Date()),
        _column("sources", sa.LargeBinary()),
        *_numbers("files", "bytes_read", "stored_bytes", "skipped"),
        *_numbers("listed_files", "listed_bytes"),
        *_texts("label", "job_id", "search"),
        sa.Index("savesets_by_start", "start_time", "name"),
        sa.Index("savesets_of_task", "task", "start_time", "name"),
        sa.Index("savesets_of_client", "client", "start_time", "name"),
    )


def _access(tables: sa.MetaData) -> None:
    sa.Table(
        "tokens",
        tables,
        sa.Column("digest", sa.LargeBinary, primary_key=True),
        _choice("role"),
        *_numbers("create_time", "expire_time"),
        _column("used_time", sa.BigInteger(), null=True),
        _column("used_by_request", sa.Text(), null=True),
    )
    sa.Table(
        "credentials",
        tables,
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("digest", sa.LargeBinary, nullable=False, unique=True),
        *_texts("holder"),
        _choice("role"),
        *_numbers("create_time"),
        _column("revoke_time", sa.BigInteger(), null=True),
        _column("last_used_time", sa.BigInteger(), null=True),
        *_texts("search"),
        sa.Index("credentials_by_time", "create_time", "id"),
    )
    sa.Table(
        "answers",
        tables,
        sa.Column("request_id", sa.Text, primary_key=True),
        *_texts("method", "subject"),
        sa.Column("answer_time", sa.BigInteger, nullable=False, index=True),
    )


def _log(tables: sa.MetaData) -> None:
    sa.Table(
        "changes",
        tables,
        sa.Column("kind", sa.String(16), primary_key=True),
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("revision", sa.BigInteger, nullable=False, unique=True),
    )
    sa.Table("log_state", tables, *_numbers("revision", "forgotten"))
