"""What lies on a client now, what a task would save of it, and pieces of saved files."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from sesam_master.core.records import Entry, TaskOptions


@dataclass(frozen=True, slots=True)
class ClientEntry(Entry):
    """An entry of a directory of a client. It is in no listing: `home` is empty, and how many
    entries a directory has is not known (-1).

    Attributes:
        is_mount: a directory at which another file system begins.
        is_readable: whether a backup could read it; a directory: look into it.
    """

    is_mount: bool = False
    is_readable: bool = True

    @property
    def remark(self) -> str:
        """What is remarkable about it; "" for nothing."""
        if not self.is_readable:
            return "the agent's account cannot read it"
        return "another file system" if self.is_mount else ""


@dataclass(frozen=True, slots=True)
class ClientPage:
    """`total` counts the whole directory, as far as it was read; `is_cut`: there are more."""

    entries: tuple[ClientEntry, ...]
    next_token: str
    total: int
    is_cut: bool = False


@dataclass(frozen=True, slots=True)
class WalkWish:
    """Sources of a client, and what is left out of them, as in a task that need not exist. `task`:
    what an INC of this one would save is wanted too."""

    client: str
    sources: tuple[bytes, ...]
    excludes: tuple[str, ...]
    options: TaskOptions
    task: str = ""


class LeftOutCause(StrEnum):
    """What leaves something out. `UNKNOWN`: something that this desk does not know."""

    EXCLUDE = "exclude"
    EXCLUDE_FILE = "line of the exclude file"
    OTHER_EXCLUDES = "all further excludes"
    CACHES = "caches"
    NODUMP = "no dump"
    OTHER_FILE_SYSTEMS = "other file systems"
    KERNEL_FILE_SYSTEMS = "made up by the kernel"
    OWN_FILES = "the agent's own"
    SOCKETS = "sockets"
    UNREADABLE = "cannot be read"
    UNKNOWN = "something else"


MEASURED = frozenset(
    {
        LeftOutCause.EXCLUDE,
        LeftOutCause.EXCLUDE_FILE,
        LeftOutCause.OTHER_EXCLUDES,
        LeftOutCause.CACHES,
        LeftOutCause.NODUMP,
    }
)
EXCLUDES = frozenset({LeftOutCause.EXCLUDE, LeftOutCause.EXCLUDE_FILE})


@dataclass(frozen=True, slots=True)
class LeftOut:
    """What one exclude or option leaves out; see `client_files.proto`. `number` is its place."""

    number: int
    cause: LeftOutCause
    pattern: str
    hits: int
    files: int
    size: int
    examples: tuple[bytes, ...]

    @property
    def is_measured(self) -> bool:
        return self.cause in MEASURED

    @property
    def hits_nothing(self) -> bool:
        """An exclude that leaves nothing out: rarely what was meant."""
        return self.cause in EXCLUDES and not self.hits


@dataclass(frozen=True, slots=True)
class DirectorySize:
    """What would be saved below a directory, not counting directories."""

    path: bytes
    files: int
    size: int


@dataclass(frozen=True, slots=True)
class Walk:
    """The result of a walk: what a FULL would save, and what is left out by what. `compared_with`:
    the saveset since which `changed_files` are new or have changed; "" for none. `not_compared`:
    why there is none, in the agent's words."""

    left_out: tuple[LeftOut, ...]
    kept_files: int
    kept_size: int
    kept_directories: int
    left_files: int
    left_size: int
    largest: tuple[DirectorySize, ...]
    warnings: tuple[str, ...]
    compared_with: str = ""
    changed_files: int = 0
    changed_size: int = 0
    not_compared: str = ""


@dataclass(frozen=True, slots=True)
class WalkFailure:
    """Why a walk has no result, as a backup would say it."""

    text: str


@dataclass(frozen=True, slots=True)
class SavedPiece:
    """Bytes of a saved file; `size` is that of the whole file."""

    data: bytes
    size: int


def with_sources(known: Sequence[bytes], new: Sequence[bytes]) -> tuple[bytes, ...]:
    """Both, in their order, without those that lie in another of them."""
    found = tuple(dict.fromkeys((*known, *new)))
    return tuple(
        path
        for path in found
        if not any(path != other and path.startswith(other.rstrip(b"/") + b"/") for other in found)
    )
