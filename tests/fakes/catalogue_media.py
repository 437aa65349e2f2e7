"""The part of the catalogue in memory that knows media."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import date, datetime

from server_agent.domain.errors import SavesetNeeded
from server_agent.domain.media import DataStore, MediaPool, Medium
from server_agent.ports import MEDIA_KEY, Holding, Removal
from tests.fakes.catalogue_state import State


class MemoryMediaView:
    """The `MediaView` port."""

    _state: State

    def data_store(self, name: str) -> DataStore | None:
        return self._state.data_stores.get(name)

    def data_stores(self) -> list[DataStore]:
        return [self._state.data_stores[name] for name in sorted(self._state.data_stores)]

    def pool(self, name: str) -> MediaPool | None:
        return self._state.pools.get(name)

    def pools(self) -> list[MediaPool]:
        return [self._state.pools[name] for name in sorted(self._state.pools)]

    def medium(self, label: str) -> Medium | None:
        return self._state.media.get(label)

    def media(self) -> list[Medium]:
        return [self._state.media[label] for label in sorted(self._state.media)]

    def holdings(self) -> dict[str, Holding]:
        found: dict[str, Holding] = {}
        for label in {saveset.label for saveset in self._state.savesets.values()}:
            held = [each for each in self._state.savesets.values() if each.label == label]
            found[label] = Holding(
                savesets=len(held),
                stored_bytes=sum(each.stored_bytes for each in held),
                newest_sesam_day=max(each.sesam_day for each in held),
                eol=max((each.eol for each in held if each.eol), default=None),
            )
        return found

    def removals(self) -> list[Removal]:
        kept = self._state.removals.values()
        return sorted(kept, key=lambda removal: (removal.label, removal.saveset))


class MemoryMediaTransaction(MemoryMediaView):
    """The `MediaTransaction` port."""

    def put_data_store(self, store: DataStore) -> None:
        self._state.data_stores[store.name] = store
        self._state.changed(MEDIA_KEY)

    def remove_data_store(self, name: str) -> None:
        self._state.data_stores.pop(name, None)
        self._state.changed(MEDIA_KEY)

    def put_pool(self, pool: MediaPool) -> None:
        self._state.pools[pool.name] = pool
        self._state.changed(MEDIA_KEY)

    def remove_pool(self, name: str) -> None:
        self._state.pools.pop(name, None)
        self._state.changed(MEDIA_KEY)

    def put_medium(self, medium: Medium) -> None:
        self._state.media[medium.label] = medium
        self._state.changed(MEDIA_KEY)

    def remove_medium(self, label: str) -> None:
        self._state.media.pop(label, None)
        self._state.changed(MEDIA_KEY)

    def remove_savesets(self, names: Iterable[str]) -> None:
        wanted = set(names)
        for saveset in self._state.savesets.values():
            if saveset.base in wanted and saveset.name not in wanted:
                raise SavesetNeeded(saveset=saveset.base, users=f"{saveset.name} builds on it")
        for name in wanted & set(self._state.savesets):
            gone = self._state.savesets.pop(name)
            self._state.removals[name] = Removal(name, gone.label, gone.sesam_day)

    def forget_removals(self, savesets: Iterable[str]) -> None:
        for name in savesets:
            self._state.removals.pop(name, None)

    def set_eol(self, saveset: str, eol: date | None) -> None:
        if saveset in self._state.savesets:
            self._state.savesets[saveset] = replace(self._state.savesets[saveset], eol=eol)

    def set_verified(self, saveset: str, moment: datetime) -> None:
        if saveset in self._state.savesets:
            known = self._state.savesets[saveset]
            self._state.savesets[saveset] = replace(known, verify_time=moment, damage="")
