"""The part of the catalogue in memory that knows media."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import date, datetime

from server_agent.domain.copies import Copy, Place, best_place, first_as_copy, lying_at, places_of
from server_agent.domain.errors import AlreadyExists, SavesetNeeded, SavesetNotFound
from server_agent.domain.loaders import Loader
from server_agent.domain.media import DataStore, MediaPool, Medium
from server_agent.domain.media_requests import WantedMedium
from server_agent.ports import MEDIA_KEY, Holding, ObjectKey, ObjectKind, Removal
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
        copies = self.copies(self._state.savesets)
        places = [
            place
            for saveset in self._state.savesets.values()
            for place in places_of(saveset, copies.get(saveset.name, ()))
        ]
        for label in {place.label for place in places}:
            held = [place for place in places if place.label == label]
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

    def loader(self, name: str) -> Loader | None:
        return self._state.loaders.get(name)

    def loaders(self) -> list[Loader]:
        return [self._state.loaders[name] for name in sorted(self._state.loaders)]

    def wanted_media(self) -> list[WantedMedium]:
        kept = self._state.wanted_media.values()
        return sorted(kept, key=lambda wanted: (wanted.label, wanted.job))

    def labels(self, names: Iterable[str]) -> dict[str, str]:
        known = ((name, self._state.savesets.get(name)) for name in names)
        return {name: saveset.label for name, saveset in known if saveset is not None}

    def copies(self, savesets: Iterable[str]) -> dict[str, tuple[Copy, ...]]:
        found: dict[str, tuple[Copy, ...]] = {}
        for name in set(savesets):
            kept = [copy for copy in self._state.copies.values() if copy.saveset == name]
            if kept:
                found[name] = tuple(sorted(kept, key=lambda copy: copy.label))
        return found

    def lying(self) -> list[Place]:
        found: list[Place] = []
        for saveset in sorted(
            self._state.savesets.values(), key=lambda each: (int(each.job_id), each.name)
        ):
            kept = [copy for copy in self._state.copies.values() if copy.saveset == saveset.name]
            for each in places_of(saveset, kept):
                found.append(Place(*(getattr(each, name) for name in Place._fields)))
        return found


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
            self.put_removal(Removal(name, gone.label, gone.sesam_day))
            for copy in self.copies([name]).get(name, ()):
                del self._state.copies[name, copy.label]
                self.put_removal(Removal(name, copy.label, gone.sesam_day))

    def remove_place(self, saveset: str, label: str) -> None:
        known = self._state.savesets.get(saveset)
        further = self.copies([saveset]).get(saveset, ())
        if known is None or label not in (known.label, *(copy.label for copy in further)):
            return
        if not further:
            raise ValueError(f"{saveset} lies on {label} only")
        if label == known.label:
            best = best_place(places_of(known, further)[1:]).label
            self.put_first(saveset, best)
        del self._state.copies[saveset, label]
        self.put_removal(Removal(saveset, label, known.sesam_day))

    def add_copy(self, copy: Copy) -> None:
        known = self._state.savesets.get(copy.saveset)
        if known is None:
            raise SavesetNotFound(saveset=copy.saveset)
        if copy.label == known.label or (copy.saveset, copy.label) in self._state.copies:
            raise AlreadyExists(kind="copy", name=f"{copy.saveset} on {copy.label}")
        self._state.copies[copy.saveset, copy.label] = copy
        self.forget_removals(copy.label, [copy.saveset])
        self._state.changed(MEDIA_KEY)

    def put_copy(self, copy: Copy) -> None:
        if (copy.saveset, copy.label) in self._state.copies:
            self._state.copies[copy.saveset, copy.label] = copy

    def put_first(self, saveset: str, label: str) -> None:
        known = self._state.savesets.get(saveset)
        copy = self._state.copies.pop((saveset, label), None)
        if known is not None and copy is not None:
            self._state.savesets[saveset] = lying_at(known, copy)
            self._state.copies[saveset, known.label] = first_as_copy(known)

    def put_removal(self, removal: Removal) -> None:
        self._state.removals[removal.label, removal.saveset] = removal

    def forget_removals(self, label: str, savesets: Iterable[str]) -> None:
        for name in savesets:
            self._state.removals.pop((label, name), None)

    def put_loader(self, loader: Loader) -> None:
        self._state.loaders[loader.name] = loader
        self._state.changed(MEDIA_KEY)

    def remove_loader(self, name: str) -> None:
        self._state.loaders.pop(name, None)
        self._state.changed(MEDIA_KEY)

    def put_wanted(self, wanted: WantedMedium) -> None:
        self._state.wanted_media[wanted.job, wanted.label] = wanted
        self._state.changed(MEDIA_KEY)

    def forget_wanted(self, job: str, label: str) -> None:
        self._state.wanted_media.pop((job, label), None)
        self._state.changed(MEDIA_KEY)

    def set_eol(self, saveset: str, eol: date | None) -> None:
        if saveset in self._state.savesets:
            self._state.savesets[saveset] = replace(self._state.savesets[saveset], eol=eol)

    def set_verified(self, saveset: str, moment: datetime) -> None:
        if saveset in self._state.savesets:
            known = self._state.savesets[saveset]
            self._state.savesets[saveset] = replace(known, verify_time=moment, damage="")

    def set_proved(self, saveset: str, task: str, moment: datetime) -> None:
        if saveset in self._state.savesets:
            known = self._state.savesets[saveset]
            self._state.savesets[saveset] = replace(known, proof_time=moment)
        if task in self._state.tasks:
            self._state.tasks[task] = replace(self._state.tasks[task], proof_time=moment)
            self._state.changed(ObjectKey(ObjectKind.TASK, task))
