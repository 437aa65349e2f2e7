"""The protocols of jobs."""

from typing import Protocol

from server_agent.domain.jobs import Job, ProtocolLine


class ProtocolWriter(Protocol):
    """The protocol of a running job; lines are on disk when `write` returns."""

    def write(self, line: ProtocolLine) -> None: ...

    def close(self) -> None: ...


class Protocols(Protocol):
    """The protocols of jobs, kept per sesam day."""

    def open(self, job: Job) -> ProtocolWriter:
        """Appends to what is there; one writer per job at a time."""

    def read(self, job: Job, after_line: int, limit: int) -> tuple[list[ProtocolLine], bool]:
        """Lines from `after_line` on, and whether more are there now. Empty when the job has no
        protocol (yet)."""
