"""The catalogue in memory."""

import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any, TypeVar

from server_agent.adapters.catalogue import position as positions
from server_agent.domain.access import Credential, Token
from server_agent.domain.errors import (
    AlreadyExists,
    ClientInUse,
    ClientNotFound,
    InvalidArgument,
    JobNotFound,
    RequestIdReused,
    SavesetNotFound,
)
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
    ObjectKind,
    Page,
    SavesetQuery,
)
from tests.fakes.catalogue_access import MemoryAccessTransaction, MemoryAccessView
from tests.fakes.catalogue_groups import SEVERITIES, groups_of, order_of
from tests.fakes.catalogue_history import MemoryHistoryTransaction, MemoryHistoryView
from tests.fakes.catalogue_licence import MemoryLicenceTransaction, MemoryLicenceView
from tests.fakes.catalogue_media import MemoryMediaTransaction, MemoryMediaView
from tests.fakes.catalogue_plan import MemoryPlanningTransaction, MemoryPlanningView
from tests.fakes.catalogue_state import State

Item = TypeVar("Item")
Key = TypeVar("Key", int, str)
Id = TypeVar("Id", int, str)

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_STATES = list(JobState)


def _microseconds(moment: datetime) -> int:
    return (moment - _EPOCH) // timedelta(microseconds=1)


def _duration(job: Job) -> int:
    if job.start_time is None or job.end_time is None:
        return 0
    return max(0, (job.end_time - job.start_time) // timedelta(microseconds=1))


_JOB_ORDERS_BY_NUMBER: dict[str, Callable[[Job], int]] = {
    "create_time": lambda job: _microseconds(job.create_time),
    "state": lambda job: _STATES.index(job.state) + 1,
    "bytes": lambda job: job.bytes_done,
    "severity": lambda job: SEVERITIES.index(job.state),
    "duration": _duration,
}
_JOB_ORDERS_BY_TEXT: dict[str, Callable[[Job], str]] = {
    "task": lambda job: job.task,
    "client": lambda job: job.client,
}

_SAVESET_ORDERS_BY_NUMBER: dict[str, Callable[[Saveset], int]] = {
    "job": lambda saveset: int(saveset.job_id),
    "start_time": lambda saveset: _microseconds(saveset.start_time),
    "bytes": lambda saveset: saveset.bytes_read,
    "verify_time": lambda saveset: (
        _microseconds(saveset.verify_time) if saveset.verify_time else -(2**62)
    ),
}
_SAVESET_ORDERS_BY_TEXT: dict[str, Callable[[Saveset], str]] = {
    "name": lambda saveset: saveset.name,
    "task": lambda saveset: saveset.task,
    "client": lambda saveset: saveset.client,
    "type": lambda saveset: saveset.type.value,
    "sesam_day": lambda saveset: saveset.sesam_day.isoformat(),
    "eol": lambda saveset: saveset.eol.isoformat() if saveset.eol else "9999-12-31",
}


def _page(
    found: list[tuple[Key, Id, Item]],
    list_name: str,
    descending: bool,
    after: tuple[Key, Id] | None,
    limit: int,
) -> Page[Item]:
    found.sort(key=lambda row: (row[0], row[1]), reverse=descending)
    if after is not None:
        found = [
            row
            for row in found
            if ((row[0], row[1]) < after if descending else (row[0], row[1]) > after)
        ]
    rows = found[:limit]
    next_position = None
    if len(found) > limit:
        next_position = positions.encode(list_name, rows[-1][0], rows[-1][1])
    return Page(tuple(row[2] for row in rows), next_position)


def _contains(text: str, *fields: str) -> bool:
    return any(text.casefold() in value.casefold() for value in fields)


def _is_word(text: str) -> bool:
    return len(text) >= 3 and not any(sign in text for sign in "\n\0\ufffe\uffff")


def _job_matches(job: Job, query: JobQuery) -> bool:
    return (
        (not query.states or job.state in query.states)
        and (not query.kinds or job.kind in query.kinds)
        and query.task in ("", job.task)
        and query.client in ("", job.client)
        and query.group in (None, job.group)
        and (query.first_sesam_day or date.min) <= job.sesam_day
        and job.sesam_day <= (query.last_sesam_day or date.max)
        and (
            _contains(query.text, job.task, job.client, job.event, job.group)
            or (_is_word(query.text.casefold()) and _contains(query.text, job.saveset, job.message))
        )
    )


class MemoryView(
    MemoryPlanningView,
    MemoryMediaView,
    MemoryHistoryView,
    MemoryLicenceView,
    MemoryAccessView,
):
    """The `CatalogueView` port."""

    def revision(self) -> int:
        return self._state.revision

    def changes_since(self, revision: int) -> ChangesSince:
        state = self._state
        if not state.forgotten <= revision <= state.revision:
            return ChangesSince(state.revision, None)
        keys = tuple(key for key, changed in state.changes.items() if changed > revision)
        return ChangesSince(state.revision, keys)

    def client(self, name: str) -> Client | None:
        return self._state.clients.get(name)

    def clients(self) -> list[Client]:
        return [self._state.clients[name] for name in sorted(self._state.clients)]

    def task(self, name: str) -> Task | None:
        return self._state.tasks.get(name)

    def tasks(self) -> list[Task]:
        return [self._state.tasks[name] for name in sorted(self._state.tasks)]

    def job(self, job_id: str) -> Job | None:
        return self._state.jobs.get(job_id)

    def open_jobs(self) -> list[Job]:
        return [job for job in self._state.jobs.values() if job.state.is_open]

    def open_event_ids(self) -> set[str]:
        return {job.event_id for job in self.open_jobs() if job.event_id}

    def newest_ended_backups(self) -> list[Job]:
        return [job for task in self.tasks() for job in self.ended_backups(task.name, 1)]

    def ended_backups(self, task: str, limit: int) -> list[Job]:
        ended = [
            job
            for job in self._state.jobs.values()
            if job.task == task and job.kind is JobKind.BACKUP and job.start_time and job.end_time
        ]
        return sorted(ended, key=lambda job: int(job.id), reverse=True)[:limit]

    def jobs(self, query: JobQuery, position: str | None, limit: int) -> Page[Job]:
        list_name = positions.job_list(query)
        known = self._state.jobs.values()
        jobs = [replace(job, paths=()) for job in known if _job_matches(job, query)]
        if (number := _JOB_ORDERS_BY_NUMBER.get(query.order)) is not None:
            after = positions.decode(list_name, position, int, int) if position else None
            rows = [(number(job), int(job.id), job) for job in jobs]
            return _page(rows, list_name, query.descending, after, limit)
        if (text := _JOB_ORDERS_BY_TEXT.get(query.order)) is not None:
            behind = positions.decode(list_name, position, str, int) if position else None
            named = [(text(job), int(job.id), job) for job in jobs]
            return _page(named, list_name, query.descending, behind, limit)
        orders = ", ".join(sorted([*_JOB_ORDERS_BY_NUMBER, *_JOB_ORDERS_BY_TEXT]))
        raise InvalidArgument(field="order_by", value=query.order, expected=f"one of {orders}")

    def job_counts(self, query: JobQuery) -> dict[JobState, int]:
        anywhere = replace(query, states=frozenset())
        counts: dict[JobState, int] = {}
        for job in self._state.jobs.values():
            if _job_matches(job, anywhere):
                counts[job.state] = counts.get(job.state, 0) + 1
        return counts

    def job_groups(
        self, query: JobQuery, grouping: JobGrouping, position: str | None, limit: int
    ) -> Page[JobGroup]:
        anywhere = replace(query, states=frozenset())
        jobs = [job for job in self._state.jobs.values() if _job_matches(job, anywhere)]
        key = order_of(query)
        if key is None:
            known = "jobs, name, newest, severity"
            raise InvalidArgument(field="order_by", value=query.order, expected=f"one of {known}")
        list_name = positions.group_list(query, grouping)
        kind: type[Any] = str if query.order == "name" else int
        after = positions.decode(list_name, position, kind, str) if position else None
        rows = [(key(group), group.name, group) for group in groups_of(jobs, query, grouping)]
        return _page(rows, list_name, query.descending, after, limit)

    def saveset(self, name: str) -> Saveset | None:
        return self._state.savesets.get(name)

    def savesets(self, query: SavesetQuery, position: str | None, limit: int) -> Page[Saveset]:
        list_name = positions.saveset_list(query)
        found = [
            saveset
            for saveset in self._state.savesets.values()
            if query.task in ("", saveset.task)
            and query.client in ("", saveset.client)
            and _contains(query.text, saveset.name, saveset.task, saveset.client)
        ]
        if (number := _SAVESET_ORDERS_BY_NUMBER.get(query.order)) is not None:
            after = positions.decode(list_name, position, int, str) if position else None
            rows = [(number(saveset), saveset.name, saveset) for saveset in found]
            return _page(rows, list_name, query.descending, after, limit)
        if (text := _SAVESET_ORDERS_BY_TEXT.get(query.order)) is not None:
            behind = positions.decode(list_name, position, str, str) if position else None
            named = [(text(saveset), saveset.name, saveset) for saveset in found]
            return _page(named, list_name, query.descending, behind, limit)
        orders = ", ".join(sorted([*_SAVESET_ORDERS_BY_NUMBER, *_SAVESET_ORDERS_BY_TEXT]))
        raise InvalidArgument(field="order_by", value=query.order, expected=f"one of {orders}")

    def savesets_of_task(self, task: str) -> Iterator[Saveset]:
        found = [saveset for saveset in self._state.savesets.values() if saveset.task == task]
        found.sort(key=lambda saveset: (int(saveset.job_id), saveset.name), reverse=True)
        return iter(found)

    def saveset_names(self) -> frozenset[str]:
        return frozenset(self._state.savesets)

    def missing_savesets(self) -> Iterator[Saveset]:
        return iter([saveset for saveset in self._state.savesets.values() if saveset.missing])

    def nearest_faulty(self, names: Sequence[str]) -> dict[str, Saveset]:
        found: dict[str, Saveset] = {}
        for name in names:
            saveset = self._state.savesets.get(name)
            while saveset is not None and not saveset.fault:
                saveset = self._state.savesets[saveset.base] if saveset.base else None
            if saveset is not None:
                found[name] = saveset
        return found

    def bases(self, name: str) -> dict[str, str | None]:
        bases: dict[str, str | None] = {}
        saveset = self._state.savesets.get(name)
        while saveset is not None:
            bases[saveset.name] = saveset.base
            saveset = self._state.savesets[saveset.base] if saveset.base else None
        return bases

    def token(self, digest: bytes) -> Token | None:
        return self._state.tokens.get(digest)

    def token_digests(self) -> set[bytes]:
        return set(self._state.tokens)

    def token_by_id(self, token_id: str) -> Token | None:
        return next((each for each in self._state.tokens.values() if each.id == token_id), None)

    def tokens(self, descending: bool, position: str | None, limit: int) -> Page[Token]:
        list_name = positions.token_list(descending)
        after = positions.decode(list_name, position, int, str) if position else None
        rows = [
            (_microseconds(token.create_time), token.id, token)
            for token in self._state.tokens.values()
        ]
        return _page(rows, list_name, descending, after, limit)

    def credential(self, digest: bytes) -> Credential | None:
        for credential in self._state.credentials.values():
            if credential.digest == digest:
                return credential
        return None

    def credentials(
        self, text: str, descending: bool, position: str | None, limit: int
    ) -> Page[Credential]:
        list_name = positions.credential_list(text, descending)
        after = positions.decode(list_name, position, int, str) if position else None
        rows = [
            (_microseconds(credential.create_time), credential.id, credential)
            for credential in self._state.credentials.values()
            if _contains(text, credential.holder)
        ]
        return _page(rows, list_name, descending, after, limit)

    def credential_by_id(self, credential_id: str) -> Credential | None:
        return self._state.credentials.get(credential_id)

    def answered(self, request_id: str) -> Answer | None:
        found = self._state.answers.get(request_id)
        return found[0] if found else None


class MemoryTransaction(
    MemoryView,
    MemoryPlanningTransaction,
    MemoryMediaTransaction,
    MemoryHistoryTransaction,
    MemoryLicenceTransaction,
    MemoryAccessTransaction,
):
    """The `CatalogueTransaction` port."""

    def put_client(self, client: Client) -> None:
        self._state.clients[client.name] = client
        self._changed(ObjectKind.CLIENT, client.name)

    def remove_client(self, name: str) -> None:
        tasks = [task.name for task in self.tasks() if task.client == name]
        if tasks:
            raise ClientInUse(client=name, tasks=", ".join(tasks))
        self._state.clients.pop(name, None)
        self._changed(ObjectKind.CLIENT, name)

    def put_task(self, task: Task) -> None:
        if task.client not in self._state.clients:
            raise ClientNotFound(client=task.client)
        self._state.tasks[task.name] = task
        self._changed(ObjectKind.TASK, task.name)

    def remove_task(self, name: str) -> None:
        self._state.tasks.pop(name, None)
        self._changed(ObjectKind.TASK, name)

    def add_job(self, job: Job) -> Job:
        self._state.last_job_id += 1
        added = replace(job, id=str(self._state.last_job_id))
        self._state.jobs[added.id] = added
        self._changed(ObjectKind.JOB, added.id)
        return added

    def add_past_job(self, job: Job) -> None:
        if job.id in self._state.jobs:
            raise AlreadyExists(kind="job", name=job.id)
        self._state.last_job_id = max(self._state.last_job_id, int(job.id))
        self._state.jobs[job.id] = job
        self._changed(ObjectKind.JOB, job.id)

    def put_job(self, job: Job) -> None:
        if job.id not in self._state.jobs:
            raise JobNotFound(job=job.id)
        self._state.jobs[job.id] = job
        self._changed(ObjectKind.JOB, job.id)

    def add_saveset(self, saveset: Saveset) -> None:
        if saveset.name in self._state.savesets:
            raise AlreadyExists(kind="saveset", name=saveset.name)
        if saveset.base is not None and saveset.base not in self._state.savesets:
            raise SavesetNotFound(saveset=saveset.base)
        self._state.savesets[saveset.name] = saveset

    def set_missing(self, names: Iterable[str], missing: bool, lacks_listing: bool = False) -> None:
        for name in names:
            if name in self._state.savesets:
                saveset = self._state.savesets[name]
                self._state.savesets[name] = replace(
                    saveset, missing=missing, lacks_listing=lacks_listing
                )

    def set_damage(self, name: str, damage: str) -> None:
        saveset = self._state.savesets.get(name)
        if saveset is not None and not saveset.damage:
            self._state.savesets[name] = replace(saveset, damage=damage)

    def put_token(self, token: Token) -> None:
        self._state.tokens[token.digest] = token

    def put_credential(self, credential: Credential) -> None:
        self._state.credentials[credential.id] = credential

    def touch(self, key: ObjectKey) -> None:
        self._state.changed(key)

    def remember_answer(self, request_id: str, answer: Answer, now: datetime) -> None:
        if request_id in self._state.answers:
            raise RequestIdReused(method=self._state.answers[request_id][0].method)
        self._state.answers[request_id] = (answer, now)

    def trim(self, changes: int, answered_before: datetime) -> None:
        state = self._state
        lost = list(state.changes)[: max(0, len(state.changes) - changes)]
        for key in lost:
            state.forgotten = state.changes.pop(key)
        for request_id, (_, answered) in list(state.answers.items()):
            if answered < answered_before:
                del state.answers[request_id]

    def _changed(self, kind: ObjectKind, item_id: str) -> None:
        self._state.changed(ObjectKey(kind, item_id))


class MemoryCatalogue:
    """The `Catalogue` port. A transaction works on a copy, which takes the place at its end."""

    def __init__(self) -> None:
        self._state = State()
        self._writing = threading.Lock()

    @contextmanager
    def read(self) -> Iterator[MemoryView]:
        yield MemoryView(self._state)

    @contextmanager
    def write(self) -> Iterator[MemoryTransaction]:
        with self._writing:
            state = self._state.copy()
            yield MemoryTransaction(state)
            self._state = state

    def close(self) -> None:
        pass
