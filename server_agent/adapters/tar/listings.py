"""`server_agent.ports.listings.Listings` over the listings of tar savesets."""

import contextlib
import sqlite3
from collections.abc import Iterator
from pathlib import Path

from server_agent.adapters.tar import browse, packed
from server_agent.adapters.tar.database import Database
from server_agent.adapters.tar.differences import AFTER, BEFORE, differences
from server_agent.adapters.tar.failures import is_broken
from server_agent.adapters.tar.listing import check_format
from server_agent.adapters.tar.places import LISTING_SUFFIX
from server_agent.adapters.tar.position import parsed, written
from server_agent.domain.errors import PathNotFound, SavesetDamaged
from server_agent.domain.quoting import printable
from server_agent.ports import Entry, SavesetRef
from server_agent.ports.listings import DifferencePage, ListedPage

_LISTED = """
SELECT dir, name, kind, size, modify_ns, (SELECT saveset FROM home WHERE id = entry.home), leaf
FROM entry WHERE (dir, leaf, name) > (?, ?, ?) ORDER BY dir, leaf, name LIMIT ?
"""


class TarListings:
    """Keeps nothing in memory between calls; any number may run at once.

    Args:
        lis_dir: holds a directory per sesam day, in it the listings.
    """

    def __init__(self, lis_dir: Path) -> None:
        self._lis_dir = lis_dir

    def entry(self, saveset: SavesetRef, path: bytes) -> Entry:
        with browse.reading(self._file(saveset), saveset.name) as connection:
            found = browse.one(connection, path.rstrip(b"/") or b"/")
        if found is None:
            raise PathNotFound(saveset=saveset.name, path=printable(path))
        return found

    def listed(self, saveset: SavesetRef, position: str | None, limit: int) -> ListedPage:
        file = self._file(saveset)
        with browse.reading(file, saveset.name) as connection:
            rows = connection.execute(_LISTED, (*parsed(position), limit)).fetchall()
        if len(rows) < limit:
            # Who reads all of a listing once has no more use for what was unpacked.
            packed.forget(file)
            return ListedPage([row[:-1] for row in rows], None)
        directory, name, *_, leaf = rows[-1]
        return ListedPage([row[:-1] for row in rows], written((directory, leaf, name)))

    def differences(
        self,
        before: SavesetRef,
        after: SavesetRef,
        directory: bytes,
        position: str | None,
        limit: int,
    ) -> DifferencePage:
        with (
            browse.reading(self._file(before), before.name) as connection,
            self._attached(connection, after),
        ):
            return differences(connection, directory, position, limit)

    @contextlib.contextmanager
    def _attached(self, connection: Database, after: SavesetRef) -> Iterator[None]:
        """A second listing as AFTER; damage that is met in the block is said of this one if the
        first is whole."""
        with browse.reading(self._file(after), after.name):
            pass
        packed.read(
            self._file(after),
            lambda uri: connection.execute(f"ATTACH ? AS {AFTER}", (uri,)),
        )
        try:
            check_format(connection, AFTER)
            yield
        except sqlite3.Error as error:
            if is_broken(error) and _is_whole(connection, BEFORE):
                detail = f"its listing cannot be read: {error}"
                raise SavesetDamaged(saveset=after.name, detail=detail) from error
            raise

    def _file(self, saveset: SavesetRef) -> Path:
        return self._lis_dir / f"{saveset.sesam_day:%Y%m%d}" / (saveset.name + LISTING_SUFFIX)


def _is_whole(connection: Database, schema: str) -> bool:
    try:
        (found,) = connection.execute(f"PRAGMA {schema}.quick_check(1)").fetchone()
    except sqlite3.DatabaseError:
        return False
    return bool(found == "ok")
