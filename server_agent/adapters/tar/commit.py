"""The step from temporary to final names, and what a crash around it has left behind.

A saveset exists when data, description and listing have their final names. They take them only
after all three are synced and the data were read again and compared with their digests.
"""

import logging
import os
from collections.abc import Iterator, Sequence

from server_agent.adapters.tar import description, stream
from server_agent.adapters.tar.description import DescriptionError
from server_agent.adapters.tar.places import (
    TEMPORARY_SUFFIXES,
    Places,
    SavesetFiles,
    saveset_of,
)
from server_agent.adapters.tar.seek_table import Frames
from server_agent.adapters.tar.store import sync
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
    with unfinished.description.open("x", encoding="ascii") as file:
        description.write(file, request, result, unfinished.listing, frames)
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
    found: list[Interrupted] = []
    for saveset in writing:
        if not places.has_store(saveset.label):
            continue
        files = places.files_of(saveset)
        files.unfinished.remove()
        result = _whole(files)
        if result is None:
            files.remove()
        found.append(Interrupted(saveset.name, result))
    known = committed | {saveset.name for saveset in writing}
    unknown: set[str] = set()
    for path in places.found():
        if path.suffix in TEMPORARY_SUFFIXES:
            path.unlink(missing_ok=True)
        elif saveset_of(path) not in known:
            unknown.add(saveset_of(path))
    if unknown:
        # A catalogue that was put back from a copy knows less than the medium holds.
        log.warning(
            "%d savesets are on the medium but not in the catalogue; they are left as they are: %s",
            len(unknown),
            ", ".join(sorted(unknown)[:NAMED_UNKNOWN]),
        )
    return found


def _whole(files: SavesetFiles) -> BackupDone | None:
    """What a saveset's description says, if all three files are there under their final names and
    match it, the data frame by frame."""
    try:
        known = description.read(files.description)
        if description.digest_of(files.listing) != known.listing_digest:
            return None
        for _ in stream.check(files.data, known.frames):
            pass
    except (OSError, DescriptionError, DamagedFrame):
        return None
    return known.result
