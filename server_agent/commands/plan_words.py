"""Words for the plan on the command line: times, dates, durations, and easy words for rules."""

import argparse
import re
from datetime import date, datetime, time, timedelta

from server_agent.commands.answer import CommandError

_UNITS = {"m": timedelta(minutes=1), "h": timedelta(hours=1), "d": timedelta(days=1)}
_FREQUENCIES = {"m": "MINUTELY", "h": "HOURLY", "d": "DAILY"}
_WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_EACH = {"first": 1, "second": 2, "third": 3, "fourth": 4, "last": -1}
_NUMBERED = re.compile(r"([1-9][0-9]{0,4})([mhd])")


def duration(text: str) -> timedelta | None:
    """ "90m", "4h" or "2d"; empty for none. Raises argparse.ArgumentTypeError."""
    if not text:
        return None
    found = _NUMBERED.fullmatch(text)
    if found is None:
        raise argparse.ArgumentTypeError(f'"{text}" is no duration such as 90m, 4h or 2d')
    return int(found[1]) * _UNITS[found[2]]


def day(text: str) -> date | None:
    """YYYY-MM-DD; empty for none. Raises argparse.ArgumentTypeError."""
    if not text:
        return None
    try:
        return datetime.strptime(text, "%Y-%m-%d").date()
    except ValueError as error:
        raise argparse.ArgumentTypeError(f'"{text}" is no date such as 2026-12-24') from error


def clock_time(text: str) -> time | None:
    """HH:MM or HH:MM:SS; empty for none. Raises argparse.ArgumentTypeError."""
    if not text:
        return None
    for form in ("%H:%M", "%H:%M:%S"):
        try:
            return datetime.strptime(text, form).time()
        except ValueError:
            continue
    raise argparse.ArgumentTypeError(f'"{text}" is no time of day such as 22:00')


def moment(text: str, now: datetime) -> datetime:
    """ "YYYY-MM-DDTHH:MM", or HH:MM for the next time that the clock shows it.

    Args:
        now: aware, in the zone that the text is in.

    Raises:
        CommandError: it is neither.
    """
    try:
        if "T" in text or " " in text:
            found = datetime.fromisoformat(text)
            return found if found.tzinfo is not None else found.replace(tzinfo=now.tzinfo)
        shown = clock_time(text) or time()
    except (ValueError, argparse.ArgumentTypeError) as error:
        raise CommandError(
            f'"{text}" is no time. What would be right: 22:00, or 2026-12-24T22:00.'
        ) from error
    found = datetime.combine(now.date(), shown, now.tzinfo)
    if found <= now:
        found = datetime.combine(now.date() + timedelta(days=1), shown, now.tzinfo)
    return found


def every(text: str) -> str:
    """The rule for "15m", "2h" or "3d". Raises argparse.ArgumentTypeError."""
    found = _NUMBERED.fullmatch(text)
    if found is None:
        raise argparse.ArgumentTypeError(f'"{text}" is no interval such as 15m, 2h or 3d')
    return f"FREQ={_FREQUENCIES[found[2]]};INTERVAL={found[1]}"


def weekly(text: str) -> str:
    """The rule for "mon,fri". Raises argparse.ArgumentTypeError."""
    days = [_weekday(word) for word in text.split(",")]
    return f"FREQ=WEEKLY;BYDAY={','.join(days)}"


def monthly(text: str) -> str:
    """The rule for "1", "last", "first-mon" or "last-fri". Raises argparse.ArgumentTypeError."""
    word, _, weekday = text.lower().partition("-")
    if weekday and word in _EACH:
        return f"FREQ=MONTHLY;BYDAY={_EACH[word]}{_weekday(weekday)}"
    if word == "last" and not weekday:
        return "FREQ=MONTHLY;BYMONTHDAY=-1"
    if word.isdigit() and not weekday and 1 <= int(word) <= 31:
        return f"FREQ=MONTHLY;BYMONTHDAY={int(word)}"
    raise argparse.ArgumentTypeError(
        f'"{text}" is no day of a month such as 1, last, first-mon or last-fri'
    )


def _weekday(word: str) -> str:
    if word.lower() not in _WEEKDAYS:
        raise argparse.ArgumentTypeError(f'"{word}" is none of {", ".join(_WEEKDAYS)}')
    return word[:2].upper()
