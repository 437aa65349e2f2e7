"""Short questions to a client: a command, its answer in records, and what it complained of."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from server_agent.adapters.tar.client import Client
from server_agent.ports import Control

_COMPLAINT_BYTES = 8 << 10  # that are kept; the first says it
_ARGUMENTS_BYTES = 64 << 10  # of paths in one command; over SSH they go to a shell


@dataclass(slots=True)
class Question:
    """Attributes:
    complaint: what it said on standard error.
    status: with which it ended, when all records have been read.
    """

    client: Client
    command: Sequence[str | bytes]
    control: Control
    fed_from: Path | None = None
    complaint: bytes = b""
    status: int = -1

    def records(self, end: bytes = b"\0") -> Iterator[bytes]:
        """What it answers, without the `end` of each; the last one may lack it.

        Raises:
            EngineError, OSError: as `Client.start`.
            Cancelled: the control said so.
        """
        rest = b""
        with self.client.start(self.command, self.control, fed_from=self.fed_from) as child:
            while child.talks:
                for output in child.ready():
                    data = child.read(output)
                    if output == "out":
                        *whole, rest = (rest + data).split(end)
                        yield from whole
                    elif len(self.complaint) < _COMPLAINT_BYTES:
                        self.complaint += data
            self.status = child.wait()
        if rest:
            yield rest


def batches(paths: Iterable[bytes]) -> Iterator[list[bytes]]:
    """As many paths together as one command takes."""
    batch: list[bytes] = []
    size = 0
    for path in paths:
        if batch and size + len(path) > _ARGUMENTS_BYTES:
            yield batch
            batch, size = [], 0
        batch.append(path)
        size += len(path) + 1
    if batch:
        yield batch
