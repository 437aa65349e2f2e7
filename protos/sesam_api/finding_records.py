"""What finding hands out: files over all savesets, their versions, and what differs between two
savesets. Times, sizes and words are as in `records`."""

from dataclasses import dataclass
from datetime import datetime

from sesam_api.records import Entry, moment_of_ns


@dataclass(frozen=True, slots=True)
class FoundFile:
    """A path of a client that some saveset has.

    Attributes:
        kind, size, modify_time_ns: of its newest version, as in `Entry`.
        versions: how many different ones there are.
        saveset, task, saveset_time, sesam_day: the newest saveset that holds it, its task, its
            start and its sesam day (YYYY-MM-DD).
    """

    client: str
    path: bytes
    kind: str
    size: int
    modify_time_ns: int
    versions: int
    saveset: str
    task: str
    saveset_time: datetime
    sesam_day: str

    @property
    def modify_time(self) -> datetime:
        """Cut to microseconds."""
        return moment_of_ns(self.modify_time_ns)


@dataclass(frozen=True, slots=True)
class UnindexedSaveset:
    """A saveset that was not looked through, and why: its names wait to be read, or cannot be."""

    saveset: str
    task: str
    client: str
    cause: str


@dataclass(frozen=True, slots=True)
class Unindexed:
    """How many savesets were not looked through; `savesets` are the oldest 100 of them."""

    total: int
    savesets: tuple[UnindexedSaveset, ...]


@dataclass(frozen=True, slots=True)
class VersionHolder:
    """A saveset that holds a version; `home` is the one that has the data, None if it was not
    saved. `time` is the start of the saveset."""

    saveset: str
    task: str
    time: datetime
    sesam_day: str
    home: str | None


@dataclass(frozen=True, slots=True)
class Version:
    """One version of a path: what is the same in kind, size and time of modification.

    Attributes:
        saveset_count: how many savesets hold it.
        holders: the newest 100 of them, the newest first.
        oldest: the oldest of all.
    """

    kind: str
    size: int
    modify_time_ns: int
    saveset_count: int
    holders: tuple[VersionHolder, ...]
    oldest: VersionHolder

    @property
    def modify_time(self) -> datetime:
        """Cut to microseconds."""
        return moment_of_ns(self.modify_time_ns)

    @property
    def newest_saveset(self) -> str:
        return self.holders[0].saveset

    @property
    def oldest_saveset(self) -> str:
        return self.oldest.saveset

    @property
    def first_seen(self) -> datetime:
        return self.oldest.time

    @property
    def last_seen(self) -> datetime:
        return self.holders[0].time


@dataclass(frozen=True, slots=True)
class Difference:
    """An entry that is not the same in two savesets; `before` or `after` is None where it is not.

    Attributes:
        aspects: of what both have: "kind", "size", "time", "mode", "owner", "link_target".
    """

    before: Entry | None
    after: Entry | None
    aspects: tuple[str, ...]

    @property
    def change(self) -> str:
        """ "added", "removed" or "changed"."""
        if self.before is None:
            return "added"
        return "removed" if self.after is None else "changed"

    @property
    def path(self) -> bytes:
        entry = self.after or self.before
        assert entry is not None
        return entry.path

    @property
    def size_before(self) -> int | None:
        return self.before.size if self.before is not None else None

    @property
    def size_after(self) -> int | None:
        return self.after.size if self.after is not None else None
