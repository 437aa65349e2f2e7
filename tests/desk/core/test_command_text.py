"""Commands of a task as lines."""

import pytest

from sesam_master.core.command_text import (
    SHELL,
    NoCommand,
    command_lines,
    commands_of,
    is_writable,
)
from sesam_master.core.records import CommandSource

PIPE = CommandSource("x.gz", (*SHELL, b"dump 'a b' | gzip > /dev/stdout"))
PLAIN = CommandSource("shop.sql", (b"pg_dump", b"the shop", b"a=b"))


def test_lines_and_back() -> None:
    lines = command_lines((PIPE, PLAIN))
    assert lines == ("x.gz = dump 'a b' | gzip > /dev/stdout", "shop.sql = pg_dump 'the shop' a=b")
    assert commands_of(lines, (PIPE, PLAIN)) == (PIPE, PLAIN)


def test_what_is_written_is_a_line_of_bash() -> None:
    [made] = commands_of(["", "  shop.sql=pg_dump 'the shop' a=b  ", " "], ())
    assert made == CommandSource("shop.sql", (*SHELL, b"pg_dump 'the shop' a=b"))
    changed = commands_of([command_lines((PLAIN,))[0] + " -v"], (PLAIN,))
    assert changed == (CommandSource("shop.sql", (*SHELL, b"pg_dump 'the shop' a=b -v")),)


@pytest.mark.parametrize("line", ["pg_dump", "= x", "a =", "a=  "])
def test_what_is_no_command(line: str) -> None:
    with pytest.raises(NoCommand, match="NAME = LINE"):
        commands_of([line], ())


@pytest.mark.parametrize(
    "command",
    [
        CommandSource("a", (*SHELL, b"one\ntwo")),
        CommandSource("a", (b"x", b"\xff")),
        CommandSource("a=b", (b"x",)),
        CommandSource(" a", (b"x",)),
        CommandSource("a", (b"x\ty",)),
    ],
)
def test_what_cannot_be_written_on_a_line(command: CommandSource) -> None:
    assert is_writable((PIPE, PLAIN))
    assert not is_writable((PIPE, command))
    assert commands_of(command_lines((command,)), (command,)) == (command,)
