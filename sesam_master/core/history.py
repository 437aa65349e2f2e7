"""How a location has grown: how full its data stores were, and what its backups saved.

Sizes in bytes, moments aware, in UTC. Sesam days are labels, never converted.
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import Enum


class Period(Enum):
    """How far back is looked: its words, and so many sesam days."""

    MONTH = "30 days", 30
    QUARTER = "90 days", 90
    YEAR = "1 year", 365
    LONG = "3 years", 3 * 365

    def __init__(self, words: str, days: int) -> None:
        self.words = words
        self.days = days

    def first_day(self, last: date) -> date:
        """The first of so many days of which this is the last."""
        return last - timedelta(self.days - 1)


@dataclass(frozen=True, slots=True)
class StoreSample:
    """How full a data store was at one moment.

    Attributes:
        capacity_bytes, free_bytes: of its file system; None where nobody knows.
        stored_bytes: what the savesets on its media took.
    """

    data_store: str
    sesam_day: date
    time: datetime
    capacity_bytes: int | None
    free_bytes: int | None
    stored_bytes: int

    @property
    def used_bytes(self) -> int | None:
        """What was in use of its file system, by whomever."""
        if self.capacity_bytes is None or self.free_bytes is None:
            return None
        return self.capacity_bytes - self.free_bytes


@dataclass(frozen=True, slots=True)
class GrowthDay:
    """What the backups of one sesam day saved, of those that ended OK or with a warning.

    Attributes:
        saved_bytes: what was read at the clients.
        stored_bytes: what that takes on the media.
        duration: their running times added up.
    """

    sesam_day: date
    backups: int
    files: int
    saved_bytes: int
    stored_bytes: int
    duration: timedelta

    @property
    def rate(self) -> float | None:
        """Bytes per second that a backup read; None if none took any time."""
        seconds = self.duration.total_seconds()
        return self.saved_bytes / seconds if seconds > 0 else None
