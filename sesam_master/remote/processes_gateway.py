"""The process of an agent, over the sessions' channels."""

from sesam_api.v1 import agent_pb2 as pb
from sesam_api.v1.agent_pb2_grpc import AgentServiceStub
from sesam_master.core.processes import AgentProcess, StopMode
from sesam_master.remote import calls
from sesam_master.remote.convert_processes import STOP_NUMBERS, agent_process
from sesam_master.remote.roster import Roster
from sesam_master.remote.times import Times


class ProcessesGateway:
    """Implements core.processes_source.ProcessesSource; see there for what each method means."""

    _roster: Roster
    _times: Times

    async def agent_process(self, location_id: str) -> AgentProcess:
        answer = await calls.read(
            self._roster.session(location_id),
            lambda channel: AgentServiceStub(channel).GetAgent,
            pb.GetAgentRequest(),
            self._times.call,
        )
        return agent_process(answer)

    async def restart_process(self, location_id: str, name: str, request_id: str) -> None:
        await calls.change(
            self._roster.session(location_id),
            lambda channel: AgentServiceStub(channel).RestartPart,
            pb.RestartPartRequest(location_id=location_id, request_id=request_id, name=name),
            self._times.call,
        )

    async def stop_agent(self, location_id: str, mode: StopMode, request_id: str) -> int:
        answer = await calls.change(
            self._roster.session(location_id),
            lambda channel: AgentServiceStub(channel).StopAgent,
            pb.StopAgentRequest(
                location_id=location_id, request_id=request_id, mode=STOP_NUMBERS[mode]
            ),
            self._times.call,
        )
        jobs: int = answer.running_jobs
        return jobs
