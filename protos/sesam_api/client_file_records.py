"""What looking at clients hands out: their directories, and what a backup would save of them.
Times, sizes and words are as in `records`."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from sesam_api.records import moment_of_ns


@dataclass(frozen=True, slots=True)
class ClientEntry:
    """An entry of a directory of a client, as it is now.

    Attributes:
        name: the last part of its path.
        kind: "file", "directory", "symlink", "fifo", "block_device", "character_device", "socket".
        mode: permission bits, as in stat.
        link_target: of symlinks; else b"".
        is_mount: a directory at which another file system begins.
        readable: whether a backup could read it; a directory: look into it.
    """

    name: bytes
    kind: str
    size: int
    modify_time_ns: int
    mode: int
    link_target: bytes
    is_mount: bool
    readable: bool

    @property
    def modify_time(self) -> datetime:
        """Cut to microseconds."""
        return moment_of_ns(self.modify_time_ns)


@dataclass(frozen=True, slots=True)
class LeftOut:
    """What one exclude or option leaves out.

    Attributes:
        cause: "exclude", "exclude_file", "other_excludes" (too many to be told one by one),
            "cache_directories", "nodump"; and what is not measured: "other_file_systems",
            "kernel_file_systems", "own_files", "sockets", "unreadable".
        pattern: of an exclude.
        hits: entries that it meets itself; 0: it hits nothing.
        files: that are left out by it and are no directories, with all that is below the hits.
        size: their bytes.
        examples: full paths of the first hits, 5 at most.
    """

    cause: str
    pattern: str
    hits: int
    files: int
    size: int
    examples: tuple[bytes, ...]

    @property
    def hits_nothing(self) -> bool:
        return not self.hits


@dataclass(frozen=True, slots=True)
class DirectorySize:
    """What is saved below a directory."""

    path: bytes
    files: int
    size: int


@dataclass(frozen=True, slots=True)
class Walk:
    """What a FULL backup would save now, and what is left out by what.

    Attributes:
        left_out: one for each exclude in their order, then one for each option.
        kept_files, kept_size, kept_directories: what would be saved.
        left_files, left_size: what excludes and options leave out, each once.
        largest: directories, the largest first, 20 at most.
        warnings: what a backup would warn of, 20 at most.
        compared_with: the newest saveset of the task, None if there is none of these sources.
        changed_files, changed_size: what is new or has changed since: what an INC would save.
        not_compared: why that is not said although a task was named; "" too if a warning says it.
    """

    left_out: tuple[LeftOut, ...]
    kept_files: int
    kept_size: int
    kept_directories: int
    left_files: int
    left_size: int
    largest: tuple[DirectorySize, ...] = field(default=())
    warnings: tuple[str, ...] = field(default=())
    compared_with: str | None = None
    changed_files: int = 0
    changed_size: int = 0
    not_compared: str = ""


Progress = Callable[[int], None]  # is told how many entries were found so far
