"""What can be asked of a location's clients and tasks and done with them."""

import os
from collections.abc import Iterable, Iterator

from sesam_api import convert
from sesam_api.command_records import CommandSource
from sesam_api.finding_calls import Path
from sesam_api.plan_calls import PAGE_SIZE, change_of, named, pages
from sesam_api.records import Client, HostKey, Identity, Ssh, Task, TaskOptions
from sesam_api.v1 import tasks_pb2, topology_pb2
from sesam_api.v1.tasks_pb2_grpc import TaskServiceStub
from sesam_api.v1.topology_pb2_grpc import TopologyServiceStub
from sesam_api.wire import Wire


class TopologyCalls:
    """The part of a `Location` that knows what it looks after. Changes need the role admin.

    `modify_...` raises SesamError CHANGED_MEANWHILE if somebody else changes the object at the same
    moment.
    """

    identity: Identity

    def __init__(self, wire: Wire) -> None:
        self._wire = wire
        self._tasks = TaskServiceStub(wire.channel)
        self._topology = TopologyServiceStub(wire.channel)

    # --- clients ---

    def clients(self, text: str = "") -> Iterator[Client]:
        """The clients by name. `text`: a part of the name, letter case does not matter."""

        def page(token: str) -> tuple[Iterable[Client], str]:
            request = topology_pb2.ListClientsRequest(
                page_size=PAGE_SIZE, page_token=token, filter=text
            )
            answer = self._wire.call(self._topology.ListClients, request)
            return map(convert.client, answer.clients), answer.next_page_token

        return pages(page)

    def client(self, name: str) -> Client:
        """One client. Raises SesamError CLIENT_NOT_FOUND."""
        return named(self.clients(name), name, "client")

    def host_keys(self, host: str, port: int = 22) -> tuple[HostKey, ...]:
        """The keys that a machine shows by SSH, the best first, to be compared with what its
        administrator says and given as `Ssh.host_key`. Raises SesamError CLIENT_UNUSABLE."""
        request = topology_pb2.ListHostKeysRequest(host=host, port=port)
        answer = self._wire.call(self._topology.ListHostKeys, request)
        return tuple(HostKey(each.key, each.fingerprint) for each in answer.host_keys)

    def check_client(self, name: str) -> tuple[str, ...]:
        """What a client cannot save or restore as it should be; nothing if it can all.

        Raises SesamError CLIENT_UNUSABLE, with why it cannot be used now.
        """
        answer = self._wire.call(
            self._topology.CheckClient, topology_pb2.CheckClientRequest(name=name)
        )
        return tuple(answer.limits)

    def add_client(
        self, name: str, comment: str = "", *, ssh: Ssh | None = None, locked: bool = False
    ) -> Client:
        """Adds a client.

        Args:
            ssh: how to log in to it; None: it is the machine on which the agent runs.
            locked: it is not backed up until it is unlocked.
        """
        request = topology_pb2.CreateClientRequest(
            **change_of(self.identity),
            name=name,
            access=_access(ssh),
            comment=comment,
            ssh=convert.ssh_message(ssh) if ssh is not None else None,
            locked=locked,
        )
        return convert.client(self._wire.call(self._topology.CreateClient, request).client)

    def modify_client(
        self,
        name: str,
        comment: str | None = None,
        *,
        ssh: Ssh | None = None,
        local: bool = False,
        locked: bool | None = None,
    ) -> Client:
        """Replaces what is given and leaves the rest as it is.

        Args:
            ssh: how it is reached from now on.
            local: from now on it is the machine on which the agent runs. Its login is forgotten.

        Raises:
            ValueError: both.
        """
        if local and ssh is not None:
            raise ValueError("a client is either local or reached by SSH")
        before = self.client(name)
        login = None if local else ssh or before.ssh
        request = topology_pb2.UpdateClientRequest(
            **change_of(self.identity),
            name=name,
            etag=before.etag,
            access=_access(login),
            comment=before.comment if comment is None else comment,
            ssh=convert.ssh_message(login) if login is not None else None,
            locked=before.locked if locked is None else locked,
        )
        return convert.client(self._wire.call(self._topology.UpdateClient, request).client)

    def remove_client(self, name: str) -> None:
        """Removes a client that has no tasks."""
        request = topology_pb2.DeleteClientRequest(**change_of(self.identity), name=name)
        self._wire.call(self._topology.DeleteClient, request)

    # --- tasks ---

    def tasks(self, text: str = "") -> Iterator[Task]:
        """The tasks by name. `text`: a part of the name or of the client's name."""

        def page(token: str) -> tuple[Iterable[Task], str]:
            request = tasks_pb2.ListTasksRequest(page_size=PAGE_SIZE, page_token=token, filter=text)
            answer = self._wire.call(self._tasks.ListTasks, request)
            return map(convert.task, answer.tasks), answer.next_page_token

        return pages(page)

    def task(self, name: str) -> Task:
        """One task. Raises SesamError TASK_NOT_FOUND."""
        return named(self.tasks(name), name, "task")

    def add_task(
        self,
        name: str,
        client: str,
        sources: Iterable[Path],
        excludes: Iterable[str] = (),
        comment: str = "",
        *,
        options: TaskOptions | None = None,
        commands: Iterable[CommandSource] = (),
    ) -> Task:
        """Adds a task.

        Args:
            name: unique in the location.
            client: name of a client.
            sources: absolute paths on the client; there may be none if there are commands.
            excludes: shell wildcards. One without a slash is compared with each name, one that
                begins with "./" or "/" with the path from its source or from the root. Regular
                expressions if the options say so.
            comment: for people.
            options: how it is backed up; None: as usual.
            commands: programs on the client whose output is saved besides.
        """
        request = tasks_pb2.CreateTaskRequest(
            **change_of(self.identity),
            name=name,
            client=client,
            sources=path_bytes(sources),
            excludes=excludes,
            comment=comment,
            options=convert.options_message(options) if options is not None else None,
            commands=convert.commands_message(commands).commands,
        )
        return convert.task(self._wire.call(self._tasks.CreateTask, request).task)

    def modify_task(
        self,
        name: str,
        *,
        sources: Iterable[Path] | None = None,
        excludes: Iterable[str] | None = None,
        comment: str | None = None,
        options: TaskOptions | None = None,
        commands: Iterable[CommandSource] | None = None,
    ) -> Task:
        """Replaces what is given and leaves the rest as it is."""
        task = self.task(name)
        request = tasks_pb2.UpdateTaskRequest(
            **change_of(self.identity),
            name=name,
            etag=task.etag,
            sources=task.sources if sources is None else path_bytes(sources),
            excludes=task.excludes if excludes is None else excludes,
            comment=task.comment if comment is None else comment,
            options=convert.options_message(options) if options is not None else None,
            commands=convert.commands_message(commands) if commands is not None else None,
        )
        return convert.task(self._wire.call(self._tasks.UpdateTask, request).task)

    def remove_task(self, name: str) -> None:
        """Removes a task that has no open job and that no event or group names. Its savesets stay
        and can be restored."""
        request = tasks_pb2.DeleteTaskRequest(**change_of(self.identity), name=name)
        self._wire.call(self._tasks.DeleteTask, request)


def path_bytes(paths: Iterable[Path]) -> list[bytes]:
    """The paths as they go over the wire. Raises TypeError for a single path."""
    if isinstance(paths, str | bytes | os.PathLike):
        raise TypeError("a list of paths is needed, not one path")
    return [os.fsencode(path) for path in paths]


def _access(ssh: Ssh | None) -> topology_pb2.Access.ValueType:
    return topology_pb2.ACCESS_LOCAL if ssh is None else topology_pb2.ACCESS_SSH
