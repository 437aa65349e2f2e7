"""Excludes of a task as conditions of GNU find. Pure.

A pattern without a slash is compared with the name of every entry below a source. `./x` is
anchored at the source, `/x` at the root, and `x/y` may begin in any directory. A slash at the end
restricts it to directories. `*`, `?` and `[...]` never match a slash. A source itself is never
excluded by a name.

A regular expression (POSIX, extended) is searched for in the path from the root.
"""

import re
from collections.abc import Iterable, Iterator, Sequence

from server_agent.domain.task_options import ExcludeKind

# POSIX extended: what has a meaning outside brackets.
_SPECIAL = re.compile(rb"[.^$*+?()\[\]{}|\\]")
_CLASS = re.compile(rb"\[([!^]?)(\]?)((?:\[:[a-z]+:\]|[^\]/])*)\]")
_REGEX_START = [b"-regextype", b"posix-extended"]
_NEGATION = b"[^"
_LONGEST_TEST = 64 << 10  # bytes; Linux takes no argument beyond 128 KiB


def find_conditions(
    source: bytes, excludes: Sequence[str], kind: ExcludeKind = ExcludeKind.PATTERN
) -> list[bytes]:
    """The part of a find command that skips what is excluded, with all that it holds.

    Args:
        source: the starting point of the find.
        excludes: of the task.
        kind: what they are.
    """
    if not excludes:
        return []
    raw = [each.encode("utf-8", "surrogateescape") for each in excludes]
    tests = _pattern_tests(source, raw) if kind is ExcludeKind.PATTERN else _found_tests(raw)
    not_source = [b"!", b"-path", glob_literal(source)]
    return [*_REGEX_START, *not_source, *_alternatives(tests), b"-prune", b"-o"]


def told_conditions(
    source: bytes, excludes: Sequence[str], kind: ExcludeKind, tell: Sequence[list[bytes]]
) -> list[bytes]:
    """Like `find_conditions`, but what is excluded is told and not skipped.

    Args:
        tell: what find does for each exclude that holds; the last one, if there are fewer than
            excludes, for all of the rest.
    """
    if not excludes:
        return []
    raw = [each.encode("utf-8", "surrogateescape") for each in excludes]

    def tests(some: list[bytes]) -> list[list[bytes]]:
        pattern = kind is ExcludeKind.PATTERN
        return list(_pattern_tests(source, some) if pattern else _found_tests(some))

    last = len(tell) - 1
    each = [
        [*test, *deed, b"-false"]
        for number, deed in enumerate(tell)
        for test in tests(raw[number:] if number == last else raw[number : number + 1])
    ]
    not_source = [b"!", b"-path", glob_literal(source)]
    # Few entries are excluded: only for those it is asked by which.
    excluded = [*not_source, *_alternatives(tests(raw)), *_alternatives(each)]
    return [*_REGEX_START, b"(", *excluded, b")", b"-o"]


def any_found(expressions: Iterable[str]) -> list[bytes]:
    """A condition of find that holds for paths in which one of the expressions is found."""
    raw = [each.encode("utf-8", "surrogateescape") for each in expressions]
    return [*_REGEX_START, *_alternatives(_found_tests(raw))]


def any_of(paths: list[bytes]) -> list[bytes]:
    """A condition of find that holds for these paths and no others."""
    return _alternatives([b"-path", glob_literal(path)] for path in paths)


def glob_literal(path: bytes) -> bytes:
    """A pattern of `find -path` that matches the path and nothing else."""
    return re.sub(rb"[*?\[\]\\]", rb"\\\g<0>", path)


def regex_literal(text: bytes) -> bytes:
    """An expression that matches the text and nothing else."""
    return _SPECIAL.sub(rb"\\\g<0>", text)


def _alternatives(tests: Iterable[list[bytes]]) -> list[bytes]:
    words = [word for test in tests for word in (b"-o", *test)]
    return [b"(", b"-false", *words, b")"]


def _pattern_tests(source: bytes, patterns: list[bytes]) -> Iterator[list[bytes]]:
    """One test for many patterns: find is as fast with a thousand of them as with one."""
    top = regex_literal(source.rstrip(b"/")) + b"/"
    for only_directories in (False, True):
        anchored: list[bytes] = []
        floating: list[bytes] = []
        for pattern in patterns:
            if pattern.endswith(b"/") is not only_directories:
                continue
            body = pattern.rstrip(b"/")
            if body.startswith(b"./"):
                anchored.append(top + _regex(body[2:]))
            elif body.startswith(b"/"):
                anchored.append(_regex(body))
            else:
                floating.append(_regex(body))
        kind = [b"-type", b"d"] if only_directories else []
        for joined in _joined(anchored):
            yield [*kind, b"-regex", joined]
        for joined in _joined(floating):
            yield [*kind, b"-regex", top + b"(.*/)?" + joined]


def _found_tests(expressions: list[bytes]) -> Iterator[list[bytes]]:
    """For find, `^` and `$` hold at the ends of a line too. Names may have several lines, so that
    what is anchored is not looked for in such paths: rather too much is saved than too little."""
    anchored = [each for each in expressions if _has_anchor(each)]
    for joined in _joined([each for each in expressions if each not in anchored]):
        yield [b"-regex", b".*" + joined + b".*"]
    for joined in _joined(anchored):
        yield [b"!", b"-path", b"*\n*", b"-regex", b".*" + joined + b".*"]


def _has_anchor(expression: bytes) -> bool:
    rest = expression.replace(_NEGATION, b"[")
    return b"^" in rest or b"$" in rest


def _joined(expressions: list[bytes]) -> Iterator[bytes]:
    """As few expressions as may be, each with many alternatives."""
    alternatives: list[bytes] = []
    size = 0
    for each in expressions:
        if alternatives and size + len(each) > _LONGEST_TEST:
            yield b"(" + b"|".join(alternatives) + b")"
            alternatives, size = [], 0
        alternatives.append(b"(" + each + b")")
        size += len(each) + 3
    if alternatives:
        yield b"(" + b"|".join(alternatives) + b")"


def _regex(pattern: bytes) -> bytes:
    parts: list[bytes] = []
    at = 0
    while at < len(pattern):
        char = pattern[at : at + 1]
        bracket = _CLASS.match(pattern, at) if char == b"[" else None
        if bracket is not None and (bracket[2] or bracket[3]):
            # What a negated class leaves open must not include the slash.
            start = (b"[^]/" if bracket[2] else b"[^/") if bracket[1] else b"[" + bracket[2]
            parts.append(start + bracket[3] + b"]")
            at = bracket.end()
            continue
        if char == b"\\" and at + 1 < len(pattern):
            at += 1
            parts.append(regex_literal(pattern[at : at + 1]))
        else:
            parts.append({b"*": b"[^/]*", b"?": b"[^/]"}.get(char) or regex_literal(char))
        at += 1
    return b"".join(parts)
