"""Reads and writes iCalendar files (RFC 5545) with the `icalendar` library."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from itertools import chain, islice
from typing import Any

from icalendar import Calendar, Event, vRecur

from server_agent.domain.errors import InvalidArgument
from server_agent.domain.recurrence import checked_rule, dates_of, interval_of
from server_agent.domain.schedule import Schedule, at

PRODUCT = "-//Sesam Master//agent//EN"
OFFSET = "X-SESAM-OFFSET-DAYS"
UNTIL_TIME = "X-SESAM-UNTIL-TIME"
MOST_EVENTS = 20_000
# A rule costs more than a date: who sends thousands of them keeps the agent busy.
MOST_RULES = 500
MOST_DATES = 100_000
_FREQUENCIES = ("DAILY", "WEEKLY", "MONTHLY", "YEARLY")
ZONE_YEARS = 30  # for which the rules of the zone are written into a file
# What the library says of a file that is none, or of a moment that no calendar has.
_UNREADABLE = (
    ValueError,
    KeyError,
    IndexError,
    TypeError,
    AttributeError,
    OverflowError,
    RecursionError,
)
_DAY = timedelta(days=1)
_NEVER = date(9000, 1, 1)


class IcalendarFiles:
    """The `CalendarFiles` port."""

    def read(self, content: bytes, zone: tzinfo, first: date, last: date) -> Sequence[date]:
        try:
            return _dates(content, zone, first, last)
        except _UNREADABLE as error:
            raise _refused(_shown(error), "an iCalendar file (RFC 5545)") from error

    def write(self, schedule: Schedule, zone: tzinfo, uid: str) -> bytes:
        calendar = Calendar()
        calendar.add("PRODID", PRODUCT)
        calendar.add("VERSION", "2.0")
        event = _event_of(schedule, zone)
        if event is not None:
            event.add("UID", uid)
            calendar.add_component(event)
            year = event.start.year
            calendar.add_missing_timezones(date(year - 1, 1, 1), date(year + ZONE_YEARS, 1, 1))
        content: bytes = calendar.to_ical()
        return content


def _dates(content: bytes, zone: tzinfo, first: date, last: date) -> list[date]:
    events = [event for event in _events(content) if event.get("STATUS") != "CANCELLED"]
    replaced = _replaced(events, zone)
    with_rules = sum("RRULE" in event for event in events)
    if len(events) > MOST_EVENTS or with_rules > MOST_RULES:
        raise _refused(
            f"{len(events)} events, {with_rules} of them with a rule",
            f"at most {MOST_EVENTS} events, {MOST_RULES} of them with a rule",
        )
    days: set[date] = set()
    named = 0
    for event in events:
        hidden = set() if "RECURRENCE-ID" in event else replaced[str(event.get("UID"))]
        for day in _days(event, zone, hidden, first, last):
            days.add(day)
            named += 1
            if named > MOST_DATES:
                raise _refused("too many dates", f"at most {MOST_DATES} dates of all events")
    return sorted(days)


def _events(content: bytes) -> list[Any]:
    calendars: Any = Calendar.from_ical(content, multiple=True)
    if not calendars or any(calendar.name != "VCALENDAR" for calendar in calendars):
        raise _refused("no VCALENDAR", "an iCalendar file (RFC 5545)")
    return [event for calendar in calendars for event in calendar.walk("VEVENT")]


def _replaced(events: Sequence[Any], zone: tzinfo) -> dict[str, set[datetime]]:
    """By UID, the occurrences for which the file has an event of their own."""
    found: dict[str, set[datetime]] = defaultdict(set)
    for event in events:
        if "RECURRENCE-ID" in event:
            moment = _moment(_value(event, "RECURRENCE-ID"), zone)
            found[str(event.get("UID"))].add(moment)
    return found


def _days(
    event: Any, zone: tzinfo, hidden: set[datetime], first: date, last: date
) -> Iterator[date]:
    """The dates of one event in the span; some of them may come twice."""
    start = _value(event, "DTSTART")
    offset = _offset(event)
    excluded = hidden | {_moment(value, zone) for value in _listed(event, "EXDATE")}
    excluded_days = {value for value in _listed(event, "EXDATE") if not isinstance(value, datetime)}
    low, high = first - offset - _DAY, last - offset + _DAY
    by_rule = _by_rule(event, start, zone, low, high)
    named = (_moment(value, zone) for value in (start, *_listed(event, "RDATE")))
    for moment in chain(named, by_rule):
        day = moment.astimezone(zone).date()
        if moment in excluded or day in excluded_days:
            continue
        if first <= day + offset <= last:
            yield day + offset


def _by_rule(event: Any, start: date, zone: tzinfo, low: date, high: date) -> Iterator[datetime]:
    """The occurrences of the event's rules, of which the dates are those of its own calendar."""
    begin = _own_date(start)
    rules = event.get("RRULE", [])
    for rule in rules if isinstance(rules, list) else [rules]:
        text, count, until = _rule_parts(rule)
        end = high if until is None else min(high, _own_date(until) + _DAY)
        days = dates_of(text, 0, begin, low, end)
        if count is not None:
            # Which are the first n can only be told from the beginning on.
            counted = islice(dates_of(text, 0, begin, begin, end), min(count, MOST_DATES))
            days = (day for day in counted if day >= low)
        last = None if until is None else _moment(until, zone)
        for day in days:
            moment = _repeated(start, day, zone)
            if last is not None and moment > last:
                break
            yield moment


def _rule_parts(rule: Any) -> tuple[str, int | None, date | None]:
    """The rule in the words of `domain.recurrence`, its number of occurrences and its end."""
    parts = {name.upper(): values for name, values in rule.items()}
    until = parts.pop("UNTIL", [None])[0]
    count = parts.pop("COUNT", [None])[0]
    frequency = str(parts.get("FREQ", [""])[0])
    if frequency not in _FREQUENCIES:
        shown = rule.to_ical().decode()
        raise _refused(f"RRULE:{shown}", "rules of days, weeks, months or years")
    if frequency in ("DAILY", "MONTHLY"):
        parts.pop("WKST", None)  # says nothing there, and many calendars write it
    text: str = _recurrence(parts).to_ical().decode()
    try:
        text = checked_rule(text)
    except InvalidArgument as error:
        raise _refused(f"RRULE:{text}", error.metadata["expected"]) from error
    if count is not None and count < 1:
        raise _refused(f"COUNT={count}", "a COUNT of 1 or more")
    return text, count, until


def _repeated(start: date, day: date, zone: tzinfo) -> datetime:
    """The occurrence on a day of an event that begins at `start`."""
    if isinstance(start, datetime):
        return datetime.combine(day, start.time(), start.tzinfo or zone).astimezone(UTC)
    return datetime.combine(day, time.min, zone).astimezone(UTC)


def _moment(value: date, zone: tzinfo) -> datetime:
    return _repeated(value, _own_date(value), zone)


def _own_date(value: date) -> date:
    return value.date() if isinstance(value, datetime) else value


def _value(event: Any, name: str) -> date:
    value = getattr(event.get(name), "dt", None)
    if not isinstance(value, date):
        raise _refused(f"an event without a usable {name}", f"a {name} of each event")
    return value


def _listed(event: Any, name: str) -> Iterator[date]:
    """The values of a property that may come several times, each with several of them."""
    found = event.get(name, [])
    for group in found if isinstance(found, list) else [found]:
        for item in getattr(group, "dts", ()):
            value = item.dt
            yield value[0] if isinstance(value, tuple) else value  # of a period its beginning


def _offset(event: Any) -> timedelta:
    try:
        days = int(str(event.get(OFFSET, "0")))
    except ValueError:
        days = 400
    if abs(days) > 31:
        raise _refused(f"{OFFSET}:{event.get(OFFSET)}", "a number of days from -31 to 31")
    return timedelta(days=days)


def _event_of(schedule: Schedule, zone: tzinfo) -> Event | None:
    """The event without its UID; None for a schedule that never starts."""
    end = schedule.end_date or _NEVER
    offset = timedelta(days=schedule.offset_days)
    rule = schedule.rule
    counted = bool(rule) and interval_of(rule) is not None
    first: date | None = schedule.start_date if counted else None
    if rule and not counted:
        found = dates_of(rule, schedule.offset_days, schedule.start_date, schedule.start_date, end)
        shifted = next(found, None)
        first = shifted - offset if shifted is not None else None
    dates = [day for day in schedule.dates if schedule.start_date <= day <= end]
    if first is None and not dates:
        return None
    event = Event()
    event.add("SUMMARY", schedule.name)
    event.add("DTSTAMP", schedule.change_time.astimezone(UTC).replace(microsecond=0))
    begin = first if first is not None else dates.pop(0)
    event.add("DTSTART", datetime.combine(begin, schedule.start_time, zone))
    if first is not None:
        event.add("RRULE", _rule_until(schedule, zone))
    if dates:
        # Unlike the rule's, they are what they are: the offset is not for them.
        own = offset if first is not None else timedelta()
        wall = [datetime.combine(day - own, schedule.start_time, zone) for day in dates]
        event.add("RDATE", wall)
    if first is not None and schedule.offset_days:
        event.add(OFFSET, str(schedule.offset_days))
    if schedule.until_time is not None:
        event.add(UNTIL_TIME, schedule.until_time.isoformat())
    if schedule.comment:
        event.add("DESCRIPTION", schedule.comment)
    return event


def _recurrence(parts: dict[str, Any]) -> Any:
    return vRecur(parts)


def _rule_until(schedule: Schedule, zone: tzinfo) -> Any:
    rule: Any = vRecur.from_ical(schedule.rule)
    if schedule.end_date is not None:
        last = schedule.end_date - timedelta(days=schedule.offset_days)
        time_of_day = schedule.start_time
        if interval_of(schedule.rule) is not None:
            time_of_day = time(23, 59, 59)
        rule["UNTIL"] = [at(last, time_of_day, zone)]
    return rule


def _shown(error: Exception) -> str:
    return str(error).replace("\n", " ")[:120] or type(error).__name__


def _refused(value: str, expected: str) -> InvalidArgument:
    return InvalidArgument(field="content", value=value, expected=expected)
