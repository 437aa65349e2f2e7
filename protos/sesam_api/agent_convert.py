"""Messages about the agent itself into records."""

from sesam_api import convert
from sesam_api.agent_records import Agent, Part
from sesam_api.v1 import agent_pb2, location_pb2


def change(message: location_pb2.Change) -> Part | None:
    """What is to be said of a part now, None for any other object."""
    return part(message.agent_part) if message.HasField("agent_part") else None


def part(message: agent_pb2.Part) -> Part:
    return Part(
        name=message.name,
        description=message.description,
        state=convert.word(agent_pb2.PartState.DESCRIPTOR, message.state),
        since_time=convert.moment(message.since_time) if message.HasField("since_time") else None,
        restarts=message.restarts,
        last_fault=message.last_fault,
        pid=message.pid,
    )


def agent(message: agent_pb2.GetAgentResponse) -> Agent:
    stopping = message.stopping
    return Agent(
        version=message.version,
        pid=message.pid,
        start_time=convert.moment(message.start_time),
        parts=tuple(map(part, message.parts)),
        stopping=convert.word(agent_pb2.StopMode.DESCRIPTOR, stopping) if stopping else "",
        running_jobs=message.running_jobs,
    )
