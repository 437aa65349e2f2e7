"""Records of media, as in `records`: where savesets lie, and for how long."""

from dataclasses import dataclass, field
from datetime import datetime


@dataclass(frozen=True, slots=True)
class DataStore:
    """A directory that holds media.

    To be given to `Location.add_data_store`, and changed with `dataclasses.replace`.

    Attributes:
        path: absolute, on the agent's machine.
        high_water_mark: percent of its file system; no backup begins above it.
        capacity, free: of its file system in bytes, None while it is not in its place; filled by
            the agent, as are the following.
        stored_size: what the savesets on its media take.
        fault: why it cannot be used just now; "" if it can.
    """

    name: str
    path: bytes
    high_water_mark: int = 95
    comment: str = ""
    etag: str = ""
    capacity: int | None = None
    free: int | None = None
    stored_size: int = 0
    fault: str = ""


@dataclass(frozen=True, slots=True)
class Retention:
    """For how long savesets are kept. What another one builds on is kept as long as that one.

    Attributes:
        eol_days: each saveset, counted in sesam days from its own one.
        keep_newest: of each task so many of the newest that can be restored, however old they are.
        weekly, monthly, yearly: of each task the newest of so many of the last weeks, months and
            years that have one.
    """

    eol_days: int = 31
    keep_newest: int = 1
    weekly: int = 0
    monthly: int = 0
    yearly: int = 0


@dataclass(frozen=True, slots=True)
class MediaPool:
    """Media that are used for the same.

    To be given to `Location.add_pool`, and changed with `dataclasses.replace`.

    Attributes:
        name: must not end in five digits.
        drive_group: the drives that write its media.
    """

    name: str
    drive_group: str = "Drives"
    retention: Retention = field(default_factory=Retention)
    comment: str = ""
    etag: str = ""


@dataclass(frozen=True, slots=True)
class Medium:
    """What savesets are written to. Backups add them; `Location.modify_medium` changes
    `write_protected` and `comment`.

    Attributes:
        label: the pool's name and five digits.
        init_time: when it was labelled; None: it will be with the first backup to it.
        write_protected: nothing is written to it any more, and nothing deleted.
        savesets, stored_size, newest_sesam_day, eol: what lies on it; days are YYYY-MM-DD, "" for
            none, `eol` is the latest.
    """

    label: str
    pool: str
    data_store: str
    init_time: datetime | None
    write_protected: bool
    comment: str
    etag: str
    savesets: int
    stored_size: int
    newest_sesam_day: str
    eol: str


@dataclass(frozen=True, slots=True)
class SavesetFate:
    """What NEWDAY will do with a saveset.

    Attributes:
        reason: why it is kept: "eol", "newest", "weekly", "monthly", "yearly", "needed" (by
            `needed_by`, the youngest that builds on it), "write_protected", "in_use" or "away";
            "" if it is deleted.
    """

    saveset: str
    task: str
    label: str
    sesam_day: str
    eol: str
    stored_size: int
    reason: str
    needed_by: str

    @property
    def is_deleted(self) -> bool:
        return not self.reason


@dataclass(frozen=True, slots=True)
class MediaChanged:
    """A data store, media pool or medium was added, changed or removed: ask for them again."""
