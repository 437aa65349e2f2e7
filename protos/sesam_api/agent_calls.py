"""What can be asked of the agent itself, and done with it."""

from datetime import timedelta

from sesam_api import agent_convert
from sesam_api.agent_records import Agent, Part
from sesam_api.plan_calls import change_of
from sesam_api.records import Identity
from sesam_api.v1 import agent_pb2
from sesam_api.v1.agent_pb2_grpc import AgentServiceStub
from sesam_api.wire import Wire


class AgentCalls:
    """The part of a `Location` that knows its agent."""

    identity: Identity

    def __init__(self, wire: Wire) -> None:
        self._wire = wire
        self._agents = AgentServiceStub(wire.channel)

    def agent(self) -> Agent:
        """The process and its parts, as they are now."""
        answer = self._wire.call(self._agents.GetAgent, agent_pb2.GetAgentRequest())
        return agent_convert.agent(answer)

    def restart_part(self, name: str) -> Part:
        """Has a part begin again; returns it as it was. Raises SesamError PART_NOT_FOUND."""
        request = agent_pb2.RestartPartRequest(**change_of(self.identity), name=name)
        return agent_convert.part(self._wire.call(self._agents.RestartPart, request).part)

    def stop_agent(self, *, interrupt: bool = False, longest: timedelta | None = None) -> int:
        """Ends the agent when the jobs that run have ended, or at once.

        Args:
            interrupt: at once; jobs that run are broken.
            longest: how long they may take before they are broken; None: as long as they need.

        Returns:
            how many jobs run.
        """
        mode = agent_pb2.STOP_MODE_INTERRUPT if interrupt else agent_pb2.STOP_MODE_DRAIN
        change = change_of(self.identity)
        request = agent_pb2.StopAgentRequest(
            location_id=change["location_id"], request_id=change["request_id"], mode=mode
        )
        if longest is not None:
            request.longest.FromTimedelta(longest)
        return self._wire.call(self._agents.StopAgent, request).running_jobs
