"""What the agent remembers of a task's backups to tell later what has changed since."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol


class StampKind(StrEnum):
    """Which backup a stamp is of: the newest FULL; the newest FULL, DIFF or INC; the newest that
    cleared archive bits."""

    FULL = "full"
    LAST = "last"
    CLEARED = "cleared"


@dataclass(frozen=True, slots=True)
class Stamp:
    """Attributes:
    saveset: of that backup.
    moment_ns: before which nothing of it was read, by the clock of the client.
    """

    saveset: str
    moment_ns: int


class Stamps(Protocol):
    """One stamp of each kind for each task. Who may write to the agent's directories may take one
    away or change it."""

    def read(self, task: str, kind: StampKind) -> Stamp | None:
        """None if there is none that can be used."""

    def write(self, task: str, kind: StampKind, stamp: Stamp) -> None:
        """In the place of the one before; outlasts a crash.

        Raises:
            OSError: it cannot be written.
        """

    def forget(self, task: str) -> None:
        """Removes those of a task.

        Raises:
            OSError: one cannot be removed.
        """
