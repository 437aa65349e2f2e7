"""The loaders of the location: adding, removing and listing them, and archive adjustment."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from server_agent.domain.errors import (
    InvalidArgument,
    LoaderFailed,
    LoaderNotFound,
    NotFound,
    StoreNotFound,
)
from server_agent.domain.loaders import Loader, LoaderKind, checked_loader
from server_agent.domain.quoting import printable
from server_agent.ports import CatalogueTransaction, CatalogueView, Clock
from server_agent.ports.loader import Inventory, LoaderError
from server_agent.service.changes import Changes
from server_agent.service.collection import Collection
from server_agent.service.loading import Loading
from server_agent.service.requests import Request, first_answer, remember
from server_agent.service.topology import checked_comment


class PlaceKind(StrEnum):
    """What a medium is in."""

    DRIVE = "drive"
    SLOT = "slot"
    IMPORT_EXPORT = "import_export"
    OUTSIDE = "outside"


@dataclass(frozen=True, slots=True)
class LoaderPlace:
    """A drive or slot, or a medium that is in none. `pool`: of the medium; empty: not known."""

    kind: PlaceKind
    number: int
    is_full: bool
    barcode: str
    pool: str


class Loaders(Collection[Loader]):
    """The loaders of the location."""

    kind = "loader"

    def __init__(self, changes: Changes, clock: Clock, loading: Loading) -> None:
        super().__init__(changes, clock)
        self._loading = loading

    def adjust(self, name: str) -> list[LoaderPlace]:
        """What is where now, compared with the media of the loader's data stores. Raises
        LoaderNotFound, LoaderFailed."""
        with self._changes.read() as view:
            item = self._named(view, name)
            media = view.media()
        inventory = self._inventory(item)
        pools = {medium.label: medium.pool for medium in media}
        places = [
            LoaderPlace(PlaceKind.DRIVE, *(each.number, each.is_full), each.barcode, "")
            for each in inventory.drives
        ]
        for each in sorted(inventory.slots, key=lambda slot: slot.is_import_export):
            kind = PlaceKind.IMPORT_EXPORT if each.is_import_export else PlaceKind.SLOT
            places.append(LoaderPlace(kind, each.number, each.is_full, each.barcode, ""))
        inside = {place.barcode for place in places}
        places += [
            LoaderPlace(PlaceKind.OUTSIDE, 0, True, medium.label, "")
            for medium in media
            if medium.store in item.stores and medium.label not in inside
        ]
        return [
            LoaderPlace(
                *(place.kind, place.number, place.is_full),
                *(place.barcode, pools.get(place.barcode, "")),
            )
            for place in places
        ]

    def create(self, request: Request, item: Loader) -> Loader:
        """As in `Collection`. It is looked into the device before the transaction: that may take
        long."""
        return super().create(request, self._seen(item))

    def update(
        self, request: Request, item: Loader, expected_etag: str, kept: Sequence[str] = ()
    ) -> Loader:
        """As in `Collection`; see `create`."""
        with self._changes.read() as view:
            self._check_etag_now(view, request, item.name, expected_etag)
        return super().update(request, self._seen(item), expected_etag, kept)

    def load(self, request: Request, name: str, slot: int, drive: int) -> list[LoaderPlace]:
        """Moves the medium of a slot into a drive, and looks then as `adjust` does. Raises
        LoaderNotFound, LoaderFailed."""
        return self._moved(request, name, lambda item: self._loading.load(item, slot, drive))

    def unload(self, request: Request, name: str, drive: int, slot: int) -> list[LoaderPlace]:
        """Moves the medium of a drive into a slot; 0: where it came from, or where there is room.
        Else as `load`."""
        return self._moved(
            request, name, lambda item: self._loading.unload(item, drive, slot or None)
        )

    def _moved(
        self, request: Request, name: str, move: Callable[[Loader], None]
    ) -> list[LoaderPlace]:
        with self._changes.read() as view:
            is_done = first_answer(view, request) is not None
            item = self._named(view, name)
        if not is_done:
            try:
                move(item)
            except LoaderError as error:
                raise LoaderFailed(loader=name, detail=_part(str(error))) from error
            with self._changes.write() as tx:
                remember(tx, request, name, self._clock.now())
        return self.adjust(name)

    def _check_etag_now(
        self, view: CatalogueView, request: Request, name: str, expected: str
    ) -> None:
        """Before anything is looked at; nothing of a request that was answered."""
        if first_answer(view, request) is None:
            self._check_etag(self._named(view, name), expected)

    def _seen(self, item: Loader) -> Loader:
        """The loader, which has the drives that it is said to have. Raises as `_checked`, and
        LoaderFailed."""
        with self._changes.read() as view:
            self._check(view, item)
        found = self._inventory(item)
        missing = [number for number in range(len(item.stores)) if found.drive(number) is None]
        if missing:
            raise LoaderFailed(
                loader=item.name,
                detail=f"it has {len(found.drives)} drives and no drive {missing[0]}, which"
                f" {item.stores[missing[0]]} would be",
            )
        return item

    def _inventory(self, item: Loader) -> Inventory:
        try:
            return self._loading.inventory(item)
        except LoaderError as error:
            raise LoaderFailed(loader=item.name, detail=_part(str(error))) from error

    def _changed(self) -> None:
        self._loading.use()

    def _get(self, view: CatalogueView, name: str) -> Loader | None:
        return view.loader(name)

    def _all(self, view: CatalogueView) -> Sequence[Loader]:
        return view.loaders()

    def _put(self, tx: CatalogueTransaction, item: Loader) -> None:
        tx.put_loader(item)

    def _remove(self, tx: CatalogueTransaction, item: Loader) -> None:
        tx.remove_loader(item.name)

    def _checked(self, tx: CatalogueTransaction, item: Loader, before: Loader | None) -> Loader:
        self._check(tx, item)
        return replace(item, version=before.version + 1 if before is not None else 1)

    def _check(self, view: CatalogueView, item: Loader) -> None:
        checked_loader(item)
        checked_comment(item.comment)
        taken = {store: other.name for other in view.loaders() for store in other.stores}
        for number, name in enumerate(item.stores):
            store = view.data_store(name)
            if store is None:
                raise StoreNotFound(store=name)
            wanted = ""
            if not store.removable:
                wanted = "a removable data store"
            elif name in taken and taken[name] != item.name:
                wanted = f"a data store that is no drive of the loader {taken[name]}"
            elif item.kind is LoaderKind.VIRTUAL:
                place = item.device + b"/drives/%d" % number
                if store.path != place:
                    wanted = f"a data store with the path {printable(place)}"
            if wanted:
                raise InvalidArgument(field="data_stores", value=name, expected=wanted)

    def _check_unused(self, _tx: CatalogueTransaction, _item: Loader) -> None:
        """Nothing needs one: its media are put in by hand from then on."""

    def _not_found(self, name: str) -> NotFound:
        return LoaderNotFound(loader=name)


def _part(text: str) -> str:
    """A sentence as the part of another that ends behind it."""
    return text.rstrip(".")
