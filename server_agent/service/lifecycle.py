"""What can be asked of the agent itself: its parts, and its end."""

from datetime import timedelta

from server_agent.domain.errors import InvalidArgument
from server_agent.domain.parts import Part
from server_agent.ports import Clock
from server_agent.service.changes import Changes
from server_agent.service.requests import Request, first_answer, remember
from server_agent.service.stopping import StopMode, Stopping
from server_agent.service.supervising import Supervisor

SHORTEST_DRAIN = timedelta(seconds=1)
LONGEST_DRAIN = timedelta(days=7)


class Lifecycle:
    """Any thread may call any method. What is asked for is done once, however often a request
    arrives."""

    def __init__(
        self, changes: Changes, clock: Clock, supervisor: Supervisor, stopping: Stopping
    ) -> None:
        self._changes = changes
        self._clock = clock
        self._supervisor = supervisor
        self._stopping = stopping

    @property
    def stopping(self) -> StopMode | None:
        """None unless it was told to end."""
        return self._stopping.mode

    @property
    def running_jobs(self) -> int:
        return self._stopping.running_jobs

    def parts(self) -> tuple[Part, ...]:
        """All of them."""
        return self._supervisor.parts()

    def restart_part(self, request: Request, name: str) -> Part:
        """Raises PartNotFound."""
        part = self._supervisor.find(name)
        if self._is_new(request, name):
            self._supervisor.restart(name)
        return part

    def stop(self, request: Request, mode: StopMode, longest: timedelta | None) -> int:
        """How many jobs run. Raises InvalidArgument."""
        if longest is not None and mode is StopMode.INTERRUPT:
            raise InvalidArgument(
                field="longest", value=longest, expected="nothing where jobs are not waited for"
            )
        if longest is not None and not SHORTEST_DRAIN <= longest <= LONGEST_DRAIN:
            raise InvalidArgument(
                field="longest", value=longest, expected="between 1 second and 7 days"
            )
        if self._is_new(request, mode.value):
            return self._stopping.ask(mode, longest)
        return self._stopping.running_jobs

    def _is_new(self, request: Request, subject: str) -> bool:
        with self._changes.write() as tx:
            if first_answer(tx, request) is not None:
                return False
            remember(tx, request, subject, self._clock.now())
        return True
