"""What the end of a sesam day has to do: close the logs of the day, compress old listings, and
forget what is kept long enough."""

import logging
from collections.abc import Callable, Sequence
from datetime import date, datetime, timedelta

from server_agent.domain.events import NEWDAY
from server_agent.domain.jobs import Job, JobState, Level
from server_agent.domain.occurrences import Occurrence, Slot, Verdict
from server_agent.domain.retention import Fate
from server_agent.domain.sesam_day import LONGEST_DAY, SesamDays
from server_agent.ports import (
    Cancelled,
    CatalogueTransaction,
    CatalogueView,
    Clock,
    Compressed,
    Control,
    Engine,
)
from server_agent.ports.day_logs import DayLogError, DayLogs
from server_agent.service.changes import Changes
from server_agent.service.control import JobControl, too_late
from server_agent.service.day_report import DayReport, day_report
from server_agent.service.days import (
    HELD_BACK,
    EndedDay,
    day_of,
    ended_days,
    sesam_days,
    was_seen,
    zone_of,
)
from server_agent.service.forgetting import Forgetting
from server_agent.service.occurrences import start_again
from server_agent.service.plan import Outcome
from server_agent.service.protocol import JobProtocol
from server_agent.service.shelving import shelve

log = logging.getLogger(__name__)

CALENDAR_KEPT = timedelta(days=400)
_DAY = timedelta(days=1)
_BROKEN = (JobState.BROKEN, JobState.ERROR)


def _nobody(_report: DayReport) -> None:
    """Nobody wants to know."""


class Newday:
    """Does NEWDAY jobs. Each step can be done again, so that one that was broken is repeated whole.

    Args:
        listings_plain: how long listings stay as they are.
        tell_day: is told of each day that is closed for the first time.
    """

    def __init__(
        self,
        changes: Changes,
        engine: Engine,
        day_logs: DayLogs,
        clock: Clock,
        listings_plain: timedelta,
        forgetting: Forgetting,
        tell_day: Callable[[DayReport], None] = _nobody,
    ) -> None:
        self._tell_day = tell_day
        self._changes = changes
        self._engine = engine
        self._day_logs = day_logs
        self._clock = clock
        self._listings_plain = listings_plain
        self._forgetting = forgetting

    def run(self, job: Job, control: JobControl, protocol: JobProtocol) -> Outcome:
        """Closes the sesam day that ended when the job was planned, and those before it that were
        not closed for good. Raises Cancelled."""
        begun = job.planned_time or job.create_time
        with self._changes.read() as view:
            is_repeated = len(view.jobs_of(Slot(begun, job.event_id))) > 1
            today = day_of(view, self._clock, self._clock.now())
            ended = ended_days(view, self._clock, begun)
            begun_day = min(today, day_of(view, self._clock, begun))
            has_seen = was_seen(view, [each.begin for each in ended])
        self._day_logs.begin(today)
        if is_repeated:
            text = "This NEWDAY was broken before, and is repeated"
            protocol.line(Level.INFO, "REPEATED", text)
        last = ended[-1].day if ended else today
        try:
            closed = self._close(ended, begun, protocol)
            kept = self._compress(last - self._listings_plain, control, protocol)
            held = self._expire(begun_day, has_seen, protocol)
            state = JobState.WARNING if kept or held else JobState.OK
            control.set_result(state)
            if has_seen:
                self._forget(last - CALENDAR_KEPT, protocol)
            self._shelve(control.afterwards(), protocol)
            self._tidy(control.afterwards(), protocol)
        except DayLogError as error:
            said = f"{error}. Put that right: the next start of the agent or NEWDAY does it again"
            return Outcome(JobState.ERROR, "DAY_LOG", said)
        told = closed[::-1]
        if not ended or ended[-1].end != begun:
            told.insert(0, "No sesam day ended")
        if kept:
            told.append(f"{_listings(kept)} could not be compressed")
        if held:
            told.append(held)
        return Outcome(state, "RESULT", "; ".join(filter(None, (*told, too_late(control)))))

    def _close(self, ended: list[EndedDay], begun: datetime, protocol: JobProtocol) -> list[str]:
        """Those of the days that need it: the one that ended now, those that nobody has closed, and
        those of which something was open still. Returns what became of each."""
        closed: list[str] = []
        for each in ended:
            is_new = not self._day_logs.is_closed(each.day)
            if each.end != begun and not is_new:
                continue
            with self._changes.read() as view:
                report = day_report(view, self._clock, each)
            self._day_logs.close(
                report.day, report.states, report.happened, for_good=report.for_good
            )
            text = f"Sesam day {report.day:%a %d %b %Y} is closed: {report.summed_up}"
            protocol.line(Level.INFO, "DAY_CLOSED", text)
            log.info("sesam day %s is closed: %s", report.day, report.summed_up)
            closed.append(f"{report.day:%a %d %b}: {report.summed_up}")
            if is_new:
                self._tell_day(report)
        return closed

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
            text = f"Compressed {_listings(len(done))} from before {before:%d %b %Y}"
            protocol.line(Level.INFO, "COMPRESSED", f"{text}: {sizes[0]} to {sizes[1]} bytes")
        return kept

    def _expire(self, today: date, has_seen: bool, protocol: JobProtocol) -> str:
        """Deletes the savesets whose EOL has passed, and says each. Nothing is deleted if no other
        day was seen to begin lately; returns what is to be said of that."""
        if not has_seen:
            if due := self._forgetting.due(today):
                text = f"{_come(due)}. {HELD_BACK}"
                protocol.line(Level.WARNING, "NOT_EXPIRED", text)
                return text
            return ""
        gone: list[Fate] = []

        def tell(portion: Sequence[Fate]) -> None:
            gone.extend(portion)
            for fate in portion:
                protocol.line(Level.INFO, "EXPIRED", _expired(fate))

        left = self._forgetting.expire(today, tell)
        if gone:
            size = sum(fate.saveset.stored_bytes for fate in gone)
            text = f"{_come(gone)}: {size} bytes"
            protocol.line(Level.INFO, "RETENTION", text)
        if left:
            text = f"The files of {left} deleted savesets are removed when their media are there"
            protocol.line(Level.WARNING, "FILES_LEFT", text)
        return ""

    def _shelve(self, control: Control, protocol: JobProtocol) -> None:
        """What is not done today is done the next time."""
        try:
            count = shelve(self._changes, self._engine, control)
        except Cancelled:
            return
        if count:
            text = f"Put {_listings(count)} on media that had none of their savesets"
            protocol.line(Level.INFO, "SHELVED", text)

    def _tidy(self, control: Control, protocol: JobProtocol) -> None:
        """What is not given back of the media today is the next time."""
        try:
            for message in self._engine.tidy(self._clock.now(), control):
                protocol.message(message)
        except Cancelled:
            protocol.line(Level.INFO, "NOT_TIDIED", "The media are tidied the next time: cancelled")

    def _forget(self, before: date, protocol: JobProtocol) -> None:
        with self._changes.write() as tx:
            tx.forget_plan(before)
        self._day_logs.forget(before)
        text = f"The calendar and the logs of days are kept from {before:%d %b %Y} on"
        protocol.line(Level.INFO, "CALENDAR_KEPT", text)


def _expired(fate: Fate) -> str:
    saveset = fate.saveset
    eol = saveset.eol.isoformat() if saveset.eol is not None else "none"
    what = "is deleted there and stays elsewhere" if fate.stays else "is deleted"
    return (
        f"{saveset.name} of task {saveset.task}, {saveset.stored_bytes} bytes on"
        f" {saveset.label}, {what}: its EOL was {eol}"
    )


def _come(gone: Sequence[Fate]) -> str:
    """Savesets that go, and copies of others."""
    savesets = len({fate.saveset.name for fate in gone if not fate.stays})
    copies = sum(fate.stays for fate in gone)
    each = (_counted(savesets, "saveset", "savesets"), _counted(copies, "copy", "copies"))
    come = "has come to its EOL" if savesets + copies == 1 else "have come to their EOL"
    return f"{' and '.join(filter(None, each))} {come}"


def _counted(count: int, one: str, several: str) -> str:
    return f"{count} {one if count == 1 else several}" if count else ""


def _listings(count: int) -> str:
    return "1 listing" if count == 1 else f"{count} listings"


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
