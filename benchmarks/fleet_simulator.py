"""A process that hosts many locations, each with its own port and certificate.

`python -m benchmarks.fleet_simulator COUNT FIRST` prints one JSON line per location, then an empty
line when all of them serve, and ends when its standard input is closed.
"""

import asyncio
import base64
import json
import ssl
import sys
import uuid
from collections.abc import AsyncIterator
from typing import Any

import grpc
import grpc.aio

from sesam_api.v1 import access_pb2, location_pb2, tasks_pb2, topology_pb2
from sesam_api.v1.location_pb2_grpc import (
    LocationServiceServicer,
    add_LocationServiceServicer_to_server,
)
from tests.fakes.certificates import make_certificate

CLIENTS = 50
TASKS = 200
HEARTBEAT_SECONDS = 15.0


class Simulated(LocationServiceServicer):
    """One location: its whole state at once, then heartbeats."""

    def __init__(self, number: int) -> None:
        self.location_id = str(uuid.UUID(int=number + 1))
        self._snapshot = _snapshot(self.location_id, number)

    async def GetLocation(self, _: Any, __: Any) -> location_pb2.GetLocationResponse:
        return location_pb2.GetLocationResponse(location=self._snapshot.location)

    async def Watch(self, _: Any, __: Any) -> AsyncIterator[location_pb2.WatchResponse]:
        yield _response(snapshot=self._snapshot)
        while True:
            await asyncio.sleep(HEARTBEAT_SECONDS)
            yield _response(heartbeat=location_pb2.Heartbeat())

    async def ListInterfaces(self, _: Any, __: Any) -> location_pb2.ListInterfacesResponse:
        return location_pb2.ListInterfacesResponse()


def _response(**event: Any) -> location_pb2.WatchResponse:
    response = location_pb2.WatchResponse(revision=1, **event)
    response.agent_time.GetCurrentTime()
    return response


def _snapshot(location_id: str, number: int) -> location_pb2.Snapshot:
    about = location_pb2.Location(
        location_id=location_id,
        name=f"Location {number:04d}",
        host=f"backup-{number:04d}",
        version="1.0.0",
        time_zone="Europe/Berlin",
    )
    clients = [
        topology_pb2.Client(name=f"fs-{i:02d}", access=topology_pb2.ACCESS_LOCAL, comment="File")
        for i in range(CLIENTS)
    ]
    tasks = [
        tasks_pb2.Task(
            name=f"documents-{i:03d}",
            client=f"fs-{i % CLIENTS:02d}",
            sources=[f"/srv/documents/{i}".encode(), f"/srv/mail/{i}".encode()],
            excludes=["*.tmp", "./cache"],
            comment="Documents and mail",
        )
        for i in range(TASKS)
    ]
    return location_pb2.Snapshot(
        first=True,
        complete=True,
        location=about,
        role=access_pb2.ROLE_ADMIN,
        clients=clients,
        tasks=tasks,
    )


async def serve(count: int, first: int) -> None:
    servers = []
    for number in range(first, first + count):
        location = Simulated(number)
        certificate = make_certificate()
        server = grpc.aio.server()
        add_LocationServiceServicer_to_server(location, server)
        credentials = grpc.ssl_server_credentials([(certificate.key, certificate.certificate)])
        port = server.add_secure_port("127.0.0.1:0", credentials)
        await server.start()
        servers.append(server)
        der = ssl.PEM_cert_to_DER_cert(certificate.certificate.decode("ascii"))
        line = {
            "location_id": location.location_id,
            "name": f"Location {number:04d}",
            "port": port,
            "certificate": base64.b64encode(der).decode("ascii"),
            "fingerprint": certificate.fingerprint.upper(),
        }
        print(json.dumps(line))
    print(flush=True)
    await asyncio.to_thread(sys.stdin.read)
    await asyncio.gather(*(server.stop(None) for server in servers))


if __name__ == "__main__":
    asyncio.run(serve(int(sys.argv[1]), int(sys.argv[2])))
