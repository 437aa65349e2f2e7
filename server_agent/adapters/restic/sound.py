"""The same as `server_agent.adapters.tar.sound`, with the copy of the listing in the repository."""

from pathlib import Path

from server_agent.adapters.restic import description, shelf
from server_agent.adapters.restic.places import ResticPlaces
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
        repository = places.repository(saveset.label)
        return shelf.unpack(repository, known.snapshots.listing, part, control)

    try:
        return sound_by(saveset, files.listing, known.listing_digest, bring)
    except EngineError:
        places.check_store(saveset.label, then)  # a medium that went proves nothing
        raise
