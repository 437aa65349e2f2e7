"""What the screens ask about licences, without knowing how it gets there. What a location says of
its own is in its picture."""

from typing import Protocol

from sesam_master.core.licence import Installed, LicenceOrder


class LicenceSource(Protocol):
    """Coroutines of the network thread; each has its own deadline and raises LocationError."""

    async def install_licence(self, location_id: str, content: bytes, request_id: str) -> Installed:
        """Puts a licence file in place. Reasons: LICENCE_REFUSED."""

    async def licence_order(self, location_id: str, delivery_note: str) -> LicenceOrder:
        """The text with which a licence for the location is ordered. Reasons: INVALID_ARGUMENT."""
