"""`server_agent.ports.names.Names` over one SQLite file."""

import contextlib
import sqlite3
import threading
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from server_agent.adapters.names import entering, searching, tidying
from server_agent.adapters.names.database import IndexFile
from server_agent.adapters.names.savesets import Savesets
from server_agent.adapters.names.versions import through_time
from server_agent.ports.listings import Listed
from server_agent.ports.names import FoundPage, NamedSaveset, NameQuery, NamesLost, VersionPage


class NameIndex:
    """The index in a file, which is made if it is not there."""

    def __init__(self, file: Path) -> None:
        self._file = IndexFile(file)
        self._lock = threading.Lock()
        self._savesets: Savesets | None = None  # until it changes; many searches use it
        self._changes = 0  # how often it has changed

    def whole(self) -> frozenset[str]:
        with self._told(), self._file.read() as connection:
            rows = connection.execute("SELECT name FROM saveset WHERE is_whole AND NOT is_gone")
            return frozenset(name for (name,) in rows)

    def begun(self) -> dict[str, str | None]:
        with self._told(), self._file.read() as connection:
            return dict(
                connection.execute(
                    "SELECT name, position FROM saveset WHERE NOT is_whole AND NOT is_gone"
                ).fetchall()
            )

    def enter(
        self,
        saveset: NamedSaveset,
        after: str | None,
        rows: Sequence[Listed],
        position: str | None,
    ) -> None:
        with self._told(), self._file.write() as connection:
            entering.enter(connection, saveset, after, rows, position)
        if position is None:
            self._note_change()

    def forget(self, savesets: Iterable[str]) -> None:
        with self._told(), self._file.write() as connection:
            tidying.forget(connection, savesets)
        self._note_change()

    def tidy(self) -> bool:
        with self._told(), self._file.read() as connection:
            if not tidying.is_due(connection):
                return False
        with self._told(), self._file.write() as connection:
            tidying.tidy(connection)
        return True

    def find(self, query: NameQuery, position: str | None, limit: int) -> FoundPage:
        with self._reading() as (connection, savesets):
            return searching.find(connection, savesets, query, position, limit)

    def versions(
        self, client: str, path: bytes, position: str | None, limit: int, holders: int
    ) -> VersionPage:
        with self._reading() as (connection, savesets):
            return through_time(connection, savesets, (client, path), position, limit, holders)

    def close(self) -> None:
        self._file.close()

    @contextlib.contextmanager
    def _reading(self) -> Iterator[tuple[sqlite3.Connection, Savesets]]:
        with self._lock:
            savesets, changes = self._savesets, self._changes
        with self._told(), self._file.read() as connection:
            if savesets is None:
                savesets = Savesets(connection)
                with self._lock:
                    # What was read before a change must not be used behind it.
                    if changes == self._changes:
                        self._savesets = savesets
            yield connection, savesets

    @contextlib.contextmanager
    def _told(self) -> Iterator[None]:
        try:
            yield
        except NamesLost:
            self._note_change()
            raise

    def _note_change(self) -> None:
        with self._lock:
            self._changes += 1
            self._savesets = None
