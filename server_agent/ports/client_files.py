"""What lies on a client now, and how much of it a backup would save."""

from dataclasses import dataclass, field
from enum import Enum, auto
from typing import TYPE_CHECKING

from server_agent.domain.jobs import Progress
from server_agent.domain.reach import LOCAL, Reach
from server_agent.domain.task_options import TaskOptions
from server_agent.ports.transfers import SavesetRef

if TYPE_CHECKING:
    from server_agent.ports.entries import EntryKind

MOST_ENTRIES = 200_000  # of one directory that are told
EXAMPLES = 5  # paths of what an exclude leaves out


@dataclass(frozen=True, slots=True)
class ClientEntry:
    """An entry of a directory of a client.

    Attributes:
        name: the last part of its path.
        is_mount: a directory at which another file system begins.
        is_readable: whether a backup could read it; a directory: look into it.
    """

    name: bytes
    kind: "EntryKind"
    size: int
    modify_time_ns: int
    mode: int
    link_target: bytes
    is_mount: bool
    is_readable: bool


@dataclass(frozen=True, slots=True)
class ClientDirectory:
    """Directories first, then by name. `is_cut`: there are more than MOST_ENTRIES."""

    entries: tuple[ClientEntry, ...]
    is_cut: bool = False


class NoDirectory(Exception):
    """A path of a client is no directory that can be looked into; the text says why, for the end
    of a sentence."""


@dataclass(frozen=True, slots=True)
class WalkRequest:
    """As in a BackupRequest. `compare_with`: a saveset of the same sources, of which only the
    listing is read."""

    sources: tuple[bytes, ...]
    excludes: tuple[str, ...] = ()
    client: Reach = LOCAL
    options: TaskOptions = field(default_factory=TaskOptions)
    compare_with: SavesetRef | None = None


class LeftOutCause(Enum):
    """What leaves something out. What follows CACHES but for NO_DUMP is not measured."""

    EXCLUDE = auto()
    EXCLUDE_FILE = auto()
    OTHER_EXCLUDES = auto()
    CACHES = auto()
    NO_DUMP = auto()
    OTHER_FILE_SYSTEMS = auto()
    KERNEL_FILE_SYSTEMS = auto()
    OWN_FILES = auto()
    SOCKETS = auto()
    UNREADABLE = auto()


@dataclass(frozen=True, slots=True)
class LeftOutBy:
    """What one exclude or option leaves out.

    Attributes:
        pattern: of an exclude.
        hits: entries that it meets itself.
        files: that are left out by it and are no directories, with all that is below the hits.
        size: their bytes; a file with several names among them counts once.
        examples: paths of the first hits.
    """

    cause: LeftOutCause
    pattern: str = ""
    hits: int = 0
    files: int = 0
    size: int = 0
    examples: tuple[bytes, ...] = ()


@dataclass(frozen=True, slots=True)
class DirectorySize:
    """What is saved below a directory, not counting directories."""

    path: bytes
    files: int
    size: int


@dataclass(frozen=True, slots=True)
class WalkDone:
    """Last event of a walk.

    Attributes:
        kept_files, kept_bytes, kept_directories: what a FULL would save.
        left_files, left_bytes: what excludes and options leave out, each once.
        largest: directories, the largest first; none of which one below it has nine tenths.
        warnings: sentences, those of a backup.
        compared_with: the saveset that was compared with; empty for none. `changed_files` and
            `changed_bytes` are what is new or has changed since.
    """

    kept_files: int
    kept_bytes: int
    kept_directories: int
    left_files: int
    left_bytes: int
    largest: tuple[DirectorySize, ...] = ()
    warnings: tuple[str, ...] = ()
    compared_with: str = ""
    changed_files: int = 0
    changed_bytes: int = 0


WalkEvent = Progress | LeftOutBy | WalkDone


@dataclass(frozen=True, slots=True)
class EntryPiece:
    """The next bytes of a saved file; `size` is that of the whole file."""

    data: bytes
    size: int
