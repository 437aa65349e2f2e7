"""Clients and tasks over a location in memory."""

from typing import Any

import grpc

from sesam_api.v1 import tasks_pb2 as tasks
from sesam_api.v1 import topology_pb2 as topology
from sesam_api.v1.tasks_pb2_grpc import TaskServiceServicer
from sesam_api.v1.topology_pb2_grpc import TopologyServiceServicer
from tests.fakes.agent_services import found, page_of
from tests.fakes.agent_state import OPEN_STATES, Change, FakeLocation, Refused


def _check_etag(request: Any, item: Any, kind: str) -> None:
    if request.HasField("etag") and request.etag != item.etag:
        raise Refused("CHANGED_MEANWHILE", kind=kind, name=request.name)


class Topology(TopologyServiceServicer):
    def __init__(self, state: FakeLocation) -> None:
        self._state = state

    def CreateClient(self, request: Any, context: grpc.ServicerContext) -> Any:
        if request.name in self._state.clients:
            raise Refused("ALREADY_EXISTS", kind="client", name=request.name)
        return topology.CreateClientResponse(client=self._put(request))

    def UpdateClient(self, request: Any, context: grpc.ServicerContext) -> Any:
        client = found(self._state.clients, request.name, "CLIENT_NOT_FOUND", "client")
        if client.etag != request.etag:
            raise Refused("CHANGED_MEANWHILE", kind="client", name=request.name)
        return topology.UpdateClientResponse(client=self._put(request))

    def DeleteClient(self, request: Any, context: grpc.ServicerContext) -> Any:
        state = self._state
        client = found(state.clients, request.name, "CLIENT_NOT_FOUND", "client")
        _check_etag(request, client, "client")
        using = [task.name for task in state.tasks.values() if task.client == request.name]
        if using:
            raise Refused("CLIENT_IN_USE", client=request.name, tasks=", ".join(using))
        del state.clients[request.name]
        state.record(Change(removed_client=request.name))
        return topology.DeleteClientResponse()

    def _put(self, request: Any) -> Any:
        ssh = request.ssh if request.HasField("ssh") else None
        put = self._state.put_client
        return put(request.name, request.comment, ssh, locked=request.locked)

    def ListClients(self, request: Any, context: grpc.ServicerContext) -> Any:
        known = sorted(self._state.clients.values(), key=lambda client: client.name)
        known = [client for client in known if request.filter.lower() in client.name.lower()]
        page, token = page_of(known, request.page_size, request.page_token)
        return topology.ListClientsResponse(clients=page, next_page_token=token)


class Tasks(TaskServiceServicer):
    def __init__(self, state: FakeLocation) -> None:
        self._state = state

    def CreateTask(self, request: Any, context: grpc.ServicerContext) -> Any:
        state = self._state
        found(state.clients, request.client, "CLIENT_NOT_FOUND", "client")
        if request.name in state.tasks:
            raise Refused("ALREADY_EXISTS", kind="task", name=request.name)
        task = state.put_task(
            request.name,
            request.client,
            list(request.sources),
            list(request.excludes),
            comment=request.comment,
            options=request.options,
            commands=request.commands,
        )
        return tasks.CreateTaskResponse(task=task)

    def UpdateTask(self, request: Any, context: grpc.ServicerContext) -> Any:
        task = found(self._state.tasks, request.name, "TASK_NOT_FOUND", "task")
        if task.etag != request.etag:
            raise Refused("CHANGED_MEANWHILE", kind="task", name=request.name)
        task = self._state.put_task(
            request.name,
            task.client,
            list(request.sources),
            list(request.excludes),
            comment=request.comment,
            options=request.options if request.HasField("options") else task.options,
            commands=(request.commands.commands if request.HasField("commands") else task.commands),
        )
        return tasks.UpdateTaskResponse(task=task)

    def DeleteTask(self, request: Any, context: grpc.ServicerContext) -> Any:
        state = self._state
        task = found(state.tasks, request.name, "TASK_NOT_FOUND", "task")
        _check_etag(request, task, "task")
        for job in state.jobs.values():
            if job.task == request.name and job.state in OPEN_STATES:
                raise Refused("TASK_IN_USE", task=request.name, job=job.job_id)
        del state.tasks[request.name]
        state.record(Change(removed_task=request.name))
        newest = state.newest_ended(request.name)
        if newest is not None:
            state.record(Change(removed_job=newest.job_id))
        return tasks.DeleteTaskResponse()

    def ListTasks(self, request: Any, context: grpc.ServicerContext) -> Any:
        known = sorted(self._state.tasks.values(), key=lambda task: task.name)
        wanted = request.filter.lower()
        known = [task for task in known if wanted in f"{task.name}\n{task.client}".lower()]
        page, token = page_of(known, request.page_size, request.page_token)
        return tasks.ListTasksResponse(tasks=page, next_page_token=token)
