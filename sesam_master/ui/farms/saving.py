"""Makes of the properties window's wish a change of the farms as they are by then."""

from collections.abc import Callable
from typing import Any

from sesam_master.core import farm_edits
from sesam_master.core.farms import ROOT, FarmError, Farms, Marks
from sesam_master.ui.farms.properties import Properties, Target


def edit_of(target: Target, wanted: Any, before: Farms) -> Callable[[Farms], Farms]:
    """`before`: as they were when the window was opened. Whoever changed the same meanwhile is not
    written over: FarmError."""
    assert isinstance(wanted, Properties)

    def edit(farms: Farms) -> Farms:
        if _standing(farms, target) != _standing(before, target):
            raise FarmError(
                "It was changed meanwhile. Close this window, and look at it as it is now."
            )
        if not target.is_farm:
            if wanted.farm != farms.places[target.id].farm:
                farms = farm_edits.move_locations(farms, [target.id], wanted.farm)
            return farm_edits.mark_location(farms, target.id, wanted.marks)
        if target.id != ROOT:
            farm = farms.farms[target.id]
            if wanted.farm != farm.parent:
                farms = farm_edits.move_farm(farms, target.id, wanted.farm)
            if wanted.name != farm.name:
                farms = farm_edits.rename_farm(farms, target.id, wanted.name)
        return farm_edits.mark_farm(farms, target.id, wanted.marks)

    return edit


def _standing(farms: Farms, target: Target) -> tuple[str, str, Marks | None]:
    """What the window shows of it."""
    if not target.is_farm:
        place = farms.places.get(target.id)
        return ("", place.farm, place.marks) if place is not None else ("", "", None)
    if target.id == ROOT:
        return "", "", farms.root
    farm = farms.farms.get(target.id)
    return (farm.name, farm.parent, farm.marks) if farm is not None else ("", "", None)
