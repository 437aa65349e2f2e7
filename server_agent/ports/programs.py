"""Programs that the agent may run: for command events, and the user interfaces."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from server_agent.ports.engine import Control


@dataclass(frozen=True, slots=True)
class Output:
    """One line that a program wrote, without its end. One that `goes_on` was too long, and the next
    is its continuation."""

    line: bytes
    goes_on: bool = False

    @property
    def text(self) -> str:
        """For people: bytes that are no text are escaped."""
        return self.line.decode("utf-8", "backslashreplace")


@dataclass(frozen=True, slots=True)
class Ended:
    """How a program ended. `status` is its exit status, negative the signal that killed it."""

    status: int


class Programs(Protocol):
    """The programs of one directory, and nothing else."""

    def has(self, name: str) -> bool:
        """Whether there is such a program."""

    def is_there(self, name: str) -> bool:
        """Whether there is a file of that name, even if it cannot be run."""

    def run(
        self, name: str, arguments: Sequence[str], facts: Mapping[str, str], control: Control
    ) -> Iterator[Output | Ended]:
        """Runs it without a shell and without input; its lines as they come, `Ended` last.

        It ends with the program itself, and nothing of its process group runs any more then. A
        cancelled one is told to end and, if it does not, killed.

        Args:
            facts: are put into its environment.

        Raises:
            ProgramError: there is no such program, or it cannot be run; says why.
            Cancelled: by the control.
        """


class ProgramError(Exception):
    """A program cannot be run; the text is for people."""
