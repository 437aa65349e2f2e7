"""The directory that a restore writes below: made, freed of what is in the way, and staged in."""

import contextlib
import os
import shutil
import stat
import tempfile
from collections.abc import Iterable, Iterator
from itertools import groupby

from server_agent.adapters.tar.aside import Aside
from server_agent.adapters.tar.failures import is_full, no_space
from server_agent.adapters.tar.names import joined, shown
from server_agent.adapters.tar.selection import ancestors
from server_agent.domain.jobs import Level
from server_agent.ports import EngineError, Message


def below(target: bytes, path: bytes) -> bytes:
    """Where an absolute path is restored to."""
    return target.rstrip(b"/") + path


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
        os.makedirs(target, exist_ok=True)
        for source in sources:
            _open_way(target, source, aside)
        return bool(os.listdir(target))
    except OSError as error:
        if is_full(error):
            raise no_space(f"no space left at {shown(target)}") from error
        raise EngineError(
            "TARGET_UNUSABLE",
            f"{shown(target)} cannot be the target: {error.strerror or error}."
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
        raise PermissionError(f"{shown(deepest)} cannot be written")


def clear_way(
    target: bytes, entries: Iterable[tuple[bytes, bytes, int]], aside: Aside
) -> Iterator[Message | None]:
    """Takes aside what tar would not replace: directories where files have to be, and the reverse.
    What cannot be moved is left for tar to complain of. Pauses after each directory.

    Args:
        entries: directory, name and leaf of what will be restored, directory by directory and
            each before what it holds.
    """
    for directory, group in groupby(entries, key=lambda entry: entry[0]):
        if os.path.isdir(below(target, directory) or b"/"):
            for _, name, leaf in group:
                place = below(target, joined(directory, name))
                try:
                    if stat.S_ISDIR(os.lstat(place).st_mode) == bool(leaf):
                        aside.take(place)
                except FileNotFoundError:
                    continue
                except OSError as error:
                    text = f"{shown(place)} is in the way and stays: {error.strerror}"
                    yield Message(Level.WARNING, "IN_THE_WAY", text, place)
        yield None


@contextlib.contextmanager
def staging(target: bytes) -> Iterator[bytes]:
    """A directory on the target's file system that is gone afterwards."""
    directory = tempfile.mkdtemp(prefix=b".sesam-", suffix=b".tmp", dir=target)
    try:
        yield directory
    finally:
        shutil.rmtree(directory, ignore_errors=True)
