"""The nodes of the tree, and which of them a filter and a scope let through."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property

from sesam_master.core.farms import ROOT
from sesam_master.core.fleet import Fleet, LocationState
from sesam_master.core.records import Task
from sesam_master.core.states import Connection


class Kind(StrEnum):
    """What a row of the tree stands for. STRANGER: a location that the farms know and the desk does
    not list."""

    ROOT = "root"
    ALL = "all"
    FARM = "farm"
    LOCATION = "location"
    CLIENTS = "clients"
    COMPONENTS = "components"
    PLAN = "plan"
    CLIENT = "client"
    TASK = "task"
    STRANGER = "stranger"


class Scope(StrEnum):
    """Which locations are shown: all, those that need a person, those that are dark though nobody
    switched them off."""

    ALL = "All"
    TROUBLE = "Trouble"
    DARK = "Dark"


@dataclass(slots=True, eq=False)
class Node:
    """`name` is the client or task, or the id of the farm or location. `children` is None until
    they were asked for. `shown` is what the row of a location or farm last showed."""

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


@dataclass(frozen=True)
class Filter:
    """`text` is looked for in farms, locations, clients and tasks, without regard to case. Words in
    it that begin with # are tags: all of them have to be at a location or a farm above it."""

    text: str = ""
    scope: Scope = Scope.ALL

    @cached_property
    def tags(self) -> frozenset[str]:
        """In small letters."""
        words = self.text.casefold().split()
        return frozenset(word[1:] for word in words if word.startswith("#") and len(word) > 1)

    @cached_property
    def words(self) -> str:
        """The text without tags."""
        return " ".join(word for word in self.text.split() if not word.startswith("#")).casefold()

    @property
    def is_narrow(self) -> bool:
        """Not everything may be shown."""
        return bool(self.text) or self.scope is not Scope.ALL

    def shows(self, state: LocationState) -> bool:
        if self.scope is Scope.DARK and not is_dark(state):
            return False
        if self.scope is Scope.TROUBLE and not state.is_in_trouble:
            return False
        if self.tags and not self.tags <= {tag.casefold() for tag in state.control.tags}:
            return False
        return not self.words or self.names_location(state) or self._names_content(state)

    def names_location(self, state: LocationState) -> bool:
        """The text is in the location's own name or farm, so everything below it is shown."""
        registration = state.registration
        return self.finds(registration.name) or self.finds(registration.farm)

    def clients(self, state: LocationState) -> list[str]:
        if state.picture is None:
            return []
        names = sorted(state.picture.clients, key=str.casefold)
        if not self.words or self.names_location(state):
            return names
        owners = {task.client for task in self._found_tasks(state.picture.tasks)}
        return [name for name in names if self.finds(name) or name in owners]

    def tasks(self, state: LocationState, client: str) -> list[str]:
        if state.picture is None:
            return []
        by_client = state.picture.tasks.grouped(_client_of)
        names = sorted(by_client.get(client, ()), key=str.casefold)
        if not self.words or self.names_location(state) or self.finds(client):
            return names
        return [name for name in names if self.finds(name)]

    def _names_content(self, state: LocationState) -> bool:
        if state.picture is None:
            return False
        names = "\n".join((*state.picture.clients, *state.picture.tasks))
        return self.finds(names)  # in one go: there may be thousands

    def _found_tasks(self, tasks: Mapping[str, Task]) -> list[Task]:
        return [tasks[name] for name in tasks if self.finds(name)]

    def finds(self, text: str) -> bool:
        return self.words in text.casefold()


def is_dark(state: LocationState) -> bool:
    """It proves nothing, and nobody switched it off."""
    return not state.is_live and state.connection is not Connection.OFF


def _client_of(task: Task) -> str:
    return task.client


class Layout:
    """What stands below each node, under one filter and as the fleet is now. Made anew when either
    changes."""

    def __init__(self, fleet: Fleet, shown: Filter) -> None:
        self._fleet = fleet
        self._shown = shown

    def keys(self, node: Node) -> list[tuple[Kind, str]]:
        """What should stand below a node, in order."""
        if node.kind is Kind.ROOT:
            return [(Kind.ALL, ""), *self._in_farm(ROOT)]
        if node.kind is Kind.FARM:
            return self._in_farm(node.name)
        state, shown = self._fleet.locations.get(node.location_id), self._shown
        if state is None:
            return []
        if node.kind is Kind.LOCATION:
            below = [(Kind.COMPONENTS, ""), (Kind.PLAN, "")]
            named = not shown.words or shown.names_location(state)
            return [(Kind.CLIENTS, ""), *(below if named else [])]
        if node.kind is Kind.CLIENTS:
            return [(Kind.CLIENT, name) for name in shown.clients(state)]
        if node.kind is Kind.CLIENT:
            return [(Kind.TASK, name) for name in shown.tasks(state, node.name)]
        return []

    def _in_farm(self, farm_id: str) -> list[tuple[Kind, str]]:
        """Locations by name, then farms by name."""
        farms = [
            (Kind.FARM, farm.id)
            for farm in self._fleet.farms.children(farm_id)
            if farm.id in self._farms
        ]
        return [*self._places.get(farm_id, []), *farms]

    @cached_property
    def _places(self) -> dict[str, list[tuple[Kind, str]]]:
        """The locations that are shown, by farm."""
        fleet, shown, named = self._fleet, self._shown, []
        for location_id, state in fleet.locations.items():
            if shown.shows(state):
                place = fleet.farms.places.get(location_id)
                farm = place.farm if place is not None else ROOT
                named.append((state.registration.name, Kind.LOCATION, location_id, farm))
        for location_id, place in fleet.farms.places.items():
            if location_id not in fleet.locations and self._shows_stranger(place.name):
                named.append((place.name, Kind.STRANGER, location_id, place.farm))
        found: dict[str, list[tuple[Kind, str]]] = {}
        for _name, kind, location_id, farm in sorted(named, key=lambda one: one[0].casefold()):
            found.setdefault(farm, []).append((kind, location_id))
        return found

    @cached_property
    def _farms(self) -> set[str]:
        """The farms that are shown: all, or those in which something is, or that are named."""
        farms, shown = self._fleet.farms, self._shown
        if not shown.is_narrow:
            return set(farms.farms)
        found = {above for farm_id in self._places for above in farms.above(farm_id)}
        if shown.words and shown.scope is Scope.ALL and not shown.tags:
            named = [farm.id for farm in farms.farms.values() if shown.finds(farm.name)]
            found |= {above for farm_id in named for above in farms.above(farm_id)}
        return found

    def _shows_stranger(self, name: str) -> bool:
        shown = self._shown
        is_open = shown.scope is Scope.ALL and not shown.tags and self._fleet.is_listed
        return is_open and shown.finds(name)
