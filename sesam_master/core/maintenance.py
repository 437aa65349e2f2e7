"""Maintenance windows: when silence of a location is expected, and so raises no alarm.

A window is written down in wall time of one time zone, since that is what people agree on: "every
Saturday from 22:00 to 04:00" stays so when the clocks change. A wall time that the clocks leap over
is read with the offset of before the leap; of one that comes twice, the first begins a window and
the second ends it.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

LONGEST = timedelta(days=366)  # what is silent for longer is switched off
LONGEST_WEEKLY = timedelta(days=7)
_DAY = timedelta(days=1)
_MOST_JOINED = 60  # windows one after the other, of which the end of the last is told


@dataclass(frozen=True, slots=True)
class MaintenanceWindow:
    """Once, or on some days of every week.

    Attributes:
        start, end: wall times, without a time zone of their own; of the first occurrence.
        zone: its IANA name, "Europe/Berlin".
        days: weekdays on which it begins, 0 is Monday; empty: once.
        until: the last day on which it begins; None: it goes on.
        comment: why.

    Raises ValueError with a sentence for people.
    """

    start: datetime
    end: datetime
    zone: str
    days: frozenset[int] = frozenset()
    until: date | None = None
    comment: str = ""

    def __post_init__(self) -> None:
        if self.start.tzinfo is not None or self.end.tzinfo is not None:
            raise ValueError("A maintenance window is given in wall times, without an offset.")
        if self.end <= self.start:
            raise ValueError(
                f"The maintenance window ends at {self.end:%Y-%m-%d %H:%M}, not after its start at "
                f"{self.start:%Y-%m-%d %H:%M}. Give it a later end."
            )
        longest = LONGEST_WEEKLY if self.days else LONGEST
        if self.end - self.start > longest:
            raise ValueError(
                f"The maintenance window is longer than {longest.days} days. Make it shorter, or "
                "switch the location off."
            )
        if not self.days <= frozenset(range(7)):
            raise ValueError("The days of a week are numbered from 0, Monday, to 6, Sunday.")
        if self.until is not None and (not self.days or self.until < self.start.date()):
            raise ValueError("The last day of a weekly window is not before its first day.")
        try:
            ZoneInfo(self.zone)
        except (ZoneInfoNotFoundError, ValueError, OSError) as error:
            raise ValueError(
                f"The time zone {self.zone!r} is not known here. Choose another one."
            ) from error

    def end_at(self, now: datetime) -> datetime | None:
        """The end of the occurrence that is open now, in UTC; None while there is none."""
        ends = [end for start, end in self._around(now) if start <= now < end]
        return max(ends, default=None)

    def next_start(self, now: datetime) -> datetime | None:
        """When it begins next, in UTC; None if it never does again."""
        starts = (start for start, end in self._around(now) if now < start < end)
        return min(starts, default=None)

    def is_over(self, now: datetime) -> bool:
        """It neither is open nor begins again."""
        return self.end_at(now) is None and self.next_start(now) is None

    def _around(self, now: datetime) -> Iterable[tuple[datetime, datetime]]:
        """The occurrences that may be open now and those that begin within eight days of it; of a
        weekly one that begins later, its first week."""
        zone = ZoneInfo(self.zone)
        if not self.days:
            return [self._occurrence(timedelta(0), zone)]
        today = now.astimezone(zone).date()
        first = max(self.start.date(), today - LONGEST_WEEKLY - _DAY)
        last = max(first, today) + 8 * _DAY
        if self.until is not None:
            last = min(last, self.until)
        days = (first + number * _DAY for number in range((last - first).days + 1))
        return [
            self._occurrence(day - self.start.date(), zone)
            for day in days
            if day.weekday() in self.days
        ]

    def _occurrence(self, later: timedelta, zone: ZoneInfo) -> tuple[datetime, datetime]:
        start = (self.start + later).replace(tzinfo=zone, fold=0)
        end = (self.end + later).replace(tzinfo=zone, fold=1)
        return start.astimezone(UTC), end.astimezone(UTC)


def united_end(windows: Iterable[MaintenanceWindow], now: datetime) -> datetime | None:
    """When no window is open any more, if one is open now; None if none is."""
    all_windows = tuple(windows)
    end: datetime | None = None
    at = now
    for _ in range(_MOST_JOINED):
        later = max((e for w in all_windows if (e := w.end_at(at)) is not None), default=None)
        if later is None:
            break
        end = at = later
    return end
