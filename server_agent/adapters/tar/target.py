"""The directory that a restore writes below: made, and freed of what is in the way."""

import errno
import os
import stat
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby

from server_agent.adapters.tar.aside import Aside, has_entries
from server_agent.adapters.tar.failures import is_full, no_space
from server_agent.adapters.tar.mounts import is_below, mount_of
from server_agent.adapters.tar.names import ancestors, joined
from server_agent.adapters.tar.places import medium_around
from server_agent.domain.quoting import quoted
from server_agent.ports import EngineError

_REACHABLE = 0o755


def below(target: bytes, path: bytes) -> bytes:
    """Where an absolute path is restored to."""
    return target.rstrip(b"/") + path


def make_directories(path: bytes) -> None:
    """Makes a directory and those above it that are not there. The agent's umask is for its own
    files: what is restored below has to be reached as its own modes allow."""
    if not os.path.isdir(path):
        parent = os.path.dirname(path.rstrip(b"/"))
        if parent != path:
            make_directories(parent)
        try:
            os.mkdir(path)
        except FileExistsError:
            if os.path.isdir(path):
                return  # another restore was quicker
            raise
        os.chmod(path, stat.S_IMODE(os.stat(path).st_mode) | _REACHABLE)


def check_target(target: bytes, media: Sequence[bytes]) -> None:
    """Raises EngineError (TARGET_UNUSABLE) if a restore would write into a data store, where it
    could replace what is to be restored."""
    medium = medium_around(os.path.realpath(target), media)
    if medium is not None:
        raise EngineError(
            "TARGET_UNUSABLE",
            f"target {quoted(target)} lies in the data store {quoted(medium)}, into which nothing"
            " is restored. Choose another directory",
        )


def prepare(target: bytes, sources: list[bytes], aside: Aside) -> bool:
    """Makes the target if it is not there, and takes aside files that stand where directories
    above the sources have to be. Links to directories stay: /srv may well lead elsewhere.

    Returns:
        Whether anything was in the target.

    Raises:
        EngineError: TARGET_UNUSABLE.
    """
    try:
        if not target.startswith(b"/"):
            raise NotADirectoryError("it is no absolute path")
        make_directories(target)
        for source in sources:
            _open_way(target, source, aside)
        return bool(os.listdir(target))
    except OSError as error:
        if is_full(error):
            point = quoted(mount_of(target))
            raise no_space(f"no space left on the file system {point}") from error
        raise EngineError(
            "TARGET_UNUSABLE",
            f"{quoted(target)} cannot be the target: {error.strerror or error}."
            " Name a directory that can be written",
        ) from error


def _open_way(target: bytes, source: bytes, aside: Aside) -> None:
    """Raises OSError if the source cannot be made below the target."""
    deepest = target
    for ancestor in ancestors(source):
        place = below(target, ancestor)
        if os.path.lexists(place) and not os.path.isdir(place):
            aside.take(place)
        if not os.path.isdir(place):
            break
        deepest = place
    else:
        if os.path.isdir(below(target, source)):
            return
    if not os.access(deepest, os.W_OK | os.X_OK):
        raise PermissionError(f"{quoted(deepest)} cannot be written")


def clear_way(
    target: bytes, entries: Iterable[tuple[bytes, bytes, int]], aside: Aside
) -> Iterator[tuple[bytes, str] | None]:
    """Takes aside what is of another kind than what has to be there: files and links in the place
    of directories, empty directories in the place of files. Pauses after each move and directory.

    Args:
        entries: directory, name and leaf of what will be restored, directory by directory and
            each before what it holds.

    Yields:
        The paths that have to be left out, with all that they hold, and why: what is in their
        places stays.
    """
    blocked: list[bytes] = []
    for directory, group in groupby(entries, key=lambda entry: entry[0]):
        is_blocked = any(directory == path or is_below(directory, path) for path in blocked)
        if not is_blocked and os.path.isdir(below(target, directory) or b"/"):
            for _, name, leaf in group:
                path = joined(directory, name)
                try:
                    if _is_other_kind(below(target, path), leaf):
                        aside.take(below(target, path))
                        yield None
                except OSError as error:
                    if is_full(error):
                        raise
                    if not leaf:
                        blocked.append(path)
                    yield path, error.strerror or str(error)
        yield None


def _is_other_kind(place: bytes, leaf: int) -> bool:
    """Whether a directory is where a file has to be, or the reverse.

    Raises:
        OSError: it is, and must not be replaced.
    """
    try:
        mode = os.lstat(place).st_mode
    except OSError:
        return False
    if leaf and stat.S_ISDIR(mode) and has_entries(place):
        raise OSError(errno.ENOTEMPTY, "a directory that is not empty is never replaced by a file")
    return stat.S_ISDIR(mode) == bool(leaf)
