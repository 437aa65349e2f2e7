"""Only one agent serves a root, and only one writes a catalogue."""

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from server_agent.adapters.catalogue.opening import database_file
from server_agent.installation import Installation

LOCK_FILE = "agent.lock"
LOCK_SECONDS = 2.0  # a command such as `sesam-agent token` holds the root for a moment
LOCK_RETRY_SECONDS = 0.05


class AlreadyRunning(Exception):
    """Another agent serves this root or writes its catalogue; the text names its process."""


@contextmanager
def only_agent(installation: Installation) -> Iterator[None]:
    """Holds the root for this process, and the catalogue, which another root's ini files may name
    too. The system lets go of them when the process ends, however that comes; the files stay.

    Raises:
        AlreadyRunning: another process holds one of them.
        CatalogueError: the catalogue is no file.
        OSError: a lock file cannot be made.
    """
    catalogue = database_file(installation.catalogue_url)
    with (
        held(installation.private / LOCK_FILE, f"an agent for {installation.anchor.parent}"),
        held(catalogue.with_name(catalogue.name + ".lock"), f"an agent for {catalogue}"),
    ):
        yield


@contextmanager
def root_held(installation: Installation) -> Iterator[None]:
    """As `only_agent`; a short command that holds the root is waited for."""
    deadline = time.monotonic() + LOCK_SECONDS
    while True:
        with ExitStack() as stack:
            try:
                stack.enter_context(only_agent(installation))
            except AlreadyRunning:
                if time.monotonic() > deadline:
                    raise
                time.sleep(LOCK_RETRY_SECONDS)
                continue
            yield
            return


def holder(file: Path) -> int | None:
    """The process that holds a file with `held`; None if none does, or the file is not there."""
    try:
        descriptor = os.open(file, os.O_RDONLY)
    except FileNotFoundError:
        return None
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        text = os.pread(descriptor, 20, 0).decode("ascii", "replace").strip()
        return int(text) if text.isdigit() else None
    else:
        return None
    finally:
        os.close(descriptor)


@contextmanager
def held(file: Path, what: str) -> Iterator[None]:
    """Holds a file for this process.

    Args:
        what: the process is, for people.

    Raises:
        AlreadyRunning: another process holds it.
        OSError: it cannot be made.
    """
    descriptor = os.open(file, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            process = os.pread(descriptor, 20, 0).decode("ascii", "replace").strip()
            raise AlreadyRunning(
                f"{what[0].upper()}{what[1:]} already runs as pid {process or 'unknown'}. "
                "Stop that one first, or use it"
            ) from error
        try:
            os.ftruncate(descriptor, 0)
            os.pwrite(descriptor, f"{os.getpid()}\n".encode(), 0)
        except OSError as error:
            raise OSError(error.errno, error.strerror, str(file)) from error
        yield
    finally:
        os.close(descriptor)
