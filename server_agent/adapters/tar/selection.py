"""What a restore has to bring back, in the order in which it lies in the savesets.

Kept in a scratch database beside the listing, so that a restore of millions of entries needs no
more memory than one of ten.
"""

import itertools
from collections.abc import Callable, Iterator
from pathlib import Path
from types import TracebackType
from typing import Self

from server_agent.adapters.tar import packed
from server_agent.adapters.tar.database import Database, connect, new_uri
from server_agent.adapters.tar.listing import Amount, check_format
from server_agent.adapters.tar.lost import Lost
from server_agent.adapters.tar.names import ancestors, joined, split
from server_agent.adapters.tar.private import make_private
from server_agent.adapters.tar.slices import Orphan, Slice
from server_agent.adapters.tar.standing import Wanted
from server_agent.ports import Control

_SCHEMA = """
PRAGMA journal_mode = OFF;
PRAGMA synchronous = OFF;
CREATE TABLE picked(
    home INTEGER, block INTEGER, blocks INTEGER, dir BLOB, leaf INTEGER, name BLOB, kind TEXT,
    links INTEGER, size INTEGER, uid INTEGER, gid INTEGER, modify_ns INTEGER,
    linked INTEGER DEFAULT 0, first INTEGER,
    PRIMARY KEY (home, block)
) WITHOUT ROWID;
CREATE TABLE candidate(
    home INTEGER, block INTEGER, blocks INTEGER, dir BLOB, name BLOB, PRIMARY KEY (home, block)
) WITHOUT ROWID;
CREATE TABLE unsaved(path BLOB PRIMARY KEY, kind TEXT) WITHOUT ROWID;
CREATE TABLE orphan(
    home INTEGER, block INTEGER, blocks INTEGER, member BLOB, path BLOB, size INTEGER,
    modify_ns INTEGER,
    PRIMARY KEY (home, block, path)
) WITHOUT ROWID;
CREATE TABLE again(
    home INTEGER, block INTEGER, blocks INTEGER, PRIMARY KEY (home, block)
) WITHOUT ROWID;
CREATE TABLE kept(home INTEGER, block INTEGER, PRIMARY KEY (home, block)) WITHOUT ROWID;
CREATE TABLE renamed(
    home INTEGER, block INTEGER, old BLOB, path BLOB UNIQUE, PRIMARY KEY (home, block)
) WITHOUT ROWID;
CREATE TABLE other_name(path BLOB PRIMARY KEY, first BLOB) WITHOUT ROWID;
CREATE INDEX tied ON picked(home, first) WHERE first NOT NULL;
"""
_PICK = """
INSERT OR IGNORE INTO picked
SELECT home, block, blocks, dir, leaf, name, kind, links, size, uid, gid, modify_ns, 0, NULL
FROM listing.entry WHERE home NOT NULL AND {0}
"""
_PICK_UNSAVED = """
INSERT OR IGNORE INTO unsaved SELECT CAST(dir || x'2f' || name AS BLOB), kind
FROM listing.entry WHERE home IS NULL AND {0}
"""
_ITSELF = "dir = ? AND leaf IN (0, 1) AND name = ?"
_DIRECTLY_IN = "dir = ? AND name <> x''"
_DEEPER_IN = "dir >= ? AND dir < ?"


class Selection:
    """The entries of one restore.

    Attributes:
        lost: what of them lies in damage.
    """

    def __init__(self, scratch: Path, listing: Path, control: Control) -> None:
        """Raises sqlite3.DatabaseError if the listing cannot be read."""
        make_private(scratch)
        self._connection = connect(new_uri(scratch), control)
        try:
            self._connection.executescript(_SCHEMA)
            packed.read(
                listing, lambda uri: self._connection.execute("ATTACH ? AS listing", (uri,))
            )
            check_format(self._connection, "listing")
            self.lost = Lost(self._connection)
            self._connection.execute("BEGIN")
        except BaseException:
            self._connection.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._connection.close()

    def pick_everything(self) -> None:
        self._pick("TRUE", ())

    def pick(self, path: bytes) -> bool:
        """A path, all that it holds, and the directories that hold it, as far as the listing has
        them; False if the listing does not have the path."""
        key = split(path)
        if (
            self._connection.execute(f"SELECT 1 FROM listing.entry WHERE {_ITSELF}", key).fetchone()
            is None
        ):
            return False
        inside = path.rstrip(b"/")
        self._pick(_ITSELF, key)
        self._pick(_DIRECTLY_IN, (inside,))
        self._pick(_DEEPER_IN, (inside + b"/", inside + b"0"))  # "0" is what follows "/"
        for ancestor in ancestors(path):
            self._pick(_ITSELF, split(ancestor))
        return True

    def leave_out(self, path: bytes) -> int:
        """Takes back a path and all that it holds. Returns how many entries that are no
        directories these were."""
        inside = path.rstrip(b"/")
        count = 0
        self._connection.execute("CREATE INDEX IF NOT EXISTS place ON picked(dir, leaf, name)")
        for condition, values in (
            (_ITSELF, split(path)),
            ("dir = ?", (inside,)),
            (_DEEPER_IN, (inside + b"/", inside + b"0")),
        ):
            count += self._connection.number(
                f"SELECT count(*) FROM picked WHERE leaf AND {condition}", values
            )
            self._connection.execute(f"DELETE FROM picked WHERE {condition}", values)
            self._connection.execute(f"DELETE FROM lost_directory WHERE {condition}", values)
        return count

    def sources(self) -> list[bytes]:
        """The sources of the listing."""
        return [path for (path,) in self._connection.execute("SELECT path FROM listing.source")]

    def wanted(self) -> Iterator[Wanted]:
        """What was picked, each directory before what it holds; first the directories above the
        sources that no listing has."""
        above = {path for source in self._picked_sources() for path in ancestors(source)}
        for path in sorted(above - {b"/"}):
            if not self._is_listed(path):
                yield Wanted(path, is_directory=True)
        query = """
        SELECT dir, name, leaf, modify_ns, size * (kind = 'f'), home, block
        FROM picked ORDER BY dir, leaf, name
        """
        for directory, name, leaf, modified, size, *key in self._connection.execute(query):
            yield Wanted(joined(directory, name), not leaf, modified, size, (key[0], key[1]))

    def keep(self, key: tuple[int, int]) -> None:
        """What stands in the place of an entry stays; known to the rest from `settle` on."""
        self._connection.execute("INSERT INTO kept VALUES (?, ?)", key)

    def rename(self, key: tuple[int, int], path: bytes) -> None:
        """An entry gets a new name, which is not known yet."""
        self._connection.execute("INSERT INTO renamed VALUES (?, ?, ?, NULL)", (*key, path))

    def settle(self) -> None:
        """Takes back what was to be kept."""
        self._connection.execute(
            "DELETE FROM picked WHERE (home, block) IN (SELECT home, block FROM kept)"
        )

    def has_nameless(self) -> bool:
        """Whether anything has to get a new name and has none."""
        return bool(
            self._connection.number("SELECT EXISTS (SELECT 1 FROM renamed WHERE path IS NULL)")
        )

    def nameless(self) -> Iterator[tuple[tuple[int, int], bytes]]:
        """That, and the path of each as in the listing. All are found before the first is told."""
        query = "SELECT home, block, old FROM renamed WHERE path IS NULL ORDER BY old"
        for home, block, old in self._connection.execute(query):
            yield (home, block), old

    def name(self, key: tuple[int, int], path: bytes) -> None:
        """Gives it this name, unless something of the listing or something else has that."""
        if not self._is_listed(path):
            query = "UPDATE OR IGNORE renamed SET path = ? WHERE home = ? AND block = ?"
            self._connection.execute(query, (path, *key))

    def names(self) -> Iterator[tuple[bytes, bytes]]:
        """The old and the new path of all that gets a new name."""
        return (row for row in self._connection.execute("SELECT old, path FROM renamed ORDER BY 1"))

    def place_of(self, entry: Slice, path: bytes) -> bytes:
        """Where an entry comes to: its new name if it gets one, else its path."""
        query = "SELECT path FROM renamed WHERE home = ? AND block = ?"
        row = self._connection.execute(query, (entry.home, entry.block)).fetchone()
        return bytes(row[0]) if row else path

    def part_renamed(self) -> None:
        """What gets a new name comes there from elsewhere, like an orphan."""
        self._connection.execute(
            "INSERT INTO orphan"
            " SELECT home, block, blocks, old, path, size * (kind = 'f'), modify_ns"
            " FROM picked JOIN renamed USING (home, block)"
        )
        self._connection.execute(
            "DELETE FROM picked WHERE (home, block) IN (SELECT home, block FROM renamed)"
        )

    def unsaved(self) -> Iterator[tuple[bytes, str]]:
        """Path and kind of what was picked and is in no saveset."""
        query = "SELECT path, kind FROM unsaved ORDER BY path"
        return (row for row in self._connection.execute(query))

    def has(self, path: bytes) -> bool:
        """Whether a member of this name may be restored."""
        query = f"""
        SELECT EXISTS (SELECT 1 FROM listing.entry WHERE {_ITSELF})
        OR EXISTS (SELECT 1 FROM orphan WHERE member = ?)
        """
        return bool(self._connection.number(query, (*split(path), path)))

    def is_directory(self, path: bytes) -> bool:
        """Whether a path is one of the listing's."""
        found = "SELECT 1 FROM listing.entry WHERE dir = ? AND leaf = 0 AND name = ?"
        return bool(self._connection.number(f"SELECT EXISTS ({found})", split(path)))

    def homes(self) -> dict[int, str]:
        """The savesets that hold what was picked, by their ids in the listing."""
        query = "SELECT id, saveset FROM listing.home WHERE id IN (SELECT home FROM picked)"
        return dict(self._connection.execute(query))

    def amount(self) -> Amount:
        """Entries that are no directories, and the bytes that will be written."""
        query = """
        SELECT (SELECT count(*) FROM picked WHERE leaf) + (SELECT count(*) FROM orphan)
        + (SELECT count(*) FROM other_name),
        (SELECT coalesce(sum(size), 0) FROM picked WHERE kind = 'f' AND NOT linked)
        + (SELECT coalesce(sum(size), 0) FROM (SELECT DISTINCT home, block, size FROM orphan))
        """
        return Amount(*self._connection.execute(query).fetchone())

    def foreign(self, uid: int, gid: int) -> int:
        """How many entries belong to somebody else."""
        query = "SELECT count(*) FROM picked WHERE uid <> ? OR gid <> ?"
        return self._connection.number(query, (uid, gid))

    def has_directories_of_others(self) -> bool:
        """Whether anybody but root may change a directory that was picked."""
        query = "SELECT EXISTS (SELECT 1 FROM picked WHERE NOT leaf AND uid <> 0)"
        return bool(self._connection.number(query))

    def slices(self) -> Iterator[Slice]:
        """Everything in the order in which it was saved, home by home; first the directories that
        lie in damage."""
        query = """
        SELECT home, block, blocks, leaf, size * (kind = 'f' AND NOT linked),
        CASE WHEN leaf THEN CAST(dir || x'2f' || name AS BLOB) ELSE x'' END,
        modify_ns, linked
        FROM picked ORDER BY home, block
        """
        members = itertools.starmap(Slice, self._connection.execute(query))
        return itertools.chain(self.lost.directories(), members)

    def directories(self, is_there: Callable[[bytes], bool] | None = None) -> Iterator[Slice]:
        """Only those, in the same order; if asked for, only those that are there."""
        query = """
        SELECT home, block, blocks, dir, name FROM picked WHERE NOT leaf ORDER BY home, block
        """
        yield from self.lost.directories(is_there)
        for home, block, blocks, *path in self._connection.execute(query):
            if is_there is None or is_there(joined(*path)):
                yield Slice(home, block, blocks)

    def possible_links(self) -> Iterator[tuple[Slice, bytes]]:
        """Members that may be hard links to others, with their paths."""
        self._connection.execute("DELETE FROM candidate")
        self._connection.execute(
            "INSERT INTO candidate SELECT home, block, blocks, dir, name FROM picked"
            " WHERE leaf AND links > 1 AND NOT linked"
        )
        for *place, directory, name in self._connection.execute("SELECT * FROM candidate"):
            yield Slice(*place), joined(directory, name)

    def restored_before(self, path: bytes, link: Slice) -> int | None:
        """The block of a path, if that is picked, of the link's home and earlier in it."""
        query = f"""
        SELECT block FROM listing.entry WHERE {_ITSELF} AND home = ? AND block < ?
        AND (home, block) IN (SELECT home, block FROM picked)
        AND (home, block) NOT IN (SELECT home, block FROM renamed)
        """
        row = self._connection.execute(query, (*split(path), link.home, link.block)).fetchone()
        return int(row[0]) if row else None

    def mark_link(self, link: Slice, first: int) -> None:
        """It is a hard link to something that is picked too: to the member at that block."""
        self._connection.execute(
            "UPDATE picked SET linked = 1, first = ? WHERE home = ? AND block = ?",
            (first, link.home, link.block),
        )

    def replace(self, link: Slice, orphan: Orphan) -> None:
        """The data of a hard link come from elsewhere; the directories above it are done anew
        after it, since it changes their times."""
        data = orphan.data
        self._connection.execute(
            "INSERT INTO orphan SELECT ?, ?, ?, ?, ?, size * (kind = 'f'), modify_ns FROM picked"
            " WHERE home = ? AND block = ?",
            (
                *(data.home, data.block, data.blocks, orphan.member, orphan.path),
                *(link.home, link.block),
            ),
        )
        self._connection.execute(
            "DELETE FROM picked WHERE home = ? AND block = ?", (link.home, link.block)
        )
        self._connection.executemany(
            "INSERT OR IGNORE INTO again SELECT home, block, blocks FROM listing.entry"
            f" WHERE {_ITSELF} AND home NOT NULL",
            (split(ancestor) for ancestor in ancestors(orphan.path)),
        )

    def link_anew(self, link: Slice, first: bytes) -> None:
        """A hard link that gets a new name, to a path that comes to its own place."""
        query = "INSERT INTO other_name SELECT path, ? FROM renamed WHERE home = ? AND block = ?"
        self._connection.execute(query, (first, link.home, link.block))
        self._connection.execute(
            "DELETE FROM picked WHERE home = ? AND block = ?", (link.home, link.block)
        )

    def other_names(self) -> Iterator[tuple[bytes, bytes]]:
        """Those new names, and the paths that they are other names of."""
        return (row for row in self._connection.execute("SELECT path, first FROM other_name"))

    def has_adopted(self) -> bool:
        """Whether there are orphans, or such names."""
        query = "SELECT EXISTS (SELECT 1 FROM orphan) OR EXISTS (SELECT 1 FROM other_name)"
        return bool(self._connection.number(query))

    def orphans(self) -> Iterator[Orphan]:
        """Those that share their data one after the other."""
        query = """
        SELECT home, block, blocks, member, path, modify_ns FROM orphan ORDER BY home, block, path
        """
        for home, block, blocks, *rest in self._connection.execute(query):
            yield Orphan(Slice(home, block, blocks), *rest)

    def data_of_orphans(self) -> Iterator[Slice]:
        """Each counts for all the names that it gets."""
        query = """
        SELECT home, block, blocks, count(*), size FROM orphan
        GROUP BY home, block ORDER BY home, block
        """
        return (Slice(*row) for row in self._connection.execute(query))

    def directories_of_orphans(self) -> Iterator[Slice]:
        query = """
        SELECT home, block, blocks FROM again
        WHERE (home, block) IN (SELECT home, block FROM picked) ORDER BY home, block
        """
        found = (Slice(*row) for row in self._connection.execute(query))
        return itertools.chain(self.lost.directories(), found)

    def _picked_sources(self) -> Iterator[bytes]:
        for source in self.sources():
            query = """
            SELECT EXISTS (SELECT 1 FROM listing.entry JOIN picked USING (home, block)
            WHERE entry.dir = ? AND entry.leaf IN (0, 1) AND entry.name = ?)
            """
            if self._connection.number(query, split(source.rstrip(b"/") or b"/")):
                yield source

    def _is_listed(self, path: bytes) -> bool:
        query = f"SELECT EXISTS (SELECT 1 FROM listing.entry WHERE {_ITSELF})"
        return bool(self._connection.number(query, split(path)))

    def _pick(self, condition: str, values: tuple[bytes, ...]) -> None:
        self._connection.execute(_PICK.format(condition), values)
        self._connection.execute(_PICK_UNSAVED.format(condition), values)


def own_slice(connection: Database, path: bytes, home: int) -> Slice | None:
    """Where a listing says that its own saveset holds a path.

    Args:
        connection: the listing.
        path: what is looked for.
        home: the saveset's id in the listing that is restored.
    """
    query = f"""
    SELECT block, blocks FROM entry WHERE {_ITSELF} AND home = (SELECT max(id) FROM home)
    """
    row = connection.execute(query, split(path)).fetchone()
    return Slice(home, *row) if row else None
