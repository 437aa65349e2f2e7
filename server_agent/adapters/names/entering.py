"""Entering the entries of a saveset: only what is not as in the line's last saveset costs rows."""

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from server_agent.adapters.names.schema import FIRST_PATH
from server_agent.ports.listings import Listed
from server_agent.ports.names import NamedSaveset, NamesLost

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)

Key = tuple[bytes, int, bytes]  # directory, leaf (0 for a directory) and name: listings' order

_STAGE = """
CREATE TEMP TABLE IF NOT EXISTS stage(
    dir BLOB, name BLOB, kind TEXT, size INTEGER, modify_ns INTEGER, home TEXT, path INTEGER
)
"""
_FIND_PATHS = """
UPDATE stage SET path = (
    SELECT path.id FROM main.dir JOIN main.path ON path.dir = dir.id AND path.name = stage.name
    WHERE dir.client = ? AND dir.path = stage.dir
) WHERE path IS NULL
"""
_NEW_PATHS = """
INSERT INTO path(id, dir, name)
SELECT ? + row_number() OVER (ORDER BY min(stage.rowid)), dir.id, stage.name
FROM stage JOIN main.dir ON dir.client = ? AND dir.path = stage.dir
WHERE stage.path IS NULL GROUP BY dir.id, stage.name
"""
_NEW_WORDS = """
INSERT INTO word(rowid, name) SELECT id, words_of(name) FROM path WHERE id > ? AND id <= ?
"""
_CLOSE = "UPDATE version SET last = :place - 1 WHERE line = :line AND last = 0 AND path IN ({})"
_CHANGED = """
SELECT stage.path FROM stage
JOIN version ON version.path = stage.path AND version.line = :line AND version.last = 0
WHERE :anew OR version.kind <> stage.kind OR version.size <> stage.size
OR version.modify_ns <> stage.modify_ns OR (version.home IS NULL) <> (stage.home IS NULL)
OR stage.home IS :own
"""
_VANISHED = """
SELECT version.path FROM main.dir
CROSS JOIN path ON path.dir = dir.id
CROSS JOIN version ON version.path = path.id AND version.line = :line AND version.last = 0
WHERE dir.client = :client AND path.id NOT IN (SELECT path FROM stage) {}
"""
_BEHIND = """
AND dir.path >= :dir0 AND (dir.path > :dir0
    OR version.kind <> 'd' AND :leaf0 = 0
    OR (version.kind <> 'd') = :leaf0 AND path.name > :name0)
"""
_UP_TO = """
AND dir.path <= :dir1 AND (dir.path < :dir1
    OR version.kind = 'd' AND :leaf1 = 1
    OR (version.kind <> 'd') = :leaf1 AND path.name <= :name1)
"""
# Within one very large directory the names alone say where to look.
_BETWEEN_NAMES = "AND path.name > :name0 AND path.name <= :name1"
_OPEN_RUNS = """
INSERT INTO version
SELECT stage.path, :line, 0, :place, stage.kind, stage.size, stage.modify_ns, home.id
FROM stage LEFT JOIN main.home ON home.name = stage.home
WHERE true ON CONFLICT DO NOTHING
"""


@dataclass(frozen=True, slots=True)
class _Begun:
    """A saveset on the way. `anew`: what it builds on is not known, so that every entry gets a row
    that says where its data are."""

    id: int
    client: int
    line: int
    place: int
    reached: Key | None
    anew: bool


def enter(
    connection: sqlite3.Connection,
    saveset: NamedSaveset,
    after: str | None,
    rows: Sequence[Listed],
    position: str | None,
) -> None:
    """See `server_agent.ports.names.Names.enter`; within a transaction."""
    begun = _begun(connection, saveset, after)
    if begun is None:
        return
    connection.execute(_STAGE)
    connection.execute("DELETE FROM stage")
    connection.executemany("INSERT INTO stage VALUES (?, ?, ?, ?, ?, ?, NULL)", rows)
    _enter_paths(connection, begun.client)
    reached = _key(rows[-1]) if rows else begun.reached
    _close_vanished(connection, begun, reached if position is not None else None)
    connection.execute(
        "INSERT INTO home(name) SELECT DISTINCT home FROM stage WHERE home NOT NULL"
        " ON CONFLICT DO NOTHING"
    )
    values = {
        "line": begun.line,
        "place": begun.place,
        "anew": begun.anew,
        # A FULL holds all: which is its own data says nothing about what has changed.
        "own": saveset.name if saveset.base is not None else "",
    }
    connection.execute(_CLOSE.format(_CHANGED), values)
    connection.execute(_OPEN_RUNS, {"line": begun.line, "place": begun.place})
    connection.execute(
        "UPDATE saveset SET is_whole = ?, reached_dir = ?, reached_leaf = ?, reached_name = ?,"
        " position = ? WHERE id = ?",
        (position is None, *(reached or (None, None, None)), position, begun.id),
    )


def _begun(
    connection: sqlite3.Connection, saveset: NamedSaveset, after: str | None
) -> _Begun | None:
    """None if it is entered wholly. Raises NamesLost."""
    client = _id(connection, "client", "name", (saveset.client,))
    line = _id(connection, "line", "client, task", (client, saveset.task))
    (anew,) = connection.execute(
        "SELECT ? IS NOT NULL AND NOT EXISTS"
        " (SELECT 1 FROM saveset WHERE name = ? AND line = ? AND is_whole)",
        (saveset.base, saveset.base, line),
    ).fetchone()
    row = connection.execute(
        "SELECT id, place, position, reached_dir, reached_leaf, reached_name, is_whole"
        " FROM saveset WHERE name = ? AND NOT is_gone",
        (saveset.name,),
    ).fetchone()
    if row is not None and row[6]:
        return None
    if after is None:
        connection.execute("DELETE FROM saveset WHERE name = ?", (saveset.name,))
        number, place = _add(connection, saveset, line)
        return _Begun(number, client, line, place, None, bool(anew))
    if row is None or row[2] != after:
        raise NamesLost(f"saveset {saveset.name} is not entered up to where it is gone on with")
    number, place, _, *key, _ = row
    return _Begun(number, client, line, place, (*key,), bool(anew))


def _add(connection: sqlite3.Connection, saveset: NamedSaveset, line: int) -> tuple[int, int]:
    """The id of the saveset's row, and its place in its line."""
    connection.execute("UPDATE line SET next_place = next_place + 1 WHERE id = ?", (line,))
    (place,) = connection.execute(
        "SELECT next_place - 1 FROM line WHERE id = ?", (line,)
    ).fetchone()
    cursor = connection.execute(
        "INSERT INTO saveset(name, line, place, base, sesam_day, start_us, number, is_whole,"
        " is_gone) VALUES (?, ?, ?, ?, ?, ?, ?, 0, 0)",
        (
            saveset.name,
            line,
            place,
            saveset.base,
            saveset.sesam_day.isoformat(),
            (saveset.start_time - _EPOCH) // _MICROSECOND,
            saveset.number,
        ),
    )
    assert cursor.lastrowid is not None
    return cursor.lastrowid, place


def _id(connection: sqlite3.Connection, table: str, columns: str, key: tuple[object, ...]) -> int:
    """The id of the row with this key, which is made if it is not there."""
    condition = " AND ".join(f"{column} = ?" for column in columns.split(", "))
    query = f"SELECT id FROM {table} WHERE {condition}"
    row = connection.execute(query, key).fetchone()
    if row is None:
        marks = ", ".join("?" * len(key))
        connection.execute(f"INSERT INTO {table}({columns}) VALUES ({marks})", key)
        row = connection.execute(query, key).fetchone()
    return int(row[0])


def _enter_paths(connection: sqlite3.Connection, client: int) -> None:
    connection.execute(
        "INSERT INTO main.dir(client, path) SELECT DISTINCT ?, dir FROM stage WHERE true"
        " ON CONFLICT DO NOTHING",
        (client,),
    )
    connection.execute(_FIND_PATHS, (client,))
    (next_path,) = connection.execute(
        "SELECT next_path FROM client WHERE id = ?", (client,)
    ).fetchone()
    before = client * FIRST_PATH + next_path - 1
    added = connection.execute(_NEW_PATHS, (before, client)).rowcount
    if added:
        connection.execute(_NEW_WORDS, (before, before + added))
        connection.execute(_FIND_PATHS, (client,))
        connection.execute(
            "UPDATE client SET next_path = next_path + ? WHERE id = ?", (added, client)
        )


def _close_vanished(connection: sqlite3.Connection, begun: _Begun, end: Key | None) -> None:
    """What the line's last saveset has between what was reached and the end, and this one has not.
    None: no entry comes behind."""
    values: dict[str, object] = {
        "line": begun.line,
        "client": begun.client,
        "place": begun.place,
    }
    conditions = ""
    if begun.reached is not None:
        conditions += _BEHIND
        values |= zip(("dir0", "leaf0", "name0"), begun.reached, strict=True)
    if end is not None:
        conditions += _UP_TO
        values |= zip(("dir1", "leaf1", "name1"), end, strict=True)
        if begun.reached is not None and begun.reached[:2] == end[:2]:
            conditions += _BETWEEN_NAMES
    connection.execute(_CLOSE.format(_VANISHED.format(conditions)), values)


def _key(row: Listed) -> Key:
    directory, name, kind = row[:3]
    return directory, int(kind != "d"), name
