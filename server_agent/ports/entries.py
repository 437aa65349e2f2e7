"""The lines of listings."""

from dataclasses import dataclass
from enum import StrEnum


class EntryKind(StrEnum):
    """The value is the letter of `find -printf %y`."""

    FILE = "f"
    DIRECTORY = "d"
    SYMLINK = "l"
    FIFO = "p"
    BLOCK_DEVICE = "b"
    CHARACTER_DEVICE = "c"
    SOCKET = "s"


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of a listing. `home` is the saveset that holds its data, None if it was not saved.
    `children` is the number of entries directly in a directory."""

    path: bytes
    kind: EntryKind
    size: int
    modify_time_ns: int
    mode: int
    uid: int
    gid: int
    link_target: bytes
    home: str | None
    children: int


@dataclass(frozen=True, slots=True)
class EntryPage:
    """`total` counts the whole directory. `next_position` is opaque; None on the last page."""

    entries: tuple[Entry, ...]
    total: int
    next_position: str | None
