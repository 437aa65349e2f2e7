"""How a saveset of an encrypted pool is sealed: AES-256-GCM, each part with a key of its own.

A part's key is HKDF-SHA256 (RFC 5869) of the pool's key, salted with 32 random bytes of the
saveset, for its purpose and the saveset's name: what was sealed for one saveset opens in no other,
and no key ever meets a nonce twice.

    a frame of the data   nonce: its number. It opens at no other place. That none is missing at the
                          end, the sealed part of the description says
    a stream              "SESEAL1\\n", 16 random bytes that its key is salted with too, and pieces
                          of 1 MiB, each 16 bytes longer than it was. Nonce: 11 bytes of the piece's
                          number and 1 for the last, so that no stream is cut unseen (STREAM, Hoang,
                          Reyhanitabar, Rogaway, Vizar: Online Authenticated-Encryption, 2015)
"""

import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from server_agent.ports.keys import KEY_BYTES, PoolKey

CIPHER = "AES-256-GCM"
TAG_BYTES = 16
_SALT_BYTES = 32
_MAGIC = b"SESEAL1\n"
_STREAM_SALT_BYTES = 16
_PIECE_BYTES = 1 << 20
_NONCE_BYTES = 12


class CannotOpen(Exception):
    """What was sealed was changed, cut, or sealed with another key. The text says what of it."""


@dataclass(frozen=True, slots=True)
class FrameSeal:
    """Seals and opens the frames of a file by their numbers. Safe for several threads."""

    _cipher: AESGCM

    def seal(self, frame: int, data: bytes) -> bytes:
        """16 bytes longer than the data. A number must not come twice."""
        return self._cipher.encrypt(frame.to_bytes(_NONCE_BYTES, "big"), data, None)

    def open(self, frame: int, stored: bytes) -> bytes:
        """Raises CannotOpen."""
        try:
            return self._cipher.decrypt(frame.to_bytes(_NONCE_BYTES, "big"), stored, None)
        except InvalidTag:
            raise CannotOpen(f"frame {frame} was not sealed with this key at this place") from None


@dataclass(frozen=True, slots=True)
class Sealing:
    """What seals and opens the parts of one saveset.

    Attributes:
        saveset: its name.
        salt: its own; it stands in its description.
    """

    key: PoolKey
    saveset: str
    salt: bytes = field(default_factory=lambda: os.urandom(_SALT_BYTES))

    def anew(self) -> "Sealing":
        """For something of the same saveset that has frames of its own."""
        return Sealing(self.key, self.saveset)

    def frames(self) -> FrameSeal:
        """For the frames of its data, which are written once."""
        return FrameSeal(AESGCM(self._derived("data", b"")))

    def seal(self, purpose: str, source: Iterable[bytes]) -> Iterator[bytes]:
        """A stream, sealed piece by piece. It may be done again with another content.

        Args:
            purpose: what opens only as the same again, such as "listing".
        """
        salt = os.urandom(_STREAM_SALT_BYTES)
        yield _MAGIC + salt
        cipher = AESGCM(self._derived(purpose, salt))
        for number, (piece, is_last) in enumerate(_with_last(_pieces(source, _PIECE_BYTES))):
            yield cipher.encrypt(_nonce(number, is_last), piece, None)

    def open(self, purpose: str, source: Iterable[bytes]) -> Iterator[bytes]:
        """What was sealed; CannotOpen as soon as it is not, and at the end if it was cut."""
        head, rest = _split(source, len(_MAGIC) + _STREAM_SALT_BYTES)
        if not head.startswith(_MAGIC) or len(head) < len(_MAGIC) + _STREAM_SALT_BYTES:
            raise CannotOpen(f"the {purpose} does not begin as something that was sealed")
        cipher = AESGCM(self._derived(purpose, head[len(_MAGIC) :]))
        pieces = _with_last(_pieces(rest, _PIECE_BYTES + TAG_BYTES))
        for number, (piece, is_last) in enumerate(pieces):
            try:
                yield cipher.decrypt(_nonce(number, is_last), piece, None)
            except InvalidTag:
                text = f"the {purpose} was changed or cut, or not sealed with this key"
                raise CannotOpen(text) from None

    def _derived(self, purpose: str, salt: bytes) -> bytes:
        info = f"sesam saveset 1\0{purpose}\0{self.saveset}".encode()
        return HKDF(SHA256(), KEY_BYTES, self.salt + salt, info).derive(self.key.secret)


def _nonce(number: int, is_last: bool) -> bytes:
    return number.to_bytes(_NONCE_BYTES - 1, "big") + bytes([is_last])


def _pieces(source: Iterable[bytes], size: int) -> Iterator[bytes]:
    """The same bytes in pieces of this size, and a last one that may be shorter or empty."""
    held = bytearray()
    for part in source:
        held += part
        while len(held) >= size:
            yield bytes(held[:size])
            del held[:size]
    yield bytes(held)


def _with_last(pieces: Iterator[bytes]) -> Iterator[tuple[bytes, bool]]:
    before = next(pieces)
    for piece in pieces:
        yield before, False
        before = piece
    yield before, True


def _split(source: Iterable[bytes], size: int) -> tuple[bytes, Iterator[bytes]]:
    """The first bytes, or all if there are fewer, and the others."""
    parts, head = iter(source), b""
    while len(head) < size:
        part = next(parts, None)
        if part is None:
            break
        head += part

    def rest() -> Iterator[bytes]:
        yield head[size:]
        yield from parts

    return head[:size], rest()
