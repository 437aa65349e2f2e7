"""Programs of a task whose output is saved, as the client for scripts hands them out and takes
them."""

import os
import shlex
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class CommandSource:
    """A program at the client whose standard output is saved as the file "/.commands/NAME".

    Attributes:
        name: of that file, without a slash; unique in the task.
        argv: the program and its arguments; they go through no shell.
    """

    name: str
    argv: tuple[bytes, ...]


def command(name: str, argv: Sequence[str | bytes]) -> CommandSource:
    """A program with its arguments. Raises TypeError for a single text."""
    if isinstance(argv, str | bytes):
        raise TypeError("a list of words is needed, not one text: see command_line, shell_command")
    return CommandSource(name, tuple(map(os.fsencode, argv)))


def command_line(name: str, line: str) -> CommandSource:
    """Words as a person writes them, with blanks between them and quotes around those that have
    some. Nothing else means anything: there is no shell. Raises ValueError for a quote without
    end."""
    return command(name, shlex.split(line))


def shell_command(name: str, line: str) -> CommandSource:
    """A line of bash: pipes, variables and all. It fails if any part of a pipe does."""
    return command(name, ["bash", "-o", "pipefail", "-c", line])
