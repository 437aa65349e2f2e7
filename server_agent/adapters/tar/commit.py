"""The step from temporary to final names, and what a crash around it has left behind.

A saveset exists when data, description and listing have their final names. They take them only
after all three are synced and the data were read again and compared with their digests.
"""

import logging
import os
from collections.abc import Iterator, Sequence
from pathlib import Path

from server_agent.adapters.durable import sync
from server_agent.adapters.tar import description, packed, private, shelved, stream
from server_agent.adapters.tar.description import Description, DescriptionError
from server_agent.adapters.tar.failures import written_to
from server_agent.adapters.tar.places import (
    TEMPORARY_SUFFIXES,
    Places,
    SavesetFiles,
    saveset_of,
)
from server_agent.adapters.tar.sealing import Sealing
from server_agent.adapters.tar.seek_table import Frames
from server_agent.adapters.tar.stream import DamagedFrame
from server_agent.ports import (
    BackupDone,
    BackupRequest,
    Cancelled,
    Control,
    EngineError,
    Interrupted,
    SavesetRef,
)

log = logging.getLogger(__name__)

NAMED_UNKNOWN = 5  # savesets in one line of the log


def commit(
    request: BackupRequest,
    result: BackupDone,
    frames: Frames,
    files: SavesetFiles,
    control: Control,
    sealing: Sealing | None = None,
    threads: int = 1,
) -> Iterator[int]:
    """Makes the saveset exist; on any exception it does not, and its temporary files remain.

    Yields:
        The number of bytes of its data that were checked so far.

    Raises:
        EngineError: WRITE_DAMAGED, the medium does not give back what was written.
        Cancelled: the control said so.
        OSError: the system refused.
    """
    unfinished = files.unfinished
    try:
        yield from stream.check(unfinished.data, frames, control)
    except DamagedFrame as error:
        raise EngineError(
            "WRITE_DAMAGED",
            f"the medium {request.label} does not give back what was written: {error}."
            " Check its disk",
        ) from error
    shelved.write(unfinished.listing, unfinished.shelf, control, threads, sealing)
    with (
        written_to(unfinished.description.parent),
        open(unfinished.description, "x", encoding="ascii", opener=private.opener) as file,
    ):
        description.write(file, request, result, unfinished, frames, sealing)
        file.flush()
        os.fsync(file.fileno())
    sync(unfinished.listing)
    if control.cancelled:
        raise Cancelled
    try:
        for temporary, final in zip(unfinished.all, files.all, strict=True):
            temporary.rename(final)
        for directory in {path.parent for path in files.all}:
            sync(directory)
            sync(directory.parent)
    except BaseException:
        files.remove()
        raise


def recover(
    places: Places, writing: Sequence[SavesetRef], committed: frozenset[str]
) -> list[Interrupted]:
    """See `server_agent.ports.Engine.recover`."""
    settled = [settle(places, saveset) for saveset in writing]
    known = committed | {saveset.name for saveset in writing}
    unknown: set[str] = set()
    for path in places.found():
        if path.suffix in TEMPORARY_SUFFIXES:
            sweep(path)
        elif saveset_of(path) not in known:
            unknown.add(saveset_of(path))
    if unknown:
        # A catalogue that was put back from a copy knows less than the medium holds.
        log.warning(
            "%d savesets are on the medium but not in the catalogue; they are left as they are: %s",
            len(unknown),
            ", ".join(sorted(unknown)[:NAMED_UNKNOWN]),
        )
    return [each for each in settled if each is not None]


def settle(places: Places, saveset: SavesetRef) -> Interrupted | None:
    """See `server_agent.ports.Engine.settle`."""
    if not places.has_store(saveset.label):
        return None
    try:
        return _settled(saveset.name, places.files_of(saveset))
    except (OSError, DescriptionError) as error:
        log.warning(
            "saveset %s was interrupted, and it is not known whether it is whole;"
            " its files are left as they are: %s",
            saveset.name,
            error,
        )
        return None


def sweep(path: Path) -> None:
    """Removes a leftover; the log says if that cannot be."""
    try:
        path.unlink(missing_ok=True)
    except OSError as error:
        if not os.path.lexists(path):
            return  # a file system that must not be written refuses before it looks
        log.warning("a leftover cannot be removed: %s", error)


def _settled(saveset: str, files: SavesetFiles) -> Interrupted:
    """Removes what is proved to be no whole saveset.

    Raises:
        OSError, DescriptionError: it cannot be told, or not be removed.
    """
    files.unfinished.remove()
    has_listing = any(map(_is_there, packed.forms(files.listing)))
    there = [_is_there(files.data), _is_there(files.description), has_listing]
    if any(there) and not files.listing.parent.is_dir():
        # Made before the first file was: it is in a place that is not mounted.
        raise FileNotFoundError(f"{files.listing.parent} is missing")
    known = _whole(files) if all(there) else None
    if known is None:
        files.remove()
        packed.remove(files.listing)
        return Interrupted(saveset, None)
    key_id = known.encryption.key_id if known.encryption is not None else ""
    return Interrupted(saveset, known.result, known.facts, key_id)


def _is_there(path: Path) -> bool:
    """Raises OSError if that cannot be told."""
    try:
        path.lstat()
    except FileNotFoundError:
        return False
    return True


def _whole(files: SavesetFiles) -> Description | None:
    """A saveset's description if its files match it, the data frame by frame; None if they do
    not."""
    known = description.read(files.description)
    if packed.digest(files.listing) != known.listing_digest:
        return None
    try:
        for _ in stream.check(files.data, known.frames):
            pass
    except DamagedFrame:
        return None
    return known
