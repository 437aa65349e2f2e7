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
        _held(installation.private / LOCK_FILE, installation.anchor.parent),
        _held(catalogue.with_name(catalogue.name + ".lock"), catalogue),
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


@contextmanager
def _held(file: Path, what: Path) -> Iterator[None]:
    descriptor = os.open(file, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            process = os.pread(descriptor, 20, 0).decode("ascii", "replace").strip()
            raise AlreadyRunning(
                f"An agent for {what} already runs as pid {process or 'unknown'}. "
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
