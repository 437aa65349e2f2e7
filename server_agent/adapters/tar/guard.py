"""A directory as a place in which nobody can lead a restore elsewhere by a symbolic link.

Whoever owns a directory below the target can exchange another one in it for a link while the
restore runs, and root would write where that leads. The system itself follows none in a mount of
its own (MOUNT_ATTR_NOSYMFOLLOW, Linux 5.14), which is in no place where others see it and goes with
its descriptor: open_tree(2), mount_setattr(2). Only root can have one.
"""

import ctypes
import errno
import os
import stat
import subprocess
from collections import deque
from collections.abc import Iterable

from server_agent.adapters.tar.mounts import is_below, mount_table, mounts

_LIBC = ctypes.CDLL(None, use_errno=True)
_AT_EMPTY_PATH, _AT_RECURSIVE = 0x1000, 0x8000
_OPEN_TREE_CLONE = 1
_NO_SYMLINKS = 0x00200000  # MOUNT_ATTR_NOSYMFOLLOW
_MOST_LINKS = 40  # as the system itself follows
_NEW_MODE = 0o755
LED_AWAY = "a directory above it is a symbolic link now, which is not followed"


def opened(path: bytes, *, is_made: bool = False) -> int:
    """A descriptor of a directory; the caller closes it. Links are followed if they are root's or
    the agent's own.

    Args:
        is_made: whether it is made with those above it if it is not there.

    Raises:
        OSError: it cannot be had.
    """
    at = os.open(b"/", os.O_PATH | os.O_DIRECTORY)
    parts = deque(part for part in path.split(b"/") if part not in (b"", b"."))
    links = 0
    try:
        while parts:
            part = parts.popleft()
            below = _entered(at, part, is_made)
            if stat.S_ISLNK(os.fstat(below).st_mode):
                links += 1
                try:
                    leads_to = _followed(below, part, links)
                finally:
                    os.close(below)
                parts.extendleft(reversed([name for name in leads_to.split(b"/") if name]))
                if not leads_to.startswith(b"/"):
                    continue
                below = os.open(b"/", os.O_PATH | os.O_DIRECTORY)
            os.close(at)
            at = below
    except BaseException:
        os.close(at)
        raise
    return at


def _entered(at: int, name: bytes, is_made: bool) -> int:
    """What has a name in a directory: another one, or a link."""
    flags = os.O_PATH | os.O_NOFOLLOW
    try:
        return os.open(name, flags | os.O_DIRECTORY, dir_fd=at)  # mounts what waits for that
    except NotADirectoryError:
        found = os.open(name, flags, dir_fd=at)
        if stat.S_ISLNK(os.fstat(found).st_mode):
            return found
        os.close(found)
        raise
    except FileNotFoundError:
        if not is_made:
            raise
    try:
        os.mkdir(name, _NEW_MODE, dir_fd=at)
    except FileExistsError:
        return _entered(at, name, False)  # another restore was quicker
    made = os.open(name, os.O_RDONLY | os.O_NOFOLLOW | os.O_DIRECTORY, dir_fd=at)
    try:
        os.fchmod(made, stat.S_IMODE(os.fstat(made).st_mode) | _NEW_MODE)  # whatever the umask
    except OSError:
        os.close(made)
        raise
    return made


def _followed(link: int, name: bytes, count: int) -> bytes:
    if count > _MOST_LINKS:
        raise OSError(errno.ELOOP, os.strerror(errno.ELOOP))
    if not is_own(os.fstat(link)):
        shown = name.decode("utf-8", "backslashreplace")
        raise ForeignLink(
            errno.EPERM, f"{shown} in it is a symbolic link of another user, which is not followed"
        )
    return os.readlink(b"", dir_fd=link)


class ForeignLink(PermissionError):
    """A symbolic link is on the way that only another user can have put there."""


def reason_of(error: OSError) -> str:
    """Why something has not come to its place, for the end of a sentence."""
    return LED_AWAY if error.errno == errno.ELOOP else error.strerror or str(error)


def is_own(status: os.stat_result) -> bool:
    """Whether a link is one that only root or the agent's user can have put there."""
    return status.st_uid in (0, os.geteuid())


def without_links(directory: int, name: bytes, *, is_for_programs: bool = True) -> int | None:
    """A descriptor of the same directory, with all that is mounted below it, through which no
    symbolic link is followed; None where that cannot be had. The caller closes it.

    Args:
        directory: its descriptor.
        name: its path.
        is_for_programs: whether those that the agent starts have to reach it too.
    """
    try:
        tree = _called(
            "open_tree",
            *(directory, b"", _OPEN_TREE_CLONE | os.O_CLOEXEC | _AT_RECURSIVE | _AT_EMPTY_PATH),
        )
    except OSError:
        return None
    try:
        attributes = (ctypes.c_uint64 * 4)(_NO_SYMLINKS, 0, 0, 0)
        flags, size = _AT_EMPTY_PATH | _AT_RECURSIVE, ctypes.sizeof(attributes)
        _called("mount_setattr", tree, b"", flags, ctypes.byref(attributes), size)
        if not _has_unbindable(name) and (
            not is_for_programs or _is_open_to_programs(path_of(tree))
        ):
            return tree
    except OSError:
        pass
    os.close(tree)
    return None


def path_of(descriptor: int) -> bytes:
    """By which the agent and the programs that it starts reach what it has opened."""
    return b"/proc/%d/fd/%d" % (os.getpid(), descriptor)


def _has_unbindable(directory: bytes) -> bool:
    """Whether anything is mounted below it of which the system makes no second mount: what comes
    there would come beneath it. See the optional fields in proc(5)."""
    real = os.path.realpath(directory)
    unbindable = b"\n".join(
        line
        for line in mount_table().splitlines()
        if b" unbindable " in line.partition(b" - ")[0] + b" "
    )
    return any(is_below(point, real) for point, _ in mounts(unbindable))


def waits_for_mounts(directories: Iterable[bytes]) -> bool:
    """Whether file systems are mounted in any or below only when somebody comes there, as autofs(5)
    does it: that mounts nothing in a mount of its own."""
    seen = dict(mounts(mount_table()))  # the last of several in one place
    waiting = [point for point, kind in seen.items() if kind == b"autofs"]
    return any(
        (point == real or is_below(point, real)) and not is_below(point, b"/proc")
        for real in map(os.path.realpath, directories)
        for point in waiting
    )


def _is_open_to_programs(tree: bytes) -> bool:
    words = [b"test", b"-d", tree + b"/"]
    return subprocess.run(words, stdin=subprocess.DEVNULL, check=False).returncode == 0


def _called(function: str, *arguments: object) -> int:
    """Raises OSError, also where the C library has no such function."""
    try:
        call = getattr(_LIBC, function)
    except AttributeError as error:
        raise OSError(errno.ENOSYS, os.strerror(errno.ENOSYS)) from error
    result: int = call(*arguments)
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
    return result
