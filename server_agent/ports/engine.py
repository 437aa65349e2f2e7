"""Moving data between a client and a medium."""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import Protocol

from server_agent.domain.jobs import Level, Progress
from server_agent.domain.savesets import BackupType


class Control(Protocol):
    """How the service tells a running engine call to stop."""

    @property
    def cancelled(self) -> bool:
        """True from the moment of the cancel on."""

    def on_cancel(self, callback: Callable[[], None]) -> None:
        """Has `callback` called once at the cancel, from the cancelling thread; at once if it
        was before. For ending child processes."""


class Cancelled(Exception):
    """Raised by an engine call that stopped because of its control. Nothing of it remains."""


class EngineError(Exception):
    """An engine call failed and has no result; nothing of it remains.

    Attributes:
        code: stable short code for the protocol, such as "SOURCE_MISSING", "NO_SPACE".
        text: one sentence for people that names the input and what would be right.
        saveset: the saveset that is at fault, which may be one that the asked one builds on;
            empty if none is.
    """

    def __init__(self, code: str, text: str, saveset: str = "") -> None:
        super().__init__(text)
        self.code = code
        self.text = text
        self.saveset = saveset


@dataclass(frozen=True, slots=True)
class SavesetRef:
    """What an engine needs to find a saveset: the label of its medium and the sesam day under
    which its listing is kept. `base` names the saveset that it builds on."""

    name: str
    label: str
    sesam_day: date
    base: str | None


@dataclass(frozen=True, slots=True)
class BackupRequest:
    """Attributes:
    base: what a DIFF or INC builds on, and all that it builds on, newest first; empty for FULL
        and COPY.
    facts: text that goes into the saveset's description beside its data, so that a catalogue can
        be rebuilt from the data store: at least task, client, job_id, start_time.
    compare_with: for FULL and COPY, the newest saveset of the same sources, if there is one. A
        source that has become empty or lies on another file system since then is a warning, and
        so is a file system in a source that is not mounted any more; a listing that cannot be
        read is none. DIFF and INC are compared with what they build on.
    """

    saveset: str
    type: BackupType
    label: str
    sesam_day: date
    sources: tuple[bytes, ...]
    excludes: tuple[str, ...]
    base: tuple[SavesetRef, ...]
    facts: Mapping[str, str]
    compare_with: SavesetRef | None = None


@dataclass(frozen=True, slots=True)
class RestoreRequest:
    """Attributes:
    chain: the saveset and all that it builds on, itself first.
    paths: full paths out of the listing; empty means everything.
    target: absolute directory; made if it is not there.
    job_id: under which `put_back` knows what this moves; empty if nobody will ask.
    """

    chain: tuple[SavesetRef, ...]
    paths: tuple[bytes, ...]
    target: bytes
    job_id: str = ""


@dataclass(frozen=True, slots=True)
class Message:
    """A line for the protocol. `path` is the file concerned, if it is about one."""

    level: Level
    code: str
    text: str
    path: bytes | None = None


@dataclass(frozen=True, slots=True)
class BackupDone:
    """Last event of a backup: data, description and listing are on the medium, synced, checked
    and under their final names. What is left is the catalogue's commit.

    `skipped` counts files that are not in the saveset as they were (unreadable, vanished, cut);
    `partial` of them are in it all the same, and among `files`: cut, or of two versions.
    `warnings` are sentences about sources that are not saved as was surely meant, and about what
    the programs underneath have said that nobody understands; each was a message before.
    """

    files: int
    bytes_read: int
    stored_bytes: int
    skipped: int
    listed_files: int
    listed_bytes: int
    warnings: tuple[str, ...] = ()
    partial: int = 0


@dataclass(frozen=True, slots=True)
class RestoreDone:
    """Last event of a restore.

    `skipped` counts entries that could not be restored. `warnings` are sentences about what else
    is not as it was, such as owners and attributes; each was a message before.
    """

    files: int
    bytes_written: int
    skipped: int
    warnings: tuple[str, ...] = ()


BackupEvent = Progress | Message | BackupDone
RestoreEvent = Progress | Message | RestoreDone


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


@dataclass(frozen=True, slots=True)
class Interrupted:
    """A backup that did not come to its end before the agent died, found by `recover`.

    `result` is there when everything was already under its final name and matches its digests:
    it only lacks the catalogue's commit. Else nothing of it remains. `facts` are then those of its
    request.
    """

    saveset: str
    result: BackupDone | None
    facts: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Compressed:
    """A listing that was compressed; its size in bytes before and after."""

    saveset: str
    size_before: int
    size_after: int


class Engine(Protocol):
    """Moves data between a client and a medium."""

    def check_store(self, label: str) -> None:
        """Looks whether the medium is in its place; its own label says so.

        Raises:
            EngineError: STORE_MISSING.
        """

    def present(self, savesets: Sequence[SavesetRef]) -> set[str]:
        """Names of those whose files are all in their places with the sizes that they had. Reads
        no data. While a medium is not in its place, none of its savesets is."""

    def backup(self, request: BackupRequest, control: Control) -> Iterator[BackupEvent]:
        """Saves the sources; yields progress and messages, and last one BackupDone.

        Not idempotent: a name is written once. A saveset exists under its final name only when
        all of it is there and checked; before that, and after any exception, nothing of it
        remains. Closing the iterator early counts as a cancel.

        Raises:
            EngineError: no saveset came about: STORE_MISSING (the medium is not in its place),
                SOURCE_MISSING (a source does not exist), SOURCE_MADE_UP (it lies in a file system
                of the kernel's own), SOURCE_UNREADABLE (nothing at all could be read), NO_SPACE,
                BASE_DAMAGED (the base cannot be built on: `saveset` is not whole any more),
                TAR_FAILED, and others.
            Cancelled: the control said so.
        """

    def restore(self, request: RestoreRequest, control: Control) -> Iterator[RestoreEvent]:
        """Brings entries back below the target, as they were from the root of the client; yields
        progress and messages, and last one RestoreDone. If entries may have been restored
        before an error or a cancel, the last progress before it says how many really were.

        Data are compared with their digests while they are read: what does not match is never
        written as if it were whole. Files at the target are replaced by what has their names, and
        empty directories; nothing else there is touched, and a directory that is in the way of a
        file costs that file. An old version is kept until the new one is whole and on its disk: a
        cancel or error may leave whole entries behind, and else what was there.

        Raises:
            EngineError: STORE_MISSING (a medium is not in its place, which says nothing about the
                saveset), SAVESET_DAMAGED (`saveset` is proved to be), SAVESET_MISSING (files of
                `saveset` are not on their medium), PATH_NOT_FOUND, TARGET_UNUSABLE, NO_SPACE, and
                others.
            Cancelled: the control said so.
        """

    def entries(
        self, saveset: SavesetRef, directory: bytes, position: str | None, limit: int
    ) -> EntryPage:
        """One directory of the listing, directories first, then by name (bytes). The empty
        directory stands for the top and lists the sources.

        Raises:
            server_agent.domain.errors.PathNotFound: the listing has no such directory.
            server_agent.domain.errors.SavesetDamaged: the listing is missing or damaged.
            EngineError: it cannot be read just now, which proves nothing.
        """

    def missing_paths(self, saveset: SavesetRef, paths: Sequence[bytes]) -> list[bytes]:
        """Those of the paths that the listing does not have.

        Raises:
            server_agent.domain.errors.SavesetDamaged: the listing is missing or damaged.
            EngineError: it cannot be read just now, which proves nothing.
        """

    def recover(
        self, writing: Sequence[SavesetRef], committed: frozenset[str]
    ) -> list[Interrupted]:
        """Puts the media in order before any job starts; idempotent.

        One Interrupted for each of `writing` whose medium is in its place; on one that is not,
        nothing is looked at or removed. There is none either for a saveset whose files cannot be
        read or removed just now, which proves nothing: they stay, and the log names it.
        Leftovers under temporary names are removed. What
        lies under a final name and is neither writing nor committed is left as it is and named in
        the log: a catalogue that was put back from a copy knows less than the medium holds.
        """

    def sweep(self, label: str, writing: Callable[[], Collection[str]]) -> None:
        """Removes leftovers under temporary names from a medium that was away and is back.

        Args:
            writing: names of the savesets that are being written; asked after the leftovers were
                found, so that what begins meanwhile is not taken for one.

        Raises:
            EngineError: STORE_MISSING.
        """

    def compress_listings(self, before: date, control: Control) -> "Iterator[Compressed | Message]":
        """Compresses the listings of sesam days before that one that are not compressed yet; one
        Compressed or one warning for each. They are read as before. Idempotent; ended at any
        instant it leaves each listing readable.

        Raises:
            Cancelled: the control said so; what was done is kept.
        """

    def put_back(self, job_id: str) -> list[Message]:
        """Puts back what a restore had moved out of its way and not yet replaced when the agent was
        killed, and removes a file that was cut; says what it did, and in warnings what cannot be
        put back and where it lies. Nothing the second time.
        """
