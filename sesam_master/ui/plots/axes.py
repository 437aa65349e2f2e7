"""Where the ticks of a plot stand, and what stands at them. Pure numbers, no Qt."""

import math
from collections.abc import Callable, Iterator
from datetime import date, timedelta

from sesam_master.ui.formatting import day_text

Tick = tuple[float, str]

_DAYS = (1, 2, 7, 14)  # between ticks, where months are too far apart
_MONTHS = (1, 2, 3, 6, 12, 24, 60)
_MONTH = 30.4
_STEPS = (1, 2, 5, 10)


def day_ticks(first: float, last: float, most: int) -> list[Tick]:
    """At most so many: days, from Mondays on weeks apart, or first days of months."""
    span = max(1.0, last - first)
    for step in _DAYS:
        if span / step <= most:
            return [(float(at), _day_words(at)) for at in _days(first, last, step)]
    months = next((each for each in _MONTHS if span / (each * _MONTH) <= most), _MONTHS[-1])
    return [
        (float(day.toordinal()), f"{day_text(day)[-3:]} {day.year}")
        for day in _first_days(first, last, months)
    ]


def value_ticks(top: float, words: Callable[[float], str], most: int) -> list[Tick]:
    """From 0 to the top, at most so many and at least one; round numbers apart."""
    step = value_step(top, most)
    count = math.floor(top / step + 1e-9)
    return [(number * step, words(number * step) if number else "0") for number in range(count + 1)]


def value_step(top: float, most: int) -> float:
    """A round number that goes into the top at most so often."""
    if top <= 0:
        return 1.0
    size = 10.0 ** math.floor(math.log10(top / most))
    return next(step * size for step in _STEPS if top / (step * size) <= most + 1e-9)


def round_top(most: float) -> float:
    """Where an axis ends whose largest value this is."""
    if most <= 0:
        return 1.0
    step = value_step(most, 4)
    return math.ceil(most / step - 1e-9) * step


def _days(first: float, last: float, step: int) -> Iterator[int]:
    begin = math.ceil(first)
    if step % 7 == 0:
        begin += -(begin - 1) % 7  # an ordinal of 1 is a Monday
    return iter(range(begin, math.floor(last) + 1, step))


def _day_words(at: int) -> str:
    return day_text(date.fromordinal(at)).partition(" ")[2]


def _first_days(first: float, last: float, months: int) -> Iterator[date]:
    day = date.fromordinal(math.ceil(first))
    while day.toordinal() <= last:
        if day.day == 1 and (day.year * 12 + day.month - 1) % months == 0:
            yield day
        day = (day.replace(day=1) + timedelta(32)).replace(day=1)
