"""A message when a location breaks, and when it is back; not for every heartbeat."""

from collections.abc import Callable, Iterable

from sesam_master.core.fleet import Fleet
from sesam_master.ui.notices import trouble_text


class TroubleNotes:
    """`say` takes a message."""

    def __init__(self, fleet: Fleet, say: Callable[[str], None]) -> None:
        self._fleet = fleet
        self._say = say
        self._told: dict[str, str] = {}

    def follow(self, location_ids: Iterable[str]) -> None:
        """The connections of these are others."""
        for location_id in location_ids:
            if location_id in self._fleet.locations:
                self._note(location_id)

    def _note(self, location_id: str) -> None:
        state = self._fleet.locations[location_id]
        name = state.registration.name
        trouble = trouble_text(state.trouble) if state.trouble and not state.is_silent else ""
        if trouble and self._told.get(location_id) != trouble:
            self._say(f"{name}: {trouble}")
        if not trouble and state.is_live and self._told.pop(location_id, ""):
            self._say(f"{name} is connected again.")
        elif trouble:
            self._told[location_id] = trouble
