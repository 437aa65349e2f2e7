"""When a data store will be full, told from how full it was.

Deletions make saw-teeth of what is in use, and single days are odd: a copy that was put there and
taken away, a task that was added. So the trend is a median of slopes (Theil 1950, Sen 1968), taken
along the tips of the teeth, of the highest use of each day, between days at least half of the days
looked at apart. Slopes are taken between days with the same capacity only: what came with a new
disk, or went with the old one, is no growth.

What a store took while it was filled for the first time, before anything in it was old enough to
be deleted, is no growth either. So only the newest days are looked at: as many as three teeth take,
and not less than four weeks; and none from before the first deletion, once deletions have come
again and again. That they were deletions is told by what the savesets take, whoever else uses the
file system.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from itertools import pairwise
from statistics import median, quantiles

from server_agent.domain.history import StoreSample

LOOKED_AT = timedelta(days=90)
LEAST_DAYS = 7
_WEEKS = 28  # the days that are looked at, unless teeth are longer than a week or so
_TEETH = 3
_TOOTH_SHARE = 3  # of the largest fall: a third of it ends a tooth, less is a ripple
_ROUNDS = 2  # of deletions; one that came once or twice may be a person's
FARTHEST = timedelta(days=730)
_SAME_CAPACITY = 0.01  # some file systems count what is reserved in and out


@dataclass(frozen=True, slots=True)
class Forecast:
    """What is to come of a data store.

    Attributes:
        full_day: on which its high-water mark is reached; None: not within two years, or unknown.
        note: why there is no such day; empty if there is.
        bytes_per_day: the trend; less than 0 if more is deleted than added. None without one.
        used_bytes: what is in use today by the trend. None without one.
    """

    full_day: date | None
    note: str
    bytes_per_day: int | None = None
    used_bytes: int | None = None


@dataclass(frozen=True, slots=True)
class _Peak:
    """The highest use of a day. `era` counts the capacities that the store has had."""

    day: int
    used: int
    era: int


def forecast(samples: Iterable[StoreSample], high_water_mark: int, today: date) -> Forecast:
    """When the store reaches its mark, if it goes on as it did.

    Args:
        samples: of one store, oldest first; those older than `LOOKED_AT` are not looked at.
        high_water_mark: percent of the capacity as it is now.
    """
    known = [each for each in samples if each.used_bytes is not None]
    recent = [each for each in known if today - LOOKED_AT < each.sesam_day <= today]
    if not recent:
        return Forecast(None, "no history yet" if not known else "no history of the last 90 days")
    newest = recent[-1]
    assert newest.capacity_bytes is not None
    assert newest.used_bytes is not None
    limit = newest.capacity_bytes * high_water_mark // 100
    if newest.used_bytes >= limit:
        return Forecast(today, "", *_trend(_peaks(recent), _settled(recent), today))
    peaks = _peaks(recent)
    if len(peaks) < LEAST_DAYS:
        had = "1 day" if len(peaks) == 1 else f"{len(peaks)} days"
        return Forecast(None, f"{had} of history, {LEAST_DAYS} needed")
    slope, used = _trend(peaks, _settled(recent), today)
    if slope is None or used is None:
        return Forecast(None, f"another disk: {LEAST_DAYS} days with it needed")
    if slope <= 0:
        return Forecast(None, "it does not grow", slope, used)
    days = max(0, -((used - limit) // slope))
    if days > FARTHEST.days:
        return Forecast(None, "not within two years", slope, used)
    return Forecast(today + timedelta(days), "", slope, used)


def _peaks(samples: Sequence[StoreSample]) -> list[_Peak]:
    eras = 0
    found: dict[int, _Peak] = {}
    for before, each in pairwise((samples[0], *samples)):
        was, capacity = before.capacity_bytes or 0, each.capacity_bytes or 0
        if abs(capacity - was) > was * _SAME_CAPACITY:
            eras += 1
            found.pop(each.sesam_day.toordinal(), None)  # the day belongs to the new disk
        day, used = each.sesam_day.toordinal(), each.used_bytes or 0
        if day not in found or used > found[day].used:
            found[day] = _Peak(day, used, eras)
    return sorted(found.values(), key=lambda peak: peak.day)


def _settled(samples: Sequence[StoreSample]) -> int:
    """The day since which savesets are deleted again and again; 0 if they are not, or if it is not
    sure yet that it goes on."""
    deleted: dict[int, int] = {}
    for before, each in pairwise(samples):
        if each.stored_bytes < before.stored_bytes:
            day = each.sesam_day.toordinal()
            deleted[day] = deleted.get(day, 0) + before.stored_bytes - each.stored_bytes
    least = max(deleted.values(), default=0) / _TOOTH_SHARE
    days = [day for day, size in deleted.items() if size >= least]
    if not days:
        return 0
    last = samples[-1].sesam_day.toordinal()
    pause = max(after - day for day, after in pairwise((*days, last)))
    return days[0] if last - days[0] >= max(_ROUNDS * pause, LEAST_DAYS) else 0


def _trend(
    peaks: Sequence[_Peak], settled: int, today: date
) -> tuple[int, int] | tuple[None, None]:
    """Bytes per day, and what is in use today by the line; that is laid so that nine days of ten
    are below it, since it is the tips of the teeth that reach the mark. The days before `settled`
    tell nothing of it."""
    smooth = _without_odd_days(peaks)
    tooth = _tooth(smooth)
    newest = peaks[-1].day - max(_WEEKS, _TEETH * tooth) if tooth is not None else 0
    newest = max(newest, settled - 1)
    if sum(peak.day > newest for peak in peaks) < LEAST_DAYS:
        newest = 0  # few days have samples
    slopes = list(_slopes([peak for peak in _tips(smooth, tooth or 0) if peak.day > newest]))
    if len(peaks) < LEAST_DAYS or not slopes:
        return None, None
    slope = median(slopes)
    now = [peak for peak in peaks if peak.era == peaks[-1].era and peak.day > newest]
    levels = [peak.used + slope * (today.toordinal() - peak.day) for peak in now]
    if len(levels) == 1:
        return round(slope), round(levels[0])
    return round(slope), round(quantiles(levels, n=10, method="inclusive")[-1])


def _tooth(smooth: Sequence[_Peak]) -> int | None:
    """The longest time between two large falls, in days; 0 without any. None if there was but one,
    since nobody knows how often such a one comes."""
    falls = [
        (before.used - each.used, each.day)
        for before, each in pairwise(smooth)
        if before.used > each.used and before.era == each.era
    ]
    least = max((fall for fall, _day in falls), default=0) / _TOOTH_SHARE
    ends = [day for fall, day in falls if fall >= least]
    if len(ends) == 1:
        return None
    return max((after - day for day, after in pairwise((*ends, smooth[-1].day))), default=0)


def _tips(smooth: Sequence[_Peak], tooth: int) -> list[_Peak]:
    """Each day with the highest use of as many days up to it as a tooth has."""
    return [
        replace(
            peak,
            used=max(
                each.used
                for each in smooth[max(0, place - tooth) : place + 1]
                if each is peak or (each.era == peak.era and each.day > peak.day - tooth)
            ),
        )
        for place, peak in enumerate(smooth)
    ]


def _without_odd_days(peaks: Sequence[_Peak]) -> Sequence[_Peak]:
    """Each day with the median of itself and the days beside it: one alone does not stand out."""
    inner = [
        replace(each, used=sorted((before.used, each.used, after.used))[1])
        if before.era == each.era == after.era
        else each
        for before, each, after in zip(peaks, peaks[1:], peaks[2:], strict=False)
    ]
    return [*peaks[:1], *inner, *peaks[-1:]] if len(peaks) > 1 else peaks


def _slopes(peaks: Sequence[_Peak]) -> Iterator[float]:
    far = (peaks[-1].day - peaks[0].day) / 2
    eras = {peak.era: [each for each in peaks if each.era == peak.era] for peak in peaks}
    for same in eras.values():
        if len(same) < LEAST_DAYS and len(eras) > 1:
            continue
        apart = min(far, (same[-1].day - same[0].day) / 2)
        for index, one in enumerate(same):
            for other in same[index + 1 :]:
                if other.day - one.day >= max(apart, 1):
                    yield (other.used - one.used) / (other.day - one.day)
