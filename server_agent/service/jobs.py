"""Cancelling and looking at jobs."""

from collections.abc import Callable
from dataclasses import dataclass

from server_agent.domain.access import Role
from server_agent.domain.errors import (
    JobEnded,
    JobNotFound,
    RoleRequired,
)
from server_agent.domain.jobs import Job, JobKind, JobState, ProtocolLine, ProtocolPart
from server_agent.ports import (
    CatalogueTransaction,
    CatalogueView,
    Clock,
    JobGroup,
    JobGrouping,
    JobQuery,
    Page,
    Protocols,
)
from server_agent.service.changes import Changes
from server_agent.service.plan import cancelled_by
from server_agent.service.requests import Request, first_answer, remember
from server_agent.service.runner import Runner
from server_agent.service.watched import LiveJob

MAY_CANCEL = {
    JobKind.BACKUP: frozenset({Role.ADMIN, Role.OPERATOR, Role.BACKUP}),
    JobKind.RESTORE: frozenset({Role.ADMIN, Role.OPERATOR, Role.RESTORE}),
    JobKind.COMMAND: frozenset({Role.ADMIN, Role.OPERATOR}),
    JobKind.NEWDAY: frozenset({Role.ADMIN}),
    JobKind.VERIFY: frozenset({Role.ADMIN, Role.OPERATOR}),
    JobKind.MIGRATION: frozenset({Role.ADMIN, Role.OPERATOR}),
    JobKind.RESTORE_PROOF: frozenset({Role.ADMIN, Role.OPERATOR}),
}


GiveUp = Callable[[CatalogueTransaction, Job, str], Job | None]


@dataclass(frozen=True, slots=True)
class JobPage:
    """Jobs, and how many there are per state if that was asked for."""

    jobs: Page[LiveJob]
    counts: dict[JobState, int]


class Jobs:
    """The jobs of the location.

    Args:
        give_up: ends an active job that nobody works at, since it is put off; None if it is not.
    """

    def __init__(
        self,
        changes: Changes,
        protocols: Protocols,
        clock: Clock,
        runner: Runner,
        give_up: GiveUp = lambda _tx, _job, _by: None,
    ) -> None:
        self._give_up = give_up
        self._changes = changes
        self._protocols = protocols
        self._clock = clock
        self._runner = runner

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
            elif (ended := self._give_up(tx, job, request.caller.name)) is not None:
                job = ended
            else:
                settled = self._runner.cancel(job_id, request.caller.name)
                if settled is not None:
                    raise JobEnded(job=job_id, state=settled.name.lower())
            remember(tx, request, job_id, now)
        if not job.state.is_open:
            self._changes.drop_progress(job_id)
            self._runner.wake()  # another may have waited for its end
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

    def groups(
        self, query: JobQuery, grouping: JobGrouping, token: str | None, limit: int
    ) -> Page[JobGroup]:
        with self._changes.read() as view:
            return view.job_groups(query, grouping, token, limit)

    def protocol(
        self, job_id: str, after_line: int, limit: int, part: ProtocolPart = ProtocolPart.MAIN
    ) -> tuple[list[ProtocolLine], int]:
        """Lines behind the first `after_line`, and how many there are now in all."""
        with self._changes.read() as view:
            job = _job(view, job_id)
        return self._protocols.read(job, after_line, limit, part)

    def _live(self, view: CatalogueView, job_id: str) -> LiveJob:
        return self._changes.live(_job(view, job_id))


def _job(view: CatalogueView, job_id: str) -> Job:
    job = view.job(job_id)
    if job is None:
        raise JobNotFound(job=job_id)
    return job
