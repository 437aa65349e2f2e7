"""The file of the index: opened, checked, and thrown away when it is damaged."""

import contextlib
import os
import sqlite3
import threading
from collections.abc import Iterator
from pathlib import Path

from server_agent.adapters.catalogue.full_disk import is_full
from server_agent.adapters.names.schema import BEGIN, END, MARKS, MARKS_OF, SCHEMA
from server_agent.domain.errors import NoSpace
from server_agent.domain.finding import folded
from server_agent.ports.names import NamesLost

_WRITER_CACHE_KIB = 65_536  # the upper pages of the trees of some ten million paths
_READER_CACHE_KIB = 8_192
_WAL_PAGES = 4_096  # 32 MiB; a page that many rows fall on is then written once
_BUSY_MILLISECONDS = 10_000
_FILES = ("", "-wal", "-shm")
# What SQLite says of a file that is no database any more.
_DAMAGED = {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB}


class IndexFile:
    """Connections to the file. One thread writes at a time, any number reads."""

    def __init__(self, file: Path) -> None:
        """Touches nothing yet. The file is made when it is first needed, and anew when it is none
        that this program can use."""
        self._file = file
        self._opening = threading.Lock()  # held while the file is replaced, too
        self._writing = threading.RLock()
        self._was_there = False
        self._serial = 0  # of the file: another one after each that was thrown away
        self._writer: sqlite3.Connection | None = None  # closed only by who writes
        self._writer_serial = 0

    @contextlib.contextmanager
    def read(self) -> Iterator[sqlite3.Connection]:
        """A snapshot for one thread. Raises NamesLost, NoSpace."""
        with self._told():
            with self._opening:
                connection = self._opened(_READER_CACHE_KIB)
                serial = self._serial
            try:
                with self._throwing_away(serial):
                    connection.execute("BEGIN")
                    yield connection
            finally:
                connection.close()

    @contextlib.contextmanager
    def write(self) -> Iterator[sqlite3.Connection]:
        """A transaction: committed at the end of the block, undone if it raises.

        Raises NamesLost, NoSpace.
        """
        with self._writing, self._told():
            with self._opening:
                if self._writer is not None and self._writer_serial != self._serial:
                    self._close_writer()
                if self._writer is None:
                    self._writer = self._opened(_WRITER_CACHE_KIB)
                    self._writer_serial = self._serial
                connection, serial = self._writer, self._serial
            with self._throwing_away(serial):
                connection.execute("BEGIN IMMEDIATE")
                try:
                    yield connection
                    connection.execute("COMMIT")
                except BaseException:
                    if connection.in_transaction:
                        connection.execute("ROLLBACK")
                    raise
            if serial != self._serial:
                raise NamesLost(f"{self._file}: it was thrown away meanwhile")

    def close(self) -> None:
        with self._writing, self._opening:
            self._close_writer()

    @contextlib.contextmanager
    def _told(self) -> Iterator[None]:
        try:
            yield
        except (sqlite3.Error, OSError) as error:
            if is_full(error, self._file):
                raise NoSpace(place=str(self._file)) from error
            raise

    @contextlib.contextmanager
    def _throwing_away(self, serial: int) -> Iterator[None]:
        try:
            yield
        except sqlite3.DatabaseError as error:
            if not _is_damaged(error):
                raise
            with self._opening:
                if serial == self._serial:
                    self._replace()
            raise NamesLost(f"{self._file}: {error}") from error

    def _opened(self, cache_kib: int) -> sqlite3.Connection:
        """A connection that has read the file, so that all its files are of one time."""
        if not self._file.exists():
            self._serial += 1
            self._make()
            if self._was_there:
                raise NamesLost(f"{self._file}: somebody has removed it")
        self._was_there = True
        connection = sqlite3.connect(self._file, isolation_level=None, check_same_thread=False)
        try:
            _prepare(connection, cache_kib)
            if connection.execute(MARKS_OF).fetchone() == MARKS:
                return connection
            problem = "it is of another format"
        except sqlite3.DatabaseError as error:
            if not (_lacks_table(error) or _is_damaged(error)):
                connection.close()
                raise
            problem = str(error)
        connection.close()
        self._replace()
        raise NamesLost(f"{self._file}: {problem}")

    def _replace(self) -> None:
        self._serial += 1
        self._file.unlink(missing_ok=True)
        self._make()

    def _make(self) -> None:
        """The file appears under its name when it is whole, and when nothing is left that SQLite
        would take for its own: the log of an earlier one."""
        part = self._beside(".new")
        for suffix in _FILES:
            Path(f"{part}{suffix}").unlink(missing_ok=True)
        os.close(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600))
        with contextlib.closing(sqlite3.connect(part, isolation_level=None)) as connection:
            connection.executescript(SCHEMA)
        for suffix in _FILES[1:]:
            self._beside(suffix).unlink(missing_ok=True)
        part.replace(self._file)

    def _close_writer(self) -> None:
        if self._writer is not None:
            self._writer.close()
            self._writer = None

    def _beside(self, suffix: str) -> Path:
        return self._file.with_name(self._file.name + suffix)


def _prepare(connection: sqlite3.Connection, cache_kib: int) -> None:
    connection.execute(f"PRAGMA busy_timeout = {_BUSY_MILLISECONDS}")
    connection.execute(f"PRAGMA cache_size = -{cache_kib}")
    # What the machine's end takes is entered again; a file that it damages is thrown away.
    connection.execute("PRAGMA synchronous = NORMAL")
    connection.execute("PRAGMA temp_store = MEMORY")
    connection.execute(f"PRAGMA wal_autocheckpoint = {_WAL_PAGES}")
    connection.create_function("words_of", 1, words_of, deterministic=True)


def words_of(name: bytes) -> str:
    """What the index of words has of a name."""
    return f"{BEGIN}{folded(name)}{END}"


def _lacks_table(error: sqlite3.DatabaseError) -> bool:
    return getattr(error, "sqlite_errorcode", 0) == sqlite3.SQLITE_ERROR


def _is_damaged(error: sqlite3.DatabaseError) -> bool:
    return getattr(error, "sqlite_errorcode", 0) & 0xFF in _DAMAGED
