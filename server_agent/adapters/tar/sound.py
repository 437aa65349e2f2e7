"""The listing by which files are restored is the one that was written: it is compared with its
digest, and in the place of a damaged one comes the copy of it that lies on the medium.

SQLite reads much that was damaged; what such a listing lacks would silently not be restored.
"""

import uuid
from collections.abc import Callable
from pathlib import Path

from server_agent.adapters.durable import sync
from server_agent.adapters.tar import description, packed, sealed_head, shelved
from server_agent.adapters.tar.description import DescriptionError
from server_agent.adapters.tar.failures import damaged, proves_damage, reason_of, written_to
from server_agent.adapters.tar.places import Places
from server_agent.adapters.tar.saved import missing
from server_agent.adapters.tar.sealing import CannotOpen
from server_agent.domain.jobs import Level
from server_agent.ports import EngineError, Message, SavesetRef


def sound(places: Places, saveset: SavesetRef, then: str) -> Message | None:
    """Says if the listing had to be put back. `then`: as in `store.check_label`.

    Raises:
        EngineError: SAVESET_MISSING, SAVESET_DAMAGED: it is not to be had; STORE_MISSING; or the
            key of the copy is not there.
        OSError: that cannot be told just now, or there is no room.
    """
    files = places.files_of(saveset)
    try:
        expected = description.listing_digest(files.description)
    except FileNotFoundError as error:
        raise missing(saveset.name, "its description") from error
    except DescriptionError as error:
        raise damaged(saveset.name, f"its description: {error}") from error

    def bring(part: Path) -> bytes:
        known = description.read(files.description)
        sealing = None
        if known.encryption is not None:
            sealing, _ = sealed_head.opened(known.encryption, known.frames, places.keys)
        return shelved.unpack(files.shelf, part, sealing)

    try:
        return sound_by(saveset, files.listing, expected, bring)
    except EngineError:
        places.check_store(saveset.label, then)  # a medium that went proves nothing
        raise


def sound_by(
    saveset: SavesetRef, listing: Path, expected: bytes, bring: Callable[[Path], bytes]
) -> Message | None:
    """The same for any engine.

    Args:
        expected: BLAKE3 of the listing.
        bring: writes and syncs the copy as a new file and returns its BLAKE3. Raises
            FileNotFoundError (there is none), DamagedCopy, CannotOpen, DescriptionError.
    """
    with written_to(listing.parent):
        why = _fault(listing, expected)
    if not why:
        return None
    listing.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    part = listing.with_name(f"{listing.name}.{uuid.uuid4().hex}.tmp")
    try:
        try:
            with written_to(listing.parent):
                is_right = bring(part) == expected
        except FileNotFoundError as error:
            raise _lost(saveset, listing, why, "it is missing") from error
        except (shelved.DamagedCopy, CannotOpen, DescriptionError) as error:
            raise _lost(saveset, listing, why, str(error)) from error
        if not is_right:
            raise _lost(saveset, listing, why, "it is not what was written")
        _take_place(part, listing)
    finally:
        part.unlink(missing_ok=True)
    text = (
        f"The listing of saveset {saveset.name} could not be used, {why}: {listing}. It was put"
        f" back from its copy on medium {saveset.label}, which is whole. Look after the disk of the"
        " agent"
    )
    return Message(Level.WARNING, "LISTING_PUT_BACK", text)


def _fault(listing: Path, expected: bytes) -> str:
    """Why it is not the one that was written. Raises OSError: that cannot be told just now."""
    try:
        return "" if packed.digest(listing) == expected else "it is not what was written"
    except FileNotFoundError:
        return "it is missing"
    except OSError as error:
        if not proves_damage(error):
            raise
        return reason_of(error)


def _take_place(part: Path, listing: Path) -> None:
    """Whoever reads the damaged one just now goes on with that."""
    plain, compressed = packed.forms(listing)
    part.replace(plain)
    compressed.unlink(missing_ok=True)
    packed.forget(listing)
    sync(listing.parent)


def _lost(saveset: SavesetRef, listing: Path, why: str, of_copy: str) -> EngineError:
    """Neither the listing nor its copy is of use."""
    if why == of_copy == "it is missing":
        return missing(saveset.name, "its listing")
    return EngineError(
        "SAVESET_DAMAGED",
        f"saveset {saveset.name} cannot be restored: its listing {listing} cannot be used, {why},"
        f" and neither can the copy of it on medium {saveset.label}: {of_copy}. Restore from a copy"
        " of the saveset on another medium, or from another saveset. If that file lies in a backup"
        " of the agent's directory, put it back and verify the saveset",
        saveset.name,
    )
