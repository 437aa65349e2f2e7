"""What the screens ask of a location's components, without knowing how it gets there."""

from typing import Protocol

from sesam_master.core.components import AnyComponent, Component, Components


class ComponentsSource(Protocol):
    """Coroutines of the network thread; each has its own deadline and raises LocationError. Changes
    need the role admin and carry a request id."""

    async def components(self, location_id: str) -> Components:
        """All of them. Of a location that is not reached what the desk kept, with its own `as_of`,
        or it raises."""

    async def components_of(
        self, location_id: str, kind: type[AnyComponent]
    ) -> tuple[AnyComponent, ...]:
        """All of one kind, by name, as the location says now; nothing is kept of it."""

    async def add_component(self, location_id: str, item: AnyComponent) -> AnyComponent:
        """The object as the location has it now; never a medium. Reasons: INVALID_ARGUMENT,
        ALREADY_EXISTS, STORE_UNUSABLE, and the NOT_FOUND of what it names."""

    async def change_component(self, location_id: str, item: AnyComponent) -> AnyComponent:
        """Replaces the object of that name if it still has the etag; of a task not its client, of a
        medium its write protection and comment only. Reasons: as above, CHANGED_MEANWHILE."""

    async def remove_component(self, location_id: str, item: Component) -> None:
        """Removes the object if it still has the etag. Reasons: the NOT_FOUND and the IN_USE of its
        kind, TASK_NEEDED, STORE_UNUSABLE (the data store of a medium is not in its place),
        CHANGED_MEANWHILE."""
