"""One location's agent, put together out of its services and their doors."""

import asyncio
import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from types import ModuleType

from server_agent.domain.jobs import JobKind
from server_agent.domain.reach import Reach, Ssh
from server_agent.installation import LISTINGS_PLAIN_DAYS
from server_agent.ports import Catalogue, Clock, Engine, Protocols
from server_agent.ports.calendar_files import CalendarFiles
from server_agent.ports.day_logs import DayLogs
from server_agent.ports.interfaces import InterfaceFiles
from server_agent.ports.keys import Keys
from server_agent.ports.listings import Listings
from server_agent.ports.names import Names
from server_agent.ports.programs import Programs
from server_agent.ports.self_backup import SelfBackupFiles
from server_agent.ports.stamps import Stamps
from server_agent.rpc.access import AccessServicer
from server_agent.rpc.calendar import CalendarServicer
from server_agent.rpc.client_files import ClientFileServicer
from server_agent.rpc.drives import DriveServicer
from server_agent.rpc.events import EventServicer
from server_agent.rpc.finding import FindingServicer
from server_agent.rpc.groups import TaskGroupServicer
from server_agent.rpc.guard import WRITE_SECONDS, Guard
from server_agent.rpc.history import HistoryServicer
from server_agent.rpc.jobs import JobServicer
from server_agent.rpc.loaders import LoaderServicer
from server_agent.rpc.location import LocationServicer
from server_agent.rpc.media import MediaServicer
from server_agent.rpc.savesets import SavesetServicer
from server_agent.rpc.schedules import ScheduleServicer
from server_agent.rpc.server import Endpoint, Server
from server_agent.rpc.tasks import TaskServicer
from server_agent.rpc.topology import TopologyServicer
from server_agent.rpc.watch import Pace, Watches
from server_agent.rpc.workers import Workers
from server_agent.service.access import Access
from server_agent.service.around import Around
from server_agent.service.calendar import Calendar
from server_agent.service.calendar_exchange import CalendarExchange
from server_agent.service.changes import Changes
from server_agent.service.client_checks import ClientChecks
from server_agent.service.client_files import ClientFiles
from server_agent.service.command_job import Commands
from server_agent.service.days import day_of
from server_agent.service.defaults import FirstMedium, ensure_defaults
from server_agent.service.finding import Finding
from server_agent.service.first_look import FirstLook, look_for_media
from server_agent.service.forgetting import Forgetting, remove_files
from server_agent.service.history import History
from server_agent.service.indexing import Indexing
from server_agent.service.interface_runs import InterfaceRuns
from server_agent.service.interfaces import PRE_POST_SECONDS
from server_agent.service.jobs import Jobs
from server_agent.service.loaders import Loaders
from server_agent.service.loading import Loading, OpenLoader
from server_agent.service.location import Location
from server_agent.service.looking import Looking
from server_agent.service.media import DataStores, Media
from server_agent.service.media_pools import MediaPools
from server_agent.service.media_presence import Presence
from server_agent.service.media_requests import MediaRequests
from server_agent.service.newday_job import Newday, repeat_newday
from server_agent.service.notices import NOTICE_SECONDS, Notices
from server_agent.service.patient_engine import PatientEngine
from server_agent.service.plan_objects import Drives, Events, Groups, Schedules
from server_agent.service.preview import Previews
from server_agent.service.recovery import Recovery
from server_agent.service.runner import Runner
from server_agent.service.sampling import Sampling
from server_agent.service.savesets import Savesets
from server_agent.service.scheduler import Scheduler
from server_agent.service.sheet import Sheets
from server_agent.service.starting import Starting
from server_agent.service.taking_back import TakingBack
from server_agent.service.topology import Clients, Tasks
from server_agent.service.work import Work
from server_agent.service.writing_place import tell_homes
from sesam_api.v1 import (
    access_pb2,
    calendar_pb2,
    client_files_pb2,
    drives_pb2,
    events_pb2,
    finding_pb2,
    groups_pb2,
    history_pb2,
    jobs_pb2,
    loaders_pb2,
    location_pb2,
    media_pb2,
    savesets_pb2,
    schedules_pb2,
    tasks_pb2,
    topology_pb2,
)

log = logging.getLogger(__name__)

LISTINGS_PLAIN = timedelta(days=LISTINGS_PLAIN_DAYS)
GRACE_SECONDS = 3.0  # for calls that run when the agent stops


@dataclass(frozen=True, slots=True)
class Outside:
    """All that the agent needs from outside. Seconds are those that programs may run: sbc_pre,
    sbc_post and sm_disaster, and sm_notify and sm_alarm."""

    catalogue: Catalogue
    engine: Engine
    protocols: Protocols
    day_logs: DayLogs
    programs: Programs
    calendar_files: CalendarFiles
    clock: Clock
    listings: Listings
    names: Names
    stamps: Stamps
    interface_files: InterfaceFiles
    self_backup_files: SelfBackupFiles | None = None
    pre_post_seconds: float = PRE_POST_SECONDS
    notice_seconds: float = NOTICE_SECONDS
    ssh_programs: Callable[[Ssh], Programs] | None = None
    keys: Keys | None = None
    loader_devices: OpenLoader | None = None

    def programs_of(self, client: Reach) -> Programs:
        """Those of the machine that is backed up."""
        there = self.ssh_programs
        return there(client) if isinstance(client, Ssh) and there is not None else self.programs

    def with_runs_kept(self, runs: InterfaceRuns) -> "Outside":
        """The same, but how a program runs is kept."""
        there = self.ssh_programs
        kept = (lambda client: runs.of(there(client))) if there is not None else None
        return replace(self, programs=runs.of(self.programs), ssh_programs=kept)


class Agent:
    """One location's agent, put together and not yet running.

    Args:
        secret: what tokens and credentials are derived from.
        first: the medium that was made together with the installation.
        write_seconds: how long a message of a stream may wait for its reader.
        listings_plain: how long listings stay uncompressed.
    """

    def __init__(
        self,
        outside: Outside,
        location: Location,
        secret: bytes,
        first: FirstMedium,
        pace: Pace,
        write_seconds: float = WRITE_SECONDS,
        listings_plain: timedelta = LISTINGS_PLAIN,
    ) -> None:
        clock = outside.clock
        self._looking = Looking(clock)
        presence = Presence(outside.engine, self._looking)
        self._bare_engine = outside.engine
        engine: Engine = PatientEngine(outside.engine, self._looking)
        self._outside = outside = replace(outside, engine=engine)
        self._first = first
        changes = self._changes = Changes(outside.catalogue, clock)
        self._scheduler = Scheduler(changes, clock, self._wake_queue)
        self._forgetting = Forgetting(changes, engine, clock)
        self._interface_runs = InterfaceRuns(outside.interface_files, clock)
        kept = outside.with_runs_kept(self._interface_runs)
        self._notices = Notices(changes, kept.programs, location, outside.notice_seconds)
        self._around = Around.of(changes, kept, location)
        self._location = location
        self._loading = Loading(changes, engine, clock, presence, outside.loader_devices)
        self._media_requests = MediaRequests(
            changes, self._loading, clock, self._notices.tell, self._wake_queue
        )
        self._work = self._doing(listings_plain)
        self._runner, self._recovery = self._queue(), self._recovering()
        self._workers = Workers()
        self._indexing = Indexing(changes, engine, outside.listings, outside.names, clock)
        self._stores = DataStores(changes, engine, clock)
        self._sampling = Sampling(changes, self._stores, clock)
        self._jobs = Jobs(
            *(changes, outside.protocols, clock, self._runner, self._recovery.give_up)
        )
        self._access = Access(changes, clock, secret)
        self._watches = Watches(
            changes, self._jobs, self._access, location, clock, self._workers, pace
        )
        guard = Guard(location.id, self._access, self._workers, write_seconds)
        servicers = (*self._servicers(), *self._plan_servicers(), *self._data_servicers())
        self._handlers = [
            guard.handler(service, servicer)
            for proto, servicer in servicers
            for service in proto.DESCRIPTOR.services_by_name.values()
        ]
        self._server: Server | None = None

    def _queue(self) -> Runner:
        let_go = self._forgetting.let_go
        return Runner(self._changes, self._work, self._media_requests, each_look=let_go)

    def _recovering(self) -> Recovery:
        outside, follow, again = self._outside, self._scheduler.follow, self._around.again
        how = outside.engine, outside.protocols, outside.clock
        return Recovery(self._changes, *how, follow, again)

    def _doing(self, listings_plain: timedelta) -> Work:
        """What jobs are done by."""
        outside, changes = self._outside, self._changes
        commands = Commands(changes, outside.programs)
        newday = Newday(
            changes,
            outside.engine,
            outside.day_logs,
            outside.clock,
            listings_plain,
            self._forgetting,
            self._notices.tell_day,
        )
        return Work(
            changes,
            outside.engine,
            outside.protocols,
            {JobKind.COMMAND: commands.run, JobKind.NEWDAY: newday.run},
            self._around,
            outside.clock,
            self._scheduler.follow,
        )

    def _servicers(self) -> Iterator[tuple[ModuleType, object]]:
        """Of the location itself: who may call, what it looks after, how it is watched."""
        changes, workers, clock = self._changes, self._workers, self._outside.clock
        checks = ClientChecks(changes, self._outside.engine)
        yield access_pb2, AccessServicer(self._access, self._location, workers)
        yield (
            location_pb2,
            LocationServicer(
                *(self._location, self._watches, clock, self._interface_runs, workers)
            ),
        )
        yield tasks_pb2, TaskServicer(Tasks(changes, clock, self._outside.stamps), workers)
        yield topology_pb2, TopologyServicer(Clients(changes, clock), checks, workers)

    def _data_servicers(self) -> Iterator[tuple[ModuleType, object]]:
        """Of jobs and what they leave."""
        outside, changes, workers = self._outside, self._changes, self._workers
        engine, clock = outside.engine, outside.clock
        starting = Starting(changes, engine, clock, self._runner, self._scheduler)
        savesets = Savesets(changes, engine)
        finding = Finding(changes, engine, outside.listings, outside.names, self._indexing)
        media = Media(changes, engine, clock)
        yield jobs_pb2, JobServicer(self._jobs, starting, self._watches, workers)
        yield savesets_pb2, SavesetServicer(savesets, self._forgetting, starting, workers)
        yield finding_pb2, FindingServicer(finding, workers)
        files = ClientFiles(changes, engine, clock)
        yield (
            client_files_pb2,
            ClientFileServicer(files, self._location.id, clock, workers),
        )
        loaders = Loaders(changes, clock, self._loading)
        yield loaders_pb2, LoaderServicer(loaders, self._media_requests, workers)
        yield history_pb2, HistoryServicer(History(changes), workers)
        yield (
            media_pb2,
            MediaServicer(
                self._stores,
                MediaPools(changes, clock, self._outside.keys),
                media,
                self._media_requests,
                workers,
            ),
        )

    def _plan_servicers(self) -> Iterator[tuple[ModuleType, object]]:
        """Of what is to run when."""
        outside, changes, workers = self._outside, self._changes, self._workers
        clock = outside.clock
        schedules = Schedules(changes, clock, self._scheduler)
        exchange = CalendarExchange(changes, outside.calendar_files, clock, self._location.id)
        events = Events(changes, clock, self._scheduler, outside.programs.has)
        drives = Drives(changes, clock, self._wake_queue)
        groups = Groups(changes, clock, self._scheduler)
        previews = Previews(changes, clock)
        yield (
            calendar_pb2,
            CalendarServicer(
                Calendar(changes, clock),
                Sheets(changes, clock),
                TakingBack(changes, clock, self._scheduler),
                workers,
            ),
        )
        yield drives_pb2, DriveServicer(drives, workers)
        yield events_pb2, EventServicer(events, changes, workers)
        yield groups_pb2, TaskGroupServicer(groups, workers)
        yield schedules_pb2, ScheduleServicer(schedules, previews, exchange, changes, workers)

    def _wake_queue(self) -> None:
        self._runner.wake()

    def recover(self) -> None:
        """Settles what ran when the agent last ended. To be called before `start`.

        A data store that is not there is said once; lists and listings are served without it. What
        is to be done at one that does not answer is done when it does.
        """
        outside = self._outside
        with self._changes.write() as tx:
            root = outside.self_backup_files.root if outside.self_backup_files else b""
            ensure_defaults(tx, outside.clock.now(), self._first, root, self._location.host)
            outside.day_logs.begin(day_of(tx, outside.clock, outside.clock.now()))
        self._notices.begin()
        self._stores.follow_first(self._first.store)
        tell_homes(self._changes, outside.engine)
        late, after = self._recovery.late, self._runner.look_soon
        first_look = FirstLook(self._changes, self._bare_engine, self._looking, late, after)
        silent = first_look.silent()
        self._work.put_off(silent)
        self._stores.use()
        self._loading.use()
        look_for_media(self._changes, outside.engine)
        for job in self._recovery.at_start(silent, first_look.attempt):
            log.warning("job %s, %s: %s", job.id, job.task or job.event, job.message)
        with self._changes.write() as tx:
            self._scheduler.settle(tx)
            if repeat_newday(tx, outside.clock):
                log.warning("the last NEWDAY was broken and is repeated")
        remove_files(self._changes, outside.engine)

    async def start(self, endpoint: Endpoint) -> int:
        """Listens, and begins with what is queued; returns the port.

        Raises:
            CannotListen: the endpoint is not free.
        """
        self._server = Server(endpoint, self._handlers)
        port = await self._server.start()
        self._notices.start()
        self._runner.start()
        self._media_requests.start()
        self._indexing.start()
        self._sampling.start()
        self._scheduler.start()
        return port

    @property
    def watchers(self) -> int:
        """How many streams of changes there are."""
        return self._changes.watchers

    async def stop(self) -> None:
        """Stops running jobs, tells watchers, and ends."""
        await asyncio.to_thread(self._scheduler.stop)
        await asyncio.to_thread(self._runner.stop)
        await asyncio.to_thread(self._media_requests.stop)
        await asyncio.to_thread(self._indexing.stop)
        await asyncio.to_thread(self._sampling.stop)
        await asyncio.to_thread(self._notices.stop)
        self._watches.close()
        self._workers.end_steps()
        if self._server is not None:
            await self._server.stop(GRACE_SECONDS)
        self._workers.close()
