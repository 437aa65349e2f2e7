"""SavesetService."""

from server_agent.ports import SavesetQuery
from server_agent.rpc import convert, lists
from server_agent.rpc.guard import Call
from server_agent.rpc.workers import Workers
from server_agent.service.savesets import Savesets
from server_agent.service.starting import Starting
from sesam_api.v1 import savesets_pb2 as pb

ORDERS = ("job", "start_time", "name")


class SavesetServicer:
    def __init__(self, savesets: Savesets, starting: Starting, workers: Workers) -> None:
        self._savesets = savesets
        self._starting = starting
        self._workers = workers

    async def ListSavesets(
        self, message: pb.ListSavesetsRequest, _call: Call
    ) -> pb.ListSavesetsResponse:
        order, descending = lists.order(message.order_by, ORDERS, "job desc")
        query = SavesetQuery(
            task=lists.text("filter.task", message.filter.task),
            client=lists.text("filter.client", message.filter.client),
            text=lists.text("filter.text", message.filter.text),
            order=order,
            descending=descending,
        )

        async def answer(token: str, size: int) -> pb.ListSavesetsResponse:
            page = await self._workers.read(self._savesets.find, query, token or None, size)
            return pb.ListSavesetsResponse(
                savesets=map(convert.saveset, page.items), next_page_token=page.next_position or ""
            )

        size = lists.page_size(message.page_size)
        return await lists.portioned(size, message.page_token, answer)

    async def GetSaveset(self, message: pb.GetSavesetRequest, _call: Call) -> pb.GetSavesetResponse:
        saveset = await self._workers.read(self._savesets.get, message.name)
        return pb.GetSavesetResponse(saveset=convert.saveset(saveset))

    async def ListEntries(
        self, message: pb.ListEntriesRequest, _call: Call
    ) -> pb.ListEntriesResponse:
        async def answer(size: int) -> pb.ListEntriesResponse:
            page = await self._workers.read(
                self._savesets.entries, message.saveset, message.directory, message.page_token, size
            )
            return pb.ListEntriesResponse(
                entries=map(convert.entry, page.entries),
                next_page_token=page.next_position or "",
                total=page.total,
            )

        return await lists.fitting(lists.page_size(message.page_size), answer)

    async def StartRestore(
        self, message: pb.StartRestoreRequest, call: Call
    ) -> pb.StartRestoreResponse:
        # Looks through the listing first, which other writes need not wait for.
        job = await self._workers.read(
            self._starting.start_restore,
            call.request,
            message.saveset,
            tuple(message.paths),
            message.target,
        )
        return pb.StartRestoreResponse(job=convert.job(job))
