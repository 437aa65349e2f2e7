"""The health service that probes and balancers ask (grpc.health.v1), and what describes the
contract to programs such as grpcurl (grpc.reflection.v1alpha).

Source: the gRPC Health Checking Protocol; the GRPC Server Reflection Protocol.
"""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterable
from typing import Any

from grpc_health.v1 import health_pb2 as pb
from grpc_reflection.v1alpha import reflection, reflection_pb2

from server_agent.domain.errors import ServiceNotFound
from server_agent.domain.quoting import printable, shortened
from server_agent.rpc.guard import Call

WATCH_SECONDS = 5.0  # how late a watcher may learn of a change


class HealthServicer:
    """Any role may watch; who only asks needs no credential, as a probe has none.

    Args:
        services: full names; the empty one, which is the whole agent, is known besides.
        is_well: whether the agent can do its work. Does not block.
    """

    def __init__(
        self,
        services: Iterable[str],
        is_well: Callable[[], bool],
        watch_seconds: float = WATCH_SECONDS,
    ) -> None:
        self._services = frozenset(("", *services))
        self._is_well = is_well
        self._watch_seconds = watch_seconds

    async def Check(self, message: pb.HealthCheckRequest, _call: Call) -> pb.HealthCheckResponse:
        if message.service not in self._services:
            raise ServiceNotFound(service=shortened(printable(message.service)))
        return pb.HealthCheckResponse(status=self._status(message.service))

    async def Watch(
        self, message: pb.HealthCheckRequest, _call: Call
    ) -> AsyncGenerator[pb.HealthCheckResponse, None]:
        told = None
        while True:
            status = self._status(message.service)
            if status != told:
                yield pb.HealthCheckResponse(status=status)
                told = status
            await asyncio.sleep(self._watch_seconds)

    def _status(self, service: str) -> int:
        if service not in self._services:
            return pb.HealthCheckResponse.SERVICE_UNKNOWN
        if self._is_well():
            return pb.HealthCheckResponse.SERVING
        return pb.HealthCheckResponse.NOT_SERVING


class ReflectionServicer:
    """Args:
    services: full names.
    """

    def __init__(self, services: Iterable[str]) -> None:
        self._answers = reflection.aio.ReflectionServicer(services)

    async def ServerReflectionInfo(
        self, messages: AsyncIterator[reflection_pb2.ServerReflectionRequest], _call: Call
    ) -> AsyncGenerator[reflection_pb2.ServerReflectionResponse, None]:
        # The stub says that it has to be awaited, which it has not.
        answers: Any = self._answers.ServerReflectionInfo(messages, None)
        async for answer in answers:
            yield answer
