"""A certificate's fingerprint as people compare it: pairs in groups, line by line."""

from html import escape

SPOKEN_CHARACTERS = 8  # what the other administrator reads out


def grouped(fingerprint: str, groups_in_line: int = 4) -> str:
    """64 hex digits as two lines of four groups of four pairs; other lengths are grouped alike."""
    return _laid_out(_pairs(fingerprint), groups_in_line, " ")


def marked(fingerprint: str, other: str, groups_in_line: int = 4) -> str:
    """The same as rich text; the pairs that are not those of the other one are underlined."""
    others = _pairs(other)
    pairs = [
        escape(pair) if others[at : at + 1] == [pair] else f"<u><b>{escape(pair)}</b></u>"
        for at, pair in enumerate(_pairs(fingerprint))
    ]
    return _laid_out(pairs, groups_in_line, "&nbsp;").replace("\n", "<br>")


def _pairs(fingerprint: str) -> list[str]:
    return [fingerprint[at : at + 2] for at in range(0, len(fingerprint), 2)]


def _laid_out(pairs: list[str], groups_in_line: int, space: str) -> str:
    groups = [space.join(pairs[at : at + 4]) for at in range(0, len(pairs), 4)]
    lines = [
        (2 * space).join(groups[at : at + groups_in_line])
        for at in range(0, len(groups), groups_in_line)
    ]
    return "\n".join(lines)


def begins_with(fingerprint: str, typed: str) -> bool:
    """Whether what was typed (spaces, colons and case do not matter) is its first characters."""
    plain = "".join(sign for sign in typed if sign not in " :-").upper()
    return len(plain) == SPOKEN_CHARACTERS and fingerprint.upper().startswith(plain)
