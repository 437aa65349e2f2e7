"""What the desk may ask of locations, without knowing how it gets there.

All methods are coroutines of the network thread; ui runs them through its bridge. Each has its own
deadline and raises LocationError. Nothing here waits for any other location. Whatever changes
something carries a request id and is sent again with the same id if its answer was lost. Where it
is an argument, the same question under the same id does nothing twice, however often it is asked.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from sesam_master.core.access_source import AccessSource
from sesam_master.core.calendar_source import CalendarSource
from sesam_master.core.client_files_source import ClientFilesSource
from sesam_master.core.components_source import ComponentsSource
from sesam_master.core.control_source import ControlSource
from sesam_master.core.finding_source import FindingSource
from sesam_master.core.history_source import HistorySource
from sesam_master.core.interfaces_source import InterfacesSource
from sesam_master.core.licence_source import LicenceSource
from sesam_master.core.loaders_source import LoadersSource
from sesam_master.core.logs_source import LogsSource
from sesam_master.core.plan_source import PlanSource
from sesam_master.core.processes_source import ProcessesSource
from sesam_master.core.records import Entry, Job, JobKind, ProtocolLine, Role
from sesam_master.core.registry import Registration, RegistrationChange
from sesam_master.core.restoring import RestoreOrder
from sesam_master.core.savesets_source import SavesetSource
from sesam_master.core.start_source import StartSource
from sesam_master.core.states import JobState

PAGE_SIZE = 256


@dataclass(frozen=True, slots=True)
class JobQuery:
    """Every given condition must hold; `text` is looked for in the names of task, client, event and
    task group, and, from three characters on, of the saveset and in the message, over all of the
    history; `group` is the task group whose event started it, "" for none, None for any. `order` is
    one of create_time, task, client, severity, bytes, duration; descending, severity begins with
    the worst and has the newest of each first."""

    states: frozenset[JobState] = frozenset()
    kinds: frozenset[JobKind] = frozenset()
    task: str = ""
    client: str = ""
    first_sesam_day: str = ""
    last_sesam_day: str = ""
    text: str = ""
    order: str = "create_time"
    descending: bool = True
    group: str | None = None


@dataclass(frozen=True, slots=True)
class JobPage:
    """`next_token` is empty on the last page. `counts` only if they were asked for: jobs per state
    under the query without its states."""

    jobs: tuple[Job, ...]
    next_token: str
    counts: dict[JobState, int] | None


class JobGrouping(StrEnum):
    """What the jobs of a group have in common; LOCATION puts all of a location into one."""

    TASK = "task"
    CLIENT = "client"
    TASK_GROUP = "task_group"
    TYPE = "type"
    LOCATION = "location"


@dataclass(frozen=True, slots=True)
class JobGroup:
    """Jobs of one location that have their task, client, task group or type in common; it has one
    under the query at least.

    Attributes:
        location_id, name: its identity under one grouping. The name of the task, client or task
            group, the letter of the type ("F"); empty of the one group of a location, and of the
            jobs that have no such name, as commands have no task.
        counts: jobs per state over the whole history, under the query without its states.
        newest_id, newest_state, newest_time: of the job under the query that was entered last, at
            that time, whatever the page of jobs holds.
    """

    location_id: str
    name: str
    counts: dict[JobState, int]
    newest_id: str
    newest_state: JobState
    newest_time: datetime


@dataclass(frozen=True, slots=True)
class JobGroupPage:
    """`next_token` is empty on the last page."""

    groups: tuple[JobGroup, ...]
    next_token: str


@dataclass(frozen=True, slots=True)
class EntryPage:
    """`total` counts the whole directory."""

    entries: tuple[Entry, ...]
    next_token: str
    total: int


class ProtocolPart(StrEnum):
    """The protocol of a job, and what sbc_pre and sbc_post said for it."""

    MAIN = "main"
    PRE = "pre"
    POST = "post"


@dataclass(frozen=True, slots=True)
class ProtocolPage:
    """`more`: lines follow that are there now. `total` counts all lines that are there now."""

    lines: tuple[ProtocolLine, ...]
    more: bool
    total: int


class Step(StrEnum):
    """The steps of a connection, in their order."""

    NAME = "name"
    TCP = "tcp"
    TLS = "tls"
    FINGERPRINT = "fingerprint"
    CREDENTIAL = "credential"
    VERSION = "version"
    ROLE = "role"
    CLOCK = "clock"


@dataclass(frozen=True, slots=True)
class StepReport:
    """`ok` is None when the step was not tried because an earlier one failed. `found` says in
    plain words what was found; `advice` what to do, when it failed."""

    step: Step
    ok: bool | None
    found: str
    advice: str = ""
    seconds: float | None = None


@dataclass(frozen=True, slots=True)
class Presented:
    """What the server at an address really presented; nothing of it is trusted yet."""

    host: str
    port: int
    certificate: bytes
    fingerprint: str


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """`presented` is there from the step TLS on. `role` after the step role."""

    steps: tuple[StepReport, ...]
    presented: Presented | None
    role: Role | None = None

    @property
    def failed(self) -> StepReport | None:
        return next((step for step in self.steps if step.ok is False), None)


class FleetGateway(
    AccessSource,
    CalendarSource,
    ClientFilesSource,
    ComponentsSource,
    ControlSource,
    FindingSource,
    HistorySource,
    InterfacesSource,
    LicenceSource,
    LoadersSource,
    LogsSource,
    PlanSource,
    ProcessesSource,
    SavesetSource,
    StartSource,
    Protocol,
):
    """See the module."""

    async def cancel_job(self, location_id: str, job_id: str, request_id: str) -> Job: ...

    async def answer_medium(
        self, location_id: str, label: str, *, is_loaded: bool, request_id: str
    ) -> None:
        """A medium that jobs wait for is in its place, or nobody puts it in. Reasons:
        MEDIUM_NOT_WANTED, MEDIUM_AWAY."""

    async def job(self, location_id: str, job_id: str) -> Job:
        """A job as it is now, open or ended."""

    async def jobs(
        self,
        location_id: str,
        query: JobQuery,
        page_token: str,
        with_counts: bool,
        most: int = PAGE_SIZE,
    ) -> JobPage:
        """At most so many; a token is good for a page of another size, too."""

    async def job_groups(
        self, location_id: str, query: JobQuery, grouping: JobGrouping, page_token: str = ""
    ) -> JobGroupPage:
        """The groups of the location that have a job under the query, over all of its history.

        `query.order` is one of name, newest (by the newest job), severity (by the worst state that
        one of its jobs has under the query; descending begins with the worst) and jobs (by their
        number under the query); by name in the same direction where that is the same.
        """

    async def protocol(
        self,
        location_id: str,
        job_id: str,
        after_line: int,
        part: ProtocolPart = ProtocolPart.MAIN,
    ) -> ProtocolPage: ...

    async def entries(
        self, location_id: str, saveset: str, directory: bytes, page_token: str
    ) -> EntryPage:
        """The empty directory is the top, which lists the sources."""

    async def start_restore(
        self, location_id: str, order: RestoreOrder, request_id: str
    ) -> Job: ...

    async def look(self, host: str, port: int) -> Presented:
        """Fetches the certificate that the server presents. Raises LocationError UNREACHABLE,
        NOT_REACHED with metadata step, found and advice."""

    async def enrol(
        self, presented: Presented, token: str, name: str, farm: str, replaces: str = ""
    ) -> Registration:
        """Exchanges the token for a credential over a connection that accepts the presented
        certificate only, keeps both and adds the location. An empty name takes the location's own.

        `replaces` is the id of a listed location that a person agreed to replace: it gets the new
        address, certificate and credential; its name, farm and switch stay. Any other location that
        is listed already raises AlreadyListed, before the token is sent if the certificate tells.
        """

    async def diagnose(self, location_id: str) -> Diagnosis:
        """Tries the connection step by step, apart from the session. Never raises for a failing
        step."""

    async def accept_certificate(self, location_id: str, presented: Presented) -> None:
        """Pins the presented certificate in place of the old one and connects again."""

    async def change_registration(self, location_id: str, change: RegistrationChange) -> None:
        """Applies the change to the listed location as it is now, keeps it on disk, and connects,
        disconnects or connects anew as needed."""

    async def remove_registration(self, location_id: str) -> None:
        """Forgets the location, its credential and its picture."""

    async def reconnect(self, location_id: str) -> None:
        """Tries to connect now instead of at the end of the back-off."""
