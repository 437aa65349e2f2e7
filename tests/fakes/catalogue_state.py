"""All that the catalogue in memory holds."""

from dataclasses import dataclass, field, fields, replace
from datetime import date, datetime
from typing import Any

from server_agent.domain.access import Credential, Token
from server_agent.domain.approvals import AccessRules, Approval
from server_agent.domain.copies import Copy
from server_agent.domain.events import Event
from server_agent.domain.groups import TaskGroup
from server_agent.domain.history import StoreSample
from server_agent.domain.jobs import Job
from server_agent.domain.licence import LicenceFacts
from server_agent.domain.loaders import Loader
from server_agent.domain.media import DataStore, MediaPool, Medium
from server_agent.domain.media_requests import WantedMedium
from server_agent.domain.occurrences import Occurrence
from server_agent.domain.queue import Drive
from server_agent.domain.savesets import Saveset
from server_agent.domain.schedule import Schedule
from server_agent.domain.topology import Client, Task
from server_agent.ports import Answer, Cell, CellKey, ObjectKey, PastKey, Removal


@dataclass(frozen=True)
class Decided:
    """A decision for one task."""

    occurrence: Occurrence
    event: Event
    day: date
    client: str


@dataclass
class State:
    """Values are never changed in place, so a copy is shallow."""

    clients: dict[str, Client] = field(default_factory=dict)
    tasks: dict[str, Task] = field(default_factory=dict)
    jobs: dict[str, Job] = field(default_factory=dict)
    last_job_id: int = 0
    savesets: dict[str, Saveset] = field(default_factory=dict)
    tokens: dict[bytes, Token] = field(default_factory=dict)
    credentials: dict[str, Credential] = field(default_factory=dict)
    answers: dict[str, tuple[Answer, datetime]] = field(default_factory=dict)
    schedules: dict[str, Schedule] = field(default_factory=dict)
    events: dict[str, Event] = field(default_factory=dict)
    last_event_id: int = 0
    groups: dict[str, TaskGroup] = field(default_factory=dict)
    drives: dict[str, Drive] = field(default_factory=dict)
    data_stores: dict[str, DataStore] = field(default_factory=dict)
    pools: dict[str, MediaPool] = field(default_factory=dict)
    media: dict[str, Medium] = field(default_factory=dict)
    removals: dict[tuple[str, str], Removal] = field(default_factory=dict)  # label and saveset
    copies: dict[tuple[str, str], Copy] = field(default_factory=dict)  # saveset and label
    loaders: dict[str, Loader] = field(default_factory=dict)
    wanted_media: dict[tuple[str, str], WantedMedium] = field(default_factory=dict)
    store_samples: dict[tuple[str, datetime], StoreSample] = field(default_factory=dict)
    decided: dict[PastKey, Decided] = field(default_factory=dict)
    decided_events: dict[str, None] = field(default_factory=dict)  # immediate starts
    day_starts: dict[datetime, date] = field(default_factory=dict)
    decided_until: datetime | None = None
    licence_facts: LicenceFacts | None = None
    access_rules: AccessRules = field(default_factory=AccessRules)
    approvals: dict[str, Approval] = field(default_factory=dict)
    cells: dict[CellKey, Cell] = field(default_factory=dict)
    changes: dict[ObjectKey, int] = field(default_factory=dict)  # newest change last
    revision: int = 0
    forgotten: int = 0  # newest revision that the change log has lost

    def copy(self) -> "State":
        held = {each.name: getattr(self, each.name) for each in fields(self)}
        copied: dict[str, Any] = {
            name: dict(value) for name, value in held.items() if isinstance(value, dict)
        }
        return replace(self, **copied)

    def changed(self, key: ObjectKey) -> None:
        """Enters the object into the change log."""
        self.changes.pop(key, None)
        self.revision += 1
        self.changes[key] = self.revision
