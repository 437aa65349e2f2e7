"""What the agent of a location consists of, as it says it."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class ProcessState(StrEnum):
    """FAILED: it hangs. UNKNOWN: something that only a newer desk knows."""

    ONLINE = "online"
    RESTARTING = "restarting"
    FAILED = "failed"
    UNUSED = "unused"
    UNKNOWN = "unknown"

    @property
    def is_trouble(self) -> bool:
        return self in (ProcessState.FAILED, ProcessState.RESTARTING)


@dataclass(frozen=True, slots=True)
class Process:
    """Attributes:
    since: since when its state is so; None if that was not said.
    restarts: how often it began again since the agent started.
    last_fault: why it did so last, or hangs, in the agent's words; "" if it never did.
    pid: 0 if it does not run.
    """

    name: str
    description: str
    state: ProcessState
    since: datetime | None
    restarts: int
    last_fault: str
    pid: int


class StopMode(StrEnum):
    """DRAIN: when the running jobs have ended. INTERRUPT: at once, which breaks them."""

    DRAIN = "drain"
    INTERRUPT = "interrupt"


@dataclass(frozen=True, slots=True)
class AgentProcess:
    """The process that all of them share. `stopping`: None unless it was told to end."""

    version: str
    pid: int
    start_time: datetime
    stopping: StopMode | None
    running_jobs: int
