"""The clock of the machine."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import tzlocal


class SystemClock:
    """The `Clock` port; the site's zone is that of the machine when the agent starts."""

    def __init__(self) -> None:
        self._zone = ZoneInfo(tzlocal.get_localzone_name())

    def now(self) -> datetime:
        return datetime.now(UTC)

    def local(self, moment: datetime) -> datetime:
        return moment.astimezone(self._zone)

    def seconds(self, duration: timedelta) -> float:
        return duration.total_seconds()

    @property
    def zone_name(self) -> str:
        return self._zone.key
