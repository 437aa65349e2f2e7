"""The components of locations in memory, as a gateway answers them."""

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

from sesam_master.core.components import (
    AnyComponent,
    Component,
    Components,
    DataStore,
    Drive,
    Loader,
    MediaPool,
    Medium,
)
from sesam_master.core.errors import LocationError, Trouble
from sesam_master.core.records import Access, Client, Task

AS_OF = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
_KINDS: dict[type, tuple[str, str, str]] = {  # field of the whole, kind in reasons and for people
    Client: ("clients", "client", "client"),
    Task: ("tasks", "task", "task"),
    DataStore: ("stores", "store", "data store"),
    Drive: ("drives", "drive", "drive"),
    MediaPool: ("pools", "pool", "media pool"),
    Medium: ("media", "medium", "medium"),
    Loader: ("loaders", "loader", "loader"),
}


def new_site(location_id: str) -> Components:
    """What a new location has."""
    return Components(
        location_id,
        clients=(Client("local", Access.LOCAL, "", etag="1"),),
        tasks=(),
        drives=(Drive("Drive_1", 2, active=True, etag="1"),),
        stores=(
            DataStore(
                "Store_1",
                b"/srv/sesam/store",
                etag="1",
                capacity_bytes=1_000_000_000_000,
                free_bytes=290_000_000_000,
            ),
        ),
        pools=(MediaPool("DISK", etag="1"),),
        media=(),
        as_of=AS_OF,
        loaders=(),
    )


@dataclass
class FakeComponentsGateway:
    """The part of a fake gateway that has components.

    Attributes:
        sites: by location; one that is not in it has the components of a new location.
        refused: raised by the next change, and by no other.
    """

    sites: dict[str, Components] = field(default_factory=dict)
    calls: list[tuple[object, ...]] = field(default_factory=list)
    refused: LocationError | None = None

    async def components(self, location_id: str) -> Components:
        self._note("components", location_id)
        return self._site(location_id)

    async def components_of(
        self, location_id: str, kind: type[AnyComponent]
    ) -> tuple[AnyComponent, ...]:
        self._note("components_of", location_id, kind)
        found: tuple[AnyComponent, ...] | None = getattr(self._site(location_id), _KINDS[kind][0])
        return found or ()

    async def add_component(self, location_id: str, item: AnyComponent) -> AnyComponent:
        self._note_change("add_component", location_id, item)
        if item.name in self._of_kind(location_id, item):
            _, _, kind = _KINDS[type(item)]
            self._say_no(location_id, "ALREADY_EXISTS", kind=kind, name=item.name)
        return self.keep_component(location_id, item, "1")

    async def change_component(self, location_id: str, item: AnyComponent) -> AnyComponent:
        self._note_change("change_component", location_id, item)
        before = self._there(location_id, item)
        return self.keep_component(location_id, item, str(int(before.etag) + 1))

    async def remove_component(self, location_id: str, item: Component) -> None:
        self._note_change("remove_component", location_id, item)
        self._there(location_id, item)
        site = self._site(location_id)
        users = [task.name for task in site.tasks if task.client == item.name]
        if isinstance(item, Client) and users:
            about = {"client": item.name, "tasks": ", ".join(users)}
            self._say_no(location_id, "CLIENT_IN_USE", **about)
        self.drop_component(location_id, item)

    def keep_component(self, location_id: str, item: AnyComponent, etag: str) -> AnyComponent:
        """The location has it like this; what it fills in stays as it was."""
        known = self._of_kind(location_id, item)
        before = known.get(item.name)
        kept = replace(item, etag=etag)
        if before is not None:
            told = {name for name, each in kept.__dataclass_fields__.items() if each.metadata}
            kept = replace(kept, **{name: getattr(before, name) for name in told - {"etag"}})
        self._keep_all(location_id, item, known | {item.name: kept})
        return kept

    def drop_component(self, location_id: str, item: Component) -> None:
        """It is gone."""
        known = self._of_kind(location_id, item)
        del known[item.name]
        self._keep_all(location_id, item, known)

    def _note(self, *call: object) -> None:
        """Of the whole gateway."""
        self.calls.append(call)

    def _note_change(self, *call: object) -> None:
        self._note(*call)
        refused, self.refused = self.refused, None
        if refused is not None:
            raise refused

    def _site(self, location_id: str) -> Components:
        return self.sites.setdefault(location_id, new_site(location_id))

    def _of_kind(self, location_id: str, item: Component) -> dict[str, Any]:
        known = getattr(self._site(location_id), _KINDS[type(item)][0]) or ()
        return {one.name: one for one in known}

    def _keep_all(self, location_id: str, item: Component, known: dict[str, Any]) -> None:
        in_order = tuple(known[name] for name in sorted(known))
        changed: dict[str, Any] = {_KINDS[type(item)][0]: in_order}
        self.sites[location_id] = replace(self._site(location_id), **changed)

    def _there(self, location_id: str, item: Component) -> Any:
        _, word, kind = _KINDS[type(item)]
        before = self._of_kind(location_id, item).get(item.name)
        if before is None:
            self._say_no(location_id, f"{word.upper()}_NOT_FOUND", **{word: item.name})
        elif before.etag != item.etag:
            self._say_no(location_id, "CHANGED_MEANWHILE", kind=kind, name=item.name)
        return before

    def _say_no(self, location_id: str, reason: str, **about: str) -> None:
        raise LocationError(Trouble.REJECTED, location_id, reason, about)
