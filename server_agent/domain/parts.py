"""The parts of an agent: what each does, and what is known of it.

Source: the manual, "Start and stop", whose daemons they are; here they share one process.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

SHORTEST_PAUSE = timedelta(seconds=1)
LONGEST_PAUSE = timedelta(minutes=1)
# A part that has run for so long before it failed begins its pauses anew.
SETTLED_AFTER = timedelta(minutes=10)
# What a part does in one go takes seconds; a store that does not answer is given up before that.
LONGEST_STEP = timedelta(minutes=15)


class PartState(StrEnum):
    """ONLINE: it works or waits for work. RESTARTING: it has failed and begins again in a moment.
    FAILED: it hangs, or was ended. UNUSED: this agent has no use for it."""

    ONLINE = "online"
    RESTARTING = "restarting"
    FAILED = "failed"
    UNUSED = "unused"


# Name and what it does, in the order in which they are shown.
PARTS: tuple[tuple[str, str], ...] = (
    ("qm", "Queue manager: starts the jobs that may run"),
    ("sepuler", "Scheduler: queues what is due"),
    ("db", "Database: the catalogue of the location"),
    ("rpc", "Serves desks and commands"),
    ("media", "Finds the media that jobs wait for"),
    ("stores", "Looks which media are in their places"),
    ("names", "Enters the names of saved files for the search"),
    ("samples", "Notes how full the data stores are"),
    ("notify", "Calls sm_notify and sm_alarm"),
    ("licence", "Looks after the licence"),
    ("logs", "Writes the state log and the day log"),
)
DESCRIPTIONS = dict(PARTS)
NEEDED = frozenset({"qm", "sepuler", "db", "rpc"})  # without these nothing is backed up


@dataclass(frozen=True, slots=True)
class Part:
    """What is known of a part.

    Attributes:
        since: when it came into its state.
        restarts: how often it began again, since the agent started.
        last_fault: why it did so last, or hangs; empty if it never did.
        pid: of the process that it runs in; 0 if it does not run.
    """

    name: str
    state: PartState
    since: datetime
    restarts: int = 0
    last_fault: str = ""
    pid: int = 0


def pause_before(restarts_in_row: int) -> timedelta:
    """How long a part that has failed waits, from 1 for the first time."""
    doublings: int = min(restarts_in_row - 1, 10)
    return min(SHORTEST_PAUSE * (1 << doublings), LONGEST_PAUSE)
