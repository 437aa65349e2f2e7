"""A fleet in memory: results, savesets, listings and protocols of many locations, paged."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

from PySide6.QtCore import QCoreApplication

from sesam_master.core.acts import Made
from sesam_master.core.errors import LocationError, Trouble
from sesam_master.core.fleet import (
    ConnectionChanged,
    ConnectionTrouble,
    Lazy,
    ObjectsChanged,
    Picture,
    PictureArrived,
    RegistrationsChanged,
)
from sesam_master.core.gateway import (
    PAGE_SIZE,
    EntryPage,
    JobGroup,
    JobGrouping,
    JobGroupPage,
    JobPage,
    JobQuery,
    ProtocolPage,
    ProtocolPart,
)
from sesam_master.core.records import (
    Access,
    BackupType,
    Client,
    Entry,
    EntryKind,
    Identity,
    Job,
    JobKind,
    Phase,
    Progress,
    ProtocolLine,
    Role,
    Saveset,
    Task,
)
from sesam_master.core.registry import Registration
from sesam_master.core.restoring import RestoreOrder
from sesam_master.core.results import matches, sort_key
from sesam_master.core.start import BackupOrder, StartObject
from sesam_master.core.states import Connection, JobState, severity_rank
from sesam_master.ui.bridge import Bridge
from tests.fakes.fleet import backups_of
from tests.fakes.gateway import FakeGateway

Item = TypeVar("Item")

NOW = datetime(2026, 11, 23, 7, 41, 8, tzinfo=UTC)


def job(location_id: str, number: int, state: JobState = JobState.OK, **values: object) -> Job:
    """A plausible backup; `number` counts the minutes from the beginning too."""
    start = datetime(2026, 11, 22, 21, 0, tzinfo=UTC) + timedelta(minutes=number)
    is_open = state in (JobState.ACTIVE, JobState.QUEUED)
    made = Job(
        location_id=location_id,
        id=str(number),
        kind=JobKind.BACKUP,
        state=state,
        task=f"task-{number % 7}",
        client="fs-01",
        requested_type=BackupType.INC,
        type=None if state is JobState.QUEUED else BackupType.INC,
        saveset="",
        create_time=start,
        start_time=None if state is JobState.QUEUED else start,
        end_time=None if is_open else start + timedelta(seconds=700),
        sesam_day="2026-11-22",
        progress=None,
        files=0 if is_open else 1000,
        size_bytes=0 if is_open else 88_400_000_000,
        stored_bytes=0 if is_open else 41_000_000_000,
        skipped=0,
        message="",
        started_by="local",
        target=b"",
    )
    return replace(made, **values)  # type: ignore[arg-type]


def progress(done: int, total: int | None = 1000) -> Progress:
    """A running job's progress."""
    return Progress(Phase.TRANSFER, 3, 10, done, total, done // 2, "/srv/home/kallas/budget.ods")


_GROUP_NAMES: dict[JobGrouping, Callable[[Job], str]] = {
    JobGrouping.TASK: lambda one: one.task,
    JobGrouping.CLIENT: lambda one: one.client,
    JobGrouping.TASK_GROUP: lambda one: one.group,
    JobGrouping.TYPE: lambda one: one.type or one.requested_type or "",
    JobGrouping.LOCATION: lambda one: "",
}
_GROUP_ORDERS: dict[str, Callable[[str, list[Job]], Any]] = {
    "name": lambda name, jobs: name,
    "newest": lambda name, jobs: max(int(one.id) for one in jobs),
    "severity": lambda name, jobs: -min(severity_rank(one.state) for one in jobs),
    "jobs": lambda name, jobs: len(jobs),
}


@dataclass
class MemoryGateway(FakeGateway):
    """Answers like a fleet of agents. A location in `troubles` raises that instead."""

    page_size: int = 4
    lines_per_page: int = 50
    history: dict[str, list[Job]] = field(default_factory=dict)
    troubles: dict[str, Trouble] = field(default_factory=dict)
    all_savesets: dict[str, list[Saveset]] = field(default_factory=dict)
    listing: dict[bytes, list[Entry]] = field(default_factory=dict)
    protocols: dict[tuple[str, str], list[ProtocolLine]] = field(default_factory=dict)
    outputs: dict[tuple[str, str, ProtocolPart], list[ProtocolLine]] = field(default_factory=dict)
    media_away: set[str] = field(default_factory=set)

    async def jobs(
        self,
        location_id: str,
        query: JobQuery,
        page_token: str,
        with_counts: bool,
        most: int = PAGE_SIZE,
    ) -> JobPage:
        self._ask("jobs", location_id, query, page_token, with_counts)
        broad = replace(query, states=frozenset())
        found = [j for j in self.history.get(location_id, []) if matches(j, broad)]
        counts = dict(Counter(j.state for j in found))
        found = [j for j in found if matches(j, query)]
        found.sort(key=sort_key(query.order), reverse=query.descending)
        shown, token = self._page(location_id, found, page_token, most)
        return JobPage(shown, token, counts if with_counts else None)

    async def job_groups(
        self, location_id: str, query: JobQuery, grouping: JobGrouping, page_token: str = ""
    ) -> JobGroupPage:
        self._ask("job_groups", location_id, query, grouping, page_token)
        broad = replace(query, states=frozenset())
        members: dict[str, list[Job]] = {}
        for one in self.history.get(location_id, []):
            if matches(one, broad):
                members.setdefault(_GROUP_NAMES[grouping](one), []).append(one)
        found = []
        for name, jobs in members.items():
            wanted = [one for one in jobs if matches(one, query)]
            if wanted:
                newest = max(wanted, key=lambda one: int(one.id))
                counts = dict(Counter(one.state for one in jobs))
                about = newest.id, newest.state, newest.create_time
                found.append((_GROUP_ORDERS[query.order](name, wanted), name, counts, *about))
        found.sort(key=lambda row: row[:2], reverse=query.descending)
        groups = [JobGroup(location_id, *row[1:]) for row in found]
        shown, token = self._page(location_id, groups, page_token)
        return JobGroupPage(shown, token)

    async def job(self, location_id: str, job_id: str) -> Job:
        self._ask("job", location_id, job_id)
        return self._found(location_id, job_id)

    async def protocol(
        self,
        location_id: str,
        job_id: str,
        after_line: int,
        part: ProtocolPart = ProtocolPart.MAIN,
    ) -> ProtocolPage:
        if part is not ProtocolPart.MAIN:
            said = self.outputs.get((location_id, job_id, part), [])
            return ProtocolPage(tuple(said[after_line:]), more=False, total=len(said))
        self._ask("protocol", location_id, job_id, after_line)
        self._found(location_id, job_id)
        lines = self.protocols.get((location_id, job_id), [])
        last = after_line + self.lines_per_page
        return ProtocolPage(tuple(lines[after_line:last]), last < len(lines), len(lines))

    async def order_backup(self, order: BackupOrder, request_id: str) -> Made:
        """A group has the jobs of its plan; an order of a later time has none yet."""
        at = order.object.location_id
        self._ask("order_backup", at, order, request_id)
        if order.start_time is not None:
            return Made((), "1", order.start_time)
        made = []
        for number, task in enumerate(self._tasks_of(order.object), 900):
            made.append(job(at, number, JobState.QUEUED, task=task, requested_type=order.type))
        self.history.setdefault(at, []).extend(made)
        return Made(tuple(made), "1", NOW)

    def _tasks_of(self, what: StartObject) -> tuple[str, ...]:
        if what.task:
            return (what.task,)
        groups = self.plans[what.location_id].groups
        return next(group.tasks for group in groups if group.name == what.group)

    async def cancel_job(self, location_id: str, job_id: str, request_id: str) -> Job:
        self._ask("cancel_job", location_id, job_id, request_id)
        found = self._found(location_id, job_id)
        if not found.is_open:
            about = {"job": job_id, "state": found.state.value}
            raise LocationError(Trouble.REJECTED, location_id, "JOB_ENDED", about)
        return found

    async def answer_medium(
        self, location_id: str, label: str, *, is_loaded: bool, request_id: str
    ) -> None:
        self._ask("answer_medium", location_id, label, is_loaded)
        if is_loaded and label in self.media_away:
            about = {"medium": label, "detail": "it has no label"}
            raise LocationError(Trouble.REJECTED, location_id, "MEDIUM_AWAY", about)

    async def entries(
        self, location_id: str, saveset: str, directory: bytes, page_token: str
    ) -> EntryPage:
        self._ask("entries", location_id, saveset, directory, page_token)
        if all(one.name != saveset for one in self.all_savesets.get(location_id, [])):
            about = {"saveset": saveset}
            raise LocationError(Trouble.REJECTED, location_id, "SAVESET_NOT_FOUND", about)
        if directory not in self.listing:
            about = {"saveset": saveset, "path": repr(directory)}
            raise LocationError(Trouble.REJECTED, location_id, "PATH_NOT_FOUND", about)
        found = self.listing[directory]
        shown, token = self._page(location_id, found, page_token)
        return EntryPage(shown, token, len(found))

    async def start_restore(self, location_id: str, order: RestoreOrder, request_id: str) -> Job:
        self._ask("start_restore", location_id, order, request_id)
        made = job(
            location_id,
            900 if order.dry_run else 901,
            JobState.QUEUED,
            kind=JobKind.RESTORE,
            saveset=order.saveset,
            target=order.target,
            dry_run=order.dry_run,
        )
        self.history.setdefault(location_id, []).append(made)
        return made

    def _found(self, location_id: str, job_id: str) -> Job:
        for one in self.history.get(location_id, []):
            if one.id == job_id:
                return one
        raise LocationError(Trouble.REJECTED, location_id, "JOB_NOT_FOUND", {"job": job_id})

    def _page(
        self, location_id: str, items: Sequence[Item], token: str, most: int = PAGE_SIZE
    ) -> tuple[tuple[Item, ...], str]:
        if token and not token.isdigit():
            raise LocationError(Trouble.REJECTED, location_id, "PAGE_TOKEN_INVALID")
        last = int(token or 0) + min(self.page_size, most)
        return tuple(items[int(token or 0) : last]), str(last) if last < len(items) else ""

    def _ask(self, *call: object) -> None:
        self.calls.append(call)
        trouble = self.troubles.get(str(call[1]))
        if trouble is not None:
            raise LocationError(trouble, str(call[1]))


def pump() -> None:
    """Lets answers come through the bridge, and the questions that follow from them."""
    for _ in range(6):
        QCoreApplication.processEvents()


def list_locations(bridge: Bridge, *names: str) -> None:
    """Lists locations; each has its name as its id."""
    registrations = tuple(
        Registration(name, name, "EMEA", "127.0.0.1", 11401, b"", "") for name in names
    )
    bridge.deliver(RegistrationsChanged(registrations))
    bridge.drain()


def bring_up(bridge: Bridge, name: str, jobs: Sequence[Job] = (), role: Role = Role.ADMIN) -> None:
    """A location comes on with a picture of these jobs and of their tasks."""
    identity = Identity(name, name, name, "1", "Europe/Berlin", (), NOW)
    tasks = {j.task: Task(j.task, j.client, (b"/srv",), (), "") for j in jobs}
    clients = {j.client: Client(j.client, Access.LOCAL, "") for j in jobs}
    picture = Picture(
        identity,
        role,
        Lazy(clients),
        Lazy(tasks),
        Lazy({j.id: j for j in jobs}),
        Counter(j.state for j in jobs),
        backups_of(jobs),
        {j.id for j in jobs if j.is_open},
    )
    bridge.deliver(PictureArrived(name, picture, NOW))
    bridge.deliver(ConnectionChanged(name, Connection.ON, None, NOW))
    bridge.drain()


def take_down(bridge: Bridge, name: str, connection: Connection = Connection.BROKEN) -> None:
    """A location goes dark."""
    trouble = ConnectionTrouble("tcp", "refused", NOW - timedelta(hours=2))
    is_broken = connection is Connection.BROKEN
    bridge.deliver(ConnectionChanged(name, connection, trouble if is_broken else None, None))
    bridge.drain()


def report(bridge: Bridge, *jobs: Job) -> None:
    """The watch tells of jobs."""
    for one in jobs:
        bridge.deliver(ObjectsChanged(one.location_id, NOW, jobs={one.id: one}))
    bridge.drain()


def saveset(location_id: str, number: int, task: str = "home") -> Saveset:
    """A plausible saveset."""
    start = datetime(2026, 11, 1, 21, 0, tzinfo=UTC) + timedelta(days=number)
    kind = BackupType.FULL if number % 7 == 0 else BackupType.INC
    return Saveset(
        location_id,
        f"S{kind.value}202611{number + 1:02}210000000@k3JdPq8Rv2x",
        task,
        "fs-01",
        kind,
        None,
        JobState.WARNING if number == 3 else JobState.OK,
        start,
        start + timedelta(minutes=12),
        f"2026-11-{number + 1:02}",
        (b"/srv/home",),
        41,
        4_100_000,
        2_000_000,
        0,
        14_291,
        412_000_000_000,
        "DISK00001",
        str(number),
    )


def entry(path: bytes, children: int | None = None, size: int = 418_000) -> Entry:
    """A file, or with `children` a directory."""
    kind = EntryKind.FILE if children is None else EntryKind.DIRECTORY
    size = size if children is None else 0
    return Entry(path, kind, size, NOW, 0o644, 0, 0, b"", "SF1", children or 0)
