"""Enters what was decided about an occurrence, with the jobs that it becomes."""

import sys
from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta, tzinfo

from server_agent.domain.errors import (
    DomainError,
    GroupNotFound,
    InvalidArgument,
    NotFound,
)
from server_agent.domain.events import (
    BackupAction,
    Event,
    EventKind,
    RestoreAction,
    RestoreProofAction,
    VerifyAction,
    kind_of,
)
from server_agent.domain.jobs import Job, JobKind, JobState
from server_agent.domain.occurrences import Cause, Occurrence, Planned, Slot, Verdict
from server_agent.domain.schedule import MAX_WINDOW
from server_agent.domain.sesam_day import DayStart, SesamDays
from server_agent.ports import CatalogueTransaction, CatalogueView, CellKey, Past
from server_agent.service.days import sesam_days
from server_agent.service.starts import STARTS, backup

_MINUTE = timedelta(minutes=1)
_FOR_EVER = datetime(9000, 1, 1, tzinfo=UTC)
_ALL = sys.maxsize


def plans_at(view: CatalogueView, now: datetime) -> list[Planned]:
    """What is planned, by a clock that shows `now`."""
    return [plan.as_of(now) for plan in view.plans()]


def taken_back_from(
    view: CatalogueView, plans: Iterable[Planned], first: datetime
) -> Collection[Slot]:
    """What was taken back and would else hold off something from that moment on."""
    if not any(plan.event.blocking for plan in plans):
        return ()
    return view.taken_back(first - MAX_WINDOW - _MINUTE)


def tasks_of(view: CatalogueView, event: Event) -> tuple[str, ...] | None:
    """What an event is about now; None for an event that is about no task."""
    match event.action:
        case BackupAction() as action:
            try:
                return backup.task_names(view, action)
            except GroupNotFound:
                return ()
        case RestoreAction(task=task) | VerifyAction(task=task) | RestoreProofAction(task=task):
            return (task,)
        case _:
            return None


def enter(
    tx: CatalogueTransaction, event: Event, decided: Occurrence, days: SesamDays, zone: tzinfo
) -> list[Job]:
    """Records the decision and queues what it starts; returns the jobs. What cannot be queued is
    recorded as missed, with the reason."""
    if kind_of(event) is EventKind.NEWDAY:
        # A day begins whether or not anybody was awake to see it.
        moment = decided.slot.planned_time
        tx.add_day_start(DayStart(moment, moment.astimezone(zone).date()))
    return _start(tx, event, decided, days)


def take_back(tx: CatalogueTransaction, event: Event, decided: Occurrence, days: SesamDays) -> None:
    """Records that an occurrence to come is not wanted."""
    _record(tx, event, decided, (), days)


def name_days_anew(tx: CatalogueTransaction, zone: tzinfo, now: datetime) -> None:
    """Gives what was taken back its sesam day, when those to come are others than they were. To be
    called when NEWDAY was moved."""
    kept = tx.past(now, _FOR_EVER, None, _ALL)
    given_up = [row for row in kept if row.occurrence.verdict is Verdict.CANCELLED]
    if not given_up:
        return
    last = given_up[-1].occurrence.slot.planned_time
    days = sesam_days(tx, zone, now.astimezone(zone).date() - timedelta(days=1), now, last)
    by_slot: dict[Slot, list[Past]] = defaultdict(list)
    for row in given_up:
        by_slot[row.occurrence.slot].append(row)
    for slot, rows in by_slot.items():
        before, day = rows[0], days.day_of(slot.planned_time)
        if day == before.sesam_day:
            continue
        tasks = tuple(row.task for row in rows if row.task)
        tx.put_decided(replace(before.occurrence, tasks=tasks), before.event, day)
        cells = {
            CellKey.of_event(row.event, row.task, each)
            for row in rows
            for each in (before.sesam_day, day)
        }
        tx.refresh_cells(cells, now)


def start_again(
    tx: CatalogueTransaction, event: Event, decided: Occurrence, days: SesamDays
) -> list[Job]:
    """Starts an occurrence once more, because what it had started was broken; returns the jobs."""
    return _start(tx, event, decided, days)


def start_follow_up(
    tx: CatalogueTransaction, event: Event, now: datetime, days: SesamDays
) -> list[Job]:
    """Starts an event because another has ended well; returns the jobs. What cannot be queued is
    recorded as missed: the job that has ended has ended nevertheless."""
    return _start(tx, event, Occurrence(Slot(now, event.id), Verdict.STARTED, now), days)


def _start(
    tx: CatalogueTransaction, event: Event, decided: Occurrence, days: SesamDays
) -> list[Job]:
    wanted: list[Job] = []
    if decided.verdict is Verdict.STARTED:
        try:
            wanted = STARTS[kind_of(event)](tx, event, first_job(event, decided, days))
        except DomainError as error:
            decided = replace(
                decided, verdict=Verdict.MISSED, cause=Cause.IMPOSSIBLE, text=_why(error)
            )
    return _record(tx, event, decided, wanted, days)


def _why(error: DomainError) -> str:
    """For people, in one line."""
    told = error.metadata
    if isinstance(error, NotFound):
        return "; ".join(f"There is no {kind} {name}" for kind, name in told.items())
    if isinstance(error, InvalidArgument):
        return f"{told['field']} {told['value']}: expected {told['expected']}"
    return str(error)


def start_now(
    tx: CatalogueTransaction,
    event: Event,
    now: datetime,
    days: SesamDays,
    wanted: Sequence[Job] | None = None,
) -> list[Job]:
    """Starts an event outside its schedule.

    Args:
        wanted: the jobs, if they do not follow from the event alone.

    Raises:
        DomainError: what it is about is gone.
    """
    decided = Occurrence(Slot(now, event.id), Verdict.STARTED, now)
    if wanted is None:
        wanted = STARTS[kind_of(event)](tx, event, first_job(event, decided, days))
    return _record(tx, event, decided, wanted, days)


def _record(
    tx: CatalogueTransaction,
    event: Event,
    decided: Occurrence,
    wanted: Sequence[Job],
    days: SesamDays,
) -> list[Job]:
    queued = [tx.add_job(job) for job in wanted]
    tasks = tuple(job.task for job in queued if job.task) or tasks_of(tx, event) or ()
    day = days.day_of(decided.slot.planned_time)
    tx.put_decided(replace(decided, tasks=tasks), event, day)
    # Also of what was started: a clock that was ahead may have given it up before.
    cells = {CellKey.of_event(event, task, day) for task in tasks or ("",)}
    tx.refresh_cells(cells, decided.decide_time)
    return queued


def is_settled(jobs: Sequence[Job]) -> bool:
    """Whether what an occurrence became, by id, has ended well; of a job that was started again
    only the last one counts."""
    newest = {job.task: job for job in jobs}.values()
    return bool(jobs) and all(job.state in (JobState.OK, JobState.WARNING) for job in newest)


def first_job(event: Event, decided: Occurrence, days: SesamDays) -> Job:
    """What the jobs of an occurrence have in common."""
    now = decided.decide_time
    return Job(
        id="",
        kind=JobKind.NEWDAY,
        state=JobState.QUEUED,
        task="",
        client="",
        requested_type=None,
        type=None,
        saveset="",
        create_time=now,
        start_time=None,
        end_time=None,
        sesam_day=days.day_of(now),
        started_by=event.made_by,
        event_id=event.id,
        event=event.name,
        planned_time=decided.slot.planned_time,
        priority=event.priority,
    )
