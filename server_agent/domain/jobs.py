"""Jobs: what they are, the states they pass through, and which may start.

QUEUED → ACTIVE → OK | WARNING | ERROR | CANCELLED | BROKEN
QUEUED → CANCELLED, and QUEUED → ERROR when its task has gone
"""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from server_agent.domain.overwriting import OverwriteRule
from server_agent.domain.savesets import BackupType


class JobKind(StrEnum):
    BACKUP = "backup"
    RESTORE = "restore"
    COMMAND = "command"
    NEWDAY = "newday"
    VERIFY = "verify"
    MIGRATION = "migration"
    RESTORE_PROOF = "restore_proof"


class JobState(StrEnum):
    """The value is the manual's code."""

    QUEUED = "q"
    ACTIVE = "a"
    OK = "0"
    WARNING = "1"
    ERROR = "X"
    BROKEN = "3"
    CANCELLED = "c"

    @property
    def is_open(self) -> bool:
        """Queued or running: it may still change."""
        return self in (JobState.QUEUED, JobState.ACTIVE)


class Phase(StrEnum):
    """What a running job does: looks for what to save, moves data, checks and enters the result."""

    SCAN = "scan"
    TRANSFER = "transfer"
    COMMIT = "commit"


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a running job is. Totals are None until they are known. `stored_bytes` counts what
    was written to the medium (backups only). `current` is the path at hand."""

    phase: Phase
    files_done: int = 0
    files_total: int | None = None
    bytes_done: int = 0
    bytes_total: int | None = None
    stored_bytes: int = 0
    current: bytes = b""


@dataclass(frozen=True, slots=True)
class Job:
    """One piece of work.

    Attributes:
        id: unique in the location, digits.
        task: of a restore, the task whose saveset is restored.
        requested_type, type: backups only; they differ when a chain had lost its base.
        saveset: of a backup from its start on; of a restore the one that is restored.
        sesam_day: the day that the job belongs to: that of its start, of its entry while queued.
        files, bytes_done, stored_bytes, skipped: the result, 0 while open.
        paths: of a restore what it brings back, none means everything; of a backup its sources,
            from its start on; of a migration the names of its savesets, if it is about all of a
            pool from its start on.
        target: restores only.
        started_by: holder of the credential, or "local"; empty for what a schedule started.
        event_id, event, planned_time: the occurrence that the job belongs to; of jobs from before
            there were events none.
        priority: 1 lowest to 99 highest; 0 is above all.
        group: of a group's event.
        drive: asked for while queued, that it runs on from its start on; empty for any or none.
        pool, label: backups and migrations: the media pool asked for, empty for the usual one, and
            the one and its medium that it is written to, from its start on.
        move: migrations only: the savesets are given up where they were.
        quick: verifications only: a look at sizes, digests of what is small, and a few pieces.
        overwrite, dry_run, without_interfaces: restores only: what becomes of what is at the target
            already; whether it only says what it would do; whether PRE and POST stay away.
        number: of a backup from its start on, which one of its task it is in its sesam day
            (manual, argument 6 of sbc_pre).
        target_client: of a restore, whose directory the target is, if not that of `client`.
    """

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
    sesam_day: date
    files: int = 0
    bytes_done: int = 0
    stored_bytes: int = 0
    skipped: int = 0
    message: str = ""
    started_by: str = ""
    paths: tuple[bytes, ...] = ()
    target: bytes = b""
    event_id: str = ""
    event: str = ""
    planned_time: datetime | None = None
    priority: int = 1
    group: str = ""
    drive: str = ""
    pool: str = ""
    label: str = ""
    move: bool = False
    quick: bool = False
    overwrite: OverwriteRule = OverwriteRule.ALWAYS
    dry_run: bool = False
    target_client: str = ""
    without_interfaces: bool = False
    number: int = 0

    @property
    def client_at_work(self) -> str:
        """The client whose files are read or written."""
        return self.target_client or self.client


class Level(StrEnum):
    INFO = "info"
    WARNING = "warning"
    ERROR = "error"


class ProtocolPart(StrEnum):
    """A job's protocol itself, and what sbc_pre and sbc_post have said. The value ends the name of
    its file."""

    MAIN = "not"
    PRE = "pre"
    POST = "pos"


@dataclass(frozen=True, slots=True)
class ProtocolLine:
    """One line of a job's protocol. `code` is stable and for programs, `text` for people."""

    time: datetime
    level: Level
    code: str
    text: str
