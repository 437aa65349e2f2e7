"""The plan of a location: schedules, events and task groups.

Field meanings are those of `sesam_api.v1`. Dates and times of day are those of the site's wall
clock; moments are aware, in UTC. `etag` changes with every change of an object; "" before a
location has it.
"""

from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from typing import TypeVar

from sesam_master.core.components import Drive
from sesam_master.core.draft import TOLD
from sesam_master.core.records import BackupType, Overwrite
from sesam_master.core.sheet import RowKind

NEWDAY = "NEWDAY"  # name of the schedule and of the event that are always there
MAX_DATES = 3660
MAX_PRIORITY = 99


@dataclass(frozen=True, slots=True)
class Schedule:
    """When something comes round. `rule` is the value of an RRULE, "" when only the dates count;
    `core.rule` reads and writes it. `window` None: a start may be made until the next one."""

    name: str
    rule: str
    start_time: time
    start_date: date
    end_date: date | None = None
    dates: tuple[date, ...] = ()
    offset_days: int = 0
    until_time: time | None = None
    window: timedelta | None = None
    active: bool = True
    comment: str = ""
    etag: str = field(default="", metadata=TOLD)
    next_time: datetime | None = field(default=None, metadata=TOLD)

    @property
    def is_newday(self) -> bool:
        return self.name == NEWDAY


@dataclass(frozen=True, slots=True)
class BackupAction:
    """Backs up a task, or else all tasks of a group. `type` is None for one that this desk does not
    know; `drive` "" is any, `pool` "" the usual one."""

    type: BackupType | None
    task: str = ""
    group: str = ""
    drive: str = ""
    pool: str = ""


@dataclass(frozen=True, slots=True)
class RestoreAction:
    """Restores the newest saveset of a task; no paths: everything. `overwrite` is None for a rule
    that this desk does not know."""

    task: str
    target: bytes
    paths: tuple[bytes, ...] = ()
    overwrite: Overwrite | None = Overwrite.IF_OLDER


@dataclass(frozen=True, slots=True)
class CommandAction:
    """Runs a program of the agent's bin/sesam directory, without a shell."""

    program: str
    arguments: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class NewdayAction:
    """Ends the sesam day and begins the next."""


@dataclass(frozen=True, slots=True)
class VerifyAction:
    """Compares the newest saveset of a task with its digests; `whole_chain`: with all that it
    builds on; `quick`: a few pieces only."""

    task: str
    whole_chain: bool = False
    quick: bool = False


@dataclass(frozen=True, slots=True)
class RestoreProofAction:
    """Restores samples of the newest saveset of a task and compares them; 0: the usual number."""

    task: str
    files: int = 0
    max_bytes: int = 0


@dataclass(frozen=True, slots=True)
class MigrationAction:
    """Copies the savesets of a media pool to another one, or moves them there; no drive is any."""

    source_pool: str
    pool: str
    move: bool = False
    drive: str = ""


Action = (
    BackupAction
    | RestoreAction
    | CommandAction
    | NewdayAction
    | VerifyAction
    | RestoreProofAction
    | MigrationAction
)


class IdleCause(StrEnum):
    """Why nothing is planned for an event."""

    NONE = "none"
    EVENT_INACTIVE = "event inactive"
    SCHEDULE_INACTIVE = "schedule inactive"
    NO_SCHEDULE = "no schedule"
    SCHEDULE_OVER = "schedule over"
    GROUP_EMPTY = "group empty"


@dataclass(frozen=True, slots=True)
class Event:
    """What a schedule starts; without a schedule it waits to be another's follow-up.

    Attributes:
        action: None for one of a kind that this desk does not know: it can be shown, not changed.
        priority: 1 lowest to 99 highest; 0 is above all and never blocked.
        blocking: holds off events of its kind with a lower priority within the window.
        follow_up: name of the event that is started when this one has ended well; "": none.
        idle_cause: why there is no `next_time`.
    """

    name: str
    schedule: str
    action: Action | None
    priority: int = 1
    blocking: bool = False
    follow_up: str = ""
    active: bool = True
    comment: str = ""
    id: str = field(default="", metadata=TOLD)
    etag: str = field(default="", metadata=TOLD)
    next_time: datetime | None = field(default=None, metadata=TOLD)
    idle_cause: IdleCause = field(default=IdleCause.NONE, metadata=TOLD)

    @property
    def is_newday(self) -> bool:
        return isinstance(self.action, NewdayAction)

    @property
    def kind(self) -> RowKind | None:
        """None if this desk does not know it."""
        return None if self.action is None else _KINDS[type(self.action)]

    @property
    def object_name(self) -> str:
        """The task, group or program that it is about."""
        match self.action:
            case BackupAction(task=task, group=group):
                return task or group
            case RestoreAction(task=task) | VerifyAction(task=task) | RestoreProofAction(task=task):
                return task
            case MigrationAction(source_pool=source, pool=pool):
                return f"{source} to {pool}"
            case CommandAction(program=program):
                return program
            case _:
                return ""


_KINDS: dict[type[Action], RowKind] = {
    BackupAction: RowKind.BACKUP,
    RestoreAction: RowKind.RESTORE,
    CommandAction: RowKind.COMMAND,
    NewdayAction: RowKind.NEWDAY,
    VerifyAction: RowKind.VERIFY,
    RestoreProofAction: RowKind.RESTORE_PROOF,
    MigrationAction: RowKind.MIGRATION,
}


@dataclass(frozen=True, slots=True)
class TaskGroup:
    """Tasks that are started together, in the order in which they are queued."""

    name: str
    tasks: tuple[str, ...] = ()
    comment: str = ""
    etag: str = field(default="", metadata=TOLD)


Planned = Schedule | Event | TaskGroup
AnyPlanned = TypeVar("AnyPlanned", bound=Planned)


@dataclass(frozen=True, slots=True)
class Plan:
    """All that a location plans, each kind by name, and the names of its media pools. `is_kept`:
    the location was not reached, and this is what the desk knew at `as_of`; coming starts and pools
    are left out then."""

    location_id: str
    schedules: tuple[Schedule, ...]
    events: tuple[Event, ...]
    groups: tuple[TaskGroup, ...]
    drives: tuple[Drive, ...]
    as_of: datetime
    is_kept: bool = False
    pools: tuple[str, ...] = ()


class Remark(StrEnum):
    """What the author of a schedule may not have meant."""

    NO_START = "no start"
    NO_EVENT = "no event"
    WINDOW_OVERLAPS = "window overlaps"
    INACTIVE = "inactive"
    CLOCK_CHANGE = "clock change"


@dataclass(frozen=True, slots=True)
class Start:
    """One coming start. `clock_change`: the site's wall clock leaps over the time that the schedule
    names, or shows it twice. `sesam_day` is a label of the site ("2026-11-22")."""

    moment: datetime
    clock_change: bool
    sesam_day: str


@dataclass(frozen=True, slots=True)
class Preview:
    """The coming starts of a schedule as if it were active, in order."""

    starts: tuple[Start, ...]
    remarks: frozenset[Remark]
