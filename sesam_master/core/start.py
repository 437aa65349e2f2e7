"""What a person asks to be backed up at once or at a later time, and when that is at each site."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from enum import StrEnum

from sesam_master.core.records import BackupType

USUAL_PRIORITY = 1
LONGEST_AHEAD = timedelta(days=400)
# A time that a person types has no seconds: this minute is not past.
_MINUTE = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class StartObject:
    """A task of a location, or else one of its task groups."""

    location_id: str
    task: str = ""
    group: str = ""


@dataclass(frozen=True, slots=True)
class When:
    """A reading of the wall clock: of each site (`is_site`), or of the person at the desk."""

    wall: datetime
    is_site: bool


@dataclass(frozen=True, slots=True)
class Wish:
    """How all of the objects are to be backed up. `when` None: now. `priority` is 1, the lowest, to
    99, and 0 above all; `drive` "" is any, `pool` "" the usual one; `follow_up` "" is no event."""

    type: BackupType = BackupType.INC
    when: When | None = None
    priority: int = USUAL_PRIORITY
    drive: str = ""
    follow_up: str = ""
    pool: str = ""


@dataclass(frozen=True, slots=True)
class BackupOrder:
    """One object with its own instant, as its site is asked for it; `start_time` None: now."""

    object: StartObject
    type: BackupType = BackupType.INC
    start_time: datetime | None = None
    priority: int = USUAL_PRIORITY
    drive: str = ""
    follow_up: str = ""
    pool: str = ""

    @property
    def key(self) -> StartObject:
        return self.object

    @property
    def location_id(self) -> str:
        return self.object.location_id

    @property
    def name(self) -> str:
        """The task, or the group that is started whole."""
        return self.object.task or f"group {self.object.group}"


class Wall(StrEnum):
    """Whether a reading of the wall clock comes once, never (the clocks go forward over it) or
    twice (they go back)."""

    ONCE = "once"
    NEVER = "never"
    TWICE = "twice"


@dataclass(frozen=True, slots=True)
class Moment:
    """The instant that a reading names. One that never comes is as long after the change as it
    says; of one that comes twice the first is meant (RFC 5545, 3.3.5)."""

    instant: datetime
    wall: Wall


def at_wall(wall: datetime, zone: tzinfo) -> Moment:
    """The instant of a naive reading in a zone, in UTC."""
    first = wall.replace(tzinfo=zone, fold=0)
    instant = first.astimezone(UTC)
    if instant.astimezone(zone).replace(tzinfo=None) != wall:
        return Moment(instant, Wall.NEVER)
    is_twice = first.utcoffset() != wall.replace(tzinfo=zone, fold=1).utcoffset()
    return Moment(instant, Wall.TWICE if is_twice else Wall.ONCE)


def moment_of(when: When, site: tzinfo, mine: tzinfo) -> Moment:
    """When that is at a site."""
    return at_wall(when.wall, site if when.is_site else mine)


def is_past(moment: datetime, now: datetime) -> bool:
    """The minute is over."""
    return moment + _MINUTE <= now
