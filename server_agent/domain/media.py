"""Where savesets lie, and for how long: data stores, media pools and media."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta

from server_agent.domain.errors import InvalidArgument
from server_agent.domain.quoting import printable
from server_agent.domain.topology import LONGEST_PATH, checked_name

FIRST_STORE = "Store_1"
FIRST_POOL = "DISK"
FIRST_DRIVE_GROUP = "Drives"
LONGEST_EOL_DAYS = 36_500
MOST_KEPT = 1000  # of each of the rules that keep more than the newest
_LONGEST_POOL = 64
_NUMBER_DIGITS = 5
_REPOSITORIES = (b"restic:", b"restic+")
_LABEL = re.compile(r"(?P<pool>.+)(?P<number>\d{5})", re.DOTALL)
_POOL_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]*")
NEVER = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class DataStore:
    """What holds media: a directory, or a place for repositories. `version` counts its changes.

    Attributes:
        path: absolute; it bears the store's own label, so that an empty place where it is not
            mounted is never taken for it. Of repositories, "restic+SECRET:URL".
        high_water_mark: percent of its file system; no backup begins above it.
        immutable: its savesets are neither deleted nor changed before their EOL is over.
        removable: its media are put in by hand: who needs one that is not there asks for it.
    """

    name: str
    path: bytes
    high_water_mark: int = 95
    comment: str = ""
    version: int = 1
    immutable: bool = False
    removable: bool = False

    @property
    def has_repositories(self) -> bool:
        """Whether its media are repositories; the engine knows more about where they are."""
        return self.path.startswith(_REPOSITORIES)


@dataclass(frozen=True, slots=True)
class Retention:
    """For how long the savesets of a pool are kept, counted in sesam days.

    Attributes:
        eol_days: each saveset, from its sesam day on.
        keep_newest: of each task so many of the newest that can be restored, however old they are.
        weekly, monthly, yearly: of each task, the newest of so many of the last weeks (Monday to
            Sunday), months, years that have one.
    """

    eol_days: int = 31
    keep_newest: int = 1
    weekly: int = 0
    monthly: int = 0
    yearly: int = 0

    def eol(self, sesam_day: date) -> date:
        """The last sesam day on which a saveset of that day is kept."""
        return min(sesam_day, date.max - timedelta(self.eol_days)) + timedelta(self.eol_days)


@dataclass(frozen=True, slots=True)
class MediaPool:
    """Media that are used for the same. `version` counts its changes.

    Attributes:
        drive_group: the drives that write its media.
        encrypted: what is saved from now on is.
        key_id: the key that new savesets are encrypted with, or were; empty: it never had one.
        spare_pool: whose media are written to while its own cannot be; empty: none.
        last_number: of a medium that was forgotten and may come back: its label is not given again.
    """

    name: str
    drive_group: str
    retention: Retention = field(default_factory=Retention)
    comment: str = ""
    version: int = 1
    encrypted: bool = False
    key_id: str = ""
    spare_pool: str = ""
    last_number: int = 0


@dataclass(frozen=True, slots=True)
class Medium:
    """What savesets are written to: in a data store a directory that bears its label. `version`
    counts its changes.

    Attributes:
        label: the name of its pool and five digits; unique in the location.
        store: the data store that holds it.
        write_protected: nothing is written to it any more, and nothing deleted.
    """

    label: str
    pool: str
    store: str
    init_time: datetime = NEVER
    write_protected: bool = False
    comment: str = ""
    version: int = 1

    @property
    def name(self) -> str:
        return self.label


def is_elsewhere(store: bytes) -> bool:
    """Whether the path of a data store is of repositories on another machine."""
    return store.startswith(_REPOSITORIES) and not store.partition(b":")[2].startswith(b"/")


def usual_pool(pools: Sequence[MediaPool]) -> MediaPool | None:
    """What is written to if no pool is named: the only one, or the first one that there was, if it
    is there still; else None."""
    if len(pools) == 1:
        return pools[0]
    return next((pool for pool in pools if pool.name == FIRST_POOL), None)


def checked_pool(pool: MediaPool) -> MediaPool:
    """The pool itself, or InvalidArgument that names the field. A name that ended in five digits
    could not be told from a label (manual, "Media pools")."""
    name = pool.name
    if not _POOL_NAME.fullmatch(name) or len(name) > _LONGEST_POOL:
        raise InvalidArgument(
            field="name",
            value=printable(name[:100]),
            expected=f"1 to {_LONGEST_POOL} letters, digits and _ . -, a letter or digit first",
        )
    if re.search(r"\d{5}\Z", name):
        raise InvalidArgument(
            field="name", value=name, expected="a name that does not end in five digits"
        )
    checked_name("drive_group", pool.drive_group)
    _check_retention(pool.retention)
    return pool


def checked_store(store: DataStore) -> DataStore:
    """The data store itself, or InvalidArgument that names the field."""
    checked_name("name", store.name)
    path, parts = store.path.rstrip(b"/"), set(store.path.strip(b"/").split(b"/"))
    if store.has_repositories:
        parts.clear()  # the engine that reads them says what is wrong
    elif not path.startswith(b"/") or b"\0" in path or {b"", b".", b".."} & parts:
        raise InvalidArgument(
            field="path",
            value=printable(store.path[:200]),
            expected="an absolute path of a directory, other than /, without '.', '..' or '//',"
            " or restic+SECRET:URL",
        )
    if len(path) > LONGEST_PATH:
        raise InvalidArgument(
            field="path", value=f"{len(path)} bytes", expected=f"at most {LONGEST_PATH} bytes"
        )
    if store.removable and store.has_repositories:
        raise InvalidArgument(
            field="removable", value="true", expected="false: repositories are not put in by hand"
        )
    _check_number("high_water_mark", store.high_water_mark, 1, 100)
    return replace(store, path=path)


def pool_of(label: str) -> str:
    """The pool that a label begins with; the label itself if it does not end in five digits."""
    found = _LABEL.fullmatch(label)
    return found["pool"] if found else label


def number_of(label: str) -> int:
    """That which a label ends in; 0 if it does not end in five digits."""
    found = _LABEL.fullmatch(label)
    return int(found["number"]) if found else 0


def next_label(pool: str, labels: frozenset[str], last_number: int = 0) -> str:
    """The label of a pool's next medium: the number after its highest, and after the last.

    Raises:
        InvalidArgument: all its 99999 numbers are taken.
    """
    numbers = [
        int(found["number"])
        for found in map(_LABEL.fullmatch, labels)
        if found is not None and found["pool"] == pool
    ]
    number = max(numbers, default=0)
    number = max(number, last_number) + 1
    if number >= 10**_NUMBER_DIGITS:
        raise InvalidArgument(
            field="pool", value=pool, expected="a pool with less than 99999 media"
        )
    return f"{pool}{number:0{_NUMBER_DIGITS}d}"


def _check_retention(retention: Retention) -> None:
    _check_number("eol_days", retention.eol_days, 0, LONGEST_EOL_DAYS)
    for rule in ("keep_newest", "weekly", "monthly", "yearly"):
        _check_number(rule, getattr(retention, rule), 0, MOST_KEPT)


def _check_number(field: str, value: int, least: int, most: int) -> None:
    if not least <= value <= most:
        raise InvalidArgument(field=field, value=value, expected=f"a number from {least} to {most}")
