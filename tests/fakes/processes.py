"""The process of an agent, as a gateway in memory answers about it."""

from dataclasses import dataclass, field
from datetime import UTC, datetime

from sesam_master.core.errors import LocationError
from sesam_master.core.processes import AgentProcess, Process, ProcessState, StopMode

STARTED = datetime(2026, 3, 1, 6, 0, tzinfo=UTC)
AGENT = AgentProcess("0.1.0", 4711, STARTED, None, 0)


def process(name: str, state: ProcessState = ProcessState.ONLINE, fault: str = "") -> Process:
    return Process(name, f"What {name} does", state, STARTED, 1 if fault else 0, fault, 4711)


@dataclass
class FakeProcessesGateway:
    """The part of a fake gateway that has an agent.

    Attributes:
        agents: by location.
        no_agent: raised by every question for one, and by what is to be done.
        restarted, stopped: what was asked for.
    """

    agents: dict[str, AgentProcess] = field(default_factory=dict)
    no_agent: LocationError | None = None
    restarted: list[tuple[str, str]] = field(default_factory=list)
    stopped: list[tuple[str, StopMode]] = field(default_factory=list)

    async def agent_process(self, location_id: str) -> AgentProcess:
        self._miss()
        return self.agents.get(location_id, AGENT)

    async def restart_process(self, location_id: str, name: str, request_id: str) -> None:
        self._miss()
        self.restarted.append((location_id, name))

    async def stop_agent(self, location_id: str, mode: StopMode, request_id: str) -> int:
        self._miss()
        self.stopped.append((location_id, mode))
        return self.agents.get(location_id, AGENT).running_jobs

    def _miss(self) -> None:
        if self.no_agent is not None:
            raise self.no_agent
