"""AgentService, and the parts as they are watched."""

import os
from datetime import timedelta

from server_agent.domain.errors import InvalidArgument
from server_agent.domain.parts import DESCRIPTIONS, Part, PartState
from server_agent.rpc import convert
from server_agent.rpc.guard import Call
from server_agent.rpc.workers import Workers
from server_agent.service.lifecycle import Lifecycle
from server_agent.service.location import Location
from server_agent.service.stopping import StopMode
from sesam_api.v1 import agent_pb2 as pb

_STATES = {
    PartState.ONLINE: pb.PART_STATE_ONLINE,
    PartState.RESTARTING: pb.PART_STATE_RESTARTING,
    PartState.FAILED: pb.PART_STATE_FAILED,
    PartState.UNUSED: pb.PART_STATE_UNUSED,
}
_MODES = {
    StopMode.DRAIN: pb.STOP_MODE_DRAIN,
    StopMode.INTERRUPT: pb.STOP_MODE_INTERRUPT,
}


class AgentServicer:
    def __init__(self, lifecycle: Lifecycle, location: Location, workers: Workers) -> None:
        self._lifecycle = lifecycle
        self._location = location
        self._workers = workers

    async def GetAgent(self, _message: pb.GetAgentRequest, _call: Call) -> pb.GetAgentResponse:
        mode = self._lifecycle.stopping
        return pb.GetAgentResponse(
            version=self._location.version,
            pid=os.getpid(),
            start_time=convert.timestamp(self._location.start_time),
            parts=map(part_to_wire, self._lifecycle.parts()),
            stopping=pb.STOP_MODE_UNSPECIFIED if mode is None else _MODES[mode],
            running_jobs=self._lifecycle.running_jobs,
        )

    async def RestartPart(
        self, message: pb.RestartPartRequest, call: Call
    ) -> pb.RestartPartResponse:
        part = await self._workers.write(self._lifecycle.restart_part, call.request, message.name)
        return pb.RestartPartResponse(part=part_to_wire(part))

    async def StopAgent(self, message: pb.StopAgentRequest, call: Call) -> pb.StopAgentResponse:
        mode = convert.from_wire("mode", message.mode, _MODES)
        running = await self._workers.write(
            self._lifecycle.stop, call.request, mode, _longest(message)
        )
        return pb.StopAgentResponse(running_jobs=running)


def part_to_wire(item: Part) -> pb.Part:
    return pb.Part(
        name=item.name,
        description=DESCRIPTIONS.get(item.name, ""),
        state=_STATES[item.state],
        since_time=convert.timestamp(item.since),
        restarts=item.restarts,
        last_fault=item.last_fault,
        pid=item.pid,
    )


def _longest(message: pb.StopAgentRequest) -> timedelta | None:
    if not message.HasField("longest"):
        return None
    try:
        return message.longest.ToTimedelta()
    except (ValueError, OverflowError):
        raise InvalidArgument(
            field="longest",
            value=f"{message.longest.seconds} s",
            expected="between 1 second and 7 days",
        ) from None
