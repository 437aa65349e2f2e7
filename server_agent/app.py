"""The composition root: joins the agent with what it needs from outside, and runs it."""

import asyncio
import logging
import os
import signal
import socket
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing, contextmanager, suppress
from datetime import date, timedelta
from importlib.metadata import version
from pathlib import Path

from server_agent.adapters import metrics_server
from server_agent.adapters.calendar_files import IcalendarFiles
from server_agent.adapters.catalogue.database import SqlCatalogue
from server_agent.adapters.catalogue.opening import put_aside
from server_agent.adapters.clock import SystemClock
from server_agent.adapters.day_log_files import DayLogFiles
from server_agent.adapters.engines import Engines
from server_agent.adapters.identity import load_identity, load_secret
from server_agent.adapters.instance_lock import only_agent, root_held
from server_agent.adapters.interface_files import InterfaceFilesOf
from server_agent.adapters.key_files import KeyFiles
from server_agent.adapters.licence_files import LicenceFilesOf
from server_agent.adapters.loader.devices import LoaderDevices
from server_agent.adapters.log_files import logging_to
from server_agent.adapters.log_reading import LogFilesOf
from server_agent.adapters.names.index import NameIndex
from server_agent.adapters.otp_files import OtpFiles
from server_agent.adapters.process import (
    allow_many_files,
    keep_memory_private,
    only_for_its_user,
)
from server_agent.adapters.programs import BinPrograms
from server_agent.adapters.protocol_files import ProtocolFiles
from server_agent.adapters.restic.contents import ResticContents
from server_agent.adapters.restic.engine import ResticEngine
from server_agent.adapters.restic.stores import Secrets, is_restic, local_path
from server_agent.adapters.self_backup_files import SelfBackupFilesOf
from server_agent.adapters.service_manager import ServiceManager
from server_agent.adapters.ssh.programs import SshPrograms
from server_agent.adapters.stamp_files import StampFiles
from server_agent.adapters.store_claims import StoreClaims
from server_agent.adapters.store_contents import StoreContents
from server_agent.adapters.tar.contents import TarContents
from server_agent.adapters.tar.engine import TarEngine
from server_agent.adapters.tar.listings import TarListings
from server_agent.adapters.tar.stores import label_old_store
from server_agent.agent import Agent
from server_agent.domain.media import FIRST_STORE
from server_agent.domain.quoting import printable, quoted
from server_agent.ini_files import InstallationError
from server_agent.installation import Installation, socket_address
from server_agent.outside import Outside
from server_agent.ports import Clock
from server_agent.ports.rebuilding import StoreReading
from server_agent.rpc.server import Endpoint, host_text
from server_agent.rpc.watch import Pace
from server_agent.service.access import Access
from server_agent.service.changes import Changes
from server_agent.service.days import zone_of
from server_agent.service.defaults import FirstMedium
from server_agent.service.first_look import START_SECONDS
from server_agent.service.location import Location
from server_agent.service.looking import Looking, NoAnswer
from server_agent.service.rebuilding import Rebuilding

log = logging.getLogger(__name__)

DISTRIBUTION = "sesam-master"
SECRETS = "secrets"  # below the ini files: what opens repositories
POOL_KEYS = "pools"  # below the secrets: the keys of media pools, which no saveset ever holds
OTP = "otp"  # below the keys of pools, since no saveset ever holds these either
ESCROW = "escrow"  # below the ini files: the same keys, wrapped with passphrases
BIN = "bin/sesam"  # below SESAM_BIN: the programs that the agent may run
STAMPS = "stamps"  # below SESAM_VAR: a file for each task that goes by time stamps
NAMES_FILE = "names.db"  # beside the catalogue; made again when it is missing
ADDRESS_FILE = "address"  # in the installation's private directory while the agent runs


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


def store_reading(
    installation: Installation | None, secrets: Path | None, scratch: Path
) -> StoreReading:
    """What lies in data stores, for a location that need not be there yet.

    Args:
        secrets: of data stores of restic; else those of the installation.
        scratch: for short-lived files.
    """
    if installation is None:
        lis, keys, own = Path("/nonexistent"), None, Path("/nonexistent")
    else:
        lis, keys, own = installation.lis, keys_of(installation), installation.ini / SECRETS
    restic = ResticContents(lis, Secrets(secrets or own), scratch)
    return StoreContents(TarContents(lis, keys), restic)


def take_secrets(installation: Installation, secrets: Path) -> None:
    """Copies what opens data stores of restic to where the agent looks for it; what is there stays.
    Raises OSError."""
    Secrets(installation.ini / SECRETS).take(secrets)


@contextmanager
def stores_claimed(stores: Iterable[bytes], location_id: str) -> Iterator[None]:
    """Lets no agent of this machine use data stores. Raises EngineError (STORE_MISSING): one
    does."""
    with closing(StoreClaims(location_id)) as claims:
        for store in stores:
            path = local_path(store) if is_restic(store) else store
            if path is not None:
                then = "Nothing was entered. {}, and rebuild again."
                claims.claim(Path(os.fsdecode(path)), then)
        yield


@contextmanager
def opened_rebuilding(
    installation: Installation, reading: StoreReading, *, set_aside: bool
) -> Iterator[Rebuilding]:
    """Puts the catalogue back, without a running agent. Holds the root for so long.

    Args:
        reading: of the installation.
        set_aside: a catalogue that is damaged gets another name, and a new one is made. One that
            is missing is made in any case.

    Raises:
        AlreadyRunning: the agent runs.
        CatalogueError: the catalogue cannot be used.
    """
    clock = SystemClock()
    url = installation.catalogue_url
    with only_for_its_user(), only_agent(installation):
        if set_aside:
            put_aside(url, clock.now())
        with closing(SqlCatalogue(url, create=True)) as catalogue:
            yield Rebuilding(Changes(catalogue, clock), reading, clock)
        # What it knows of names is made again from the listings.
        (installation.db / NAMES_FILE).unlink(missing_ok=True)


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
    claims = StoreClaims(installation.location_id)
    engine = _engines(installation, claims)
    _label_old_store(installation, clock)
    secret = load_secret(installation.ini)
    with (
        closing(claims),
        closing(SqlCatalogue(installation.catalogue_url)) as catalogue,
        closing(NameIndex(installation.db / NAMES_FILE)) as names,
    ):
        day_logs = DayLogFiles(installation.prot, begin_day)
        outside = _outside(installation, catalogue, engine, day_logs, names, clock)
        location = location_of(installation, clock)
        plain = timedelta(days=installation.listings_plain_days)
        first = FirstMedium(os.fsencode(installation.store.parent), installation.label)
        yield Agent(outside, location, secret, first, Pace(), listings_plain=plain)


def _label_old_store(installation: Installation, clock: Clock) -> None:
    """Of one that does not answer, when it does."""
    store, location_id = installation.store, installation.location_id
    with suppress(NoAnswer):
        Looking(clock, START_SECONDS).ask(
            printable(os.fsencode(store)), lambda: label_old_store(store, FIRST_STORE, location_id)
        )


def _outside(
    installation: Installation,
    catalogue: SqlCatalogue,
    engine: Engines,
    day_logs: DayLogFiles,
    names: NameIndex,
    clock: Clock,
) -> Outside:
    """What has to be closed, and the directories of the installation."""
    protocols = ProtocolFiles(installation.lis, installation.prepost)
    return Outside(
        catalogue,
        engine,
        protocols,
        day_logs,
        BinPrograms(installation.gv_ro / BIN, environment=installation.environment),
        IcalendarFiles(),
        clock,
        TarListings(installation.lis),
        names,
        StampFiles(installation.var / STAMPS),
        _interface_files(installation),
        LicenceFilesOf(installation.ini, zone_of(clock)),
        LogFilesOf(installation.prot, installation.lgc),
        OtpFiles(keys_of(installation).directory / OTP),
        SelfBackupFilesOf(installation, protocols),
        installation.pre_post_seconds,
        installation.notice_seconds,
        lambda client: SshPrograms(client, installation.tmp),
        keys_of(installation),
        LoaderDevices(),
    )


def _interface_files(installation: Installation) -> InterfaceFilesOf:
    """Beside the logs, which the self-backup leaves out."""
    static, runs = installation.gv_ro, installation.lgc.parent / "interfaces"
    return InterfaceFilesOf(static / BIN, static / "skel/templates", runs)


def _engines(installation: Installation, claims: StoreClaims) -> Engines:
    """What writes to directories, and what writes to repositories."""
    lis, tmp, location_id = installation.lis, installation.tmp, installation.location_id
    secrets = installation.ini / SECRETS
    secrets.mkdir(mode=0o700, exist_ok=True)
    keys = keys_of(installation)
    return Engines(
        TarEngine(installation.store.parent, lis, tmp, location_id, keys=keys),
        ResticEngine([], lis, tmp, tmp / "restic", secrets, location_id, (keys.directory,)),
        claims,
        installation.environment,
    )


def keys_of(installation: Installation) -> KeyFiles:
    """Where the keys of an installation's media pools are kept."""
    return KeyFiles(installation.ini / SECRETS / POOL_KEYS, installation.ini / ESCROW)


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
    keep_memory_private()
    clock = clock or SystemClock()
    manager = ServiceManager.taken(os.environ)
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
        with _metrics(installation, agent):
            asyncio.run(_run(agent, endpoint, installation, announce, manager))


@contextmanager
def _metrics(installation: Installation, agent: Agent) -> Iterator[None]:
    """Serves figures if that is wanted."""
    if not installation.metrics_host:
        yield
        return
    host = installation.metrics_host
    with metrics_server.serving(host, installation.metrics_port, agent.figures) as port:
        log.info("serving metrics on %s", f"{host_text(host)}:{port}")
        yield


async def _run(
    agent: Agent,
    endpoint: Endpoint,
    installation: Installation,
    announce: Callable[[str], None],
    manager: ServiceManager,
) -> None:
    told = asyncio.Event()
    loop = asyncio.get_running_loop()
    agent.stopping.on_end(lambda: _call_soon(loop, told.set))
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
        manager.ready(f"Serving {installation.name} on {address}")
        while not await _told_within(told, manager.alive_seconds):
            manager.alive()
        manager.stopping()
        log.info("stopping, with %d watchers", agent.watchers)
    finally:
        # Who asks a second time does not want to wait.
        for end in ends:
            loop.remove_signal_handler(end)
        address_file.unlink(missing_ok=True)
        await agent.stop()


def _call_soon(loop: asyncio.AbstractEventLoop, call: Callable[[], None]) -> None:
    loop.call_soon_threadsafe(call)


async def _told_within(told: asyncio.Event, seconds: float | None) -> bool:
    try:
        async with asyncio.timeout(seconds):
            return await told.wait()
    except TimeoutError:
        return False


def address_file_of(installation: Installation) -> Path:
    """Holds HOST:PORT of the agent while it runs."""
    return installation.private / ADDRESS_FILE


def _write_whole(file: Path, text: str) -> None:
    part = file.with_name(file.name + ".new")
    part.write_text(text, encoding="ascii")
    part.replace(file)
