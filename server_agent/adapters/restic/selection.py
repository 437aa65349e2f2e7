"""What a restore from a repository has to bring back."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

from server_agent.adapters.tar.names import joined
from server_agent.adapters.tar.selection import Selection


@dataclass(frozen=True, slots=True)
class Picked:
    """An entry. `is_link`: another name of its file is picked too, and counts."""

    directory: bytes
    name: bytes
    leaf: int
    kind: str
    size: int
    is_link: bool


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

    def rows(self) -> Iterator[Picked]:
        """All of them, each directory before what it holds."""
        query = "SELECT dir, name, leaf, kind, size, linked FROM picked ORDER BY dir, leaf, name"
        return (Picked(*row) for row in self._connection.execute(query))

    def directories_inside_out(self) -> Iterator[Directory]:
        """All of them, each after what it holds."""
        query = """
        SELECT dir, name, entry.modify_ns, entry.mode, entry.uid, entry.gid
        FROM picked JOIN listing.entry USING (dir, leaf, name)
        WHERE NOT leaf ORDER BY dir DESC, name DESC
        """
        for directory, name, *facts in self._connection.execute(query):
            yield Directory(joined(directory, name), *facts)
