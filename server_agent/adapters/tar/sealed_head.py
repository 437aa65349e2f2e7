"""What a description says of how its saveset is sealed, and the part of it that only the key opens.

    encryption   cipher, key (its id), salt, saveset (the name under which it was sealed), sealed

Sealed is what names files: sources, excludes, commands, options, and the warnings of the result. So
are the number of frames and a digest of their table, so that none is left out or put in unseen, and
a digest of all that the description says in clear: a catalogue is put back from it.
"""

import base64
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from blake3 import blake3

from server_agent.adapters.tar import seek_table
from server_agent.adapters.tar.sealing import CIPHER, CannotOpen, Sealing
from server_agent.adapters.tar.seek_table import Frames
from server_agent.ports import EngineError, SavesetRef
from server_agent.ports.keys import Keys, PoolKey

_PURPOSE = "description"
_NOT_CLEAR = ("encryption", "blake3")  # the latter is the digest of the whole, put at its end


@dataclass(frozen=True, slots=True)
class Encryption:
    """How a saveset is sealed. `saveset`: its name when it was. `clear`: a digest of what the
    description says besides."""

    key_id: str
    salt: bytes
    saveset: str
    sealed: bytes
    clear: str


def sealed(
    sealing: Sealing, private: Mapping[str, Any], frames: Frames, clear: Mapping[str, Any]
) -> dict[str, Any]:
    """What stands in the description instead of its private part. `clear`: all else in it."""
    table = {"number": len(frames), "blake3": _digest(frames)}
    said = {"private": dict(private), "frames": table, "clear": _digest_of_clear(clear)}
    text = json.dumps(said)
    return {
        "cipher": CIPHER,
        "key": sealing.key.id,
        "salt": _text(sealing.salt),
        "saveset": sealing.saveset,
        "sealed": _text(b"".join(sealing.seal(_PURPOSE, [text.encode()]))),
    }


def read(content: Mapping[str, Any]) -> Encryption | None:
    """What a description says of it; None if the saveset is plain. Raises ValueError, KeyError,
    TypeError."""
    said = content.get("encryption")
    if said is None:
        return None
    if said["cipher"] != CIPHER:
        raise ValueError(f"it is encrypted with {said['cipher']}")
    salt, inner = (base64.b64decode(said[name], validate=True) for name in ("salt", "sealed"))
    clear = _digest_of_clear(content)
    return Encryption(str(said["key"]), salt, str(said["saveset"]), inner, clear)


def check_same(saveset: SavesetRef, encryption: Encryption | None) -> None:
    """Compares what lies in the place of a saveset with what is known of that; needs no key. Raises
    CannotOpen."""
    found = encryption.key_id if encryption is not None else ""
    if saveset.key_id and found != saveset.key_id:
        has = f"is encrypted with {found}" if found else "is not encrypted"
        raise CannotOpen(f"its key was {saveset.key_id}, and what lies there {has}")
    if encryption is not None and encryption.saveset != saveset.name:
        raise CannotOpen(f"it is the saveset {encryption.saveset} under another name")


def opened(
    encryption: Encryption, frames: Frames, keys: Keys | None
) -> tuple[Sealing, dict[str, Any]]:
    """What opens the saveset, and its private part.

    Raises:
        EngineError: KEY_MISSING, KEY_UNUSABLE.
        CannotOpen: it was changed, or not sealed with this key.
    """
    sealing = Sealing(key_of(encryption.key_id, keys), encryption.saveset, encryption.salt)
    return sealing, private_part(sealing, encryption, frames)


def private_part(sealing: Sealing, encryption: Encryption, frames: Frames) -> dict[str, Any]:
    """What names files. Raises CannotOpen: as `opened`."""
    text = b"".join(sealing.open(_PURPOSE, [encryption.sealed]))
    content = json.loads(text)
    if content["frames"] != {"number": len(frames), "blake3": _digest(frames)}:
        raise CannotOpen("its frames are not those that were sealed")
    if content["clear"] != encryption.clear:
        raise CannotOpen("what it says of itself is not what was sealed")
    private: dict[str, Any] = content["private"]
    return private


def key_of(key_id: str, keys: Keys | None) -> PoolKey:
    """Raises EngineError: KEY_MISSING, KEY_UNUSABLE."""
    if keys is None:
        raise EngineError("KEY_MISSING", f"The key {key_id} is needed, and no keys are kept here")
    return keys.get(key_id)


def _digest(frames: Frames) -> str:
    digest = blake3(seek_table.packed(frames))
    digest.update(bytes(frames.digests))
    return digest.hexdigest()


def _digest_of_clear(content: Mapping[str, Any]) -> str:
    clear = {name: value for name, value in content.items() if name not in _NOT_CLEAR}
    return blake3(json.dumps(clear, sort_keys=True).encode()).hexdigest()


def _text(data: bytes) -> str:
    return base64.b64encode(data).decode("ascii")
