"""The same as `server_agent.adapters.tar.sound`, with the copy of the listing in the repository."""

import os
from pathlib import Path

from blake3 import blake3

from server_agent.adapters.restic import description, shelf
from server_agent.adapters.restic.places import ResticPlaces
from server_agent.adapters.tar import private, shelved
from server_agent.adapters.tar.description import DescriptionError
from server_agent.adapters.tar.failures import damaged
from server_agent.adapters.tar.saved import missing
from server_agent.adapters.tar.sound import sound_by
from server_agent.ports import Control, EngineError, Message, SavesetRef


def sound(places: ResticPlaces, saveset: SavesetRef, then: str, control: Control) -> Message | None:
    """Says if the listing had to be put back. Raises as that of tar; Cancelled."""
    files = places.of(saveset)
    try:
        known = description.read(files.description)
    except FileNotFoundError as error:
        raise missing(saveset.name, "its description") from error
    except DescriptionError as error:
        raise damaged(saveset.name, f"its description: {error}") from error

    def bring(part: Path) -> bytes:
        if not known.snapshots.listing:
            raise FileNotFoundError
        digest = blake3()
        with open(part, "xb", opener=private.opener) as file:
            repository = places.repository(saveset.label)
            try:
                for piece in shelf.pieces(repository, known.snapshots.listing, control):
                    digest.update(piece)
                    file.write(piece)
            except shelf.DamagedCopy as error:
                raise shelved.DamagedCopy(str(error)) from error
            file.flush()
            os.fsync(file.fileno())
        return digest.digest()

    try:
        return sound_by(saveset, files.listing, known.listing_digest, bring)
    except EngineError:
        places.check_store(saveset.label, then)  # a medium that went proves nothing
        raise
