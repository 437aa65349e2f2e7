"""The calendar: what was decided, from the catalogue, and behind it what is still to come."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from heapq import merge

from server_agent.domain.calendar import Entry, EntryState, state_of, worst
from server_agent.domain.errors import InvalidArgument, PageTokenInvalid
from server_agent.domain.events import (
    BackupAction,
    Event,
    EventKind,
    RestoreAction,
    kind_of,
)
from server_agent.domain.occurrences import Planned, Slot, Verdict, planned_slots
from server_agent.domain.sesam_day import LONGEST_DAY, SesamDays
from server_agent.ports import CatalogueView, Clock, Page, Past, PastKey
from server_agent.service.changes import Changes
from server_agent.service.days import sesam_days, zone_of
from server_agent.service.occurrences import plans_at
from server_agent.service.paging import seal, unseal
from server_agent.service.starts import backup

LONGEST_SPAN = timedelta(days=400)
MOST_PER_CELL = 255
_INSTANT = timedelta(microseconds=1)
_DAY = timedelta(days=1)
_FOR_EVER = datetime(9000, 1, 1, tzinfo=UTC)
_AT_ONCE = 1000  # rows of the past that are read together


@dataclass(frozen=True, slots=True)
class CalendarQuery:
    """Occurrences planned in [first, end); every given condition must hold."""

    first: datetime
    end: datetime
    task: str = ""
    event: str = ""
    states: frozenset[EntryState] = frozenset()
    kinds: frozenset[EventKind] = frozenset()

    def holds(self, entry: Entry) -> bool:
        return (
            (not self.task or entry.task == self.task)
            and (not self.event or entry.event == self.event)
            and (not self.states or entry.state in self.states)
            and (not self.kinds or entry.kind in self.kinds)
        )


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
    """The calendar by row and sesam day. It is complete up to the revision."""

    first: date
    days: int
    rows: tuple[SheetRow, ...]
    open_day: date
    planned_until: datetime
    revision: int


class Calendar:
    """What was planned, what became of it, and what is to come. Any thread may call it."""

    def __init__(self, changes: Changes, clock: Clock) -> None:
        self._changes = changes
        self._clock = clock
        self._zone = zone_of(clock)

    def find(self, query: CalendarQuery, token: str | None, limit: int) -> Page[Entry]:
        """The occurrences by planned time, event and task."""
        if not timedelta() < query.end - query.first <= LONGEST_SPAN:
            raise InvalidArgument(
                field="to_time",
                value=query.end.isoformat(),
                expected=f"later than from_time, by at most {LONGEST_SPAN.days} days",
            )
        name = f"calendar {query}"
        after = _key(unseal(name, token))
        with self._changes.read() as view:
            found: list[Entry] = []
            for entry in self._entries(view, query, after):
                if query.holds(entry):
                    found.append(entry)
                    if len(found) > limit:
                        break
        more = None
        if len(found) > limit:
            found.pop()
            more = seal(name, _text(found[-1]))
        return Page(tuple(found), more)

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
            for task in view.tasks():
                rows.add(EventKind.BACKUP, task.name, task.client)
            for cell in view.cells(first, last):
                rows.add(cell.key.kind, cell.key.name, cell.client)
                rows.ran(cell.key.kind, cell.key.name, cell.key.day, cell.state, cell.runs)
            for slot, plan in self._coming(view, now, until):
                state = state_of(slot.planned_time, None, None, now)
                day = days.day_of(slot.planned_time)
                for row in _rows_of(view, plan.event):
                    rows.add(*row)
                    rows.comes(row[0], row[1], day, state)
            return Sheet(
                first, count, rows.all(), days.day_of(now), max(until, now), view.revision()
            )

    def _entries(
        self, view: CatalogueView, query: CalendarQuery, after: PastKey | None
    ) -> Iterator[Entry]:
        now = self._clock.now()
        decided_until = view.decided_until() or now
        ahead = _decided_ahead(view, decided_until)
        coming = self._coming_entries(view, query, after, decided_until, ahead, now)
        if not ahead:
            if query.first <= decided_until:
                yield from _past_entries(view, query, after, now)
            yield from coming
            return
        yield from merge(_past_entries(view, query, after, now), coming, key=_sorted_key)

    def _coming_entries(
        self,
        view: CatalogueView,
        query: CalendarQuery,
        after: PastKey | None,
        decided_until: datetime,
        ahead: set[Slot],
        now: datetime,
    ) -> Iterator[Entry]:
        # Day by day, so that the first page of a long span costs little.
        begin = max(query.first, decided_until + _INSTANT, after[0] if after else query.first)
        days = sesam_days(view, self._zone, _date(begin) - _DAY, now, query.end)
        plans = plans_at(view, now)
        while begin < query.end:
            end = min(begin + _DAY, query.end)
            for slot, plan in planned_slots(plans, self._zone, begin, end, ahead):
                for entry in _planned_entries(view, slot, plan, days, now):
                    if after is None or _sorted_key(entry) > after:
                        yield entry
            begin = end

    def _coming(
        self, view: CatalogueView, now: datetime, until: datetime
    ) -> list[tuple[Slot, Planned]]:
        decided_until = view.decided_until() or now
        begin = decided_until + _INSTANT
        if begin >= until:
            return []
        ahead = _decided_ahead(view, decided_until)
        return planned_slots(plans_at(view, now), self._zone, begin, until, ahead)


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

    def comes(self, kind: EventKind, name: str, day: date, state: EntryState) -> None:
        column = (day - self._first).days
        if 0 <= column < self._count:
            self._states[kind, name][column].append(state)
            planned = self._planned[kind, name]
            planned[column] = min(planned[column] + 1, MOST_PER_CELL)

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


def _decided_ahead(view: CatalogueView, decided_until: datetime) -> set[Slot]:
    """What a clock that has been set back since decided about times to come. It is shown as it
    was decided, until it is decided anew."""
    return view.decided_slots(decided_until, _FOR_EVER)


def _past_entries(
    view: CatalogueView, query: CalendarQuery, after: PastKey | None, now: datetime
) -> Iterator[Entry]:
    while True:
        rows = view.past(query.first, query.end, after, _AT_ONCE)
        for row in rows:
            yield _past_entry(row, now)
        if len(rows) < _AT_ONCE:
            return
        last = rows[-1]
        after = (last.occurrence.slot.planned_time, last.occurrence.slot.event_id, last.task)


def _rows_of(view: CatalogueView, event: Event) -> list[tuple[EventKind, str, str]]:
    """Kind, name and client of the rows that an event is about."""
    kind = kind_of(event)
    names = _tasks_of(view, event)
    if names is None:
        return [(kind, event.name, "")]
    found = [(name, view.task(name)) for name in names]
    return [(kind, name, task.client if task is not None else "") for name, task in found]


def _tasks_of(view: CatalogueView, event: Event) -> tuple[str, ...] | None:
    """None for an event that is about no task."""
    match event.action:
        case BackupAction() as action:
            group = view.group(action.group) if action.group else None
            if action.group and group is None:
                return ()
            return backup.task_names(view, action)
        case RestoreAction(task=task):
            return (task,)
        case _:
            return None


def _planned_entries(
    view: CatalogueView, slot: Slot, plan: Planned, days: SesamDays, now: datetime
) -> list[Entry]:
    event = plan.event
    rows = _rows_of(view, event)
    about_tasks = isinstance(event.action, BackupAction | RestoreAction)
    return [
        Entry(
            slot=slot,
            event=event.name,
            kind=kind,
            schedule=event.schedule,
            priority=event.priority,
            state=state_of(slot.planned_time, None, None, now),
            sesam_day=days.day_of(slot.planned_time),
            task=name if about_tasks else "",
            group=_group_of(event),
            client=client,
            type=event.action.backup_type if isinstance(event.action, BackupAction) else None,
            started_by=event.made_by,
        )
        for kind, name, client in sorted(rows, key=lambda row: row[1])
    ]


def _past_entry(past: Past, now: datetime) -> Entry:
    event, decided, job = past.event, past.occurrence, past.job
    started = decided.verdict is Verdict.STARTED
    return Entry(
        slot=decided.slot,
        event=event.name,
        kind=kind_of(event),
        schedule=event.schedule,
        priority=event.priority,
        state=state_of(decided.slot.planned_time, decided, job, now),
        sesam_day=job.sesam_day if job is not None else past.sesam_day,
        task=past.task,
        group=_group_of(event),
        client=past.client,
        type=event.action.backup_type if isinstance(event.action, BackupAction) else None,
        job_id=job.id if job is not None else "",
        decide_time=decided.decide_time,
        started_late=started and bool(decided.late),
        cause=decided.cause,
        by=decided.by,
        text=decided.text,
        started_by=event.made_by,
    )


def _group_of(event: Event) -> str:
    return event.action.group if isinstance(event.action, BackupAction) else ""


def _sorted_key(entry: Entry) -> PastKey:
    return entry.slot.planned_time, entry.slot.event_id, entry.task


def _text(entry: Entry) -> str:
    moment, event_id, task = _sorted_key(entry)
    return f"{moment.astimezone(UTC).isoformat()}/{event_id}/{task}"


def _key(text: str | None) -> PastKey | None:
    if text is None:
        return None
    try:
        moment, event_id, task = text.split("/", 2)
        return datetime.fromisoformat(moment), event_id, task
    except ValueError:
        raise PageTokenInvalid from None


def _date(moment: datetime) -> date:
    return moment.astimezone(UTC).date()
