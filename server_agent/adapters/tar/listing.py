"""A saveset's listing while it is written: a SQLite file with a row per entry of the sources.

Every listing is complete: a row that did not change since the base keeps the home (the saveset
that holds its data) and the place that it has there. Nothing is kept in memory per entry.

Layout (`FORMAT` is SQLite's `user_version`):
    home    id, saveset: savesets that hold data of this listing; the highest id is its own
    source  path: the task's sources
    entry   one row per path, as `find` saw it, and where tar's member lies in its home:
            dir, name    the path without its last part, and that part; the root is ("", "")
            leaf         0 for a directory, 1 for all else: directories sort first
            home         None: not saved (sockets, and what could not be read)
            block        number of the member's first block of 512 bytes in the home's tar stream
            blocks       its length, headers included
            children     of a directory, the number of entries directly in it
    flaw    path, code: what is not in the saveset as it was, or not at all
"""

import contextlib
import sqlite3
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, islice
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from server_agent.adapters.tar import packed
from server_agent.adapters.tar.database import Database, connect, new_uri
from server_agent.adapters.tar.inheriting import COLUMNS, SAME, entering
from server_agent.adapters.tar.names import split
from server_agent.adapters.tar.private import make_private
from server_agent.adapters.tar.walk import Member
from server_agent.ports import COMMANDS_DIRECTORY, Control

FORMAT = 1
APPLICATION_ID = 0x5345534D  # "SESM", tells `file` and us what it is
_ROWS_AT_ONCE = 100  # a statement for each row would take a quarter more time
_CACHE_KIB = 16_384  # keeps the pages of one directory and of its base at hand

Row = Sequence[Any]

_SCHEMA = f"""
-- A crash leaves a file under a temporary name, which is removed: a journal protects nothing, and
-- whatever is written before this has one.
PRAGMA journal_mode = OFF;
PRAGMA application_id = {APPLICATION_ID};
PRAGMA user_version = {FORMAT};
PRAGMA synchronous = OFF;
PRAGMA locking_mode = EXCLUSIVE;
PRAGMA cache_size = -{_CACHE_KIB};
CREATE TABLE home(id INTEGER PRIMARY KEY, saveset TEXT NOT NULL UNIQUE);
CREATE TABLE source(path BLOB PRIMARY KEY) WITHOUT ROWID;
CREATE TABLE flaw(path BLOB, code TEXT, PRIMARY KEY (path, code)) WITHOUT ROWID;
CREATE TABLE entry(
    dir BLOB, leaf INTEGER, name BLOB, kind TEXT, inode INTEGER, device INTEGER, links INTEGER,
    size INTEGER, modify_ns INTEGER, change_ns INTEGER, mode INTEGER, uid INTEGER, gid INTEGER,
    target BLOB, home INTEGER, block INTEGER, blocks INTEGER, children INTEGER,
    PRIMARY KEY (dir, leaf, name)
) WITHOUT ROWID;
-- Its condition must not share a column with `inheriting`: SQLite would compile that anew per row.
CREATE INDEX several ON entry(device, inode) WHERE links > 1;
"""

# All names of a hard-linked file have one home: tar stores its data under one of them only.
_WHOLE_LINK_GROUPS = """
UPDATE entry SET home = NULL, block = NULL, blocks = NULL
WHERE links > 1 AND leaf AND home NOT NULL AND (device, inode) IN
(SELECT device, inode FROM entry WHERE links > 1 AND leaf AND home IS NULL)
"""
_COUNT_CHILDREN = """
UPDATE entry SET children =
(SELECT count(*) FROM entry AS child WHERE child.name <> x'' AND child.dir =
    CASE entry.name WHEN x'' THEN x'' ELSE CAST(entry.dir || x'2f' || entry.name AS BLOB) END)
WHERE NOT leaf
"""
_TO_SAVE = "home IS NULL AND kind <> 's'"
_FILES = "count(*) FILTER (WHERE leaf AND {0})"
_BYTES = """
coalesce(sum(size) FILTER (WHERE kind = 'f' AND links = 1 AND {0}), 0)
+ (SELECT coalesce(sum(size), 0) FROM (SELECT DISTINCT device, inode, size FROM entry
    WHERE links > 1 AND kind = 'f' AND {0}))
"""
_ENTER = f"""
UPDATE entry SET home = {{}}, block = ?1, blocks = ?2,
    change_ns = CASE WHEN ?4 IS NULL OR size = ?4 AND modify_ns = ?5 THEN change_ns END
WHERE dir = ?6 AND leaf = ?7 AND name = ?8 AND (?3 IS NULL OR kind = ?3) AND {_TO_SAVE}
"""
_PATH = "CAST(dir || x'2f' || name AS BLOB)"
_OF_SOURCE = "WHERE ((dir, name) = (?, ?) OR dir = ? OR dir >= ? AND dir < ?)"
_IN_SOURCE = f"{_OF_SOURCE} AND leaf"
_MOUNT_POINTS = """
SELECT CAST(inner.dir || x'2f' || inner.name AS BLOB) AS path FROM entry AS outer
JOIN entry AS inner ON inner.leaf = 0 AND inner.name <> x'' AND inner.dir =
    CASE outer.name WHEN x'' THEN x'' ELSE CAST(outer.dir || x'2f' || outer.name AS BLOB) END
WHERE outer.leaf = 0 AND inner.device <> outer.device ORDER BY path
"""


@dataclass(frozen=True, slots=True)
class Amount:
    """Entries that are no directories, and their size in bytes, a hard-linked file counted once."""

    files: int
    size: int


class ListingWriter:
    """The listing of one backup under its temporary name."""

    def __init__(self, path: Path, saveset: str, sources: Sequence[bytes], control: Control):
        make_private(path)
        self._connection = connect(new_uri(path), control)
        self._same = ""
        try:
            self._connection.executescript(_SCHEMA)
            self._connection.execute("BEGIN")
            self._connection.executemany("INSERT INTO source VALUES (?)", ((s,) for s in sources))
        except BaseException:
            self._connection.close()
            raise
        self._own = 1
        self._saveset = saveset

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._connection.close()

    def build_on(self, base: Path, same: str = SAME) -> list[str]:
        """Rows added from now on take home and place from the base if nothing has changed.

        Args:
            same: how that is told, see `inheriting`.

        Returns:
            The savesets that hold the base's data.

        Raises:
            sqlite3.DatabaseError: the base's listing is missing, damaged or of another format.
        """
        self._connection.execute("COMMIT")
        packed.read(base, lambda uri: self._connection.execute("ATTACH ? AS base", (uri,)))
        check_format(self._connection, "base")
        self._connection.execute("BEGIN")
        self._connection.execute("INSERT INTO home SELECT id, saveset FROM base.home")
        self._same = same
        homes = self._connection.execute("SELECT saveset FROM base.home ORDER BY id").fetchall()
        self._own = self._connection.number("SELECT max(id) + 1 FROM home")
        return [saveset for (saveset,) in homes]

    def add(self, rows: Iterator[Row]) -> None:
        """Rows of directory, name, kind, inode, device, links, size, times, mode, uid, gid and
        link target."""
        values, many = chain.from_iterable(rows), entering(_ROWS_AT_ONCE, self._same)
        while some := list(islice(values, _ROWS_AT_ONCE * len(COLUMNS))):
            count = len(some) // len(COLUMNS)
            statement = many if count == _ROWS_AT_ONCE else entering(count, self._same)
            self._connection.execute(statement, some)

    def end_scan(self) -> Amount:
        """No more rows come; returns what has to be saved."""
        self._connection.execute("INSERT INTO home VALUES (?, ?)", (self._own, self._saveset))
        self._connection.execute(_WHOLE_LINK_GROUPS)
        self._connection.execute(_COUNT_CHILDREN)
        (amount,) = self._amounts(_TO_SAVE)
        return amount

    def amount(self) -> Amount:
        """All that it has but sockets, before `end_scan` too."""
        (amount,) = self._amounts("kind <> 's'")
        return amount

    def has_entries(self, source: bytes) -> bool:
        """Whether anything was found of a source but a directory that is the source itself."""
        inside = f"{_OF_SOURCE} AND (leaf OR (dir, name) <> (?, ?))"
        query = f"SELECT EXISTS (SELECT 1 FROM entry {inside})"
        return bool(self._connection.number(query, (*_within(source), *split(source))))

    def has_links_to_save(self) -> bool:
        """Whether any file that has to be saved has several names."""
        query = f"SELECT EXISTS (SELECT 1 FROM entry WHERE links > 1 AND leaf AND {_TO_SAVE})"
        return bool(self._connection.number(query))

    def paths_to_save(self) -> Iterator[bytes]:
        """In the order of the listing: a directory before what it holds."""
        query = f"SELECT {_PATH} FROM entry WHERE {_TO_SAVE} ORDER BY dir, leaf, name"
        for (path,) in self._connection.execute(query):
            yield path

    def sockets(self) -> Iterator[bytes]:
        for (path,) in self._connection.execute(f"SELECT {_PATH} FROM entry WHERE kind = 's'"):
            yield path

    def place(self, members: Sequence[Member]) -> None:
        """Enters where members lie. For the next backup, a file whose size or time is another one
        than the scan has seen counts as changed; what is of another kind is not entered."""
        self._connection.executemany(_ENTER.format(self._own), members)

    @property
    def database(self) -> Database:
        """For statements of others about its entries."""
        return self._connection

    @property
    def own(self) -> int:
        """The home of what this saveset itself holds, from the end of the scan on."""
        return self._own

    def has(self, path: bytes) -> bool:
        query = "SELECT EXISTS (SELECT 1 FROM entry WHERE dir = ? AND leaf IN (0, 1) AND name = ?)"
        return bool(self._connection.number(query, split(path)))

    def outline(self, source: bytes) -> "Outline | None":
        return outline(self._connection, source)

    def note_flaw(self, path: bytes, code: str) -> bool:
        """Enters that a path is not saved as it was; False if that was known. For the next
        backup it counts as changed, even if nothing changes about it any more."""
        self._connection.execute(
            "UPDATE entry SET change_ns = NULL WHERE dir = ? AND leaf IN (0, 1) AND name = ?",
            split(path),
        )
        done = self._connection.execute("INSERT OR IGNORE INTO flaw VALUES (?, ?)", (path, code))
        return done.rowcount == 1

    def flawed(self) -> int:
        """How many paths are not saved as they were."""
        return self._connection.number("SELECT count(DISTINCT path) FROM flaw")

    def flawed_and_saved(self) -> int:
        """How many of them this saveset holds nevertheless."""
        return self._connection.number(
            "SELECT count(*) FROM entry WHERE EXISTS (SELECT 1 FROM flaw)"
            f" AND home = {self._own} AND leaf AND {_PATH} IN (SELECT path FROM flaw)"
        )

    def why_nothing(self, source: bytes) -> bytes | None:
        """A path of a source that could not be read, if nothing of the source is saved at all but
        bare directories; else None."""
        inside = source.rstrip(b"/")
        values = (source, inside + b"/", inside + b"0")  # "0" is what follows "/"
        flaw = self._connection.execute(
            "SELECT path FROM flaw WHERE code = 'UNREADABLE'"
            " AND (path = ? OR path >= ? AND path < ?) ORDER BY path LIMIT 1",
            values,
        ).fetchone()
        if flaw is None:
            return None
        saved = self._connection.number(
            "SELECT EXISTS (SELECT 1 FROM entry WHERE leaf AND home NOT NULL AND ("
            "(dir, name) = (?, ?) OR dir = ? OR dir >= ? AND dir < ?))",
            (*split(source), inside, *values[1:]),
        )
        return None if saved else bytes(flaw[0])

    def unexplained(self) -> Iterator[bytes]:
        """What should have been saved and was not, without a flaw that says why."""
        query = (
            f"SELECT {_PATH} FROM entry WHERE {_TO_SAVE} AND {_PATH} NOT IN (SELECT path FROM flaw)"
        )
        for (path,) in self._connection.execute(query).fetchall():
            yield path

    def add_commands(
        self, children: int, owner: tuple[int, int], time_ns: int, block: int, blocks: int
    ) -> None:
        """The directory of what commands wrote, as a source. It is no mount point."""
        directory, name = split(COMMANDS_DIRECTORY)
        self._connection.execute("INSERT INTO source VALUES (?)", (COMMANDS_DIRECTORY,))
        self._connection.execute(
            "INSERT INTO entry VALUES (?, 0, ?, 'd', 0, coalesce((SELECT device FROM entry WHERE"
            " (dir, leaf, name) = (x'', 0, x'')), 0), 1, 0, ?, NULL, 448, ?, ?, x'', ?, ?, ?, ?)",
            (directory, name, time_ns, *owner, self._own, block, blocks, children),
        )

    def add_command(
        self, name: str, size: int, owner: tuple[int, int], time_ns: int, block: int, blocks: int
    ) -> None:
        """What a command wrote; changed in any case at the next backup."""
        self._connection.execute(
            "INSERT INTO entry VALUES (?, 1, ?, 'f', 0, 0, 1, ?, ?, NULL, 384, ?, ?, x'',"
            " ?, ?, ?, NULL)",
            (
                *(COMMANDS_DIRECTORY, name.encode("utf-8"), size, time_ns, *owner),
                *(self._own, block, blocks),
            ),
        )

    def saved_and_listed(self) -> tuple[Amount, Amount]:
        """What this saveset itself holds, and what a restore of it brings back."""
        saved, listed = self._amounts(f"home = {self._own}", "home NOT NULL")
        return saved, listed

    def finish(self) -> None:
        """Everything is entered: writes it out and closes the file."""
        # Homes of which no entry is left are not needed to restore this saveset.
        self._connection.execute(
            f"DELETE FROM home WHERE id <> {self._own}"
            " AND id NOT IN (SELECT DISTINCT home FROM entry WHERE home NOT NULL)"
        )
        self._connection.execute("COMMIT")
        self._connection.close()

    def _amounts(self, *conditions: str) -> list[Amount]:
        """One for each condition, in one pass over all rows."""
        columns = [part.format(condition) for condition in conditions for part in (_FILES, _BYTES)]
        numbers = self._connection.execute(f"SELECT {', '.join(columns)} FROM entry").fetchone()
        return [Amount(*numbers[at : at + 2]) for at in range(0, len(numbers), 2)]


@dataclass(frozen=True, slots=True)
class Outline:
    """Which file system a source is on, and whether anything but directories is in it."""

    device: int
    inode: int
    is_empty: bool


def outline(connection: Database, source: bytes) -> Outline | None:
    """None if the listing does not have the source."""
    root = connection.execute(
        "SELECT device, inode FROM entry WHERE dir = ? AND leaf IN (0, 1) AND name = ?",
        split(source),
    ).fetchone()
    if root is None:
        return None
    found = connection.number(f"SELECT EXISTS (SELECT 1 FROM entry {_IN_SOURCE})", _within(source))
    device, inode = root
    return Outline(device, inode, is_empty=not found)


def count_in(connection: Database, source: bytes) -> int:
    """How many entries of a source are no directories."""
    return connection.number(f"SELECT count(*) FROM entry {_IN_SOURCE}", _within(source))


def mount_points(connection: Database) -> Iterator[bytes]:
    """Directories on another file system than the one that holds them, what is outside first."""
    for (path,) in connection.execute(_MOUNT_POINTS):
        yield path


def _within(source: bytes) -> tuple[bytes, ...]:
    inside = source.rstrip(b"/")
    return (*split(source), inside, inside + b"/", inside + b"0")  # "0" is what follows "/"


@contextlib.contextmanager
def opened(path: Path) -> Iterator[Database]:
    """A finished listing, to be read.

    Raises:
        sqlite3.DatabaseError: it is missing, damaged or of another format.
    """
    connection = packed.read(path, connect)
    try:
        check_format(connection, "main")
        yield connection
    finally:
        connection.close()


def check_format(connection: Database, schema: str) -> None:
    """Raises sqlite3.DatabaseError if the database is no listing that this program can read."""
    application = connection.number(f"PRAGMA {schema}.application_id")
    version = connection.number(f"PRAGMA {schema}.user_version")
    if (application, version) != (APPLICATION_ID, FORMAT):
        raise sqlite3.DatabaseError(
            f"not a listing of format {FORMAT} (application {application:#x}, format {version})"
        )
