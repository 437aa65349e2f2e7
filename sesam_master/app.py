"""Puts the program together: stores, network, bridge, desk. The only file that knows all layers."""

import logging
import os
import resource
import signal
import sys
import threading
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from logging.handlers import RotatingFileHandler
from pathlib import Path
from types import TracebackType

from PySide6.QtWidgets import QApplication, QDialog

from sesam_api.tls import split_address
from sesam_master import headless
from sesam_master.core.errors import LocationError
from sesam_master.core.registry import (
    CredentialStore,
    KeepingError,
    PictureStore,
    RegistryStore,
)
from sesam_master.local import LocalAgent, MemoryCredentials, MemoryRegistry, NoPictures
from sesam_master.remote.hub import Hub
from sesam_master.storage.credentials import PassphraseNeeded, open_credentials
from sesam_master.storage.pictures import PictureFile
from sesam_master.storage.places import Places, places
from sesam_master.storage.registry_file import RegistryFile
from sesam_master.tour import Tour
from sesam_master.ui.bridge import Bridge
from sesam_master.ui.collector import QuietStart
from sesam_master.ui.desk import Desk
from sesam_master.ui.notices import notice
from sesam_master.ui.theme import ThemeHolder, ThemeMode
from sesam_master.ui.unlock import UnlockDialog

STOP_SECONDS = 5.0
LOG_BYTES = 1_000_000
_log = logging.getLogger("sesam_master")


@dataclass(frozen=True, slots=True)
class Options:
    """What the command line says. `root` is that of a local agent."""

    profile: Path | None = None
    passphrase_file: Path | None = None
    is_local: bool = False
    root: Path | None = None
    theme: ThemeMode = ThemeMode.SYSTEM


@dataclass(frozen=True, slots=True)
class Invitation:
    """What a location's administrator hands out: where its agent is, the fingerprint of its
    certificate, and an enrolment token."""

    address: str
    fingerprint: str
    token: str
    farm: str


@dataclass(frozen=True, slots=True)
class Stores:
    """What the desk keeps, and where."""

    registry: RegistryStore
    credentials: CredentialStore
    pictures: PictureStore


class Program:
    """A desk over a running network thread. `start`, then `stop`."""

    def __init__(self, holder: ThemeHolder, stores: Stores, *, is_local: bool = False) -> None:
        self.bridge = Bridge(lambda coroutine, done: self.hub.submit(coroutine, done))
        self.hub = Hub(stores.registry, stores.credentials, stores.pictures, self.bridge.deliver)
        self.desk = Desk(
            holder, self.bridge, self.hub.gateway, _now, version("sesam-master"), is_local=is_local
        )

    def start(self) -> None:
        """Shows the window and begins to connect. Raises KeepingError."""
        self.hub.start()
        self._quiet = QuietStart(self.desk)
        self.desk.window.show()

    def stop(self) -> None:
        """Ends every connection."""
        self._quiet.end()
        self.bridge.close()
        if not self.hub.stop(STOP_SECONDS):
            _log.error("The connections did not end within %s s.", STOP_SECONDS)


def enrol(options: Options, invitation: Invitation) -> int:
    """Enrols this desk to a location without opening a window; returns the exit status."""
    with ExitStack() as stack:
        try:
            host, port = split_address(invitation.address)
            stores = _stores(options, stack, asks=False)
            assert stores is not None
            hub = Hub(stores.registry, stores.credentials, stores.pictures, lambda _event: None)
            hub.start()
            stack.callback(hub.stop, STOP_SECONDS)
            added = headless.enrol(
                hub.submit,
                hub.gateway,
                headless.Server(host, port, invitation.fingerprint),
                invitation.token,
                invitation.farm,
            )
        except KeepingError as error:
            return _refuse(str(error))
        except LocationError as error:
            return _refuse(notice(error, "enrol", invitation.address).text)
    sys.stdout.write(f"{added.name} ({added.location_id}) was added to this desk.\n")
    return 0


def run(options: Options, tour: Path | None = None) -> int:
    """The whole program; returns its exit status.

    Args:
        tour: a directory; the desk takes pictures of its pages there, prints the fleet and ends.
    """
    _raise_file_limit()
    app = QApplication(sys.argv[:1])
    app.setApplicationName("Sesam Master")
    app.setDesktopFileName("sesam-master")
    holder = ThemeHolder(app, options.theme)
    with ExitStack() as stack:
        try:
            stores = _stores(options, stack, asks=tour is None)
            if stores is None:
                return 0
            program = Program(holder, stores, is_local=options.is_local)
            program.start()
        except KeepingError as error:
            return _refuse(str(error))
        stack.callback(program.stop)
        _report_failures(program.desk)
        for number in (signal.SIGINT, signal.SIGTERM):
            # The clock of the status bar lets Python look for signals every second.
            signal.signal(number, lambda *_: app.quit())
        if tour is not None:
            sys.stdout.write(Tour(program.desk, holder, program.bridge).walk(tour) + "\n")
            return 0
        return app.exec()


def _refuse(why: str) -> int:
    sys.stderr.write(f"sesam-master: {why}\n")
    return 1


def _stores(options: Options, stack: ExitStack, *, asks: bool) -> Stores | None:
    """None when a person does not want to unlock. Raises KeepingError, also for a passphrase that
    is needed when nobody is there to be asked."""
    if options.is_local:
        agent = LocalAgent(options.root, os.environ)
        stack.callback(agent.close)
        return Stores(MemoryRegistry([agent.registration]), MemoryCredentials(), NoPictures())
    kept = places(options.profile)
    for directory in {kept.registry.parent, kept.pictures.parent, kept.log}:
        _make_private(directory)
    _log_to(kept.log / "sesam-master.log", stack)
    credentials = _credentials(kept, _passphrase(options.passphrase_file), asks=asks)
    if credentials is None:
        return None
    return Stores(RegistryFile(kept.registry), credentials, PictureFile(kept.pictures))


def _credentials(kept: Places, passphrase: str | None, *, asks: bool) -> CredentialStore | None:
    try:
        return open_credentials(kept.credentials, passphrase)
    except PassphraseNeeded:
        if not asks:
            raise
        opened: list[CredentialStore] = []

    def unlock(text: str) -> str:
        try:
            opened.append(open_credentials(kept.credentials, text))
        except KeepingError as error:
            return str(error)
        return ""

    dialog = UnlockDialog(unlock, is_new=not kept.credentials.exists())
    if dialog.exec() != QDialog.DialogCode.Accepted:
        return None
    return opened[-1]


def _passphrase(file: Path | None) -> str | None:
    if file is None:
        return None
    try:
        text = file.read_text(encoding="utf-8").rstrip("\r\n")
    except (OSError, UnicodeDecodeError) as error:
        raise KeepingError(f"The passphrase cannot be read from {file}: {error}.") from error
    if not text:
        raise KeepingError(f"{file} is empty. Its first line has to be the passphrase.")
    return text


def _make_private(directory: Path) -> None:
    try:
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise KeepingError(
            f"The directory {directory} cannot be made: {error.strerror}. "
            "Name another with --profile DIR."
        ) from error


def _log_to(file: Path, stack: ExitStack) -> None:
    handler = RotatingFileHandler(file, maxBytes=LOG_BYTES, backupCount=2, encoding="utf-8")
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s %(message)s"))
    root = logging.getLogger()
    root.addHandler(handler)
    root.setLevel(logging.INFO)
    stack.callback(handler.close)
    stack.callback(root.removeHandler, handler)


def _report_failures(desk: Desk) -> None:
    """What nobody caught goes to the log, and as a line to the person; the desk goes on."""

    def report(
        kind: type[BaseException], error: BaseException, trace: TracebackType | None
    ) -> None:
        _log.critical("Uncaught", exc_info=(kind, error, trace))
        desk.messages.add(
            f"This desk failed in a way that it did not foresee ({kind.__name__}). "
            "What was shown may be incomplete. The details are in the desk's log."
        )

    sys.excepthook = report
    threading.excepthook = lambda args: _log.critical(
        "Uncaught in %s", args.thread, exc_info=args.exc_value
    )


def _raise_file_limit() -> None:
    """Each connection is an open file; sessions of a desktop often allow 1024."""
    _soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


def _now() -> datetime:
    return datetime.now(UTC)
