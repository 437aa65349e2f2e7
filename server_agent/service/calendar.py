"""The calendar: what was decided, from the catalogue, and behind it what is still to come."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from heapq import merge

from server_agent.domain.calendar import Entry, EntryState, state_of
from server_agent.domain.errors import InvalidArgument, PageTokenInvalid
from server_agent.domain.events import (
    BackupAction,
    Event,
    EventKind,
    RestoreAction,
    RestoreProofAction,
    VerifyAction,
    kind_of,
)
from server_agent.domain.occurrences import Blockers, Cause, Slot, Verdict, planned_slots
from server_agent.domain.sesam_day import SesamDays
from server_agent.ports import CatalogueView, Clock, Page, Past, PastKey
from server_agent.service.changes import Changes
from server_agent.service.days import sesam_days, zone_of
from server_agent.service.occurrences import plans_at, taken_back_from, tasks_of
from server_agent.service.paging import seal, unseal

LONGEST_SPAN = timedelta(days=400)
_INSTANT = timedelta(microseconds=1)
_DAY = timedelta(days=1)
_FOR_EVER = datetime(9000, 1, 1, tzinfo=UTC)
_AT_ONCE = 1000  # rows of the past that are read together
_OF_TASKS = BackupAction | RestoreAction | VerifyAction | RestoreProofAction


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


Rows = list[tuple[EventKind, str, str]]  # kind, name and client


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

    def _entries(
        self, view: CatalogueView, query: CalendarQuery, after: PastKey | None
    ) -> Iterator[Entry]:
        now = self._clock.now()
        decided_until = view.decided_until() or now
        ahead = decided_ahead(view, decided_until)
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
        taken_back = taken_back_from(view, plans, begin)
        blockers = Blockers(plans, self._zone, begin, taken_back)
        clients = {task.name: task.client for task in view.tasks()}
        rows: dict[str, Rows] = {}
        while begin < query.end:
            end = min(begin + _DAY, query.end)
            for slot, plan in planned_slots(plans, self._zone, begin, end, ahead):
                event = plan.event
                if event.id not in rows:
                    rows[event.id] = rows_of(view, event, clients)
                blocker = blockers.of(plan, slot.planned_time)
                held_off_by = blocker.event.name if blocker is not None else ""
                for entry in _planned_entries(slot, event, rows[event.id], days, now, held_off_by):
                    if after is None or _sorted_key(entry) > after:
                        yield entry
            begin = end


def decided_ahead(view: CatalogueView, decided_until: datetime) -> set[Slot]:
    """What a clock that has been set back since decided about times to come. It is shown as it
    was decided, until it is decided anew."""
    return view.decided_slots(decided_until, _FOR_EVER)


def rows_of(view: CatalogueView, event: Event, clients: Mapping[str, str]) -> Rows:
    """The rows that an event is about now, by name.

    Args:
        clients: of each task that there is.
    """
    kind = kind_of(event)
    names = tasks_of(view, event)
    if names is None:
        return [(kind, event.name, "")]
    return [(kind, name, clients.get(name, "")) for name in sorted(names)]


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


def _planned_entries(
    slot: Slot, event: Event, rows: Rows, days: SesamDays, now: datetime, held_off_by: str
) -> list[Entry]:
    about_tasks = isinstance(event.action, _OF_TASKS)
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
            cause=Cause.BLOCKED_BY if held_off_by else Cause.NONE,
            by=held_off_by,
            started_by=event.made_by,
        )
        for kind, name, client in rows
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
        text=decided.text or (job.message if job is not None else ""),
        started_by=event.made_by,
        end_time=job.end_time if job is not None else None,
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
