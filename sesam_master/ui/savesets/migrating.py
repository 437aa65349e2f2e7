"""Copies savesets to another media pool, or moves them there: what is asked before."""

from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass
from typing import Any

from sesam_master.core.acts import Act, Made, unsent
from sesam_master.core.fleet import LocationState
from sesam_master.core.gateway import FleetGateway
from sesam_master.core.records import Saveset
from sesam_master.ui.acts.strip import listed_places
from sesam_master.ui.savesets.hindrances import change_reason, verify_reason
from sesam_master.ui.savesets.items import SomeSavesets
from sesam_master.ui.savesets.rows import short_name

_MOST = 1000  # names that a location takes at once


@dataclass(frozen=True, slots=True)
class Bundle(SomeSavesets):
    """The savesets of one location that go together, as one job."""

    @property
    def name(self) -> str:
        if len(self.savesets) == 1:
            return short_name(self.savesets[0])
        return f"{len(self.savesets)} savesets"


def bundles(savesets: Sequence[Saveset]) -> list[Bundle]:
    """Those of each location, in their order, as many as it takes at once."""
    by_place: dict[str, list[Saveset]] = {}
    for saveset in savesets:
        by_place.setdefault(saveset.location_id, []).append(saveset)
    return [
        Bundle(tuple(here[start : start + _MOST]))
        for here in by_place.values()
        for start in range(0, len(here), _MOST)
    ]


class Migrating:
    """Implements strip.AskedDeed. `pool` says where to, as it stands in the field."""

    is_followed = True

    def __init__(self, gateway: FleetGateway, pool: Callable[[], str], *, move: bool) -> None:
        self._gateway = gateway
        self._pool = pool
        self._move = move
        self.name = "Move" if move else "Copy"
        self.leave = "Move nothing" if move else "Copy nothing"

    def prepared(self, item: Bundle, place: LocationState | None) -> Act[Bundle]:
        return unsent(item, place, change_reason(place) if self._move else verify_reason(place))

    def send(self, item: Bundle, request_id: str) -> Coroutine[Any, Any, Made]:
        names = tuple(saveset.name for saveset in item.savesets)
        return self._gateway.migrate(item.location_id, names, self._pool(), self._move, request_id)

    def doing(self, item: Bundle) -> str:
        return f"{self.name.lower()} {item.name}"

    def is_asked_for(self, _acts: Sequence[Act[Bundle]]) -> bool:
        return True

    def question(self, acts: Sequence[Act[Bundle]]) -> str:
        return f"{self.name} {self._what(acts)} at {listed_places(acts)} to the media pool"

    def consequence(self, _acts: Sequence[Act[Bundle]]) -> str:
        words = "All that they build on is copied too; what is there already is not copied again."
        if self._move:
            return (
                f"{words} They are given up where they were once each copy was compared with its "
                "digests; what they build on stays there."
            )
        return f"{words} They stay where they are."

    def verb(self, acts: Sequence[Act[Bundle]]) -> str:
        count = sum(len(act.item.savesets) for act in acts)
        return f"{self.name} saveset" if count == 1 else f"{self.name} {count} savesets"

    def noun(self, _acts: Sequence[Act[Bundle]]) -> str:
        return "jobs"

    def _what(self, acts: Sequence[Act[Bundle]]) -> str:
        count = sum(len(act.item.savesets) for act in acts)
        return acts[0].item.name if count == 1 else f"{count} savesets"
