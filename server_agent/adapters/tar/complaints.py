"""What find and tar say on standard error, as protocol messages. Pure; their language is C."""

import re
from collections.abc import Callable

from server_agent.adapters.tar.guard import LED_AWAY
from server_agent.adapters.tar.names import member_path, unescaped
from server_agent.domain.jobs import Level
from server_agent.domain.quoting import quoted
from server_agent.ports import Message

CHANGED = "CHANGED_WHILE_READ"
CHANGED_BEFORE = "CHANGED_BEFORE_READ"
CUT = "CUT_WHILE_READ"
LOOP = "LOOP"
METADATA = "METADATA_NOT_RESTORED"
NO_SPACE = "NO_SPACE"
REPLACED = "REPLACED"
STAYED = "STAYED"
TIME_STAMP = "TIME_STAMP"
UNKNOWN = "TAR"
UNKNOWN_TO_FIND = "FIND"

_HARMLESS = frozenset({"SOCKET", TIME_STAMP})
# How tar names itself where a script of that name on PATH starts it.
_BY_PATH = re.compile(rb"/\S*/tar: ")
_FIND = re.compile(rb"find: '(.*)': ([^:]*)", re.DOTALL)
# A directory that is mounted again within itself.
_FIND_LOOP = re.compile(
    rb"find: File system loop detected; '(.*)' is part of the same file system loop as '(.*)'\.",
    re.DOTALL,
)
_NOISE = frozenset(
    {
        b"tar: Exiting with failure status due to previous errors",
        # Two sentences that follow a line with the cause.
        b"tar: Error is not recoverable: exiting now",
        b"tar: Error exit delayed from previous errors",
    }
)


def _rows(*rows: tuple[bytes, str, str]) -> list[tuple[re.Pattern[bytes], str, str]]:
    return [(re.compile(b"tar: " + end, re.DOTALL), code, text) for end, code, text in rows]


# What a line looks like, the code, and the sentence about the file. Names can hold ": ", reasons
# cannot, so what follows a name is told from the end of the line.
_SAVING = _rows(
    (rb"(.*): socket ignored", "SOCKET", "is a socket: it is listed and not saved"),
    (rb"(.*): Cannot stat: No such file or directory", "VANISHED", "vanished before it was read"),
    (rb"(.*): File removed before we read it", "VANISHED", "vanished before it was read"),
    (
        rb"(.*?)(?:: Warning)?: Cannot (?:open|stat|read|readlink|savedir): ([^:]*)",
        "UNREADABLE",
        "cannot be read: {}",
    ),
    (
        rb"(.*): file changed as we read it",
        CHANGED,
        "changed while it was read: the saveset may hold a mixture of both versions",
    ),
    (
        rb"(.*): File shrank by (\d+) bytes?; padding with zeros",
        CUT,
        "lost {} bytes while it was read: zeros stand for them",
    ),
    (
        rb"(.*?)(?:: Warning)?: Read error at byte (\d+), [^:]*: [^:]*",
        "UNREADABLE",
        "cannot be read from byte {} on: zeros stand for the rest",
    ),
    (
        rb"(.*?)(?:: Warning)?: Cannot (?:\w*listxattr\w*|\w*getxattr\w*|acl_\w+): ([^:]*)",
        "ATTRIBUTES_UNREADABLE",
        "was saved without its extended attributes: {}",
    ),
)
_RESTORING = _rows(
    (
        rb"(.*): Cannot (?:write|close|mkdir|open|mknod): (No space left on device)",
        NO_SPACE,
        "no space left",
    ),
    (rb"(.*): Cannot .*: (Disk quota exceeded)", NO_SPACE, "no more space allowed (disk quota)"),
    (rb"(.*): (skipping existing file)", STAYED, "{}"),
    # The first that tar says of a file for which the space did not suffice.
    (rb"(.*): (Wrote only \d+ of \d+ bytes?)", NO_SPACE, "no space left"),
    (rb"\w+: Cannot (?:set|drop) .* for file '(.*)': (.*)", METADATA, "{}"),
    (rb"(.*): Cannot (?:change (?:ownership|mode) to .*|utime|chmod): (.*)", METADATA, "{}"),
    (rb"(.*?)(?:: Warning)?: (Cannot (?:acl_\w+|\w*xattr\w*): [^:]*)", METADATA, "{}"),
    (rb"(.*): (Directory renamed before its status could be extracted)", METADATA, "{}"),
    (rb"(.*): (time stamp .* is .* s in the future)", TIME_STAMP, "was restored: {}"),
    (rb"(.*): (implausibly old time stamp .*)", TIME_STAMP, "was restored: {}"),
    (
        rb"(.*): Cannot (?:open|[a-z]+|[a-z ]+ to .*): (Too many levels of symbolic links)",
        "NOT_RESTORED",
        f"was not restored: {LED_AWAY}",
    ),
    (rb"(.*): Cannot (?:open|[a-z ]+(?:to .*)?): (.*)", "NOT_RESTORED", "was not restored: {}"),
    (rb"(.*): Cannot (remove|hard link to .*)", "NOT_RESTORED", "was not restored: cannot {}"),
    (rb"(.*): (Is a directory)", "NOT_RESTORED", "was not restored: {}"),
)


def of_find(line: bytes) -> Message:
    """A line of find; its path is None if it is not about one that is understood. What vanished
    while directories were read is no loss, and a loop ends in what is saved anyway: INFO."""
    loop = _FIND_LOOP.fullmatch(line)
    if loop is not None:
        path, again = unescaped(loop[1]), quoted(unescaped(loop[2]))
        text = f"{quoted(path)} is {again} once more: what it holds is saved there"
        return Message(Level.INFO, LOOP, text, path)
    match = _FIND.fullmatch(line)
    if match is None:
        return Message(Level.WARNING, UNKNOWN_TO_FIND, f"find says: {_text(line)}")
    path, reason = unescaped(match[1]), _text(match[2])
    if reason == "No such file or directory":
        text = f"{quoted(path)} vanished while directories were read"
        return Message(Level.INFO, "VANISHED", text, path)
    text = f"{quoted(path)} cannot be read: {reason}"
    return Message(Level.WARNING, "UNREADABLE", text, path)


def of_saving_tar(line: bytes, is_member: Callable[[bytes], bool]) -> Message | None:
    """A line of tar that makes an archive; None for one that only repeats others.

    The level is ERROR if the line is about the run and not about one file.

    Args:
        is_member: whether tar may speak of a path: what is said of it in unknown words is a
            warning about that file, with the code UNKNOWN.
    """
    return _of_tar(line, _SAVING, is_member)


def of_restoring_tar(line: bytes, is_member: Callable[[bytes], bool]) -> Message | None:
    """The same of tar that extracts. A message with the codes METADATA or NO_SPACE holds only
    the reason as its text."""
    return _of_tar(line, _RESTORING, is_member)


def _of_tar(
    line: bytes,
    rows: list[tuple[re.Pattern[bytes], str, str]],
    is_member: Callable[[bytes], bool],
) -> Message | None:
    if (by_path := _BY_PATH.match(line)) is not None:
        line = b"tar: " + line[by_path.end() :]
    if line in _NOISE or not line:
        return None
    for pattern, code, sentence in rows:
        match = pattern.fullmatch(line)
        if match is not None and match[1] != b"-":
            path = member_path(unescaped(match[1]))
            level = Level.INFO if code in _HARMLESS else Level.WARNING
            text = sentence.format(_text(match[match.lastindex or 1]))
            whole = text if code in (METADATA, NO_SPACE) else f"{quoted(path)} {text}"
            return Message(level, code, whole, path)
    return _of_member(line, is_member) or Message(Level.ERROR, UNKNOWN, _text(line))


def _of_member(line: bytes, is_member: Callable[[bytes], bool]) -> Message | None:
    """Names may hold ": ", so that the longest beginning that is a member's name counts."""
    said = line.removeprefix(b"tar: ")
    end = len(said)
    while (end := said.rfind(b": ", 0, end)) > 0:
        path = member_path(unescaped(said[:end]))
        if said[:end] != b"-" and is_member(path):
            text = f"{quoted(path)}: tar says: {_text(said[end + 2 :])}"
            return Message(Level.WARNING, UNKNOWN, text, path)
    return None


def _text(raw: bytes) -> str:
    return raw.decode("utf-8", "backslashreplace")
