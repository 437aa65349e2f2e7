"""Files found over all savesets of a location, their versions through time, and which saveset
stands for a moment. Pure data and rules."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sesam_master.core.records import BackupType, Entry, EntryKind, Saveset
from sesam_master.core.states import JobState


@dataclass(frozen=True, slots=True)
class FileQuery:
    """Every given condition must hold. `text` is a part of a name or, with * and ?, a whole one;
    task and client are exact names; the sesam days, YYYY-MM-DD, are both included."""

    text: str
    task: str = ""
    client: str = ""
    first_sesam_day: str = ""
    last_sesam_day: str = ""


@dataclass(frozen=True, slots=True)
class FoundFile:
    """One path of a client. Kind, size in bytes and modify time are of its newest version; saveset,
    task and `saveset_time` of the newest saveset that holds it."""

    client: str
    path: bytes
    kind: EntryKind
    size: int
    modify_time: datetime
    versions: int
    saveset: str
    task: str
    saveset_time: datetime

    @property
    def key(self) -> tuple[str, bytes]:
        return (self.client, self.path)


@dataclass(frozen=True, slots=True)
class Unindexed:
    """How many savesets were not looked through, and why not one of them, in the agent's words."""

    total: int = 0
    saveset: str = ""
    cause: str = ""


@dataclass(frozen=True, slots=True)
class FoundPage:
    """`next_token` is empty on the last page; one that is short or empty need not be the last."""

    files: tuple[FoundFile, ...]
    next_token: str
    unindexed: Unindexed


@dataclass(frozen=True, slots=True)
class VersionHolder:
    """A saveset that holds a version. `home` has its data, None when the entry was not saved."""

    saveset: str
    task: str
    time: datetime
    home: str | None


@dataclass(frozen=True, slots=True)
class Version:
    """What is the same in kind, size in bytes and modify time. `holders`: the newest savesets that
    hold it, newest first, 100 at most of `saveset_count`; `oldest` is the oldest of all."""

    kind: EntryKind
    size: int
    modify_time: datetime
    saveset_count: int
    holders: tuple[VersionHolder, ...]
    oldest: VersionHolder

    @property
    def source(self) -> VersionHolder | None:
        """The newest saveset from which it can be restored; None when its data were never saved."""
        return next((holder for holder in self.holders if holder.home is not None), None)


@dataclass(frozen=True, slots=True)
class VersionPage:
    """The version in the newest saveset first. `next_token` is empty on the last page."""

    versions: tuple[Version, ...]
    next_token: str
    unindexed: Unindexed


class Aspect(StrEnum):
    """In what two entries differ; OTHER is one that only a newer agent knows."""

    KIND = "kind"
    SIZE = "size"
    TIME = "time"
    MODE = "mode"
    OWNER = "owner"
    LINK_TARGET = "link target"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Difference:
    """An entry that one listing has and the other has not, or not in the same way; one of both is
    there. `aspects` only if both are."""

    before: Entry | None
    after: Entry | None
    aspects: tuple[Aspect, ...]

    @property
    def word(self) -> str:
        """added, removed or changed"""
        if self.before is None:
            return "added"
        return "removed" if self.after is None else "changed"

    @property
    def path(self) -> bytes:
        entry = self.after or self.before
        return entry.path if entry is not None else b""


@dataclass(frozen=True, slots=True)
class DifferencePage:
    """Ordered by directory and then by name. The counts are from the first page up to this one;
    `next_token` is empty on the last page, and the counts are of everything then."""

    differences: tuple[Difference, ...]
    next_token: str
    added: int
    removed: int
    changed: int


def is_usable(saveset: Saveset) -> bool:
    """Whether its location vouches that it can be restored whole."""
    return not saveset.damage and saveset.state is not JobState.ERROR


def at_moment(savesets: Iterable[Saveset], moment: datetime) -> Saveset | None:
    """The newest one that can be restored and began at this moment or before; None if none did."""
    fitting = (s for s in savesets if is_usable(s) and s.start_time <= moment)
    return max(fitting, key=lambda saveset: saveset.start_time, default=None)


def chain_roots(savesets: Sequence[Saveset]) -> dict[str, str]:
    """For each saveset the oldest name that it builds on, as far as it is among them; itself for a
    FULL or a COPY."""
    by_name = {saveset.name: saveset for saveset in savesets}
    roots: dict[str, str] = {}
    for saveset in savesets:
        way, here = [], saveset
        while here.name not in roots and here.name not in way:
            way.append(here.name)
            base = by_name.get(here.base or "")
            if base is None or here.type in (BackupType.FULL, BackupType.COPY):
                # A base that is not listed still is the same one for all that build on it.
                is_start = here.type in (BackupType.FULL, BackupType.COPY) or not here.base
                roots[here.name] = here.name if is_start else here.base or here.name
                break
            here = base
        root = roots.get(here.name, here.name)
        roots.update(dict.fromkeys(way, root))
    return roots
