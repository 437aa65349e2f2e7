"""Records of how a location has grown, as in `records`."""

from dataclasses import dataclass
from datetime import datetime, timedelta


@dataclass(frozen=True, slots=True)
class StoreSample:
    """How full a data store was at one moment.

    Attributes:
        sesam_day: YYYY-MM-DD.
        capacity, free: of its file system in bytes; None where nobody knows.
        stored_size: what the savesets on its media took.
    """

    data_store: str
    sesam_day: str
    time: datetime
    capacity: int | None
    free: int | None
    stored_size: int


@dataclass(frozen=True, slots=True)
class Growth:
    """What the backups of one sesam day saved, of those that ended OK or with a warning.

    Attributes:
        sesam_day: YYYY-MM-DD.
        saved_size: bytes read at the clients.
        stored_size: bytes that it takes on the media.
        duration: their running times added up.
    """

    sesam_day: str
    backups: int
    files: int
    saved_size: int
    stored_size: int
    duration: timedelta
