"""The files of the interface programs, and where their last runs are kept."""

from dataclasses import dataclass
from typing import Protocol

from server_agent.domain.interface_runs import InterfaceRun


@dataclass(frozen=True, slots=True)
class InterfaceFile:
    """The file of a program on the agent's machine.

    Attributes:
        path, template: where it lies or would lie, and what is copied there.
        fault: why a file that is there cannot be run, and what to do; empty if it can.
    """

    path: bytes
    template: bytes
    is_there: bool
    fault: str = ""


class InterfaceFiles(Protocol):
    """Any thread may call any method, but two never keep runs of one program at once."""

    def file(self, name: str) -> InterfaceFile:
        """How the file is now."""

    def last_run(self, name: str) -> InterfaceRun | None:
        """The one that was kept last; None if there is none that can be read."""

    def keep(self, name: str, run: InterfaceRun) -> None:
        """In the place of the one before; outlasts the process.

        Raises:
            OSError: it cannot be written.
        """
