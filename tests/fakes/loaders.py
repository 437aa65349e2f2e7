"""The loaders of locations in memory, as a gateway answers them."""

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from sesam_master.core.errors import LocationError, Trouble
from sesam_master.core.loaders import LoaderContent, LoaderPlace, PlaceKind

SEEN = datetime(2026, 3, 1, 12, 30, tzinfo=UTC)


@dataclass
class FakeLoadersGateway:
    """The part of a fake gateway that moves media.

    Attributes:
        inside: what is where, by the name of the loader.
        jammed: the next movements of these loaders fail so, by name.
    """

    inside: dict[str, tuple[LoaderPlace, ...]] = field(default_factory=dict)
    jammed: dict[str, str] = field(default_factory=dict)
    moves: list[tuple[str, ...]] = field(default_factory=list)

    async def adjust_loader(self, location_id: str, name: str) -> LoaderContent:
        self.moves.append(("adjust", name))
        return self._seen(location_id, name)

    async def load_medium(
        self, location_id: str, name: str, slot: int, drive: int
    ) -> LoaderContent:
        self.moves.append(("load", name, str(slot), str(drive)))
        self._move(location_id, name, (PlaceKind.SLOT, slot), (PlaceKind.DRIVE, drive))
        return self._seen(location_id, name)

    async def unload_medium(self, location_id: str, name: str, drive: int) -> LoaderContent:
        self.moves.append(("unload", name, str(drive)))
        slots = [each for each in self.inside.get(name, ()) if each.kind is PlaceKind.SLOT]
        free = next((each.number for each in slots if not each.is_full), 0)
        self._move(location_id, name, (PlaceKind.DRIVE, drive), (PlaceKind.SLOT, free))
        return self._seen(location_id, name)

    def _move(
        self, location_id: str, name: str, source: tuple[PlaceKind, int], to: tuple[PlaceKind, int]
    ) -> None:
        places = {(each.kind, each.number): each for each in self.inside.get(name, ())}
        why = self.jammed.pop(name, "")
        if not why and not (source in places and places[source].is_full):
            why = f"nothing was moved: {source[0]} {source[1]} is empty"
        if not why and (to not in places or places[to].is_full):
            why = f"nothing was moved: {to[0]} {to[1]} is full"
        if why:
            about = {"loader": name, "detail": why}
            raise LocationError(Trouble.REJECTED, location_id, "LOADER_FAILED", about)
        moved, target = places[source], places[to]
        places[source] = replace(moved, is_full=False, label="", pool="")
        places[to] = replace(target, is_full=True, label=moved.label, pool=moved.pool)
        self.inside[name] = tuple(places.values())

    def _seen(self, location_id: str, name: str) -> LoaderContent:
        if name not in self.inside:
            about = {"loader": name}
            raise LocationError(Trouble.REJECTED, location_id, "LOADER_NOT_FOUND", about)
        return LoaderContent(self.inside[name], SEEN)
