"""What a backup builds on, if all of that is still in its place."""

import sqlite3
from collections.abc import Iterable

from server_agent.adapters.tar import packed
from server_agent.adapters.tar.failures import is_broken, is_full, reason_of, written_to
from server_agent.adapters.tar.inheriting import same_as_base
from server_agent.adapters.tar.listing import ListingWriter
from server_agent.adapters.tar.places import Places
from server_agent.adapters.tar.presence import has_all_data
from server_agent.adapters.tar.store import NO_BACKUP
from server_agent.ports import BackupRequest, EngineError, SavesetRef


def build_on(places: Places, request: BackupRequest, listing: ListingWriter) -> None:
    """Lets a listing take over what the base holds.

    Raises:
        EngineError: BASE_DAMAGED, with the saveset that is proved to be at fault, if one is;
            STORE_MISSING.
        OSError: there is no room.
        sqlite3.DatabaseError: see `blame`.
    """
    if not request.base:
        return
    nearest = request.base[0]
    _check_media(places, request.label, request.base)
    try:
        lost = _lost(places, request, listing)
    except OSError as error:
        if is_full(error):
            raise
        # It may be whole: another backup is made, and no saveset is blamed.
        text = f"saveset {nearest.name} cannot be built on just now: {reason_of(error)}"
        raise EngineError("BASE_DAMAGED", text) from error
    if lost:
        raise EngineError(
            "BASE_DAMAGED",
            f"saveset {nearest.name} cannot be built on: the data of {lost}, which it needs, are"
            " missing or cut",
            lost,
        )


def blame(request: BackupRequest, error: sqlite3.DatabaseError) -> None:
    """What is damaged while the listing is filled is the base: the listing itself is new. Raises
    EngineError (BASE_DAMAGED)."""
    if request.base and is_broken(error):
        raise _listing_lost(request.base[0].name, error) from error


def _lost(places: Places, request: BackupRequest, listing: ListingWriter) -> str:
    """The saveset of which data are missing that the base needs; empty if none is. Raises
    EngineError (BASE_DAMAGED); OSError: that cannot be told just now."""
    known = {base.name: base for base in request.base}
    nearest = request.base[0]
    files = places.files_of(nearest)
    if not packed.is_there(files.listing):
        raise _listing_lost(nearest.name, "it is missing")
    with written_to(files.listing.parent):
        # SQLite reads much that was damaged; an INC would look for its data in a wrong place.
        if fault := packed.fault(files):
            raise _listing_lost(nearest.name, fault)
        for home in listing.build_on(files.listing, same_as_base(request)):
            if home not in known or not has_all_data(places.files_of(known[home])):
                return home
    return ""


def _check_media(places: Places, label: str, chain: Iterable[SavesetRef]) -> None:
    """Raises EngineError: the medium written to is not there, or one that is built on."""
    places.check_store(label, NO_BACKUP)
    for member in chain:
        try:
            places.check_store(member.label, "No backup waits for it")
        except EngineError as error:
            raise EngineError("BASE_DAMAGED", error.text, member.name) from error


def _listing_lost(saveset: str, reason: object) -> EngineError:
    text = f"the listing of saveset {saveset} cannot be used: {reason}"
    return EngineError("BASE_DAMAGED", text, saveset)
