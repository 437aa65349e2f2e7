"""Whether savesets are in their places."""

from collections.abc import Sequence

from server_agent.adapters.tar import description, packed, stream
from server_agent.adapters.tar.failures import proves_damage
from server_agent.adapters.tar.places import Places, SavesetFiles
from server_agent.ports import SavesetRef


def present(places: Places, savesets: Sequence[SavesetRef]) -> set[str]:
    """See `server_agent.ports.Engine.present`."""
    stores = {label for label in {each.label for each in savesets} if places.has_store(label)}
    return {
        each.name
        for each in savesets
        if each.label in stores and _has_its_sizes(places.files_of(each))
    }


def has_all_data(files: SavesetFiles) -> bool:
    """Whether the data are there to their end; their digests are for restore and verify. Raises
    OSError: that cannot be told just now."""
    try:
        stream.check_places(files.data, description.read(files.description).frames)
    except (FileNotFoundError, description.DescriptionError, stream.DamagedFrame):
        return False
    except OSError as error:
        if not proves_damage(error):
            raise
        return False
    return True


def _has_its_sizes(files: SavesetFiles) -> bool:
    try:
        sizes = description.recorded_sizes(files.description)
        return sizes == (files.data.stat().st_size, packed.size(files.listing))
    except (OSError, description.DescriptionError):
        return False
