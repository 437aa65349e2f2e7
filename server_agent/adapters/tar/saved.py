"""A saveset out of which a restore reads: its data and its listing."""

import sqlite3

from server_agent.adapters.tar import description, packed, sealed_head
from server_agent.adapters.tar.description import Description, DescriptionError
from server_agent.adapters.tar.failures import damaged, is_broken
from server_agent.adapters.tar.listing import opened
from server_agent.adapters.tar.places import Places
from server_agent.adapters.tar.salvage import SalvageReader
from server_agent.adapters.tar.sealing import CannotOpen, FrameSeal
from server_agent.adapters.tar.selection import own_slice
from server_agent.adapters.tar.slices import Slice
from server_agent.domain.quoting import quoted
from server_agent.ports import EngineError, SavesetRef


def open_data(places: Places, saveset: SavesetRef, threads: int) -> SalvageReader:
    """Its tar stream, to be closed by the caller. It may be cut: see there.

    Raises:
        EngineError: SAVESET_MISSING, SAVESET_DAMAGED, or its key is not to be had.
    """
    files, name = places.files_of(saveset), saveset.name
    try:
        known = description.read(files.description)
        sealed_head.check_same(saveset, known.encryption)
        return SalvageReader(files.data, known.frames, threads, _seal_of(places, name, known))
    except FileNotFoundError as error:
        raise missing(name, "its data or its description") from error
    except DescriptionError as error:
        raise damaged(name, f"its description: {error}") from error
    except CannotOpen as error:
        raise damaged(name, error) from error


def find_data(places: Places, saveset: SavesetRef, home: int, path: bytes) -> Slice:
    """Where it holds what a hard link in it refers to.

    Args:
        home: its id in the listing that is restored.

    Raises:
        EngineError: SAVESET_MISSING, SAVESET_DAMAGED.
    """
    name, listing = saveset.name, places.files_of(saveset).listing
    if not packed.is_there(listing):
        raise missing(name, "its listing")
    try:
        with opened(listing) as connection:
            found = own_slice(connection, path, home)
    except sqlite3.Error as error:
        if is_broken(error):
            raise damaged(name, f"its listing cannot be read: {error}") from error
        raise
    if found is None:
        raise damaged(name, f"a hard link refers to {quoted(path)}, which its listing lacks")
    return found


def missing(saveset: str, what: str) -> EngineError:
    return EngineError(
        "SAVESET_MISSING",
        f"saveset {saveset} cannot be restored: {what} is not in its place."
        " Put it back, or restore from another saveset",
        saveset,
    )


def _seal_of(places: Places, name: str, known: Description) -> FrameSeal | None:
    """What opens its frames; None if it is plain. Raises EngineError, CannotOpen."""
    if known.encryption is None:
        return None
    try:
        sealing, _ = sealed_head.opened(known.encryption, known.frames, places.keys)
    except EngineError as error:
        text = f"Saveset {name} is encrypted. {error.text}"
        raise EngineError(error.code, text) from error
    return sealing.frames()
