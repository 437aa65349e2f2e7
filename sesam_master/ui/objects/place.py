"""The location that a list is of, as the fleet knows it now."""

from dataclasses import dataclass
from datetime import UTC, tzinfo

from sesam_master.core.fleet import Fleet, LocationState
from sesam_master.core.records import Role
from sesam_master.core.states import CONNECTION_WORDS
from sesam_master.ui.observing import observe_reason


@dataclass(frozen=True, slots=True)
class Zones:
    """The site's time and that of the person at the desk."""

    site: tzinfo
    mine: tzinfo


class Place:
    """Reads the fleet each time it is asked."""

    def __init__(self, fleet: Fleet, location_id: str, mine: tzinfo) -> None:
        self._fleet = fleet
        self._mine = mine
        self.location_id = location_id

    @property
    def state(self) -> LocationState | None:
        """None when the location is not listed any more."""
        return self._fleet.locations.get(self.location_id)

    @property
    def name(self) -> str:
        state = self.state
        return state.registration.name if state is not None else self.location_id

    @property
    def zones(self) -> Zones:
        """The site's zone is UTC while the location never said its own."""
        state = self.state
        return Zones(state.zone if state is not None else UTC, self._mine)

    @property
    def tasks(self) -> dict[str, str]:
        """The tasks of the location with their clients, by name."""
        state = self.state
        known = state.picture.tasks if state is not None and state.picture is not None else {}
        return {name: known[name].client for name in sorted(known, key=str.casefold)}

    @property
    def darkness(self) -> str | None:
        """Why nothing new can be known of the location; None if it is proved now."""
        state = self.state
        if state is None:
            return "The location is not one of this desk's any more."
        if state.is_live:
            return None
        words = CONNECTION_WORDS[state.shown_connection].lower()
        return f"{self.name} is {words}: nothing can be asked or changed there now."

    @property
    def hindrance(self) -> str | None:
        """Why nothing can be changed; None if it can."""
        state = self.state
        if self.darkness is not None or state is None:
            return self.darkness
        if (observed := observe_reason(state)) is not None:
            return observed
        if state.role is not Role.ADMIN:
            return (
                f"This desk has the role {state.role} at {self.name} and may only look. "
                "Ask its administrator for the role admin."
            )
        return None
