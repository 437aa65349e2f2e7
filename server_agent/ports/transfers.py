"""What an engine is asked to move, and what it says meanwhile and at the end."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

from server_agent.domain.jobs import Level, Progress
from server_agent.domain.reach import LOCAL, Reach
from server_agent.domain.savesets import BackupType
from server_agent.domain.task_options import TaskOptions


@dataclass(frozen=True, slots=True)
class SavesetRef:
    """What an engine needs to find a saveset: the label of its medium and the sesam day under
    which its listing is kept. `base` names the saveset that it builds on."""

    name: str
    label: str
    sesam_day: date
    base: str | None


COMMANDS_DIRECTORY = b"/.commands"  # under which a listing has what commands wrote


@dataclass(frozen=True, slots=True)
class CommandSource:
    """A program at the client whose standard output is saved as a file: a dump of a database.

    Attributes:
        name: of that file, without a slash.
        argv: the program and its arguments, run without a shell. In a pipe of a shell only the last
            status counts: `bash -o pipefail -c ...` tells of the others too.
    """

    name: str
    argv: tuple[bytes, ...]

    @property
    def path(self) -> bytes:
        """In the listing."""
        return COMMANDS_DIRECTORY + b"/" + self.name.encode("utf-8", "surrogateescape")


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
    options: what is left out besides, and what is no warning. An engine refuses what it cannot
        do. The interfaces and the time reference are not its own.
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


@dataclass(frozen=True, slots=True)
class RestoreRequest:
    """Attributes:
    chain: the saveset and all that it builds on, itself first.
    paths: full paths out of the listing; empty means everything.
    target: absolute directory; made if it is not there.
    job_id: under which `put_back` knows what this moves; empty if nobody will ask.
    client: whose directory the target is.
    """

    chain: tuple[SavesetRef, ...]
    paths: tuple[bytes, ...]
    target: bytes
    job_id: str = ""
    client: Reach = LOCAL


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
    """

    savesets: tuple[SavesetRef, ...]


@dataclass(frozen=True, slots=True)
class Verified:
    """What became of one saveset of a verify.

    Attributes:
        fault: empty if all of its data and its listing are as they were when it was made.
        missing: the fault is that something of it is not in its place, and may come back.
    """

    saveset: str
    bytes_read: int
    fault: str = ""
    missing: bool = False


VerifyEvent = Progress | Message | Verified
