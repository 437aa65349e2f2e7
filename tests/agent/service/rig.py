"""The service over fakes, as a test drives it."""

import threading
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import TypeVar

from server_agent.domain.access import Caller, Role
from server_agent.domain.events import Action, BackupAction, Event
from server_agent.domain.interfaces import Module
from server_agent.domain.jobs import Job, JobKind, ProtocolLine, ProtocolPart
from server_agent.domain.reach import Ssh
from server_agent.domain.savesets import BackupType, Saveset
from server_agent.domain.task_options import TaskOptions
from server_agent.domain.topology import Client, Task
from server_agent.ports import Clock, Engine, SavesetQuery
from server_agent.ports.loader import Loader as LoaderDevice
from server_agent.service.access import Access
from server_agent.service.around import Around
from server_agent.service.changes import Changes
from server_agent.service.command_job import Commands
from server_agent.service.days import sesam_days, zone_of
from server_agent.service.defaults import FirstMedium, ensure_defaults
from server_agent.service.forgetting import Forgetting
from server_agent.service.interfaces import Interfaces
from server_agent.service.jobs import Jobs
from server_agent.service.loaders import Loaders
from server_agent.service.loading import Loading
from server_agent.service.location import Location
from server_agent.service.looking import PATIENCE, Looking
from server_agent.service.media import DataStores, Media
from server_agent.service.media_pools import MediaPools
from server_agent.service.media_presence import Presence
from server_agent.service.media_requests import MediaRequests
from server_agent.service.newday_job import Newday
from server_agent.service.occurrences import start_now
from server_agent.service.patient_engine import PatientEngine
from server_agent.service.plan_objects import Drives, Events
from server_agent.service.recovery import Recovery
from server_agent.service.references import References
from server_agent.service.requests import Request
from server_agent.service.runner import Runner
from server_agent.service.savesets import Savesets
from server_agent.service.scheduler import Scheduler
from server_agent.service.self_backups import SelfBackups
from server_agent.service.starting import BackupOrder, Starting
from server_agent.service.topology import Clients, Tasks
from server_agent.service.watched import LiveJob
from server_agent.service.work import Work
from tests.agent.service.steered import DEADLINE, SteeredEngine
from tests.fakes.catalogue import MemoryCatalogue
from tests.fakes.clock import FakeClock
from tests.fakes.day_logs import MemoryDayLogs
from tests.fakes.keys import MemoryKeys
from tests.fakes.programs import FakePrograms
from tests.fakes.protocols import MemoryProtocols
from tests.fakes.self_backup import MemorySelfBackupFiles
from tests.fakes.stamps import FakeStamps

T = TypeVar("T")

START = datetime(2026, 3, 4, 12, 0, 0, tzinfo=UTC)
LABEL = "DISK00001"
FIRST = FirstMedium(b"/store", LABEL)
ADMIN = Caller("the admin", Role.ADMIN, "1")
SOURCES = (b"/srv/data",)
LISTINGS_PLAIN = timedelta(days=7)


def request(method: str = "m", caller: Caller = ADMIN, request_id: str = "") -> Request:
    return Request(request_id or str(uuid.uuid4()), method, caller)


@dataclass
class Rig:
    """The service of one location; `changes` sees the same catalogue as everything else."""

    catalogue: MemoryCatalogue = field(default_factory=MemoryCatalogue)
    clock: FakeClock = field(default_factory=lambda: FakeClock(START, "Europe/Berlin"))
    engine: SteeredEngine = field(default_factory=SteeredEngine)
    protocols: MemoryProtocols = field(default_factory=MemoryProtocols)
    day_logs: MemoryDayLogs = field(default_factory=MemoryDayLogs)
    programs: FakePrograms = field(default_factory=FakePrograms)
    remote_programs: FakePrograms = field(default_factory=FakePrograms)
    interface_seconds: float = DEADLINE
    self_backup_files: MemorySelfBackupFiles | None = None
    keys: MemoryKeys = field(default_factory=MemoryKeys)
    devices: dict[str, LoaderDevice] = field(default_factory=dict)
    patience: float = PATIENCE

    def __post_init__(self) -> None:
        clock: Clock = self.clock
        self.changes = Changes(self.catalogue, clock)
        self.looking = Looking(clock, self.patience)
        engine: Engine = PatientEngine(self.engine, self.looking)
        self.patient = engine
        self.scheduler = Scheduler(self.changes, clock, self._wake_queue)
        commands = Commands(self.changes, self.programs)
        self.interfaces = Interfaces(
            self.changes,
            self.protocols,
            clock,
            "backup-01",
            lambda client: self.remote_programs if isinstance(client, Ssh) else self.programs,
            self.interface_seconds,
        )
        self.stamps = FakeStamps()
        references = References(self.changes, engine, self.stamps, self.protocols, clock)
        self.around = Around(self.interfaces, self._self_backups(), references, self.keys)
        self.forgetting = Forgetting(self.changes, engine, clock)
        newday = Newday(self.changes, engine, self.day_logs, clock, LISTINGS_PLAIN, self.forgetting)
        self.told: list[tuple[Module, bool, str]] = []
        self.loading = Loading(
            *(self.changes, engine, clock, Presence(self.engine, self.looking)),
            lambda item: self.devices[item.name],
        )
        self.loaders = Loaders(self.changes, clock, self.loading)
        self.media_requests = MediaRequests(
            self.changes,
            self.loading,
            clock,
            lambda module, is_ok, text, _facts: self.told.append((module, is_ok, text)),
            self._wake_queue,
            look_seconds=0.01,
        )
        self.work = Work(
            self.changes,
            engine,
            self.protocols,
            {JobKind.COMMAND: commands.run, JobKind.NEWDAY: newday.run},
            self.around,
            clock,
            self.scheduler.follow,
        )
        self.looked = threading.Event()  # the runner has looked at the stores
        self.runner = Runner(
            *(self.changes, self.work, self.media_requests),
            retry_seconds=0.01,
            each_look=self.looked.set,
        )
        self.recovery = Recovery(
            *(self.changes, engine, self.protocols, clock, self.scheduler.follow),
            self.around.again,
        )
        self.jobs = Jobs(*(self.changes, self.protocols, clock, self.runner, self.recovery.give_up))
        self.starting = Starting(self.changes, engine, clock, self.runner, self.scheduler)
        self.events = Events(self.changes, clock, self.scheduler, self.programs.has)
        self.drives = Drives(self.changes, clock, self._wake_queue)
        self.clients = Clients(self.changes, clock)
        self.tasks = Tasks(self.changes, clock, self.stamps)
        self.savesets = Savesets(self.changes, engine)
        self.stores = DataStores(self.changes, engine, clock)
        self.pools = MediaPools(self.changes, clock, self.keys)
        self.media = Media(self.changes, engine, clock)
        self.access = Access(self.changes, clock, b"secret of the agent")
        with self.changes.write() as tx:
            ensure_defaults(tx, clock.now(), FIRST)

    def _self_backups(self) -> SelfBackups | None:
        if self.self_backup_files is None:
            return None
        location = Location("0-1-2", "Alpha", "backup-01", "1.0", "Europe/Berlin", START)
        return SelfBackups(
            *(self.changes, self.self_backup_files, self.programs, self.clock),
            *(location, DEADLINE, self.keys),
        )

    def add_task(self, name: str = "docs", sources: tuple[bytes, ...] = SOURCES) -> None:
        with self.catalogue.read() as view:
            known = view.client("host") is not None
        if not known:
            self.clients.create(request(), Client("host"))
        self.tasks.create(request(), Task(name, "host", sources, ("*.tmp",)))

    def set_options(self, task: str, options: TaskOptions) -> None:
        """From here on, backups of the task are made so."""
        with self.changes.write() as tx:
            known = tx.task(task)
            assert known is not None
            tx.put_task(replace(known, options=options))

    def start_backup(self, backup_type: BackupType = BackupType.FULL, task: str = "docs") -> Job:
        [live] = self.order(request("StartBackup"), backup_type, task)
        return live.job

    def order(
        self, ask: Request, backup_type: BackupType = BackupType.FULL, task: str = "docs"
    ) -> tuple[LiveJob, ...]:
        """The jobs of a backup that a person starts now."""
        action = BackupAction(backup_type, task=task)
        return self.starting.start_backup(ask, BackupOrder(action)).jobs

    def backed_up(self, backup_type: BackupType = BackupType.FULL, task: str = "docs") -> Job:
        """A backup that has run to its end."""
        return self.ended(self.start_backup(backup_type, task))

    def add_event(self, name: str, action: Action, follow_up: str = "") -> Event:
        """An event without a schedule, to be started by others."""
        event = Event("", name, action, "", self.clock.now(), follow_up=follow_up)
        return self.events.create(request(), event)

    def start_event(self, name: str) -> Job:
        """Queues an event as if its time had come."""
        now = self.clock.now()
        zone = zone_of(self.clock)
        with self.changes.write() as tx:
            event = tx.event(name)
            assert event is not None
            days = sesam_days(tx, zone, now.astimezone(zone).date() - timedelta(days=1), now, now)
            [job] = start_now(tx, event, now, days)
        self.runner.wake()
        return job

    def job(self, job: Job) -> Job:
        return self.jobs.get(job.id).job

    def ended(self, job: Job) -> Job:
        """The job once it has ended."""

        def end() -> Job | None:
            now = self.job(job)
            return None if now.state.is_open else now

        return self.eventually(end)

    def eventually(self, look: Callable[[], T | None]) -> T:
        """What `look` finds, asked after each change."""
        woken = threading.Event()
        subscription = self.changes.subscribe(woken.set)
        try:
            while True:
                woken.clear()
                found = look()
                if found is not None:
                    return found
                assert woken.wait(DEADLINE), "it did not come about"
        finally:
            subscription.close()

    def saveset_list(self) -> list[Saveset]:
        return [each.saveset for each in self.savesets.find(SavesetQuery(), None, 1000).items]

    def damage(self, name: str) -> str:
        return self.savesets.get(name).damage

    def protocol(self, job: Job) -> list[ProtocolLine]:
        return self.jobs.protocol(job.id, 0, 1000)[0]

    def part(self, job: Job, part: ProtocolPart) -> list[str]:
        """What an interface program has said for a job, and what was made of it."""
        return [line.text for line in self.jobs.protocol(job.id, 0, 1000, part)[0]]

    def codes(self, job: Job) -> list[str]:
        return [line.code for line in self.protocol(job)]

    def _wake_queue(self) -> None:
        self.runner.wake()

    def catalogue_revision(self) -> int:
        with self.catalogue.read() as view:
            return view.revision()
