"""Clients and tasks: what may be entered, changed and removed."""

import logging
from collections.abc import Callable, Sequence
from dataclasses import replace

from server_agent.domain.command_sources import checked_commands
from server_agent.domain.errors import (
    ClientInUse,
    ClientNotFound,
    InvalidArgument,
    NotFound,
    TaskInUse,
    TaskNeeded,
    TaskNotFound,
)
from server_agent.domain.events import (
    BackupAction,
    Event,
    RestoreAction,
    RestoreProofAction,
    VerifyAction,
)
from server_agent.domain.quoting import printable, quoted
from server_agent.domain.task_options import TimeReference, checked_options
from server_agent.domain.topology import (
    Client,
    Task,
    check_access,
    checked_excludes,
    checked_name,
    checked_sources,
)
from server_agent.ports import CatalogueTransaction, CatalogueView, Clock
from server_agent.ports.stamps import Stamps
from server_agent.service.changes import Changes
from server_agent.service.collection import Collection
from server_agent.service.requests import Request

log = logging.getLogger(__name__)

_OF_TASKS = BackupAction | RestoreAction | VerifyAction | RestoreProofAction
LONGEST_COMMENT = 4096  # characters; it travels with every snapshot
LARGEST_TASK = 1 << 20  # bytes of what it has lists of, so that any task fits into a message


class Clients(Collection[Client]):
    """The clients of the location."""

    kind = "client"

    def _get(self, view: CatalogueView, name: str) -> Client | None:
        return view.client(name)

    def _all(self, view: CatalogueView) -> Sequence[Client]:
        return view.clients()

    def _put(self, tx: CatalogueTransaction, item: Client) -> None:
        tx.put_client(item)

    def _remove(self, tx: CatalogueTransaction, item: Client) -> None:
        tx.remove_client(item.name)

    def _checked(self, _tx: CatalogueTransaction, item: Client, before: Client | None) -> Client:
        checked_name("name", item.name)
        checked_comment(item.comment)
        check_access(item)
        if before is None:
            return replace(item, create_time=self._clock.now(), version=1)
        return replace(item, create_time=before.create_time, version=before.version + 1)

    def _check_unused(self, tx: CatalogueTransaction, item: Client) -> None:
        tasks = [task.name for task in tx.tasks() if task.client == item.name]
        if tasks:
            raise ClientInUse(client=item.name, tasks=", ".join(tasks))

    def _not_found(self, name: str) -> NotFound:
        return ClientNotFound(client=name)


class Tasks(Collection[Task]):
    """The tasks of the location. A task stays with its client."""

    kind = "task"

    def __init__(self, changes: Changes, clock: Clock, stamps: Stamps) -> None:
        """`stamps`: what is remembered of the backups of tasks; it goes with them."""
        super().__init__(changes, clock)
        self._stamps = stamps

    def delete(self, request: Request, name: str, expected_etag: str | None) -> None:
        super().delete(request, name, expected_etag)
        try:
            self._stamps.forget(name)
        except OSError as error:  # one of another task with this name would not go by it
            log.warning("a time stamp of the task %s stays: %s", printable(name), error)

    def _get(self, view: CatalogueView, name: str) -> Task | None:
        return view.task(name)

    def _all(self, view: CatalogueView) -> Sequence[Task]:
        return view.tasks()

    def _put(self, tx: CatalogueTransaction, item: Task) -> None:
        tx.put_task(item)

    def _remove(self, tx: CatalogueTransaction, item: Task) -> None:
        tx.remove_task(item.name)

    def _searched(self, item: Task) -> Sequence[str]:
        return item.name, item.client

    def _checked(self, tx: CatalogueTransaction, item: Task, before: Task | None) -> Task:
        checked_name("name", item.name)
        checked_comment(item.comment)
        _check_size(item)
        if not item.sources and not item.commands:
            raise InvalidArgument(
                field="sources", value="", expected="at least one path, or a command"
            )
        item = replace(
            item,
            sources=checked_sources(item.sources, may_be_none=bool(item.commands)),
            commands=checked_commands(item.commands),
            excludes=checked_excludes(item.excludes, item.options.exclude_kind),
            options=checked_options(item.options),
        )
        _check_reference(item, tx.client(before.client if before is not None else item.client))
        if before is not None:
            version = before.version + 1
            return replace(
                item,
                client=before.client,
                create_time=before.create_time,
                version=version,
                proof_time=before.proof_time,
            )
        if tx.client(item.client) is None:
            raise ClientNotFound(client=item.client)
        return replace(item, create_time=self._clock.now(), version=1)

    def _check_unused(self, tx: CatalogueTransaction, item: Task) -> None:
        for job in tx.open_jobs():
            if job.task == item.name:
                raise TaskInUse(task=item.name, job=job.id)
        users = [f"event {name}" for name in planned_by(tx, lambda event: _is_of(event, item.name))]
        users += [f"group {group.name}" for group in tx.groups() if item.name in group.tasks]
        if users:
            raise TaskNeeded(task=item.name, users=", ".join(users))

    def _not_found(self, name: str) -> NotFound:
        return TaskNotFound(task=name)


def planned_by(view: CatalogueView, condition: Callable[[Event], bool]) -> list[str]:
    """The events of which the condition holds, by name. A backup that was ordered for later is one
    of them, named with its time."""
    events = (plan.event for plan in view.plans() if condition(plan.event))
    return sorted(
        event.name
        if event.start_time is None
        else f"{event.name} of {event.start_time:%Y-%m-%d %H:%M} UTC"
        for event in events
    )


def checked_comment(comment: str) -> str:
    """The comment, or InvalidArgument if it is too long."""
    if len(comment) > LONGEST_COMMENT:
        raise InvalidArgument(
            field="comment",
            value=f"{len(comment)} characters",
            expected=f"at most {LONGEST_COMMENT} characters",
        )
    return comment


def _is_of(event: Event, task: str) -> bool:
    return isinstance(event.action, _OF_TASKS) and event.action.task == task


def _check_reference(task: Task, client: Client | None) -> None:
    """The engine refuses it too: a client may be reached in another way by then."""
    by_bits = task.options.time_reference is TimeReference.ARCHIVE_BIT
    if by_bits and client is not None and client.ssh is not None:
        raise InvalidArgument(
            field="time_reference",
            value=task.options.time_reference.name,
            expected="DATABASE or TIME_STAMP_FILE: archive bits are read on the agent's own machine"
            f" only, and the client {quoted(client.name)} is reached over SSH",
        )


def _check_size(task: Task) -> None:
    size = sum(map(len, task.sources)) + sum(len(exclude.encode()) for exclude in task.excludes)
    size += sum(len(word) for command in task.commands for word in command.argv)
    if size > LARGEST_TASK:
        raise InvalidArgument(
            field="sources",
            value=f"{size} bytes",
            expected=f"sources, excludes and commands of at most {LARGEST_TASK} bytes together",
        )
