"""The protocols of jobs."""

from typing import Protocol

from server_agent.domain.jobs import Job, ProtocolLine, ProtocolPart


class ProtocolWriter(Protocol):
    """The protocol of a running job."""

    def write(self, line: ProtocolLine) -> None:
        """Readers see the line when this returns, and it outlives the agent. A warning or error,
        and all before it, outlives the machine too, unless another was written in the second
        before: then from the next one or the close on."""

    def close(self) -> None:
        """From here on all lines outlive the machine."""


class Protocols(Protocol):
    """The protocols of jobs, kept per sesam day."""

    def open(self, job: Job, part: ProtocolPart = ProtocolPart.MAIN) -> ProtocolWriter:
        """Appends to what is there; one writer per part of a job at a time."""

    def read(
        self, job: Job, after_line: int, limit: int, part: ProtocolPart = ProtocolPart.MAIN
    ) -> tuple[list[ProtocolLine], int]:
        """Lines from `after_line` on, and how many there are now in all. Empty when the job has no
        such part (yet)."""
