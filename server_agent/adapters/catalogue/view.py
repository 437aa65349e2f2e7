"""Reads of the catalogue on one connection, which holds one snapshot."""

from collections.abc import Iterator, Sequence
from typing import Any

import sqlalchemy as sa

from server_agent.adapters.catalogue import job_groups, job_pages, pages, records
from server_agent.adapters.catalogue import position as positions
from server_agent.adapters.catalogue.history_view import SqlHistoryView
from server_agent.adapters.catalogue.job_sums import JobSums
from server_agent.adapters.catalogue.records import SELECT_JOB, number_of, record, select
from server_agent.adapters.catalogue.schema import (
    answers,
    change_log,
    clients,
    credentials,
    is_faulty,
    is_result,
    jobs,
    log_state,
    savesets,
    tasks,
    tokens,
)
from server_agent.domain.access import Credential, Token
from server_agent.domain.jobs import Job, JobKind, JobState
from server_agent.domain.savesets import Saveset
from server_agent.domain.topology import Client, Task
from server_agent.ports import (
    Answer,
    ChangesSince,
    JobGroup,
    JobGrouping,
    JobQuery,
    ObjectKey,
    Page,
    SavesetQuery,
)

_SAVESETS_AT_ONCE = 64  # a base is nearly always among the newest few
_SELECT_SAVESET = select(Saveset, savesets)


def _saveset(row: sa.Row[Any]) -> Saveset:
    return record(Saveset, row)


def _token(row: sa.Row[Any]) -> Token:
    return record(Token, row)


def _credential(row: sa.Row[Any]) -> Credential:
    return record(Credential, row)


class SqlView(SqlHistoryView):
    """The `CatalogueView` port."""

    def __init__(self, connection: sa.Connection) -> None:
        super().__init__(connection)
        self._sums = JobSums(connection)

    def revision(self) -> int:
        revision: int = self._connection.execute(sa.select(log_state.c.revision)).scalar_one()
        return revision

    def changes_since(self, revision: int) -> ChangesSince:
        state = self._connection.execute(sa.select(log_state)).one()
        if not state.forgotten <= revision <= state.revision:
            return ChangesSince(state.revision, None)
        rows = self._connection.execute(
            sa.select(change_log.c.kind, change_log.c.id)
            .where(change_log.c.revision > revision)
            .order_by(change_log.c.revision)
        )
        return ChangesSince(state.revision, tuple(ObjectKey(row.kind, row.id) for row in rows))

    def client(self, name: str) -> Client | None:
        return self._one(Client, clients, clients.c.name == name)

    def clients(self) -> list[Client]:
        rows = self._connection.execute(select(Client, clients).order_by(clients.c.name))
        return [record(Client, row) for row in rows]

    def task(self, name: str) -> Task | None:
        return self._one(Task, tasks, tasks.c.name == name)

    def tasks(self) -> list[Task]:
        rows = self._connection.execute(select(Task, tasks).order_by(tasks.c.name))
        return [record(Task, row) for row in rows]

    def job(self, job_id: str) -> Job | None:
        number = number_of(job_id)
        if number is None:
            return None
        row = self._connection.execute(SELECT_JOB.where(jobs.c.id == number)).first()
        return records.job(row) if row else None

    def open_jobs(self) -> list[Job]:
        open_states = [state for state in JobState if state.is_open]
        rows = self._connection.execute(
            SELECT_JOB.where(jobs.c.state.in_(open_states)).order_by(jobs.c.id)
        )
        return [records.job(row) for row in rows]

    def open_event_ids(self) -> set[str]:
        open_states = [state for state in JobState if state.is_open]
        ids = sa.select(jobs.c.event_id).where(jobs.c.state.in_(open_states), jobs.c.event_id != "")
        return set(self._connection.scalars(ids))

    def newest_ended_backups(self) -> list[Job]:
        ended = jobs.alias()
        newest = (
            sa.select(ended.c.id)
            .where(
                ended.c.task == tasks.c.name,
                ended.c.kind == JobKind.BACKUP,
                ended.c.start_time.is_not(None),
                ended.c.end_time.is_not(None),
            )
            .order_by(ended.c.id.desc())
            .limit(1)
            .correlate(tasks)
            .scalar_subquery()
        )
        rows = self._connection.execute(
            SELECT_JOB.select_from(tasks).join(jobs, jobs.c.id == newest).order_by(tasks.c.name)
        )
        return [records.job(row) for row in rows]

    def ended_backups(self, task: str, limit: int) -> list[Job]:
        rows = self._connection.execute(
            SELECT_JOB.where(jobs.c.task == task, jobs.c.kind == JobKind.BACKUP, is_result)
            .order_by(jobs.c.id.desc())
            .limit(limit)
        )
        return [records.job(row) for row in rows]

    def jobs(self, query: JobQuery, position: str | None, limit: int) -> Page[Job]:
        return job_pages.page(self._connection, self._sums, query, position, limit)

    def job_counts(self, query: JobQuery) -> dict[JobState, int]:
        return self._sums.counts(query)

    def job_groups(
        self, query: JobQuery, grouping: JobGrouping, position: str | None, limit: int
    ) -> Page[JobGroup]:
        return job_groups.page(self._connection, self._sums, query, grouping, position, limit)

    def saveset(self, name: str) -> Saveset | None:
        return self._one(Saveset, savesets, savesets.c.name == name)

    def savesets(self, query: SavesetQuery, position: str | None, limit: int) -> Page[Saveset]:
        return pages.page(
            self._connection,
            _SELECT_SAVESET.where(*pages.saveset_conditions(query)),
            pages.saveset_order(query),
            positions.saveset_list(query),
            position,
            limit,
            _saveset,
        )

    def savesets_of_task(self, task: str) -> Iterator[Saveset]:
        query = SavesetQuery(task=task, order="job")
        position: str | None = None
        while True:
            page = self.savesets(query, position, _SAVESETS_AT_ONCE)
            yield from page.items
            position = page.next_position
            if position is None:
                return

    def saveset_names(self) -> frozenset[str]:
        return frozenset(self._connection.scalars(sa.select(savesets.c.name)))

    def missing_savesets(self) -> Iterator[Saveset]:
        rows = self._connection.execute(
            _SELECT_SAVESET.where(is_faulty, savesets.c.missing),
            execution_options={"yield_per": _SAVESETS_AT_ONCE},
        )
        return map(_saveset, rows)

    def nearest_faulty(self, names: Sequence[str]) -> dict[str, Saveset]:
        seen = (
            sa.select(savesets.c.name, savesets.c.base, is_faulty.label("faulty"))
            .where(savesets.c.name.in_(names), sa.exists().where(is_faulty))
            .cte("seen", recursive=True)
        )
        # A union leaves each saveset once, however many of the names build on it.
        seen = seen.union(
            sa.select(savesets.c.name, savesets.c.base, is_faulty)
            .join(seen, savesets.c.name == seen.c.base)
            .where(sa.not_(seen.c.faulty))
        )
        rows = self._connection.execute(_SELECT_SAVESET.join(seen, savesets.c.name == seen.c.name))
        below = {row.name: _saveset(row) for row in rows}
        found: dict[str, Saveset] = {}
        for name in names:
            saveset = below.get(name)
            while saveset is not None and not saveset.fault:
                saveset = below.get(saveset.base) if saveset.base is not None else None
            if saveset is not None:
                found[name] = saveset
        return found

    def bases(self, name: str) -> dict[str, str | None]:
        chain = (
            sa.select(savesets.c.name, savesets.c.base)
            .where(savesets.c.name == name)
            .cte("chain", recursive=True)
        )
        chain = chain.union(
            sa.select(savesets.c.name, savesets.c.base).join(chain, savesets.c.name == chain.c.base)
        )
        return {row.name: row.base for row in self._connection.execute(sa.select(chain))}

    def token(self, digest: bytes) -> Token | None:
        return self._one(Token, tokens, tokens.c.digest == digest)

    def token_digests(self) -> set[bytes]:
        return set(self._connection.scalars(sa.select(tokens.c.digest)))

    def token_by_id(self, token_id: str) -> Token | None:
        return self._one(Token, tokens, tokens.c.id == token_id)

    def tokens(self, descending: bool, position: str | None, limit: int) -> Page[Token]:
        return pages.page(
            self._connection,
            select(Token, tokens),
            pages.token_order(descending),
            positions.token_list(descending),
            position,
            limit,
            _token,
        )

    def credential(self, digest: bytes) -> Credential | None:
        return self._one(Credential, credentials, credentials.c.digest == digest)

    def credentials(
        self, text: str, descending: bool, position: str | None, limit: int
    ) -> Page[Credential]:
        return pages.page(
            self._connection,
            select(Credential, credentials).where(*pages.credential_conditions(text)),
            pages.credential_order(descending),
            positions.credential_list(text, descending),
            position,
            limit,
            _credential,
        )

    def credential_by_id(self, credential_id: str) -> Credential | None:
        return self._one(Credential, credentials, credentials.c.id == credential_id)

    def answered(self, request_id: str) -> Answer | None:
        return self._one(Answer, answers, answers.c.request_id == request_id)
