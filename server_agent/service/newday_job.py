"""What the end of a sesam day has to do: report the day, and forget what is kept long enough."""

from collections import Counter
from datetime import date, datetime, timedelta

from server_agent.domain.calendar import SEVERITY, EntryState, state_of
from server_agent.domain.events import EventKind, kind_of
from server_agent.domain.jobs import Job, JobState, Level
from server_agent.ports import CatalogueView, Clock, PastKey
from server_agent.service.changes import Changes
from server_agent.service.days import sesam_days, zone_of
from server_agent.service.plan import Outcome
from server_agent.service.protocol import JobProtocol

CALENDAR_KEPT = timedelta(days=400)
_DAY = timedelta(days=1)
_INSTANT = timedelta(microseconds=1)
_AT_ONCE = 1000  # occurrences that are read together
_WORDS = {
    EntryState.BROKEN: "broken",
    EntryState.ERROR: "failed",
    EntryState.MISSED: "missed",
    EntryState.LATE: "late",
    EntryState.WARNING: "with a warning",
    EntryState.BLOCKED: "blocked",
    EntryState.CANCELLED: "cancelled",
    EntryState.ACTIVE: "still running",
    EntryState.QUEUED: "still queued",
    EntryState.OK: "ok",
}


def run_newday(changes: Changes, clock: Clock, job: Job, protocol: JobProtocol) -> Outcome:
    """Closes the sesam day that ended when the job was planned."""
    with changes.read() as view:
        closed, report = _report(view, clock, job)
    protocol.line(Level.INFO, "DAY_CLOSED", f"Sesam day {closed:%a %d %b %Y} is closed: {report}")
    before = closed - CALENDAR_KEPT
    with changes.write() as tx:
        tx.forget_plan(before)
    protocol.line(Level.INFO, "CALENDAR_KEPT", f"The calendar is kept from {before:%d %b %Y} on")
    return Outcome(JobState.OK, "RESULT", f"{closed:%a %d %b}: {report}")


def _report(view: CatalogueView, clock: Clock, job: Job) -> tuple[date, str]:
    """The day, and its backups, restores and commands by what became of them, the worst first."""
    now = clock.now()
    ended = (job.planned_time or job.create_time) - _INSTANT
    since = ended.astimezone(zone_of(clock)).date() - _DAY
    days = sesam_days(view, zone_of(clock), since, now, max(ended, now))
    day = days.day_of(ended)
    first, end = days.bounds(day) or (ended - _DAY, ended)
    counts = _counted(view, first, min(end, ended + _INSTANT), now)
    told = [f"{counts[state]} {_WORDS[state]}" for state in SEVERITY if counts[state]]
    return day, ", ".join(told) or "nothing was planned and nothing ran"


def _counted(
    view: CatalogueView, first: datetime, end: datetime, now: datetime
) -> Counter[EntryState]:
    counts: Counter[EntryState] = Counter()
    key: PastKey | None = None
    while True:
        rows = view.past(first, end, key, _AT_ONCE)
        for row in rows:
            if kind_of(row.event) is not EventKind.NEWDAY:
                counts[
                    state_of(row.occurrence.slot.planned_time, row.occurrence, row.job, now)
                ] += 1
        if len(rows) < _AT_ONCE:
            return counts
        slot = rows[-1].occurrence.slot
        key = (slot.planned_time, slot.event_id, rows[-1].task)
