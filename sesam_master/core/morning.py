"""What the morning asks of many locations: each number with how many locations stand behind it.

A number counts what is proved now: a location that is dark, or did not answer, is missing in it and
is told apart. Only the end of a licence is known of a dark location too, since days go by anyway.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sesam_master.core.components import DataStore
from sesam_master.core.coverage import Coverage
from sesam_master.core.fleet import LocationState
from sesam_master.core.licence import Licence
from sesam_master.core.morning_answer import Answer, Days
from sesam_master.core.results_period import common_day
from sesam_master.core.states import Connection, JobState

FAILED = frozenset({JobState.ERROR, JobState.BROKEN})
_SOON = timedelta(days=14)


@dataclass(frozen=True, slots=True)
class Known:
    """A location with what it answered; None until it did."""

    place: LocationState
    answer: Answer | None = None

    @property
    def said(self) -> Answer | None:
        """What counts: nothing of a location that does not prove itself now."""
        return self.answer if self.place.is_live else None


@dataclass(frozen=True, slots=True)
class Sum:
    """`value` counted at `places` locations, out of those that the coverage says."""

    value: int
    places: int
    coverage: Coverage


@dataclass(frozen=True, slots=True)
class Dark:
    """Locations that prove nothing, and apart from them those of which nobody expects it: switched
    off, or in maintenance. `silent` are in maintenance and dark, `kept` in maintenance at all."""

    stale: int
    broken: int
    off: int
    silent: int
    kept: int
    total: int

    @property
    def value(self) -> int:
        return self.stale + self.broken


@dataclass(frozen=True, slots=True)
class Ending:
    """The licence that ends first, as far as they are known."""

    place: LocationState
    licence: Licence
    end_time: datetime


@dataclass(frozen=True, slots=True)
class Fullest:
    """The data store with the least room; `full` is how many are above their mark or soon will
    be."""

    place: LocationState
    store: DataStore


@dataclass(frozen=True, slots=True)
class Morning:
    """Attributes:
    days: the sesam days that are counted.
    queued, unknown: jobs that wait, and open ones of dark locations.
    ended: licences that stop backups or soon will; `unlicensed`: of so many nobody knows.
    full: data stores above their mark, or there within two weeks; `stores`: of so many.
    standing: locations by whether they have closed the last of the days.
    """

    days: Days
    failed: Sum
    missed: Sum
    warnings: Sum
    ok: Sum
    running: Sum
    queued: int
    unknown: int
    dark: Dark
    ending: Ending | None
    ended: Sum
    unlicensed: int
    fullest: Fullest | None
    full: Sum
    stores: int
    unprotected: Sum
    asking: int
    standing: tuple[int, int]

    @property
    def coverage(self) -> Coverage:
        """Of the page: how many locations answered all of it."""
        sums = (self.failed, self.missed, self.full, self.unprotected)
        return min((each.coverage for each in sums), key=lambda one: one.covered)


def today_of(known: Iterable[Known], local: datetime) -> date:
    """The sesam day that is open at most of the locations."""
    days = (one.said.open_day for one in known if one.said is not None)
    return common_day((day for day in days if day is not None), local)


def morning(known: Sequence[Known], days: Days, now: datetime) -> Morning:
    """Everything at once, over these locations."""
    counts = [one.said.counts if one.said else None for one in known]
    missed = [_length(one.said.missed) if one.said else None for one in known]
    stores = [one.said.stores if one.said else None for one in known]
    opened = [_length(one.said.unprotected) if one.said else None for one in known]
    live = [one.place.is_live for one in known]
    running, queued, unknown = _open_jobs(known)

    def total(values: Iterable[int | None]) -> Sum:
        return _sum(known, list(values), now)

    def of_states(*states: JobState) -> Sum:
        return total(None if c is None else sum(c.get(s, 0) for s in states) for c in counts)

    licensed = [_licence(one.place) for one in known]
    return Morning(
        days=days,
        failed=of_states(*FAILED),
        missed=total(missed),
        warnings=of_states(JobState.WARNING),
        ok=of_states(JobState.OK),
        running=total(n if ok else None for n, ok in zip(running, live, strict=True)),
        queued=queued,
        unknown=unknown,
        dark=dark_of(known),
        ending=_ending(known, licensed),
        ended=total(
            None if each is None or not is_live else int(each.state.stops_or_ends)
            for each, is_live in zip(licensed, live, strict=True)
        ),
        unlicensed=sum(each is None for each in licensed),
        fullest=_fullest(known, stores),
        full=total(_full(each, now) for each in stores),
        stores=sum(len(each or ()) for each in stores),
        unprotected=total(opened),
        asking=sum(one.place.is_live and one.answer is None for one in known),
        standing=_standing(known, days.last),
    )


def dark_of(known: Iterable[Known]) -> Dark:
    """Nobody is woken by what was switched off or is in maintenance; both are told."""
    counts: Counter[str] = Counter()
    for one in known:
        place = one.place
        counts["total"] += 1
        is_kept = place.maintenance_end is not None and place.connection is not Connection.OFF
        counts["kept"] += is_kept
        if place.connection is Connection.OFF:
            counts["off"] += 1
        elif not place.is_live:
            is_broken = place.connection is Connection.BROKEN
            counts["silent" if is_kept else "broken" if is_broken else "stale"] += 1
    names = "stale", "broken", "off", "silent", "kept", "total"
    return Dark(*(counts[name] for name in names))


def is_full_soon(store: DataStore, now: datetime) -> bool:
    """Above its mark, or there within two weeks by its trend."""
    if store.is_above_mark:
        return True
    try:
        full = date.fromisoformat(store.full_day)
    except ValueError:
        return False
    return full - now.date() < _SOON


def _sum(known: Sequence[Known], values: Sequence[int | None], now: datetime) -> Sum:
    ages = [
        max(0.0, (now - one.place.proof_time).total_seconds())
        for one, value in zip(known, values, strict=True)
        if value is not None and one.place.proof_time is not None
    ]
    told = [value for value in values if value is not None]
    off = sum(
        value is None and one.place.connection is Connection.OFF
        for one, value in zip(known, values, strict=True)
    )
    coverage = Coverage(
        len(told), len(known), min(ages, default=None), max(ages, default=None), off
    )
    return Sum(sum(told), sum(value > 0 for value in told), coverage)


def _open_jobs(known: Iterable[Known]) -> tuple[list[int], int, int]:
    """Running ones per location, and how many wait and are unknown over all."""
    running, queued, unknown = [], 0, 0
    for one in known:
        states: Mapping[JobState, int] = one.place.picture.states if one.place.picture else {}
        active, waiting = states.get(JobState.ACTIVE, 0), states.get(JobState.QUEUED, 0)
        running.append(active)
        if one.place.is_live:
            queued += waiting
        else:
            unknown += active + waiting
    return running, queued, unknown


def _licence(place: LocationState) -> Licence | None:
    return place.picture.licence if place.picture is not None else None


def _ending(known: Sequence[Known], licensed: Sequence[Licence | None]) -> Ending | None:
    found = [
        Ending(one.place, licence, end)
        for one, licence in zip(known, licensed, strict=True)
        if licence is not None and (end := licence.grace_end_time or licence.end_time) is not None
    ]
    return min(found, key=lambda one: one.end_time, default=None)


def _fullest(
    known: Sequence[Known], stores: Sequence[tuple[DataStore, ...] | None]
) -> Fullest | None:
    found = [
        Fullest(one.place, store)
        for one, own in zip(known, stores, strict=True)
        for store in own or ()
        if store.fill is not None
    ]
    return max(found, key=lambda one: one.store.fill or 0.0, default=None)


def _full(stores: Sequence[DataStore] | None, now: datetime) -> int | None:
    """None where nobody knows how full a single one is."""
    if stores is None or (stores and all(store.fill is None for store in stores)):
        return None
    return sum(is_full_soon(store, now) for store in stores)


def _standing(known: Iterable[Known], last: date) -> tuple[int, int]:
    """How many have closed the last day, and how many have not."""
    days = [one.said.open_day for one in known if one.said is not None]
    return sum(day is not None and day > last for day in days), sum(
        day is not None and day <= last for day in days
    )


def _length(values: Sequence[object] | None) -> int | None:
    return None if values is None else len(values)
