"""The directory that a restore writes below: made, freed of what is in the way, and staged in."""

import contextlib
import os
import shutil
import stat
import tempfile
from collections.abc import Iterable, Iterator
from itertools import groupby

from server_agent.adapters.tar.names import joined, shown
from server_agent.adapters.tar.selection import ancestors
from server_agent.ports import EngineError


def below(target: bytes, path: bytes) -> bytes:
    """Where an absolute path is restored to."""
    return target.rstrip(b"/") + path


def prepare(target: bytes, sources: list[bytes]) -> bool:
    """Makes the target if it is not there, and removes files that stand where directories above
    the sources have to be. Links to directories stay: /srv may well lead elsewhere.

    Returns:
        Whether anything was in the target.

    Raises:
        EngineError: TARGET_UNUSABLE.
    """
    try:
        if not target.startswith(b"/"):
            raise NotADirectoryError("it is no absolute path")
        os.makedirs(target, exist_ok=True)
        for source in sources:
            _open_way(target, source)
        return bool(os.listdir(target))
    except OSError as error:
        raise EngineError(
            "TARGET_UNUSABLE",
            f"{shown(target)} cannot be the target: {error.strerror or error}."
            " Name a directory that can be written",
        ) from error


def _open_way(target: bytes, source: bytes) -> None:
    """Raises OSError if the source cannot be made below the target."""
    deepest = target
    for ancestor in ancestors(source):
        place = below(target, ancestor)
        if os.path.lexists(place) and not os.path.isdir(place):
            os.unlink(place)
        if not os.path.isdir(place):
            break
        deepest = place
    else:
        if os.path.isdir(below(target, source)):
            return
    if not os.access(deepest, os.W_OK | os.X_OK):
        raise PermissionError(f"{shown(deepest)} cannot be written")


def clear_way(target: bytes, entries: Iterable[tuple[bytes, bytes, int]]) -> Iterator[None]:
    """Removes what tar would not replace: directories where files have to be, and the reverse.
    What cannot be removed is left for tar to complain of. Pauses after each directory.

    Args:
        entries: directory, name and leaf of what will be restored, directory by directory and
            each before what it holds.
    """
    for directory, group in groupby(entries, key=lambda entry: entry[0]):
        if os.path.isdir(below(target, directory) or b"/"):
            for _, name, leaf in group:
                place = below(target, joined(directory, name))
                with contextlib.suppress(OSError):
                    if stat.S_ISDIR(os.lstat(place).st_mode) == bool(leaf):
                        remove(place)
        yield


def remove(place: bytes) -> None:
    """Removes what is there, a directory with all that it holds."""
    if stat.S_ISDIR(os.lstat(place).st_mode):
        shutil.rmtree(place)
    else:
        os.unlink(place)


@contextlib.contextmanager
def staging(target: bytes) -> Iterator[bytes]:
    """A directory on the target's file system that is gone afterwards."""
    directory = tempfile.mkdtemp(prefix=b".sesam-", suffix=b".tmp", dir=target)
    try:
        yield directory
    finally:
        shutil.rmtree(directory, ignore_errors=True)
