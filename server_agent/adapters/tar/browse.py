"""Reads of a finished listing: one directory a page at a time, and whether paths are in it."""

import contextlib
import sqlite3
from collections.abc import Iterator, Sequence
from pathlib import Path

from server_agent.adapters.tar import packed
from server_agent.adapters.tar.database import Database
from server_agent.adapters.tar.failures import is_broken, is_full
from server_agent.adapters.tar.listing import Row, opened
from server_agent.adapters.tar.names import joined, split
from server_agent.domain.errors import PageTokenInvalid, PathNotFound, SavesetDamaged
from server_agent.domain.quoting import printable, quoted
from server_agent.ports import EngineError, Entry, EntryKind, EntryPage

_COLUMNS = """
SELECT leaf, name, dir, kind, size, modify_ns, mode, uid, gid, target,
(SELECT saveset FROM {schema}.home WHERE id = entry.home), coalesce(children, 0)
FROM {schema}.entry
"""
_PAGE = f"""{_COLUMNS.format(schema="main")}
WHERE dir = ? AND (leaf, name) > (?, ?) AND name <> x'' ORDER BY leaf, name LIMIT ?
"""
_ONE = f"{_COLUMNS} WHERE dir = ? AND leaf IN (0, 1) AND name = ?"

Place = tuple[int, bytes]  # leaf and name: what a page is ordered by
_START: Place = (-1, b"")


def entries(
    listing: Path, saveset: str, directory: bytes, position: str | None, limit: int
) -> EntryPage:
    """See `server_agent.ports.Engine.entries`.

    Raises also PageTokenInvalid if the position is none that this function gave.
    """
    after = _parsed(position)
    with reading(listing, saveset) as connection:
        if not directory:
            return _top(connection, after, limit)
        path = directory.rstrip(b"/") or b"/"
        found = one(connection, path)
        if found is None or found.kind is not EntryKind.DIRECTORY:
            raise PathNotFound(saveset=saveset, path=printable(directory))
        inside = path.rstrip(b"/")
        rows = connection.execute(_PAGE, (inside, *after, limit + 1)).fetchall()
        return _page([(row[0], row[1], _entry(row)) for row in rows], found.children, limit)


def missing_paths(listing: Path, saveset: str, paths: Sequence[bytes]) -> list[bytes]:
    """See `server_agent.ports.Engine.missing_paths`."""
    with reading(listing, saveset) as connection:
        return [path for path in paths if one(connection, path.rstrip(b"/") or b"/") is None]


def one(connection: Database, path: bytes, schema: str = "main") -> Entry | None:
    """The entry with this path in the listing that the schema is."""
    row = connection.execute(_ONE.format(schema=schema), split(path)).fetchone()
    return _entry(row) if row is not None else None


def _top(connection: Database, after: Place, limit: int) -> EntryPage:
    """The sources are few: a task names them by hand."""
    sources = connection.execute("SELECT path FROM source").fetchall()
    found = [entry for (path,) in sources if (entry := one(connection, path)) is not None]
    ordered = sorted(
        (int(entry.kind is not EntryKind.DIRECTORY), entry.path, entry) for entry in found
    )
    rest = [row for row in ordered if row[:2] > after]
    return _page(rest[: limit + 1], len(ordered), limit)


def _page(rows: list[tuple[int, bytes, Entry]], total: int, limit: int) -> EntryPage:
    page = rows[:limit]
    more = len(rows) > limit and page
    return EntryPage(
        entries=tuple(entry for _, _, entry in page),
        total=total,
        next_position=f"{page[-1][0]}{page[-1][1].hex()}" if more else None,
    )


def _parsed(position: str | None) -> Place:
    if position is None:
        return _START
    try:
        return int(position[:1]), bytes.fromhex(position[1:])
    except ValueError as error:
        raise PageTokenInvalid from error


def _entry(row: Row) -> Entry:
    _, name, directory, kind, size, modified, mode, uid, gid, target, home, children = row
    return Entry(
        path=joined(directory, name),
        kind=EntryKind(kind),
        size=size,
        modify_time_ns=modified,
        mode=mode,
        uid=uid,
        gid=gid,
        link_target=target,
        home=home,
        children=children,
    )


@contextlib.contextmanager
def reading(listing: Path, saveset: str) -> Iterator[Database]:
    """Its listing. Raises SavesetDamaged or EngineError if it cannot be read."""
    try:
        if not packed.is_there(listing):
            raise SavesetDamaged(saveset=saveset, detail="its listing is missing")
        with opened(listing) as connection:
            yield connection
    except sqlite3.Error as error:
        detail = f"its listing cannot be read: {error}"
        if is_broken(error):
            raise SavesetDamaged(saveset=saveset, detail=detail) from error
        raise EngineError("LISTING", f"saveset {saveset}: {detail}") from error
    except OSError as error:
        place = f"{quoted(error.filename)}: " if error.filename else ""
        detail = f"its listing cannot be read: {place}{error.strerror or error}"
        if is_full(error):
            detail += ". It is compressed and has to be unpacked there: free some space"
        raise EngineError("LISTING", f"saveset {saveset}: {detail}") from error
