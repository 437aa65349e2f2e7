"""The composition root: joins the agent with what it needs from outside, and runs it."""

import asyncio
import logging
import os
import signal
import socket
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import date, timedelta
from importlib.metadata import version
from pathlib import Path

from server_agent.adapters.calendar_files import IcalendarFiles
from server_agent.adapters.catalogue.database import SqlCatalogue
from server_agent.adapters.clock import SystemClock
from server_agent.adapters.day_log_files import DayLogFiles
from server_agent.adapters.engines import Engines
from server_agent.adapters.identity import load_identity, load_secret
from server_agent.adapters.instance_lock import only_agent, root_held
from server_agent.adapters.log_files import logging_to
from server_agent.adapters.names.index import NameIndex
from server_agent.adapters.process import allow_many_files, only_for_its_user
from server_agent.adapters.programs import BinPrograms
from server_agent.adapters.protocol_files import ProtocolFiles
from server_agent.adapters.restic.engine import ResticEngine
from server_agent.adapters.self_backup_files import SelfBackupFilesOf
from server_agent.adapters.ssh.programs import SshPrograms
from server_agent.adapters.tar.engine import TarEngine
from server_agent.adapters.tar.listings import TarListings
from server_agent.adapters.tar.stores import label_old_store
from server_agent.agent import Agent, Outside
from server_agent.domain.media import FIRST_STORE
from server_agent.domain.quoting import quoted
from server_agent.installation import Installation, InstallationError, socket_address
from server_agent.ports import Clock
from server_agent.rpc.server import Endpoint, host_text
from server_agent.rpc.watch import Pace
from server_agent.service.access import Access
from server_agent.service.changes import Changes
from server_agent.service.defaults import FirstMedium
from server_agent.service.location import Location

log = logging.getLogger(__name__)

DISTRIBUTION = "sesam-master"
SECRETS = "secrets"  # below the ini files: what opens repositories
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
    engine = _engines(installation)
    label_old_store(installation.store, FIRST_STORE, installation.location_id)
    secret = load_secret(installation.ini)
    with (
        closing(SqlCatalogue(installation.catalogue_url)) as catalogue,
        closing(NameIndex(installation.db / NAMES_FILE)) as names,
    ):
        programs = BinPrograms(installation.gv_ro / "bin/sesam")
        protocols = ProtocolFiles(installation.lis, installation.prepost)
        outside = Outside(
            catalogue,
            engine,
            protocols,
            DayLogFiles(installation.prot, begin_day),
            programs,
            IcalendarFiles(),
            clock,
            TarListings(installation.lis),
            names,
            SelfBackupFilesOf(installation, protocols),
            installation.pre_post_seconds,
            installation.notice_seconds,
            lambda client: SshPrograms(client, installation.tmp),
        )
        location = location_of(installation, clock)
        plain = timedelta(days=installation.listings_plain_days)
        first = FirstMedium(os.fsencode(installation.store.parent), installation.label)
        yield Agent(outside, location, secret, first, Pace(), listings_plain=plain)


def _engines(installation: Installation) -> Engines:
    """What writes to directories, and what writes to repositories."""
    lis, tmp, location_id = installation.lis, installation.tmp, installation.location_id
    secrets = installation.ini / SECRETS
    secrets.mkdir(mode=0o700, exist_ok=True)
    return Engines(
        TarEngine(installation.store.parent, lis, tmp, location_id),
        ResticEngine([], lis, tmp, tmp / "restic", secrets, location_id),
    )


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
