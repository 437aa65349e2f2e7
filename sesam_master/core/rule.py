"""What comes round, as a person chooses it: patterns, and the recurrence rules that carry them.

A rule is the value of an RRULE (RFC 5545, 3.3.10) without DTSTART, COUNT, UNTIL and time of day.
What no pattern here says stays an `OtherRule` and goes back as it came.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

WEEKDAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
PLACES = (1, 2, 3, 4, 5, -1)  # of a weekday in its month; -1 is the last
MAX_OFFSET_DAYS = 31


class Unit(StrEnum):
    """Of what counts elapsed time."""

    MINUTES = "MINUTELY"
    HOURS = "HOURLY"


LONGEST = {Unit.MINUTES: 60 * 24 * 366, Unit.HOURS: 24 * 366}
MOST_DAYS, MOST_WEEKS, MOST_MONTHS, MOST_YEARS = 3660, 520, 120, 120


@dataclass(frozen=True, slots=True)
class Dates:
    """No rule: only the dates of the schedule count. One of them is "once"."""


@dataclass(frozen=True, slots=True)
class Interval:
    """Every n minutes or hours of elapsed time."""

    every: int
    unit: Unit


@dataclass(frozen=True, slots=True)
class Days:
    """Every n days."""

    every: int = 1


@dataclass(frozen=True, slots=True)
class Weeks:
    """Every n weeks on these weekdays, 0 is Monday; none: on that of the first day."""

    weekdays: tuple[int, ...]
    every: int = 1


@dataclass(frozen=True, slots=True)
class MonthDays:
    """Every n months on these days, negative ones counted from the end; none: on that of the first
    day."""

    days: tuple[int, ...]
    every: int = 1


@dataclass(frozen=True, slots=True)
class MonthWeekdays:
    """Every n months on a weekday, at these of `PLACES`."""

    places: tuple[int, ...]
    weekday: int
    every: int = 1


@dataclass(frozen=True, slots=True)
class YearDay:
    """Every n years on a day of a month, both counted from 1."""

    month: int
    day: int
    every: int = 1


@dataclass(frozen=True, slots=True)
class YearWeekday:
    """Every n years on a weekday of a month, at one of `PLACES`."""

    month: int
    place: int
    weekday: int
    every: int = 1


@dataclass(frozen=True, slots=True)
class OtherRule:
    """A rule that none of the patterns above says."""

    text: str


Pattern = (
    Dates | Interval | Days | Weeks | MonthDays | MonthWeekdays | YearDay | YearWeekday | OtherRule
)


def takes_offset(pattern: Pattern) -> bool:
    """Whether "± n days" means something: the rule names the days that they are counted from."""
    if isinstance(pattern, MonthDays):
        return bool(pattern.days)
    return isinstance(pattern, MonthWeekdays | YearDay | YearWeekday | OtherRule)


def takes_dates(pattern: Pattern) -> bool:
    """Whether dates can stand beside it."""
    return not isinstance(pattern, Interval)


def rule_of(pattern: Pattern) -> str:
    """The rule that says the pattern; "" for dates alone."""
    match pattern:
        case Dates():
            return ""
        case OtherRule(text):
            return text
        case Interval(every, unit):
            return _joined(unit.value, every)
        case Days(every):
            return _joined("DAILY", every)
        case Weeks(weekdays, every):
            return _joined("WEEKLY", every, _by_day((), weekdays))
        case MonthDays(days, every):
            return _joined("MONTHLY", every, _listed("BYMONTHDAY", days))
        case MonthWeekdays(places, weekday, every):
            return _joined("MONTHLY", every, _by_day(places, (weekday,)))
        case YearDay(month, day, every):
            return _joined("YEARLY", every, f"BYMONTH={month}", f"BYMONTHDAY={day}")
        case YearWeekday(month, place, weekday, every):
            return _joined("YEARLY", every, f"BYMONTH={month}", _by_day((place,), (weekday,)))


def pattern_of(rule: str) -> Pattern:
    """The pattern that a rule says. Never fails: what is not understood is an OtherRule."""
    if not rule:
        return Dates()
    try:
        return _read(rule) or OtherRule(rule)
    except ValueError:
        return OtherRule(rule)


def month_days(text: str) -> tuple[int, ...]:
    """Days of a month as a person writes them: "1, 15, last". Raises ValueError with a sentence."""
    days = []
    for word in re.split(r"[\s,;]+", text.strip()):
        if not word:
            continue
        known = re.fullmatch(r"-?[0-9]{1,2}", word)
        day = -1 if word.casefold() == "last" else int(word) if known else 0
        if not 1 <= abs(day) <= 31:
            raise ValueError(f"“{word}” is no day of a month. Write days like 1, 15, last.")
        days.append(day)
    return _in_order(days)


def month_days_text(days: Iterable[int]) -> str:
    """The counterpart of `month_days`."""
    return ", ".join("last" if day == -1 else str(day) for day in days)


def _read(rule: str) -> Pattern | None:
    pairs = [part.partition("=") for part in rule.strip().upper().split(";")]
    parts = {name: value for name, _, value in pairs}
    if len(parts) < len(pairs):
        return None
    frequency = parts.pop("FREQ", "")
    every = _number(parts.pop("INTERVAL", "1"), 1, 10**6)
    named = {name: value.split(",") for name, value in parts.items()}
    match frequency, sorted(named):
        case (("MINUTELY" | "HOURLY"), []):
            return Interval(every, Unit(frequency))
        case "DAILY", []:
            return Days(every)
        case "WEEKLY", ([] | ["BYDAY"]):
            return Weeks(_in_order(map(WEEKDAYS.index, named.get("BYDAY", ()))), every)
        case "MONTHLY", ([] | ["BYMONTHDAY"]):
            days = named.get("BYMONTHDAY", ())
            return MonthDays(_in_order(_number(day, -31, 31) for day in days), every)
        case "MONTHLY", ["BYDAY"]:
            return _month_weekdays(named["BYDAY"], every)
        case "YEARLY", (["BYMONTH", "BYMONTHDAY"] | ["BYDAY", "BYMONTH"]):
            return _year(parts, every)
        case _:
            return None


def _month_weekdays(days: list[str], every: int) -> Pattern | None:
    found = [_placed(day) for day in days]
    if len({weekday for _, weekday in found}) > 1:
        return None
    return MonthWeekdays(_in_order(place for place, _ in found), found[0][1], every)


def _year(parts: dict[str, str], every: int) -> Pattern:
    month = _number(parts["BYMONTH"], 1, 12)
    if "BYMONTHDAY" in parts:
        return YearDay(month, _number(parts["BYMONTHDAY"], 1, 31), every)
    return YearWeekday(month, *_placed(parts["BYDAY"]), every)


def _placed(text: str) -> tuple[int, int]:
    """Place and weekday of "-1FR". Raises ValueError."""
    place = _number(text[:-2], -1, 5)
    return place, WEEKDAYS.index(text[-2:])


def _number(text: str, smallest: int, largest: int) -> int:
    number = int(text)
    if not smallest <= number <= largest or number == 0:
        raise ValueError(text)
    return number


def _in_order(numbers: Iterable[int]) -> tuple[int, ...]:
    """Each once; those counted from the end come last."""
    return tuple(sorted(set(numbers), key=lambda number: (number < 0, number)))


def _joined(frequency: str, every: int, *parts: str) -> str:
    interval = f"INTERVAL={every}" if every > 1 else ""
    return ";".join(part for part in (f"FREQ={frequency}", interval, *parts) if part)


def _listed(name: str, values: Iterable[int]) -> str:
    text = ",".join(map(str, values))
    return f"{name}={text}" if text else ""


def _by_day(places: tuple[int, ...], weekdays: tuple[int, ...]) -> str:
    days = [f"{place or ''}{WEEKDAYS[day]}" for day in weekdays for place in places or (0,)]
    return f"BYDAY={','.join(days)}" if days else ""
