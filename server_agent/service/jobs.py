"""Starting, cancelling and looking at jobs."""

from dataclasses import dataclass, replace

from server_agent.domain.access import Role
from server_agent.domain.errors import (
    InvalidArgument,
    JobEnded,
    JobNotFound,
    ListingUnreadable,
    PathNotFound,
    RoleRequired,
    SavesetDamaged,
    SavesetNotFound,
    ShuttingDown,
    TaskNotFound,
)
from server_agent.domain.jobs import Job, JobKind, JobState, ProtocolLine
from server_agent.domain.quoting import printable
from server_agent.domain.savesets import BackupType
from server_agent.domain.sesam_day import sesam_day
from server_agent.domain.topology import LONGEST_PATH
from server_agent.ports import (
    CatalogueTransaction,
    CatalogueView,
    Clock,
    Engine,
    EngineError,
    JobQuery,
    Page,
    Protocols,
)
from server_agent.service.chains import ref
from server_agent.service.changes import Changes, LiveJob
from server_agent.service.faults import note_listing
from server_agent.service.plan import cancelled_by
from server_agent.service.requests import Request, first_answer, remember
from server_agent.service.runner import Runner

LARGEST_SELECTION = 4 << 20  # bytes of all paths of a restore, so that it fits into a message
STARTABLE_TYPES = (BackupType.FULL, BackupType.INC)
MAY_CANCEL = {
    JobKind.BACKUP: frozenset({Role.ADMIN, Role.OPERATOR, Role.BACKUP}),
    JobKind.RESTORE: frozenset({Role.ADMIN, Role.OPERATOR, Role.RESTORE}),
}


@dataclass(frozen=True, slots=True)
class JobPage:
    """Jobs, and how many there are per state if that was asked for."""

    jobs: Page[LiveJob]
    counts: dict[JobState, int]


class Jobs:
    """The jobs of the location."""

    def __init__(
        self,
        changes: Changes,
        engine: Engine,
        protocols: Protocols,
        clock: Clock,
        runner: Runner,
    ) -> None:
        self._changes = changes
        self._engine = engine
        self._protocols = protocols
        self._clock = clock
        self._runner = runner

    def start_backup(self, request: Request, task: str, backup_type: BackupType) -> LiveJob:
        """Queues a backup."""
        if backup_type not in STARTABLE_TYPES:
            raise InvalidArgument(field="type", value=backup_type.name, expected="FULL or INC")
        with self._changes.write() as tx:
            if (answered := first_answer(tx, request)) is not None:
                return self._live(tx, answered)
            found = tx.task(task)
            if found is None:
                raise TaskNotFound(task=task)
            job = self._new(request, JobKind.BACKUP, found.name, found.client)
            added = self._add(tx, request, replace(job, requested_type=backup_type))
        self._runner.wake()
        return self._changes.live(added)

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
            try:
                missing = self._engine.missing_paths(ref(saveset), paths)
            except SavesetDamaged as error:
                note_listing(self._changes, self._engine, ref(saveset), error)
                raise
            except EngineError as error:
                raise ListingUnreadable(saveset=name, detail=error.text) from error
            if missing:
                raise PathNotFound(saveset=name, path=printable(missing[0]))
        with self._changes.write() as tx:
            if (answered := first_answer(tx, request)) is not None:
                return self._live(tx, answered)
            job = self._new(request, JobKind.RESTORE, saveset.task, saveset.client)
            added = self._add(tx, request, replace(job, saveset=name, paths=paths, target=target))
        self._runner.wake()
        return self._changes.live(added)

    def cancel(self, request: Request, job_id: str) -> LiveJob:
        """Ends a queued job, tells an active one to stop."""
        now = self._clock.now()
        with self._changes.write() as tx:
            if (answered := first_answer(tx, request)) is not None:
                return self._live(tx, answered)
            job = _job(tx, job_id)
            allowed = MAY_CANCEL[job.kind]
            if request.caller.role not in allowed:
                raise RoleRequired(role=request.caller.role, allowed=", ".join(sorted(allowed)))
            if not job.state.is_open:
                raise JobEnded(job=job_id, state=job.state.name.lower())
            if job.state is JobState.QUEUED:
                job = cancelled_by(request.caller.name).end(job, now)
                tx.put_job(job)
            else:
                settled = self._runner.cancel(job_id, request.caller.name)
                if settled is not None:
                    raise JobEnded(job=job_id, state=settled.name.lower())
            remember(tx, request, job_id, now)
        if not job.state.is_open:
            self._changes.drop_progress(job_id)
        return self._changes.live(job)

    def get(self, job_id: str) -> LiveJob:
        with self._changes.read() as view:
            return self._live(view, job_id)

    def find(self, query: JobQuery, token: str | None, limit: int, with_counts: bool) -> JobPage:
        with self._changes.read() as view:
            page = view.jobs(query, token, limit)
            counts = view.job_counts(query) if with_counts else {}
        live = tuple(self._changes.live(job) for job in page.items)
        return JobPage(Page(live, page.next_position), counts)

    def protocol(self, job_id: str, after_line: int, limit: int) -> tuple[list[ProtocolLine], int]:
        """Lines behind the first `after_line`, and how many there are now in all."""
        with self._changes.read() as view:
            job = _job(view, job_id)
        return self._protocols.read(job, after_line, limit)

    def _new(self, request: Request, kind: JobKind, task: str, client: str) -> Job:
        now = self._clock.now()
        return Job(
            id="",
            kind=kind,
            state=JobState.QUEUED,
            task=task,
            client=client,
            requested_type=None,
            type=None,
            saveset="",
            create_time=now,
            start_time=None,
            end_time=None,
            sesam_day=sesam_day(self._clock.local(now)),
            started_by=request.caller.name,
        )

    def _add(self, tx: CatalogueTransaction, request: Request, job: Job) -> Job:
        if self._runner.stopping:
            raise ShuttingDown
        added = tx.add_job(job)
        remember(tx, request, added.id, job.create_time)
        return added

    def _live(self, view: CatalogueView, job_id: str) -> LiveJob:
        return self._changes.live(_job(view, job_id))


def _job(view: CatalogueView, job_id: str) -> Job:
    job = view.job(job_id)
    if job is None:
        raise JobNotFound(job=job_id)
    return job


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
