"""What a restore from a repository has to bring back."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

from server_agent.adapters.tar.names import joined
from server_agent.adapters.tar.selection import Selection


@dataclass(frozen=True, slots=True)
class Picked:
    """An entry.

    Attributes:
        is_link: another name of its file is picked too, and counts.
        is_kept: a directory that stays as it is at the target.
        renamed: the path that it gets there; None for its own.
        link: what it points at, if it is a symbolic link.
    """

    directory: bytes
    name: bytes
    leaf: int
    kind: str
    size: int
    modify_ns: int
    is_link: bool
    is_kept: bool
    renamed: bytes | None
    link: bytes


@dataclass(frozen=True, slots=True)
class Directory:
    """What the listing says of one; its time is in nanoseconds."""

    path: bytes
    modify_ns: int
    mode: int
    uid: int
    gid: int


class ResticSelection(Selection):
    """The entries of one restore."""

    def mark_links(self) -> None:
        """Of the names of one file all but the first bring no bytes."""
        rows = self._connection.execute(
            "SELECT entry.device, entry.inode, picked.home, picked.block FROM picked"
            " JOIN listing.entry USING (dir, leaf, name)"
            " WHERE picked.links > 1 AND picked.kind = 'f' ORDER BY 1, 2, 4"
        ).fetchall()
        for one, other in pairwise(rows):
            if one[:2] == other[:2]:
                self._connection.execute(
                    "UPDATE picked SET linked = 1 WHERE home = ? AND block = ?", other[2:]
                )

    def settle(self) -> None:
        """Takes back what was to be kept, but for directories, into which something may come."""
        self._connection.execute("DELETE FROM picked WHERE leaf AND (home, block) IN kept")

    def rows(self) -> Iterator[Picked]:
        """All of them, each directory before what it holds."""
        query = """
        SELECT dir, name, leaf, picked.kind, picked.size, picked.modify_ns, linked,
        (picked.home, picked.block) IN kept, renamed.path, entry.target
        FROM picked JOIN listing.entry USING (dir, leaf, name)
        LEFT JOIN renamed ON (renamed.home, renamed.block) = (picked.home, picked.block)
        ORDER BY dir, leaf, name
        """
        return (Picked(*row) for row in self._connection.execute(query))

    def directories_inside_out(self) -> Iterator[Directory]:
        """Those that get what belongs to the saved ones, each after what it holds."""
        query = """
        SELECT dir, name, picked.modify_ns, entry.mode, entry.uid, entry.gid
        FROM picked JOIN listing.entry USING (dir, leaf, name)
        WHERE NOT leaf AND (picked.home, picked.block) NOT IN kept ORDER BY dir DESC, name DESC
        """
        for directory, name, *facts in self._connection.execute(query):
            yield Directory(joined(directory, name), *facts)
