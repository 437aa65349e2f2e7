"""Which savesets are kept, why, and which have come to their end.

A saveset is *kept for itself* by its EOL, by the newest ones of its task, or by the newest ones of
weeks, months and years (grandfather, father, son). What another builds on is kept as long as that
one: a chain lives while its youngest member lives (manual, "Media pools").
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from server_agent.domain.media import MediaPool
from server_agent.domain.savesets import Saveset


class Reason(StrEnum):
    """Why a saveset is kept; EXPIRED: it is not. AWAY: its files, or those of one it builds on, are
    not in their places just now, and nobody can say whether they are the last that are left."""

    EOL = "eol"
    NEWEST = "newest"
    WEEKLY = "weekly"
    MONTHLY = "monthly"
    YEARLY = "yearly"
    NEEDED = "needed"
    WRITE_PROTECTED = "write_protected"
    IN_USE = "in_use"
    AWAY = "away"
    EXPIRED = "expired"


@dataclass(frozen=True, slots=True)
class Fate:
    """What becomes of a saveset.

    Attributes:
        by: of NEEDED, the youngest saveset that builds on it.
    """

    saveset: Saveset
    reason: Reason
    by: str = ""

    @property
    def goes(self) -> bool:
        return self.reason is Reason.EXPIRED


@dataclass(frozen=True, slots=True)
class Keeping:
    """What else than its age says that a saveset stays.

    Attributes:
        pool: the media pool that holds a saveset; None: nothing of it is ever deleted, since nobody
            knows its pool.
        protected: the labels of media on which nothing may be deleted.
        in_use: names of savesets that open jobs read or build on.
    """

    pool: Callable[[Saveset], MediaPool | None]
    protected: frozenset[str] = frozenset()
    in_use: frozenset[str] = frozenset()


def fates(savesets: Sequence[Saveset], today: date, keeping: Keeping) -> list[Fate]:
    """The fate of each saveset, in the order given.

    Args:
        savesets: all of the location's: what builds on what must be seen whole.
        today: the sesam day that has begun. A saveset is kept on the day of its EOL.
    """
    away = _away(savesets)
    own = {saveset.name: _own_reason(saveset, today, keeping, away) for saveset in savesets}
    for name, reason in _by_generation(savesets, keeping):
        own[name] = own[name] or reason
    needed_by = _needed_by(savesets, {name for name, reason in own.items() if reason is not None})
    return [_fate(saveset, own[saveset.name], needed_by) for saveset in savesets]


def _own_reason(saveset: Saveset, today: date, keeping: Keeping, away: set[str]) -> Reason | None:
    if saveset.name in keeping.in_use:
        return Reason.IN_USE
    if saveset.name in away:
        return Reason.AWAY
    if saveset.label in keeping.protected:
        return Reason.WRITE_PROTECTED
    if keeping.pool(saveset) is None or saveset.eol is None or saveset.eol >= today:
        return Reason.EOL
    return None


def _away(savesets: Sequence[Saveset]) -> set[str]:
    """Those that may be whole again when files come back: a medium that is mounted again."""
    away: set[str] = set()
    for saveset in sorted(savesets, key=lambda each: int(each.job_id)):  # bases come first
        if not saveset.damage and (saveset.missing or saveset.base in away):
            away.add(saveset.name)
    return away


def _by_generation(savesets: Sequence[Saveset], keeping: Keeping) -> Iterable[tuple[str, Reason]]:
    """The newest ones of each task in each pool, and of its last weeks, months and years. What
    cannot be restored keeps no place from one that can. The newest is the one made last, whatever
    its clock said."""
    of_task: dict[tuple[str, MediaPool], list[Saveset]] = {}
    faulty = _faulty(savesets)
    for saveset in savesets:
        pool = keeping.pool(saveset)
        if pool is not None and saveset.name not in faulty:
            of_task.setdefault((saveset.task, pool), []).append(saveset)
    for (_, pool), known in of_task.items():
        rule = pool.retention
        known.sort(key=lambda each: int(each.job_id), reverse=True)
        for saveset in known[: rule.keep_newest]:
            yield saveset.name, Reason.NEWEST
        for count, period, reason in (
            (rule.weekly, _week, Reason.WEEKLY),
            (rule.monthly, _month, Reason.MONTHLY),
            (rule.yearly, _year, Reason.YEARLY),
        ):
            for saveset in _newest_of_each(known, period)[:count]:
                yield saveset.name, reason


def _faulty(savesets: Sequence[Saveset]) -> set[str]:
    """Those that cannot be restored whole, by a fault of their own or of one they build on."""
    known = {saveset.name: saveset for saveset in savesets}
    faulty: set[str] = set()
    for saveset in sorted(savesets, key=lambda each: int(each.job_id)):  # bases come first
        base = saveset.base
        if saveset.fault or (base is not None and (base in faulty or base not in known)):
            faulty.add(saveset.name)
    return faulty


def _newest_of_each(
    newest_first: Sequence[Saveset], period: Callable[[date], tuple[int, ...]]
) -> list[Saveset]:
    found: dict[tuple[int, ...], Saveset] = {}
    for saveset in newest_first:
        found.setdefault(period(saveset.sesam_day), saveset)
    return list(found.values())


def _needed_by(savesets: Sequence[Saveset], kept: set[str]) -> dict[str, str]:
    """Of each saveset that a kept one builds on, the youngest such one."""
    base_of = {saveset.name: saveset.base for saveset in savesets}
    needed: dict[str, str] = {}
    youngest_first = sorted(savesets, key=lambda each: int(each.job_id), reverse=True)
    for saveset in youngest_first:
        base = base_of[saveset.name] if saveset.name in kept else None
        while base is not None and base not in needed:
            needed[base] = saveset.name
            base = base_of.get(base)
    return needed


def _fate(saveset: Saveset, own: Reason | None, needed_by: dict[str, str]) -> Fate:
    if own is not None:
        return Fate(saveset, own)
    if saveset.name in needed_by:
        return Fate(saveset, Reason.NEEDED, needed_by[saveset.name])
    return Fate(saveset, Reason.EXPIRED)


def _week(day: date) -> tuple[int, ...]:
    return day.isocalendar()[:2]


def _month(day: date) -> tuple[int, ...]:
    return day.year, day.month


def _year(day: date) -> tuple[int, ...]:
    return (day.year,)
