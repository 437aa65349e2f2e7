"""The rule of what is kept, as plainly as it can be said, however slow: to compare with."""

from collections.abc import Callable, Iterator, Sequence
from datetime import date

from server_agent.domain.copies import Lying, best_place
from server_agent.domain.retention import Fate, Keeping, Reason


def plain_fates(places: Sequence[Lying], today: date, keeping: Keeping) -> list[Fate]:
    """As `fates`."""
    found = _Plain(places, today, keeping).kept()
    staying = {name for name, _ in found}
    return [
        Fate(each, *found.get((each.name, each.label), (Reason.EXPIRED, "")))
        if (each.name, each.label) in found
        else Fate(each, Reason.EXPIRED, stays=each.name in staying)
        for each in places
    ]


class _Plain:
    def __init__(self, places: Sequence[Lying], today: date, keeping: Keeping) -> None:
        self.places = places
        self.today = today
        self.keeping = keeping

    def kept(self) -> dict[tuple[str, str], tuple[Reason, str]]:
        kept: dict[tuple[str, str], tuple[Reason, str]] = {}
        for each in self.places:
            if (reason := self._own(each)) is not None:
                kept[each.name, each.label] = reason, ""
        for each, reason in self._newest():
            kept.setdefault((each.name, each.label), (reason, ""))
        needed_by: dict[str, str] = {}
        made = sorted(self.places, key=lambda each: int(each.job_id))
        for name in reversed(list(dict.fromkeys(each.name for each in made))):
            here = [each for each in self._at(name) if (name, each.label) in kept]
            whole = [each for each in self._at(name) if not _fault(each)]
            if here and all(map(_fault, here)) and whole:
                kept[name, whole[0].label] = Reason.ONLY_WHOLE, ""
                here.append(whole[0])
            for each in here:
                if each.base is not None and (below := self._at(each.base)):
                    by = needed_by.setdefault(each.base, needed_by.get(name, name))
                    base = self._needed(each, below, list(kept))
                    kept.setdefault((base.name, base.label), (Reason.NEEDED, by))
        return kept

    def _at(self, name: str) -> list[Lying]:
        return [each for each in self.places if each.name == name]

    def _own(self, each: Lying) -> Reason | None:
        if each.name in self.keeping.in_use:
            return Reason.IN_USE
        if not each.damage and (each.missing or self._is_away(each.name)):
            return Reason.AWAY
        if each.label in self.keeping.protected:
            return Reason.WRITE_PROTECTED
        has_pool = self.keeping.pool(each.label) is not None
        if not has_pool or each.eol is None or each.eol >= self.today:
            return Reason.EOL
        return None

    def _is_away(self, name: str) -> bool:
        lying = self._at(name)
        if not lying or all(each.damage for each in lying):
            return False
        base = lying[0].base
        return all(map(_fault, lying)) or (base is not None and self._is_away(base))

    def _is_faulty(self, name: str) -> bool:
        lying = self._at(name)
        if not lying or all(map(_fault, lying)):
            return True
        base = lying[0].base
        return base is not None and self._is_faulty(base)

    def _newest(self) -> Iterator[tuple[Lying, Reason]]:
        groups = {(each.task, self.keeping.pool(each.label)) for each in self.places}
        for task, pool in groups:
            if pool is None:
                continue
            newest_first = sorted(
                (
                    each
                    for each in self.places
                    if each.task == task and self.keeping.pool(each.label) == pool
                    if not _fault(each) and not self._is_faulty(each.name)
                ),
                key=lambda each: -int(each.job_id),
            )
            rule = pool.retention
            for each in newest_first[: rule.keep_newest]:
                yield each, Reason.NEWEST
            for count, period, reason in (
                (rule.weekly, lambda day: day.isocalendar()[:2], Reason.WEEKLY),
                (rule.monthly, lambda day: (day.year, day.month), Reason.MONTHLY),
                (rule.yearly, lambda day: (day.year,), Reason.YEARLY),
            ):
                for each in _of_each(newest_first, period)[:count]:
                    yield each, reason

    def _needed(
        self, each: Lying, below: Sequence[Lying], kept: Sequence[tuple[str, str]]
    ) -> Lying:
        pool = self.keeping.pool(each.label)
        for base in below:
            if pool is not None and self.keeping.pool(base.label) == pool and not _fault(base):
                return base
        return best_place(sorted(below, key=lambda base: (base.name, base.label) not in kept))


def _of_each(newest_first: Sequence[Lying], period: Callable[[date], object]) -> list[Lying]:
    found: dict[object, Lying] = {}
    for each in newest_first:
        found.setdefault(period(each.sesam_day), each)
    return list(found.values())


def _fault(each: Lying) -> bool:
    return each.missing or each.damage != ""
