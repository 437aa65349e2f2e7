"""The loaders of the location: adding, removing and listing them, and archive adjustment."""

from collections.abc import Sequence
from dataclasses import dataclass
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

    def _inventory(self, item: Loader) -> Inventory:
        try:
            return self._loading.inventory(item)
        except LoaderError as error:
            raise LoaderFailed(loader=item.name, detail=str(error)) from error

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

    def _checked(self, tx: CatalogueTransaction, item: Loader, _before: Loader | None) -> Loader:
        item = checked_loader(item)
        checked_comment(item.comment)
        taken = {store: other.name for other in tx.loaders() for store in other.stores}
        for number, name in enumerate(item.stores):
            store = tx.data_store(name)
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
        missing = [n for n in range(len(item.stores)) if self._inventory(item).drive(n) is None]
        if missing:
            raise LoaderFailed(loader=item.name, detail=f"it has no drive {missing[0]}")
        return item

    def _check_unused(self, _tx: CatalogueTransaction, _item: Loader) -> None:
        """Nothing needs one: its media are put in by hand from then on."""

    def _not_found(self, name: str) -> NotFound:
        return LoaderNotFound(loader=name)
