"""Keys that sign licences: which ones are trusted, and how one is written.

A file of trusted keys has a key in each line, as `ed25519 BASE64 comment`; lines that are empty or
begin with # say nothing. One is part of the program, one is the installation's own: whoever may
write there decides whose licences count (docs/licensing.md).
"""

import base64
import binascii
import hashlib
from collections.abc import Mapping
from pathlib import Path

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from server_agent.domain.licence import SignatureState

SHIPPED = Path(__file__).with_name("licence.keys")
OWN = "licence.keys"  # below SESAM_VAR/ini
_KIND = "ed25519"


class KeyFileError(ValueError):
    """A line that is no key; the text says where."""


def raw_of(key: Ed25519PublicKey) -> bytes:
    """The 32 bytes of RFC 8032."""
    return key.public_bytes(Encoding.Raw, PublicFormat.Raw)


def licence_key_id(raw: bytes) -> str:
    """16 hexadecimal digits."""
    return hashlib.sha256(raw).hexdigest()[:16]


def key_line(key: Ed25519PublicKey, comment: str) -> str:
    """The key as a line of a file of trusted keys."""
    return f"{_KIND} {base64.b64encode(raw_of(key)).decode('ascii')} {comment}".rstrip() + "\n"


def keys_in(text: str, place: str) -> dict[str, Ed25519PublicKey]:
    """The keys of a file, by their ids. Raises KeyFileError."""
    found = {}
    for number, line in enumerate(text.splitlines(), 1):
        words = line.split()
        if not words or words[0].startswith("#"):
            continue
        kind, encoded, *_ = (*words, "")
        try:
            raw = base64.b64decode(encoded if kind == _KIND else "", validate=True)
            found[licence_key_id(raw)] = Ed25519PublicKey.from_public_bytes(raw)
        except (binascii.Error, ValueError) as error:
            raise KeyFileError(
                f"{place}, line {number} is no key. One begins with {_KIND} and has its 32 bytes "
                "in Base64 behind that, as sm_licence_sign writes it"
            ) from error
    return found


def judged(
    keys: Mapping[str, Ed25519PublicKey], key: str, signed: bytes, signature: bytes
) -> SignatureState:
    """Whether one of the keys, of this id, has signed that."""
    trusted = keys.get(key)
    if trusted is None:
        return SignatureState.UNKNOWN_KEY
    try:
        trusted.verify(signature, signed)
    except InvalidSignature:
        return SignatureState.WRONG
    return SignatureState.GOOD
