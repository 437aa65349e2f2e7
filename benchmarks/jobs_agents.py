"""A process that serves agents with many jobs: `python -m benchmarks.jobs_agents COUNT ROOT...`.

Makes each root with COUNT jobs, prints one JSON line per agent, then an empty line when all of them
serve, and ends when its standard input is closed.
"""

import asyncio
import base64
import json
import ssl
import sys
import time
import zlib
from contextlib import ExitStack
from pathlib import Path

from benchmarks.jobs_catalogue import make_agent
from server_agent.adapters.clock import SystemClock
from server_agent.adapters.identity import load_identity
from server_agent.agent import Agent
from server_agent.app import build
from server_agent.installation import Installation, find_installation, socket_address
from server_agent.rpc.server import Endpoint


async def serve(count: int, roots: list[Path]) -> None:
    agents: list[Agent] = []
    # Agents that share an interpreter would wait for it 5 ms at a time, which no agent does alone.
    sys.setswitchinterval(0.0005)
    with ExitStack() as stack:
        for root in roots:
            begin = time.perf_counter()
            credential = make_agent(root, root.name, count, zlib.crc32(root.name.encode()))
            made = time.perf_counter() - begin
            installation = find_installation(root, {})
            agent = stack.enter_context(build(installation, SystemClock(), lambda _day: None))
            agent.recover()
            address = stack.enter_context(socket_address(installation))
            port = await agent.start(_endpoint(installation, address))
            agents.append(agent)
            print(json.dumps(_told(installation, port) | {"credential": credential, "made": made}))
        print(flush=True)
        await asyncio.to_thread(sys.stdin.read)
        await asyncio.gather(*(agent.stop() for agent in agents))


def _endpoint(installation: Installation, address: str) -> Endpoint:
    identity = load_identity(installation.ini, installation.location_id)
    return Endpoint(
        host=installation.host,
        port=0,
        key=identity.key_pem,
        certificate=identity.certificate_pem,
        socket=installation.socket,
        socket_address=address,
    )


def _told(installation: Installation, port: int) -> dict[str, object]:
    identity = load_identity(installation.ini, installation.location_id)
    der = ssl.PEM_cert_to_DER_cert(identity.certificate_pem.decode("ascii"))
    return {
        "location_id": installation.location_id,
        "name": installation.name,
        "port": port,
        "certificate": base64.b64encode(der).decode("ascii"),
        "fingerprint": identity.fingerprint,
        "catalogue": installation.catalogue_url.removeprefix("sqlite:///"),
    }


if __name__ == "__main__":
    asyncio.run(serve(int(sys.argv[1]), [Path(root) for root in sys.argv[2:]]))
