"""Time."""

from datetime import datetime, timedelta
from typing import Protocol


class Clock(Protocol):
    """The only source of time."""

    def now(self) -> datetime:
        """The moment, aware, in UTC."""

    def local(self, moment: datetime) -> datetime:
        """The moment as the wall clock of the location shows it (aware, in the site's zone)."""

    def seconds(self, duration: timedelta) -> float:
        """How long somebody has to wait until the clock shows so much later."""

    @property
    def zone_name(self) -> str:
        """IANA name of the site's zone."""
