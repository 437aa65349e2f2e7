"""On which dates, or how often, something comes round: RFC 5545 recurrence rules.

Two families, because clocks treat them differently. Rules of dates (daily to yearly, and lists of
dates) name days; the time of day is the schedule's, and a day has one start whatever the clocks do.
Rules of intervals (every n minutes or hours) count elapsed time.
"""

import re
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import NamedTuple

from dateutil.rrule import rrulestr

from server_agent.domain.errors import InvalidArgument
from server_agent.domain.quoting import printable

MAX_OFFSET_DAYS = 31
_INTERVALS = {"MINUTELY": timedelta(minutes=1), "HOURLY": timedelta(hours=1)}
_DATES = {
    "DAILY": {"INTERVAL", "BYDAY", "BYMONTH", "BYMONTHDAY"},
    "WEEKLY": {"INTERVAL", "BYDAY", "BYMONTH", "WKST"},
    "MONTHLY": {"INTERVAL", "BYDAY", "BYMONTH", "BYMONTHDAY", "BYSETPOS"},
    "YEARLY": {
        "INTERVAL",
        "BYDAY",
        "BYMONTH",
        "BYMONTHDAY",
        "BYSETPOS",
        "BYWEEKNO",
        "BYYEARDAY",
        "WKST",
    },
}
_WEEKDAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
_BY_DAY = {True: r"([+-]?[1-5])?(MO|TU|WE|TH|FR|SA|SU)", False: r"(MO|TU|WE|TH|FR|SA|SU)"}
_LARGEST = {"BYMONTH": 12, "BYMONTHDAY": 31, "BYYEARDAY": 366, "BYWEEKNO": 53, "BYSETPOS": 366}
_NAMES_DAYS = {"BYDAY", "BYMONTHDAY", "BYYEARDAY", "BYWEEKNO"}
_LONGEST = {"MINUTELY": 60 * 24 * 366, "HOURLY": 24 * 366, "DAILY": 3660, "WEEKLY": 520}
_EVERY_DAY = ",".join(str(day) for day in range(1, 32))


def checked_rule(rule: str) -> str:
    """The rule in capitals, or InvalidArgument.

    A rule is the value of an RRULE: FREQ, INTERVAL and the BY... parts that fit it. Its first and
    last day are the schedule's, so DTSTART, COUNT and UNTIL are refused, and so is the time of day.
    """
    text = rule.strip().upper().removeprefix("RRULE:")
    parts = _parts(text)
    frequency = parts.pop("FREQ", "")
    if frequency in _INTERVALS:
        allowed = {"INTERVAL"}
    elif frequency in _DATES:
        allowed = _DATES[frequency]
    else:
        raise _refused(rule, "FREQ=MINUTELY, HOURLY, DAILY, WEEKLY, MONTHLY or YEARLY")
    for name in parts:
        if name not in allowed:
            raise _refused(rule, f"beside FREQ={frequency} only {', '.join(sorted(allowed))}")
    _check_values(rule, frequency, parts)
    without_interval = ";".join(part for part in text.split(";") if not part.startswith("INTERVAL"))
    if frequency in _DATES and not comes_round(without_interval, date(2000, 1, 1)):
        raise _refused(rule, "a rule that comes round: there is no such day")
    return text


def _check_values(rule: str, frequency: str, parts: dict[str, str]) -> None:
    longest = _LONGEST.get(frequency, 120)
    if not _number_in(parts.get("INTERVAL", "1"), 1, longest):
        raise _refused(rule, f"an INTERVAL from 1 to {longest}")
    numbered = frequency in ("MONTHLY", "YEARLY") and "BYWEEKNO" not in parts
    days = parts.get("BYDAY", "MO").split(",")
    if not all(re.fullmatch(_BY_DAY[numbered], day) for day in days):
        raise _refused(rule, "BYDAY of MO to SU" + (", or 1MO to -1SU" if numbered else ""))
    if parts.get("WKST", "MO") not in _WEEKDAYS:
        raise _refused(rule, "WKST of MO to SU, the day on which a week begins")
    for name, largest in _LARGEST.items():
        smallest = 1 if name == "BYMONTH" else -largest
        values = parts.get(name, "1").split(",")
        if not all(_number_in(value, smallest, largest) for value in values):
            backwards = "" if smallest == 1 else f", or -1 to -{largest} counted from the end"
            raise _refused(rule, f"{name} of 1 to {largest}{backwards}")
    if "BYSETPOS" in parts and not _NAMES_DAYS & parts.keys():
        raise _refused(rule, "BYDAY or BYMONTHDAY beside BYSETPOS, which chooses among days")


def _number_in(text: str, smallest: int, largest: int) -> bool:
    known = re.fullmatch(r"[+-]?[0-9]{1,6}", text)
    return known is not None and smallest <= int(text) <= largest and int(text) != 0


def interval_of(rule: str) -> timedelta | None:
    """The elapsed time between two starts, None for a rule of dates."""
    parts = _parts(rule)
    unit = _INTERVALS.get(parts.get("FREQ", ""))
    return unit * int(parts.get("INTERVAL", "1")) if unit is not None else None


def comes_round(rule: str, start: date) -> bool:
    """Whether a rule of dates ever names one from `start` on: within a hundred years."""
    found = dates_of(rule, 0, start, start, start.replace(year=start.year + 100, day=1))
    return next(found, None) is not None


def dates_of(rule: str, offset_days: int, start: date, first: date, last: date) -> Iterator[date]:
    """The dates of a rule of dates from `first` to `last`, in order, none before `start`.

    Args:
        offset_days: added to each date of the rule ("last Friday + 3 days").
        start: the first day of validity; rules of every second week, month ... count from it.
    """
    count = _counting(rule, start)
    phase = _period_number(count, start)
    shift = timedelta(days=offset_days)
    low, high = max(first, start) - shift, last - shift
    span = low.replace(month=1, day=1) if count.frequency == "YEARLY" else low.replace(day=1)
    while span <= high:
        for day in _days_in(count.days, span):
            if low <= day <= high and (_period_number(count, day) - phase) % count.interval == 0:
                yield day + shift
        span = _next_span(count, span)


def checked_offset(rule: str, offset_days: int) -> int:
    """The offset itself, or InvalidArgument: only monthly and yearly rules that name their day
    may have one, for of the others the phase would be anybody's guess."""
    if abs(offset_days) > MAX_OFFSET_DAYS:
        raise InvalidArgument(
            field="offset_days",
            value=offset_days,
            expected=f"a number of days from -{MAX_OFFSET_DAYS} to {MAX_OFFSET_DAYS}",
        )
    parts = _parts(rule)
    named = {"BYDAY", "BYMONTHDAY", "BYYEARDAY"} & parts.keys()
    if offset_days and not (parts.get("FREQ") in ("MONTHLY", "YEARLY") and named):
        raise InvalidArgument(
            field="offset_days",
            value=offset_days,
            expected="0, or a monthly or yearly rule with BYDAY or BYMONTHDAY to count from",
        )
    return offset_days


class _Counting(NamedTuple):
    """A rule of dates in two halves: which days of a month or year, and which periods count.

    dateutil searches a rule that names no day up to the year 9999, and counts all periods since its
    start; so it is asked for one month or year at a time.
    """

    frequency: str
    interval: int
    week_start: int
    days: str


@lru_cache(maxsize=1024)
def _counting(rule: str, start: date) -> _Counting:
    parts = _parts(rule)
    frequency = parts.pop("FREQ")
    interval = int(parts.pop("INTERVAL", "1"))
    week_start = _WEEKDAYS.index(parts.get("WKST", "MO"))
    # What a rule leaves open is taken from its first day (RFC 5545, 3.3.10).
    if frequency == "DAILY":
        parts.setdefault("BYMONTHDAY", _EVERY_DAY)
    elif frequency == "WEEKLY" or ("BYWEEKNO" in parts and len(_NAMES_DAYS & parts.keys()) == 1):
        parts.setdefault("BYDAY", _WEEKDAYS[start.weekday()])
    elif not _NAMES_DAYS & parts.keys():
        parts["BYMONTHDAY"] = str(start.day)
        if frequency == "YEARLY":
            parts.setdefault("BYMONTH", str(start.month))
    span = "YEARLY" if frequency == "YEARLY" else "MONTHLY"
    # The second period would be behind the end of time: one is all that is wanted.
    named = ["FREQ=" + span, "INTERVAL=120000", *(f"{name}={parts[name]}" for name in parts)]
    return _Counting(frequency, interval, week_start, ";".join(named))


@lru_cache(maxsize=4096)
def _days_in(days: str, span: date) -> tuple[date, ...]:
    """The days of the month or year that begins with `span`."""
    found = rrulestr(days, dtstart=datetime(span.year, span.month, span.day))
    return tuple(moment.date() for moment in found)


def _next_span(count: _Counting, span: date) -> date:
    if count.frequency == "YEARLY" or span.month == 12:
        return date(span.year + 1, 1, 1)
    return span.replace(month=span.month + 1)


def _period_number(count: _Counting, day: date) -> int:
    """The number of the day, week, month or year that the day lies in."""
    if count.frequency == "DAILY":
        return day.toordinal()
    if count.frequency == "WEEKLY":
        return (day.toordinal() - 1 - count.week_start) // 7
    if count.frequency == "MONTHLY":
        return day.year * 12 + day.month
    return day.year


def _parts(rule: str) -> dict[str, str]:
    pairs = [part.partition("=") for part in rule.split(";")]
    names = [name for name, _, _ in pairs]
    if len(set(names)) < len(names):
        raise _refused(rule, "each part once")
    return {name: value for name, _, value in pairs}


def _refused(rule: str, expected: str) -> InvalidArgument:
    return InvalidArgument(field="rule", value=printable(rule), expected=expected)
