"""One location's agent, put together out of its services and their doors."""

import asyncio
import logging
import os
from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import timedelta
from types import ModuleType

import grpc
from grpc_health.v1 import health_pb2
from grpc_reflection.v1alpha import reflection_pb2

from server_agent.domain.figures import Figure
from server_agent.domain.jobs import JobKind
from server_agent.installation import LISTINGS_PLAIN_DAYS
from server_agent.outside import Outside
from server_agent.ports import Engine
from server_agent.rpc.access import AccessServicer
from server_agent.rpc.admission import Admission
from server_agent.rpc.agent import AgentServicer
from server_agent.rpc.calendar import CalendarServicer
from server_agent.rpc.client_files import ClientFileServicer
from server_agent.rpc.drives import DriveServicer
from server_agent.rpc.events import EventServicer
from server_agent.rpc.finding import FindingServicer
from server_agent.rpc.groups import TaskGroupServicer
from server_agent.rpc.guard import WRITE_SECONDS, Guard
from server_agent.rpc.health import HealthServicer, ReflectionServicer
from server_agent.rpc.history import HistoryServicer
from server_agent.rpc.jobs import JobServicer
from server_agent.rpc.licence import LicenceServicer
from server_agent.rpc.loaders import LoaderServicer
from server_agent.rpc.location import LocationServicer
from server_agent.rpc.logs import LogServicer
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
from server_agent.service.day_writing import DayWriting
from server_agent.service.days import day_of
from server_agent.service.defaults import FirstMedium, ensure_defaults
from server_agent.service.figures import Figures
from server_agent.service.finding import Finding
from server_agent.service.first_look import FirstLook, look_for_media
from server_agent.service.forgetting import Forgetting, remove_files
from server_agent.service.history import History
from server_agent.service.indexing import Indexing
from server_agent.service.interface_runs import InterfaceRuns
from server_agent.service.jobs import Jobs
from server_agent.service.licensing import Licensing
from server_agent.service.lifecycle import Lifecycle
from server_agent.service.loaders import Loaders
from server_agent.service.loading import Loading
from server_agent.service.location import Location
from server_agent.service.logs import Logs
from server_agent.service.looking import Looking
from server_agent.service.media import DataStores, Media
from server_agent.service.media_pools import MediaPools
from server_agent.service.media_presence import Presence
from server_agent.service.media_requests import MediaRequests
from server_agent.service.newday_job import Newday, repeat_newday
from server_agent.service.notices import Notices
from server_agent.service.patient_engine import PatientEngine
from server_agent.service.plan_objects import Drives, Events, Groups, Schedules
from server_agent.service.preview import Previews
from server_agent.service.probing import probes
from server_agent.service.recovery import Recovery
from server_agent.service.runner import Runner
from server_agent.service.sampling import Sampling
from server_agent.service.savesets import Savesets
from server_agent.service.scheduler import Scheduler
from server_agent.service.sheet import Sheets
from server_agent.service.starting import Starting
from server_agent.service.stopping import Stopping
from server_agent.service.supervising import Supervised, Supervisor
from server_agent.service.taking_back import TakingBack
from server_agent.service.topology import Clients, Tasks
from server_agent.service.work import Work
from server_agent.service.writing_place import tell_homes
from sesam_api.v1 import (
    access_pb2,
    agent_pb2,
    calendar_pb2,
    client_files_pb2,
    drives_pb2,
    events_pb2,
    finding_pb2,
    groups_pb2,
    history_pb2,
    jobs_pb2,
    licence_pb2,
    loaders_pb2,
    location_pb2,
    logs_pb2,
    media_pb2,
    savesets_pb2,
    schedules_pb2,
    tasks_pb2,
    topology_pb2,
)

log = logging.getLogger(__name__)

LISTINGS_PLAIN = timedelta(days=LISTINGS_PLAIN_DAYS)
GRACE_SECONDS = 3.0  # for calls that run when the agent stops


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
        self._licensing = Licensing(changes, outside.licence_files, clock, self._notices.tell)
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
        give_up = self._recovery.give_up
        self._jobs = Jobs(changes, outside.protocols, clock, self._runner, give_up)
        self._supervisor = Supervisor(clock, changes.tell_part, os.getpid())
        self.stopping = Stopping(self._runner)
        self._open_doors(secret, pace, write_seconds)
        self._parts = self._working_parts()
        self._probes: tuple[Supervised, ...] = ()
        self._server: Server | None = None

    def _open_doors(self, secret: bytes, pace: Pace, write_seconds: float) -> None:
        """All by which others come in."""
        changes, clock, workers = self._changes, self._outside.clock, self._workers
        self._access = access = Access(changes, clock, secret)
        self._watches = Watches(changes, self._jobs, access, self._location, clock, workers, pace)
        self._logs = LogServicer(Logs(self._outside.log_files), access, workers)
        self._admission = Admission(changes, clock, self._outside.otp_secrets, workers)
        self._guard = Guard(self._location.id, access, workers, self._admission, write_seconds)
        self._handlers = list(self._guarded())

    def _guarded(self) -> Iterator[grpc.GenericRpcHandler]:
        """All services, behind their one door."""
        servicers = (*self._servicers(), *self._plan_servicers(), *self._data_servicers())
        for proto, servicer in (*servicers, *self._described([proto for proto, _ in servicers])):
            for service in proto.DESCRIPTOR.services_by_name.values():
                yield self._guard.handler(service, servicer)

    def _working_parts(self) -> tuple[Supervised, ...]:
        """In the order in which they begin."""
        outside = self._outside
        return (
            DayWriting(self._changes, outside.day_logs, outside.clock),
            self._notices,
            self._licensing,
            self._sampling,
            self._indexing,
            self._media_requests,
            self._runner,
            self._scheduler,
        )

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
            self._licensing.check_backup,
        )

    def _servicers(self) -> Iterator[tuple[ModuleType, object]]:
        """Of the location itself: who may call, what it looks after, how it is watched."""
        changes, workers, clock = self._changes, self._workers, self._outside.clock
        checks = ClientChecks(changes, self._outside.engine)
        admission, perform = self._admission, self._guard.perform
        access = AccessServicer(self._access, self._location, admission, perform, workers)
        yield access_pb2, access
        yield (
            location_pb2,
            LocationServicer(
                *(self._location, self._watches, clock, self._interface_runs, workers)
            ),
        )
        yield licence_pb2, LicenceServicer(self._licensing, self._location, workers)
        lifecycle = Lifecycle(changes, clock, self._supervisor, self.stopping)
        yield agent_pb2, AgentServicer(lifecycle, self._location, workers)
        yield logs_pb2, self._logs
        yield tasks_pb2, TaskServicer(Tasks(changes, clock, self._outside.stamps), workers)
        yield topology_pb2, TopologyServicer(Clients(changes, clock), checks, workers)

    def _data_servicers(self) -> Iterator[tuple[ModuleType, object]]:
        """Of jobs and what they leave."""
        outside, changes, workers = self._outside, self._changes, self._workers
        engine, clock = outside.engine, outside.clock
        starting = Starting(
            *(changes, engine, clock, self._runner, self._scheduler, self._licensing.check_backup)
        )
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

    def _described(self, protos: Iterable[ModuleType]) -> Iterator[tuple[ModuleType, object]]:
        """What is said of the services themselves."""
        names = [
            service.full_name
            for proto in (*protos, health_pb2, reflection_pb2)
            for service in proto.DESCRIPTOR.services_by_name.values()
        ]
        yield health_pb2, HealthServicer(names, self._is_well)
        yield reflection_pb2, ReflectionServicer(names)

    def _is_well(self) -> bool:
        return self.stopping.mode is None and self._supervisor.is_well

    def figures(self) -> list[Figure]:
        """What the location says of itself in figures. Any thread may ask."""
        parts, calls = self._supervisor.parts, lambda: self._guard.calls
        return Figures(self._changes, self._location, parts, calls).now()

    def _wake_queue(self) -> None:
        self._runner.wake()

    def recover(self) -> None:
        """Settles what ran when the agent last ended. To be called before `start`.

        A data store that is not there is said once; lists and listings are served without it. What
        is to be done at one that does not answer is done when it does.
        """
        outside = self._outside
        with self._changes.write() as tx:
            files = outside.self_backup_files
            sources = files.sources if files is not None else ()
            ensure_defaults(tx, outside.clock.now(), self._first, sources, self._location.host)
            outside.day_logs.begin(day_of(tx, outside.clock, outside.clock.now()))
        self._notices.begin()
        self._licensing.begin()
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
        self._probes = probes(asyncio.get_running_loop(), self._changes, self._supervisor)
        for part in (*self._probes, *self._parts):
            part.start(self._supervisor.keep)
        return port

    @property
    def watchers(self) -> int:
        """How many streams of changes there are."""
        return self._changes.watchers

    async def stop(self) -> None:
        """Stops running jobs, tells watchers, and ends."""
        self.stopping.close()
        for part in (*reversed(self._parts), *self._probes):
            await asyncio.to_thread(part.stop)
        self._watches.close()
        self._logs.close()
        self._workers.end_steps()
        if self._server is not None:
            await self._server.stop(GRACE_SECONDS)
        self._workers.close()
