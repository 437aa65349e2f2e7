"""What a restore does where something is at the target already."""

from dataclasses import dataclass
from enum import StrEnum

_LONGEST_NAME = 255  # bytes, of every usual file system: NAME_MAX of Linux
_BEHIND = b".restored"


class OverwriteRule(StrEnum):
    """ALWAYS: it is replaced. NEVER: it stays. IF_OLDER: it is replaced if it was modified before
    the saved one. RENAME: it stays, and what is restored gets a new name."""

    ALWAYS = "always"
    NEVER = "never"
    IF_OLDER = "if_older"
    RENAME = "rename"


class Verdict(StrEnum):
    """What becomes of one entry.

    CREATE: nothing is in its place. REPLACE: what is there goes. MERGE: a directory is there, and
    gets owner, mode, times and attributes. KEEP: what is there stays as it is. RENAME: the same,
    and the entry gets a new name beside it. IN_THE_WAY: what is there stays, and the entry and all
    that it holds are not restored.
    """

    CREATE = "create"
    REPLACE = "replace"
    MERGE = "merge"
    KEEP = "keep"
    RENAME = "rename"
    IN_THE_WAY = "in_the_way"


@dataclass(frozen=True, slots=True)
class Standing:
    """What is in a place.

    Attributes:
        has_entries: whether it is a directory with anything in it.
    """

    is_directory: bool
    modify_ns: int
    has_entries: bool = False


def verdict(
    rule: OverwriteRule, standing: Standing | None, *, is_directory: bool, modify_ns: int
) -> Verdict:
    """What becomes of an entry.

    Args:
        standing: what is in its place; None for nothing.
        is_directory, modify_ns: of the entry.
    """
    if standing is None:
        return Verdict.CREATE
    replaces = rule is OverwriteRule.ALWAYS or (
        rule is OverwriteRule.IF_OLDER and standing.modify_ns < modify_ns
    )
    if is_directory and standing.is_directory:
        return Verdict.MERGE if replaces else Verdict.KEEP
    if is_directory:
        return Verdict.REPLACE if replaces else Verdict.IN_THE_WAY
    if rule is OverwriteRule.RENAME:
        return Verdict.RENAME
    if standing.is_directory:
        fits = replaces and not standing.has_entries
        return Verdict.REPLACE if fits else Verdict.IN_THE_WAY
    return Verdict.REPLACE if replaces else Verdict.KEEP


def renamed(path: bytes, number: int) -> bytes:
    """The path beside another one for what is restored under a new name, at a try from 1 on."""
    directory, _, name = path.rpartition(b"/")
    behind = _BEHIND if number == 1 else b"%b-%d" % (_BEHIND, number)
    return b"%b/%b%b" % (directory, _cut(name, _LONGEST_NAME - len(behind)), behind)


def _cut(name: bytes, size: int) -> bytes:
    """At most so many bytes of a name, without a part of a character of UTF-8 at its end."""
    if len(name) <= size:
        return name
    while size > 1 and name[size] & 0xC0 == 0x80:
        size -= 1
    return name[:size]
