"""The desk's own order of its locations: folders of any depth, and what a person set on them.

This is the desk's second control layer. What is set here binds this desk alone: no agent ever hears
of it, and nobody at a location is hindered by it.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum

from sesam_master.core.maintenance import MaintenanceWindow, united_end
from sesam_master.core.registry import KeepingError, Registration

ROOT = ""  # the id of the folder that everything lies in
ROOT_NAME = "All locations"
SEPARATOR = " / "
LONGEST_NAME = 100
LONGEST_COMMENT = 2000
LONGEST_TAG = 40


class FarmError(KeepingError):
    """The farms cannot be as they were wanted. The text says why, and what would be right."""


class Colour(StrEnum):
    """A mark that a person gives; it says nothing of a state."""

    RED = "red"
    ORANGE = "orange"
    YELLOW = "yellow"
    GREEN = "green"
    TEAL = "teal"
    BLUE = "blue"
    PURPLE = "purple"
    GREY = "grey"


@dataclass(frozen=True, slots=True)
class Switches:
    """Attributes:
    is_off: the desk does not connect.
    observes: the desk shows everything and asks for no change.
    windows: when silence is expected.
    """

    is_off: bool = False
    observes: bool = False
    windows: tuple[MaintenanceWindow, ...] = ()


@dataclass(frozen=True, slots=True)
class Marks:
    """What a person set on a farm or a location. Tags are without spaces, in their order."""

    comment: str = ""
    colour: Colour | None = None
    tags: tuple[str, ...] = ()
    switches: Switches = Switches()


@dataclass(frozen=True, slots=True)
class Farm:
    """A folder. `parent` is the id of the farm that it lies in, ROOT at the top."""

    id: str
    name: str
    parent: str = ROOT
    marks: Marks = Marks()


@dataclass(frozen=True, slots=True)
class Place:
    """Where a location lies. `name` is what it was last called, for when it is not listed."""

    location_id: str
    name: str
    farm: str = ROOT
    marks: Marks = Marks()


@dataclass(frozen=True, slots=True)
class Control:
    """What holds for one location, with all that it has from its farms.

    `off_by`, `observed_by`: None if it is not so; else the farm by its path that says so first from
    the top, empty for the location itself. `colour` is its own, else that of the nearest farm.
    """

    off_by: str | None = None
    observed_by: str | None = None
    windows: tuple[MaintenanceWindow, ...] = ()
    tags: frozenset[str] = frozenset()
    colour: Colour | None = None
    comment: str = ""

    def maintenance_end(self, now: datetime) -> datetime | None:
        """Until when silence is expected; None if it is not."""
        return united_end(self.windows, now) if self.windows else None


@dataclass(frozen=True, slots=True)
class Farms:
    """All farms by id, and the places of locations by location id. Never changed, only replaced;
    `farm_edits` makes another one. `root` is set on everything."""

    farms: Mapping[str, Farm] = field(default_factory=dict)
    places: Mapping[str, Place] = field(default_factory=dict)
    root: Marks = Marks()

    def marks(self, farm_id: str) -> Marks:
        """Of a farm or of the root. Raises KeyError."""
        return self.root if farm_id == ROOT else self.farms[farm_id].marks

    def name(self, farm_id: str) -> str:
        return ROOT_NAME if farm_id == ROOT else self.farms[farm_id].name

    def children(self, farm_id: str) -> list[Farm]:
        """The farms in a farm, by name."""
        found = (farm for farm in self.farms.values() if farm.parent == farm_id)
        return sorted(found, key=lambda farm: (farm.name.casefold(), farm.id))

    def above(self, farm_id: str) -> list[str]:
        """The farm itself and those that it lies in, up to the root, which is not among them."""
        found = []
        while farm_id != ROOT:
            found.append(farm_id)
            farm_id = self.farms[farm_id].parent
        return found

    def below(self, farm_id: str) -> set[str]:
        """The farm itself and all farms in it."""
        parts: dict[str, list[str]] = {}
        for farm in self.farms.values():
            parts.setdefault(farm.parent, []).append(farm.id)
        found, waiting = {farm_id}, [farm_id]
        while waiting:
            inner = parts.get(waiting.pop(), [])
            found.update(inner)
            waiting.extend(inner)
        return found

    def locations(self, farm_id: str) -> list[str]:
        """Ids of the locations in a farm, at any depth."""
        farms = self.below(farm_id)
        return [place.location_id for place in self.places.values() if place.farm in farms]

    def path(self, farm_id: str) -> str:
        """As people write it, "EMEA / DACH"; empty for the root."""
        return SEPARATOR.join(self.farms[each].name for each in reversed(self.above(farm_id)))

    def find(self, path: str) -> str | None:
        """The id of the farm with a path; letter case does not matter. ROOT for an empty path."""
        at = ROOT
        for name in path_names(path):
            wanted = name.casefold()
            inner = (farm.id for farm in self.children(at) if farm.name.casefold() == wanted)
            found = next(inner, None)
            if found is None:
                return None
            at = found
        return at

    def control(self, location_id: str) -> Control:
        """What holds for a location; for one without a place what is set on everything."""
        place = self.places.get(location_id)
        chain = [(ROOT_NAME, self.root)]
        if place is not None:
            for farm_id in reversed(self.above(place.farm)):
                chain.append((self.path(farm_id), self.farms[farm_id].marks))
            chain.append(("", place.marks))
        return Control(
            off_by=next((name for name, marks in chain if marks.switches.is_off), None),
            observed_by=next((name for name, marks in chain if marks.switches.observes), None),
            windows=tuple(w for _name, marks in chain for w in marks.switches.windows),
            tags=frozenset(tag for _name, marks in chain for tag in marks.tags),
            colour=next((m.colour for _name, m in reversed(chain) if m.colour), None),
            comment=place.marks.comment if place is not None else "",
        )

    def all_tags(self) -> list[str]:
        """Every tag that is used, by name."""
        everywhere = (self.root, *(farm.marks for farm in self.farms.values()))
        used = {tag for marks in everywhere for tag in marks.tags}
        used |= {tag for place in self.places.values() for tag in place.marks.tags}
        return sorted(used, key=str.casefold)

    def applied(self, registration: Registration) -> Registration:
        """The registration as the desk uses it: in its farm, and off if anything says so."""
        place = self.places.get(registration.location_id)
        control = self.control(registration.location_id)
        farm = self.path(place.farm) if place is not None else registration.farm
        return replace(registration, farm=farm, is_on=control.off_by is None)

    def adopted(self, registrations: Iterable[Registration]) -> "Farms":
        """With a place for each location that has none: where its registration says, in farms that
        are made if need be, and off if it says so. The same farms if nothing is new. Names of the
        others follow their registrations."""
        farms, places = dict(self.farms), dict(self.places)
        for one in registrations:
            place = places.get(one.location_id)
            if place is not None:
                if place.name != one.name:
                    places[one.location_id] = replace(place, name=one.name)
                continue
            farm_id = _made(farms, one.farm)
            marks = Marks(switches=Switches(is_off=not one.is_on))
            places[one.location_id] = Place(one.location_id, one.name, farm_id, marks)
        same = farms == self.farms and places == self.places
        return self if same else replace(self, farms=farms, places=places)


def path_names(path: str) -> list[str]:
    """The names in a path, without empty ones."""
    parts = ("".join(c if c.isprintable() else " " for c in part) for part in path.split("/"))
    return [name for part in parts if (name := " ".join(part.split()))]


def with_path(farms: Farms, path: str) -> tuple[Farms, str]:
    """Farms in which the path exists, and the id of its last farm."""
    made = dict(farms.farms)
    farm_id = _made(made, path)
    return replace(farms, farms=made), farm_id


def faults(farms: Farms) -> Iterator[str]:
    """What is wrong with them, in sentences; nothing if they can be used."""
    for key, farm in farms.farms.items():
        if key != farm.id or not key:
            yield f"The farm {farm.name!r} has the id {farm.id!r} and stands under {key!r}."
        elif farm.parent != ROOT and farm.parent not in farms.farms:
            yield f"The farm {farm.name!r} lies in {farm.parent!r}, which is not there."
        if name_fault(farm.name):
            yield f"The farm {key!r}: {name_fault(farm.name)}"
        yield from mark_faults(farm.marks, farm.name)
    yield from _cycles(farms)
    names: dict[tuple[str, str], str] = {}
    for farm in farms.farms.values():
        twin = names.setdefault((farm.parent, farm.name.casefold()), farm.id)
        if twin != farm.id:
            yield f"Two farms in the same place are called {farm.name!r}."
    for key, place in farms.places.items():
        if key != place.location_id or not key:
            yield f"The location {place.name!r} stands under a wrong id."
        if place.farm != ROOT and place.farm not in farms.farms:
            yield f"The location {place.name!r} lies in {place.farm!r}, which is not there."
        yield from mark_faults(place.marks, place.name)
    yield from mark_faults(farms.root, ROOT_NAME)


def name_fault(name: str) -> str:
    """Why a farm cannot be called so; empty if it can."""
    if not name.strip():
        return "A farm has no name. Give it one."
    if name != " ".join(name.split()) or not name.isprintable():
        return "A name has single spaces only, and none at its ends."
    if "/" in name:
        return "A name has no “/”: that stands between the names of a path."
    if len(name) > LONGEST_NAME:
        return f"A name has {LONGEST_NAME} characters at most."
    return ""


def mark_faults(marks: Marks, name: str) -> Iterator[str]:
    """What is wrong with what is set on a farm or location."""
    if len(marks.comment) > LONGEST_COMMENT:
        yield f"The comment of {name} is longer than {LONGEST_COMMENT} characters. Shorten it."
    for tag in marks.tags:
        if not tag or len(tag) > LONGEST_TAG or not tag.isprintable() or set(tag) & set(" #,"):
            yield (
                f"The tag {tag!r} of {name} cannot be: a tag has up to {LONGEST_TAG} characters "
                "and none of space, comma and #."
            )
    if len({tag.casefold() for tag in marks.tags}) != len(marks.tags):
        yield f"A tag stands twice at {name}. Once is enough."


def _cycles(farms: Farms) -> Iterator[str]:
    for start in farms.farms.values():
        seen, at = {start.id}, start.parent
        while at != ROOT and at in farms.farms and at not in seen:
            seen.add(at)
            at = farms.farms[at].parent
        if at == start.id:
            yield f"The farm {start.name!r} lies in itself."


def _made(farms: dict[str, Farm], path: str) -> str:
    """The id of the farm with a path; what is missing of it is put into `farms`."""
    at = ROOT
    for name in path_names(path):
        name = name[:LONGEST_NAME].strip()
        same = (
            f for f in farms.values() if f.parent == at and f.name.casefold() == name.casefold()
        )
        found = next(same, None)
        if found is None:
            found = Farm(_free_id(farms, SEPARATOR.join(filter(None, (at, name)))), name, at)
            farms[found.id] = found
        at = found.id
    return at


def _free_id(farms: Mapping[str, Farm], wanted: str) -> str:
    """The same path gets the same id at every desk, so that their farms are known again."""
    number, found = 1, wanted
    while found in farms:
        number += 1
        found = f"{wanted} #{number}"
    return found
