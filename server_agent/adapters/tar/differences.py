"""How two finished listings differ: both are run along in their order, a window at a time."""

import heapq
from collections.abc import Iterator
from dataclasses import dataclass

from server_agent.adapters.tar import browse
from server_agent.adapters.tar.database import Database
from server_agent.adapters.tar.position import FIRST, Key, parsed, written
from server_agent.ports import Entry, EntryKind
from server_agent.ports.listings import Aspect, Difference, DifferencePage

WINDOW = 25_000  # entries of the first listing that are looked at together
_WINDOWS = 4  # of a page, which takes some hundred milliseconds
BEFORE, AFTER = "main", "after"  # the schemas of the two listings in one connection

_KEY = "(entry.dir, entry.leaf, entry.name)"
_IN_SPAN = f"{_KEY} > (?, ?, ?) AND entry.dir < ?"
_WINDOW_END = f"""
SELECT dir, leaf, name FROM main.entry WHERE {_IN_SPAN}
ORDER BY dir, leaf, name LIMIT 1 OFFSET ?
"""
_GONE_OR_CHANGED = f"""
SELECT entry.dir, entry.leaf, entry.name FROM main.entry LEFT JOIN after.entry AS same
ON same.dir = entry.dir AND same.leaf = entry.leaf AND same.name = entry.name
WHERE {_IN_SPAN} AND {_KEY} <= (?, ?, ?) AND (same.name IS NULL OR same.kind <> entry.kind
    OR same.size <> entry.size AND entry.leaf OR same.modify_ns <> entry.modify_ns
    OR same.mode <> entry.mode OR same.uid <> entry.uid OR same.gid <> entry.gid
    OR same.target <> entry.target)
ORDER BY entry.dir, entry.leaf, entry.name LIMIT ?
"""
_NEW = f"""
SELECT entry.dir, entry.leaf, entry.name FROM after.entry
WHERE {_IN_SPAN} AND {_KEY} <= (?, ?, ?) AND NOT EXISTS (SELECT 1 FROM main.entry AS same
    WHERE same.dir = entry.dir AND same.leaf = entry.leaf AND same.name = entry.name)
ORDER BY entry.dir, entry.leaf, entry.name LIMIT ?
"""
_BEHIND_ALL = b"0"  # every directory is "" or begins with a slash, which comes before


@dataclass(frozen=True, slots=True)
class _Span:
    """The entries behind a key in directories before another one."""

    behind: Key
    before: bytes


def differences(
    connection: Database, directory: bytes, position: str | None, limit: int
) -> DifferencePage:
    """See `server_agent.ports.listings.Listings.differences`.

    Args:
        connection: with the two listings under the names BEFORE and AFTER.
    """
    reached = parsed(position)
    found: list[Difference] = []
    windows = 0
    for span in _spans(directory):
        at = max(span.behind, reached)
        while at[0] < span.before:
            if windows == _WINDOWS:
                return DifferencePage(tuple(found), written(at))
            windows += 1
            here = (*at, span.before)
            end = connection.execute(_WINDOW_END, (*here, WINDOW - 1)).fetchone()
            until: Key = tuple(end) if end is not None else (span.before, 0, b"")
            values = (*here, *until, limit - len(found))
            keys = heapq.merge(
                connection.execute(_GONE_OR_CHANGED, values), connection.execute(_NEW, values)
            )
            for key in keys:
                difference = _difference(connection, key)
                if difference is not None:
                    found.append(difference)
                    if len(found) == limit:
                        return DifferencePage(tuple(found), written(key))
            at = until
    return DifferencePage(tuple(found), None)


def _spans(directory: bytes) -> Iterator[_Span]:
    if not directory:
        yield _Span(FIRST, _BEHIND_ALL)
        return
    inside = directory.rstrip(b"/")
    if not inside:
        yield _Span((b"", 0, b""), _BEHIND_ALL)  # the root itself is below no directory
        return
    yield _Span((inside, -1, b""), inside + b"\0")
    yield _Span((inside + b"/", -1, b""), inside + b"0")  # "0" is what follows "/"


def _difference(connection: Database, key: Key) -> Difference | None:
    """None for what is told of at another key: a path has one for a directory and one for all
    else, and its first one tells."""
    directory, leaf, name = key
    path = directory + b"/" + name
    before = browse.one(connection, path, BEFORE)
    after = browse.one(connection, path, AFTER)
    if before is None or after is None:
        return Difference(before, after)
    if before.kind is not after.kind and leaf != int(before.kind is not EntryKind.DIRECTORY):
        return None
    return Difference(before, after, tuple(_aspects(before, after)))


def _aspects(before: Entry, after: Entry) -> Iterator[Aspect]:
    is_directory = before.kind is after.kind is EntryKind.DIRECTORY
    for aspect, differs in (
        (Aspect.KIND, before.kind is not after.kind),
        (Aspect.SIZE, before.size != after.size and not is_directory),
        (Aspect.TIME, before.modify_time_ns != after.modify_time_ns),
        (Aspect.MODE, before.mode != after.mode),
        (Aspect.OWNER, (before.uid, before.gid) != (after.uid, after.gid)),
        (Aspect.LINK_TARGET, before.link_target != after.link_target),
    ):
        if differs:
            yield aspect
