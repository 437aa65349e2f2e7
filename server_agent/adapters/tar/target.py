"""The directory that a restore writes below."""

import os
import stat
from collections.abc import Callable, Sequence

from server_agent.adapters.tar.failures import is_full, no_space
from server_agent.adapters.tar.mounts import mount_of
from server_agent.adapters.tar.names import ancestors
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


def prepare(target: bytes, sources: list[bytes], take: Callable[[bytes], None] | None) -> bool:
    """Makes the target if it is not there, and takes aside files that stand where directories
    above the sources have to be. Links to directories stay: /srv may well lead elsewhere.

    Args:
        take: moves what is in a place out of the way; None if it has to stay.

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
            _open_way(target, source, take)
        return bool(os.listdir(target))
    except OSError as error:
        if is_full(error):
            point = quoted(mount_of(target))
            raise no_space(f"no space left on the file system {point}") from error
        raise _unusable(target, error) from error


def look_at(target: bytes) -> bool:
    """Whether anything is in the target, which need not be there; touches nothing.

    Raises:
        EngineError: TARGET_UNUSABLE.
    """
    there = target
    while not os.path.lexists(there) and there != b"/":
        there = os.path.dirname(there.rstrip(b"/")) or b"/"
    try:
        if not target.startswith(b"/"):
            raise NotADirectoryError("it is no absolute path")
        if not os.path.isdir(there):
            raise NotADirectoryError(f"{quoted(there)} is no directory")
        if not os.access(there, os.W_OK | os.X_OK):
            raise PermissionError(f"{quoted(there)} cannot be written")
        return there == target and bool(os.listdir(target))
    except OSError as error:
        raise _unusable(target, error) from error


def _unusable(target: bytes, error: OSError) -> EngineError:
    return EngineError(
        "TARGET_UNUSABLE",
        f"{quoted(target)} cannot be the target: {error.strerror or error}."
        " Name a directory that can be written",
    )


def _open_way(target: bytes, source: bytes, take: Callable[[bytes], None] | None) -> None:
    """Raises OSError if the source cannot be made below the target."""
    deepest = target
    for ancestor in ancestors(source):
        place = below(target, ancestor)
        if take is not None and os.path.lexists(place) and not os.path.isdir(place):
            take(place)
        if not os.path.isdir(place):
            break
        deepest = place
    else:
        if os.path.isdir(below(target, source)):
            return
    if not os.access(deepest, os.W_OK | os.X_OK):
        raise PermissionError(f"{quoted(deepest)} cannot be written")
