"""Records about the agent itself."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Part:
    """A part of the agent.

    Attributes:
        state: "online", "restarting", "failed" or "unused"; another word from a later agent.
        restarts: how often it began again since the agent started.
        last_fault: why it did so last, or hangs; "" if it never did.
        pid: of the process that it runs in; 0 if it does not run.
    """

    name: str
    description: str
    state: str
    since_time: datetime | None
    restarts: int = 0
    last_fault: str = ""
    pid: int = 0


@dataclass(frozen=True, slots=True)
class Agent:
    """The process of an agent.

    Attributes:
        stopping: "drain" or "interrupt" if it was told to end, else "".
        running_jobs: how many jobs run.
    """

    version: str
    pid: int
    start_time: datetime
    parts: tuple[Part, ...]
    stopping: str
    running_jobs: int
