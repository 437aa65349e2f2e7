"""What the end of a sesam day has to do: close the logs of the day, compress old listings, and
forget what is kept long enough."""

import logging
from datetime import date, datetime, timedelta

from server_agent.domain.events import NEWDAY
from server_agent.domain.jobs import Job, JobState, Level
from server_agent.domain.occurrences import Occurrence, Slot, Verdict
from server_agent.domain.sesam_day import LONGEST_DAY, SesamDays
from server_agent.ports import (
    CatalogueTransaction,
    CatalogueView,
    Clock,
    Compressed,
    Control,
    Engine,
)
from server_agent.ports.day_logs import DayLogs
from server_agent.service.changes import Changes
from server_agent.service.control import JobControl, too_late
from server_agent.service.day_report import DayReport, day_report
from server_agent.service.days import day_of, sesam_days, zone_of
from server_agent.service.occurrences import start_again
from server_agent.service.plan import Outcome
from server_agent.service.protocol import JobProtocol

log = logging.getLogger(__name__)

CALENDAR_KEPT = timedelta(days=400)
_DAY = timedelta(days=1)
_INSTANT = timedelta(microseconds=1)
_BROKEN = (JobState.BROKEN, JobState.ERROR)


class Newday:
    """Does NEWDAY jobs. Each step can be done again, so that one that was broken is repeated whole.

    Args:
        listings_plain: how long listings stay as they are.
    """

    def __init__(
        self,
        changes: Changes,
        engine: Engine,
        day_logs: DayLogs,
        clock: Clock,
        listings_plain: timedelta,
    ) -> None:
        self._changes = changes
        self._engine = engine
        self._day_logs = day_logs
        self._clock = clock
        self._listings_plain = listings_plain

    def run(self, job: Job, control: JobControl, protocol: JobProtocol) -> Outcome:
        """Closes the sesam day that ended when the job was planned, and those before it that were
        not closed. Raises Cancelled."""
        with self._changes.read() as view:
            if len(view.jobs_of(Slot(job.planned_time or job.create_time, job.event_id))) > 1:
                text = "This NEWDAY was broken before, and is repeated"
                protocol.line(Level.INFO, "REPEATED", text)
            reports = self._reports(view, job)
            today = day_of(view, self._clock, self._clock.now())
        for report in reports:
            self._day_logs.close(report.day, report.states, report.happened)
            text = f"Sesam day {report.day:%a %d %b %Y} is closed: {report.summed_up}"
            protocol.line(Level.INFO, "DAY_CLOSED", text)
        self._day_logs.begin(today)
        closed = reports[-1]
        log.info("sesam day %s is closed: %s", closed.day, closed.summed_up)
        kept = self._compress(closed.day - self._listings_plain, control, protocol)
        state = JobState.WARNING if kept else JobState.OK
        control.set_result(state)
        self._forget(closed.day - CALENDAR_KEPT, protocol)
        message = f"{closed.day:%a %d %b}: {closed.summed_up}"
        left = f"{kept} listings could not be compressed" if kept else ""
        last = filter(None, (message, left, too_late(control)))
        return Outcome(state, "RESULT", "; ".join(last))

    def _reports(self, view: CatalogueView, job: Job) -> list[DayReport]:
        """Of the day that has ended; of the one before it, since what ran over its end has ended
        too by now; and of days that nobody has closed."""
        now = self._clock.now()
        ended = (job.planned_time or job.create_time) - _INSTANT
        zone = zone_of(self._clock)
        since = ended.astimezone(zone).date() - LONGEST_DAY
        days = sesam_days(view, zone, since, now, max(ended, now))
        last = days.day_of(ended)
        starts = days.starts(since, last)
        if view.day_starts(since - LONGEST_DAY)[0] != starts[0]:
            del starts[0]  # what it ended began before all that was read
        before = sorted({days.day_of(start.moment - _INSTANT) for start in starts} - {last})
        again = before[-1:]
        wanted = [day for day in before if day in again or not self._day_logs.is_closed(day)]
        return [day_report(view, self._clock, days, day) for day in (*wanted, last)]

    def _compress(self, before: date, control: Control, protocol: JobProtocol) -> int:
        """Returns how many could not be."""
        done: list[Compressed] = []
        kept = 0
        for each in self._engine.compress_listings(before, control):
            if isinstance(each, Compressed):
                done.append(each)
            else:
                protocol.message(each)
                kept += 1
        if done:
            sizes = sum(each.size_before for each in done), sum(each.size_after for each in done)
            text = f"{len(done)} listings from before {before:%d %b %Y} were compressed"
            protocol.line(Level.INFO, "COMPRESSED", f"{text}: {sizes[0]} to {sizes[1]} bytes")
        return kept

    def _forget(self, before: date, protocol: JobProtocol) -> None:
        with self._changes.write() as tx:
            tx.forget_plan(before)
        self._day_logs.forget(before)
        text = f"The calendar and the logs of days are kept from {before:%d %b %Y} on"
        protocol.line(Level.INFO, "CALENDAR_KEPT", text)


def repeat_newday(tx: CatalogueTransaction, clock: Clock) -> bool:
    """Queues the last NEWDAY again, once, if it broke or failed. To be called at the start of the
    agent, when all that had come due by then is decided. Returns whether it did."""
    event = tx.event(NEWDAY)
    now = clock.now()
    starts = tx.day_starts(now.astimezone(zone_of(clock)).date() - LONGEST_DAY)
    starts = [start for start in starts if start.moment <= now]
    if event is None or not starts:
        return False
    slot = Slot(starts[-1].moment, event.id)
    if [job.state for job in tx.jobs_of(slot)] not in [[state] for state in _BROKEN]:
        return False
    start_again(tx, event, Occurrence(slot, Verdict.STARTED, now), _days(tx, clock, now))
    return True


def _days(view: CatalogueView, clock: Clock, now: datetime) -> SesamDays:
    zone = zone_of(clock)
    return sesam_days(view, zone, now.astimezone(zone).date() - _DAY, now, now)
