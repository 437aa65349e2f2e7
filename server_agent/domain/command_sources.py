"""Programs of a task whose output is saved as files: dumps of databases."""

from dataclasses import dataclass

from server_agent.domain.errors import InvalidArgument
from server_agent.domain.quoting import printable, quoted, shortened

COMMANDS_DIRECTORY = b"/.commands"  # under which a listing has what commands wrote
MOST_COMMANDS = 100
LONGEST_NAME = 255  # bytes, as of any file
LARGEST_COMMAND = 32 << 10  # bytes of all its words; over SSH they go through a shell
_POINTS = (".", "..")


@dataclass(frozen=True, slots=True)
class CommandSource:
    """A program at the client whose standard output is saved as a file.

    Attributes:
        name: of that file, without a slash.
        argv: the program and its arguments, run without a shell. In a pipe of a shell only the last
            status counts: `bash -o pipefail -c ...` tells of the others too.
    """

    name: str
    argv: tuple[bytes, ...]

    @property
    def path(self) -> bytes:
        """In the listing."""
        return COMMANDS_DIRECTORY + b"/" + self.name.encode("utf-8", "surrogateescape")


def checked_commands(commands: tuple[CommandSource, ...]) -> tuple[CommandSource, ...]:
    """The commands themselves, or InvalidArgument for a name that no file can have, one that is
    there twice, and for what cannot be run."""
    if len(commands) > MOST_COMMANDS:
        raise InvalidArgument(
            field="commands", value=f"{len(commands)} of them", expected=f"at most {MOST_COMMANDS}"
        )
    seen: set[str] = set()
    for command in commands:
        expected = _name_fault(command.name) or _argv_fault(command)
        if not expected and command.name in seen:
            expected = "a name of its own for each command"
        if expected:
            name = shortened(printable(command.name))
            raise InvalidArgument(field="commands", value=name, expected=expected)
        seen.add(command.name)
    return commands


def _name_fault(name: str) -> str:
    """What would be right; empty if the name is."""
    if not 0 < len(name.encode("utf-8", "replace")) <= LONGEST_NAME or name in _POINTS:
        return f"the name of a file, of 1 to {LONGEST_NAME} bytes"
    if not name.isprintable() or "/" in name:
        return "the name of a file, printable and without a slash"
    return ""


def _argv_fault(command: CommandSource) -> str:
    whose = quoted(command.name)
    if not command.argv or not command.argv[0]:
        return f"a program to run for {whose}"
    if any(b"\0" in word for word in command.argv):
        return f"words without NUL to run for {whose}"
    if sum(len(word) + 1 for word in command.argv) > LARGEST_COMMAND:
        return f"at most {LARGEST_COMMAND} bytes to run for {whose}: write a script on the client"
    return ""
