"""What a farm amounts to: how its locations stand, and what of it needs a person."""

from collections import Counter
from dataclasses import dataclass, field

from sesam_master.core.farms import ROOT
from sesam_master.core.fleet import Fleet, LocationState
from sesam_master.core.states import SEVERITY, Connection, JobState

# Worst first. What is off is never green, so that no farm with such a location is.
_WORST = (
    Connection.BROKEN,
    Connection.STALE,
    Connection.CONNECTING,
    Connection.OFF,
    Connection.ON,
)


@dataclass(slots=True)
class FarmSum:
    """Over all locations in a farm, at any depth.

    Attributes:
        total, live, off, maintenance: locations; what is in maintenance may be live or not.
        troubles: newest results that need a person, per state, without those of locations that
            are silent; `silent` counts these.
        connections: how many stand how; a dark one in maintenance is not among them.
    """

    total: int = 0
    live: int = 0
    off: int = 0
    maintenance: int = 0
    troubles: Counter[JobState] = field(default_factory=Counter)
    silent: Counter[JobState] = field(default_factory=Counter)
    connections: Counter[Connection] = field(default_factory=Counter)

    @property
    def worst(self) -> Connection | None:
        """The connection that stands for all. None for a farm without locations, and where only
        expected silence is left of what is not live: then none of them stands for it."""
        told = next((kind for kind in _WORST if self.connections[kind]), None)
        return None if told is Connection.ON and self.live < self.total else told

    @property
    def counts(self) -> tuple[tuple[JobState, int], ...]:
        """The troubles, worst first."""
        return tuple((state, self.troubles[state]) for state in SEVERITY if self.troubles[state])

    def add(self, share: "Share") -> None:
        """One location more."""
        self.total += 1
        self.live += share.is_live
        self.off += share.connection is Connection.OFF
        self.maintenance += share.is_maintained
        if share.troubles:
            counts = self.silent if share.is_silent else self.troubles
            counts.update(dict(share.troubles))
        if share.is_told:
            self.connections[share.connection] += 1


@dataclass(frozen=True, slots=True)
class Share:
    """What one location adds to the farms above it. `is_told`: its connection stands for it."""

    connection: Connection
    is_live: bool
    is_silent: bool
    is_maintained: bool
    troubles: tuple[tuple[JobState, int], ...]

    @property
    def is_told(self) -> bool:
        return not self.is_silent or self.connection in (Connection.ON, Connection.OFF)


def share_of(state: LocationState) -> Share:
    """Equal to an older one if it adds the same."""
    is_silent, troubles = state.is_silent, tuple(state.trouble_counts.items())
    is_maintained = state.maintenance_end is not None
    return Share(state.shown_connection, state.is_live, is_silent, is_maintained, troubles)


def farm_sums(fleet: Fleet) -> dict[str, FarmSum]:
    """By farm id, all of them; ROOT for all locations."""
    farms = fleet.farms
    sums = {farm_id: FarmSum() for farm_id in (ROOT, *farms.farms)}
    above = {farm_id: (ROOT, *farms.above(farm_id)) for farm_id in sums}
    for location_id, state in fleet.locations.items():
        place, share = farms.places.get(location_id), share_of(state)
        for farm_id in above[place.farm if place is not None else ROOT]:
            sums[farm_id].add(share)
    return sums
