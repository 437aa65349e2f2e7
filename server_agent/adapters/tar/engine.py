"""The tar engine as the service sees it."""

import os
import sqlite3
from collections.abc import Callable, Collection, Iterator, Sequence
from datetime import date
from pathlib import Path

from server_agent.adapters.tar import browse, commit, killed, packed, presence
from server_agent.adapters.tar.backup import Backup
from server_agent.adapters.tar.places import Places, saveset_of
from server_agent.adapters.tar.restore import Restore
from server_agent.domain.jobs import Level
from server_agent.ports import (
    BackupEvent,
    BackupRequest,
    Cancelled,
    Compressed,
    Control,
    EntryPage,
    Interrupted,
    Message,
    RestoreEvent,
    RestoreRequest,
    SavesetRef,
)

MOST_THREADS = 4  # more compress faster than one tar reads


def default_threads() -> int:
    return min(MOST_THREADS, len(os.sched_getaffinity(0)))


class TarEngine:
    """`server_agent.ports.Engine` over GNU find, GNU tar and zstd, for local paths.

    It keeps nothing in memory between calls; calls for different savesets may run at once.
    """

    def __init__(
        self,
        store_dir: Path,
        lis_dir: Path,
        tmp_dir: Path,
        location_id: str,
        threads: int | None = None,
    ) -> None:
        """Touches nothing yet.

        Args:
            store_dir: holds a data store per label, in it the savesets.
            lis_dir: holds a directory per sesam day, in it the listings.
            tmp_dir: for short-lived files.
            location_id: of the location whose labels the data stores bear.
            threads: that compress at once; by default one per processor, at most 4.
        """
        self._places = Places(store_dir, lis_dir, tmp_dir, location_id)
        self._threads = threads or default_threads()

    def check_store(self, label: str) -> None:
        self._places.check_store(label)

    def present(self, savesets: Sequence[SavesetRef]) -> set[str]:
        return presence.present(self._places, savesets)

    def backup(self, request: BackupRequest, control: Control) -> Iterator[BackupEvent]:
        return Backup(self._places, self._threads, request, control).events()

    def restore(self, request: RestoreRequest, control: Control) -> Iterator[RestoreEvent]:
        return Restore(self._places, self._threads, request, control).events()

    def entries(
        self, saveset: SavesetRef, directory: bytes, position: str | None, limit: int
    ) -> EntryPage:
        return browse.entries(self._listing(saveset), saveset.name, directory, position, limit)

    def missing_paths(self, saveset: SavesetRef, paths: Sequence[bytes]) -> list[bytes]:
        return browse.missing_paths(self._listing(saveset), saveset.name, paths)

    def recover(
        self, writing: Sequence[SavesetRef], committed: frozenset[str]
    ) -> list[Interrupted]:
        return commit.recover(self._places, writing, committed)

    def sweep(self, label: str, writing: Callable[[], Collection[str]]) -> None:
        self._places.check_store(label)
        found = self._places.leftovers(label)
        kept = writing() if found else ()
        for path in found:
            if saveset_of(path) not in kept:
                commit.sweep(path)

    def compress_listings(self, before: date, control: Control) -> Iterator[Compressed | Message]:
        packed.forget_unpacked(self._places.lis_dir)
        for listing in packed.plain_listings(self._places.lis_dir, before):
            if control.cancelled:
                raise Cancelled
            try:
                yield packed.pack(listing, control)
            except (OSError, sqlite3.DatabaseError) as error:
                why = getattr(error, "strerror", None) or error
                text = f"{listing} stays as it is, it cannot be compressed: {why}"
                yield Message(Level.WARNING, "LISTING_KEPT", text)

    def put_back(self, job_id: str) -> list[Message]:
        return killed.clean_up(self._places.journal(job_id))

    def _listing(self, saveset: SavesetRef) -> Path:
        return self._places.files_of(saveset).listing
