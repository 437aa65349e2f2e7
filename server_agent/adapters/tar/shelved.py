"""The listing as it lies on the medium beside the data (`NAME.lis.zst`): with it a catalogue is put
back from the medium alone. It is compressed, and sealed if the saveset is encrypted.
"""

import os
from collections.abc import Iterable, Iterator
from itertools import chain
from pathlib import Path
from typing import IO, cast

import zstandard
from blake3 import blake3

from server_agent.adapters.durable import forget
from server_agent.adapters.tar import private
from server_agent.adapters.tar.failures import written_to
from server_agent.adapters.tar.sealing import CannotOpen, Sealing
from server_agent.ports import Cancelled, Control

_LEVEL = 1  # 9 would save a third of the space and take 15 times as long
_PIECE_BYTES = 1 << 20
_HEADER_BYTES = 18  # the longest of a frame: RFC 8878, 3.1.1.1
_PURPOSE = "listing"


class DamagedCopy(Exception):
    """It does not give back what was written. The text says how."""


def write(
    listing: Path, shelf: Path, control: Control, threads: int, sealing: Sealing | None = None
) -> None:
    """Writes and syncs the copy of a listing that is finished.

    Raises:
        OSError: the system refuses; what was begun stays.
        Cancelled: the control said so.
    """
    with (
        written_to(shelf.parent),
        listing.open("rb") as source,
        open(shelf, "xb", opener=private.opener) as target,
    ):
        size = os.fstat(source.fileno()).st_size
        compressor = zstandard.ZstdCompressor(_LEVEL, write_checksum=True, threads=threads)
        pieces: Iterable[bytes] = compressor.read_to_iter(source, size, _PIECE_BYTES)
        for piece in pieces if sealing is None else sealing.seal(_PURPOSE, pieces):
            if control.cancelled:
                raise Cancelled
            target.write(piece)
        target.flush()
        os.fsync(target.fileno())


def unpack(shelf: Path, listing: Path, sealing: Sealing | None = None) -> bytes:
    """Makes the listing of it again, synced; returns its BLAKE3.

    Raises:
        FileNotFoundError: there is none.
        DamagedCopy: it does not give back what was written.
        OSError: the system refuses.
    """
    digest = blake3()
    with open(listing, "xb", opener=private.opener) as target, written_to(listing.parent):
        for piece in _content(shelf, sealing):
            digest.update(piece)
            target.write(piece)
        target.flush()
        os.fsync(target.fileno())
    return digest.digest()


def digest(shelf: Path, sealing: Sealing | None = None) -> bytes:
    """BLAKE3 of the listing that it gives back. Raises as `unpack`."""
    found = blake3()
    for piece in _content(shelf, sealing):
        found.update(piece)
    return found.digest()


def copy(shelf: Path, other: Path) -> bytes | None:
    """The same bytes beside the data on another medium, synced; their BLAKE3. None if there is no
    copy, as of savesets from before there were any. Raises OSError."""
    if not os.path.lexists(shelf):
        return None
    found = blake3()
    with (
        shelf.open("rb") as source,
        open(other, "xb", opener=private.opener) as target,
        written_to(other.parent),
    ):
        while piece := source.read(_PIECE_BYTES):
            found.update(piece)
            target.write(piece)
        target.flush()
        os.fsync(target.fileno())
    return found.digest()


def digest_of_bytes(shelf: Path) -> bytes:
    """BLAKE3 of what lies on the medium, as its disk gives it back. Raises OSError."""
    forget(shelf)
    found = blake3()
    with shelf.open("rb") as file:
        while piece := file.read(_PIECE_BYTES):
            found.update(piece)
    return found.digest()


class _Pieces:
    """Pieces as a file of which nothing but `read` is asked: so what each of them expands to is
    never held as a whole."""

    def __init__(self, pieces: Iterator[bytes]) -> None:
        self._pieces = pieces

    def read(self, _size: int = -1) -> bytes:
        return next(self._pieces, b"")


def _content(shelf: Path, sealing: Sealing | None) -> Iterator[bytes]:
    got = 0
    with shelf.open("rb") as source:
        stored: Iterator[bytes] = iter(lambda: source.read(_PIECE_BYTES), b"")
        try:
            opened = stored if sealing is None else iter(sealing.open(_PURPOSE, stored))
            first = next(opened, b"")
            size = zstandard.frame_content_size(first[:_HEADER_BYTES])
            pieces = cast(IO[bytes], _Pieces(chain([first], opened)))
            # Not `read_to_iter`: with a write_size of its own it writes past its memory (0.25.0).
            expanded = zstandard.ZstdDecompressor().stream_reader(pieces)
            for content in iter(lambda: expanded.read(_PIECE_BYTES), b""):
                got += len(content)
                yield content
        except (zstandard.ZstdError, CannotOpen) as error:
            raise DamagedCopy(str(error)) from error
    if got != size:  # of a file that was cut the library says nothing
        raise DamagedCopy(f"it is cut: {got} of {size} bytes")
