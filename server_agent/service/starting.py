"""Starting backups and restores at a person's wish: one-off events of the calendar."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from server_agent.domain.access import Role
from server_agent.domain.errors import (
    EventNotFound,
    InvalidArgument,
    JobNotFound,
    ListingUnreadable,
    PathNotFound,
    RoleRequired,
    SavesetDamaged,
    ShuttingDown,
)
from server_agent.domain.events import (
    Action,
    BackupAction,
    Event,
    MigrationAction,
    RestoreAction,
    RestoreProofAction,
    VerifyAction,
    checked_event,
)
from server_agent.domain.jobs import Job, JobKind
from server_agent.domain.occurrences import Occurrence, Slot, Verdict
from server_agent.domain.quoting import printable
from server_agent.domain.savesets import Saveset
from server_agent.domain.sesam_day import SesamDays
from server_agent.ports import CatalogueView, Clock, Engine, EngineError
from server_agent.service.chains import ref, saveset_named
from server_agent.service.changes import Changes
from server_agent.service.days import sesam_days, zone_of
from server_agent.service.faults import note_listing
from server_agent.service.occurrences import first_job, start_now
from server_agent.service.plan_objects import check_names
from server_agent.service.requests import Request, first_answer, remember
from server_agent.service.restoring import (
    USUAL,
    RestoreOptions,
    check_paths,
    checked_target,
    restore_job,
)
from server_agent.service.runner import Runner
from server_agent.service.scheduler import Scheduler
from server_agent.service.starts import migration, restore_proof
from server_agent.service.starts.migration import check_places
from server_agent.service.watched import LiveJob

MOST_MIGRATED = 1000  # savesets that are named in one call
LONGEST_AHEAD = timedelta(days=400)


@dataclass(frozen=True, slots=True)
class BackupOrder:
    """A backup that a person asks for. No start time: now."""

    action: BackupAction
    start_time: datetime | None = None
    priority: int = 1
    follow_up: str = ""


@dataclass(frozen=True, slots=True)
class MigrationOrder:
    """A migration that a person asks for: of the savesets that are named, or of those of the
    action's source pool."""

    action: MigrationAction
    savesets: tuple[str, ...] = ()


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
        check_licence: Callable[[], None] = lambda: None,
    ) -> None:
        """`check_licence` raises LicenceNeeded if no backup may start now."""
        self._changes = changes
        self._engine = engine
        self._clock = clock
        self._runner = runner
        self._scheduler = scheduler
        self._check_licence = check_licence

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
            if planned_time == now:
                self._check_licence()
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
        self,
        request: Request,
        name: str,
        paths: tuple[bytes, ...],
        target: bytes,
        options: RestoreOptions = USUAL,
    ) -> LiveJob:
        """Queues a restore of a saveset; no paths means everything. A dry run is no entry of the
        calendar: nothing comes of it."""
        target = checked_target(target)
        check_paths(paths)
        with self._changes.read() as view:
            if (answered := first_answer(view, request)) is not None:
                return self._live(view, answered)
            saveset = saveset_named(view, name)
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
            action = RestoreAction(saveset.task, target, overwrite=options.overwrite)
            event = _one_off(request, action, now, now)
            if not options.dry_run:
                event = tx.add_event(event)
            days = self._days(tx, now)
            first = first_job(event, Occurrence(Slot(now, event.id), Verdict.STARTED, now), days)
            wanted = replace(restore_job(tx, first, saveset, target, options), paths=paths)
            if options.dry_run:
                added = tx.add_job(replace(wanted, event="", planned_time=None))
            else:
                [added] = start_now(tx, event, now, days, [wanted])
            remember(tx, request, added.id, now)
        self._wake()
        return self._changes.live(added)

    def start_verify(
        self, request: Request, name: str, whole_chain: bool, quick: bool = False
    ) -> LiveJob:
        """Queues a comparison of a saveset with its digests. Raises SavesetNotFound."""

        def wanted(view: CatalogueView) -> tuple[Saveset, Action]:
            saveset = saveset_named(view, name)
            return saveset, VerifyAction(saveset.task, whole_chain, quick)

        return self._start_look(request, JobKind.VERIFY, wanted, quick)

    def start_proof(self, request: Request, action: RestoreProofAction, name: str) -> LiveJob:
        """Queues a restore proof of a saveset, or of the newest one of the action's task that can
        be restored. Raises TaskNotFound, SavesetNotFound, InvalidArgument."""

        def wanted(view: CatalogueView) -> tuple[Saveset, Action]:
            if name:
                saveset = saveset_named(view, name)
                return saveset, replace(action, task=saveset.task).checked()
            return restore_proof.saveset_to_prove(view, action.checked().task), action

        return self._start_look(request, JobKind.RESTORE_PROOF, wanted)

    def _start_look(
        self,
        request: Request,
        kind: JobKind,
        of: Callable[[CatalogueView], tuple[Saveset, Action]],
        quick: bool = False,
    ) -> LiveJob:
        """Queues a job that only reads a saveset."""
        with self._changes.write() as tx:
            if (answered := first_answer(tx, request)) is not None:
                return self._live(tx, answered)
            saveset, action = of(tx)
            self._check_running()
            self._scheduler.settle(tx)
            now = self._clock.now()
            event = _one_off(request, action, now, now)
            event, days = tx.add_event(event), self._days(tx, now)
            decided = Occurrence(Slot(now, event.id), Verdict.STARTED, now)
            wanted = replace(
                first_job(event, decided, days),
                kind=kind,
                task=saveset.task,
                client=saveset.client,
                saveset=saveset.name,
                quick=quick,
            )
            [added] = start_now(tx, event, now, days, [wanted])
            remember(tx, request, added.id, now)
        self._wake()
        return self._changes.live(added)

    def start_migration(self, request: Request, order: MigrationOrder) -> LiveJob:
        """Queues a migration. Raises InvalidArgument, RoleRequired (to move), SavesetNotFound,
        PoolNotFound, DriveNotFound."""
        _check_migration(request, order)
        action, names = order.action, tuple(dict.fromkeys(order.savesets))
        with self._changes.write() as tx:
            if (answered := first_answer(tx, request)) is not None:
                return self._live(tx, answered)
            check_places(tx, action)
            for name in names:
                saveset_named(tx, name)
            self._check_running()
            self._scheduler.settle(tx)
            now = self._clock.now()
            event = tx.add_event(_one_off(request, action, now, now))
            days = self._days(tx, now)
            first = first_job(event, Occurrence(Slot(now, event.id), Verdict.STARTED, now), days)
            [wanted] = migration.jobs(tx, event, first)
            wanted = replace(
                wanted,
                saveset=names[0] if len(names) == 1 else "",
                paths=tuple(name.encode() for name in names),
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


def _check_migration(request: Request, order: MigrationOrder) -> None:
    action = order.action
    if bool(order.savesets) == bool(action.source_pool):
        raise InvalidArgument(
            field="savesets",
            value="none" if not order.savesets else "given beside source_pool",
            expected="names of savesets, or else a source_pool",
        )
    if len(order.savesets) > MOST_MIGRATED:
        raise InvalidArgument(
            field="savesets", value=f"{len(order.savesets)} of them", expected="1 to 1000"
        )
    if not action.pool:
        raise InvalidArgument(field="pool", value="", expected="the name of a media pool")
    if action.source_pool:
        action.checked()
    if action.move and request.caller.role is not Role.ADMIN:
        raise RoleRequired(role=request.caller.role, allowed=Role.ADMIN)


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
