"""The parts of an agent as records."""

from sesam_api.v1 import agent_pb2 as pb
from sesam_master.core.processes import AgentProcess, Process, ProcessState, StopMode
from sesam_master.remote import convert

_STATES = {
    pb.PART_STATE_ONLINE: ProcessState.ONLINE,
    pb.PART_STATE_RESTARTING: ProcessState.RESTARTING,
    pb.PART_STATE_FAILED: ProcessState.FAILED,
    pb.PART_STATE_UNUSED: ProcessState.UNUSED,
}
STOP_NUMBERS = {
    StopMode.DRAIN: pb.STOP_MODE_DRAIN,
    StopMode.INTERRUPT: pb.STOP_MODE_INTERRUPT,
}
_STOPS = {number: mode for mode, number in STOP_NUMBERS.items()}


def process(message: pb.Part) -> Process:
    return Process(
        name=message.name,
        description=message.description,
        state=_STATES.get(message.state, ProcessState.UNKNOWN),
        since=convert.moment(message.since_time) if message.HasField("since_time") else None,
        restarts=message.restarts,
        last_fault=message.last_fault,
        pid=message.pid,
    )


def agent_process(message: pb.GetAgentResponse) -> AgentProcess:
    return AgentProcess(
        version=message.version,
        pid=message.pid,
        start_time=convert.moment(message.start_time),
        stopping=_STOPS.get(message.stopping),
        running_jobs=message.running_jobs,
    )
