"""Commands of a task as lines that a person reads and writes: "NAME = LINE".

What is written here is a line of bash, in which a pipe fails if any part of it does. What was made
elsewhere without a shell is shown with quotes where they are needed, and stays as it is until its
line is changed.
"""

import shlex
from collections.abc import Iterable, Sequence

from sesam_master.core.records import CommandSource

SHELL = (b"bash", b"-o", b"pipefail", b"-c")
_SIGN = " = "


class NoCommand(ValueError):
    """A line is no command; the text says why, for the person who wrote it."""


def command_lines(commands: Iterable[CommandSource]) -> tuple[str, ...]:
    """One for each. One that cannot be written on a line has a line break or other odd signs in it,
    shown as such."""
    return tuple(f"{command.name}{_SIGN}{_line(command.argv)}" for command in commands)


def is_writable(commands: Iterable[CommandSource]) -> bool:
    """Whether each can be written as a line and read again."""
    return all(
        command.name == command.name.strip()
        and "=" not in command.name
        and "\\x" not in (line := _line(command.argv))
        and line.isprintable()
        for command in commands
    )


def commands_of(lines: Sequence[str], before: Sequence[CommandSource]) -> tuple[CommandSource, ...]:
    """The commands that were written.

    Args:
        before: those whose lines mean what they are.

    Raises:
        NoCommand: one of the lines is none.
    """
    known = dict(zip(command_lines(before), before, strict=True))
    return tuple(known.get(line) or _command(line) for line in lines if line.strip())


def _command(text: str) -> CommandSource:
    name, sign, line = (part.strip() for part in text.partition("="))
    if not sign or not name or not line:
        raise NoCommand(f"“{text.strip()}” is not NAME = LINE, such as shop.sql = pg_dump shop.")
    return CommandSource(name, (*SHELL, line.encode("utf-8", "surrogateescape")))


def _line(argv: tuple[bytes, ...]) -> str:
    words = [word.decode("utf-8", "backslashreplace") for word in argv]
    if argv[:-1] == SHELL:
        return words[-1]
    return shlex.join(words)
