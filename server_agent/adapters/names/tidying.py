"""Forgetting savesets: at once for who searches, and bit by bit from the file."""

import sqlite3
from collections.abc import Iterable

from server_agent.adapters.names.schema import FIRST_PATH

_PATHS_AT_ONCE = 20_000

_FORGET = """
UPDATE saveset SET is_gone = 1 WHERE name = ? AND NOT is_gone
RETURNING (SELECT client FROM line WHERE line.id = saveset.line)
"""
_UP_TO = """
SELECT max(id) FROM (SELECT id FROM path WHERE id > ? AND id < ? ORDER BY id LIMIT ?)
"""
_UNHELD = """
DELETE FROM version WHERE path > ? AND path <= ? AND NOT EXISTS (
    SELECT 1 FROM saveset WHERE saveset.line = version.line AND NOT is_gone
    AND place >= version.first AND (version.last = 0 OR place <= version.last)
)
"""
_WITHOUT_VERSION = """
FROM path WHERE id > ? AND id <= ?
AND NOT EXISTS (SELECT 1 FROM version WHERE version.path = path.id)
"""
_EMPTY_DIRS = """
DELETE FROM dir WHERE client = ? AND NOT EXISTS (SELECT 1 FROM path WHERE path.dir = dir.id)
"""
# Of those that are gone, the ones that others build on say where data are.
_NOT_BUILT_ON = """
DELETE FROM saveset WHERE is_gone AND name NOT IN (SELECT base FROM saveset WHERE base NOT NULL)
"""


def forget(connection: sqlite3.Connection, savesets: Iterable[str]) -> None:
    """Within a transaction; marks them only."""
    for name in savesets:
        for row in connection.execute(_FORGET, (name,)).fetchall():
            # From the beginning, also where the removal for another one is on its way.
            connection.execute("INSERT OR REPLACE INTO untidy VALUES (?, 0)", row)


def is_due(connection: sqlite3.Connection) -> bool:
    return connection.execute("SELECT 1 FROM untidy").fetchone() is not None


def tidy(connection: sqlite3.Connection) -> None:
    """Removes what nobody holds any more of some paths of one client; within a transaction."""
    row = connection.execute("SELECT client, position FROM untidy LIMIT 1").fetchone()
    if row is None:
        return
    client, position = row
    begin = max(position, client * FIRST_PATH)
    (end,) = connection.execute(
        _UP_TO, (begin, (client + 1) * FIRST_PATH, _PATHS_AT_ONCE)
    ).fetchone()
    if end is not None:
        span = (begin, end)
        connection.execute(_UNHELD, span)
        connection.execute(
            "INSERT INTO word(word, rowid, name) SELECT 'delete', id, words_of(name)"
            f" {_WITHOUT_VERSION}",
            span,
        )
        connection.execute(f"DELETE {_WITHOUT_VERSION}", span)
        connection.execute("UPDATE untidy SET position = ? WHERE client = ?", (end, client))
        return
    connection.execute(_EMPTY_DIRS, (client,))
    while connection.execute(_NOT_BUILT_ON).rowcount:
        pass  # what these had built on may be built on by nothing now
    connection.execute("DELETE FROM untidy WHERE client = ?", (client,))
