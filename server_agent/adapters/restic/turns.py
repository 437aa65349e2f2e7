"""Who uses a repository when: whatever reads or writes it together, tidying alone.

restic's own locks would do for that, but a restore takes none, so that it works from a medium that
is full or must not be written: while it reads, no data may move to other packs. The kernel gives
these turns back when the agent dies, however it does; a restic that it has started together with
others keeps its own until it has ended too.
"""

import contextlib
import fcntl
import hashlib
import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from threading import Event

from server_agent.adapters.tar import private
from server_agent.ports import Cancelled, Control

_LOOK_SECONDS = 0.1
_USED_SUFFIX = ".used"


class Turns:
    """Those of one repository."""

    def __init__(self, directory: Path, repository: str) -> None:
        """Touches nothing yet.

        Args:
            directory: the agent's own, for two empty files for each repository.
            repository: its address.
        """
        name = hashlib.sha256(repository.encode("utf-8", "surrogateescape")).hexdigest()[:32]
        self._directory = directory
        self._wanted = directory / f"{name}.wanted"  # held by all that use it or wait to do so
        self._used = directory / f"{name}{_USED_SUFFIX}"

    @contextlib.contextmanager
    def together(self, control: Control) -> Iterator[int]:
        """With others. Waits until tidying has made way. The turn lasts until what is given is
        closed here and in every process that has inherited it. Raises Cancelled, OSError."""
        with self._opened(self._wanted) as wanted, self._opened(self._used) as used:
            for fd in (wanted, used):
                while not _locked(fd, fcntl.LOCK_SH):
                    if control.cancelled:
                        raise Cancelled
                    Event().wait(_LOOK_SECONDS)
            yield used

    @contextlib.contextmanager
    def alone(self) -> Iterator["Alone | None"]:
        """Without others; None if there are any. Raises OSError."""
        with self._opened(self._wanted) as wanted, self._opened(self._used) as used:
            yield Alone(wanted) if _locked(used, fcntl.LOCK_EX) else None

    @contextlib.contextmanager
    def _opened(self, path: Path) -> Iterator[int]:
        self._directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        fd = private.opener(os.fspath(path), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC)
        try:
            yield fd
        finally:
            os.close(fd)


def are_used(directory: Path) -> bool:
    """Whether anybody uses any repository. Raises OSError."""
    for path in directory.glob(f"*{_USED_SUFFIX}"):
        fd = os.open(path, os.O_RDWR | os.O_CLOEXEC)
        try:
            if not _locked(fd, fcntl.LOCK_EX):
                return True
        finally:
            os.close(fd)
    return False


class Alone:
    """A turn of tidying."""

    def __init__(self, wanted: int) -> None:
        self._wanted = wanted

    @property
    def is_wanted(self) -> bool:
        """Whether somebody waits for its end."""
        if not _locked(self._wanted, fcntl.LOCK_EX):
            return True
        fcntl.flock(self._wanted, fcntl.LOCK_UN)
        return False


class Limited:
    """A control that also ends when a time is over, or somebody waits."""

    def __init__(self, control: Control, seconds: float, turn: Alone) -> None:
        self._control = control
        self._end = time.monotonic() + seconds
        self._turn = turn

    @property
    def cancelled(self) -> bool:
        return self._control.cancelled or self.is_over

    @property
    def is_over(self) -> bool:
        """Whether it was not the control that has ended it."""
        return time.monotonic() > self._end or self._turn.is_wanted

    def on_cancel(self, callback: Callable[[], None]) -> None:
        self._control.on_cancel(callback)


def _locked(fd: int, how: int) -> bool:
    try:
        fcntl.flock(fd, how | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
