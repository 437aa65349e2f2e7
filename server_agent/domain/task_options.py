"""How a task is backed up."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from enum import StrEnum
from typing import Any

from server_agent.domain.errors import InvalidArgument
from server_agent.domain.quoting import printable

MOST_EXPRESSIONS = 100
_LONGEST_PATH = 4095  # bytes; PATH_MAX of Linux without its NUL
_LONGEST_EXPRESSION = 1000  # characters
# One of several characters: a ] that is the first of them is one, and so are those of [:digit:].
_BRACKETS = re.compile(r"(?:(?<=[^\\])|^)\[\^?\]?(?:\[[:.=][^\]]*[:.=]\]|[^\]])*\]")
_FOREIGN_ESCAPE = re.compile(r"(?<!\\)(?:\\\\)*(\\[0-9AC-RT-VX-Zac-rt-vx-z])")


class ExcludeKind(StrEnum):
    """What the excludes of a task are: shell wildcards, or extended regular expressions of POSIX
    that are searched for in the path from the root."""

    PATTERN = "pattern"
    REGEX = "regex"


class TimeReference(StrEnum):
    """How a file is told to have changed since the base: by what the base's listing says of it, by
    a file that the last backup left, or by its archive bit (manual, "Settings without a GUI" and
    the influence on the A-bit by backup type)."""

    DATABASE = "database"
    TIME_STAMP_FILE = "time_stamp_file"
    ARCHIVE_BIT = "archive_bit"


@dataclass(frozen=True, slots=True)
class TaskOptions:
    """Attributes:
    exclude_file: absolute path of a file on the client with one more exclude on each line; empty
        for none.
    skip_cache_directories: what lies beside a CACHEDIR.TAG is left out (bford.info/cachedir).
    skip_nodump: files with the attribute "no dump" are left out (chattr +d).
    one_file_system: each source is left at the borders of its file system.
    accept_size_change: expressions; a file whose path one is found in may change its size while it
        is read, without a warning.
    without_interfaces: sbc_pre and sbc_post are not run.
    """

    exclude_kind: ExcludeKind = ExcludeKind.PATTERN
    exclude_file: bytes = b""
    skip_cache_directories: bool = False
    skip_nodump: bool = False
    one_file_system: bool = False
    accept_size_change: tuple[str, ...] = ()
    time_reference: TimeReference = TimeReference.DATABASE
    without_interfaces: bool = False
    backup_even_if_pre_fails: bool = False


_READERS: dict[str, Callable[[Any], Any]] = {
    "exclude_kind": ExcludeKind,
    "exclude_file": lambda text: str(text).encode("utf-8", "surrogateescape"),
    "accept_size_change": tuple,
    "time_reference": TimeReference,
}


def changed_options(options: TaskOptions) -> list[str]:
    """Names of those that are not the default."""
    usual = TaskOptions()
    names = [field.name for field in fields(TaskOptions)]
    return [name for name in names if getattr(options, name) != getattr(usual, name)]


def options_of(said: Mapping[str, Any]) -> TaskOptions:
    """Options out of JSON; those that are not in it have their defaults. A path's bytes that are no
    UTF-8 stand as U+DC80 to U+DCFF. Raises ValueError, TypeError for what is no option."""
    read = {name: _READERS[name](value) for name, value in said.items() if name in _READERS}
    return TaskOptions(**{**said, **read})


def checked_options(options: TaskOptions) -> TaskOptions:
    """The options themselves, or InvalidArgument that names the field."""
    path = options.exclude_file
    usable = path.startswith(b"/") and b"\0" not in path and len(path) <= _LONGEST_PATH
    if path and not usable:
        raise InvalidArgument(
            field="exclude_file",
            value=printable(path[:200]),
            expected=f"an absolute path on the client, of at most {_LONGEST_PATH} bytes",
        )
    if len(options.accept_size_change) > MOST_EXPRESSIONS:
        raise InvalidArgument(
            field="accept_size_change",
            value=f"{len(options.accept_size_change)} of them",
            expected=f"at most {MOST_EXPRESSIONS}",
        )
    for expression in options.accept_size_change:
        check_expression("accept_size_change", expression)
    return options


def check_expression(field: str, expression: str) -> None:
    """Raises InvalidArgument for what is no extended regular expression of POSIX, or means
    something else in other kinds of expressions, where it is likely to be from."""
    why = ""
    if not expression or len(expression) > _LONGEST_EXPRESSION or "\0" in expression:
        why = f"of 1 to {_LONGEST_EXPRESSION} characters without NUL"
    elif "(?" in expression:
        why = "(?...) is not known in extended expressions of POSIX"
    elif escape := _FOREIGN_ESCAPE.search(_BRACKETS.sub("a", expression)):
        why = f"{escape[0]} is not known in extended expressions of POSIX; digits are [0-9]"
    elif any("\\" in each for each in _BRACKETS.findall(expression)):
        why = "in brackets a backslash stands for itself: [.] is a point"
    else:
        try:
            re.compile(_BRACKETS.sub("a", expression))
        except re.error as error:
            why = str(error)
    if why:
        raise InvalidArgument(
            field=field,
            value=printable(expression[:100]),
            expected=f"a regular expression such as \\.log$: {why}",
        )
