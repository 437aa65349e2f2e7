"""Whether the sources look like the ones that were saved last: an empty place is often a mount
that is missing."""

import sqlite3
from collections.abc import Iterator, Sequence
from pathlib import Path

from server_agent.adapters.tar.listing import ListingWriter, count_in, opened, outline
from server_agent.domain.quoting import quoted


def changed_sources(
    listing: ListingWriter, earlier: Path, sources: Sequence[bytes]
) -> Iterator[tuple[bytes, str]]:
    """Those that are empty now or lie on another file system, with a sentence each.

    A device's number may be another one after each start of the system. Where the root's inode is
    the same too, it is the same file system all the same.

    Args:
        listing: what was found now.
        earlier: the listing of the saveset to compare with; if it cannot be read, nothing is said.
    """
    try:
        with opened(earlier) as before:
            for source in sources:
                now, then = listing.outline(source), outline(before, source)
                if now is None or then is None:
                    continue
                if now.is_empty and not then.is_empty:
                    if listing.why_nothing(source) is None:
                        count = count_in(before, source)
                        files = "1 file" if count == 1 else f"{count} files"
                        text = f"is empty, the last backup had {files}: is it mounted?"
                        yield source, f"{quoted(source)} {text}"
                elif now.device != then.device and now.inode != then.inode:
                    text = "was another file system at the last backup: is it mounted?"
                    yield source, f"{quoted(source)} {text}"
    except sqlite3.Error:
        return
