"""The part of an engine in memory that keeps data stores and media."""

from collections.abc import Collection, Mapping, Sequence

from server_agent.domain.media import FIRST_STORE
from server_agent.ports import EngineError, StoreSpace

EMPTY = StoreSpace(capacity_bytes=1000, free_bytes=1000)


class MemoryStores:
    """Attributes:
    stores: names of the data stores, by directory; "/store" is the first one.
    in_use, homes: where media lie, as `use_stores` has said.
    made: labels of the media that were made, by the directory of their store.
    away: directories of data stores that are not in their places.
    occupied: directories that cannot become data stores.
    full: how full a data store is, by directory.
    changeable: directories in which files cannot be made immutable.
    held: labels of the media whose savesets are.
    left_alone: directories that do not answer.
    """

    def __init__(self) -> None:
        self.stores: dict[bytes, str] = {b"/store": FIRST_STORE}
        self.in_use: tuple[bytes, ...] = ()
        self.homes: dict[str, bytes] = {}
        self.made: dict[bytes, list[str]] = {}
        self.away: set[bytes] = set()
        self.occupied: set[bytes] = set()
        self.full: dict[bytes, StoreSpace] = {}
        self.changeable: set[bytes] = set()
        self.held: frozenset[str] = frozenset()
        self.left_alone: frozenset[bytes] = frozenset()
        self._known: set[str] = set()

    def use_stores(self, directories: Sequence[bytes], homes: Mapping[str, bytes]) -> None:
        if not directories:
            raise ValueError("an engine needs a data store")
        self.in_use = tuple(directories)
        self.homes = dict(homes)

    def leave_alone(self, silent: Collection[bytes]) -> None:
        self.left_alone = frozenset(silent)

    def make_store(self, directory: bytes, name: str) -> None:
        if directory in self.occupied or self.stores.get(directory, name) != name:
            raise EngineError("STORE_UNUSABLE", f"{directory!r}: it holds something else.")
        self.stores[directory] = name

    def check_immutable(self, store: bytes, name: str) -> None:
        self.space(store, name)
        if store in self.changeable:
            raise EngineError("STORE_UNUSABLE", f"{store!r}: files cannot be made immutable there.")

    def hold_media(
        self,
        labels: Collection[str],
        now: Collection[str] | None = None,
    ) -> None:
        self.held = frozenset(labels)

    def make_medium(self, store: bytes, name: str, label: str) -> None:
        self.space(store, name)
        held = self.made.setdefault(store, [])
        if label not in held:
            held.append(label)
        self._known.add(label)

    def has_medium(self, label: str) -> bool:
        """Whether it is in a store in use. One that was not made here is there from before."""
        stores = [self.homes[label]] if label in self.homes else self.in_use
        return label not in self._known or any(label in self.made.get(at, ()) for at in stores)

    def remove_medium(self, store: bytes, name: str, label: str) -> None:
        self.space(store, name)
        held = self.made.get(store, [])
        if label in held:
            held.remove(label)

    def space(self, store: bytes, name: str, label: str = "") -> StoreSpace:
        if store in self.away or self.stores.get(store) != name:
            raise EngineError("STORE_MISSING", f"The data store {name} is not in its place.")
        return self.full.get(store, EMPTY)
