"""Puts listings on media where they are not: of savesets from before they lay there, or that have
lost them."""

import contextlib
import logging
import sqlite3
from collections.abc import Sequence

from server_agent.adapters.durable import sync
from server_agent.adapters.tar import description, immutable, packed, sealed_head, shelved
from server_agent.adapters.tar.description import DescriptionError
from server_agent.adapters.tar.places import Places, SavesetFiles
from server_agent.adapters.tar.sealing import CannotOpen
from server_agent.ports import Cancelled, Control, EngineError, SavesetRef

log = logging.getLogger(__name__)


def shelve(places: Places, savesets: Sequence[SavesetRef], control: Control, threads: int) -> int:
    """See `server_agent.ports.Engine.shelve`."""
    labels = {saveset.label for saveset in savesets}
    there = {label for label in labels if places.has_store(label)}
    count = 0
    for saveset in savesets:
        if control.cancelled:
            raise Cancelled
        files = places.files_of(saveset)
        try:
            if saveset.label in there and not files.shelf.exists():
                count += _shelved(places, files, control, threads)
                if saveset.label in places.immutable:
                    for message in immutable.hold_saveset(files.data):
                        log.warning("%s", message.text)
        except (OSError, DescriptionError, CannotOpen, EngineError, sqlite3.Error) as error:
            log.info("the listing of %s is not put on its medium: %s", saveset.name, error)
    return count


def _shelved(places: Places, files: SavesetFiles, control: Control, threads: int) -> bool:
    known = description.read(files.description)
    if packed.digest(files.listing) != known.listing_digest:
        return False
    sealing = None
    if known.encryption is not None:
        sealing, _ = sealed_head.opened(known.encryption, known.frames, places.keys)
    part = files.unfinished.shelf
    try:
        shelved.write(packed.plain(files.listing), part, control, threads, sealing)
        part.rename(files.shelf)
    finally:
        with contextlib.suppress(OSError):
            part.unlink(missing_ok=True)
        packed.forget(files.listing)
    sync(files.shelf.parent)
    if not files.description.exists():  # the saveset was removed meanwhile
        files.shelf.unlink(missing_ok=True)
        return False
    return True
