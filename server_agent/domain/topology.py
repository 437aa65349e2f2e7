"""Clients and tasks: what a location looks after, and what may be said of them."""

import re
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from itertools import pairwise

from server_agent.domain.command_sources import CommandSource
from server_agent.domain.errors import InvalidArgument
from server_agent.domain.quoting import printable, quoted, shortened
from server_agent.domain.reach import LOCAL, Reach, Ssh, check_ssh
from server_agent.domain.task_options import ExcludeKind, TaskOptions, check_expression

LONGEST_PATH = 4095  # bytes; PATH_MAX of Linux without its NUL
MOST_SOURCES = 1000  # and as many excludes

_NAME = re.compile(r"^[^\W_][\w .\-]{0,127}$")
_NAME_RULE = "1 to 128 letters, digits, blanks and . _ -, a letter or digit first, no blank last"


class Access(StrEnum):
    """How the agent reaches a client."""

    LOCAL = "local"
    SSH = "ssh"


NOT_YET = datetime(1970, 1, 1, tzinfo=UTC)  # when what is asked for was made


@dataclass(frozen=True, slots=True)
class Client:
    """A machine whose data the location backs up. `version` counts its changes.

    Attributes:
        locked: it is not backed up until it is unlocked.
        ssh: how to log in, of access SSH only.
    """

    name: str
    access: Access = Access.LOCAL
    comment: str = ""
    create_time: datetime = NOT_YET
    version: int = 0
    locked: bool = False
    ssh: Ssh | None = None

    @property
    def reach(self) -> Reach:
        return self.ssh or LOCAL


@dataclass(frozen=True, slots=True)
class Task:
    """Named sources of a client. `version` counts its changes.

    Attributes:
        sources: may be none if there are commands.
        commands: programs at the client whose output is saved besides.
        proof_time: when samples of its backups were last restored and found right. It is no change
            of the task, and so no part of its text, which etags are made of.
    """

    name: str
    client: str
    sources: tuple[bytes, ...]
    excludes: tuple[str, ...] = ()
    comment: str = ""
    create_time: datetime = NOT_YET
    version: int = 0
    options: TaskOptions = field(default_factory=TaskOptions)
    proof_time: datetime | None = field(default=None, repr=False)
    commands: tuple[CommandSource, ...] = ()


def check_access(client: Client) -> None:
    """Raises InvalidArgument for an access that lacks its login, or one whose login is unusable."""
    if client.access is Access.LOCAL:
        if client.ssh is not None:
            raise InvalidArgument(field="ssh", value=client.ssh.host, expected="access SSH with it")
        return
    if client.ssh is None:
        raise InvalidArgument(
            field="ssh", value="none", expected="host, user, key file and host key of the client"
        )
    check_ssh(client.ssh)


def checked_name(field: str, name: str) -> str:
    """The name itself, or InvalidArgument that says what a name may be."""
    if not _NAME.fullmatch(name) or name.endswith(" "):
        raise InvalidArgument(field=field, value=shortened(printable(name)), expected=_NAME_RULE)
    return name


def checked_sources(sources: tuple[bytes, ...], *, may_be_none: bool = False) -> tuple[bytes, ...]:
    """The sources without a slash at their end, or InvalidArgument.

    At least one, unless there may be none; each absolute, without empty, "." or ".." parts; none
    inside another, since what two sources share would be saved twice.
    """
    if not sources and not may_be_none:
        raise InvalidArgument(field="sources", value="", expected="at least one path")
    _check_sizes("sources", sources)
    trimmed = tuple(source.rstrip(b"/") or b"/" for source in sources)
    for source in trimmed:
        parts = source.split(b"/")[1:] if source != b"/" else []
        if not source.startswith(b"/") or b"\0" in source or {b"", b".", b".."} & set(parts):
            raise InvalidArgument(
                field="sources",
                value=printable(source),
                expected="an absolute path without '.', '..' or '//'",
            )
    # Sorted by their parts, one that is inside another stands right behind it or another such one.
    ordered = sorted(trimmed, key=lambda source: source.rstrip(b"/").split(b"/"))
    for other, source in pairwise(ordered):
        if source == other or source.startswith(other.rstrip(b"/") + b"/"):
            raise InvalidArgument(
                field="sources",
                value=printable(source),
                expected=f"a path that is not inside another source ({quoted(other)})",
            )
    return trimmed


def _check_sizes(field: str, items: tuple[bytes, ...]) -> None:
    if len(items) > MOST_SOURCES:
        raise InvalidArgument(
            field=field, value=f"{len(items)} of them", expected=f"at most {MOST_SOURCES}"
        )
    for item in items:
        if len(item) > LONGEST_PATH:
            raise InvalidArgument(
                field=field,
                value=f"{printable(item[:100])}... of {len(item)} bytes",
                expected=f"at most {LONGEST_PATH} bytes each",
            )


def checked_excludes(excludes: tuple[str, ...], kind: ExcludeKind) -> tuple[str, ...]:
    """The excludes themselves, or InvalidArgument for an empty one, one with a NUL, or one that is
    no expression where it has to be."""
    _check_sizes("excludes", tuple(pattern.encode("utf-8", "replace") for pattern in excludes))
    for pattern in excludes:
        if not pattern or "\0" in pattern:
            raise InvalidArgument(
                field="excludes",
                value=printable(pattern),
                expected="a pattern such as *.tmp or ./cache",
            )
        if kind is ExcludeKind.REGEX:
            check_expression("excludes", pattern)
    return excludes
