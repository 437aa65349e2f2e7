"""What is kept of the last run of an interface program."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

LARGEST_OUTPUT = 64 * 1024  # bytes that are kept of one run


class RunOutcome(StrEnum):
    """A run that is kept as RUNNING and does not run is UNKNOWN: nobody saw its end."""

    RUNNING = "running"
    OK = "ok"
    FAILED = "failed"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class InterfaceRun:
    """One run.

    Attributes:
        end_time: None while it runs, and where its end is not known.
        exit_status: negative the signal that killed it; None where it has none.
        text: what is to be said of the outcome.
        job, task, client: that it was called for; empty where it was for none.
        module: first argument of sm_notify and sm_alarm.
        output: the last whole lines of what it wrote.
        is_cut: it wrote more.
    """

    start_time: datetime
    end_time: datetime | None = None
    outcome: RunOutcome = RunOutcome.RUNNING
    exit_status: int | None = None
    text: str = ""
    job: str = ""
    task: str = ""
    client: str = ""
    module: str = ""
    output: bytes = b""
    is_cut: bool = False


class Tail:
    """The last whole lines of an output."""

    def __init__(self) -> None:
        self._kept = bytearray()
        self._is_cut = False

    def add(self, line: bytes, goes_on: bool) -> None:
        """A line without its end; one that `goes_on` has none."""
        self._kept += line if goes_on else line + b"\n"
        if len(self._kept) > 2 * LARGEST_OUTPUT:
            self._cut()

    def end(self) -> tuple[bytes, bool]:
        """What is kept, and whether there was more."""
        if len(self._kept) > LARGEST_OUTPUT:
            self._cut()
        return bytes(self._kept), self._is_cut

    def _cut(self) -> None:
        self._is_cut = True
        del self._kept[:-LARGEST_OUTPUT]
        begin = self._kept.find(b"\n") + 1
        if begin < len(self._kept):  # else it is one line without an end
            del self._kept[:begin]
