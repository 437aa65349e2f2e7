"""Starting backups and restores at a person's wish: one-off events of the calendar."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from server_agent.domain.errors import (
    EventNotFound,
    InvalidArgument,
    JobNotFound,
    ListingUnreadable,
    PathNotFound,
    SavesetDamaged,
    SavesetNotFound,
    ShuttingDown,
)
from server_agent.domain.events import (
    Action,
    BackupAction,
    Event,
    RestoreAction,
    VerifyAction,
    checked_event,
)
from server_agent.domain.jobs import Job, JobKind
from server_agent.domain.occurrences import Occurrence, Slot, Verdict
from server_agent.domain.quoting import printable
from server_agent.domain.savesets import Saveset
from server_agent.domain.sesam_day import SesamDays
from server_agent.domain.topology import LONGEST_PATH
from server_agent.ports import CatalogueView, Clock, Engine, EngineError
from server_agent.service.chains import ref, saveset_named
from server_agent.service.changes import Changes, LiveJob
from server_agent.service.days import sesam_days, zone_of
from server_agent.service.faults import note_listing
from server_agent.service.occurrences import first_job, start_now
from server_agent.service.plan_objects import check_names
from server_agent.service.requests import Request, first_answer, remember
from server_agent.service.runner import Runner
from server_agent.service.scheduler import Scheduler

LARGEST_SELECTION = 4 << 20  # bytes of all paths of a restore, so that it fits into a message
LONGEST_AHEAD = timedelta(days=400)


@dataclass(frozen=True, slots=True)
class BackupOrder:
    """A backup that a person asks for. No start time: now."""

    action: BackupAction
    start_time: datetime | None = None
    priority: int = 1
    follow_up: str = ""


@dataclass(frozen=True, slots=True)
class Started:
    """What became of an order: its one-off event, and its jobs if it has begun."""

    event: Event
    planned_time: datetime
    jobs: tuple[LiveJob, ...]


class Starting:
    """Starts what people ask for."""

    def __init__(
        self,
        changes: Changes,
        engine: Engine,
        clock: Clock,
        runner: Runner,
        scheduler: Scheduler,
    ) -> None:
        self._changes = changes
        self._engine = engine
        self._clock = clock
        self._runner = runner
        self._scheduler = scheduler

    def start_backup(self, request: Request, order: BackupOrder) -> Started:
        """Starts a backup once, now or later: a one-off event of the calendar."""
        _check_order(order, self._clock.now())
        with self._changes.write() as tx:
            if (answered := first_answer(tx, request)) is not None:
                return self._started(tx, answered)
            self._check_running()
            self._scheduler.settle(tx)
            # Read behind that: a time that came while others wrote would be taken for decided.
            now = self._clock.now()
            planned_time = max(order.start_time or now, now)
            event = _one_off(request, order.action, planned_time, now)
            event = replace(event, priority=order.priority, follow_up=order.follow_up)
            check_names(tx, checked_event(event))
            event = tx.add_event(event)
            queued: list[Job] = []
            if planned_time == now:
                queued = start_now(tx, event, now, self._days(tx, now))
            remember(tx, request, event.id, now)
        self._wake()
        live = tuple(self._changes.live(job) for job in queued)
        return Started(event, planned_time, live)

    def start_restore(
        self, request: Request, name: str, paths: tuple[bytes, ...], target: bytes
    ) -> LiveJob:
        """Queues a restore of a saveset; no paths means everything."""
        target = _checked_target(target)
        _check_paths(paths)
        with self._changes.read() as view:
            if (answered := first_answer(view, request)) is not None:
                return self._live(view, answered)
            saveset = view.saveset(name)
        if saveset is None:
            raise SavesetNotFound(saveset=name)
        if paths:
            missing = self._missing(saveset, paths)
            if missing:
                raise PathNotFound(saveset=name, path=printable(missing[0]))
        now = self._clock.now()
        with self._changes.write() as tx:
            if (answered := first_answer(tx, request)) is not None:
                return self._live(tx, answered)
            self._check_running()
            self._scheduler.settle(tx)
            action = RestoreAction(saveset.task, target)
            event = tx.add_event(_one_off(request, action, now, now))
            days = self._days(tx, now)
            decided = Occurrence(Slot(now, event.id), Verdict.STARTED, now)
            wanted = replace(
                first_job(event, decided, days),
                kind=JobKind.RESTORE,
                task=saveset.task,
                client=saveset.client,
                saveset=name,
                paths=paths,
                target=target,
            )
            [added] = start_now(tx, event, now, days, [wanted])
            remember(tx, request, added.id, now)
        self._wake()
        return self._changes.live(added)

    def start_verify(self, request: Request, name: str, whole_chain: bool) -> LiveJob:
        """Queues a comparison of a saveset with its digests. Raises SavesetNotFound."""
        with self._changes.write() as tx:
            if (answered := first_answer(tx, request)) is not None:
                return self._live(tx, answered)
            saveset = saveset_named(tx, name)
            self._check_running()
            self._scheduler.settle(tx)
            now = self._clock.now()
            event = _one_off(request, VerifyAction(saveset.task, whole_chain), now, now)
            event, days = tx.add_event(event), self._days(tx, now)
            decided = Occurrence(Slot(now, event.id), Verdict.STARTED, now)
            wanted = replace(
                first_job(event, decided, days),
                kind=JobKind.VERIFY,
                task=saveset.task,
                client=saveset.client,
                saveset=name,
            )
            [added] = start_now(tx, event, now, days, [wanted])
            remember(tx, request, added.id, now)
        self._wake()
        return self._changes.live(added)

    def _missing(self, saveset: Saveset, paths: tuple[bytes, ...]) -> list[bytes]:
        try:
            return self._engine.missing_paths(ref(saveset), paths)
        except SavesetDamaged as error:
            note_listing(self._changes, self._engine, ref(saveset), error)
            raise
        except EngineError as error:
            raise ListingUnreadable(saveset=saveset.name, detail=error.text) from error

    def _started(self, view: CatalogueView, event_id: str) -> Started:
        event = view.event_by_id(event_id)
        if event is None or event.start_time is None:
            raise EventNotFound(event=event_id)
        moment = event.start_time
        live = tuple(map(self._changes.live, view.jobs_of(Slot(moment, event_id))))
        return Started(event, moment, live)

    def _check_running(self) -> None:
        if self._runner.stopping:
            raise ShuttingDown

    def _days(self, view: CatalogueView, now: datetime) -> SesamDays:
        zone = zone_of(self._clock)
        yesterday = now.astimezone(zone).date() - timedelta(days=1)
        return sesam_days(view, zone, yesterday, now, now)

    def _wake(self) -> None:
        self._runner.wake()
        self._scheduler.wake()

    def _live(self, view: CatalogueView, job_id: str) -> LiveJob:
        job = view.job(job_id)
        if job is None:
            raise JobNotFound(job=job_id)
        return self._changes.live(job)


def _check_order(order: BackupOrder, now: datetime) -> None:
    if order.start_time is not None and order.start_time - now > LONGEST_AHEAD:
        raise InvalidArgument(
            field="start_time",
            value=order.start_time.isoformat(),
            expected=f"at most {LONGEST_AHEAD.days} days ahead",
        )


def _one_off(request: Request, action: Action, start_time: datetime, now: datetime) -> Event:
    """What a person starts: an event with one time of its own."""
    return Event(
        id="",
        name=action.object_name,
        action=action,
        schedule="",
        change_time=now,
        start_time=start_time,
        made_by=request.caller.name,
    )


def _check_paths(paths: tuple[bytes, ...]) -> None:
    if b"" in paths:
        raise InvalidArgument(field="paths", value="", expected="full paths out of the listing")
    size = sum(map(len, paths))
    if size > LARGEST_SELECTION:
        raise InvalidArgument(
            field="paths",
            value=f"{size} bytes",
            expected=f"paths of together at most {LARGEST_SELECTION} bytes; name their directories",
        )


def _checked_target(target: bytes) -> bytes:
    if len(target) > LONGEST_PATH:
        raise InvalidArgument(
            field="target",
            value=f"{len(target)} bytes",
            expected=f"a path of at most {LONGEST_PATH} bytes",
        )
    if not target.startswith(b"/") or b"\0" in target or b".." in target.split(b"/"):
        raise InvalidArgument(
            field="target",
            value=printable(target),
            expected="an absolute path of a directory without '..', such as /srv/restored",
        )
    return target.rstrip(b"/") or b"/"
