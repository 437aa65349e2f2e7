"""The queue `qu_all`: which of the jobs that wait may start now."""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from types import MappingProxyType

from server_agent.domain.errors import InvalidArgument
from server_agent.domain.events import rank
from server_agent.domain.jobs import Job, JobKind
from server_agent.domain.media import FIRST_DRIVE_GROUP, FIRST_STORE, MediaPool, usual_pool
from server_agent.domain.topology import checked_name

FIRST_DRIVE = "Drive_1"
# These take a stream of a drive.
MOVES_DATA = (
    JobKind.BACKUP,
    JobKind.RESTORE,
    JobKind.VERIFY,
    JobKind.MIGRATION,
    JobKind.RESTORE_PROOF,
)
MAX_STREAMS = 64
_ONE_AT_A_TIME = (JobKind.BACKUP, JobKind.NEWDAY, JobKind.MIGRATION)


@dataclass(frozen=True, slots=True)
class Drive:
    """What jobs run on. `version` counts its changes.

    Attributes:
        streams: how many at once.
        group: drives that a media pool can use alike.
        store: the data store that it writes to.
    """

    name: str
    streams: int = 2
    active: bool = True
    comment: str = ""
    version: int = 1
    group: str = FIRST_DRIVE_GROUP
    store: str = FIRST_STORE


def checked_drive(drive: Drive) -> Drive:
    """The drive itself, or InvalidArgument that names the field."""
    checked_name("name", drive.name)
    checked_name("group", drive.group)
    if not 1 <= drive.streams <= MAX_STREAMS:
        raise InvalidArgument(
            field="streams", value=drive.streams, expected=f"a number from 1 to {MAX_STREAMS}"
        )
    return drive


@dataclass(frozen=True, slots=True)
class Waiting:
    """A job that may not start yet, and why. Exactly one reason is set.

    Attributes:
        job: the job that writes for the same task.
        drive: the drive without a free stream; empty if none has one.
        group: the drive group of which none has one.
        medium: that somebody has to put into a data store, and since when.
    """

    job: str = ""
    drive: str = ""
    off: bool = False
    group: str = ""
    medium: str = ""
    store: str = ""
    since: datetime | None = None


@dataclass(frozen=True, slots=True)
class Admission:
    """Jobs that may start, each with its drive, and why the others may not, by job id."""

    started: tuple[Job, ...]
    waiting: dict[str, Waiting]


def admit(
    queued: Sequence[Job],
    active: Sequence[Job],
    drives: Sequence[Drive],
    pools: Sequence[MediaPool] = (),
    wanting: Mapping[str, Waiting] = MappingProxyType({}),
    away: Collection[str] = (),
) -> Admission:
    """Decides over the queue: the most important first, of equals the oldest.

    One writer per task: a backup waits while another backup of its task runs or is before it, a
    NEWDAY for the NEWDAY before it, and a migration for the one to the same media pool before it.
    A job that names a drive waits for a stream of it; another takes the drive that has the most
    free ones, a backup or migration of those that its media pool is written by. A job that has to
    wait holds up nobody who need not. Commands and NEWDAY take no drive.

    Args:
        wanting: by their ids the jobs whose media have to be put in first; they hold no drive.
        away: drives whose media are not there; of several, another one is taken.
    """
    taken = Counter(job.drive for job in active)
    free = {drive.name: drive.streams - taken[drive.name] for drive in drives if drive.active}
    group_of = {drive.name: drive.group for drive in drives}
    writers = {_writes(job): job.id for job in active if job.kind in _ONE_AT_A_TIME}
    started: list[Job] = []
    waiting: dict[str, Waiting] = {}
    for job in sorted(queued, key=lambda job: (-rank(job.priority), int(job.id))):
        if job.kind in _ONE_AT_A_TIME and _writes(job) in writers:
            waiting[job.id] = Waiting(job=writers[_writes(job)])
            continue
        if job.kind in _ONE_AT_A_TIME:
            writers[_writes(job)] = job.id
        if job.id in wanting:
            waiting[job.id] = wanting[job.id]
            continue
        if job.kind not in MOVES_DATA:
            started.append(job)
            continue
        group = "" if job.drive else drive_group_of(job, pools)
        usable = {name: free[name] for name in free if group in ("", group_of[name])}
        place = job.drive or _best(usable, away)
        if free.get(place, 0) > 0:
            free[place] -= 1
            started.append(replace(job, drive=place))
        else:
            off = bool(job.drive) and job.drive not in free
            # Where all drives are of the group, it says no more than that none is free.
            named = group if any(group != other for other in group_of.values()) else ""
            waiting[job.id] = Waiting(drive=job.drive, off=off, group=named)
    return Admission(tuple(started), waiting)


def _best(free: Mapping[str, int], away: Collection[str]) -> str:
    """The drive with the most free streams, if possible one whose media are there; empty without
    any."""
    return max(
        free,
        key=lambda name: (free[name] > 0, name not in away, free[name], name),
        default="",
    )


def drive_group_of(job: Job, pools: Sequence[MediaPool]) -> str:
    """The drive group that a backup or migration has to be written by; empty for any."""
    if job.kind not in (JobKind.BACKUP, JobKind.MIGRATION):
        return ""
    named = next((pool for pool in pools if pool.name == job.pool), None)
    pool = named if job.pool else usual_pool(pools)
    return pool.drive_group if pool is not None else ""


def _writes(job: Job) -> tuple[JobKind, str]:
    """What no two jobs do at once."""
    return job.kind, job.pool if job.kind is JobKind.MIGRATION else job.task
