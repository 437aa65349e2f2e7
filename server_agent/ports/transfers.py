"""What an engine is asked to move, and what it says meanwhile and at the end."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

from server_agent.domain.command_sources import CommandSource
from server_agent.domain.jobs import Level, Progress
from server_agent.domain.overwriting import OverwriteRule
from server_agent.domain.reach import LOCAL, Reach
from server_agent.domain.savesets import BackupType
from server_agent.domain.task_options import TaskOptions


@dataclass(frozen=True, slots=True)
class SavesetRef:
    """What an engine needs to find a saveset: the label of its medium and the sesam day under
    which its listing is kept. `base` names the saveset that it builds on, `key_id` the key that it
    is encrypted with: in its place nothing else is taken for it. Empty: with none, or not known."""

    name: str
    label: str
    sesam_day: date
    base: str | None
    key_id: str = ""


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
    client: whose files the sources are, and where the commands run.
    commands: what they write is saved anew each time. One that fails fails the backup.
    key_id: the key that its data are encrypted with; empty: with none. An engine that encrypts
        all by itself has no use for it.
    options: what is left out besides, and what is no warning; and how a file is told to have
        changed since the base. An engine refuses what it cannot do. The interfaces are not its own.
    since_ns: of the time reference by time-stamp file with a base: `BackupDone.begin_ns` of that or
        of one that it builds on.
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
    client: Reach = LOCAL
    commands: tuple[CommandSource, ...] = ()
    options: TaskOptions = field(default_factory=TaskOptions)
    since_ns: int = 0
    key_id: str = ""


@dataclass(frozen=True, slots=True)
class RestoreRequest:
    """Attributes:
    chain: the saveset and all that it builds on, itself first.
    paths: full paths out of the listing; empty means everything.
    target: absolute directory; made if it is not there.
    job_id: under which `put_back` knows what this moves; empty if nobody will ask.
    client: whose directory the target is.
    overwrite: what becomes of what is at the target already. What it leaves is no failure; what
        is in the way of something of another kind and stays is one of all that cannot come there.
    dry_run: nothing at the target is touched or made. A message for each entry says what would be
        done, of each code the first few thousand, and the rest is counted.
    """

    chain: tuple[SavesetRef, ...]
    paths: tuple[bytes, ...]
    target: bytes
    job_id: str = ""
    client: Reach = LOCAL
    overwrite: OverwriteRule = OverwriteRule.ALWAYS
    dry_run: bool = False


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
    `begin_ns` is a moment before which nothing was read yet, by the clock of the client; 0 if the
    time reference does not need it.
    """

    files: int
    bytes_read: int
    stored_bytes: int
    skipped: int
    listed_files: int
    listed_bytes: int
    warnings: tuple[str, ...] = ()
    partial: int = 0
    begin_ns: int = 0


@dataclass(frozen=True, slots=True)
class RestoreDone:
    """Last event of a restore.

    `skipped` counts entries that could not be restored. `warnings` are sentences about what else
    is not as it was, such as owners and attributes; each was a message before. `notes` are such as
    are no warning: what the overwrite rule has left, and the sums of a dry run. After a dry run the
    numbers are 0.
    """

    files: int
    bytes_written: int
    skipped: int
    warnings: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


BackupEvent = Progress | Message | BackupDone


RestoreEvent = Progress | Message | RestoreDone


@dataclass(frozen=True, slots=True)
class Interrupted:
    """A backup that did not come to its end before the agent died, found by `recover`.

    `result` is there when everything was already under its final name and matches its digests:
    it only lacks the catalogue's commit. Else nothing of it remains. `facts` and `key_id` are then
    those of its request.
    """

    saveset: str
    result: BackupDone | None
    facts: Mapping[str, str] = field(default_factory=dict)
    key_id: str = ""


@dataclass(frozen=True, slots=True)
class Compressed:
    """A listing that was compressed; its size in bytes before and after."""

    saveset: str
    size_before: int
    size_after: int


@dataclass(frozen=True, slots=True)
class StoreSpace:
    """How full the file system of a data store is."""

    capacity_bytes: int
    free_bytes: int

    @property
    def used_percent(self) -> float:
        if not self.capacity_bytes:
            return 100.0
        return 100 * (self.capacity_bytes - self.free_bytes) / self.capacity_bytes


@dataclass(frozen=True, slots=True)
class VerifyRequest:
    """Attributes:
    savesets: each is compared by itself.
    quick: without all of the data: see `Engine.verify`.
    """

    savesets: tuple[SavesetRef, ...]
    quick: bool = False


@dataclass(frozen=True, slots=True)
class CopyRequest:
    """Attributes:
    saveset: as it is read, from the medium of its label.
    label: the medium that it is copied to.
    """

    saveset: SavesetRef
    label: str


@dataclass(frozen=True, slots=True)
class CopyDone:
    """Last event of a copy: all of it is on the medium, synced, compared with the digests, and
    under its final names. What is left is the catalogue's commit."""

    stored_bytes: int


CopyEvent = Progress | Message | CopyDone


@dataclass(frozen=True, slots=True)
class Verified:
    """What became of one saveset of a verify.

    Attributes:
        fault: empty if all of its data and its listing are as they were when it was made.
        missing: the fault is that something of it is not in its place, and may come back.
        label: of the medium that it was read from.
        compared: of a quick verify what was compared and what was not, the end of a sentence.
    """

    saveset: str
    bytes_read: int
    fault: str = ""
    missing: bool = False
    compared: str = ""
    label: str = ""


@dataclass(frozen=True, slots=True)
class NotCompared:
    """A saveset of a verify that could not be read just now, which proves nothing of it.

    Attributes:
        text: why, and what to do.
        label: of the medium that it was to be read from.
    """

    saveset: str
    text: str
    label: str


VerifyEvent = Progress | Message | Verified | NotCompared


@dataclass(frozen=True, slots=True)
class ProofRequest:
    """Attributes:
    chain: the saveset and all that it builds on, itself first.
    files: how many are restored, if there are so many.
    max_bytes: of them together; a larger file is not taken.
    job_id: names the scratch place.
    """

    chain: tuple[SavesetRef, ...]
    files: int
    max_bytes: int
    job_id: str


@dataclass(frozen=True, slots=True)
class ProofFault:
    """A restored file that is not what was saved. `saveset` is the one that holds its data."""

    path: bytes
    saveset: str
    text: str


@dataclass(frozen=True, slots=True)
class Proved:
    """Last event of a restore proof.

    Attributes:
        files, size: that were restored and compared, and their bytes.
        of_files: how many files with data the listing has.
        faults: what differs; each was a message before.
    """

    files: int
    size: int
    of_files: int
    faults: tuple[ProofFault, ...] = ()


ProofEvent = Progress | Message | Proved
