"""Writes the state log and the day log while their day lasts: a job stands there as soon as it has
ended. NEWDAY closes them; what was open then is entered when it has ended."""

import logging
import threading
from datetime import date

from server_agent.domain.events import NEWDAY
from server_agent.domain.occurrences import Slot
from server_agent.ports import CatalogueView, Clock
from server_agent.ports.day_logs import DayLogError, DayLogs
from server_agent.service.changes import Changes
from server_agent.service.day_report import DayReport, day_report
from server_agent.service.days import EndedDay, current_day, ended_days
from server_agent.service.supervising import Keep, Kept, Pulse

log = logging.getLogger(__name__)

# What has come meanwhile is written together. The whole day is read each time, so that the pause
# grows with it: the part works a twentieth of the time at most.
SHORTEST_PAUSE = 0.5  # seconds
LONGEST_PAUSE = 30.0
_REST_FOR_WORK = 19


class DayWriting:
    """Follows what is written in the catalogue.

    Args:
        pause: seconds between two looks, at least.
    """

    def __init__(
        self, changes: Changes, day_logs: DayLogs, clock: Clock, pause: float = SHORTEST_PAUSE
    ) -> None:
        self._changes = changes
        self._day_logs = day_logs
        self._clock = clock
        self._pause = pause
        self._revision = -1
        self._day: date | None = None
        self._left: dict[date, tuple[str, ...]] = {}  # state logs of days that NEWDAY left open
        self._told = ""
        self._wake = threading.Event()
        self._stop = threading.Event()
        self._kept: Kept | None = None

    def start(self, keep: Keep = Kept) -> None:
        """Writes what there is of the day, and what comes from here on."""
        self._kept = keep("logs", self._run, self._wake.set)

    def stop(self) -> None:
        """Writes what has come until now."""
        self._stop.set()
        if self._kept is not None:
            self._kept.join()
            self._kept = None

    def write(self) -> None:
        """What has come since the last time. Raises DayLogError."""
        with self._changes.read() as view:
            revision = view.revision()
            today = current_day(view, self._clock)
            if revision == self._revision and today.day == self._day:
                return
            report = day_report(view, self._clock, today, goes_on=True)
            reports = [day_report(view, self._clock, each) for each in self._left_open(view, today)]
        self._day_logs.carry_on(today.day, report.states, report.happened)
        open_days = {each.day for each in reports}
        self._left = {day: states for day, states in self._left.items() if day in open_days}
        for each in reports:
            self._close_again(each)
        self._revision, self._day = revision, today.day

    def _left_open(self, view: CatalogueView, today: EndedDay) -> list[EndedDay]:
        """The days that NEWDAY has closed as far as it could. Until then they are its own."""
        event = view.event(NEWDAY)
        if event is None:
            return []
        return [
            each
            for each in ended_days(view, self._clock, today.begin)
            if not self._day_logs.is_closed(each.day)
            and any(not job.state.is_open for job in view.jobs_of(Slot(each.end, event.id)))
        ]

    def _close_again(self, report: DayReport) -> None:
        before = self._left.get(report.day, report.states)
        self._left[report.day] = report.states
        if before != report.states:
            # For good it is closed by the next NEWDAY, which tells of it.
            self._day_logs.close(report.day, report.states, report.happened, for_good=False)

    def _run(self, pulse: Pulse) -> None:
        subscription = self._changes.subscribe(self._wake.set, is_watcher=False)
        try:
            while not self._stop.is_set():
                self._wake.clear()
                began = self._clock.now()
                self._try()
                took = (self._clock.now() - began).total_seconds()
                rest = min(_REST_FOR_WORK * took, LONGEST_PAUSE)  # the clock may have leapt
                pulse.wait(self._stop, max(self._pause, rest))
                pulse.wait(self._wake)
            self._try()
        finally:
            subscription.close()

    def _try(self) -> None:
        try:
            self.write()
        except DayLogError as error:  # the next change is another chance
            if str(error) != self._told:
                log.warning("%s", error)
                self._told = str(error)
        else:
            self._told = ""
