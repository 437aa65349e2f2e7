"""What taking over the farms of a file changes, before it is done: merged, or in place of these."""

import itertools
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

from sesam_master.core.farm_edits import add_farm, checked, move_farm, rename_farm
from sesam_master.core.farms import (
    LONGEST_NAME,
    ROOT,
    ROOT_NAME,
    Farm,
    FarmError,
    Farms,
    Marks,
    Place,
    Switches,
)


class ImportMode(StrEnum):
    """What becomes of what both say differently, and of what the file does not have."""

    KEEP_HERE = "keep here"
    TAKE_FILE = "take file"
    REPLACE = "replace"


class Aspect(StrEnum):
    """What of a farm or location two say differently."""

    EXISTS = "exists"
    NAME = "name"
    FARM = "farm"
    COMMENT = "comment"
    COLOUR = "colour"
    TAGS = "tags"
    OFF = "off"
    OBSERVES = "observe only"
    WINDOWS = "maintenance"


@dataclass(frozen=True, slots=True)
class Difference:
    """`name` is a farm's path, or a location. The values are those of the aspect: a text, a Colour
    or None, a tuple, a bool; of FARM and EXISTS a path, None where there is no such object."""

    is_farm: bool
    name: str
    aspect: Aspect
    here: Any
    there: Any


@dataclass(frozen=True, slots=True)
class Import:
    """`changes` are between what is here and `result`; `conflicts` are what both say differently,
    each once, whoever is followed."""

    result: Farms
    changes: tuple[Difference, ...]
    conflicts: tuple[Difference, ...]


def plan_import(here: Farms, there: Farms, mode: ImportMode) -> Import:
    """Both have no faults, and so has the result. Locations that only the file knows are kept with
    their names; those that it does not know keep what is set on them, and when all is replaced
    they lie in no farm then."""
    if mode is ImportMode.REPLACE:
        rest = {
            key: replace(place, farm=ROOT)
            for key, place in here.places.items()
            if key not in there.places
        }
        result = checked(replace(there, places={**there.places, **rest}))
        return Import(result, tuple(differences(here, result)), ())
    merging = _Merging(here, takes_file=mode is ImportMode.TAKE_FILE)
    result = checked(merging.merged(there))
    return Import(result, tuple(differences(here, result)), tuple(merging.conflicts))


def differences(here: Farms, there: Farms) -> Iterator[Difference]:
    """What is otherwise there, objects by their ids."""
    yield from _mark_differences(True, ROOT_NAME, here.root, there.root)
    for key in sorted({*here.farms, *there.farms}, key=lambda each: _path(here, there, each)):
        old, new, path = here.farms.get(key), there.farms.get(key), _path(here, there, key)
        if old is None or new is None:
            exists = [farms.path(key) if key in farms.farms else None for farms in (here, there)]
            yield Difference(True, path, Aspect.EXISTS, *exists)
            if new is not None:
                yield from _mark_differences(True, path, Marks(), new.marks)
            continue
        if old.name != new.name:
            yield Difference(True, path, Aspect.NAME, old.name, new.name)
        if old.parent != new.parent:
            lies = here.path(old.parent), there.path(new.parent)
            yield Difference(True, path, Aspect.FARM, *lies)
        yield from _mark_differences(True, path, old.marks, new.marks)
    yield from _place_differences(here, there)


def _place_differences(here: Farms, there: Farms) -> Iterator[Difference]:
    for key in {**here.places, **there.places}:
        old, new = here.places.get(key), there.places.get(key)
        name = (old or new or Place(key, key)).name
        if old is None or new is None:
            paths = [
                farms.path(place.farm) if place is not None else None
                for farms, place in ((here, old), (there, new))
            ]
            yield Difference(False, name, Aspect.EXISTS, *paths)
            if new is not None:
                yield from _mark_differences(False, name, Marks(), new.marks)
            continue
        if old.farm != new.farm:
            lies = here.path(old.farm), there.path(new.farm)
            yield Difference(False, name, Aspect.FARM, *lies)
        yield from _mark_differences(False, name, old.marks, new.marks)


class _Merging:
    """One merge. Farms are the same if they have the same id, or the same name in the same farm
    and ids that the other side does not know."""

    def __init__(self, here: Farms, *, takes_file: bool) -> None:
        self._farms = here
        self._takes_file = takes_file
        self._known: frozenset[str] = frozenset()  # ids of the file
        self._waiting: dict[str, str] = {}  # farms whose name was taken, and that name
        self.conflicts: list[Difference] = []

    def merged(self, there: Farms) -> Farms:
        known = {ROOT: ROOT}
        self._known = frozenset(there.farms)
        for farm in _from_the_top(there):
            known[farm.id] = self._farm(farm, known[farm.parent])
        for farm_id, name in self._waiting.items():  # it may have become free
            with suppress(FarmError):
                self._farms = rename_farm(self._farms, farm_id, name)
        root = self._marks(True, ROOT_NAME, self._farms.root, there.root)
        self._farms = replace(self._farms, root=root)
        for place in there.places.values():
            self._place(place, known[place.farm])
        return self._farms

    def _farm(self, farm: Farm, parent: str) -> str:
        """Takes one in; returns its id here."""
        twin = self._twin(farm, parent)
        if twin is None:
            name = self._free_name(farm.name, parent)
            if name != farm.name:
                self._waiting[farm.id] = farm.name
            self._farms = add_farm(self._farms, farm.id, name, parent)
            self._put(replace(self._farms.farms[farm.id], marks=farm.marks))
            return farm.id
        mine, path = self._farms.farms[twin], self._farms.path(twin)
        if mine.name != farm.name:
            self._conflict(True, path, Aspect.NAME, mine.name, farm.name)
            self._try(rename_farm, twin, farm.name)
        if mine.parent != parent:
            paths = self._farms.path(mine.parent), self._farms.path(parent)
            self._conflict(True, path, Aspect.FARM, *paths)
            self._try(move_farm, twin, parent)
        mine = self._farms.farms[twin]
        self._put(replace(mine, marks=self._marks(True, path, mine.marks, farm.marks)))
        return twin

    def _twin(self, farm: Farm, parent: str) -> str | None:
        if farm.id in self._farms.farms:
            return farm.id
        wanted = farm.name.casefold()
        named = (f.id for f in self._farms.children(parent) if f.name.casefold() == wanted)
        return next((each for each in named if each not in self._known), None)

    def _free_name(self, name: str, parent: str) -> str:
        """The name, or one like it if another farm has it there."""
        taken = {farm.name.casefold() for farm in self._farms.children(parent)}
        begin = name[: LONGEST_NAME - 10].rstrip()
        names = itertools.chain([name], (f"{begin} ({number})" for number in itertools.count(2)))
        return next(each for each in names if each.casefold() not in taken)

    def _place(self, theirs: Place, farm: str) -> None:
        mine = self._farms.places.get(theirs.location_id)
        if mine is None:
            merged = replace(theirs, farm=farm)
        else:
            lies = mine.farm
            if mine.farm == ROOT:
                lies = farm
            elif farm not in (ROOT, mine.farm):
                paths = self._farms.path(mine.farm), self._farms.path(farm)
                self._conflict(False, mine.name, Aspect.FARM, *paths)
                lies = farm if self._takes_file else mine.farm
            marks = self._marks(False, mine.name, mine.marks, theirs.marks)
            merged = replace(mine, farm=lies, marks=marks)
        places = {**self._farms.places, theirs.location_id: merged}
        self._farms = replace(self._farms, places=places)

    def _marks(self, is_farm: bool, name: str, mine: Marks, theirs: Marks) -> Marks:
        """Tags and windows of both; of the rest what one has set, or as it was chosen."""
        one, other = mine.switches, theirs.switches
        known = {tag.casefold() for tag in mine.tags}
        tags = (*mine.tags, *(tag for tag in theirs.tags if tag.casefold() not in known))
        windows = (*one.windows, *(w for w in other.windows if w not in one.windows))

        def chosen(aspect: Aspect, here: Any, there: Any) -> Any:
            if here == there or there in ("", None):
                return here
            if here in ("", None):
                return there
            self._conflict(is_farm, name, aspect, here, there)
            return there if self._takes_file else here

        return Marks(
            comment=chosen(Aspect.COMMENT, mine.comment, theirs.comment),
            colour=chosen(Aspect.COLOUR, mine.colour, theirs.colour),
            tags=tags,
            switches=Switches(
                is_off=chosen(Aspect.OFF, one.is_off, other.is_off),
                observes=chosen(Aspect.OBSERVES, one.observes, other.observes),
                windows=windows,
            ),
        )

    def _try(self, edit: Any, farm_id: str, value: str) -> None:
        """As the file has it, where that is wanted and possible."""
        if self._takes_file:
            try:
                self._farms = edit(self._farms, farm_id, value)
            except FarmError:
                return  # it stays as it is here; the conflict is told

    def _conflict(self, is_farm: bool, name: str, aspect: Aspect, here: Any, there: Any) -> None:
        self.conflicts.append(Difference(is_farm, name, aspect, here, there))

    def _put(self, farm: Farm) -> None:
        self._farms = replace(self._farms, farms={**self._farms.farms, farm.id: farm})


def _from_the_top(farms: Farms) -> Iterator[Farm]:
    """Each farm after the one that it lies in."""
    waiting = [ROOT]
    while waiting:
        inner = farms.children(waiting.pop())
        yield from inner
        waiting.extend(farm.id for farm in inner)


def _mark_differences(is_farm: bool, name: str, here: Marks, there: Marks) -> Iterator[Difference]:
    for aspect, old, new in (
        (Aspect.COMMENT, here.comment, there.comment),
        (Aspect.COLOUR, here.colour, there.colour),
        (Aspect.TAGS, here.tags, there.tags),
        (Aspect.OFF, here.switches.is_off, there.switches.is_off),
        (Aspect.OBSERVES, here.switches.observes, there.switches.observes),
        (Aspect.WINDOWS, here.switches.windows, there.switches.windows),
    ):
        if old != new:
            yield Difference(is_farm, name, aspect, old, new)


def _path(here: Farms, there: Farms, farm_id: str) -> str:
    return there.path(farm_id) if farm_id in there.farms else here.path(farm_id)
