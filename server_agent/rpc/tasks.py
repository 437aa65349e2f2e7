"""TaskService."""

from server_agent.rpc import convert, lists
from server_agent.rpc.guard import Call
from server_agent.rpc.workers import Workers
from server_agent.service.topology import Topology
from sesam_api.v1 import tasks_pb2 as pb


class TaskServicer:
    def __init__(self, topology: Topology, workers: Workers) -> None:
        self._topology = topology
        self._workers = workers

    async def CreateTask(self, message: pb.CreateTaskRequest, call: Call) -> pb.CreateTaskResponse:
        task = await self._workers.write(
            self._topology.create_task,
            call.request,
            message.name,
            message.client,
            tuple(message.sources),
            tuple(message.excludes),
            message.comment,
        )
        return pb.CreateTaskResponse(task=convert.task(task))

    async def UpdateTask(self, message: pb.UpdateTaskRequest, call: Call) -> pb.UpdateTaskResponse:
        task = await self._workers.write(
            self._topology.update_task,
            call.request,
            message.name,
            message.etag,
            tuple(message.sources),
            tuple(message.excludes),
            message.comment,
        )
        return pb.UpdateTaskResponse(task=convert.task(task))

    async def DeleteTask(self, message: pb.DeleteTaskRequest, call: Call) -> pb.DeleteTaskResponse:
        etag = message.etag if message.HasField("etag") else None
        await self._workers.write(self._topology.delete_task, call.request, message.name, etag)
        return pb.DeleteTaskResponse()

    async def ListTasks(self, message: pb.ListTasksRequest, _call: Call) -> pb.ListTasksResponse:
        _, descending = lists.order(message.order_by, ("name",), "name")
        text = lists.text("filter", message.filter)

        async def answer(size: int) -> pb.ListTasksResponse:
            page = await self._workers.read(
                self._topology.list_tasks, text, descending, message.page_token, size
            )
            return pb.ListTasksResponse(
                tasks=map(convert.task, page.items), next_page_token=page.next_position or ""
            )

        return await lists.fitting(lists.page_size(message.page_size), answer)
