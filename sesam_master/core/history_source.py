"""What the screens ask of a location's past, without knowing how it gets there."""

from datetime import date
from typing import Protocol

from sesam_master.core.history import GrowthDay, StoreSample


class HistorySource(Protocol):
    """Coroutines of the network thread; each has its own deadline and raises LocationError."""

    async def store_history(
        self, location_id: str, data_store: str, first_day: date
    ) -> tuple[StoreSample, ...]:
        """By data store and time; an empty name means all."""

    async def growth(self, location_id: str, first_day: date) -> tuple[GrowthDay, ...]:
        """By sesam day; days without backups are left out."""
