"""Which savesets are kept, why, and which have come to their end.

A saveset is *kept for itself* by its EOL, by the newest ones of its task, or by the newest ones of
weeks, months and years (grandfather, father, son). What another builds on is kept as long as that
one: a chain lives while its youngest member lives (manual, "Media pools").

A saveset that lies on several media is looked at in each of these places by itself, by the rule of
its pool there; it goes with its last place. What is kept in one pool keeps what it builds on in the
same pool, or where that does not lie there, in another one.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from server_agent.domain.copies import best_place
from server_agent.domain.media import MediaPool
from server_agent.domain.savesets import Saveset


class Reason(StrEnum):
    """Why a saveset is kept; EXPIRED: it is not. AWAY: its files, or those of one it builds on, are
    not in their places just now, and nobody can say whether they are the last that are left.
    ONLY_WHOLE: the places that keep it are not whole."""

    EOL = "eol"
    NEWEST = "newest"
    WEEKLY = "weekly"
    MONTHLY = "monthly"
    YEARLY = "yearly"
    NEEDED = "needed"
    WRITE_PROTECTED = "write_protected"
    IN_USE = "in_use"
    AWAY = "away"
    ONLY_WHOLE = "only_whole"
    EXPIRED = "expired"


_Key = tuple[str, str]  # a saveset and the label of one of its places


@dataclass(frozen=True, slots=True)
class Fate:
    """What becomes of a saveset in one of its places.

    Attributes:
        saveset: as it lies there.
        by: of NEEDED, the youngest saveset that builds on it.
        stays: if it goes from there: it is kept in another place.
    """

    saveset: Saveset
    reason: Reason
    by: str = ""
    stays: bool = False

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


def fates(places: Sequence[Saveset], today: date, keeping: Keeping) -> list[Fate]:
    """The fate of each saveset in each of its places, in the order given.

    Args:
        places: all of the location's savesets, each as often as it has places: what builds on what
            must be seen whole.
        today: the sesam day that has begun. A saveset is kept on the day of its EOL.
    """
    away = _away(places)
    own = {_key(place): _own_reason(place, today, keeping, away) for place in places}
    for key, reason in _by_generation(places, keeping):
        own[key] = own[key] or reason
    kept = {key: (reason, "") for key, reason in own.items() if reason is not None}
    _add_needed(places, kept, keeping)
    staying = {name for name, _ in kept}
    return [
        Fate(place, *kept[_key(place)])
        if _key(place) in kept
        else Fate(place, Reason.EXPIRED, stays=place.name in staying)
        for place in places
    ]


def _key(place: Saveset) -> _Key:
    return place.name, place.label


def _by_name(places: Sequence[Saveset]) -> dict[str, list[Saveset]]:
    """The places of each saveset, those first that were made first: bases come first."""
    found: dict[str, list[Saveset]] = defaultdict(list)
    for place in sorted(places, key=lambda each: int(each.job_id)):
        found[place.name].append(place)
    return found


def _own_reason(place: Saveset, today: date, keeping: Keeping, away: set[str]) -> Reason | None:
    if place.name in keeping.in_use:
        return Reason.IN_USE
    if not place.damage and (place.missing or place.name in away):
        return Reason.AWAY
    if place.label in keeping.protected:
        return Reason.WRITE_PROTECTED
    if keeping.pool(place) is None or place.eol is None or place.eol >= today:
        return Reason.EOL
    return None


def _away(places: Sequence[Saveset]) -> set[str]:
    """Those that may be whole again when files come back: a medium that is mounted again."""
    away: set[str] = set()
    for name, lying in _by_name(places).items():
        is_lost = all(place.damage for place in lying)
        if not is_lost and (all(place.fault for place in lying) or lying[0].base in away):
            away.add(name)
    return away


def _by_generation(places: Sequence[Saveset], keeping: Keeping) -> Iterable[tuple[_Key, Reason]]:
    """The newest ones of each task in each pool, and of its last weeks, months and years. What
    cannot be restored keeps no place from one that can. The newest is the one made last, whatever
    its clock said."""
    of_task: dict[tuple[str, MediaPool], list[Saveset]] = {}
    faulty = _faulty(places)
    for place in places:
        pool = keeping.pool(place)
        if pool is not None and not place.fault and place.name not in faulty:
            of_task.setdefault((place.task, pool), []).append(place)
    for (_, pool), known in of_task.items():
        rule = pool.retention
        known.sort(key=lambda each: int(each.job_id), reverse=True)
        for saveset in known[: rule.keep_newest]:
            yield _key(saveset), Reason.NEWEST
        for count, period, reason in (
            (rule.weekly, _week, Reason.WEEKLY),
            (rule.monthly, _month, Reason.MONTHLY),
            (rule.yearly, _year, Reason.YEARLY),
        ):
            for saveset in _newest_of_each(known, period)[:count]:
                yield _key(saveset), reason


def _faulty(places: Sequence[Saveset]) -> set[str]:
    """Those that cannot be restored whole, by a fault of their own or of one they build on."""
    known = _by_name(places)
    faulty: set[str] = set()
    for name, lying in known.items():
        base = lying[0].base
        is_lost = all(place.fault for place in lying)
        if is_lost or (base is not None and (base in faulty or base not in known)):
            faulty.add(name)
    return faulty


def _newest_of_each(
    newest_first: Sequence[Saveset], period: Callable[[date], tuple[int, ...]]
) -> list[Saveset]:
    found: dict[tuple[int, ...], Saveset] = {}
    for saveset in newest_first:
        found.setdefault(period(saveset.sesam_day), saveset)
    return list(found.values())


def _add_needed(
    places: Sequence[Saveset], kept: dict[_Key, tuple[Reason, str]], keeping: Keeping
) -> None:
    """Adds to the places that are kept those that they need: of what they build on, and one that is
    whole where they are not."""
    known = _by_name(places)
    youngest: dict[str, str] = {}  # that builds on each
    for name in reversed(known):  # the youngest first: what it needs is looked at behind it
        lying = [place for place in known[name] if _key(place) in kept]
        if lying and all(place.fault for place in lying):
            best = best_place(known[name])
            if not best.fault:
                kept[_key(best)] = Reason.ONLY_WHOLE, ""
                lying.append(best)
        for place in lying:
            below = known.get(place.base or "")
            if below:
                by = youngest.setdefault(below[0].name, youngest.get(name, name))
                needed = _needed_place(place, below, kept, keeping)
                kept.setdefault(_key(needed), (Reason.NEEDED, by))


def _needed_place(
    place: Saveset, below: Sequence[Saveset], kept: Mapping[_Key, object], keeping: Keeping
) -> Saveset:
    """Of a saveset that one in a place builds on, the place that is kept for that."""
    pool = keeping.pool(place)
    for each in below:
        if pool is not None and keeping.pool(each) == pool and not each.fault:
            return each
    return best_place(sorted(below, key=lambda each: _key(each) not in kept))


def _week(day: date) -> tuple[int, ...]:
    return day.isocalendar()[:2]


def _month(day: date) -> tuple[int, ...]:
    return day.year, day.month


def _year(day: date) -> tuple[int, ...]:
    return (day.year,)
