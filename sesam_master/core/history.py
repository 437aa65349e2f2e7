"""How a location has grown: how full its data stores were, and what its backups saved.

Sizes in bytes, moments aware, in UTC. Sesam days are labels, never converted.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import Enum
from itertools import groupby


class Period(Enum):
    """How far back is looked: its words, and so many sesam days."""

    MONTH = "30 days", 30
    QUARTER = "90 days", 90
    YEAR = "1 year", 365
    LONG = "3 years", 3 * 365

    def __init__(self, words: str, days: int) -> None:
        self.words = words
        self.days = days

    @property
    def is_by_weeks(self) -> bool:
        """So many days that one alone could not be told from the next."""
        return self.days > 100

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
    """What the backups of one sesam day saved, of those that ended OK or with a warning; or of a
    week that begins with it.

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


def by_weeks(days: Iterable[GrowthDay], first: date) -> tuple[GrowthDay, ...]:
    """The days added up by week, each under its Monday; a week that began before `first` is left
    away, since it would look like a small one. `days` are in their order."""

    def monday(day: GrowthDay) -> date:
        return day.sesam_day - timedelta(day.sesam_day.weekday())

    weeks = ((begin, tuple(each)) for begin, each in groupby(days, monday) if begin >= first)
    return tuple(
        GrowthDay(
            begin,
            sum(day.backups for day in week),
            sum(day.files for day in week),
            sum(day.saved_bytes for day in week),
            sum(day.stored_bytes for day in week),
            sum((day.duration for day in week), timedelta()),
        )
        for begin, week in weeks
    )
