"""SQLite files as this package uses them."""

import sqlite3
from pathlib import Path
from typing import Any
from urllib.parse import quote
from weakref import WeakSet

from server_agent.ports import Control

_STEPS_BETWEEN_LOOKS = 100_000  # of SQLite's virtual machine: some milliseconds


class Database(sqlite3.Connection):
    """A connection without hidden transactions, for one thread at a time.

    Closing it gives up the file even while somebody holds a cursor, as the traceback of an error
    in the middle of a query does.
    """

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self._cursors: WeakSet[sqlite3.Cursor] = WeakSet()

    def execute(self, sql: str, parameters: Any = (), /) -> sqlite3.Cursor:
        cursor = super().execute(sql, parameters)
        self._cursors.add(cursor)
        return cursor

    def close(self) -> None:
        for cursor in list(self._cursors):
            cursor.close()
        super().close()

    def number(self, sql: str, parameters: Any = ()) -> int:
        """The result of a query for one number."""
        (number,) = self.execute(sql, parameters).fetchone()
        return int(number)


def connect(uri: str, control: Control | None = None) -> Database:
    """Opens a database by the URI of its file.

    Args:
        uri: from `new_uri` or `read_only_uri`.
        control: a cancel ends the statement that runs.
    """
    connection = sqlite3.connect(
        uri, uri=True, isolation_level=None, check_same_thread=False, factory=Database
    )
    if control is not None:
        connection.set_progress_handler(lambda: control.cancelled, _STEPS_BETWEEN_LOOKS)
    return connection


def new_uri(path: Path) -> str:
    return f"file:{quote(str(path))}"


def read_only_uri(path: Path) -> str:
    """Of a file that never changes again, so that nobody needs a lock on it."""
    return f"file:{quote(str(path))}?mode=ro&immutable=1"
