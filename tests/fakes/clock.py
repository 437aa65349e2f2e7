"""A clock that a test sets."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo


class FakeClock:
    """Stands still until it is moved."""

    def __init__(self, now: datetime, zone: str = "UTC") -> None:
        if now.tzinfo is None:
            raise ValueError("now must be aware")
        self._now = now.astimezone(UTC)
        self._zone = ZoneInfo(zone)

    def now(self) -> datetime:
        return self._now

    def local(self, moment: datetime) -> datetime:
        return moment.astimezone(self._zone)

    def seconds(self, duration: timedelta) -> float:
        """As if it ran like any other."""
        return duration.total_seconds()

    @property
    def zone_name(self) -> str:
        return self._zone.key

    def advance(self, delta: timedelta) -> None:
        """Moves the clock on, or back by a negative delta."""
        self._now += delta
