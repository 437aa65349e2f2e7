"""The logs of a location, as the desk reads them. Times aware, sesam days as YYYY-MM-DD."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sesam_master.core.records import Level


class LogKind(StrEnum):
    """ERROR: the lines of the day log that are not as they should be. UNKNOWN: something that only
    a newer desk knows."""

    STATE = "state"
    DAY = "day"
    ERROR = "error"
    PART = "part"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class LogKey:
    """One log. `name` is that of a part; else empty."""

    kind: LogKind
    name: str = ""


@dataclass(frozen=True, slots=True)
class Log:
    """A log of one sesam day. `is_cut`: its oldest lines are not kept any more."""

    key: LogKey
    sesam_day: str
    size_bytes: int
    is_cut: bool


@dataclass(frozen=True, slots=True)
class LogLine:
    """`position`: where it begins in the log of its day; `time` None where it has none."""

    sesam_day: str
    position: int
    time: datetime | None
    level: Level
    text: str


@dataclass(frozen=True, slots=True)
class LogQuery:
    """Which lines: of a text, in whatever letter case, and of a level or a worse one."""

    key: LogKey
    text: str = ""
    least: Level = Level.INFO


@dataclass(frozen=True, slots=True)
class LogPage:
    """Lines in the order of the log, and between which positions they were looked for."""

    lines: tuple[LogLine, ...]
    begin: int
    end: int
    at_begin: bool
    at_end: bool


@dataclass(frozen=True, slots=True)
class FoundPage:
    """Lines of several days, the newest first. `next_token` is empty when all was looked at;
    `searched` the oldest day that was."""

    lines: tuple[LogLine, ...]
    next_token: str
    searched: str


@dataclass(frozen=True, slots=True)
class Followed:
    """What has come of a log. `is_anew`: it stands for all of the day that came before."""

    sesam_day: str
    lines: tuple[LogLine, ...]
    end: int
    is_anew: bool = False
