"""What the screens ask of an agent's process, and have done to it. Its parts are in the picture."""

from typing import Protocol

from sesam_master.core.processes import AgentProcess, StopMode


class ProcessesSource(Protocol):
    """Coroutines of the network thread; each has its own deadline and raises LocationError."""

    async def agent_process(self, location_id: str) -> AgentProcess:
        """As it is now. An older agent does not know the question: NOT_SUPPORTED."""

    async def restart_process(self, location_id: str, name: str, request_id: str) -> None:
        """Has a part begin again; jobs go on. Needs the role admin. Reasons: PART_NOT_FOUND."""

    async def stop_agent(self, location_id: str, mode: StopMode, request_id: str) -> int:
        """Ends the agent; returns how many jobs run, for which it waits or which it breaks. Needs
        the role admin."""
