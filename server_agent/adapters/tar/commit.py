"""The step from temporary to final names, and what a crash around it has left behind.

A saveset exists when data, description and listing have their final names. They take them only
after all three are synced and the data were read again and compared with their digests.
"""

import os
from collections.abc import Iterator, Sequence
from pathlib import Path

from server_agent.adapters.tar import description, stream
from server_agent.adapters.tar.description import DescriptionError
from server_agent.adapters.tar.places import (
    TEMPORARY_SUFFIXES,
    Places,
    SavesetFiles,
    saveset_of,
)
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
    _sync(unfinished.listing)
    if control.cancelled:
        raise Cancelled
    try:
        for temporary, final in zip(unfinished.all, files.all, strict=True):
            temporary.rename(final)
        for directory in {path.parent for path in files.all}:
            _sync(directory)
            _sync(directory.parent)
    except BaseException:
        files.remove()
        raise


def recover(
    places: Places, writing: Sequence[SavesetRef], committed: frozenset[str]
) -> list[Interrupted]:
    """See `server_agent.ports.Engine.recover`."""
    found: list[Interrupted] = []
    for saveset in writing:
        files = places.files_of(saveset)
        files.unfinished.remove()
        result = _whole(files, deeply=True)
        if result is None:
            files.remove()
        found.append(Interrupted(saveset.name, result))
    known = committed | {saveset.name for saveset in writing}
    unknown: dict[str, list[Path]] = {}
    for path in places.found():
        if path.suffix in TEMPORARY_SUFFIXES:
            path.unlink(missing_ok=True)
        elif saveset_of(path) not in known:
            unknown.setdefault(saveset_of(path), []).append(path)
    for paths in unknown.values():
        three = SavesetFiles.among(paths)
        if three is None or _whole(three, deeply=False) is None:
            for path in paths:
                path.unlink(missing_ok=True)
    return found


def _whole(files: SavesetFiles, *, deeply: bool) -> BackupDone | None:
    """What a saveset's description says, if all three files are there and match it.

    Args:
        files: under their final names.
        deeply: whether the data are read and compared with their digests too.
    """
    try:
        known = description.read(files.description)
        if description.digest_of(files.listing) != known.listing_digest:
            return None
        if deeply:
            for _ in stream.check(files.data, known.frames):
                pass
        else:
            stream.check_places(files.data, known.frames)
    except (FileNotFoundError, DescriptionError, DamagedFrame):
        return None
    return known.result


def _sync(path: Path) -> None:
    fd = os.open(path, os.O_RDONLY)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)
