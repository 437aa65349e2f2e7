"""What a person does to the farms, each as a function that makes other farms of them.

All raise FarmError, with a sentence for people, for what cannot be.
"""

from collections.abc import Iterable
from dataclasses import replace

from sesam_master.core.farms import (
    ROOT,
    ROOT_NAME,
    Farm,
    FarmError,
    Farms,
    Marks,
    Place,
    Switches,
    faults,
    name_fault,
    with_path,
)
from sesam_master.core.registry import RegistrationChange


def add_farm(farms: Farms, farm_id: str, name: str, parent: str) -> Farms:
    """A new farm in another one, or at the top."""
    _need_farm(farms, parent)
    if farm_id in farms.farms or farm_id == ROOT:
        raise FarmError("The farm is there already. Look at the tree as it is now.")
    name = _free_name(farms, name, parent, farm_id)
    return replace(farms, farms={**farms.farms, farm_id: Farm(farm_id, name, parent)})


def rename_farm(farms: Farms, farm_id: str, name: str) -> Farms:
    farm = _farm(farms, farm_id)
    name = _free_name(farms, name, farm.parent, farm_id)
    return _with_farm(farms, replace(farm, name=name))


def move_farm(farms: Farms, farm_id: str, parent: str) -> Farms:
    """With all that is in it."""
    farm = _farm(farms, farm_id)
    _need_farm(farms, parent)
    if parent != ROOT and farm_id in farms.above(parent):
        raise FarmError(
            f"The farm {farm.name} cannot lie in itself. Move it to a farm that is not in it."
        )
    _free_name(farms, farm.name, parent, farm_id)
    return _with_farm(farms, replace(farm, parent=parent))


def move_locations(farms: Farms, location_ids: Iterable[str], farm_id: str) -> Farms:
    """To a farm, or out of all of them."""
    _need_farm(farms, farm_id)
    moved = {key: replace(_place(farms, key), farm=farm_id) for key in location_ids}
    return replace(farms, places={**farms.places, **moved})


def file_location(farms: Farms, location_id: str, path: str) -> Farms:
    """To the farm with a path, which is made if it is not there."""
    made, farm_id = with_path(farms, path)
    return checked(move_locations(made, [location_id], farm_id))


def delete_farm(farms: Farms, farm_id: str) -> Farms:
    """What is in it moves to the farm that it lies in, unless a name is taken there."""
    farm = _farm(farms, farm_id)
    rest = {key: each for key, each in farms.farms.items() if key != farm_id}
    taken = {each.name.casefold() for each in rest.values() if each.parent == farm.parent}
    for inner in farms.children(farm_id):
        if inner.name.casefold() in taken:
            raise FarmError(
                f"{farms.name(farm.parent)} has a farm {inner.name} already, so that the one in "
                f"{farm.name} cannot move there. Rename or move it first."
            )
        rest[inner.id] = replace(inner, parent=farm.parent)
    places = {
        key: replace(place, farm=farm.parent) if place.farm == farm_id else place
        for key, place in farms.places.items()
    }
    return replace(farms, farms=rest, places=places)


def forget_location(farms: Farms, location_id: str) -> Farms:
    """No error if it has no place."""
    rest = {key: place for key, place in farms.places.items() if key != location_id}
    return replace(farms, places=rest)


def mark_farm(farms: Farms, farm_id: str, marks: Marks) -> Farms:
    """Sets comment, colour, tags and switches of a farm, or of everything."""
    if farm_id == ROOT:
        return checked(replace(farms, root=marks))
    return checked(_with_farm(farms, replace(_farm(farms, farm_id), marks=marks)))


def mark_location(farms: Farms, location_id: str, marks: Marks) -> Farms:
    place = replace(_place(farms, location_id), marks=marks)
    return checked(replace(farms, places={**farms.places, location_id: place}))


def switch_location(farms: Farms, location_id: str, *, is_on: bool) -> Farms:
    """Its own switch; what its farms say stays, and hinders that it is switched on."""
    place = _place(farms, location_id)
    by = replace(farms, places={**farms.places, location_id: replace(place, marks=Marks())})
    above = by.control(location_id).off_by
    if is_on and above is not None:
        what = above if above == ROOT_NAME else f"the farm {above}"
        raise FarmError(f"{place.name} is off by {what}. Switch that on.")
    switches = replace(place.marks.switches, is_off=not is_on)
    return mark_location(farms, location_id, replace(place.marks, switches=switches))


def placed(farms: Farms, location_id: str, change: RegistrationChange) -> Farms:
    """With what a change of a registration says of farm and switch."""
    if change.farm is not None:
        farms = file_location(farms, location_id, change.farm)
    if change.is_on is not None:
        farms = switch_location(farms, location_id, is_on=change.is_on)
    return farms


def with_switches(marks: Marks, **changed: object) -> Marks:
    """The marks with some of their switches set otherwise."""
    return replace(marks, switches=replace(marks.switches, **changed))  # type: ignore[arg-type]


def lost(reason: str) -> Farms:
    """For a desk that cannot read what it may do: it looks on until a person says otherwise."""
    return Farms(root=Marks(comment=reason, switches=Switches(observes=True)))


def checked(farms: Farms) -> Farms:
    """The same farms. Raises FarmError with the first fault."""
    fault = next(faults(farms), "")
    if fault:
        raise FarmError(fault)
    return farms


def _with_farm(farms: Farms, farm: Farm) -> Farms:
    return replace(farms, farms={**farms.farms, farm.id: farm})


def _farm(farms: Farms, farm_id: str) -> Farm:
    found = farms.farms.get(farm_id)
    if found is None:
        raise FarmError("The farm is not there any more. Look at the tree as it is now.")
    return found


def _need_farm(farms: Farms, farm_id: str) -> None:
    if farm_id != ROOT:
        _farm(farms, farm_id)


def _place(farms: Farms, location_id: str) -> Place:
    found = farms.places.get(location_id)
    if found is None:
        raise FarmError("The location is not there any more. Look at the tree as it is now.")
    return found


def _free_name(farms: Farms, name: str, parent: str, farm_id: str) -> str:
    name = " ".join(name.split())
    fault = name_fault(name)
    if fault:
        raise FarmError(fault)
    for other in farms.children(parent):
        if other.id != farm_id and other.name.casefold() == name.casefold():
            where = farms.path(parent) or ROOT_NAME
            raise FarmError(f"{where} has a farm {other.name} already. Choose another name.")
    return name
