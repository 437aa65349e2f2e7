"""What stands in the way of a restore, kept aside until it is known how that ends."""

import contextlib
import errno
import logging
import os
import shutil
import stat
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from types import TracebackType
from typing import Self

from server_agent.adapters.tar.mounts import mount_in
from server_agent.adapters.tar.names import shown
from server_agent.domain.jobs import Level
from server_agent.ports import Message

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class _Kept:
    """Where something stood, and where it is until the end: alone in a directory beside."""

    place: bytes
    now: bytes

    @property
    def holder(self) -> bytes:
        return os.path.dirname(self.now)


@dataclass(slots=True)
class Aside:
    """Leaving the context puts back all that `settle` has not disposed of.

    Each thing keeps its name, in a directory `.sesam-….tmp` beside the place where it stood. There
    it stays only if the agent is killed before the end.
    """

    _kept: list[_Kept] = field(default_factory=list)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        while self._kept:
            _put_back(self._kept.pop())

    def take(self, place: bytes) -> None:
        """Moves what is there out of the way, within its directory.

        Raises:
            OSError: it cannot be moved, since it is a mount point or holds one, for instance.
        """
        if (point := mount_in(place)) is not None:
            raise OSError(errno.EBUSY, f"{shown(point)} is a mount point")
        directory, name = os.path.split(place)
        holder = tempfile.mkdtemp(prefix=b".sesam-", suffix=b".tmp", dir=directory)
        now = os.path.join(holder, name)
        try:
            os.rename(place, now)
        except OSError:
            os.rmdir(holder)
            raise
        self._kept.append(_Kept(place, now))

    def settle(self) -> Iterator[Message | None]:
        """The restore came to its end: removes what has been replaced and puts back the rest.
        Pauses after each."""
        while self._kept:
            kept = self._kept.pop()
            if not os.path.lexists(kept.place):
                _put_back(kept)
            elif not _dispose(kept):
                text = f"{shown(kept.place)} was replaced; what was there is now {shown(kept.now)}"
                yield Message(Level.WARNING, "NOT_REMOVED", text, kept.place)
            yield None


def _dispose(kept: _Kept) -> bool:
    """Removes it for good, if that does not reach into another file system."""
    try:
        with _same_times(os.path.dirname(kept.place)):
            _remove(kept.now)
            os.rmdir(kept.holder)
    except OSError:
        return False
    return True


def _put_back(kept: _Kept) -> None:
    try:
        if os.path.lexists(kept.place):
            _remove(kept.place)
        os.rename(kept.now, kept.place)
        os.rmdir(kept.holder)
    except OSError as error:
        log.warning("%s is now %s: %s", shown(kept.place), shown(kept.now), error)


def _remove(place: bytes) -> None:
    """Removes what is there, a directory with all that it holds; OSError before a mount point."""
    if not stat.S_ISDIR(os.lstat(place).st_mode):
        os.unlink(place)
        return
    if (point := mount_in(place)) is not None:
        raise OSError(errno.EBUSY, f"{shown(point)} is a mount point")
    shutil.rmtree(place)


@contextlib.contextmanager
def _same_times(directory: bytes) -> Iterator[None]:
    """What is removed from a directory changes its times, which have just been restored."""
    status = os.stat(directory)
    yield
    with contextlib.suppress(PermissionError):
        os.utime(directory, ns=(status.st_atime_ns, status.st_mtime_ns))
