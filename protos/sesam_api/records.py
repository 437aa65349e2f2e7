"""What the client for scripts hands out: plain frozen records, without generated code.

Times are aware datetimes in UTC, paths of backed-up files are bytes, sizes are in bytes. Values of
enums are words: types "FULL", "DIFF", "INC", "COPY"; everything else in small letters ("ok",
"directory"). A word that a newer agent knows and this client does not is its number as text.
"""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from sesam_api.agent_records import Part
from sesam_api.command_records import CommandSource
from sesam_api.licence_records import Licence
from sesam_api.media_records import MediaChanged
from sesam_api.plan_records import CalendarCell, Drive, Event, Schedule, TaskGroup

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_OPEN_STATES = frozenset({"queued", "active"})
_USABLE_STATES = frozenset({"ok", "warning"})


def moment_of_ns(nanoseconds: int) -> datetime:
    """The moment so long after 1970-01-01 UTC, cut to microseconds."""
    return _EPOCH + timedelta(microseconds=nanoseconds // 1000)


@dataclass(frozen=True, slots=True)
class Identity:
    """Who a location is.

    Attributes:
        location_id: GUID; the only thing that tells two locations apart.
        time_zone: IANA name of the zone in which the location's sesam day and schedules are.
        capabilities: optional abilities of the agent.
    """

    location_id: str
    name: str
    host: str
    version: str
    time_zone: str
    capabilities: tuple[str, ...]
    start_time: datetime


@dataclass(frozen=True, slots=True)
class Ssh:
    """How to log in to a client, with a key and no password.

    Attributes:
        key_file: absolute path of the private key on the agent's machine.
        host_key: the client's public key as `ssh-keyscan` prints it, or its fingerprint
            "SHA256:…". No other is accepted.
        alive_seconds: how often it has to give a sign of life while a job runs; 0: never.
    """

    host: str
    key_file: str
    host_key: str
    port: int = 22
    user: str = "root"
    alive_seconds: int = 15


@dataclass(frozen=True, slots=True)
class HostKey:
    """A public key that a machine shows: type and base64, and its fingerprint "SHA256:..."."""

    key: str
    fingerprint: str


@dataclass(frozen=True, slots=True)
class Client:
    """A machine whose data the location backs up.

    Attributes:
        access: "local" or "ssh".
        ssh: of access "ssh" only.
        locked: it is not backed up until it is unlocked; restores work.
    """

    name: str
    access: str
    comment: str
    create_time: datetime
    etag: str
    ssh: Ssh | None = None
    locked: bool = False


@dataclass(frozen=True, slots=True)
class TaskOptions:
    """How a task is backed up.

    Attributes:
        exclude_kind: what its excludes are: "pattern" or "regex".
        exclude_file: absolute path of a file on the client with one more exclude on each line; b""
            for none.
        skip_cache_directories: leave out what lies beside a CACHEDIR.TAG.
        skip_nodump: leave out files with the attribute "no dump".
        one_file_system: stay in the file system of each source.
        accept_size_change: regular expressions; a file whose path one is found in may change its
            size while it is read.
        time_reference: how a file is told to have changed: by the "database", a "time_stamp_file"
            or the "archive_bit".
        without_interfaces: do not run sbc_pre and sbc_post.
        backup_even_if_pre_fails: as it says.
    """

    exclude_kind: str = "pattern"
    exclude_file: bytes = b""
    skip_cache_directories: bool = False
    skip_nodump: bool = False
    one_file_system: bool = False
    accept_size_change: tuple[str, ...] = ()
    time_reference: str = "database"
    without_interfaces: bool = False
    backup_even_if_pre_fails: bool = False


@dataclass(frozen=True, slots=True)
class Task:
    """Named sources of a client, and what is left out of them.

    Attributes:
        last_proof_time: when samples of its backups were last restored and found right.
    """

    name: str
    client: str
    sources: tuple[bytes, ...]
    excludes: tuple[str, ...]
    comment: str
    create_time: datetime
    etag: str
    options: TaskOptions = field(default_factory=TaskOptions)
    commands: tuple[CommandSource, ...] = ()
    last_proof_time: datetime | None = None


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a running job is. Totals are None until the scan has ended.

    Attributes:
        phase: "scan", "transfer" or "commit".
        current: the file at hand, for people.
    """

    phase: str
    files_done: int
    files_total: int | None
    bytes_done: int
    bytes_total: int | None
    stored_bytes: int
    current: str


@dataclass(frozen=True, slots=True)
class Job:
    """One queued, running or ended backup or restore.

    Attributes:
        kind: "backup", "restore", "command", "verify", "migration", "restore_proof" or
            "newday".
        state: "queued", "active", "ok", "warning", "error", "broken" or "cancelled".
        requested_type, type: backups only, else ""; the type asked for and the one that is made.
        saveset: the one that was made, "" until it is there; of a restore or verify the one that
            is read.
        sesam_day: YYYY-MM-DD, a label of the site.
        progress: only while the job is active.
        files, size, stored_size: the result, 0 while open; sizes in bytes, `stored_size` on the
            medium.
        skipped: files that could not be saved or restored whole.
        message: one line for people, in the agent's words; of an open job, what holds it up.
        started_by: holder of the credential, or "local".
        target: restores only: the directory restored to.
        event, planned_time: the occurrence of the calendar that the job belongs to.
        group: the task group whose event started it.
        drive: the one asked for while it is queued, then the one that it runs on.
        waiting: of a queued job what it waits for: "job 17", "drive Drive_1".
        pool: backups only: the media pool asked for, then the one that it is written to.
        label: backups and migrations only: its medium, from the start of the job on.
        move: migrations only: the savesets are given up where they were.
        quick: verifications only: most of the data were not compared.
        overwrite: restores only, else "": what becomes of what is at the target already: "always"
            replaced, "never", "if_older" or "rename".
        dry_run: restores only: nothing is restored, the protocol says what would be.
        target_client: restores only: whose directory the target is; "" for `client`.
    """

    id: str
    kind: str
    state: str
    task: str
    client: str
    requested_type: str
    type: str
    saveset: str
    create_time: datetime
    start_time: datetime | None
    end_time: datetime | None
    sesam_day: str
    progress: Progress | None
    files: int
    size: int
    stored_size: int
    skipped: int
    message: str
    started_by: str
    target: bytes
    event: str = ""
    planned_time: datetime | None = None
    priority: int = 1
    group: str = ""
    drive: str = ""
    waiting: str = ""
    pool: str = ""
    label: str = ""
    move: bool = False
    quick: bool = False
    overwrite: str = ""
    dry_run: bool = False
    target_client: str = ""

    @property
    def is_open(self) -> bool:
        """Queued or running."""
        return self.state in _OPEN_STATES

    @property
    def is_usable(self) -> bool:
        """It has ended and its result is there: "ok", or "warning" when files are missing in it."""
        return self.state in _USABLE_STATES


@dataclass(frozen=True, slots=True)
class Started:
    """A backup that was asked for: the one-off event by which the calendar knows it, and its jobs,
    none if it starts later."""

    event_id: str
    planned_time: datetime
    jobs: tuple[Job, ...]


@dataclass(frozen=True, slots=True)
class ProtocolLine:
    """One line of a job's protocol.

    Attributes:
        level: "info", "warning" or "error".
        code: stable and for programs, "FILE_UNREADABLE"; `text` is for people.
    """

    time: datetime
    level: str
    code: str
    text: str


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of a saveset's listing.

    Attributes:
        path: full path on the client.
        kind: "file", "directory", "symlink", "fifo", "block_device", "character_device", "socket".
        modify_time_ns: nanoseconds since 1970-01-01 UTC.
        mode: permission bits, as in stat.
        link_target: what a symlink points to, else empty.
        home: the saveset that holds the data; None when the entry was not saved.
        children: of a directory: entries directly in it.
    """

    path: bytes
    kind: str
    size: int
    modify_time_ns: int
    mode: int
    uid: int
    gid: int
    link_target: bytes
    home: str | None
    children: int

    @property
    def modify_time(self) -> datetime:
        """Modification time, cut to microseconds."""
        return moment_of_ns(self.modify_time_ns)


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The whole live state of a location; it replaces whatever was known of it before.

    `jobs` are the open ones and the newest ended backup of each task. `licence` is None of an agent
    that is too old to say it.
    """

    identity: Identity
    role: str
    clients: tuple[Client, ...]
    tasks: tuple[Task, ...]
    jobs: tuple[Job, ...]
    schedules: tuple[Schedule, ...] = ()
    events: tuple[Event, ...] = ()
    groups: tuple[TaskGroup, ...] = ()
    drives: tuple[Drive, ...] = ()
    licence: Licence | None = None
    agent_parts: tuple[Part, ...] = ()


@dataclass(frozen=True, slots=True)
class Removed:
    """Something that is gone, or a job that is not watched any more.

    Attributes:
        kind: "client", "task", "job", "schedule", "event", "group" or "drive".
        name: its name; of a job or event its id.
    """

    kind: str
    name: str


Change = (
    Snapshot
    | Identity
    | Client
    | Task
    | Job
    | Schedule
    | Event
    | TaskGroup
    | Drive
    | CalendarCell
    | MediaChanged
    | Licence
    | Part
    | Removed
)
