"""What a location says of itself, as plain values. Field meanings are those of `sesam_api.v1`."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from sesam_master.core.draft import TOLD
from sesam_master.core.states import OPEN_STATES, JobState


class Role(StrEnum):
    ADMIN = "admin"
    OPERATOR = "operator"
    BACKUP = "backup"
    RESTORE = "restore"
    MONITOR = "monitor"
    UNKNOWN = "unknown"

    @property
    def may_back_up(self) -> bool:
        return self in (Role.ADMIN, Role.OPERATOR, Role.BACKUP)

    @property
    def may_restore(self) -> bool:
        return self in (Role.ADMIN, Role.OPERATOR, Role.RESTORE)

    @property
    def may_verify(self) -> bool:
        return self in (Role.ADMIN, Role.OPERATOR)


class BackupType(StrEnum):
    """The value is the letter of the command line and of saveset names."""

    FULL = "F"
    DIFF = "D"
    INC = "I"
    COPY = "C"


class JobKind(StrEnum):
    """`UNKNOWN` is one that only a newer agent knows."""

    BACKUP = "backup"
    RESTORE = "restore"
    COMMAND = "command"
    NEWDAY = "newday"
    VERIFY = "verify"
    MIGRATION = "migration"
    RESTORE_PROOF = "restore_proof"
    UNKNOWN = "unknown"


class WaitsFor(StrEnum):
    """What keeps a queued job from starting."""

    JOB = "job"
    DRIVE = "drive"
    DRIVE_OFF = "drive off"
    ANY_DRIVE = "any drive"
    MEDIUM = "medium"


class Phase(StrEnum):
    SCAN = "scan"
    TRANSFER = "transfer"
    COMMIT = "commit"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Identity:
    """One backup server. `time_zone` is the IANA name of its zone."""

    location_id: str
    name: str
    host: str
    version: str
    time_zone: str
    capabilities: tuple[str, ...]
    start_time: datetime


class Access(StrEnum):
    """How a client is reached. `UNKNOWN` is one that only a newer agent knows."""

    LOCAL = "local"
    SSH = "ssh"
    UNKNOWN = ""


@dataclass(frozen=True, slots=True)
class Ssh:
    """How to log in to a client, with a key only. `host_key` is its public key as `ssh-keyscan`
    prints it; no other is accepted. `alive_seconds` are between two signs of life while a job
    runs; 0: none are asked for."""

    host: str = ""
    port: int = 22
    user: str = "root"
    key_file: str = ""
    host_key: str = ""
    alive_seconds: int = 15


@dataclass(frozen=True, slots=True)
class Client:
    """A machine whose data is backed up. `ssh` belongs to access SSH only; what is `locked` is not
    backed up until it is unlocked."""

    name: str
    access: Access
    comment: str
    ssh: Ssh | None = None
    locked: bool = False
    etag: str = field(default="", metadata=TOLD)


class ExcludeKind(StrEnum):
    """What the excludes of a task are: shell wildcards, or regular expressions."""

    PATTERN = "pattern"
    REGEX = "regex"


class TimeReference(StrEnum):
    """How a file is told to have changed since the base."""

    DATABASE = "database"
    TIME_STAMP_FILE = "time stamp file"
    ARCHIVE_BIT = "archive bit"


@dataclass(frozen=True, slots=True)
class TaskOptions:
    """How a task is backed up; see `tasks.proto`. `exclude_kind` and `time_reference` are None for
    one that this desk does not know."""

    exclude_kind: ExcludeKind | None = ExcludeKind.PATTERN
    exclude_file: bytes = b""
    skip_cache_directories: bool = False
    skip_nodump: bool = False
    one_file_system: bool = False
    accept_size_change: tuple[str, ...] = ()
    time_reference: TimeReference | None = TimeReference.DATABASE
    without_interfaces: bool = False
    backup_even_if_pre_fails: bool = False


@dataclass(frozen=True, slots=True)
class CommandSource:
    """A program at the client whose output is saved as the file `name`."""

    name: str
    argv: tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class Task:
    """What is backed up: sources of a client, absolute paths there, and what commands write.
    `last_proof_time`: when samples of its backups were last restored and found right."""

    name: str
    client: str
    sources: tuple[bytes, ...]
    excludes: tuple[str, ...]
    comment: str
    options: TaskOptions = TaskOptions()
    commands: tuple[CommandSource, ...] = ()
    etag: str = field(default="", metadata=TOLD)
    last_proof_time: datetime | None = field(default=None, metadata=TOLD)


@dataclass(frozen=True, slots=True)
class Progress:
    """Totals are None until the scan has ended. Sizes in bytes."""

    phase: Phase
    files_done: int
    files_total: int | None
    bytes_done: int
    bytes_total: int | None
    stored_bytes: int
    current: str

    @property
    def fraction(self) -> float | None:
        """0 to 1 by bytes; None while the total is not known."""
        if self.bytes_total is None:
            return None
        return min(1.0, self.bytes_done / self.bytes_total) if self.bytes_total else 1.0


@dataclass(frozen=True, slots=True)
class Waiting:
    """Why a queued job waits; `name` is the id of the job, the drive, or the medium that it waits
    for. A medium has to be put into `data_store`, and is wanted `since` then."""

    reason: WaitsFor
    name: str = ""
    data_store: str = ""
    since: datetime | None = None


class Overwrite(StrEnum):
    """What a restore does where a file is at the target already."""

    ALWAYS = "always"
    NEVER = "never"
    IF_OLDER = "if_older"
    RENAME = "rename"


@dataclass(frozen=True, slots=True)
class Job:
    """One piece of work at a location. `id` is digits and counts up; `sesam_day` is
    a label of the site ("2026-11-22"). Times are aware, in UTC; sizes in bytes. `event_id` and
    `planned_time` are the occurrence that it belongs to; `priority` is 1 to 99, 0 above all.
    `overwrite`, `dry_run` (nothing is touched) and `target_client` ("": its own) are of
    restores."""

    location_id: str
    id: str
    kind: JobKind
    state: JobState
    task: str
    client: str
    requested_type: BackupType | None
    type: BackupType | None
    saveset: str
    create_time: datetime
    start_time: datetime | None
    end_time: datetime | None
    sesam_day: str
    progress: Progress | None
    files: int
    size_bytes: int
    stored_bytes: int
    skipped: int
    message: str
    started_by: str
    target: bytes
    event: str = ""
    event_id: str = ""
    planned_time: datetime | None = None
    priority: int = 0
    group: str = ""
    drive: str = ""
    waiting: Waiting | None = None
    overwrite: Overwrite | None = None
    dry_run: bool = False
    target_client: str = ""

    @property
    def name(self) -> str:
        """Its task; of a command and of NEWDAY the event."""
        return self.task or self.event

    @property
    def key(self) -> tuple[str, str]:
        """Identity in the fleet: jobs of two locations may have the same id."""
        return (self.location_id, self.id)

    @property
    def is_open(self) -> bool:
        return self.state in OPEN_STATES


class Level(StrEnum):
    INFO = "info"
    WARNING = "warning"
    ERROR = "error"


@dataclass(frozen=True, slots=True)
class ProtocolLine:
    time: datetime
    level: Level
    code: str
    text: str


@dataclass(frozen=True, slots=True)
class SavesetCopy:
    """One of the other media that a saveset lies on. `eol`, `verify_time` and `damage` as of a
    saveset, of what lies there."""

    label: str
    pool: str
    data_store: str
    eol: str
    verify_time: datetime | None
    stored_bytes: int
    damage: str = ""


@dataclass(frozen=True, slots=True)
class Saveset:
    """One saveset of a location. `type` is None for one that this desk does not know. `damage` says
    why it cannot be restored whole, in the agent's words, and the state is ERROR then; empty when
    nothing is known to be wrong. `eol` is the last sesam day on which it is kept, empty if it is
    not deleted by its age; `verify_time` when its data were last compared with their digests and
    found right, `proof_time` when samples of it were restored and found right. `copies` are the
    other media that it lies on."""

    location_id: str
    name: str
    task: str
    client: str
    type: BackupType | None
    base: str | None
    state: JobState
    start_time: datetime
    end_time: datetime
    sesam_day: str
    sources: tuple[bytes, ...]
    files: int
    size_bytes: int
    stored_bytes: int
    skipped: int
    listed_files: int
    listed_bytes: int
    label: str
    job_id: str
    damage: str = ""
    eol: str = ""
    pool: str = ""
    verify_time: datetime | None = None
    proof_time: datetime | None = None
    copies: tuple[SavesetCopy, ...] = ()
    is_encrypted: bool = False

    @property
    def key(self) -> tuple[str, str]:
        return (self.location_id, self.name)


class EntryKind(StrEnum):
    FILE = "file"
    DIRECTORY = "directory"
    SYMLINK = "symlink"
    FIFO = "fifo"
    BLOCK_DEVICE = "block device"
    CHARACTER_DEVICE = "character device"
    SOCKET = "socket"


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of a listing. `home` names the saveset with its data, None if it was not saved."""

    path: bytes
    kind: EntryKind
    size: int
    modify_time: datetime
    mode: int
    uid: int
    gid: int
    link_target: bytes
    home: str | None
    children: int
