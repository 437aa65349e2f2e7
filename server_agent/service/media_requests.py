"""Asking people for media that are not in their removable data stores, and going on with them.

What is wanted stands in the catalogue, so that a restart asks nobody a second time. It is looked
for while anything is wanted, and not otherwise.
"""

import logging
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from server_agent.domain.errors import InvalidArgument, MediumAway, MediumNotWanted
from server_agent.domain.interfaces import Module
from server_agent.domain.jobs import Job, JobState
from server_agent.domain.media import Medium, next_label
from server_agent.domain.media_requests import (
    Answer,
    MediaRequest,
    WantedMedium,
    requests_of,
    waiting_of,
)
from server_agent.domain.queue import Waiting
from server_agent.ports import CatalogueTransaction, CatalogueView, Clock
from server_agent.service.changes import Changes
from server_agent.service.days import day_of
from server_agent.service.loading import Loading
from server_agent.service.media_presence import (
    AT_A_GLANCE,
    Sight,
    absent,
    is_satisfied,
    on_what_is_there,
    removable_stores,
    stores_to_look_at,
    unusable_drives,
    writes_only,
)
from server_agent.service.notice_texts import medium_text
from server_agent.service.plan import Outcome, Plan
from server_agent.service.requests import Request, first_answer, remember
from server_agent.service.supervising import Keep, Kept, Pulse

log = logging.getLogger(__name__)

LOOK_SECONDS = 2.0

# What sm_notify or sm_alarm is told: the module, whether it went well, the text, the facts.
Tell = Callable[[Module, bool, str, dict[str, str]], None]


@dataclass(frozen=True, slots=True)
class RequestState:
    """A request, and why its medium does not count as there just now."""

    request: MediaRequest
    fault: str


class MediaRequests:
    """The requests of the location. Any thread may call any method.

    Args:
        loading: brings media that a loader has.
        tell: calls sm_notify or sm_alarm; returns at once.
        go_on: is called when jobs need not wait any more.
        look_seconds: how often it is looked for what is wanted.
    """

    def __init__(
        self,
        changes: Changes,
        loading: Loading,
        clock: Clock,
        tell: Tell,
        go_on: Callable[[], None],
        look_seconds: float = LOOK_SECONDS,
    ) -> None:
        self._changes = changes
        self._loading = loading
        self._presence = loading.presence
        self._clock = clock
        self._tell = tell
        self._go_on = go_on
        self._look_seconds = look_seconds
        self._wake = threading.Event()
        self._stop = threading.Event()
        self._kept: Kept | None = None

    def start(self, keep: Keep = Kept) -> None:
        """Begins with what is wanted from before."""
        self._kept = keep("media", self._run, self._wake.set)

    def stop(self) -> None:
        """Ends; what is wanted stays so."""
        self._stop.set()
        self._wake.set()
        if self._kept is not None:
            self._kept.join()
            self._kept = None

    def wake(self) -> None:
        """Something may be there now."""
        self._wake.set()

    def settling(self) -> Callable[[CatalogueTransaction, Plan], Plan | None]:
        """Looks which media are there, for a job that is about to start. What it gives tells in the
        transaction of that the plan on these; None if the job has to wait for others, which are
        asked for from now on."""
        with self._changes.read() as view:
            stores, media = removable_stores(view), view.media()
        sight = self._presence.sight(stores.values(), media)
        return lambda tx, plan: self._settled(tx, plan, sight)

    def _settled(self, tx: CatalogueTransaction, plan: Plan, sight: Sight) -> Plan | None:
        plan = on_what_is_there(tx, sight, plan)
        labels = absent(tx, sight, plan)
        if not labels:
            return plan
        asked = {each.label: each for each in _open(tx)}
        for label in labels:
            first = asked.get(label)
            wanted = WantedMedium(plan.job.id, label, self._clock.now())
            if first is not None:
                wanted = replace(
                    wanted, since=first.since, told=first.told, alarm_time=first.alarm_time
                )
            tx.put_wanted(wanted)
        return None

    def waiting(self, view: CatalogueView) -> dict[str, Waiting]:
        """The queued jobs that must not start, by id, and what each waits for."""
        return waiting_of(_open(view))

    def drives_away(self) -> frozenset[str]:
        """The drives of removable data stores that are not there or full. What does not answer at
        once is not waited for."""
        with self._changes.read() as view:
            stores, drives, media = removable_stores(view).values(), view.drives(), view.media()
        return unusable_drives(drives, stores, self._presence.sight(stores, media, AT_A_GLANCE))

    def ran_full(self, plan: Plan) -> None:
        """A job had no room where it was to write: if that is a removable medium, the next one asks
        for another."""
        if plan.place is not None and plan.place.store.removable:
            self._presence.ran_full(plan.place.store, plan.place.medium.label)

    def states(self) -> list[RequestState]:
        """What is asked for now, by label."""
        requests, sight = self._looked()
        return [RequestState(each, self._fault(each, sight)) for each in requests]

    def _looked(self) -> tuple[list[MediaRequest], Sight]:
        """What is asked for, and what of it is there."""
        with self._changes.read() as view:
            requests, media = _open(view), view.media()
            pools = {each.medium.pool for each in requests}
            stores = stores_to_look_at(view, pools) if requests else []
        return requests, self._presence.sight(stores, media)

    def answer(self, request: Request, label: str, answer: Answer) -> tuple[str, ...]:
        """Enters what a person has done about a medium. Returns the jobs that go on or have ended.

        Raises:
            MediumNotWanted: nobody waits for it.
            MediumAway: LOADED or NEW, and it is not there, or its data store is not.
            InvalidArgument: NEW, and a job waits that reads from it.
        """
        sight = self._looked()[1]
        with self._changes.write() as tx:
            if (answered := first_answer(tx, request)) is not None:
                return tuple(answered.split())
            wanted = next((each for each in _open(tx) if each.label == label), None)
            if wanted is None:
                raise MediumNotWanted(medium=label)
            if answer is Answer.REFUSED:
                self._refuse(tx, wanted, request.caller.name)
            else:
                check = self._begin_new if answer is Answer.NEW else self._check_there
                check(tx, wanted, sight)
            for job in wanted.jobs:
                tx.forget_wanted(job, label)
            remember(tx, request, " ".join(wanted.jobs), self._clock.now())
        if answer is Answer.NEW:
            self._loading.tell()
        log.info("medium %s: %s by %s", label, answer.value, request.caller.name)
        self._go_on()
        return wanted.jobs

    def look(self) -> bool:
        """Lets go on what need not wait any more, and tells people of the rest. Returns whether
        anything is wanted still."""
        requests, sight = self._looked()
        served: set[str] = set()  # one after the other: what was just loaded is to be used first
        for request in requests:
            if request.store.name not in served and self._fault(request, sight):
                self._loading.fetch(request)
                sight = self._looked()[1]
            if not self._fault(request, sight):
                served.add(request.store.name)
        with self._changes.read() as view:
            wanted, requests, drives = view.wanted_media(), _open(view), view.drives()
            open_jobs = {(job, each.label) for each in requests for job in each.jobs}
            over = [each for each in wanted if (each.job, each.label) not in open_jobs]
            there = self._there(view, requests, sight)
        if over or there:
            with self._changes.write() as tx:
                for each in (*over, *there):
                    tx.forget_wanted(each.job, each.label)
        if there:
            self._go_on()
        left = {each.label for each in requests} - {each.label for each in there}
        now = self._clock.now()
        for request in requests:
            why = self._fault(request, sight)
            if request.label in left and not request.told:
                self._say(request, now, why, is_alarm=False)
            if request.label in left and request.alarm_is_due(now, drives):
                self._say(request, now, why, is_alarm=True)
        return bool(left)

    def _there(
        self, view: CatalogueView, requests: list[MediaRequest], sight: Sight
    ) -> list[WantedMedium]:
        found = []
        for request in requests:
            for job_id in request.jobs:
                job = view.job(job_id)
                if job is None or is_satisfied(view, sight, job, request.medium):
                    found.append(WantedMedium(job_id, request.label, request.since))
        return found

    def _say(self, request: MediaRequest, now: datetime, why: str, *, is_alarm: bool) -> None:
        with self._changes.write() as tx:
            for each in tx.wanted_media():
                if each.label == request.label:
                    alarm_time = now if is_alarm else each.alarm_time
                    tx.put_wanted(replace(each, told=True, alarm_time=alarm_time))
            jobs = [job for job in map(tx.job, request.jobs) if job is not None]
        facts = {
            "SESAM_MEDIUM": request.label,
            "SESAM_POOL": request.medium.pool,
            "SESAM_STORE": request.store.name,
            "SESAM_JOBS": " ".join(request.jobs),
        }
        self._tell(Module.SM_GET_VOLUME, not is_alarm, medium_text(request, jobs, why), facts)

    def _refuse(self, tx: CatalogueTransaction, wanted: MediaRequest, by: str) -> None:
        now = self._clock.now()
        text = f"Medium {wanted.label} refused by {by}: it is not put into {wanted.store.name}"
        refused = Outcome(JobState.ERROR, "STORE_MISSING", text)
        for job in map(tx.job, wanted.jobs):
            if job is not None:
                day = day_of(tx, self._clock, now)
                tx.put_job(refused.end(replace(job, start_time=now, sesam_day=day), now))

    def _begin_new(self, tx: CatalogueTransaction, wanted: MediaRequest, sight: Sight) -> None:
        medium, store = wanted.medium, wanted.store
        jobs = [job for job in map(tx.job, wanted.jobs) if job is not None]
        reading = [job for job in jobs if not writes_only(job, medium)]
        if reading:
            raise InvalidArgument(
                field="answer",
                value="new",
                expected=f"loaded or refused: job {reading[0].id} has to read from {wanted.label}",
            )
        if fault := sight.why_unwritable(store):
            raise MediumAway(medium=wanted.label, detail=fault)
        pool = tx.pool(medium.pool)
        last = pool.last_number if pool is not None else 0
        labels = frozenset(each.label for each in tx.media())
        tx.put_medium(Medium(next_label(medium.pool, labels, last), medium.pool, store.name))

    def _check_there(self, view: CatalogueView, wanted: MediaRequest, sight: Sight) -> None:
        jobs = [job for job in map(view.job, wanted.jobs) if job is not None]
        if not any(is_satisfied(view, sight, job, wanted.medium) for job in jobs):
            raise MediumAway(medium=wanted.label, detail=self._fault(wanted, sight))

    def _fault(self, request: MediaRequest, sight: Sight) -> str:
        away = sight.why_away(request.store, request.medium)
        if not away and not request.is_read:
            away = sight.why_unwritable(request.store, request.medium)
        why = self._loading.fault(request.label)
        return f"{why}. {away}" if away and why else away

    def _run(self, pulse: Pulse) -> None:
        while not self._stop.is_set():
            self._wake.clear()
            is_wanted = self.look()
            # Who asks often has it looked for no more often than that.
            self._stop.wait(self._look_seconds / 4)
            pulse.wait(self._wake, self._look_seconds if is_wanted else None)


def _open(view: CatalogueView) -> list[MediaRequest]:
    """What jobs that are queued wait for."""
    wanted = view.wanted_media()
    if not wanted:
        return []
    queued = {job.id: job for job in view.open_jobs() if job.state is JobState.QUEUED}
    stores = {store.name: store for store in view.data_stores()}
    requests = requests_of([each for each in wanted if each.job in queued], view.media(), stores)
    return [replace(each, is_read=_is_read(each, queued)) for each in requests]


def _is_read(request: MediaRequest, jobs: Mapping[str, Job]) -> bool:
    return not all(writes_only(jobs[job], request.medium) for job in request.jobs)
