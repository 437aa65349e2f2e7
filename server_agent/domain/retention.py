"""Which savesets are kept, why, and which have come to their end.

A saveset is *kept for itself* by its EOL, by the newest ones of its task, or by the newest ones of
weeks, months and years (grandfather, father, son). What another builds on is kept as long as that
one: a chain lives while its youngest member lives (manual, "Media pools").

A saveset that lies on several media is looked at in each of these places by itself, by the rule of
its pool there; it goes with its last place. What is kept in one pool keeps what it builds on in the
same pool, or where that does not lie there, in another one.
"""

from collections import defaultdict
from collections.abc import Callable, Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from server_agent.domain.copies import Lying, best_place
from server_agent.domain.media import MediaPool


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

    saveset: Lying
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
        pool: the media pool of a label; None: nothing that lies there is ever deleted, since nobody
            knows its pool.
        protected: the labels of media on which nothing may be deleted.
        in_use: names of savesets that open jobs read or build on.
    """

    pool: Callable[[str], MediaPool | None]
    protected: frozenset[str] = frozenset()
    in_use: frozenset[str] = frozenset()


def fates(places: Sequence[Lying], today: date, keeping: Keeping) -> list[Fate]:
    """The fate of each saveset in each of its places, in the order given. Linear in their number,
    but for the sorting.

    Args:
        places: all of the location's savesets, each as often as it has places: what builds on what
            must be seen whole.
        today: the sesam day that has begun. A saveset is kept on the day of its EOL.
    """
    known = _by_name(places)
    away, faulty = _flawed(known)
    own = {_key(place): _own_reason(place, today, keeping, away) for place in places}
    for key, reason in _by_generation(places, keeping, faulty):
        own[key] = own[key] or reason
    kept = {key: (reason, "") for key, reason in own.items() if reason is not None}
    _add_needed(known, kept, keeping)
    staying = {name for name, _ in kept}
    found: list[Fate] = []
    for place in places:
        reason_by = kept.get(_key(place))
        if reason_by is not None:
            found.append(Fate(place, *reason_by))
        else:
            found.append(Fate(place, Reason.EXPIRED, stays=place.name in staying))
    return found


def _key(place: Lying) -> _Key:
    return place.name, place.label


def _number(place: Lying) -> int:
    return int(place.job_id)


def _by_name(places: Sequence[Lying]) -> dict[str, list[Lying]]:
    """The places of each saveset, those first that were made first: bases come first."""
    found: dict[str, list[Lying]] = defaultdict(list)
    for place in sorted(places, key=_number):
        found[place.name].append(place)
    return found


def _own_reason(place: Lying, today: date, keeping: Keeping, away: Container[str]) -> Reason | None:
    if place.name in keeping.in_use:
        return Reason.IN_USE
    if not place.damage and (place.missing or place.name in away):
        return Reason.AWAY
    if place.label in keeping.protected:
        return Reason.WRITE_PROTECTED
    if place.eol is None or place.eol >= today or keeping.pool(place.label) is None:
        return Reason.EOL
    return None


def _flawed(known: Mapping[str, Sequence[Lying]]) -> tuple[set[str], set[str]]:
    """Those that may be whole again when files come back, as from a medium that is mounted again;
    and those that cannot be restored whole now, by a fault of their own or of one they build on."""
    away: set[str] = set()
    faulty: set[str] = set()
    for name, lying in known.items():
        base = lying[0].base
        is_faulty = all(map(_is_faulty, lying))
        if (is_faulty or base in away) and not all(place.damage for place in lying):
            away.add(name)
        if is_faulty or (base is not None and (base in faulty or base not in known)):
            faulty.add(name)
    return away, faulty


def _is_faulty(place: Lying) -> bool:
    return place.missing or bool(place.damage)


def _by_generation(
    places: Sequence[Lying], keeping: Keeping, faulty: Container[str]
) -> Iterator[tuple[_Key, Reason]]:
    """The newest ones of each task in each pool, and of its last weeks, months and years. What
    cannot be restored keeps no place from one that can. The newest is the one made last, whatever
    its clock said."""
    of_task: dict[tuple[str, str], list[Lying]] = defaultdict(list)
    pools: dict[str, MediaPool] = {}
    for place in sorted(places, key=_number, reverse=True):
        pool = keeping.pool(place.label)
        if pool is not None and place.name not in faulty and not _is_faulty(place):
            pools[pool.name] = pool
            of_task[place.task, pool.name].append(place)
    for (_, pool_name), newest_first in of_task.items():
        rule = pools[pool_name].retention
        for saveset in newest_first[: rule.keep_newest]:
            yield _key(saveset), Reason.NEWEST
        for count, period, reason in (
            (rule.weekly, _week, Reason.WEEKLY),
            (rule.monthly, _month, Reason.MONTHLY),
            (rule.yearly, _year, Reason.YEARLY),
        ):
            for saveset in _newest_of_each(newest_first, period, count):
                yield _key(saveset), reason


def _newest_of_each(
    newest_first: Iterable[Lying], period: Callable[[date], tuple[int, ...]], count: int
) -> Iterator[Lying]:
    """The newest of each of the last `count` periods that have one."""
    seen: set[tuple[int, ...]] = set()
    for saveset in newest_first if count else ():
        found = period(saveset.sesam_day)
        if found not in seen:
            seen.add(found)
            yield saveset
            if len(seen) == count:
                return


def _add_needed(
    known: Mapping[str, Sequence[Lying]], kept: dict[_Key, tuple[Reason, str]], keeping: Keeping
) -> None:
    """Adds to the places that are kept those that they need: of what they build on, and one that is
    whole where they are not."""
    youngest: dict[str, str] = {}  # that builds on each
    for name in reversed(list(known)):  # the youngest first: what it needs is looked at behind it
        lying = [place for place in known[name] if _key(place) in kept]
        if lying and all(map(_is_faulty, lying)):
            best = best_place(known[name])
            if not _is_faulty(best):
                kept[_key(best)] = Reason.ONLY_WHOLE, ""
                lying.append(best)
        for place in lying:
            below = known.get(place.base or "")
            if below:
                by = youngest.setdefault(below[0].name, youngest.get(name, name))
                needed = _needed_place(place, below, kept, keeping)
                kept.setdefault(_key(needed), (Reason.NEEDED, by))


def _needed_place(
    place: Lying, below: Sequence[Lying], kept: Mapping[_Key, object], keeping: Keeping
) -> Lying:
    """Of a saveset that one in a place builds on, the place that is kept for that."""
    pool = keeping.pool(place.label)
    for each in below:
        if pool is not None and not _is_faulty(each) and keeping.pool(each.label) == pool:
            return each
    return best_place(sorted(below, key=lambda each: _key(each) not in kept))


def _week(day: date) -> tuple[int, ...]:
    return day.isocalendar()[:2]


def _month(day: date) -> tuple[int, ...]:
    return day.year, day.month


def _year(day: date) -> tuple[int, ...]:
    return (day.year,)
