"""The nodes of the tree, and which of them a filter and a scope let through."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from sesam_master.core.fleet import Fleet, LocationState
from sesam_master.core.records import Task


class Kind(StrEnum):
    """What a row of the tree stands for."""

    ROOT = "root"
    ALL = "all"
    FARM = "farm"
    LOCATION = "location"
    CLIENTS = "clients"
    COMPONENTS = "components"
    PLAN = "plan"
    CLIENT = "client"
    TASK = "task"


class Scope(StrEnum):
    """Which locations are shown: all, those that need a person, those that are dark."""

    ALL = "All"
    TROUBLE = "Trouble"
    DARK = "Dark"


@dataclass(slots=True, eq=False)
class Node:
    """`name` is the farm, client or task, or the location's id. `children` is None until they
    were asked for. `shown` is what a location's row last showed."""

    kind: Kind
    location_id: str
    name: str
    parent: "Node | None"
    row: int = 0
    children: "list[Node] | None" = None
    is_expanded: bool = False
    shown: object = field(default=None)

    @property
    def key(self) -> tuple[Kind, str]:
        """Identity among its siblings."""
        return (self.kind, self.name)

    @property
    def is_exposed(self) -> bool:
        """All rows above it are expanded, so a view may be showing it."""
        above = self.parent
        while above is not None and above.parent is not None:
            if not above.is_expanded:
                return False
            above = above.parent
        return True


@dataclass(frozen=True, slots=True)
class Filter:
    """`text` is looked for in farms, locations, clients and tasks, without regard to case."""

    text: str = ""
    scope: Scope = Scope.ALL

    def shows(self, state: LocationState) -> bool:
        if self.scope is Scope.DARK and state.is_live:
            return False
        if self.scope is Scope.TROUBLE and not state.is_in_trouble:
            return False
        return not self.text or self.names_location(state) or self._names_content(state)

    def names_location(self, state: LocationState) -> bool:
        """The text is in the location's own name or farm, so everything below it is shown."""
        registration = state.registration
        return self._finds(registration.name) or self._finds(registration.farm)

    def clients(self, state: LocationState) -> list[str]:
        if state.picture is None:
            return []
        names = sorted(state.picture.clients, key=str.casefold)
        if not self.text or self.names_location(state):
            return names
        owners = {task.client for task in self._found_tasks(state.picture.tasks)}
        return [name for name in names if self._finds(name) or name in owners]

    def tasks(self, state: LocationState, client: str) -> list[str]:
        if state.picture is None:
            return []
        by_client = state.picture.tasks.grouped(_client_of)
        names = sorted(by_client.get(client, ()), key=str.casefold)
        if not self.text or self.names_location(state) or self._finds(client):
            return names
        return [name for name in names if self._finds(name)]

    def _names_content(self, state: LocationState) -> bool:
        if state.picture is None:
            return False
        names = "\n".join((*state.picture.clients, *state.picture.tasks))
        return self._finds(names)  # in one go: there may be thousands

    def _found_tasks(self, tasks: Mapping[str, Task]) -> list[Task]:
        return [tasks[name] for name in tasks if self._finds(name)]

    def _finds(self, text: str) -> bool:
        return self.text.casefold() in text.casefold()


def _client_of(task: Task) -> str:
    return task.client


def child_keys(node: Node, fleet: Fleet, shown: Filter) -> list[tuple[Kind, str]]:
    """What should stand below a node, in order."""
    if node.kind is Kind.ROOT:
        return [(Kind.ALL, ""), *_places(fleet, shown)]
    if node.kind is Kind.FARM:
        return [(Kind.LOCATION, i) for i in _shown_in_farm(fleet, shown, node.name)]
    state = fleet.locations.get(node.location_id)
    if state is None:
        return []
    if node.kind is Kind.LOCATION:
        named = not shown.text or shown.names_location(state)
        return [(Kind.CLIENTS, ""), *([(Kind.COMPONENTS, ""), (Kind.PLAN, "")] if named else [])]
    if node.kind is Kind.CLIENTS:
        return [(Kind.CLIENT, name) for name in shown.clients(state)]
    if node.kind is Kind.CLIENT:
        return [(Kind.TASK, name) for name in shown.tasks(state, node.name)]
    return []


def _places(fleet: Fleet, shown: Filter) -> Iterable[tuple[Kind, str]]:
    """Locations without a farm, then the farms that have something to show, by name."""
    states = [state for state in fleet.locations.values() if shown.shows(state)]
    farms = {state.registration.farm for state in states if state.registration.farm}
    free = sorted((s for s in states if not s.registration.farm), key=_by_name)
    yield from ((Kind.LOCATION, s.registration.location_id) for s in free)
    yield from ((Kind.FARM, farm) for farm in sorted(farms, key=str.casefold))


def _shown_in_farm(fleet: Fleet, shown: Filter, farm: str) -> list[str]:
    states = [s for s in fleet.locations.values() if s.registration.farm == farm]
    return [s.registration.location_id for s in sorted(states, key=_by_name) if shown.shows(s)]


def _by_name(state: LocationState) -> str:
    return state.registration.name.casefold()
