"""Where in the tar streams of savesets that lies which a restore brings back."""

from dataclasses import dataclass
from typing import NamedTuple

from server_agent.adapters.tar.member import BLOCK_BYTES

LISTED = 0  # the home of members that lie in no saveset: they are made of what the listing says


class Slice(NamedTuple):
    """A member in the tar stream of a saveset: the home's id in the listing, and 512-byte blocks.

    `leaf` counts the entries that come of it and are no directories; `size` counts the bytes that
    extracting it writes. `path` is only said of what is no directory and restored in its place,
    and of that when it was modified, and whether it is another name of a member before it. `made`
    is a member of LISTED.
    """

    home: int
    block: int
    blocks: int
    leaf: int = 0
    size: int = 0
    path: bytes = b""
    modify_ns: int = 0
    is_link: bool = False
    made: bytes = b""

    @property
    def range(self) -> tuple[int, int]:
        """Begin and end in bytes. The last one's end may lie beyond that of the stream."""
        return self.block * BLOCK_BYTES, (self.block + self.blocks) * BLOCK_BYTES


@dataclass(frozen=True, slots=True)
class Orphan:
    """A hard link whose data lie under a name that is not restored.

    Attributes:
        data: the member that holds the data.
        member: the path under which that member was saved.
        path: the path that has to have the data.
        modify_ns: of the entry.
    """

    data: Slice
    member: bytes
    path: bytes
    modify_ns: int = 0
