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
        immutable: its savesets are neither deleted nor changed before their EOL is over.
        removable: its media are put in by hand: jobs ask for those that are not there, and wait.
        capacity, free: of its file system in bytes, None while it is not in its place; filled by
            the agent, as are the following.
        stored_size: what the savesets on its media take.
        fault: why it cannot be used just now; "" if it can.
        full_day: YYYY-MM-DD on which it reaches its high-water mark by the trend; "": none within
            two years, and `forecast_note` says why.
        trend_size, trend_per_day: what is in use today by the trend, and what is added a day; None
            without one.
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
    immutable: bool = False
    full_day: str = ""
    forecast_note: str = ""
    trend_size: int | None = None
    trend_per_day: int | None = None
    removable: bool = False


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
        encrypted: what is saved from now on is.
        key_id: the key that new savesets are encrypted with, or were; "": it has none. Filled by
            the agent.
        spare_pool: whose media are written to while its own cannot be; "": none.
    """

    name: str
    drive_group: str = "Drives"
    retention: Retention = field(default_factory=Retention)
    comment: str = ""
    etag: str = ""
    encrypted: bool = False
    key_id: str = ""
    spare_pool: str = ""


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
class MediaRequest:
    """A medium that somebody has to put into its data store. The jobs go on by themselves when it
    is there; see `Location.answer_media_request`.

    Attributes:
        path: of the data store.
        job_ids: of the jobs that wait for it, the oldest first.
        alarm_time: when sm_alarm was called for it; None: not yet.
        is_new: it was never used: it is made as soon as its data store is there.
        fault: why it does not count as there just now, in the agent's words.
    """

    label: str
    pool: str
    data_store: str
    path: bytes
    job_ids: tuple[str, ...]
    since_time: datetime
    alarm_time: datetime | None
    is_new: bool
    fault: str


@dataclass(frozen=True, slots=True)
class SavesetFate:
    """What NEWDAY will do with a saveset on one of its media.

    Attributes:
        reason: why it is kept: "eol", "newest", "weekly", "monthly", "yearly", "needed" (by
            `needed_by`, the youngest that builds on it), "write_protected", "in_use", "away" or
            "only_whole" (on other media it is not); "" if it is deleted.
        stays: if it is deleted: the saveset stays on another medium.
    """

    saveset: str
    task: str
    label: str
    sesam_day: str
    eol: str
    stored_size: int
    reason: str
    needed_by: str
    stays: bool = False

    @property
    def is_deleted(self) -> bool:
        return not self.reason


@dataclass(frozen=True, slots=True)
class Forgotten:
    """What has left the catalogue together with a data store."""

    media: int
    savesets: int


@dataclass(frozen=True, slots=True)
class MediaChanged:
    """A data store, media pool or medium was added, changed or removed: ask for them again."""
