"""What the scan has left out of a source, as patterns that make restic leave out just that.

restic's own patterns mean other things than those of a task: they match parts of the path above
the source, know no difference between files and directories, and take characters where find takes
bytes. So find names what it leaves out, and restic is given these paths; only names without any
special characters but `*` are given as they are, since there may be very many of them.
"""

import re
from collections.abc import Iterator, Sequence

from server_agent.adapters.tar.client import Client
from server_agent.adapters.tar.excludes import find_conditions
from server_agent.domain.task_options import ExcludeKind
from server_agent.ports import Control

_PLAIN = re.compile(r"[^/?\[\]\\\n\r]*[^/?\[\]\\\s*][^/?\[\]\\\n\r]*")
_SPECIAL = re.compile(rb"[*?\[\]\\]")
_LINE_ENDS = re.compile(rb"[\r\n]")
_CONTROL = b"[\x01-\x1f]"


def patterns(
    client: Client,
    sources: Sequence[bytes],
    excludes: tuple[str, ...],
    kind: ExcludeKind,
    control: Control,
) -> Iterator[bytes]:
    """Lines of a file for restic's --exclude-file. Raises Cancelled, OSError."""
    plain: list[str] = []
    if kind is ExcludeKind.PATTERN:
        plain = [each for each in excludes if _PLAIN.fullmatch(each) and each == each.strip()]
    others = tuple(each for each in excludes if each not in plain)
    for source in sources:
        top = literal(source.rstrip(b"/"))
        for each in plain:
            yield top + b"**/" + _dollars(each.encode("utf-8", "surrogateescape"))
        if others:
            yield from map(literal, _left_out(client, source, others, kind, control))


def literal(path: bytes) -> bytes:
    """A pattern for the path and nothing else. A line can hold no newline: any one control
    character stands for it. The slash keeps blanks at the end from being cut off."""
    escaped = _SPECIAL.sub(rb"\\\g<0>", path)
    return _dollars(_LINE_ENDS.sub(_CONTROL, escaped)) + b"/"


def _dollars(pattern: bytes) -> bytes:
    """restic takes a dollar for the name of a variable."""
    return pattern.replace(b"$", b"$$")


def _left_out(
    client: Client, source: bytes, excludes: tuple[str, ...], kind: ExcludeKind, control: Control
) -> Iterator[bytes]:
    """What find does not go into. The conditions end with "-prune -o"."""
    conditions = find_conditions(source, excludes, kind)[:-1]
    rest = b""
    command = [b"find", source, *conditions, b"-print0"]
    with client.start(command, control) as find:
        while find.talks:
            for output in find.ready():
                data = find.read(output)
                if output == "out":
                    *paths, rest = (rest + data).split(b"\0")
                    yield from paths
        find.wait()
