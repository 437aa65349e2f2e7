"""Makes, checks and upgrades the database file before anything else is read from it."""

import contextlib
import os
import sqlite3
from collections.abc import Sequence
from contextlib import ExitStack, closing
from datetime import datetime
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.pool import ConnectionPoolEntry

from server_agent.adapters.catalogue.full_disk import is_full
from server_agent.adapters.catalogue.migrations import Migration
from server_agent.adapters.catalogue.schema import metadata, schema_version
from server_agent.adapters.durable import sync
from server_agent.domain.quoting import quoted

SQLITE_PREFIX = "sqlite:///"
BUSY_MILLISECONDS = 10_000  # another process, such as a person's sqlite3, may hold the file
WRITES = "sesam_writes"  # execution option of a connection that will write

_GET_A_COPY = (
    "Stop the agent and put back a good copy of the file: one kept before an upgrade "
    "({file}.before-N, which agents with a schema below N can use), or one from a backup of its "
    "directory"
)


class CatalogueError(Exception):
    """The catalogue cannot be opened; the text says why and what to do."""


class CatalogueMissing(CatalogueError):
    """There is no file. It is not silently made anew: that would forget every saveset."""


class CatalogueUnreadable(CatalogueError):
    """The file is no database, damaged, not a catalogue, or cannot be accessed."""


class CatalogueTooNew(CatalogueError):
    """A later agent has upgraded the file."""


def database_file(url: str) -> Path:
    """The file that a catalogue URL names: what follows `sqlite:///`, as it stands.

    Raises:
        CatalogueError: another kind of database.
    """
    file = url.removeprefix(SQLITE_PREFIX)
    if file == url or not os.path.isabs(file):
        scheme = url.partition(":")[0]
        raise CatalogueError(
            f"The catalogue's URL begins with {quoted(scheme)}; what works is "
            f"{SQLITE_PREFIX} and an absolute path. Correct [SERVER] catalogue in sm.ini"
        )
    return Path(file)


def put_aside(url: str, now: datetime) -> None:
    """Gives a database that cannot be opened another name, beside its own; one that can be stays.

    Raises:
        CatalogueError: another kind of database.
        OSError: the system refuses.
    """
    file = database_file(url)
    if not file.exists() or _is_sound(file):
        return
    aside = f"{file}.damaged-{now:%Y%m%d%H%M%S}"
    for suffix in ("", "-wal", "-shm"):
        with contextlib.suppress(FileNotFoundError):
            os.rename(f"{file}{suffix}", f"{aside}{suffix}")
    sync(file.parent)


def _is_sound(file: Path) -> bool:
    """Raises CatalogueUnreadable: it cannot be told."""
    engine = _sqlite_engine(file)
    try:
        _check_pages(engine, file)
        with engine.connect() as connection:
            return schema_version.name in sa.inspect(connection).get_table_names()
    except (CatalogueUnreadable, sa.exc.DBAPIError, sqlite3.Error) as error:
        reason = getattr(error, "orig", error)
        if isinstance(reason, sqlite3.OperationalError):  # no proof: held by another, or no room
            raise _unreadable(file, reason) from error
        return False
    finally:
        engine.dispose()


def open_engine(url: str, create: bool, migrations: Sequence[Migration]) -> sa.Engine:
    """An engine on a database that was checked and has the newest schema.

    Raises:
        CatalogueError: with what to do, as a subclass.
    """
    file = database_file(url)
    made = _make_file(file, create)
    engine = _sqlite_engine(file)
    with ExitStack() as undo:
        undo.callback(engine.dispose)
        try:
            if not made:
                _check_pages(engine, file)
            _upgrade(engine, file, create, migrations)
        except sqlite3.Error as error:
            raise _unreadable(file, error) from error
        except sa.exc.DBAPIError as error:
            raise _unreadable(file, error.orig or error) from error
        undo.pop_all()
    return engine


def _make_file(file: Path, create: bool) -> bool:
    if file.exists():
        return False
    if not create:
        raise CatalogueMissing(
            f"The catalogue {file} is missing. {_GET_A_COPY.format(file=file)}. "
            "The savesets in the data store are not touched by this"
        )
    try:
        # SQLite gives its -wal and -shm files the mode of this one.
        os.close(os.open(file, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
    except OSError as error:
        raise CatalogueUnreadable(
            f"The catalogue {file} cannot be made: {error.strerror}. "
            "Make its directory writable for the agent's user"
        ) from error
    return True


def _sqlite_engine(file: Path) -> sa.Engine:
    engine = sa.create_engine(
        sa.URL.create("sqlite", database=str(file)), pool_size=8, max_overflow=-1
    )

    @event.listens_for(engine, "connect")
    def prepare(connection: DBAPIConnection, _record: ConnectionPoolEntry) -> None:
        # The driver must not begin transactions by itself: it would only do so at a write, and
        # several reads would not be one snapshot.
        connection.isolation_level = None
        cursor = connection.cursor()
        cursor.execute(f"PRAGMA busy_timeout = {BUSY_MILLISECONDS}")
        cursor.execute("PRAGMA journal_mode = WAL")
        cursor.execute("PRAGMA synchronous = FULL")
        cursor.execute("PRAGMA foreign_keys = ON")
        cursor.close()

    @event.listens_for(engine, "begin")
    def begin(connection: sa.Connection) -> None:
        writes = connection.get_execution_options().get(WRITES)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")

    return engine


def _check_pages(engine: sa.Engine, file: Path) -> None:
    with engine.connect() as connection:
        found = connection.exec_driver_sql("PRAGMA quick_check(1)").scalar()
    if found != "ok":
        raise _unreadable(file, sqlite3.DatabaseError(found))


def _unreadable(file: Path, error: BaseException) -> CatalogueUnreadable:
    if is_full(error, file):
        return CatalogueUnreadable(
            f"The catalogue {file} cannot be opened: its disk is full. Make room there, then start "
            "the agent again"
        )
    if isinstance(error, sqlite3.OperationalError):
        return CatalogueUnreadable(
            f"The catalogue {file} cannot be opened: {error}. See whether another program holds "
            "it, and whether the agent's user may read and write it and its directory"
        )
    return CatalogueUnreadable(
        f"The catalogue {file} is damaged or not a database: {error}. "
        f"{_GET_A_COPY.format(file=file)}"
    )


def _upgrade(engine: sa.Engine, file: Path, create: bool, migrations: Sequence[Migration]) -> None:
    newest = len(migrations)
    with engine.connect().execution_options(**{WRITES: True}) as connection, connection.begin():
        version = _version(connection, file, create)
        if version > newest:
            raise CatalogueTooNew(
                f"The catalogue {file} has schema version {version}; this agent knows versions "
                f"up to {newest}. Install the newer agent again, or stop the agent and put back "
                f"{_usable_copy(file, newest)}"
            )
        if version == newest:
            return
        if version:
            _keep_copy(file, _copy_of(file, version))
        for migrate in migrations[version:]:
            migrate(connection)
        connection.execute(schema_version.update().values(version=newest))


def _version(connection: sa.Connection, file: Path, create: bool) -> int:
    """The schema's version; 0 for a database that was just made."""
    tables = sa.inspect(connection).get_table_names()
    if schema_version.name in tables:
        version: int | None = connection.scalar(sa.select(schema_version.c.version))
        if version is not None:
            return version
    elif create and not tables:
        metadata.create_all(connection, tables=[schema_version])
        connection.execute(schema_version.insert().values(version=0))
        return 0
    raise CatalogueUnreadable(
        f"The file {file} is a database but holds no catalogue of an agent. "
        f"{_GET_A_COPY.format(file=file)}"
    )


def _copy_of(file: Path, version: int) -> Path:
    """The copy that is kept of a schema version, named by the first step that it lacks."""
    return Path(f"{file}.before-{version + 1}")


def _usable_copy(file: Path, newest: int) -> str:
    """For people: the newest copy that an agent which knows the version can use."""
    for version in range(newest, 0, -1):
        copy = _copy_of(file, version)
        if copy.exists():
            return f"the copy that was kept before the upgrade ({copy})"
    return "a copy from a backup of its directory"


def _keep_copy(file: Path, copy: Path) -> None:
    """Copies the database as it is committed, whole or not at all."""
    part = copy.with_name(copy.name + ".part")
    part.unlink(missing_ok=True)
    part.touch(mode=0o600)
    with closing(sqlite3.connect(file)) as source, closing(sqlite3.connect(part)) as target:
        source.backup(target)
    sync(part)
    part.replace(copy)
    sync(copy.parent)
