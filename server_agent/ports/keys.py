"""The keys of media pools whose savesets are encrypted."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol

KEY_BYTES = 32


@dataclass(frozen=True, slots=True)
class PoolKey:
    """What a pool's savesets are encrypted with.

    Attributes:
        id: 16 hexadecimal digits that follow from the secret, and tell nothing of it.
        pool: that it was made for.
        secret: 32 random bytes, never said in any text.
    """

    id: str
    pool: str
    secret: bytes = field(repr=False)


class Keys(Protocol):
    """Where the keys of pools are kept. Any thread may call any method."""

    def make(self, pool: str) -> PoolKey:
        """A new key for a pool, kept durably. Raises EngineError (KEY_UNUSABLE)."""

    def has(self, key_id: str) -> bool:
        """Whether the key is here and can be used."""

    def get(self, key_id: str) -> PoolKey:
        """The key. Raises EngineError: KEY_MISSING, KEY_UNUSABLE (its file is damaged, is of
        another key, or others may read it); the text names the key and where it belongs."""

    def escrow(self, key_id: str) -> str:
        """The key wrapped with the passphrase with which it was last exported: text that may be
        kept anywhere. Empty if it never was."""

    def ids(self) -> Sequence[str]:
        """Of all the keys that are here, sorted."""
