"""Puts the program together: stores, network, bridge, desk. The only file that knows all layers."""

import logging
import os
import resource
import shlex
import signal
import stat
import sys
import threading
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from importlib.metadata import version
from logging.handlers import RotatingFileHandler
from pathlib import Path
from types import TracebackType
from typing import TextIO

from PySide6.QtWidgets import QApplication, QDialog

from sesam_master import headless
from sesam_master.core.control_source import (
    FarmStore,
    LockState,
    LockStore,
    MemoryFarms,
    NoLock,
)
from sesam_master.core.errors import AlreadyListed, LocationError
from sesam_master.core.registry import (
    CredentialStore,
    KeepingError,
    PictureStore,
    RegistryStore,
)
from sesam_master.core.saved_views import MemoryViews, ViewStore
from sesam_master.core.settings import Settings, SettingsStore
from sesam_master.local import LocalAgent, MemoryCredentials, MemoryRegistry, NoPictures
from sesam_master.remote.hub import Hub
from sesam_master.storage.credentials import PassphraseNeeded, open_credentials
from sesam_master.storage.desk_lock import DeskLock
from sesam_master.storage.farm_file import FarmFile
from sesam_master.storage.lock_file import LockFile
from sesam_master.storage.pictures import PictureFile
from sesam_master.storage.places import Places, places
from sesam_master.storage.registry_file import RegistryFile
from sesam_master.storage.settings_file import SettingsFile
from sesam_master.storage.views_file import ViewsFile
from sesam_master.tour import Tour, TourStopped
from sesam_master.ui.bridge import Bridge
from sesam_master.ui.collector import QuietStart
from sesam_master.ui.desk import Desk
from sesam_master.ui.notices import notice
from sesam_master.ui.start_failure import StartFailureDialog
from sesam_master.ui.theme import ThemeHolder, ThemeMode
from sesam_master.ui.unlock import UnlockDialog

STOP_SECONDS = 5.0
LOG_BYTES = 1_000_000
LOCAL_SETTINGS = "local-settings.ini"
LOCAL_VIEWS = "local-views.json"
NO_SCREEN = "offscreen"  # Qt's platform where a dialog would wait for nobody
_log = logging.getLogger("sesam_master")


@dataclass(frozen=True, slots=True)
class Options:
    """What the command line says. `root` is that of a local agent; without `theme` the one that
    was kept is taken."""

    profile: Path | None = None
    passphrase_file: Path | None = None
    is_local: bool = False
    root: Path | None = None
    theme: ThemeMode | None = None


@dataclass(frozen=True, slots=True)
class Enrolment:
    """What the command line says of a location to be added; see `headless.read_invitation`.

    `replaces`: it may be one that is listed already.
    """

    address: str
    fingerprint: str
    farm: str = ""
    replaces: bool = False


@dataclass(frozen=True, slots=True)
class Stores:
    """What the desk keeps, and where."""

    registry: RegistryStore
    credentials: CredentialStore
    pictures: PictureStore
    settings: SettingsStore | None = None
    views: ViewStore = field(default_factory=MemoryViews)
    control: tuple[FarmStore, LockStore] = field(default_factory=lambda: (MemoryFarms(), NoLock()))


class Program:
    """A desk over a running network thread. `start`, then `stop`."""

    def __init__(
        self, holder: ThemeHolder, stores: Stores, *, is_local: bool = False, may_lock: bool = True
    ) -> None:
        self._may_lock = may_lock
        self.bridge = Bridge(lambda coroutine, done: self.hub.submit(coroutine, done))
        self._lock = stores.control[1]
        self.hub = Hub(
            *(stores.registry, stores.credentials, stores.pictures, self.bridge.deliver),
            control=stores.control,
        )
        self.desk = Desk(
            *(holder, self.bridge, self.hub.gateway, headless.now, version("sesam-master")),
            is_local=is_local,
        )

    def start(self) -> None:
        """Shows the window and begins to connect. Raises KeepingError."""
        lock = self._lock.state()
        self.hub.start()
        self._quiet = QuietStart(self.desk)
        self.desk.control.begin(lock if self._may_lock else LockState())

    def stop(self) -> None:
        """Ends every connection."""
        self._quiet.end()
        self.bridge.close()
        if not self.hub.stop(STOP_SECONDS):
            _log.error("The connections did not end within %s s.", STOP_SECONDS)


def enrol(options: Options, wanted: Enrolment, tokens: TextIO) -> int:
    """Enrols this desk to a location without opening a window; returns the exit status."""
    try:
        invitation = headless.read_invitation(wanted.address, wanted.fingerprint, tokens)
    except ValueError as error:
        return _refuse(str(error))
    with ExitStack() as stack:
        try:
            stores = _stores(options, stack, asks=False)
            assert stores is not None
            hub = Hub(stores.registry, stores.credentials, NoPictures(), lambda _event: None)
            hub.start()
            stack.callback(hub.stop, STOP_SECONDS)
            done = headless.enrol(
                hub.submit, hub.gateway, invitation, wanted.farm, replaces=wanted.replaces
            )
        except KeepingError as error:
            return _refuse(str(error))
        except AlreadyListed as error:
            hint = "" if wanted.replaces else " To replace them, give --replace."
            return _refuse(notice(error, "enrol", wanted.address).text + hint)
        except LocationError as error:
            return _refuse(notice(error, "enrol", wanted.address).text)
    sys.stdout.write(f"{done}\n")
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
    holder = ThemeHolder(app, options.theme or ThemeMode.SYSTEM)
    with ExitStack() as stack:
        try:
            stores = _stores(options, stack, asks=tour is None, holder=holder)
            if stores is None:
                return 0
            program = Program(holder, stores, is_local=options.is_local, may_lock=tour is None)
            if stores.settings is not None and tour is None:
                program.desk.look_as(_look(stores.settings.load(), options.theme))
                program.desk.results.use_views(stores.views)
            program.start()
        except KeepingError as error:
            if tour is None and app.platformName() != NO_SCREEN:
                sys.stderr.write(f"sesam-master: {error}\n")
                StartFailureDialog(holder, str(error)).exec()
                return 1
            return _refuse(str(error))
        stack.callback(program.stop)
        _report_failures(program.desk)
        if tour is not None:
            walk = Tour(program.desk, holder, program.bridge)
            _on_signals(walk.stop)
            return _tour(walk, tour)
        # The second hand of the bridge lets Python look for signals every second.
        _on_signals(app.quit)
        status = app.exec()
        if stores.settings is not None:
            _keep_look(program.desk, stores.settings)
        return status


def _on_signals(end: Callable[[], object]) -> None:
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: end())


def _look(kept: Settings, theme: ThemeMode | None) -> Settings:
    """What the command line says goes before what was kept."""
    return kept if theme is None else replace(kept, theme=theme.value)


def _keep_look(desk: Desk, settings: SettingsStore) -> None:
    try:
        desk.keep_look(settings)
    except KeepingError as error:
        _log.error("%s", error)


def _tour(tour: Tour, directory: Path) -> int:
    try:
        told = tour.walk(directory)
    except TourStopped:
        return _refuse(f"The tour was ended. The pictures taken so far are in {directory}.")
    except OSError as error:
        return _refuse(
            f"The pictures cannot be kept in {directory}: {error.strerror or error}. "
            "Name a directory that can be written with --tour DIR."
        )
    sys.stdout.write(told + "\n")
    return 0


def _refuse(why: str) -> int:
    sys.stderr.write(f"sesam-master: {why}\n")
    return 1


def _stores(
    options: Options, stack: ExitStack, *, asks: bool, holder: ThemeHolder | None = None
) -> Stores | None:
    """None when a person does not want to unlock. `holder` is that of a desk with a window, of
    which a profile can have one. Raises KeepingError, also for a passphrase that is needed when
    nobody is there to be asked."""
    kept = places(options.profile)
    if options.is_local:
        agent = LocalAgent(options.root, os.environ)
        stack.callback(agent.close)
        return Stores(
            MemoryRegistry([agent.registration]),
            MemoryCredentials(),
            NoPictures(),
            SettingsFile(kept.settings.with_name(LOCAL_SETTINGS)),
            ViewsFile(kept.views.with_name(LOCAL_VIEWS)),
        )
    for directory in {kept.registry.parent, kept.pictures.parent, kept.log}:
        _make_private(directory)
    _log_to(kept.log / "sesam-master.log", stack)
    if holder is not None:
        stack.callback(DeskLock(kept.lock).release)
    passphrase = _passphrase(options.passphrase_file)
    credentials = _credentials(kept, passphrase, holder if asks else None)
    if credentials is None:
        return None
    return Stores(
        RegistryFile(kept.registry),
        credentials,
        PictureFile(kept.pictures),
        SettingsFile(kept.settings),
        ViewsFile(kept.views),
        (FarmFile(kept.farms), LockFile(kept.passphrase)),
    )


def _credentials(
    kept: Places, passphrase: str | None, holder: ThemeHolder | None
) -> CredentialStore | None:
    """`holder` is of the desk whose person can be asked."""
    try:
        return open_credentials(kept.credentials, passphrase)
    except PassphraseNeeded:
        if holder is None:
            raise
        opened: list[CredentialStore] = []

    def unlock(text: str) -> str:
        try:
            opened.append(open_credentials(kept.credentials, text))
        except KeepingError as error:
            return str(error)
        return ""

    dialog = UnlockDialog(holder, unlock, is_new=not kept.credentials.exists())
    if dialog.exec() != QDialog.DialogCode.Accepted:
        return None
    return opened[-1]


def _passphrase(file: Path | None) -> str | None:
    if file is None:
        return None
    try:
        with file.open(encoding="utf-8") as opened:
            mode = os.fstat(opened.fileno()).st_mode
            if stat.S_ISREG(mode) and mode & (stat.S_IRWXG | stat.S_IRWXO):
                raise KeepingError(
                    f"Others can reach the passphrase in {file} (its rights are "
                    f"{stat.S_IMODE(mode):04o}), so it is not used. "
                    f"Run chmod 600 {shlex.quote(str(file))} and try again."
                )
            text = opened.read()
    except OSError as error:
        raise KeepingError(
            f"The passphrase cannot be read from {file}: {error.strerror}. Name a file that can be "
            "read with --passphrase-file FILE."
        ) from error
    except UnicodeDecodeError as error:
        raise KeepingError(
            f"{file} is not text in UTF-8. Its first line has to be the passphrase."
        ) from error
    passphrase = text.partition("\n")[0].rstrip("\r")
    if not passphrase:
        raise KeepingError(f"{file} is empty. Its first line has to be the passphrase.")
    return passphrase


def _make_private(directory: Path) -> None:
    try:
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise KeepingError(
            f"The directory {directory} cannot be made: {error.strerror}. "
            "Name another with --profile DIR."
        ) from error


def _log_to(file: Path, stack: ExitStack) -> None:
    try:
        handler = RotatingFileHandler(file, maxBytes=LOG_BYTES, backupCount=2, encoding="utf-8")
    except OSError as error:
        raise KeepingError(
            f"The log {file} cannot be written: {error.strerror}. Check its rights, or keep this "
            "desk elsewhere with --profile DIR."
        ) from error
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s %(message)s"))
    root = logging.getLogger()
    root.addHandler(handler)
    stack.callback(root.setLevel, root.level)
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
