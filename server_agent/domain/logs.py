"""The logs of a location: which there are, and what a line of one says."""

import re
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from server_agent.domain.jobs import JobState, Level


class LogKind(StrEnum):
    """STATE: a line for each job. DAY: what happened. ERROR: of that what is not as it should be.
    PART: what a part of the agent wrote."""

    STATE = "state"
    DAY = "day"
    ERROR = "error"
    PART = "part"


# Source: the manual, "Analyzing Log Files". Each is the beginning of a file's name, with the
# loggers that write to it; whatever is none of these goes to the last one.
PART_LOGS: tuple[tuple[str, tuple[str, ...]], ...] = (
    (
        "sm_sepul_event",
        tuple(
            f"server_agent.service.{name}"
            for name in ("scheduler", "occurrences", "newday_job", "command_job")
        ),
    ),
    (
        "sm_qm_main",
        tuple(f"server_agent.service.{name}" for name in ("runner", "work", "stopping")),
    ),
    ("sm_gui_server_requests", ("server_agent.rpc",)),
    (
        "sm_init",
        (
            "server_agent.adapters.loader",
            *(
                f"server_agent.service.{name}"
                for name in ("first_look", "loading", "media", "media_requests", "lost_stores")
            ),
        ),
    ),
    ("agent", ()),
)
PART_LOG_NAMES = tuple(name for name, _ in PART_LOGS)
_OF_LOGGERS = {logger: name for name, loggers in PART_LOGS for logger in loggers}

LEVELS = {"INFO": Level.INFO, "WARNING": Level.WARNING, "ERROR": Level.ERROR}
SEVERITY = {Level.INFO: 0, Level.WARNING: 1, Level.ERROR: 2}
_STATE_LEVELS = {
    JobState.WARNING: Level.WARNING,
    JobState.CANCELLED: Level.WARNING,
    JobState.ERROR: Level.ERROR,
    JobState.BROKEN: Level.ERROR,
}
_TIME = r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(?:\.\d{3})?[+-]\d\d:\d\d"
_LINE = re.compile(rf"({_TIME})(?:\t|\s)(?:(INFO|WARNING|ERROR|CRITICAL|DEBUG)\b)?")
_STATE = re.compile(rf"([0-9A-Za-z])\t({_TIME})?\t({_TIME})?\t")


@dataclass(frozen=True, slots=True)
class LogKey:
    """One log. `name` is that of a part; empty for the other kinds."""

    kind: LogKind
    name: str = ""

    @property
    def text(self) -> str:
        return self.name or self.kind.value


@dataclass(frozen=True, slots=True)
class LogFile:
    """A log of one sesam day. `is_cut`: its oldest lines are not kept any more."""

    key: LogKey
    day: date
    size_bytes: int
    is_cut: bool = False


@dataclass(frozen=True, slots=True)
class LogLine:
    """`position`: where it begins; `time` None where the line has none."""

    position: int
    time: datetime | None
    level: Level
    text: str


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which lines are looked for: those with a text, in whatever letter case, of a level or a worse
    one."""

    text: str = ""
    least: Level = Level.INFO

    def has(self, line: LogLine) -> bool:
        if SEVERITY[line.level] < SEVERITY[self.least]:
            return False
        return not self.text or self.text.casefold() in line.text.casefold()

    def of(self, kind: LogKind) -> "Wanted":
        """The same in one kind of log: the error log has no lines that are fine."""
        if kind is LogKind.ERROR and self.least is Level.INFO:
            return Wanted(self.text, Level.WARNING)
        return self


def part_log(logger: str) -> str:
    """The log to which a logger writes: that of the nearest one above it that has one."""
    while logger:
        if (found := _OF_LOGGERS.get(logger)) is not None:
            return found
        logger = logger.rpartition(".")[0]
    return PART_LOG_NAMES[-1]


def level_of(state: JobState) -> Level:
    """How bad it is that a job is in a state."""
    return _STATE_LEVELS.get(state, Level.INFO)


def parsed(kind: LogKind, position: int, text: str) -> LogLine:
    """A line as it stands in its log."""
    if kind is LogKind.STATE:
        if (found := _STATE.match(text)) is None:
            return LogLine(position, None, Level.INFO, text)
        states = [state for state in JobState if state.value == found[1]]
        level = level_of(states[0]) if states else Level.INFO
        return LogLine(position, _moment(found[3] or found[2]), level, text)
    if (found := _LINE.match(text)) is None:
        return LogLine(position, None, Level.INFO, text)
    word = "ERROR" if found[2] == "CRITICAL" else found[2]
    return LogLine(position, _moment(found[1]), LEVELS.get(word or "", Level.INFO), text)


def _moment(text: str | None) -> datetime | None:
    try:
        return datetime.fromisoformat(text) if text else None
    except ValueError:
        return None
