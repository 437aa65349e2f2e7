"""The keys of media pools in memory."""

import hashlib
from collections.abc import Sequence

from server_agent.ports import EngineError
from server_agent.ports.keys import PoolKey


class MemoryKeys:
    """The `Keys` port.

    Attributes:
        kept: by their ids; a test takes one away to lose it.
        exported: what a person has exported, by id.
    """

    def __init__(self) -> None:
        self.kept: dict[str, PoolKey] = {}
        self.exported: dict[str, str] = {}
        self._made = 0

    def make(self, pool: str) -> PoolKey:
        self._made += 1
        secret = hashlib.sha256(f"{pool} {self._made}".encode()).digest()
        key = PoolKey(hashlib.sha256(secret).hexdigest()[:16], pool, secret)
        self.kept[key.id] = key
        return key

    def has(self, key_id: str) -> bool:
        return key_id in self.kept

    def get(self, key_id: str) -> PoolKey:
        if key_id not in self.kept:
            raise EngineError("KEY_MISSING", f"The key {key_id} is not there.")
        return self.kept[key_id]

    def escrow(self, key_id: str) -> str:
        return self.exported.get(key_id, "")

    def ids(self) -> Sequence[str]:
        return sorted(self.kept)
