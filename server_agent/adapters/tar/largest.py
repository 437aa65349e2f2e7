"""The directories that hold most of what a listing has."""

import heapq
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from server_agent.adapters.tar.database import Database
from server_agent.adapters.tar.mounts import is_below
from server_agent.adapters.tar.names import ancestors
from server_agent.ports.client_files import DirectorySize

_MOST = 20
_NEARLY_ALL = 0.9  # of a directory in one below it: that one says more
# A file of several names counts where it is met first. In this order a directory is followed by
# what is in it: no byte is before the one that stands for the slash.
_SIZES = """
SELECT dir, count(*), coalesce(sum(size) FILTER (WHERE kind = 'f' AND (links = 1 OR NOT EXISTS (
    SELECT 1 FROM entry AS other WHERE other.device = entry.device AND other.inode = entry.inode
    AND other.links > 1 AND (other.dir, other.name) < (entry.dir, entry.name)))), 0)
FROM entry WHERE leaf AND kind <> 's' GROUP BY dir
ORDER BY CAST(replace(dir, x'2f', x'00') AS BLOB)
"""


@dataclass(slots=True)
class _Open:
    path: bytes
    files: int = 0
    size: int = 0
    largest_in_it: int = 0


@dataclass(slots=True)
class _Sums:
    """Attributes:
    open: the directories that hold the one at hand, the outermost first.
    best: the largest that are done, as a heap.
    """

    open: list[_Open] = field(default_factory=list)
    best: list[tuple[int, bytes, int]] = field(default_factory=list)

    def close(self) -> None:
        """What is done counts for the directory that holds it."""
        done = self.open.pop()
        if self.open:
            around = self.open[-1]
            around.files += done.files
            around.size += done.size
            around.largest_in_it = max(around.largest_in_it, done.size)
        if done.size and done.largest_in_it < _NEARLY_ALL * done.size:
            heapq.heappush(self.best, (done.size, done.path, done.files))
            if len(self.best) > _MOST:
                heapq.heappop(self.best)


def largest(database: Database, sources: Sequence[bytes]) -> Iterator[DirectorySize]:
    """The largest first; of memory it takes no more for many directories than for few."""
    sums = _Sums()
    wanted = frozenset(sources)
    for directory, files, size in database.execute(_SIZES):
        path = directory or b"/"
        while sums.open and not is_below(path, sums.open[-1].path):
            sums.close()
        known = sums.open[-1].path if sums.open else None
        for each in (*ancestors(path), path):
            inside = sums.open or each in wanted
            if inside and (known is None or (each != known and is_below(each, known))):
                sums.open.append(_Open(each))
        if sums.open:
            sums.open[-1].files += files
            sums.open[-1].size += size
    while sums.open:
        sums.close()
    for size, path, files in sorted(sums.best, key=lambda each: (-each[0], each[1])):
        yield DirectorySize(path, files, size)
