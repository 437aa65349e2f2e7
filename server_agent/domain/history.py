"""How the location has grown: how full its data stores were, and what its backups saved."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta


@dataclass(frozen=True, slots=True)
class StoreSample:
    """How full a data store was at one moment.

    Attributes:
        capacity_bytes, free_bytes: of its file system; None where nobody knows.
        stored_bytes: what the savesets on its media took.
    """

    store: str
    sesam_day: date
    time: datetime
    capacity_bytes: int | None
    free_bytes: int | None
    stored_bytes: int

    @property
    def used_bytes(self) -> int | None:
        """What is in use of its file system, by whomever."""
        if self.capacity_bytes is None or self.free_bytes is None:
            return None
        return self.capacity_bytes - self.free_bytes


@dataclass(frozen=True, slots=True)
class GrowthDay:
    """What the backups of one sesam day saved, of those that ended well or with a warning.

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
