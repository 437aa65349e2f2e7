"""Files that nobody changes, renames or removes, not even root, until the mark is taken off: the
attribute "immutable" of ext4, xfs, btrfs and others (chattr(1), ioctl_iflags(2))."""

import contextlib
import errno
import fcntl
import logging
import os
import struct
import uuid
from collections.abc import Iterator
from pathlib import Path

from server_agent.adapters.tar import private
from server_agent.domain.jobs import Level
from server_agent.domain.savesets import NAME_PATTERN
from server_agent.ports import EngineError, Message

log = logging.getLogger(__name__)

_LONG = struct.calcsize("l")
_GET_FLAGS = 2 << 30 | _LONG << 16 | ord("f") << 8 | 1  # FS_IOC_GETFLAGS of linux/fs.h
_SET_FLAGS = 1 << 30 | _LONG << 16 | ord("f") << 8 | 2  # FS_IOC_SETFLAGS
_IMMUTABLE = 0x10  # FS_IMMUTABLE_FL
_SUFFIXES = ("", ".idx", ".zst")  # of what a medium holds of a saveset


def is_held(path: Path) -> bool:
    """Whether a file has the mark. Raises OSError."""
    with _opened(path) as descriptor:
        return bool(_flags(descriptor) & _IMMUTABLE)


def hold(path: Path) -> None:
    """Gives a file the mark. Raises OSError."""
    _set(path, on=True)


def release(path: Path) -> None:
    """Takes the mark off. Raises OSError."""
    _set(path, on=False)


def unlink(path: Path) -> None:
    """Removes a file, marked or not; nothing if there is none. Raises OSError."""
    try:
        path.unlink(missing_ok=True)
    except PermissionError:
        release(path)
        path.unlink(missing_ok=True)


def check_works(directory: Path) -> None:
    """Tries it with a file of its own in a data store. Raises EngineError (STORE_UNUSABLE)."""
    trial = directory / f"immutable.{uuid.uuid4().hex}.tmp"
    try:
        private.make_private(trial)
        try:
            hold(trial)
            if not is_held(trial) or _can_go(trial):
                raise OSError(errno.EOPNOTSUPP, os.strerror(errno.EOPNOTSUPP))
        finally:
            with contextlib.suppress(OSError):
                release(trial)
            trial.unlink(missing_ok=True)
    except OSError as error:
        raise EngineError(
            "STORE_UNUSABLE",
            f"{directory}: files cannot be made immutable there: {_why(error)}",
        ) from error


def hold_saveset(data: Path) -> Iterator[Message]:
    """Gives the mark to all that a medium holds of a saveset, and says if that cannot be."""
    try:
        for path in _of_saveset(data):
            hold(path)
    except OSError as error:
        text = f"{data.name} is not immutable on its medium: {_why(error)}"
        yield Message(Level.WARNING, "NOT_IMMUTABLE", text)


def hold_all(medium: Path) -> None:
    """Gives the mark to all savesets of a medium that do not have it; the log says if that cannot
    be. What is still being written has no final name."""
    try:
        found = [path for path in medium.iterdir() if _is_final(path)]
        for path in found:
            if not is_held(path):
                hold(path)
    except OSError as error:
        log.warning("savesets on %s are not immutable: %s", medium, _why(error))


def _of_saveset(data: Path) -> list[Path]:
    return [path for path in data.parent.glob(data.name + "*") if _is_final(path)]


def _is_final(path: Path) -> bool:
    name = path.name.partition(".")[0]
    return bool(NAME_PATTERN.match(name)) and path.suffix in _SUFFIXES and path.is_file()


def _why(error: OSError) -> str:
    if error.errno == errno.EPERM:
        return "the system does not allow it. Run the agent as root, or give it CAP_LINUX_IMMUTABLE"
    if error.errno in (errno.ENOTTY, errno.EOPNOTSUPP, errno.EINVAL, errno.ENOSYS):
        return "its file system does not know that. Use a local one such as ext4, xfs or btrfs"
    return error.strerror or str(error)


def _can_go(trial: Path) -> bool:
    try:
        trial.rename(trial.with_name(trial.name + ".tmp"))
    except PermissionError:
        return False
    trial.with_name(trial.name + ".tmp").unlink()
    return True


def _set(path: Path, *, on: bool) -> None:
    with _opened(path) as descriptor:
        before = _flags(descriptor)
        after = before | _IMMUTABLE if on else before & ~_IMMUTABLE
        if after != before:
            fcntl.ioctl(descriptor, _SET_FLAGS, struct.pack("l", after))


@contextlib.contextmanager
def _opened(path: Path) -> Iterator[int]:
    descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def _flags(descriptor: int) -> int:
    held: int = struct.unpack("l", fcntl.ioctl(descriptor, _GET_FLAGS, bytes(_LONG)))[0]
    return held
