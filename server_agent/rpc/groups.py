"""TaskGroupService."""

from server_agent.rpc import convert_plan as plan
from server_agent.rpc import lists
from server_agent.rpc.guard import Call
from server_agent.rpc.workers import Workers
from server_agent.service.plan_objects import Groups
from sesam_api.v1 import groups_pb2 as pb


class TaskGroupServicer:
    def __init__(self, groups: Groups, workers: Workers) -> None:
        self._groups = groups
        self._workers = workers

    async def CreateTaskGroup(
        self, message: pb.CreateTaskGroupRequest, call: Call
    ) -> pb.CreateTaskGroupResponse:
        item = plan.group_from_wire(message.group)
        item = await self._workers.write(self._groups.create, call.request, item)
        return pb.CreateTaskGroupResponse(group=plan.group_to_wire(item))

    async def UpdateTaskGroup(
        self, message: pb.UpdateTaskGroupRequest, call: Call
    ) -> pb.UpdateTaskGroupResponse:
        item = plan.group_from_wire(message.group)
        item = await self._workers.write(
            self._groups.update, call.request, item, message.group.etag
        )
        return pb.UpdateTaskGroupResponse(group=plan.group_to_wire(item))

    async def DeleteTaskGroup(
        self, message: pb.DeleteTaskGroupRequest, call: Call
    ) -> pb.DeleteTaskGroupResponse:
        etag = message.etag if message.HasField("etag") else None
        await self._workers.write(self._groups.delete, call.request, message.name, etag)
        return pb.DeleteTaskGroupResponse()

    async def ListTaskGroups(
        self, message: pb.ListTaskGroupsRequest, _call: Call
    ) -> pb.ListTaskGroupsResponse:
        text, descending, token, size = lists.by_name(message)

        async def answer(size: int) -> pb.ListTaskGroupsResponse:
            page = await self._workers.read(self._groups.list, text, descending, token, size)
            return pb.ListTaskGroupsResponse(
                groups=map(plan.group_to_wire, page.items),
                next_page_token=page.next_position or "",
            )

        return await lists.fitting(size, answer)
