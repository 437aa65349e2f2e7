"""Command events."""

import re
from dataclasses import dataclass

from server_agent.domain.errors import InvalidArgument
from server_agent.domain.quoting import printable, shortened

_PROGRAM = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.+-]{0,127}")
MAX_ARGUMENTS = 64


@dataclass(frozen=True, slots=True)
class CommandAction:
    """Runs a program of the agent's `bin/sesam` directory, and nothing else: who may plan events
    must not thereby be able to run whatever there is on the machine (manual, "Command events").

    Attributes:
        program: a file name in that directory, without a path.
        arguments: handed over as they are; no shell sees them.
    """

    program: str
    arguments: tuple[str, ...] = ()

    @property
    def object_name(self) -> str:
        """What it is about, for lists."""
        return self.program

    def checked(self) -> "CommandAction":
        """Itself, or InvalidArgument."""
        if not _PROGRAM.fullmatch(self.program):
            raise InvalidArgument(
                field="program",
                value=shortened(printable(self.program)),
                expected="the name of a program in bin/sesam, without a path",
            )
        if len(self.arguments) > MAX_ARGUMENTS:
            raise InvalidArgument(
                field="arguments",
                value=len(self.arguments),
                expected=f"at most {MAX_ARGUMENTS} arguments",
            )
        for argument in self.arguments:
            if "\0" in argument or len(argument) > 4096:
                raise InvalidArgument(
                    field="arguments",
                    value=printable(argument[:80]),
                    expected="a text of at most 4096 characters without NUL",
                )
        return self
