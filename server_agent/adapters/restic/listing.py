"""A listing of what restic has really stored: what find saw, compared with what the snapshots
have.

The format is that of `server_agent.adapters.tar.listing`. Each snapshot is complete, so that the
saveset is the home of all that it lists; a member's block is a number of its own, and says nothing
of a place.
"""

import os
import stat
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from server_agent.adapters.restic.repository import Node
from server_agent.adapters.tar.listing import Amount, ListingWriter
from server_agent.adapters.tar.names import split
from server_agent.adapters.tar.numbers import kept_inode, kept_times
from server_agent.ports import EntryKind

_ROWS_AT_ONCE = 10_000
_STORED_TABLE = """
CREATE TEMP TABLE stored(
    number INTEGER PRIMARY KEY, dir BLOB, leaf INTEGER, name BLOB, kind TEXT, size INTEGER,
    modify_ns INTEGER, change_ns INTEGER, mode INTEGER, uid INTEGER, gid INTEGER
)
"""
_AFTER_TABLE = """
CREATE TEMP TABLE after(
    dir BLOB, name BLOB, kind TEXT, inode INTEGER, device INTEGER, links INTEGER, size INTEGER,
    modify_ns INTEGER, change_ns INTEGER, target BLOB, PRIMARY KEY (dir, name)
) WITHOUT ROWID
"""
_INDEX = "CREATE UNIQUE INDEX temp.place ON stored(dir, leaf, name)"
_SAME_PLACE = "stored.dir = entry.dir AND stored.leaf = entry.leaf AND stored.name = entry.name"
_STORED = f"EXISTS (SELECT 1 FROM stored WHERE {_SAME_PLACE})"
# restic has no node for the root itself.
_GONE = f"entry.kind <> 's' AND (dir, name) <> (x'', x'') AND NOT {_STORED}"
_LOOKED = "after.dir = entry.dir AND after.name = entry.name"
_OTHER = """
stored.kind <> entry.kind OR stored.change_ns IS NOT entry.change_ns
OR stored.modify_ns <> entry.modify_ns OR (stored.kind = 'f' AND stored.size <> entry.size)
"""
# What was there when restic had read it is what it said when it began.
_CONSISTENT = """
after.kind = stored.kind AND after.change_ns = stored.change_ns
AND after.modify_ns = stored.modify_ns AND (after.size = stored.size OR stored.kind <> 'f')
"""
_ADD = f"""
INSERT INTO entry SELECT stored.dir, stored.leaf, stored.name, stored.kind, coalesce(inode, 0),
coalesce(device, 0), coalesce(links, 1), stored.size, stored.modify_ns, stored.change_ns,
stored.mode, stored.uid, stored.gid, coalesce(target, x''), NULL, NULL, NULL, NULL
FROM stored LEFT JOIN after ON after.dir = stored.dir AND after.name = stored.name
WHERE stored.kind <> 's' AND {{inside}}
AND NOT EXISTS (SELECT 1 FROM entry WHERE {_SAME_PLACE})
"""
_RENEW = f"""
UPDATE entry SET home = NULL, kind = stored.kind,
size = iif(stored.kind = 'f', stored.size, entry.size), modify_ns = stored.modify_ns,
change_ns = stored.change_ns, mode = stored.mode, uid = stored.uid, gid = stored.gid
FROM stored WHERE {_SAME_PLACE} AND ({_OTHER})
"""
_PATH = "CAST(entry.dir || x'2f' || entry.name AS BLOB)"
_CHILDREN = """
UPDATE entry SET children = found.number
FROM (SELECT dir, count(*) AS number FROM entry WHERE name <> x'' GROUP BY dir) AS found
WHERE NOT leaf AND found.dir =
    CASE entry.name WHEN x'' THEN x'' ELSE CAST(entry.dir || x'2f' || entry.name AS BLOB) END
"""


@dataclass(frozen=True, slots=True)
class Flaw:
    """Something that is not in the saveset as it was, or not at all."""

    path: bytes
    kind: str
    is_stored: bool


class ResticListing(ListingWriter):
    """The listing of one backup under its temporary name."""

    _numbers = 0
    _partial = 0

    def begin_storing(self) -> None:
        """The scan has ended, and restic begins."""
        self._connection.execute(_STORED_TABLE)
        self._connection.execute(_AFTER_TABLE)

    def kind_and_facts(self, path: bytes) -> tuple[int, ...] | None:
        """Of something that is no directory: inode, size, times in nanoseconds, and whether it has
        to be saved; None if the scan has not seen it."""
        row = self._connection.execute(
            "SELECT inode, size, modify_ns, change_ns, home IS NULL FROM entry"
            " WHERE dir = ? AND leaf = 1 AND name = ?",
            split(path),
        ).fetchone()
        return tuple(row) if row else None

    def note_after(self, path: bytes, status: os.stat_result, target: bytes) -> None:
        """What something is when restic has read it, if that is not what the scan has seen."""
        self._connection.execute(
            "INSERT OR REPLACE INTO after VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                *split(path),
                _kind(status.st_mode),
                kept_inode(status.st_ino),
                status.st_dev,
                status.st_nlink,
                status.st_size,
                *kept_times([status.st_mtime_ns, status.st_ctime_ns]),
                target,
            ),
        )

    def store(self, nodes: Iterable[Node]) -> Iterator[bool]:
        """Takes what a snapshot has.

        Yields:
            For each entry, whether it is lossy.
        """
        for node in nodes:
            self._numbers += 1
            leaf = int(node.kind != "d")
            directory, name = split(node.path)
            self._connection.execute(
                "INSERT INTO stored VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (
                    *(self._numbers, directory, leaf, name, node.kind, node.size),
                    *(node.modify_ns, node.change_ns, node.mode, node.uid, node.gid),
                ),
            )
            yield node.is_lossy

    def stored_paths(self) -> Iterator[tuple[int, bytes]]:
        """Number and path of what is stored, in the order of `store`; they may be corrected
        meanwhile."""
        query = (
            "SELECT number, CAST(dir || x'2f' || name AS BLOB) FROM stored WHERE number > ?"
            f" ORDER BY number LIMIT {_ROWS_AT_ONCE}"
        )
        last = 0
        while rows := self._connection.execute(query, (last,)).fetchall():
            yield from rows
            last = rows[-1][0]

    def correct(self, paths: Iterable[tuple[int, bytes]]) -> None:
        """Gives stored entries the paths that they really have."""
        for number, path in paths:
            self._connection.execute(
                "UPDATE stored SET dir = ?, name = ? WHERE number = ?", (*split(path), number)
            )

    def end_storing(self) -> None:
        self._connection.execute(_INDEX)

    def unseen(self) -> Iterator[bytes]:
        """Stored entries that are none of what the scan has seen, or other than that, and of which
        nothing is known from after the read."""
        query = f"""
        SELECT {_PATH.replace("entry", "stored")} FROM stored LEFT JOIN entry ON {_SAME_PLACE}
        WHERE stored.leaf AND (entry.dir IS NULL OR {_OTHER})
        AND NOT EXISTS
        (SELECT 1 FROM after WHERE after.dir = stored.dir AND after.name = stored.name)
        """
        return (path for (path,) in self._connection.execute(query).fetchall())

    def compare(self, sources: Iterable[bytes]) -> Iterator[Flaw]:
        """Makes the listing that of the snapshots. Yields what is flawed."""
        inside, values = _inside(sources)
        self._connection.execute(_ADD.format(inside=inside), values)
        mixed = self._connection.execute(
            f"SELECT {_PATH}, entry.kind FROM entry JOIN stored ON {_SAME_PLACE}"
            f" JOIN after ON {_LOOKED} WHERE stored.kind = 'f' AND NOT ({_CONSISTENT})"
        ).fetchall()
        self._connection.execute(_RENEW)
        self._connection.execute(
            "UPDATE entry SET target = after.target, inode = after.inode, links = after.links"
            f" FROM after WHERE {_LOOKED} AND entry.kind = after.kind"
        )
        gone = self._connection.execute(f"SELECT {_PATH}, kind FROM entry WHERE {_GONE}").fetchall()
        self._connection.execute(f"UPDATE entry SET home = NULL WHERE {_GONE}")
        yield from (Flaw(bytes(path), kind, True) for path, kind in mixed)
        yield from (Flaw(bytes(path), kind, False) for path, kind in gone)

    def settle(self) -> tuple[Amount, Amount]:
        """What is new or changed since the base, and what a restore brings back. Afterwards the
        saveset is the home of all of that."""
        not_gone = f"kind <> 's' AND NOT ({_GONE})"
        self._connection.execute(
            f"UPDATE entry SET home = {self._own} WHERE home IS NULL AND {not_gone}"
        )
        self._partial = self.flawed_and_saved()
        saved, listed = self.saved_and_listed()
        self._connection.execute(
            f"UPDATE entry SET home = {self._own}, blocks = 1, block = coalesce("
            f"(SELECT number FROM stored WHERE {_SAME_PLACE}), block, 0) WHERE home NOT NULL"
        )
        self._connection.execute("UPDATE entry SET children = 0 WHERE NOT leaf")
        self._connection.execute(_CHILDREN)
        return saved, listed

    @property
    def partial(self) -> int:
        """How many flawed entries this saveset itself has saved; known after `settle`."""
        return self._partial


def _inside(sources: Iterable[bytes]) -> tuple[str, list[bytes]]:
    """The condition that a stored entry is a source or below one."""
    conditions, values = ["FALSE"], []
    for source in sources:
        inside = source.rstrip(b"/")
        conditions.append(
            "(stored.dir, stored.name) = (?, ?) OR stored.dir = ?"
            " OR stored.dir >= ? AND stored.dir < ?"
        )
        values += [*split(source), inside, inside + b"/", inside + b"0"]  # "0" follows "/"
    return f"({' OR '.join(conditions)})", values


def _kind(mode: int) -> str:
    for is_kind, kind in (
        (stat.S_ISREG, EntryKind.FILE),
        (stat.S_ISDIR, EntryKind.DIRECTORY),
        (stat.S_ISLNK, EntryKind.SYMLINK),
        (stat.S_ISFIFO, EntryKind.FIFO),
        (stat.S_ISBLK, EntryKind.BLOCK_DEVICE),
        (stat.S_ISCHR, EntryKind.CHARACTER_DEVICE),
    ):
        if is_kind(mode):
            return kind.value
    return EntryKind.SOCKET.value
