"""The licence of the location: looks at it and at the clock, says what follows, and installs a new
one.

Looks come from a thread of its own, so that an end is told when it comes; whoever starts a backup
asks for the verdict of that moment.
"""

import hashlib
import logging
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from server_agent.domain.errors import LicenceNeeded, LicenceRefused
from server_agent.domain.interfaces import Module
from server_agent.domain.licence import (
    Fault,
    Found,
    LicenceFacts,
    LicenceState,
    Use,
    Verdict,
    advanced,
    corrected,
    faults_of,
    judge,
    next_change,
    settled,
)
from server_agent.domain.licence_text import LicenceUnreadable, parsed
from server_agent.ports import Clock
from server_agent.ports.licence import LicenceFileError, LicenceFiles
from server_agent.service.changes import Changes
from server_agent.service.days import zone_of
from server_agent.service.licence_texts import fault_text, notice_text, why_no_backup
from server_agent.service.requests import Request, first_answer, remember
from server_agent.service.supervising import Keep, Kept, Pulse
from server_agent.service.watched import LicenceReport

log = logging.getLogger(__name__)

LOOK_EVERY = timedelta(minutes=10)
NOTE_EVERY = timedelta(minutes=30)  # so much is gained at most by a clock set back while stopped

Tell = Callable[[Module, bool, str], None]


@dataclass(frozen=True, slots=True)
class Installed:
    """`kept` is the name under which the licence before is kept; empty if there was none."""

    report: LicenceReport
    kept: str


class Licensing:
    """Any thread may call any method, after `begin`.

    Args:
        tell: has sm_notify or sm_alarm called; returns at once.
    """

    def __init__(self, changes: Changes, files: LicenceFiles, clock: Clock, tell: Tell) -> None:
        self._changes = changes
        self._files = files
        self._clock = clock
        self._zone = zone_of(clock)
        self._tell = tell
        self._looking = threading.Lock()  # one look or installation at a time
        self._lock = threading.Lock()  # of what follows; never held while the catalogue is written
        self._facts = LicenceFacts(clock.now(), clock.now())
        self._noted = self._facts
        self._seen: datetime | None = None
        self._use = Use(0, 0)
        self._told: LicenceState | None = None  # what was told last, since the start
        self._wake = threading.Event()
        self._stop = threading.Event()
        self._kept: Kept | None = None

    def begin(self) -> None:
        """The trial begins with the first start that there ever was."""
        with self._changes.write() as tx:
            facts = tx.licence_facts()
            if facts is None:
                now = self._clock.now()
                facts = LicenceFacts(now, now)
                tx.put_licence_facts(facts)
        with self._lock:
            self._facts = self._noted = facts
            self._seen = None
        now = self._clock.now()
        if facts.is_set_back(now):
            log.warning(
                "the clock shows %s, but it was %s already: for the licence that counts",
                now,
                facts.highest_time,
            )
        self.look()

    def start(self, keep: Keep = Kept) -> None:
        """Looks from now on, until `stop`."""
        self._kept = keep("licence", self._run, self._wake.set)

    def stop(self) -> None:
        """Notes up to when the location has come."""
        self._stop.set()
        self._wake.set()
        if self._kept is not None:
            self._kept.join()
            self._kept = None

    def check_backup(self) -> None:
        """Raises LicenceNeeded: no backup may start now."""
        now, facts = self._moment()
        verdict = self._judged(facts, self._found(facts.at(now)), now)
        if not verdict.may_back_up:
            detail = why_no_backup(verdict, self._zone)
            raise LicenceNeeded(state=verdict.state.value, detail=detail)

    def look(self) -> LicenceReport:
        """What is so now; it is told to whoever watches, and once a day to those who have to do
        something about it."""
        with self._looking:
            return self._look()

    def install(self, request: Request, content: bytes) -> Installed:
        """Puts a licence in place that counts here, and keeps the one before.

        Raises:
            LicenceRefused: it does not count here, or cannot be written.
        """
        with self._looking:
            with self._changes.read() as view:
                answered = first_answer(view, request)
            if answered is not None:
                return Installed(self._look(), answered)
            now, facts = self._moment()
            facts, found = self._checked(content, facts, now)
            try:
                kept = self._files.install(content, now)
            except LicenceFileError as error:
                raise LicenceRefused(detail=f"It could not be written: {error}") from error
            with self._changes.write() as tx:
                remember(tx, request, kept, now)
                facts = settled(facts, found, now)
                tx.put_licence_facts(facts)
            with self._lock:
                self._facts = self._noted = facts
            log.info("a licence was installed, number %s", found.licence and found.licence.number)
            return Installed(self._look(), kept)

    def _checked(
        self, content: bytes, facts: LicenceFacts, now: datetime
    ) -> tuple[LicenceFacts, Found]:
        try:
            found = self._read(content, facts.at(now))
            if found.licence is not None and not _is_forged(found.faults):
                facts = corrected(facts, found.licence, now)
                found = self._read(content, facts.at(now))
        except LicenceFileError as error:
            raise LicenceRefused(detail=str(error)) from error
        if found.faults:
            detail = ". ".join(fault_text(fault) for fault in found.faults)
            fields = {fault.field: f"{fault.licensed} | {fault.here}" for fault in found.faults}
            raise LicenceRefused(detail=detail, **fields)
        return facts, found

    def _look(self) -> LicenceReport:
        with self._changes.read() as view:
            use = Use(len(view.clients()), view.front_side_bytes())
        now, facts = self._moment()
        found = self._found(facts.at(now))
        facts = settled(facts, found, facts.at(now))
        with self._lock:
            self._use = use
            # A check in another thread may have gone on meanwhile.
            highest = max(facts.highest_time, self._facts.highest_time)
            facts = self._facts = replace(facts, highest_time=highest)
        verdict = self._judged(facts, found, now)
        report = LicenceReport(
            verdict,
            found.licence if found is not None else None,
            self._files.server(),
            use,
            facts.install_time,
            facts.is_set_back(now),
        )
        self._note(facts, report)
        self._tell_daily(report, facts.at(now))
        return report

    def _moment(self) -> tuple[datetime, LicenceFacts]:
        """What the clock shows, and the facts after a look at it."""
        with self._lock:
            now = self._clock.now()
            self._facts = advanced(self._facts, self._seen, now)
            self._seen = now
            return now, self._facts

    def _judged(self, facts: LicenceFacts, found: Found | None, now: datetime) -> Verdict:
        return judge(facts, found, self._use, facts.at(now), self._zone)

    def _found(self, now: datetime) -> Found | None:
        """The licence that is installed."""
        try:
            content = self._files.installed()
        except LicenceFileError as error:
            return Found(None, (Fault("file", "", str(error)),), "")
        if content is None:
            return None
        try:
            return self._read(content, now)
        except LicenceFileError as error:
            return Found(None, (Fault("file", "", str(error)),), _digest(content))

    def _read(self, content: bytes, now: datetime) -> Found:
        """Raises LicenceFileError."""
        digest = _digest(content)
        try:
            text = parsed(content)
            licence = text.licence()
        except LicenceUnreadable as error:
            return Found(None, (Fault("file", "", str(error)),), digest)
        signature = self._files.signature(text.key, text.signed, text.signature)
        server = self._files.server()
        faults = faults_of(licence, text.key, signature, server, now, self._zone)
        return Found(licence, faults, digest)

    def _note(self, facts: LicenceFacts, report: LicenceReport) -> None:
        """Writes what is worth it, and tells watchers of what they would show otherwise."""
        is_news = report != self._changes.licence
        gone_on = facts.highest_time - self._noted.highest_time
        known = replace(self._noted, highest_time=facts.highest_time)
        if facts == known and gone_on < NOTE_EVERY and not is_news and not self._stop.is_set():
            return
        self._changes.set_licence(report)
        with self._changes.write() as tx:
            tx.put_licence_facts(facts)
            if is_news:
                tx.touch_licence()
        self._noted = facts

    def _tell_daily(self, report: LicenceReport, now: datetime) -> None:
        verdict, today = report.verdict, now.astimezone(self._zone).date()
        is_told = self._noted.told_day == today and self._told in (None, verdict.state)
        if not verdict.needs_somebody or is_told:
            return
        facts = replace(self._noted, told_day=today)
        with self._changes.write() as tx:
            tx.put_licence_facts(facts)
        with self._lock:
            self._facts = replace(self._facts, told_day=today)
        self._noted, self._told = facts, verdict.state
        text = notice_text(report, self._zone)
        log.warning("%s", text.partition("\n")[0])
        is_notice = verdict.state is LicenceState.ENDING and not verdict.faults
        self._tell(Module.LICENSE, is_notice, text)

    def _run(self, pulse: Pulse) -> None:
        while not self._stop.is_set():
            self._wake.clear()
            pulse.wait(self._wake, self._clock.seconds(self._rest(self.look())))
        with suppress(Exception):  # what is lost is a few minutes of the trial
            self.look()

    def _rest(self, report: LicenceReport) -> timedelta:
        """Until the next look."""
        now, facts = self._moment()
        coming = next_change(report.verdict, facts.at(now))
        return min(coming - facts.at(now), LOOK_EVERY) if coming is not None else LOOK_EVERY


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _is_forged(faults: tuple[Fault, ...]) -> bool:
    return any(fault.field in ("key", "signature") for fault in faults)
