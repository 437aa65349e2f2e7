"""What a plan of a few days comes to, worked out by hand: nothing of the agent is asked."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
ZONE = ZoneInfo("Europe/Berlin")
FRIDAY = date(2027, 3, 26)  # on Sunday the clocks leap from 02:00 to 03:00
BEGIN = datetime(2027, 3, 26, 6, 0, tzinfo=ZONE).astimezone(UTC)
END = datetime(2027, 3, 29, 8, 20, tzinfo=ZONE).astimezone(UTC)
NEWDAY = time(8, 0)


def every(hours: int, first: time) -> Callable[[], Iterator[datetime]]:
    """Elapsed time, from Friday's first start on."""

    def moments() -> Iterator[datetime]:
        moment = datetime.combine(FRIDAY, first, ZONE).astimezone(UTC)
        while moment < END:
            yield moment
            moment += hours * HOUR

    return moments


def daily(at: time, *weekdays: int) -> Callable[[], Iterator[datetime]]:
    """At a time of day, on some days of the week or on all."""

    def moments() -> Iterator[datetime]:
        for number in range(5):
            day = FRIDAY + number * DAY
            moment = datetime.combine(day, at, ZONE).astimezone(UTC)
            if BEGIN < moment < END and (not weekdays or day.weekday() in weekdays):
                yield moment

    return moments


@dataclass(frozen=True)
class Planned:
    """An event: when it is planned, for which tasks, and from when to when it keeps another off."""

    name: str
    moments: Callable[[], Iterator[datetime]]
    tasks: tuple[str, ...]
    type: str
    keeps_off: timedelta | None = None


EVENTS = (
    Planned("NEWDAY", daily(NEWDAY), ("",), ""),
    Planned("docs often", every(3, time(9)), ("docs",), "INC"),
    Planned("mail often", every(4, time(10)), ("mail",), "INC"),
    Planned("all full", daily(time(21), 4, 6), ("docs", "mail"), "FULL", timedelta(minutes=100)),
    Planned("db nightly", daily(time(2, 30)), ("db",), "FULL"),
)


def is_kept_off(planned: Planned, moment: datetime) -> bool:
    """By the FULL of all, which has the higher priority."""
    [full] = [each for each in EVENTS if each.keeps_off is not None]
    if planned is full or planned.name == "NEWDAY" or full.keeps_off is None:
        return False
    return any(moment - full.keeps_off <= each <= moment for each in full.moments())


def sesam_day(moment: datetime) -> str:
    """The date of the last eight o'clock."""
    shown = moment.astimezone(ZONE)
    return (shown.date() if shown.time() >= NEWDAY else shown.date() - DAY).isoformat()
