"""Reading the data of one saveset without an agent and its catalogue."""

from collections.abc import Iterator
from pathlib import Path

from server_agent.adapters.tar import description, sealed_head, stream
from server_agent.adapters.tar.description import Description, DescriptionError
from server_agent.adapters.tar.places import DESCRIPTION_SUFFIX
from server_agent.adapters.tar.sealing import CannotOpen, Sealing
from server_agent.adapters.tar.stream import DamagedFrame
from server_agent.ports.keys import PoolKey


class CannotRead(Exception):
    """The saveset is not whole, or the key not its own. Says which."""


def key_needed(data: Path) -> str:
    """The id of the key that opens a saveset; empty if it is plain. Raises CannotRead, OSError."""
    known = _description(data)
    return known.encryption.key_id if known.encryption is not None else ""


def frames_of(data: Path, key: PoolKey | None) -> Iterator[bytes]:
    """The frames of a saveset as zstd can expand them, each compared with its digest. Raises
    CannotRead, OSError."""
    known = _description(data)
    try:
        seal = None
        if known.encryption is not None and key is not None:
            sealing = Sealing(key, known.encryption.saveset, known.encryption.salt)
            sealed_head.private_part(sealing, known.encryption, known.frames)
            seal = sealing.frames()
        yield from stream.opened_frames(data, known.frames, seal)
    except (CannotOpen, DamagedFrame) as error:
        raise CannotRead(f"{data} is not as it was written, or not sealed so: {error}") from error


def _description(data: Path) -> Description:
    try:
        return description.read(data.with_name(data.name + DESCRIPTION_SUFFIX))
    except DescriptionError as error:
        raise CannotRead(f"The description of {data} is damaged: {error}") from error
