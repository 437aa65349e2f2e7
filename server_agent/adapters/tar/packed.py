"""Listings that are compressed because they are seldom read any more.

`NAME.db` becomes `NAME.db.zst`. For a reader it is unpacked again, into a file beside it that is
good until the next `forget_unpacked` or start of the agent. At every instant one of the forms is
there, so that reading and packing may go on at once.
"""

import contextlib
import io
import os
import sqlite3
import uuid
from collections.abc import Callable, Iterator
from datetime import date, datetime
from pathlib import Path
from typing import TypeVar

import zstandard
from blake3 import blake3

from server_agent.adapters.durable import sync
from server_agent.adapters.tar import private
from server_agent.adapters.tar.database import read_only_uri
from server_agent.adapters.tar.description import DescriptionError, digest_of, listing_digest
from server_agent.adapters.tar.failures import proves_damage, written_to
from server_agent.adapters.tar.places import LISTING_SUFFIX, PACKED_SUFFIX, SavesetFiles
from server_agent.domain.savesets import NAME_PATTERN
from server_agent.ports import Cancelled, Compressed, Control

Opened = TypeVar("Opened")

_LEVEL = 9
_PIECE_BYTES = 1 << 20
_HEADER_BYTES = 18  # the longest of a frame: RFC 8878, 3.1.1.1
_UNPACKED_SUFFIX = ".open.tmp"  # a leftover like any other for the next start
_TRIES = 4  # each fails only if the file was packed or forgotten in between


def is_there(listing: Path) -> bool:
    """Whether the listing is in its place, in either form."""
    return any(path.is_file() for path in forms(listing))


def forms(listing: Path) -> tuple[Path, Path]:
    """The listing as it was made, and compressed."""
    return listing, _packed(listing)


def size(listing: Path) -> int:
    """That of the plain listing in bytes. Raises OSError if neither form can be read."""
    try:
        return listing.stat().st_size
    except FileNotFoundError:
        with _packed(listing).open("rb") as file:
            try:
                return zstandard.frame_content_size(file.read(_HEADER_BYTES))
            except zstandard.ZstdError:
                return -1  # not the size of anything


def digest(listing: Path) -> bytes:
    """BLAKE3 of the plain listing.

    Raises:
        FileNotFoundError: it is there in neither form.
        OSError: it cannot be read, or its compressed form is damaged.
    """
    try:
        return digest_of(listing)
    except FileNotFoundError:
        content = blake3()
        with _packed(listing).open("rb") as source:
            try:
                _unpack(source, content.update)
            except sqlite3.DatabaseError as error:
                raise OSError(str(error)) from error
        return content.digest()


def take_place(part: Path, listing: Path) -> None:
    """A new file becomes the listing; what is in its place is kept beside it, as "damaged"."""
    for other in forms(listing):
        if other.exists():
            other.rename(other.with_name(f"{other.name}.damaged"))
    part.rename(listing)
    sync(listing.parent)


def fault(files: SavesetFiles) -> str:
    """Why the listing of a saveset is not the one that was written; empty if it is. Raises OSError:
    that cannot be told just now."""
    try:
        is_right = digest(files.listing) == listing_digest(files.description)
    except FileNotFoundError:
        return "it is missing"
    except DescriptionError as error:
        return str(error)
    except OSError as error:
        if not proves_damage(error):
            raise
        return str(error)
    return "" if is_right else "it is not what was written"


def remove(listing: Path) -> None:
    """Removes it in whichever form it is there, and what was unpacked of it. Raises OSError."""
    for path in (*forms(listing), listing.with_name(listing.name + _UNPACKED_SUFFIX)):
        path.unlink(missing_ok=True)


def read(listing: Path, open_uri: Callable[[str], Opened]) -> Opened:
    """What `open_uri` makes of the URI of the plain listing.

    Raises:
        sqlite3.DatabaseError: its compressed form is damaged; or what `open_uri` raises.
        OSError: it cannot be unpacked.
    """
    for _ in range(_TRIES):
        file = _plain(listing)
        try:
            return open_uri(read_only_uri(file))
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_CANTOPEN or not is_there(listing):
                raise
    return open_uri(read_only_uri(_plain(listing)))


def plain(listing: Path) -> Path:
    """A file that has the plain listing just now; one that was unpacked is good until `forget`.
    Raises sqlite3.DatabaseError, OSError: as `read`."""
    return _plain(listing)


def pack(listing: Path, control: Control) -> Compressed:
    """Replaces the listing by its compressed form, once that is proved to be whole.

    Raises:
        OSError, sqlite3.DatabaseError: it stays as it is.
        Cancelled: by the control; it stays as it is.
    """
    packed = _packed(listing)
    part = packed.with_name(packed.name + ".tmp")
    before = listing.stat().st_size
    try:
        with listing.open("rb") as source, open(part, "wb", opener=private.opener) as target:
            compressor = zstandard.ZstdCompressor(_LEVEL, write_checksum=True)
            for piece in compressor.read_to_iter(source, before, _PIECE_BYTES):
                _check_cancel(control)
                target.write(piece)
            target.flush()
            os.fsync(target.fileno())
        _check_same(part, listing, control)
        part.replace(packed)
    except BaseException:
        part.unlink(missing_ok=True)
        raise
    sync(listing.parent)
    try:
        listing.unlink()
    except FileNotFoundError:
        # The saveset was removed while this was written: nothing of it may come back.
        packed.unlink(missing_ok=True)
        raise
    sync(listing.parent)
    return Compressed(listing.name.removesuffix(LISTING_SUFFIX), before, packed.stat().st_size)


def plain_listings(lis_dir: Path, before: date) -> Iterator[Path]:
    """Those of sesam days before that one that are not compressed, the oldest day first."""
    for directory in sorted(lis_dir.glob("[0-9]" * 8)):
        try:
            day = datetime.strptime(directory.name, "%Y%m%d").date()
        except ValueError:
            continue
        if day < before:
            yield from sorted(
                path
                for path in directory.glob("*" + LISTING_SUFFIX)
                if NAME_PATTERN.match(path.name.removesuffix(LISTING_SUFFIX))
            )


def forget_unpacked(lis_dir: Path) -> None:
    """Removes what was unpacked for readers; who reads just now goes on."""
    for path in lis_dir.glob(f"*/*{_UNPACKED_SUFFIX}"):
        with contextlib.suppress(OSError):
            path.unlink()


def forget(listing: Path) -> None:
    """Removes what was unpacked of one listing, in the same way."""
    with contextlib.suppress(OSError):
        listing.with_name(listing.name + _UNPACKED_SUFFIX).unlink()


def _packed(listing: Path) -> Path:
    return listing.with_name(listing.name + PACKED_SUFFIX)


def _plain(listing: Path) -> Path:
    packed = _packed(listing)
    if listing.exists() or not packed.exists():
        return listing
    unpacked = listing.with_name(listing.name + _UNPACKED_SUFFIX)
    if not unpacked.exists():
        # Several readers may do so at once.
        part = listing.with_name(f"{listing.name}.{uuid.uuid4().hex}.tmp")
        try:
            with (
                written_to(listing.parent),
                packed.open("rb") as source,
                open(part, "xb", opener=private.opener) as target,
            ):
                _unpack(source, target.write)
            part.replace(unpacked)
        except FileNotFoundError:
            return listing
        finally:
            part.unlink(missing_ok=True)
    return unpacked


def _check_same(packed: Path, listing: Path, control: Control) -> None:
    """Raises OSError unless what is in the one is the other."""
    digest = blake3()

    def look(piece: bytes) -> None:
        _check_cancel(control)
        digest.update(piece)

    with packed.open("rb") as source:
        _unpack(source, look)
    if digest.digest() != digest_of(listing):
        raise OSError(f"{packed} does not give back what was written to it")


def _unpack(source: io.BufferedReader, write: Callable[[bytes], object]) -> None:
    got = 0
    try:
        size = zstandard.frame_content_size(source.read(_HEADER_BYTES))
        source.seek(0)
        for piece in zstandard.ZstdDecompressor().read_to_iter(source, _PIECE_BYTES):
            write(piece)
            got += len(piece)
    except zstandard.ZstdError as error:
        raise sqlite3.DatabaseError(f"its compressed form is damaged: {error}") from error
    if got != size:  # of a file that was cut the library says nothing
        raise sqlite3.DatabaseError(f"its compressed form is cut: {got} of {size} bytes")


def _check_cancel(control: Control) -> None:
    if control.cancelled:
        raise Cancelled
