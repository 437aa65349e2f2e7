"""TopologyService."""

from server_agent.domain.topology import Access
from server_agent.rpc import convert, lists
from server_agent.rpc.guard import Call
from server_agent.rpc.workers import Workers
from server_agent.service.topology import Topology
from sesam_api.v1 import topology_pb2 as pb


class TopologyServicer:
    def __init__(self, topology: Topology, workers: Workers) -> None:
        self._topology = topology
        self._workers = workers

    async def CreateClient(
        self, message: pb.CreateClientRequest, call: Call
    ) -> pb.CreateClientResponse:
        access = Access.LOCAL
        if message.access != pb.ACCESS_UNSPECIFIED:
            access = convert.from_wire("access", message.access, convert.ACCESSES)
        client = await self._workers.write(
            self._topology.create_client, call.request, message.name, access, message.comment
        )
        return pb.CreateClientResponse(client=convert.client(client))

    async def DeleteClient(
        self, message: pb.DeleteClientRequest, call: Call
    ) -> pb.DeleteClientResponse:
        etag = message.etag if message.HasField("etag") else None
        await self._workers.write(self._topology.delete_client, call.request, message.name, etag)
        return pb.DeleteClientResponse()

    async def ListClients(
        self, message: pb.ListClientsRequest, _call: Call
    ) -> pb.ListClientsResponse:
        _, descending = lists.order(message.order_by, ("name",), "name")
        text = lists.text("filter", message.filter)

        async def answer(size: int) -> pb.ListClientsResponse:
            page = await self._workers.read(
                self._topology.list_clients, text, descending, message.page_token, size
            )
            return pb.ListClientsResponse(
                clients=map(convert.client, page.items), next_page_token=page.next_position or ""
            )

        return await lists.fitting(lists.page_size(message.page_size), answer)
