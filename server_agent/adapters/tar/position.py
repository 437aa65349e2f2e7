"""A place in the order of a listing, and how it is written down for who goes on from it."""

from typing import TypeAlias

from server_agent.domain.errors import PageTokenInvalid

Key: TypeAlias = tuple[bytes, int, bytes]  # directory, leaf (0 for a directory) and name
_LEAVES = {"-1": -1, "0": 0, "1": 1}
FIRST: Key = (b"", -1, b"")  # before all entries


def written(key: Key) -> str:
    directory, leaf, name = key
    return f"{directory.hex()},{leaf},{name.hex()}"


def parsed(position: str | None) -> Key:
    """The key; FIRST for None. Raises PageTokenInvalid."""
    if position is None:
        return FIRST
    try:
        directory, leaf, name = position.split(",")
        return bytes.fromhex(directory), _LEAVES[leaf], bytes.fromhex(name)
    except (ValueError, KeyError) as error:
        raise PageTokenInvalid from error
