"""Tells sm_notify what went well and sm_alarm what did not: jobs and groups as they end, days as
they are closed, and what others tell.

The ends of jobs are read from the change log, so that none is missed by whatever way it came about.
Nobody waits for a call, and nothing fails because of one: what could not be called is in the log.
"""

import logging
import threading
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass

from server_agent.domain.interfaces import ALARM, NOTIFY, Module
from server_agent.domain.jobs import Job
from server_agent.domain.occurrences import Slot
from server_agent.ports import Cancelled, CatalogueView, ObjectKind
from server_agent.ports.programs import Ended, ProgramError, Programs
from server_agent.service.changes import Changes
from server_agent.service.control import JobControl
from server_agent.service.day_report import DayReport
from server_agent.service.location import Location
from server_agent.service.notice_texts import MODULES, day_text, group_text, job_text, went_well
from server_agent.service.supervising import Keep, Kept, Pulse
from server_agent.service.time_limit import TimeLimit

log = logging.getLogger(__name__)

NOTICE_SECONDS = 60.0
GRACE_SECONDS = 10.0  # in which what is known when the agent stops may still be told
MOST_WAITING = 200


@dataclass(frozen=True, slots=True)
class Notice:
    """One call that is to be made."""

    program: str
    module: Module
    text: str
    facts: Mapping[str, str]


class Notices:
    """Calls one program after the other, in a thread of its own.

    Args:
        programs: those of the agent's own machine.
        seconds: that a call may take.
        grace_seconds: how long `stop` goes on with what is known by then.
    """

    def __init__(
        self,
        changes: Changes,
        programs: Programs,
        location: Location,
        seconds: float = NOTICE_SECONDS,
        grace_seconds: float = GRACE_SECONDS,
    ) -> None:
        self._changes = changes
        self._programs = programs
        self._location = location
        self._seconds = seconds
        self._grace_seconds = grace_seconds
        self._lock = threading.Lock()
        self._waiting: deque[Notice] = deque()
        self._revision: int | None = None
        self._wake = threading.Event()
        self._stop = threading.Event()
        self._control = JobControl()
        self._kept: Kept | None = None

    def begin(self) -> None:
        """Whatever ends from here on is told."""
        with self._changes.read() as view:
            self._revision = view.revision()

    @property
    def looked_up_to(self) -> int | None:
        """The revision up to which it is settled what is told; None before `begin`."""
        return self._revision

    def start(self, keep: Keep = Kept) -> None:
        """Begins to call."""
        self._kept = keep("notify", self._run, self._wake.set)

    def stop(self) -> None:
        """Tells what is known by now, for a short time, and ends."""
        if self._kept is None:
            return
        end = threading.Timer(self._grace_seconds, self._control.cancel, [None])
        end.name = "notices-end"
        end.start()
        self._stop.set()
        self._kept.join()
        self._kept = None
        end.cancel()
        end.join()

    def tell(
        self, module: Module, is_ok: bool, text: str, facts: Mapping[str, str] | None = None
    ) -> None:
        """Has sm_notify called, or sm_alarm, if there is such a program. Any thread may call this;
        it returns at once."""
        program = NOTIFY if is_ok else ALARM
        if not self._programs.is_there(program):
            return
        told = {
            "SESAM_INTERFACE": program,
            "SESAM_MODULE": module.value,
            "SESAM_LOCATION": self._location.name,
            "SESAM_LOCATION_ID": self._location.id,
            **(facts or {}),
        }
        with self._lock:
            is_full = len(self._waiting) >= MOST_WAITING
            if not is_full:
                self._waiting.append(Notice(program, module, text.replace("\0", ""), told))
        if is_full:
            _not_called(program, module, text, f"{MOST_WAITING} others are waiting")
        self._wake.set()

    def tell_day(self, report: DayReport) -> None:
        """A sesam day was closed."""
        facts = {"SESAM_DAY": report.day.isoformat()}
        self.tell(Module.BACKUP_DAY, not report.has_failures, day_text(report), facts)

    def _run(self, pulse: Pulse) -> None:
        subscription = self._changes.subscribe(self._wake.set, is_watcher=False)
        try:
            self._wake.set()  # for what has ended since `begin`
            while not self._stop.is_set():
                pulse.wait(self._wake)
                self._wake.clear()
                self._tell_ends()
                while (notice := self._next()) is not None:
                    self._call(notice)
                    self._tell_ends()
        finally:
            subscription.close()

    def _next(self) -> Notice | None:
        with self._lock:
            return self._waiting.popleft() if self._waiting else None

    def _tell_ends(self) -> None:
        """Tells the jobs and groups that have ended since the last look."""
        is_off = not (self._programs.is_there(NOTIFY) or self._programs.is_there(ALARM))
        with self._changes.read() as view:
            if is_off or self._revision is None:
                # From here on, so that the first end after they are switched on is told.
                self._revision = view.revision()
                return
            since = view.changes_since(self._revision)
            if since.keys is None:
                log.warning("what has ended meanwhile is not told: the change log is too short")
            ids = [key.id for key in since.keys or () if key.kind is ObjectKind.JOB]
            jobs = [job for job in map(view.job, ids) if job is not None and not job.state.is_open]
            groups = _groups_of(view, jobs)
            self._revision = since.revision
        for job in jobs:
            if job.kind in MODULES and not job.dry_run:
                self.tell(MODULES[job.kind], went_well(job), job_text(job), _facts_of(job))
        for members in groups:
            facts = {"SESAM_GROUP": members[0].group, "SESAM_EVENT": members[0].event}
            is_ok = all(map(went_well, members))
            self.tell(Module.BACKUP_GROUP, is_ok, group_text(members), facts)

    def _call(self, notice: Notice) -> None:
        program, module, text = notice.program, notice.module, notice.text
        if self._control.cancelled:
            _not_called(program, module, text, "the agent stops")
            return
        said = ""
        status = 0
        try:
            with TimeLimit(self._control, self._seconds) as limit:
                arguments = (module.value, text)
                for each in self._programs.run(program, arguments, notice.facts, limit):
                    if isinstance(each, Ended):
                        status = each.status
                    elif each.text:
                        said = each.text
        except ProgramError as error:
            _not_called(program, module, text, str(error))
        except Cancelled:
            too_long = f"it did not end within {self._seconds:g} s"
            why = too_long if limit.is_over else "the agent stops"
            _not_called(program, module, text, why)
        except Exception:
            log.exception("%s failed for %s", program, module.value)
        else:
            if status:
                how = f"it ended with status {status}{said and ': '}{said}"
                _not_called(program, module, text, how)
            else:
                log.info("%s was told %s: %s", program, module.value, _headline(text))


def _groups_of(view: CatalogueView, ended: list[Job]) -> list[list[Job]]:
    """The members of each group of which the last one is among these."""
    slots = {
        Slot(job.planned_time, job.event_id)
        for job in ended
        if job.group and job.planned_time is not None
    }
    groups = [view.jobs_of(slot) for slot in sorted(slots)]
    return [jobs for jobs in groups if not any(job.state.is_open for job in jobs)]


def _facts_of(job: Job) -> dict[str, str]:
    return {
        "SESAM_JOB": job.id,
        "SESAM_STATE": job.state.value,
        "SESAM_TASK": job.task,
        "SESAM_CLIENT": job.client,
        "SESAM_EVENT": job.event,
        "SESAM_SAVESET": job.saveset,
        "SESAM_DAY": job.sesam_day.isoformat(),
    }


def _not_called(program: str, module: Module, text: str, why: str) -> None:
    log.warning("%s was not told %s (%s): %s", program, module.value, _headline(text), why)


def _headline(text: str) -> str:
    return text.partition("\n")[0]
