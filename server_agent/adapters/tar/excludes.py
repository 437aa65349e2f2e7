"""Exclude patterns of a task as conditions of GNU find. Pure.

A pattern without a slash is compared with the name of every entry below a source. `./x` is
anchored at the source, `/x` at the root, and `x/y` may begin in any directory. A slash at the end
restricts it to directories. `*`, `?` and `[...]` never match a slash. A source itself is never
excluded by a name.
"""

import re

# POSIX extended: what has a meaning outside brackets.
_SPECIAL = re.compile(rb"[.^$*+?()\[\]{}|\\]")
_CLASS = re.compile(rb"\[([!^]?)(\]?)((?:\[:[a-z]+:\]|[^\]/])*)\]")
_REGEX_START = [b"-regextype", b"posix-extended"]


def find_conditions(source: bytes, excludes: tuple[str, ...]) -> list[bytes]:
    """The part of a find command that skips what is excluded, with all that it holds.

    Args:
        source: the starting point of the find.
        excludes: patterns of the task.
    """
    if not excludes:
        return []
    alternatives: list[bytes] = []
    for pattern in excludes:
        test = _test(source, pattern.encode("utf-8", "surrogateescape"))
        alternatives += [b"-o", *test] if alternatives else test
    not_source = [b"!", b"-path", glob_literal(source)]
    return [*_REGEX_START, *not_source, b"(", *alternatives, b")", b"-prune", b"-o"]


def any_of(paths: list[bytes]) -> list[bytes]:
    """A condition of find that holds for these paths and no others."""
    tests = [[b"-o", b"-path", glob_literal(path)] for path in paths]
    return [b"(", b"-false", *(word for test in tests for word in test), b")"]


def glob_literal(path: bytes) -> bytes:
    """A pattern of `find -path` that matches the path and nothing else."""
    return re.sub(rb"[*?\[\]\\]", rb"\\\g<0>", path)


def _test(source: bytes, pattern: bytes) -> list[bytes]:
    only_directories = [b"-type", b"d"] if pattern.endswith(b"/") else []
    body = pattern.rstrip(b"/")
    top = _regex_literal(source.rstrip(b"/")) + b"/"
    if body.startswith(b"./"):
        regex = top + _regex(body[2:])
    elif body.startswith(b"/"):
        regex = _regex(body)
    else:
        regex = top + b"(.*/)?" + _regex(body)
    return [*only_directories, b"-regex", regex]


def _regex(pattern: bytes) -> bytes:
    parts: list[bytes] = []
    at = 0
    while at < len(pattern):
        char = pattern[at : at + 1]
        bracket = _CLASS.match(pattern, at) if char == b"[" else None
        if bracket is not None:
            # What a negated class leaves open must not include the slash.
            start = (b"[^]/" if bracket[2] else b"[^/") if bracket[1] else b"[" + bracket[2]
            parts.append(start + bracket[3] + b"]")
            at = bracket.end()
            continue
        if char == b"\\" and at + 1 < len(pattern):
            at += 1
            parts.append(_regex_literal(pattern[at : at + 1]))
        else:
            parts.append({b"*": b"[^/]*", b"?": b"[^/]"}.get(char) or _regex_literal(char))
        at += 1
    return b"".join(parts)


def _regex_literal(text: bytes) -> bytes:
    return _SPECIAL.sub(rb"\\\g<0>", text)
