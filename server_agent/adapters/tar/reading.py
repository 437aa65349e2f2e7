"""A piece of one saved file, read from its saveset and compared with the digests."""

import sqlite3
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from server_agent.adapters.tar import browse
from server_agent.adapters.tar.client import LocalClient
from server_agent.adapters.tar.failures import damaged, translated
from server_agent.adapters.tar.member import (
    HEADERS_BYTES,
    MemberData,
    hard_link_target,
    member_data,
    sparse_map,
)
from server_agent.adapters.tar.names import member_path, split
from server_agent.adapters.tar.places import Places
from server_agent.adapters.tar.restore import Restore
from server_agent.adapters.tar.slices import Slice
from server_agent.adapters.tar.store import TRY_AGAIN
from server_agent.adapters.tar.stream import DamagedFrame, FrameReader
from server_agent.domain.errors import InvalidArgument, PathNotFound
from server_agent.domain.quoting import printable, quoted
from server_agent.ports import Cancelled, Control, EntryKind, RestoreRequest, SavesetRef
from server_agent.ports.client_files import EntryPiece

_PLACE = """
SELECT kind, size, home, (SELECT saveset FROM home WHERE id = entry.home), block, blocks
FROM entry WHERE dir = ? AND leaf IN (0, 1) AND name = ?
"""
_HOLE_BYTES = 256 << 10  # of a hole at once
_LINKS = 2  # a hard link refers to the data, never to another link


@dataclass(frozen=True, slots=True)
class Saved:
    """Where a file's data lie: in which saveset, and in which member of it."""

    size: int
    home: str
    slice: Slice


def saved_file(connection: sqlite3.Connection, saveset: str, path: bytes) -> Saved:
    """Raises PathNotFound; InvalidArgument for what is no file or was not saved."""
    row = connection.execute(_PLACE, split(path.rstrip(b"/") or b"/")).fetchone()
    if row is None:
        raise PathNotFound(saveset=saveset, path=printable(path))
    kind, size, home, name, block, blocks = row
    expected = ""
    if kind != EntryKind.FILE:
        expected = f"a file; that is one of the kind {EntryKind(kind).name.lower()}"
    elif home is None:
        expected = "a file that was saved; that one could not be"
    if expected:
        raise InvalidArgument(field="path", value=printable(path), expected=expected)
    return Saved(size, name, Slice(home, block, blocks))


def check_first(first_byte: int, size: int) -> None:
    """Raises InvalidArgument for a byte beyond the end of a file."""
    if not 0 <= first_byte <= size:
        raise InvalidArgument(
            field="first_byte", value=first_byte, expected=f"0 to {size}, the size of the file"
        )


@dataclass(slots=True)
class Reading(Restore):
    """One run of `server_agent.ports.Engine.read_entry`: it finds data as a restore does."""

    @classmethod
    def of(
        cls,
        places: Places,
        threads: int,
        chain: Sequence[SavesetRef],
        path: bytes,
        control: Control,
    ) -> "Reading":
        request = RestoreRequest(tuple(chain), (path,), b"/")
        return cls(places, threads, request, control, LocalClient())

    def pieces(self, first_byte: int, most_bytes: int) -> Iterator[EntryPiece]:
        saveset = self.request.chain[0]
        [path] = self.request.paths
        with translated(self.control, self.places.tmp_dir):
            listing = self.places.files_of(saveset).listing
            with browse.reading(listing, saveset.name) as connection:
                saved = saved_file(connection, saveset.name, path)
            self._then = TRY_AGAIN
            self._homes = {saved.slice.home: saved.home}
            with self._open_home(saved.slice.home) as reader:
                try:
                    yield from self._data(reader, saved, first_byte, most_bytes)
                except (DamagedFrame, ValueError) as error:
                    raise damaged(saved.home, f"{quoted(path)}: {error}") from error

    def _data(
        self, reader: FrameReader, saved: Saved, first_byte: int, most_bytes: int
    ) -> Iterator[EntryPiece]:
        place, data = self._member_of(reader, saved.slice)
        check_first(first_byte, data.size)
        end = min(first_byte + most_bytes, data.size)
        begin = place.range[0] + data.headers
        parts = [(0, data.stored)]
        if data.is_sparse:
            ahead = (bytes(each) for each in reader.pieces([(begin, begin + data.stored)]))
            length, parts = sparse_map(ahead)
            begin += length
        at = first_byte
        for offset, size in [*parts, (data.size, 0)]:
            yield from self._hole(at, min(offset, end), data.size)
            at = max(at, min(offset, end))
            stop = min(offset + size, end)
            if at < stop:
                low = begin + at - offset
                for piece in reader.pieces([(low, low + stop - at)]):
                    self._look()
                    yield EntryPiece(bytes(piece), data.size)
                at = stop
            begin += size
        if first_byte >= end:
            yield EntryPiece(b"", data.size)

    def _hole(self, at: int, end: int, size: int) -> Iterator[EntryPiece]:
        while at < end:
            self._look()
            length = min(end - at, _HOLE_BYTES)
            yield EntryPiece(bytes(length), size)
            at += length

    def _look(self) -> None:
        if self.control.cancelled:
            raise Cancelled

    def _member_of(self, reader: FrameReader, place: Slice) -> tuple[Slice, MemberData]:
        """The member that has the data, be it that of another name of the file."""
        for _ in range(_LINKS):
            begin, end = place.range
            [headers] = reader.wholes([(begin, min(end, begin + HEADERS_BYTES))])
            data = member_data(headers)
            if data is not None:
                return place, data
            target = hard_link_target(headers)
            if target is None:
                raise ValueError("what is saved of it is no file")
            place = self._find_data(place.home, member_path(target))
        raise ValueError("what is saved of it is a link to a link")
