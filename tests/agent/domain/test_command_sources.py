"""What a command of a task may be."""

import pytest

from server_agent.domain.command_sources import (
    LARGEST_COMMAND,
    MOST_COMMANDS,
    CommandSource,
    checked_commands,
)
from server_agent.domain.errors import InvalidArgument

RUN = (b"true",)


@pytest.mark.parametrize(
    "commands",
    [
        (),
        (CommandSource("a", RUN), CommandSource("A", RUN)),
        (CommandSource("Größe 1.sql", (b"/bin/sh", b"-c", b"", b"\xff\n")),),
        (CommandSource("...", RUN), CommandSource("=", RUN)),
        (CommandSource("x" * 255, (b"x" * (LARGEST_COMMAND - 1),)),),
        tuple(CommandSource(str(number), RUN) for number in range(MOST_COMMANDS)),
    ],
)
def test_what_can_be(commands: tuple[CommandSource, ...]) -> None:
    assert checked_commands(commands) == commands


@pytest.mark.parametrize(
    ("commands", "said"),
    [
        ((CommandSource("", RUN),), "1 to 255 bytes"),
        ((CommandSource("ü" * 128, RUN),), "1 to 255 bytes"),
        ((CommandSource("..", RUN),), "name of a file"),
        ((CommandSource("a/b", RUN),), "without a slash"),
        ((CommandSource("a\nb", RUN),), "printable"),
        ((CommandSource("a", ()),), 'a program to run for "a"'),
        ((CommandSource("a", (b"", b"x")),), 'a program to run for "a"'),
        ((CommandSource("a", (b"x\0y",)),), "without NUL"),
        ((CommandSource("a", (b"x", b"y" * LARGEST_COMMAND)),), "write a script on the client"),
        ((CommandSource("a", RUN), CommandSource("a", (b"false",))), "a name of its own"),
        (tuple(CommandSource(str(number), RUN) for number in range(101)), "at most 100"),
    ],
)
def test_what_cannot_be(commands: tuple[CommandSource, ...], said: str) -> None:
    with pytest.raises(InvalidArgument) as refusal:
        checked_commands(commands)
    assert refusal.value.metadata["field"] == "commands"
    assert said in refusal.value.metadata["expected"]


def test_where_the_listing_has_it() -> None:
    assert CommandSource("Größe.sql", RUN).path == b"/.commands/Gr\xc3\xb6\xc3\x9fe.sql"
