"""Names as bytes: how find and tar print them, and their two parts."""

import re

_ESCAPED = re.compile(rb"\\([0-7]{3}|.)", re.DOTALL)
_LETTERS = {
    b"a": b"\a",
    b"b": b"\b",
    b"f": b"\f",
    b"n": b"\n",
    b"r": b"\r",
    b"t": b"\t",
    b"v": b"\v",
}


def unescaped(name: bytes) -> bytes:
    """A name as it was before GNU's quoting style "escape"."""
    if b"\\" not in name:
        return name
    return _ESCAPED.sub(_plain, name)


def split(path: bytes) -> tuple[bytes, bytes]:
    """Directory and name of an absolute path. The root is ("", ""), what lies in it ("", name)."""
    directory, _, name = path.rpartition(b"/")
    return directory, name


def joined(directory: bytes, name: bytes) -> bytes:
    """The opposite of `split`."""
    return directory + b"/" + name


def member_name(path: bytes) -> bytes:
    """The name under which tar, run in the root, is given the path."""
    return path[1:] or b"."


def member_path(name: bytes) -> bytes:
    """The absolute path of a member, whose name ends in a slash if it is a directory."""
    path = b"/" + name.rstrip(b"/")
    return b"/" if path == b"/." else path


def member_key(name: bytes) -> tuple[bytes, int, bytes]:
    """Directory, leaf (0 for a directory) and name of a member, as a listing keeps them."""
    leaf = 1
    if name.endswith(b"/"):
        name, leaf = name[:-1], 0
        if name == b".":
            return b"", 0, b""
    directory, _, last = name.rpartition(b"/")
    return b"/" + directory if directory else b"", leaf, last


def _plain(match: re.Match[bytes]) -> bytes:
    code = match[1]
    if len(code) == 3:
        return bytes([int(code, 8) & 0xFF])
    return _LETTERS.get(code, code)


def ancestors(path: bytes) -> list[bytes]:
    """The directories that hold a path, the root first."""
    parts = path.strip(b"/").split(b"/")[:-1]
    found = [b"/"]
    for part in parts:
        found.append(found[-1].rstrip(b"/") + b"/" + part)
    return found if path != b"/" else []
