"""What the screens ask of a location's interface programs, without knowing how it gets there."""

from typing import Protocol

from sesam_master.core.interfaces import Interfaces


class InterfacesSource(Protocol):
    """Coroutines of the network thread; each has its own deadline and raises LocationError."""

    async def interfaces(self, location_id: str) -> Interfaces:
        """As they are now, in the location's own order."""
