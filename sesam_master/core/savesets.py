"""Savesets of many locations: how they are sorted, what builds on what, why one stays."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from sesam_master.core.records import Saveset

FAR_DAY = "9999-12-31"  # of one that is not deleted by its age


@dataclass(frozen=True, slots=True)
class SavesetPage:
    """`next_token` is empty on the last page."""

    savesets: tuple[Saveset, ...]
    next_token: str


@dataclass(frozen=True, slots=True)
class SavesetQuery:
    """Every given condition must hold; `text` is looked for in the names of saveset, task and
    client. `order` is one of `ORDERS`; where that is the same, by name in the same direction."""

    task: str = ""
    client: str = ""
    text: str = ""
    order: str = "start_time"
    descending: bool = True


_BEFORE_ALL = datetime.min.replace(tzinfo=UTC)
# What the agents sort by. One without an EOL stands behind all days, one that was never compared
# before all times.
ORDERS: Mapping[str, Callable[[Saveset], Any]] = {
    "start_time": lambda saveset: saveset.start_time,
    "name": lambda saveset: saveset.name,
    "task": lambda saveset: saveset.task,
    "client": lambda saveset: saveset.client,
    "type": lambda saveset: saveset.type.value if saveset.type else "",
    "sesam_day": lambda saveset: saveset.sesam_day,
    "bytes": lambda saveset: saveset.size_bytes,
    "eol": lambda saveset: saveset.eol or FAR_DAY,
    "verify_time": lambda saveset: saveset.verify_time or _BEFORE_ALL,
}


def sort_key(order: str) -> Callable[[Saveset], Any]:
    """The value by which a list is sorted, as the agents do. Raises KeyError for an unknown
    order."""
    value = ORDERS[order]
    return lambda saveset: (value(saveset), saveset.name)


class KeepReason(StrEnum):
    """Why a saveset stays on a sesam day; DELETED: it does not. `UNKNOWN` is one that only a newer
    agent knows."""

    DELETED = "deleted"
    EOL = "eol"
    NEWEST = "newest"
    WEEKLY = "weekly"
    MONTHLY = "monthly"
    YEARLY = "yearly"
    NEEDED = "needed"
    WRITE_PROTECTED = "write protected"
    IN_USE = "in use"
    AWAY = "away"
    ONLY_WHOLE = "only whole"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class SavesetFate:
    """What becomes of a saveset on one medium on a sesam day; there is one for each medium that it
    lies on. `needed_by` is the youngest that builds on it, of NEEDED only. `stays`: it is deleted
    there and stays on another medium."""

    saveset: str
    task: str
    label: str
    sesam_day: str
    eol: str
    stored_bytes: int
    reason: KeepReason
    needed_by: str = ""
    stays: bool = False


@dataclass(frozen=True, slots=True)
class FatePage:
    """The oldest first. `next_token` is empty on the last page; the sums are over all pages.

    Attributes:
        deleted_copies: of savesets that stay on another medium, not in `deleted_savesets`.
        deleted_bytes: that are freed, by both.
        held_back: why this NEWDAY deletes nothing of what is due; empty if it does.
    """

    fates: tuple[SavesetFate, ...]
    next_token: str
    deleted_savesets: int
    deleted_bytes: int
    deleted_copies: int = 0
    held_back: str = ""


@dataclass(frozen=True, slots=True)
class Lineage:
    """`chain`: what the chosen saveset builds on, the oldest first, and it itself at the end; it
    begins with a base that is not there where that is missing. `builders`: what builds on it, also
    by way of others, the oldest first."""

    chain: tuple[Saveset, ...]
    builders: tuple[Saveset, ...]
    missing_base: str = ""


def lineage(chosen: Saveset, others: Iterable[Saveset]) -> Lineage:
    """Of one saveset among those of its location."""
    by_name = {saveset.name: saveset for saveset in others} | {chosen.name: chosen}
    chain, seen, base = [chosen], {chosen.name}, chosen.base
    while base is not None and base in by_name and base not in seen:
        seen.add(base)
        chain.append(by_name[base])
        base = by_name[base].base
    missing = base if base is not None and base not in by_name else ""
    found = _builders({chosen.name}, by_name.values())
    return Lineage(tuple(reversed(chain)), tuple(found), missing)


def builders(names: Iterable[str], among: Iterable[Saveset]) -> list[Saveset]:
    """What builds on these and is none of them, also by way of others, the oldest first."""
    return _builders(set(names), among)


def tips(chosen: Sequence[Saveset]) -> list[tuple[Saveset, int]]:
    """Those on which no other chosen one of the same location builds, each with the number of
    chosen ones below it: to look through its whole chain looks through them too."""
    by_key = {saveset.key: saveset for saveset in chosen}
    bases = {(saveset.location_id, saveset.base) for saveset in chosen if saveset.base}
    found = []
    for saveset in chosen:
        if saveset.key in bases:
            continue
        below, base = 0, saveset.base
        while base and (under := by_key.get((saveset.location_id, base))) is not None:
            below, base = below + 1, under.base
        found.append((saveset, below))
    return found


def _builders(names: set[str], among: Iterable[Saveset]) -> list[Saveset]:
    """A base is always older than what builds on it."""
    reached, found = set(names), []
    for saveset in sorted(among, key=lambda one: int(one.job_id)):
        if saveset.base in reached and saveset.name not in reached:
            reached.add(saveset.name)
            found.append(saveset)
    return found
