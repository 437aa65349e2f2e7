"""What a text finds among the names of saved files.

A name is compared as people see it: UTF-8, with \\x.. for bytes that are no text, and \\n and the
like for signs that cannot be seen. Letter case does not matter, nor how an accent is made up.
"""

import re
import unicodedata
from dataclasses import dataclass

from server_agent.domain.quoting import printable

WILDCARDS = "*?"

_PARTS = re.compile(r"\*+")


def folded(name: str | bytes) -> str:
    """A name or a part of one in the form in which names are compared."""
    text = printable(name)
    if text.isascii():
        return text.lower()
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", text).casefold())


@dataclass(frozen=True, slots=True)
class Glob:
    """A folded pattern for one whole name: * stands for any characters, ? for any one."""

    pattern: str

    def matches(self, name: str) -> bool:
        """Takes each piece between stars where it first fits, so that no pattern takes long."""
        pieces = _PARTS.split(self.pattern)
        if len(pieces) == 1:
            return _fits(pieces[0], name, 0) and len(name) == len(pieces[0])
        first, *between, last = pieces
        end = len(name) - len(last)
        if end < len(first) or not _fits(first, name, 0) or not _fits(last, name, end):
            return False
        at = len(first)
        for piece in between:
            at = _place_of(piece, name, at, end)
            if at < 0:
                return False
            at += len(piece)
        return True


def _fits(piece: str, name: str, at: int) -> bool:
    if "?" not in piece:
        return name.startswith(piece, at)
    part = name[at : at + len(piece)]
    return len(part) == len(piece) and all(
        wanted in ("?", letter) for wanted, letter in zip(piece, part, strict=True)
    )


def _place_of(piece: str, name: str, start: int, end: int) -> int:
    """Where the piece first fits between two places; -1 if nowhere."""
    if "?" not in piece:
        return name.find(piece, start, end)
    for at in range(start, end - len(piece) + 1):
        if _fits(piece, name, at):
            return at
    return -1


@dataclass(frozen=True, slots=True)
class Wanted:
    """A text to look for.

    Without wildcards it is a part of a name, or, with a slash in it, a part of a path whose last
    slash is the one before the name. With wildcards it is a whole name, or, with slashes, the last
    names of a path; one that begins with a slash is the whole path.

    Attributes:
        text: folded, without slashes at the end.
    """

    text: str

    @classmethod
    def of(cls, text: str) -> "Wanted":
        return cls(folded(text).rstrip("/"))

    @property
    def globs(self) -> tuple[Glob, ...]:
        """For the last names of a path; none without wildcards."""
        if not any(sign in self.text for sign in WILDCARDS):
            return ()
        return tuple(Glob(part) for part in self.text.lstrip("/").split("/"))

    @property
    def in_name(self) -> str:
        """What stands behind the last slash."""
        return self.text.rpartition("/")[2]

    def matcher(self) -> "Matcher":
        return Matcher(self)


class Matcher:
    """Compares paths with what is wanted; fastest if those of a directory follow each other."""

    def __init__(self, wanted: Wanted) -> None:
        self._text = wanted.text
        self._globs = wanted.globs
        self._begin = wanted.in_name
        self._has_slash = "/" in wanted.text
        self._directory: bytes | None = None  # the last one, and whether it is right
        self._is_right = True

    def matches(self, directory: bytes, name: bytes) -> bool:
        """Whether the entry of this name in this directory is found."""
        last = folded(name)
        if self._globs:
            fits = self._globs[-1].matches(last)
        elif self._has_slash:
            fits = last.startswith(self._begin)
        else:
            return self._text in last
        return fits and (not self._has_slash or self._is_in(directory))

    def _is_in(self, directory: bytes) -> bool:
        if directory != self._directory:
            self._directory = directory
            self._is_right = self._fits(folded(directory))
        return self._is_right

    def _fits(self, directory: str) -> bool:
        if not self._globs:
            above = self._text.removesuffix(self._begin)  # with the slash before the name
            return f"{directory}/".endswith(above)
        outer = self._globs[:-1]
        parts = directory.split("/")[1:]
        if len(parts) < len(outer) or (self._text.startswith("/") and len(parts) > len(outer)):
            return False
        inner = parts[len(parts) - len(outer) :]
        return all(glob.matches(part) for glob, part in zip(outer, inner, strict=True))
