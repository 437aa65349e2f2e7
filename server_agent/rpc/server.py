"""The agent's gRPC server: one TLS port for the network, one Unix socket for its own user."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import grpc

OPTIONS = (
    # Desks ping every 20 s through a quiet stream; by default that ends it after 30 s.
    ("grpc.http2.min_ping_interval_without_data_ms", 5000),
    # By default a second server binds the same port without an error.
    ("grpc.so_reuseport", 0),
    # A message is read before its caller is known; the largest that makes sense holds the paths
    # of a restore.
    ("grpc.max_receive_message_length", 8 << 20),
    ("grpc.max_concurrent_streams", 100),  # of one connection
)


class CannotListen(Exception):
    """An address cannot be listened on; the text says which, and what to do."""


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where the agent listens.

    Attributes:
        port: 0 for any free one.
        key, certificate: PEM.
        socket: the Unix socket; its directory lets nobody but its owner in.
        socket_address: how gRPC is told of it.
    """

    host: str
    port: int
    key: bytes
    certificate: bytes
    socket: Path
    socket_address: str


class Server:
    """Serves handlers until it is stopped. Lives in the event loop."""

    def __init__(self, endpoint: Endpoint, handlers: Sequence[grpc.GenericRpcHandler]) -> None:
        self._endpoint = endpoint
        self._server = grpc.aio.server(options=OPTIONS)
        self._server.add_generic_rpc_handlers(tuple(handlers))

    async def start(self) -> int:
        """Listens; returns the port.

        Raises:
            CannotListen: the port is in use or not allowed, or the host is not of this machine.
        """
        endpoint = self._endpoint
        credentials = grpc.ssl_server_credentials([(endpoint.key, endpoint.certificate)])
        address = f"{host_text(endpoint.host)}:{endpoint.port}"
        try:
            port = self._server.add_secure_port(address, credentials)
        except RuntimeError as error:
            raise CannotListen(
                f"Cannot listen on {address}: the port is in use or not allowed, or the host is "
                "not of this machine. Stop what uses the port, or set another port or host in "
                "section [SERVER] of sm.ini"
            ) from error
        local = grpc.local_server_credentials(grpc.LocalConnectionType.UDS)
        # Whoever holds the root may remove what a killed agent left.
        endpoint.socket.unlink(missing_ok=True)
        try:
            self._server.add_secure_port(endpoint.socket_address, local)
        except RuntimeError as error:
            raise CannotListen(
                f"Cannot listen on the socket {endpoint.socket}. See whether the agent's user may "
                "write its directory"
            ) from error
        endpoint.socket.chmod(0o600)
        await self._server.start()
        return port

    async def stop(self, grace: float) -> None:
        """Takes no more calls, and gives those that run `grace` seconds to end."""
        await self._server.stop(grace)
        self._endpoint.socket.unlink(missing_ok=True)


def host_text(host: str) -> str:
    """The host as it stands before ":PORT"."""
    return f"[{host}]" if ":" in host else host
