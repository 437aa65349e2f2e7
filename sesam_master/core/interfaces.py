"""The programs that a location calls before, after and about jobs, and how each ran last.

Moments aware, in UTC.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class InterfaceState(StrEnum):
    """Whether the location calls it. UNUSABLE: its file is there and cannot be run, so whatever
    calls it fails. UNKNOWN: something that only a newer desk knows."""

    ON = "on"
    OFF = "off"
    UNUSABLE = "unusable"
    UNKNOWN = "unknown"


class RunOutcome(StrEnum):
    """UNKNOWN: the agent stopped before the end of the run, or only a newer desk knows it."""

    RUNNING = "running"
    OK = "ok"
    FAILED = "failed"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class InterfaceRun:
    """The run that began last.

    Attributes:
        end_time: None while it runs, and where its end is not known.
        exit_status: negative the signal that killed it; None where it has none.
        text: what is to be said of the outcome.
        job_id, task, client: that it was called for; empty where it was for none.
        module: first argument of sm_notify and sm_alarm.
        output: the last of what it wrote; it wrote more if `is_cut`.
    """

    start_time: datetime
    end_time: datetime | None
    outcome: RunOutcome
    exit_status: int | None
    text: str
    job_id: str
    task: str
    client: str
    module: str
    output: bytes
    is_cut: bool


@dataclass(frozen=True, slots=True)
class Interface:
    """A program at the agent's own machine.

    Attributes:
        fault: why it is unusable, and what to do.
        path, template: the template is copied to the path to switch it on.
        last_run: wherever it was, as at a client over SSH; None if none is known.
    """

    name: str
    state: InterfaceState
    fault: str
    path: bytes
    template: bytes
    last_run: InterfaceRun | None


@dataclass(frozen=True, slots=True)
class Interfaces:
    """All of a location. `is_withheld`: the role of the desk may not see what they wrote."""

    all: tuple[Interface, ...]
    is_withheld: bool
