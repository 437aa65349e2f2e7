"""The components of a location: what is backed up, and where savesets lie.

Field meanings are those of `sesam_api.v1`. Sizes in bytes; moments are aware, in UTC; paths of the
agent's machine and of clients are bytes. `etag` changes with every change of an object; "" before a
location has it.
"""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import TypeVar

from sesam_master.core.draft import TOLD
from sesam_master.core.records import Client, Task

FIRST_DRIVE_GROUP = "Drives"
FIRST_STORE = "Store_1"
MOST_STREAMS = 64
LONGEST_EOL_DAYS = 36_500
MOST_KEPT = 1000  # of each rule that keeps more than the EOL


@dataclass(frozen=True, slots=True)
class Drive:
    """What jobs run on. `streams` is how many at once; none is started on one that is not active.
    `group` is what media pools name, `data_store` what it writes to."""

    name: str
    streams: int
    active: bool
    comment: str = ""
    etag: str = field(default="", metadata=TOLD)
    group: str = FIRST_DRIVE_GROUP
    data_store: str = FIRST_STORE


@dataclass(frozen=True, slots=True)
class DataStore:
    """A directory of the agent's machine that holds media.

    Attributes:
        high_water_mark: percent of its file system; no backup begins above it.
        immutable: its savesets are neither deleted nor changed before their EOL is over.
        removable: its media are put in by hand: jobs ask for those that are not there, and wait.
        capacity_bytes, free_bytes: of its file system; None while it is not in its place.
        stored_bytes: what the savesets on its media take.
        fault: why it cannot be used just now, in the agent's words.
        full_day: "2027-01-31", on which its high-water mark is reached by the trend; "": none
            within two years, and `forecast_note` says why.
        trend_bytes, trend_per_day: what is in use today by the trend, and what is added a day; None
            without one.
    """

    name: str
    path: bytes
    high_water_mark: int = 95
    comment: str = ""
    etag: str = field(default="", metadata=TOLD)
    capacity_bytes: int | None = field(default=None, metadata=TOLD)
    free_bytes: int | None = field(default=None, metadata=TOLD)
    stored_bytes: int = field(default=0, metadata=TOLD)
    fault: str = field(default="", metadata=TOLD)
    full_day: str = field(default="", metadata=TOLD)
    forecast_note: str = field(default="", metadata=TOLD)
    trend_bytes: int | None = field(default=None, metadata=TOLD)
    trend_per_day: int | None = field(default=None, metadata=TOLD)
    immutable: bool = False
    removable: bool = False

    @property
    def fill(self) -> float | None:
        """The share of its file system that is in use; None if that is not known."""
        if not self.capacity_bytes or self.free_bytes is None:
            return None
        return min(1.0, max(0.0, 1 - self.free_bytes / self.capacity_bytes))

    @property
    def is_above_mark(self) -> bool:
        """No backup begins on it."""
        return self.fill is not None and self.fill * 100 > self.high_water_mark


class LoaderKind(StrEnum):
    """What moves its media."""

    VIRTUAL = "directories"
    MTX = "changer"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Loader:
    """A device that moves media between slots and drives.

    Attributes:
        device: the directory of a virtual one, or the changer's device.
        data_stores: those in its drives, by the numbers of these from 0 on; removable ones.
        tape_devices: of a changer, those of its drives by number; "" or none: the drive lets its
            medium go by itself.
    """

    name: str
    kind: LoaderKind = LoaderKind.VIRTUAL
    device: bytes = b""
    data_stores: tuple[str, ...] = ()
    comment: str = ""
    etag: str = field(default="", metadata=TOLD)
    tape_devices: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Retention:
    """For how long savesets are kept: sesam days from each one's own on, and of each task so many
    of the newest, and the newest of so many of the last weeks, months and years that have one."""

    eol_days: int = 31
    keep_newest: int = 1
    weekly: int = 0
    monthly: int = 0
    yearly: int = 0


@dataclass(frozen=True, slots=True)
class MediaPool:
    """Media that are used for the same; drives of the group write them.

    Attributes:
        encrypted: what is saved from now on is.
        key_id: the key that new savesets are encrypted with, or were; "" for none.
        spare_pool: whose media are written to while its own cannot be; "" for none.
    """

    name: str
    drive_group: str = FIRST_DRIVE_GROUP
    retention: Retention = Retention()
    comment: str = ""
    etag: str = field(default="", metadata=TOLD)
    encrypted: bool = False
    key_id: str = field(default="", metadata=TOLD)
    spare_pool: str = ""


@dataclass(frozen=True, slots=True)
class Medium:
    """What savesets are written to. The first backup that needs one labels it.

    Attributes:
        write_protected: nothing is written to it any more, and nothing deleted.
        init_time: when it was labelled; None: it will be with the first backup to it.
        newest_sesam_day, eol: of what lies on it, "2026-11-22"; "" for none.
    """

    label: str
    write_protected: bool = False
    comment: str = ""
    pool: str = field(default="", metadata=TOLD)
    data_store: str = field(default="", metadata=TOLD)
    init_time: datetime | None = field(default=None, metadata=TOLD)
    etag: str = field(default="", metadata=TOLD)
    savesets: int = field(default=0, metadata=TOLD)
    stored_bytes: int = field(default=0, metadata=TOLD)
    newest_sesam_day: str = field(default="", metadata=TOLD)
    eol: str = field(default="", metadata=TOLD)

    @property
    def name(self) -> str:
        """Its identity in the location."""
        return self.label


Component = Client | Task | DataStore | Loader | Drive | MediaPool | Medium
AnyComponent = TypeVar("AnyComponent", bound=Component)


@dataclass(frozen=True, slots=True)
class Components:
    """All components of a location, each kind by name.

    Attributes:
        stores, pools, media, loaders: None: not known, since the desk keeps none of a location that
            is not reached.
        is_kept: the location was not reached, and this is what the desk knew at `as_of`.
    """

    location_id: str
    clients: tuple[Client, ...]
    tasks: tuple[Task, ...]
    drives: tuple[Drive, ...]
    stores: tuple[DataStore, ...] | None
    pools: tuple[MediaPool, ...] | None
    media: tuple[Medium, ...] | None
    as_of: datetime
    is_kept: bool = False
    loaders: tuple[Loader, ...] | None = None
