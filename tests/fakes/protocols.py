"""Protocols of jobs in memory."""

from server_agent.domain.jobs import Job, ProtocolLine, ProtocolPart


class MemoryProtocolWriter:
    """Appends to the lines of one job."""

    def __init__(self, lines: list[ProtocolLine]) -> None:
        self._lines = lines
        self._closed = False

    def write(self, line: ProtocolLine) -> None:
        if self._closed:
            raise ValueError("the protocol is closed")
        self._lines.append(line)

    def close(self) -> None:
        self._closed = True


class MemoryProtocols:
    """The `Protocols` port. `lines` maps ids of jobs to what was written, `outputs` those and a
    part to what interface programs have said."""

    def __init__(self) -> None:
        self.lines: dict[str, list[ProtocolLine]] = {}
        self.outputs: dict[tuple[str, ProtocolPart], list[ProtocolLine]] = {}

    def open(self, job: Job, part: ProtocolPart = ProtocolPart.MAIN) -> MemoryProtocolWriter:
        if part is ProtocolPart.MAIN:
            return MemoryProtocolWriter(self.lines.setdefault(job.id, []))
        return MemoryProtocolWriter(self.outputs.setdefault((job.id, part), []))

    def read(
        self, job: Job, after_line: int, limit: int, part: ProtocolPart = ProtocolPart.MAIN
    ) -> tuple[list[ProtocolLine], int]:
        lines = self.outputs.get((job.id, part), [])
        if part is ProtocolPart.MAIN:
            lines = self.lines.get(job.id, [])
        return lines[after_line : after_line + limit], len(lines)
