"""The calendar sheet: what was planned, by row and sesam day."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo

from server_agent.domain.calendar import EntryState, worst
from server_agent.domain.errors import InvalidArgument
from server_agent.domain.events import EventKind
from server_agent.domain.occurrences import LATE_AFTER, Planned, Slot
from server_agent.domain.sesam_day import LONGEST_DAY, DayStart, SesamDays
from server_agent.ports import CatalogueView, Clock
from server_agent.service.calendar import LONGEST_SPAN, decided_ahead, rows_of
from server_agent.service.changes import Changes
from server_agent.service.days import sesam_days, zone_of
from server_agent.service.occurrences import plans_at

MOST_PER_CELL = 255
_INSTANT = timedelta(microseconds=1)
_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class SheetRow:
    """One task, or of commands and NEWDAY one event, over the days of a sheet. One element a day:
    the worst state (None: nothing), the number of occurrences that have begun or were given up,
    and of those to come; both at most `MOST_PER_CELL`."""

    kind: EventKind
    name: str
    client: str
    states: tuple[EntryState | None, ...]
    runs: bytes
    planned: bytes


@dataclass(frozen=True, slots=True)
class Sheet:
    """The calendar by row and sesam day. It is complete up to the revision.

    Attributes:
        day_starts: of the days in it, and of the first one behind them.
    """

    first: date
    days: int
    rows: tuple[SheetRow, ...]
    open_day: date
    planned_until: datetime
    revision: int
    day_starts: tuple[DayStart, ...]
    time_zone: str


class Sheets:
    """Makes sheets. Any thread may call it."""

    def __init__(self, changes: Changes, clock: Clock) -> None:
        self._changes = changes
        self._clock = clock
        self._zone = zone_of(clock)

    def sheet(self, first: date, last: date) -> Sheet:
        """Every row over the sesam days from `first` to `last`."""
        count = (last - first).days + 1
        if not 1 <= count <= LONGEST_SPAN.days:
            raise InvalidArgument(
                field="last_sesam_day",
                value=last,
                expected=f"{first} or later, by at most {LONGEST_SPAN.days} days",
            )
        now = self._clock.now()
        far = datetime.combine(last + LONGEST_DAY + 2 * _DAY, time.min, self._zone).astimezone(UTC)
        with self._changes.read() as view:
            days = sesam_days(view, self._zone, first - _DAY, now, far)
            until = days.end_of(last) or far
            rows = _Rows(first, count)
            clients = {task.name: task.client for task in view.tasks()}
            for name, client in clients.items():
                rows.add(EventKind.BACKUP, name, client)
            for cell in view.cells(first, last):
                rows.add(cell.key.kind, cell.key.name, cell.client)
                rows.ran(cell.key.kind, cell.key.name, cell.key.day, cell.state, cell.runs)
            self._add_coming(view, rows, clients, days, now, until)
            return Sheet(
                first=first,
                days=count,
                rows=rows.all(),
                open_day=days.day_of(now),
                planned_until=max(until, now),
                revision=view.revision(),
                day_starts=tuple(days.starts(first, last)),
                time_zone=self._clock.zone_name,
            )

    def _add_coming(
        self,
        view: CatalogueView,
        rows: "_Rows",
        clients: Mapping[str, str],
        days: SesamDays,
        now: datetime,
        until: datetime,
    ) -> None:
        decided_until = view.decided_until() or now
        begin = decided_until + _INSTANT
        # What should have been decided by now is late, the rest is to come.
        due = min(max(begin, now - LATE_AFTER), max(begin, until))
        spans = ((begin, due, EntryState.LATE), (due, until, EntryState.PLANNED))
        ahead = defaultdict(list)
        for slot in decided_ahead(view, decided_until):
            ahead[slot.event_id].append(slot)
        coming = _Coming(self._zone, days)
        for plan in plans_at(view, now):
            about = rows_of(view, plan.event, clients)
            for first, end, state in spans:
                counts = coming.counted(plan, first, end)
                counts = counts - coming.known(plan, first, end, ahead[plan.event.id])
                for day, number in counts.items():
                    for kind, name, client in about:
                        rows.add(kind, name, client)
                        rows.comes(kind, name, day, state, number)


class _Coming:
    """How many planned times there are on each sesam day. Many events have the same schedule, of
    which that is worked out once."""

    def __init__(self, zone: tzinfo, days: SesamDays) -> None:
        self._zone = zone
        self._days = days
        self._of_schedules: dict[tuple[str, datetime, datetime], Counter[date]] = {}

    def counted(self, plan: Planned, first: datetime, end: datetime) -> Counter[date]:
        """Those from `first` to before `end`."""
        if plan.schedule is None:
            return self._counted(plan, first, end)
        key = plan.schedule.name, plan.since(first), end
        if key not in self._of_schedules:
            self._of_schedules[key] = self._counted(plan, first, end)
        return self._of_schedules[key]

    def known(
        self, plan: Planned, first: datetime, end: datetime, decided: Iterable[Slot]
    ) -> Counter[date]:
        """Those of them that are decided already."""
        moments = (slot.planned_time for slot in decided if first <= slot.planned_time < end)
        return Counter(
            self._days.day_of(moment)
            for moment in moments
            if plan.starts(self._zone, moment, moment + _INSTANT)
        )

    def _counted(self, plan: Planned, first: datetime, end: datetime) -> Counter[date]:
        if not plan.is_frequent:
            return Counter(map(self._days.day_of, plan.starts(self._zone, first, end)))
        counts: Counter[date] = Counter()
        while first < end:
            day = self._days.day_of(first)
            behind = min(self._days.end_of(day) or end, end)
            counts[day] += plan.count(self._zone, first, behind)
            first = behind
        return +counts


class _Rows:
    """The rows of a sheet while they are filled."""

    def __init__(self, first: date, count: int) -> None:
        self._first = first
        self._count = count
        self._clients: dict[tuple[EventKind, str], str] = {}
        self._states: dict[tuple[EventKind, str], list[list[EntryState]]] = defaultdict(
            lambda: [[] for _ in range(count)]
        )
        self._runs: dict[tuple[EventKind, str], bytearray] = defaultdict(lambda: bytearray(count))
        self._planned: dict[tuple[EventKind, str], bytearray] = defaultdict(
            lambda: bytearray(count)
        )

    def add(self, kind: EventKind, name: str, client: str) -> None:
        self._clients.setdefault((kind, name), client)

    def ran(self, kind: EventKind, name: str, day: date, state: EntryState, runs: int) -> None:
        column = (day - self._first).days
        self._states[kind, name][column].append(state)
        self._runs[kind, name][column] = min(runs, MOST_PER_CELL)

    def comes(self, kind: EventKind, name: str, day: date, state: EntryState, number: int) -> None:
        column = (day - self._first).days
        if 0 <= column < self._count:
            self._states[kind, name][column].append(state)
            planned = self._planned[kind, name]
            planned[column] = min(planned[column] + number, MOST_PER_CELL)

    def all(self) -> tuple[SheetRow, ...]:
        return tuple(
            SheetRow(
                kind=key[0],
                name=key[1],
                client=client,
                states=tuple(worst(states) for states in self._states[key]),
                runs=bytes(self._runs[key]),
                planned=bytes(self._planned[key]),
            )
            for key, client in sorted(self._clients.items(), key=lambda item: item[0])
        )
