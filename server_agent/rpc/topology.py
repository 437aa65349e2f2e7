"""TopologyService."""

import asyncio

from server_agent.domain.reach import DEFAULT_ALIVE_SECONDS, DEFAULT_PORT, Ssh
from server_agent.domain.topology import Access, Client
from server_agent.rpc import convert, lists
from server_agent.rpc.guard import Call
from server_agent.rpc.workers import Workers
from server_agent.service.client_checks import ClientChecks
from server_agent.service.topology import Clients
from sesam_api.v1 import topology_pb2 as pb

DEFAULT_USER = "root"


class TopologyServicer:
    def __init__(self, clients: Clients, checks: ClientChecks, workers: Workers) -> None:
        self._clients = clients
        self._checks = checks
        self._workers = workers

    async def CreateClient(
        self, message: pb.CreateClientRequest, call: Call
    ) -> pb.CreateClientResponse:
        item = await self._workers.write(self._clients.create, call.request, _client(message))
        return pb.CreateClientResponse(client=convert.client(item))

    async def UpdateClient(
        self, message: pb.UpdateClientRequest, call: Call
    ) -> pb.UpdateClientResponse:
        item = await self._workers.write(
            self._clients.update, call.request, _client(message), message.etag
        )
        return pb.UpdateClientResponse(client=convert.client(item))

    async def DeleteClient(
        self, message: pb.DeleteClientRequest, call: Call
    ) -> pb.DeleteClientResponse:
        etag = message.etag if message.HasField("etag") else None
        await self._workers.write(self._clients.delete, call.request, message.name, etag)
        return pb.DeleteClientResponse()

    async def ListClients(
        self, message: pb.ListClientsRequest, _call: Call
    ) -> pb.ListClientsResponse:
        text, descending, token, size = lists.by_name(message)

        async def answer(size: int) -> pb.ListClientsResponse:
            page = await self._workers.read(self._clients.list, text, descending, token, size)
            return pb.ListClientsResponse(
                clients=map(convert.client, page.items), next_page_token=page.next_position or ""
            )

        return await lists.fitting(size, answer)

    async def ListHostKeys(
        self, message: pb.ListHostKeysRequest, _call: Call
    ) -> pb.ListHostKeysResponse:
        port = message.port or DEFAULT_PORT
        # Who waits for a machine must not hold up those who read.
        found = await asyncio.to_thread(self._checks.host_keys, message.host, port)
        return pb.ListHostKeysResponse(
            host_keys=[pb.HostKey(key=key.line, fingerprint=key.fingerprint) for key in found]
        )

    async def CheckClient(
        self, message: pb.CheckClientRequest, _call: Call
    ) -> pb.CheckClientResponse:
        limits = await asyncio.to_thread(self._checks.limits, message.name)
        return pb.CheckClientResponse(limits=limits)


def _client(message: pb.CreateClientRequest | pb.UpdateClientRequest) -> Client:
    access = Access.LOCAL
    if message.access != pb.ACCESS_UNSPECIFIED:
        access = convert.from_wire("access", message.access, convert.ACCESSES)
    return Client(
        name=message.name,
        access=access,
        comment=message.comment,
        locked=message.locked,
        ssh=_ssh(message.ssh) if message.HasField("ssh") else None,
    )


def _ssh(message: pb.Ssh) -> Ssh:
    has_alive = message.HasField("alive_seconds")
    return Ssh(
        host=message.host,
        user=message.user or DEFAULT_USER,
        key_file=message.key_file,
        host_key=message.host_key,
        port=message.port or DEFAULT_PORT,
        alive_seconds=message.alive_seconds if has_alive else DEFAULT_ALIVE_SECONDS,
    )
