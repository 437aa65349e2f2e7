"""Whether the sources look like the ones that were saved last: an empty place is often a mount
that is missing."""

import sqlite3
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from server_agent.adapters.tar.database import Database
from server_agent.adapters.tar.listing import (
    ListingWriter,
    count_in,
    mount_points,
    opened,
    outline,
)
from server_agent.adapters.tar.mounts import is_below
from server_agent.adapters.tar.names import split
from server_agent.domain.quoting import quoted


def changed_sources(
    listing: ListingWriter,
    earlier: Path,
    sources: Sequence[bytes],
    is_gone: Callable[[bytes], bool],
) -> Iterator[tuple[bytes, str]]:
    """Those that are empty now or lie on another file system, and what was mounted in one and is
    not any more, with a sentence each.

    A device's number may be another one after each start of the system. Where the root's inode is
    the same too, it is the same file system all the same.

    Args:
        listing: what was found now.
        earlier: the listing of the saveset to compare with; if it cannot be read, nothing is said.
        is_gone: whether surely nothing is at a path of the client.
    """
    try:
        with opened(earlier) as before:
            said: list[bytes] = []
            unmounted = _unmounted(listing, before, is_gone)
            for path, text in (*_sources(listing, before, sources), *unmounted):
                if path not in said and not any(is_below(path, other) for other in said):
                    said.append(path)
                    yield path, f"{quoted(path)} {text}"
    except sqlite3.Error:
        return


def _sources(
    listing: ListingWriter, before: Database, sources: Sequence[bytes]
) -> Iterator[tuple[bytes, str]]:
    for source in sources:
        now, then = listing.outline(source), outline(before, source)
        if now is None or then is None:
            continue
        if now.is_empty and not then.is_empty:
            if listing.why_nothing(source) is None:
                yield source, _is_empty(count_in(before, source))
        elif now.device != then.device and now.inode != then.inode:
            yield source, "was another file system at the last backup: is it mounted?"


def _unmounted(
    listing: ListingWriter, before: Database, is_gone: Callable[[bytes], bool]
) -> Iterator[tuple[bytes, str]]:
    """A path that is there and not in the listing is excluded now."""
    for path in mount_points(before):
        count = count_in(before, path)
        if not count:
            continue
        now, above = listing.outline(path), listing.outline(split(path)[0] or b"/")
        if now is None and not is_gone(path):
            continue
        if now is None or above is None or now.device == above.device:
            deleted = "Its 1 file counts" if count == 1 else f"Its {count} files count"
            text = "was a file system of its own at the last backup and is not now: is it mounted?"
            yield path, f"{text} {deleted} as deleted"
        elif now.is_empty and listing.why_nothing(path) is None:
            yield path, _is_empty(count)


def _is_empty(count: int) -> str:
    files = "1 file" if count == 1 else f"{count} files"
    return f"is empty, the last backup had {files}: is it mounted?"
