"""Clients and tasks: adding, changing, removing and listing them."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from server_agent.domain.errors import (
    AlreadyExists,
    ChangedMeanwhile,
    ClientInUse,
    ClientNotFound,
    InvalidArgument,
    TaskInUse,
    TaskNotFound,
)
from server_agent.domain.topology import (
    Access,
    Client,
    Task,
    checked_excludes,
    checked_name,
    checked_sources,
)
from server_agent.ports import CatalogueTransaction, Clock, Page
from server_agent.service.changes import Changes
from server_agent.service.paging import page_by_name
from server_agent.service.requests import Request, first_answer, remember

LONGEST_COMMENT = 4096  # characters; it travels with every snapshot
LARGEST_TASK = 1 << 20  # bytes of sources and excludes, so that any task fits into a message

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def etag(item: Client | Task) -> str:
    """Changes with every change, and is another one when the name is used anew."""
    created = (item.create_time - _EPOCH) // timedelta(microseconds=1)
    return f"{created:x}.{item.version}"


class Topology:
    """The clients and tasks of the location."""

    def __init__(self, changes: Changes, clock: Clock) -> None:
        self._changes = changes
        self._clock = clock

    def create_client(self, request: Request, name: str, access: Access, comment: str) -> Client:
        now = self._clock.now()
        client = Client(checked_name("name", name), access, _checked_comment(comment), now, 1)
        with self._changes.write() as tx:
            if (answered := first_answer(tx, request)) is not None:
                return _client(tx, answered)
            if tx.client(name) is not None:
                raise AlreadyExists(kind="client", name=name)
            tx.put_client(client)
            remember(tx, request, name, now)
        return client

    def delete_client(self, request: Request, name: str, expected_etag: str | None) -> None:
        with self._changes.write() as tx:
            if first_answer(tx, request) is not None:
                return
            client = _client(tx, name)
            _check_etag("client", client, expected_etag)
            tasks = [task.name for task in tx.tasks() if task.client == name]
            if tasks:
                raise ClientInUse(client=name, tasks=", ".join(tasks))
            tx.remove_client(name)
            remember(tx, request, name, self._clock.now())

    def create_task(
        self,
        request: Request,
        name: str,
        client: str,
        sources: tuple[bytes, ...],
        excludes: tuple[str, ...],
        comment: str,
    ) -> Task:
        now = self._clock.now()
        checked_name("name", name)
        sources, excludes = _checked_content(sources, excludes)
        task = Task(name, client, sources, excludes, _checked_comment(comment), now, 1)
        with self._changes.write() as tx:
            if (answered := first_answer(tx, request)) is not None:
                return _task(tx, answered)
            if tx.client(client) is None:
                raise ClientNotFound(client=client)
            if tx.task(name) is not None:
                raise AlreadyExists(kind="task", name=name)
            tx.put_task(task)
            remember(tx, request, name, now)
        return task

    def update_task(
        self,
        request: Request,
        name: str,
        expected_etag: str,
        sources: tuple[bytes, ...],
        excludes: tuple[str, ...],
        comment: str,
    ) -> Task:
        sources, excludes = _checked_content(sources, excludes)
        _checked_comment(comment)
        with self._changes.write() as tx:
            if (answered := first_answer(tx, request)) is not None:
                return _task(tx, answered)
            task = _task(tx, name)
            _check_etag("task", task, expected_etag)
            updated = replace(
                task,
                sources=sources,
                excludes=excludes,
                comment=comment,
                version=task.version + 1,
            )
            tx.put_task(updated)
            remember(tx, request, name, self._clock.now())
        return updated

    def delete_task(self, request: Request, name: str, expected_etag: str | None) -> None:
        with self._changes.write() as tx:
            if first_answer(tx, request) is not None:
                return
            task = _task(tx, name)
            _check_etag("task", task, expected_etag)
            for job in tx.open_jobs():
                if job.task == name:
                    raise TaskInUse(task=name, job=job.id)
            tx.remove_task(name)
            remember(tx, request, name, self._clock.now())

    def list_clients(
        self, text: str, descending: bool, token: str | None, limit: int
    ) -> Page[Client]:
        """By name; those with the text in their name."""
        with self._changes.read() as view:
            clients = view.clients()
        wanted = text.casefold()
        named = [(client.name, client) for client in clients if wanted in client.name.casefold()]
        return page_by_name(named, f"clients {descending} {text}", descending, token, limit)

    def list_tasks(self, text: str, descending: bool, token: str | None, limit: int) -> Page[Task]:
        """By name; those with the text in their name or their client's."""
        with self._changes.read() as view:
            tasks = view.tasks()
        wanted = text.casefold()
        named = [
            (task.name, task)
            for task in tasks
            if wanted in task.name.casefold() or wanted in task.client.casefold()
        ]
        return page_by_name(named, f"tasks {descending} {text}", descending, token, limit)


def _client(tx: CatalogueTransaction, name: str) -> Client:
    client = tx.client(name)
    if client is None:
        raise ClientNotFound(client=name)
    return client


def _task(tx: CatalogueTransaction, name: str) -> Task:
    task = tx.task(name)
    if task is None:
        raise TaskNotFound(task=name)
    return task


def _check_etag(kind: str, item: Client | Task, expected: str | None) -> None:
    if expected is not None and expected != etag(item):
        raise ChangedMeanwhile(kind=kind, name=item.name)


def _checked_content(
    sources: tuple[bytes, ...], excludes: tuple[str, ...]
) -> tuple[tuple[bytes, ...], tuple[str, ...]]:
    size = sum(map(len, sources)) + sum(len(exclude.encode()) for exclude in excludes)
    if size > LARGEST_TASK:
        raise InvalidArgument(
            field="sources",
            value=f"{size} bytes",
            expected=f"sources and excludes of together at most {LARGEST_TASK} bytes",
        )
    return checked_sources(sources), checked_excludes(excludes)


def _checked_comment(comment: str) -> str:
    if len(comment) > LONGEST_COMMENT:
        raise InvalidArgument(
            field="comment",
            value=f"{len(comment)} characters",
            expected=f"at most {LONGEST_COMMENT} characters",
        )
    return comment
