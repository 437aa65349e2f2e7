"""The last picture of each location, in an SQLite file. It can be lost without harm."""

import contextlib
import os
import sqlite3
from collections.abc import Iterable, Iterator
from pathlib import Path

from sesam_master.core.registry import KeepingError, Remembered

_FORMAT = 2
_TABLE = """
CREATE TABLE IF NOT EXISTS picture (
    location_id TEXT PRIMARY KEY,
    proof_time_us INTEGER NOT NULL,
    snapshot BLOB NOT NULL,
    sheet BLOB NOT NULL DEFAULT x''
) STRICT, WITHOUT ROWID
"""
_ADD_SHEET = "ALTER TABLE picture ADD COLUMN sheet BLOB NOT NULL DEFAULT x''"  # to format 1


class PictureFile:
    """Implements core.registry.PictureStore. Opens the file for each call: they are rare."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def load(self) -> list[Remembered]:
        """Raises KeepingError."""
        if not self._path.exists():
            return []
        with self._opened() as connection:
            rows = connection.execute(
                "SELECT location_id, snapshot, proof_time_us, sheet FROM picture"
            )
            return [Remembered(*row) for row in rows]

    def save(self, pictures: Iterable[Remembered]) -> None:
        """Raises KeepingError."""
        rows = [
            (item.location_id, item.proof_time_us, item.snapshot, item.sheet) for item in pictures
        ]
        with self._opened() as connection:
            connection.executemany(
                "INSERT OR REPLACE INTO picture (location_id, proof_time_us, snapshot, sheet) "
                "VALUES (?, ?, ?, ?)",
                rows,
            )

    def forget(self, location_id: str) -> None:
        """Raises KeepingError."""
        with self._opened() as connection:
            connection.execute("DELETE FROM picture WHERE location_id = ?", (location_id,))

    @contextlib.contextmanager
    def _opened(self) -> Iterator[sqlite3.Connection]:
        """A connection in one transaction."""
        try:
            self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            os.close(os.open(self._path, os.O_CREAT | os.O_RDWR, 0o600))
            with contextlib.closing(sqlite3.connect(self._path, timeout=5.0)) as connection:
                self._prepare(connection)
                with connection:
                    yield connection
        except (sqlite3.Error, OSError) as error:
            raise KeepingError(
                f"The remembered pictures {self._path} cannot be used ({error}). Delete the file; "
                "it is made anew from the locations."
            ) from error

    def _prepare(self, connection: sqlite3.Connection) -> None:
        found = connection.execute("PRAGMA user_version").fetchone()[0]
        if found > _FORMAT:
            raise KeepingError(
                f"The remembered pictures {self._path} have format {found}; this desk knows format "
                f"{_FORMAT}. Delete the file, or use the newer desk that wrote it."
            )
        if found < _FORMAT:
            with connection:
                connection.execute(_ADD_SHEET if found else _TABLE)
                connection.execute(f"PRAGMA user_version = {_FORMAT}")
