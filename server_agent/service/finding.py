"""Finding files over all savesets: by name, through time, and what differs between two savesets."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from server_agent.domain.errors import (
    InvalidArgument,
    ListingUnreadable,
    PageTokenInvalid,
    PathNotFound,
    SavesetDamaged,
    SavesetUnreadable,
)
from server_agent.domain.quoting import printable
from server_agent.ports import Control, Engine, EngineError, Entry, SavesetRef
from server_agent.ports.client_files import EntryPiece
from server_agent.ports.listings import Difference, Listings
from server_agent.ports.names import FoundFile, NameQuery, Names, NamesLost, Version
from server_agent.service.chains import chain, ref, saveset_named
from server_agent.service.changes import Changes
from server_agent.service.faults import note_failure, note_listing
from server_agent.service.indexing import Indexing, Unindexed
from server_agent.service.paging import seal, unseal
from server_agent.service.places import readable

_COUNT = re.compile(r"[0-9]{1,18}")
HOLDERS = 100  # savesets that are named of each version


@dataclass(frozen=True, slots=True)
class Found:
    """A page of files, and what was not looked through for it."""

    files: tuple[FoundFile, ...]
    next_token: str | None
    unindexed: Unindexed


@dataclass(frozen=True, slots=True)
class Versions:
    """A page of versions of one path, and what was not looked through for it."""

    versions: tuple[Version, ...]
    next_token: str | None
    unindexed: Unindexed


@dataclass(frozen=True, slots=True)
class Counts:
    """Of the differences up to the end of a page."""

    added: int = 0
    removed: int = 0
    changed: int = 0

    def with_(self, differences: tuple[Difference, ...]) -> "Counts":
        added = sum(one.before is None for one in differences)
        removed = sum(one.after is None for one in differences)
        return Counts(
            self.added + added,
            self.removed + removed,
            self.changed + len(differences) - added - removed,
        )


@dataclass(frozen=True, slots=True)
class Compared:
    """A page of differences; on the last one the counts are those of all."""

    differences: tuple[Difference, ...]
    next_token: str | None
    counts: Counts


class Finding:
    """Reads of names and listings."""

    def __init__(
        self,
        changes: Changes,
        engine: Engine,
        listings: Listings,
        names: Names,
        indexing: Indexing,
    ) -> None:
        self._changes = changes
        self._engine = engine
        self._listings = listings
        self._names = names
        self._indexing = indexing

    def find(self, query: NameQuery, token: str | None, limit: int) -> Found:
        """Files by name. Raises InvalidArgument for no text, PageTokenInvalid, NoSpace."""
        if not query.wanted.text:
            raise InvalidArgument(
                field="filter.text",
                value="",
                expected="a part of a name, or a whole one with wildcards such as *.pdf",
            )
        list_name = f"files {query}"
        position = unseal(list_name, token)
        # Asked first: what is entered meanwhile is named as missing rather than missed.
        unindexed = self._indexing.unindexed(query.admits)
        try:
            page = self._names.find(query, position, limit)
        except NamesLost:
            self._indexing.begin_anew()
            unindexed = self._indexing.unindexed(query.admits)
            page = self._names.find(query, None, limit)
        return Found(page.files, _sealed(list_name, page.next_position), unindexed)

    def versions(self, client: str, path: bytes, token: str | None, limit: int) -> Versions:
        """Versions of one path, the newest first; none if no saveset has it.

        Raises InvalidArgument for what is no full path, PageTokenInvalid, NoSpace.
        """
        if not path.startswith(b"/"):
            raise InvalidArgument(
                field="path", value=printable(path), expected="a full path; it begins with /"
            )
        path = path.rstrip(b"/") or b"/"
        list_name = f"versions {client} {path.hex()}"
        position = unseal(list_name, token)

        def of_client() -> Unindexed:
            return self._indexing.unindexed(lambda saveset: saveset.client == client)

        unindexed = of_client()
        try:
            page = self._names.versions(client, path, position, limit, HOLDERS)
        except NamesLost:
            self._indexing.begin_anew()
            unindexed = of_client()
            page = self._names.versions(client, path, None, limit, HOLDERS)
        return Versions(page.versions, _sealed(list_name, page.next_position), unindexed)

    def compare(
        self, before: str, after: str, directory: bytes, token: str | None, limit: int
    ) -> Compared:
        """What differs between two savesets.

        Raises SavesetNotFound, SavesetDamaged, ListingUnreadable, PageTokenInvalid.
        """
        list_name = f"differences {before} {after} {directory.hex()}"
        counts, position = _counted(unseal(list_name, token))
        refs = self._ref(before), self._ref(after)
        with self._reading(*refs):
            page = self._listings.differences(*refs, directory, position, limit)
        counts = counts.with_(page.differences)
        more = None
        if page.next_position is not None:
            numbers = f"{counts.added},{counts.removed},{counts.changed}"
            more = seal(list_name, f"{numbers} {page.next_position}")
        return Compared(page.differences, more, counts)

    def entry(self, saveset: str, path: bytes) -> Entry:
        """One entry of a listing.

        Raises SavesetNotFound, PathNotFound, SavesetDamaged, ListingUnreadable.
        """
        wanted = self._ref(saveset)
        with self._reading(wanted):
            try:
                return self._listings.entry(wanted, path)
            except PathNotFound:
                raise PathNotFound(saveset=saveset, path=printable(path)) from None

    def read(
        self, saveset: str, path: bytes, first_byte: int, most_bytes: int, control: Control
    ) -> Iterator[EntryPiece]:
        """A piece of a saved file; at least one comes.

        Raises:
            SavesetNotFound, PathNotFound, InvalidArgument, SavesetDamaged, SavesetUnreadable.
            Cancelled: the control said so.
        """
        with self._changes.read() as view:
            members = chain(view, saveset)
        tried: set[tuple[SavesetRef, ...]] = set()
        while True:
            members, _ = readable(self._changes, self._engine, members)
            tried.add(members)
            is_begun = False
            try:
                for piece in self._engine.read_entry(
                    members, path, first_byte, most_bytes, control
                ):
                    is_begun = True
                    yield piece
            except SavesetDamaged as error:
                note_listing(self._changes, self._engine, members[0], error)
                raise
            except EngineError as error:
                note_failure(self._changes, self._engine, members, error)
                elsewhere, _ = readable(self._changes, self._engine, members)
                if not is_begun and elsewhere not in tried:
                    continue  # a copy took the place of what is proved not to be whole
                if error.code == "SAVESET_DAMAGED":
                    raise SavesetDamaged(saveset=error.saveset, detail=error.text) from error
                raise SavesetUnreadable(saveset=saveset, detail=error.text) from error
            else:
                return

    def _ref(self, name: str) -> SavesetRef:
        with self._changes.read() as view:
            return ref(saveset_named(view, name))

    @contextmanager
    def _reading(self, *savesets: SavesetRef) -> Iterator[None]:
        """Enters of a listing that it is damaged, and says of one that it cannot be read."""
        try:
            yield
        except SavesetDamaged as error:
            for saveset in savesets:
                if saveset.name == error.metadata.get("saveset"):
                    note_listing(self._changes, self._engine, saveset, error)
            raise
        except EngineError as error:
            names = ", ".join(saveset.name for saveset in savesets)
            raise ListingUnreadable(saveset=names, detail=error.text) from error


def _sealed(list_name: str, position: str | None) -> str | None:
    return seal(list_name, position) if position is not None else None


def _counted(position: str | None) -> tuple[Counts, str | None]:
    if position is None:
        return Counts(), None
    numbers, _, rest = position.partition(" ")
    counts = numbers.split(",")
    if len(counts) != 3 or not all(_COUNT.fullmatch(count) for count in counts):
        raise PageTokenInvalid
    return Counts(*map(int, counts)), rest
