"""DriveService."""

from server_agent.rpc import convert_plan as plan
from server_agent.rpc import lists
from server_agent.rpc.guard import Call
from server_agent.rpc.workers import Workers
from server_agent.service.plan_objects import Drives
from sesam_api.v1 import drives_pb2 as pb


class DriveServicer:
    def __init__(self, drives: Drives, workers: Workers) -> None:
        self._drives = drives
        self._workers = workers

    async def CreateDrive(
        self, message: pb.CreateDriveRequest, call: Call
    ) -> pb.CreateDriveResponse:
        item = plan.drive_from_wire(message.drive)
        item = await self._workers.write(self._drives.create, call.request, item)
        return pb.CreateDriveResponse(drive=plan.drive_to_wire(item))

    async def UpdateDrive(
        self, message: pb.UpdateDriveRequest, call: Call
    ) -> pb.UpdateDriveResponse:
        item = plan.drive_from_wire(message.drive)
        item = await self._workers.write(
            self._drives.update, call.request, item, message.drive.etag
        )
        return pb.UpdateDriveResponse(drive=plan.drive_to_wire(item))

    async def DeleteDrive(
        self, message: pb.DeleteDriveRequest, call: Call
    ) -> pb.DeleteDriveResponse:
        etag = message.etag if message.HasField("etag") else None
        await self._workers.write(self._drives.delete, call.request, message.name, etag)
        return pb.DeleteDriveResponse()

    async def ListDrives(self, message: pb.ListDrivesRequest, _call: Call) -> pb.ListDrivesResponse:
        text, descending, token, size = lists.by_name(message)

        async def answer(size: int) -> pb.ListDrivesResponse:
            page = await self._workers.read(self._drives.list, text, descending, token, size)
            return pb.ListDrivesResponse(
                drives=map(plan.drive_to_wire, page.items),
                next_page_token=page.next_position or "",
            )

        return await lists.fitting(size, answer)
