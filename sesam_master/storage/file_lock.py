"""Lets one process at a time read, change and replace a file of the desk."""

import contextlib
import errno
import fcntl
import os
import time
from collections.abc import Iterator
from pathlib import Path

_WAIT_SECONDS = 10.0  # a change takes milliseconds; a process that was stopped meanwhile, for ever
_LOOK_SECONDS = 0.01


@contextlib.contextmanager
def locked(path: Path, wait_seconds: float = _WAIT_SECONDS) -> Iterator[None]:
    """Held while the block runs, by a file of its own beside `path`: that one is replaced, and a
    lock on what was replaced keeps nobody out. Blocking; reading alone needs no lock.

    Raises:
        OSError: the lock cannot be had, also because others did not let go of it in time.
    """
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    lock = path.with_name(f"{path.name}.lock")
    descriptor = os.open(lock, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        _wait(descriptor, wait_seconds)
        yield
    finally:
        os.close(descriptor)


def stamp(path: Path) -> tuple[int, ...]:
    """Another one after a replacement of the file; empty if there is none. Two replacements within
    one tick of the file system's clock may bring an old one back. Raises OSError."""
    try:
        found = path.stat()
    except FileNotFoundError:
        return ()
    return (found.st_dev, found.st_ino, found.st_mtime_ns, found.st_size)


def _wait(descriptor: int, seconds: float) -> None:
    deadline = time.monotonic() + seconds
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() >= deadline:
                raise TimeoutError(
                    errno.ETIMEDOUT, "another desk has been changing it for too long"
                ) from None
            time.sleep(_LOOK_SECONDS)
        else:
            return
