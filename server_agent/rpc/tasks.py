"""TaskService."""

from dataclasses import replace

from server_agent.domain.topology import Task
from server_agent.rpc import convert, lists
from server_agent.rpc.guard import Call
from server_agent.rpc.workers import Workers
from server_agent.service.topology import Tasks
from sesam_api.v1 import tasks_pb2 as pb


class TaskServicer:
    def __init__(self, tasks: Tasks, workers: Workers) -> None:
        self._tasks = tasks
        self._workers = workers

    async def CreateTask(self, message: pb.CreateTaskRequest, call: Call) -> pb.CreateTaskResponse:
        item = replace(
            _task(message, message.client), commands=convert.commands_from_wire(message.commands)
        )
        item = await self._workers.write(self._tasks.create, call.request, item)
        return pb.CreateTaskResponse(task=convert.task(item))

    async def UpdateTask(self, message: pb.UpdateTaskRequest, call: Call) -> pb.UpdateTaskResponse:
        item = replace(
            _task(message, ""), commands=convert.commands_from_wire(message.commands.commands)
        )
        kept = [field for field in ("options", "commands") if not message.HasField(field)]
        item = await self._workers.write(self._tasks.update, call.request, item, message.etag, kept)
        return pb.UpdateTaskResponse(task=convert.task(item))

    async def DeleteTask(self, message: pb.DeleteTaskRequest, call: Call) -> pb.DeleteTaskResponse:
        etag = message.etag if message.HasField("etag") else None
        await self._workers.write(self._tasks.delete, call.request, message.name, etag)
        return pb.DeleteTaskResponse()

    async def ListTasks(self, message: pb.ListTasksRequest, _call: Call) -> pb.ListTasksResponse:
        text, descending, token, size = lists.by_name(message)

        async def answer(size: int) -> pb.ListTasksResponse:
            page = await self._workers.read(self._tasks.list, text, descending, token, size)
            return pb.ListTasksResponse(
                tasks=map(convert.task, page.items), next_page_token=page.next_position or ""
            )

        return await lists.fitting(size, answer)


def _task(message: pb.CreateTaskRequest | pb.UpdateTaskRequest, client: str) -> Task:
    return Task(
        name=message.name,
        client=client,
        sources=tuple(message.sources),
        excludes=tuple(message.excludes),
        comment=message.comment,
        options=convert.options_from_wire(message.options),
    )
