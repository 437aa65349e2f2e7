"""Only one agent serves a root."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager

from server_agent.installation import Installation

LOCK_FILE = "agent.lock"


class AlreadyRunning(Exception):
    """Another agent serves this root; the text names its process."""


@contextmanager
def only_agent(installation: Installation) -> Iterator[None]:
    """Holds the root for this process. The system lets go of it when the process ends, however
    that comes; the file stays.

    Raises:
        AlreadyRunning: another process holds it.
        OSError: the lock file cannot be made.
    """
    file = installation.private / LOCK_FILE
    descriptor = os.open(file, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            process = os.pread(descriptor, 20, 0).decode("ascii", "replace").strip()
            raise AlreadyRunning(
                f"An agent for {installation.anchor.parent} already runs as pid "
                f"{process or 'unknown'}. Stop that one first, or use it"
            ) from error
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, f"{os.getpid()}\n".encode(), 0)
        yield
    finally:
        os.close(descriptor)
