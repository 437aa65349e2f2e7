"""What comes to a place while a restore runs, and stays there by the overwrite rule.

tar sees it: it makes every file, link and device so that this fails if anything has its name.
"""

import contextlib
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from server_agent.adapters.tar.arriving import CAME_MEANWHILE
from server_agent.adapters.tar.slices import Slice
from server_agent.adapters.tar.tally import Tally
from server_agent.adapters.tar.target import below
from server_agent.domain.jobs import Level
from server_agent.domain.quoting import quoted
from server_agent.ports import Message

# Nothing that is there is touched, and tar says so.
TAR_KEEPS = ["--skip-old-files", "--warning=existing-file"]


@dataclass(slots=True)
class Newcomers:
    """Attributes:
    target: where tar writes.
    is_directory: whether a path is one of the listing's directories. tar leaves these too, and
        they get what belongs to them later.
    """

    target: bytes
    is_directory: Callable[[bytes], bool]
    tally: Tally
    _left: list[bytes] = field(default_factory=list)  # not told yet
    _lost: set[bytes] = field(default_factory=set)  # all that was left
    _strangers: set[tuple[int, int]] = field(default_factory=set)  # device and inode
    _links: list[bytes] = field(default_factory=list)  # that have come and were not looked at yet

    def is_skipped(self, path: bytes) -> bool:
        """tar has left what is in the place of a path: whether that is one of a file."""
        if self.is_directory(path):
            return False
        self._left.append(path)
        self._lost.add(path)
        with contextlib.suppress(OSError):
            status = os.lstat(below(self.target, path))
            self._strangers.add((status.st_dev, status.st_ino))
        return True

    def is_lost(self, path: bytes) -> bool:
        """Whether something else is where a path should have come."""
        return path in self._lost

    def come(self, member: Slice) -> None:
        """tar is done with a member."""
        if member.is_link:
            self._links.append(member.path)

    def remove_links(self) -> None:
        """Takes away names that tar has given to what it found in the place of another name. To be
        called when all that tar has said of what has come was heard."""
        for path in self._links if self._strangers else ():
            place = below(self.target, path)
            with contextlib.suppress(OSError):
                status = os.lstat(place)
                if path not in self._lost and (status.st_dev, status.st_ino) in self._strangers:
                    os.unlink(place)
                    self._left.append(path)
        self._links.clear()

    def told(self) -> Iterator[Message]:
        """What was left since the last call."""
        while self._left:
            path = self._left.pop()
            self.tally.failed += 1
            text = f"{quoted(path)} was not restored: {CAME_MEANWHILE}"
            yield Message(Level.WARNING, "NOT_RESTORED", text, path)


def nothing_lost(_: bytes) -> bool:
    """Where all that is there is replaced."""
    return False
