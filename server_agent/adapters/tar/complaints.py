"""What find and tar say on standard error, as protocol messages. Pure; their language is C."""

import re

from server_agent.adapters.tar.names import member_path, shown, unescaped
from server_agent.domain.jobs import Level
from server_agent.ports import Message

METADATA = "METADATA_NOT_RESTORED"
NO_SPACE = "NO_SPACE"

_FIND = re.compile(rb"find: '(.*)': ([^:]*)", re.DOTALL)
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
        "CHANGED_WHILE_READ",
        "changed while it was read: the saveset may hold a mixture of both versions",
    ),
    (
        rb"(.*): File shrank by (\d+) bytes?; padding with zeros",
        "CUT_WHILE_READ",
        "lost {} bytes while it was read: zeros stand for them",
    ),
    (
        rb"(.*?)(?:: Warning)?: Read error at byte (\d+), [^:]*: [^:]*",
        "UNREADABLE",
        "cannot be read from byte {} on: zeros stand for the rest",
    ),
    (
        rb"(.*?)(?:: Warning)?: Cannot (?:l?listxattr\w*|l?getxattr\w*|acl_\w+): ([^:]*)",
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
    # The first that tar says of a file for which the space did not suffice.
    (rb"(.*): (Wrote only \d+ of \d+ bytes?)", NO_SPACE, "no space left"),
    (rb"\w+: Cannot (?:set|drop) .* for file '(.*)': (.*)", METADATA, "{}"),
    (rb"(.*): Cannot (?:change (?:ownership|mode) to .*|utime|chmod): (.*)", METADATA, "{}"),
    (rb"(.*): Cannot (?:open|[a-z ]+(?:to .*)?): (.*)", "NOT_RESTORED", "was not restored: {}"),
    (rb"(.*): Cannot (remove|hard link to .*)", "NOT_RESTORED", "was not restored: cannot {}"),
)


def of_find(line: bytes) -> Message:
    """A line of find. What vanished while directories were read is no loss: INFO."""
    match = _FIND.fullmatch(line)
    if match is None:
        return Message(Level.ERROR, "FIND", _text(line))
    path, reason = unescaped(match[1]), _text(match[2])
    if reason == "No such file or directory":
        text = f"{shown(path)} vanished while directories were read"
        return Message(Level.INFO, "VANISHED", text, path)
    text = f"{shown(path)} cannot be read: {reason}"
    return Message(Level.WARNING, "UNREADABLE", text, path)


def of_saving_tar(line: bytes) -> Message | None:
    """A line of tar that makes an archive; None for one that only repeats others.

    The level is ERROR if the line is about the run and not about one file.
    """
    return _of_tar(line, _SAVING)


def of_restoring_tar(line: bytes) -> Message | None:
    """The same of tar that extracts. A message with the codes METADATA or NO_SPACE holds only
    the reason as its text."""
    return _of_tar(line, _RESTORING)


def _of_tar(line: bytes, rows: list[tuple[re.Pattern[bytes], str, str]]) -> Message | None:
    if line in _NOISE or not line:
        return None
    for pattern, code, sentence in rows:
        match = pattern.fullmatch(line)
        if match is not None and match[1] != b"-":
            path = member_path(unescaped(match[1]))
            level = Level.INFO if code == "SOCKET" else Level.WARNING
            text = sentence.format(_text(match[match.lastindex or 1]))
            whole = text if code in (METADATA, NO_SPACE) else f"{shown(path)} {text}"
            return Message(level, code, whole, path)
    return Message(Level.ERROR, "TAR", _text(line))


def _text(raw: bytes) -> str:
    return raw.decode("utf-8", "backslashreplace")
