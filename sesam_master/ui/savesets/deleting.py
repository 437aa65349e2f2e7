"""Deletes savesets for good: what is asked before, what builds on them, and what is lost."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from sesam_master.core.acts import Act, Made, counted, unsent
from sesam_master.core.fleet import LocationState
from sesam_master.core.gateway import FleetGateway
from sesam_master.core.records import Saveset
from sesam_master.core.savesets import builders
from sesam_master.ui.acts.strip import listed_places
from sesam_master.ui.savesets.hindrances import change_reason
from sesam_master.ui.savesets.items import SomeSavesets
from sesam_master.ui.savesets.rows import listed_names, short_name, sizes_text


@dataclass(frozen=True, slots=True)
class Doomed(SomeSavesets):
    """Savesets of one location that build on each other: they go together or not at all. The oldest
    first, never empty."""

    @property
    def name(self) -> str:
        more = len(self.savesets) - 1
        return short_name(self.savesets[0]) + (f" and {more} built on it" if more else "")


class Deleting:
    """Implements strip.AskedDeed; a person always has to agree. `known` gives the savesets of a
    location that are known at this desk."""

    leave = "Keep them"
    name = "Deletion"
    is_followed = False

    def __init__(self, gateway: FleetGateway, known: Callable[[str], Sequence[Saveset]]) -> None:
        self._gateway = gateway
        self._known = known

    def prepared(self, item: Doomed, place: LocationState | None) -> Act[Doomed]:
        reason = change_reason(place) or self._needed(item)
        return unsent(item, place, reason, count=len(item.savesets))

    async def send(self, item: Doomed, request_id: str) -> Made:
        names = [saveset.name for saveset in item.savesets]
        await self._gateway.delete_savesets(item.location_id, names, request_id)
        return Made()

    def doing(self, item: Doomed) -> str:
        return f"delete {item.name}"

    def is_asked_for(self, _acts: Sequence[Act[Doomed]]) -> bool:
        return True

    def question(self, acts: Sequence[Act[Doomed]]) -> str:
        if len(acts) == 1:
            return f"Delete {acts[0].item.name} at {acts[0].location}?"
        return f"Delete {counted(acts)} savesets at {listed_places(acts)}?"

    def consequence(self, acts: Sequence[Act[Doomed]]) -> str:
        gone = [saveset for act in acts for saveset in act.item.savesets]
        size = sum(saveset.stored_bytes for saveset in gone)
        return (
            f"{sizes_text(len(gone), size)}: {listed_names(gone)}. Their data and listings go "
            "for good; nothing can be restored from them any more. It cannot be undone."
        )

    def verb(self, acts: Sequence[Act[Doomed]]) -> str:
        number = counted(acts)
        return "Delete saveset" if number == 1 else f"Delete {number} savesets"

    def noun(self, _acts: Sequence[Act[Doomed]]) -> str:
        return "chains"

    def _needed(self, item: Doomed) -> str | None:
        """What builds on it and was not chosen; the location knows what this desk does not."""
        names = {saveset.name for saveset in item.savesets}
        needing = builders(names, self._known(item.location_id))
        if not needing:
            return None
        verb = "builds" if len(needing) == 1 else "build"
        return (
            f"{listed_names(needing)} {verb} on it. Choose what builds on it too, or delete that "
            "first."
        )


def doomed(chosen: Sequence[Saveset]) -> list[Doomed]:
    """Those that build on each other together, so that one that is refused keeps no others."""
    root: dict[tuple[str, str], tuple[str, str]] = {}
    groups: dict[tuple[str, str], list[Saveset]] = {}
    for saveset in sorted(chosen, key=lambda one: int(one.job_id)):
        base = (saveset.location_id, saveset.base or "")
        key = root[saveset.key] = root.get(base, saveset.key)
        groups.setdefault(key, []).append(saveset)
    return [Doomed(tuple(group)) for group in groups.values()]
