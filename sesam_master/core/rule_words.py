"""When something comes round, in words: "Weekdays at 20:00". Pure text."""

from collections.abc import Sequence
from datetime import date, time, timedelta

from sesam_master.core.plan import Schedule
from sesam_master.core.rule import (
    Dates,
    Days,
    Interval,
    MonthDays,
    MonthWeekdays,
    OtherRule,
    Pattern,
    Unit,
    Weeks,
    YearDay,
    YearWeekday,
    pattern_of,
)

DAY_NAMES = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
MONTH_NAMES = (
    *("January", "February", "March", "April", "May", "June", "July"),
    *("August", "September", "October", "November", "December"),
)
PLACE_NAMES = {1: "first", 2: "second", 3: "third", 4: "fourth", 5: "fifth", -1: "last"}
_UNIT_NAMES = {Unit.MINUTES: "minute", Unit.HOURS: "hour"}
_NUMBERED = {1: "st", 2: "nd", 3: "rd"}


def schedule_words(schedule: Schedule) -> str:
    """The rule with its times, one line: "Every 15 minutes from 08:00 to 18:00"."""
    pattern = pattern_of(schedule.rule)
    start = time_words(schedule.start_time)
    if isinstance(pattern, Interval):
        if schedule.until_time is not None:
            until = time_words(schedule.until_time)
            return f"{pattern_words(pattern)} from {start} to {until}"
        return f"{pattern_words(pattern)}, counted from {start}"
    if isinstance(pattern, Dates):
        return f"{dates_words(schedule.dates)} at {start}"
    words = pattern_words(pattern) + offset_words(schedule.offset_days)
    beside = ""
    if schedule.dates:
        number = len(schedule.dates)
        beside = f", and on {number} {'date' if number == 1 else 'dates'}"
    return f"{words} at {start}{beside}"


def pattern_words(pattern: Pattern) -> str:
    """On which days, or how often."""
    match pattern:
        case Dates():
            return "On given dates"
        case OtherRule(text):
            return f"By the rule {text}"
        case Interval(every, unit):
            return _every(every, _UNIT_NAMES[unit])
        case Days(every):
            return "Daily" if every == 1 else f"Every {every} days"
        case Weeks(weekdays, every):
            return _weeks(weekdays, every)
        case MonthDays(days, every):
            named = _and([_day(day) for day in days]) if days else "day of its first date"
            return f"The {named} of {_of_every(every, 'month')}"
        case MonthWeekdays(places, weekday, every):
            named = _and([PLACE_NAMES[place] for place in places])
            return f"The {named} {DAY_NAMES[weekday]} of {_of_every(every, 'month')}"
        case YearDay(month, day, every):
            return f"{day} {MONTH_NAMES[month - 1]} of {_of_every(every, 'year')}"
        case YearWeekday(month, place, weekday, every):
            named = f"The {PLACE_NAMES[place]} {DAY_NAMES[weekday]}"
            return f"{named} in {MONTH_NAMES[month - 1]} of {_of_every(every, 'year')}"


def dates_words(dates: Sequence[date]) -> str:
    """A calendar of one's own: "Once, on 1 May 2026", "On 12 dates from 1 Jan to 24 Dec 2026"."""
    if not dates:
        return "On no date yet"
    first, last = min(dates), max(dates)
    if len(dates) == 1:
        return f"Once, on {date_words(first)}"
    return f"On {len(dates)} dates from {date_words(first)} to {date_words(last)}"


def date_words(day: date) -> str:
    """A date with its year: 1 May 2026."""
    return f"{day.day} {MONTH_NAMES[day.month - 1][:3]} {day.year}"


def time_words(moment: time) -> str:
    """A time of day: 20:00, or 20:00:30."""
    return moment.strftime("%H:%M:%S" if moment.second else "%H:%M")


def offset_words(days: int) -> str:
    """What is added to each date, with a space in front; "" for nothing."""
    if not days:
        return ""
    number = abs(days)
    return f" {'+' if days > 0 else '−'} {number} {'day' if number == 1 else 'days'}"


def window_words(window: timedelta | None) -> str:
    """How long after its time a start may be made: "4 h", "1 d 12 h"."""
    if window is None:
        return "until the next start"
    minutes = int(window.total_seconds()) // 60
    parts = ((minutes // 1440, "d"), (minutes // 60 % 24, "h"), (minutes % 60, "min"))
    return " ".join(f"{number} {unit}" for number, unit in parts if number) or "under 1 min"


def _weeks(weekdays: tuple[int, ...], every: int) -> str:
    if not weekdays:
        return f"{_every(every, 'week')}, on the weekday of its first date"
    known = {(0, 1, 2, 3, 4): "Weekdays", (5, 6): "Weekends", tuple(range(7)): "Every weekday"}
    if every == 1 and weekdays in known:
        return known[weekdays]
    if every == 1 and len(weekdays) == 1:
        return f"Every {DAY_NAMES[weekdays[0]]}"
    names = _and([DAY_NAMES[day] if len(weekdays) < 3 else DAY_NAMES[day][:3] for day in weekdays])
    return names if every == 1 else f"Every {every} weeks on {names}"


def _day(day: int) -> str:
    if day == -1:
        return "last day"
    if day < 0:
        return f"{_ordinal(-day)} last day"
    return _ordinal(day)


def _ordinal(number: int) -> str:
    ending = "th" if number % 100 in (11, 12, 13) else _NUMBERED.get(number % 10, "th")
    return f"{number}{ending}"


def _every(every: int, noun: str) -> str:
    return f"Every {noun}" if every == 1 else f"Every {every} {noun}s"


def _of_every(every: int, noun: str) -> str:
    if every == 1:
        return f"every {noun}"
    return f"every {every} {noun}s"


def _and(words: Sequence[str]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"
