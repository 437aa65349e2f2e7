"""The composition root: puts the agent together out of its layers, and runs it."""

import asyncio
import logging
import signal
import socket
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import date, timedelta
from importlib.metadata import version
from pathlib import Path
from types import ModuleType

from server_agent.adapters.calendar_files import IcalendarFiles
from server_agent.adapters.catalogue.database import SqlCatalogue
from server_agent.adapters.clock import SystemClock
from server_agent.adapters.day_log_files import DayLogFiles
from server_agent.adapters.identity import load_identity, load_secret
from server_agent.adapters.instance_lock import only_agent, root_held
from server_agent.adapters.log_files import logging_to
from server_agent.adapters.process import allow_many_files, only_for_its_user
from server_agent.adapters.programs import BinPrograms
from server_agent.adapters.protocol_files import ProtocolFiles
from server_agent.adapters.tar.engine import TarEngine
from server_agent.domain.jobs import JobKind
from server_agent.domain.quoting import quoted
from server_agent.installation import (
    LISTINGS_PLAIN_DAYS,
    Installation,
    InstallationError,
    socket_address,
)
from server_agent.ports import Catalogue, Clock, Engine, EngineError, Protocols
from server_agent.ports.calendar_files import CalendarFiles
from server_agent.ports.day_logs import DayLogs
from server_agent.ports.programs import Programs
from server_agent.rpc.access import AccessServicer
from server_agent.rpc.calendar import CalendarServicer
from server_agent.rpc.drives import DriveServicer
from server_agent.rpc.events import EventServicer
from server_agent.rpc.groups import TaskGroupServicer
from server_agent.rpc.guard import WRITE_SECONDS, Guard
from server_agent.rpc.jobs import JobServicer
from server_agent.rpc.location import LocationServicer
from server_agent.rpc.savesets import SavesetServicer
from server_agent.rpc.schedules import ScheduleServicer
from server_agent.rpc.server import Endpoint, Server, host_text
from server_agent.rpc.tasks import TaskServicer
from server_agent.rpc.topology import TopologyServicer
from server_agent.rpc.watch import Pace, Watches
from server_agent.rpc.workers import Workers
from server_agent.service.access import Access
from server_agent.service.calendar import Calendar
from server_agent.service.calendar_exchange import CalendarExchange
from server_agent.service.changes import Changes
from server_agent.service.command_job import Commands
from server_agent.service.days import day_of
from server_agent.service.defaults import ensure_defaults
from server_agent.service.jobs import Jobs
from server_agent.service.location import Location
from server_agent.service.newday_job import Newday, repeat_newday
from server_agent.service.plan_objects import Drives, Events, Groups, Schedules
from server_agent.service.preview import Previews
from server_agent.service.recovery import recover
from server_agent.service.runner import Runner
from server_agent.service.savesets import Savesets
from server_agent.service.scheduler import Scheduler
from server_agent.service.sheet import Sheets
from server_agent.service.starting import Starting
from server_agent.service.taking_back import TakingBack
from server_agent.service.topology import Clients, Tasks
from server_agent.service.work import Work
from sesam_api.v1 import (
    access_pb2,
    calendar_pb2,
    drives_pb2,
    events_pb2,
    groups_pb2,
    jobs_pb2,
    location_pb2,
    savesets_pb2,
    schedules_pb2,
    tasks_pb2,
    topology_pb2,
)

log = logging.getLogger(__name__)

DISTRIBUTION = "sesam-master"
ADDRESS_FILE = "address"  # in the installation's private directory while the agent runs
LISTINGS_PLAIN = timedelta(days=LISTINGS_PLAIN_DAYS)
GRACE_SECONDS = 3.0  # for calls that run when the agent stops


@dataclass(frozen=True, slots=True)
class Outside:
    """All that the agent needs from outside."""

    catalogue: Catalogue
    engine: Engine
    protocols: Protocols
    day_logs: DayLogs
    programs: Programs
    calendar_files: CalendarFiles
    clock: Clock


class Agent:
    """One location's agent, put together and not yet running.

    Args:
        secret: what tokens and credentials are derived from.
        label: of the medium that savesets are written to.
        write_seconds: how long a message of a stream may wait for its reader.
        listings_plain: how long listings stay uncompressed.
    """

    def __init__(
        self,
        outside: Outside,
        location: Location,
        secret: bytes,
        label: str,
        pace: Pace,
        write_seconds: float = WRITE_SECONDS,
        listings_plain: timedelta = LISTINGS_PLAIN,
    ) -> None:
        self._outside = outside
        self._label = label
        clock = outside.clock
        changes = self._changes = Changes(outside.catalogue, clock)
        scheduler = self._scheduler = Scheduler(changes, clock, self._wake_queue)
        commands = Commands(changes, outside.programs)
        newday = Newday(changes, outside.engine, outside.day_logs, clock, listings_plain)
        work = Work(
            changes,
            outside.engine,
            outside.protocols,
            {JobKind.COMMAND: commands.run, JobKind.NEWDAY: newday.run},
            clock,
            label,
            scheduler.follow,
        )
        self._runner = Runner(changes, work)
        self._workers = Workers()
        access = Access(changes, clock, secret)
        jobs = Jobs(changes, outside.protocols, clock, self._runner)
        starting = Starting(changes, outside.engine, clock, self._runner, scheduler)
        savesets = Savesets(changes, outside.engine)
        workers = self._workers
        self._watches = Watches(changes, jobs, access, location, clock, workers, pace)
        guard = Guard(location.id, access, workers, write_seconds)
        servicers = (
            (access_pb2, AccessServicer(access, location, workers)),
            *self._plan_servicers(location.id),
            (jobs_pb2, JobServicer(jobs, starting, self._watches, workers)),
            (location_pb2, LocationServicer(location, self._watches, clock)),
            (savesets_pb2, SavesetServicer(savesets, starting, workers)),
            (tasks_pb2, TaskServicer(Tasks(changes, clock), workers)),
            (topology_pb2, TopologyServicer(Clients(changes, clock), workers)),
        )
        self._handlers = [
            guard.handler(service, servicer)
            for proto, servicer in servicers
            for service in proto.DESCRIPTOR.services_by_name.values()
        ]
        self._server: Server | None = None

    def _plan_servicers(self, location_id: str) -> Iterator[tuple[ModuleType, object]]:
        outside, changes, workers = self._outside, self._changes, self._workers
        clock = outside.clock
        schedules = Schedules(changes, clock, self._scheduler)
        exchange = CalendarExchange(changes, outside.calendar_files, clock, location_id)
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

        A data store that is not there is said once; lists and listings are served without it.
        """
        outside = self._outside
        with self._changes.write() as tx:
            ensure_defaults(tx, outside.clock.now())
            outside.day_logs.begin(day_of(tx, outside.clock, outside.clock.now()))
        try:
            outside.engine.check_store(self._label)
        except EngineError as error:
            log.warning("%s", error.text)
        follow = self._scheduler.follow
        for job in recover(
            self._changes, outside.engine, outside.protocols, outside.clock, self._label, follow
        ):
            log.warning("job %s, %s: %s", job.id, job.task or job.event, job.message)
        with self._changes.write() as tx:
            self._scheduler.settle(tx)
            if repeat_newday(tx, outside.clock):
                log.warning("the last NEWDAY was broken and is repeated")

    async def start(self, endpoint: Endpoint) -> int:
        """Listens, and begins with what is queued; returns the port.

        Raises:
            CannotListen: the endpoint is not free.
        """
        self._server = Server(endpoint, self._handlers)
        port = await self._server.start()
        self._runner.start()
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
        self._watches.close()
        if self._server is not None:
            await self._server.stop(GRACE_SECONDS)
        self._workers.close()


def location_of(installation: Installation, clock: Clock) -> Location:
    """The facts about an installation's location, for a process that starts now."""
    return Location(
        id=installation.location_id,
        name=installation.name,
        host=socket.gethostname(),
        version=version(DISTRIBUTION),
        time_zone=clock.zone_name,
        start_time=clock.now(),
    )


@contextmanager
def opened_access(installation: Installation) -> Iterator[Access]:
    """Tokens and credentials without a running agent. Holds the root for so long.

    Raises:
        AlreadyRunning: the agent runs; ask it instead.
        CatalogueError, IdentityError: something of the installation cannot be used.
    """
    clock = SystemClock()
    with only_agent(installation), closing(SqlCatalogue(installation.catalogue_url)) as catalogue:
        yield Access(Changes(catalogue, clock), clock, load_secret(installation.ini))


@contextmanager
def build(
    installation: Installation, clock: Clock, begin_day: Callable[[date], None]
) -> Iterator[Agent]:
    """The agent of an installation, with its catalogue open.

    Args:
        begin_day: is told the sesam day, and each that begins.

    Raises:
        CatalogueError, IdentityError, InstallationError: something of it cannot be used.
    """
    if installation.store.name != installation.label:
        raise InstallationError(
            f"{installation.sm_ini}: the last part of path in section [STORE] is "
            f"{quoted(installation.store.name)}, but label is {quoted(installation.label)}. "
            "A store's directory bears the name of its label. Correct one of them"
        )
    engine = TarEngine(
        installation.store.parent, installation.lis, installation.tmp, installation.location_id
    )
    secret = load_secret(installation.ini)
    with closing(SqlCatalogue(installation.catalogue_url)) as catalogue:
        programs = BinPrograms(installation.gv_ro / "bin/sesam")
        protocols = ProtocolFiles(installation.lis)
        outside = Outside(
            catalogue,
            engine,
            protocols,
            DayLogFiles(installation.prot, begin_day),
            programs,
            IcalendarFiles(),
            clock,
        )
        location = location_of(installation, clock)
        plain = timedelta(days=installation.listings_plain_days)
        yield Agent(outside, location, secret, installation.label, Pace(), listings_plain=plain)


def serve(
    installation: Installation, announce: Callable[[str], None], clock: Clock | None = None
) -> None:
    """Runs the agent until SIGTERM or SIGINT.

    Args:
        announce: is told one line as soon as the agent can be called.
        clock: else the machine's.

    Raises:
        AlreadyRunning, CannotListen, CatalogueError, IdentityError, InstallationError: the agent
            cannot run; the text says why and what to do.
    """
    allow_many_files()
    clock = clock or SystemClock()
    with (
        only_for_its_user(),
        root_held(installation),
        logging_to(installation.lgc, clock) as daily,
        build(installation, clock, daily.begin) as agent,
        socket_address(installation) as address,
    ):
        identity = load_identity(installation.ini, installation.location_id)
        endpoint = Endpoint(
            host=installation.host,
            port=installation.port,
            key=identity.key_pem,
            certificate=identity.certificate_pem,
            socket=installation.socket,
            socket_address=address,
        )
        agent.recover()
        asyncio.run(_run(agent, endpoint, installation, announce))


async def _run(
    agent: Agent, endpoint: Endpoint, installation: Installation, announce: Callable[[str], None]
) -> None:
    told = asyncio.Event()
    loop = asyncio.get_running_loop()
    ends = (signal.SIGTERM, signal.SIGINT)
    for end in ends:
        loop.add_signal_handler(end, told.set)
    address_file = address_file_of(installation)
    try:
        port = await agent.start(endpoint)
        address = f"{host_text(installation.host)}:{port}"
        _write_whole(address_file, f"{address}\n")
        log.info("serving %s on %s", installation.name, address)
        announce(f"Serving {installation.name} on {address}")
        await told.wait()
        log.info("stopping, with %d watchers", agent.watchers)
    finally:
        # Who asks a second time does not want to wait.
        for end in ends:
            loop.remove_signal_handler(end)
        address_file.unlink(missing_ok=True)
        await agent.stop()


def address_file_of(installation: Installation) -> Path:
    """Holds HOST:PORT of the agent while it runs."""
    return installation.private / ADDRESS_FILE


def _write_whole(file: Path, text: str) -> None:
    part = file.with_name(file.name + ".new")
    part.write_text(text, encoding="ascii")
    part.replace(file)
