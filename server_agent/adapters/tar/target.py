"""The directory that a restore writes below."""

import contextlib
import errno
import os
import stat
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from server_agent.adapters.tar import guard
from server_agent.adapters.tar.failures import is_full, no_space
from server_agent.adapters.tar.mounts import mount_of
from server_agent.adapters.tar.names import ancestors
from server_agent.adapters.tar.places import medium_around
from server_agent.domain.quoting import quoted
from server_agent.ports import EngineError

_REACHABLE = 0o755
_WEAK = "cannot keep other users from leading this restore elsewhere by symbolic links in"
_KEEP_OUT = "directories of theirs: keep them out until it has ended"


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
            if os.path.islink(path):
                raise OSError(errno.ELOOP, os.strerror(errno.ELOOP), path) from None
            raise
        os.chmod(path, stat.S_IMODE(os.stat(path).st_mode) | _REACHABLE)


@dataclass(frozen=True, slots=True)
class Ground:
    """The target, as a restore reaches it.

    Attributes:
        target: its name, as it was asked for.
        root: by which the agent and its programs reach it.
        is_guarded: whether no symbolic link below is followed, whoever puts it there and when.
        weakness: why it is not, where root restores; a sentence, else empty.
    """

    target: bytes
    root: bytes
    is_guarded: bool = False
    weakness: str = ""

    def named(self, place: bytes) -> bytes:
        """The name of a place below the root."""
        if not self.is_guarded or not place.startswith(self.root):
            return place
        return self.target.rstrip(b"/") + place.removeprefix(self.root) or b"/"

    def reached(self, place: bytes) -> bytes:
        """By which a place below the target is reached."""
        return self.root + place.removeprefix(self.target.rstrip(b"/"))


@contextlib.contextmanager
def ground(target: bytes, sources: Sequence[bytes]) -> Iterator[Ground]:
    """Makes the target if it is not there. Where root restores, nobody can exchange a directory in
    it for a link meanwhile: links of root's own above the sources excepted, which are followed.

    Raises:
        EngineError: TARGET_UNUSABLE, NO_SPACE.
    """
    with contextlib.ExitStack() as held:
        with _translated(target):
            if not target.startswith(b"/"):
                raise NotADirectoryError("it is no absolute path")
            found = _ground(target, sources, held)
        try:
            yield found
        except OSError as error:
            if isinstance(error.filename, str | bytes):
                error.filename = found.named(os.fsencode(error.filename))
            raise


def _ground(target: bytes, sources: Sequence[bytes], held: contextlib.ExitStack) -> Ground:
    if os.geteuid():
        make_directories(target)
        return Ground(target, target)
    directory = guard.opened(target, is_made=True)
    held.callback(os.close, directory)
    _mount_along(target, sources)
    if guard.waits_for_mounts(below(target, source) for source in sources):
        why = "file systems below the sources are mounted when they are needed, so that the system"
        return Ground(target, target, weakness=f"{why} {_WEAK} {_KEEP_OUT}")
    tree = guard.without_links(directory, target)
    if tree is None:
        return Ground(target, target, weakness=f"this system {_WEAK} {_KEEP_OUT}")
    held.callback(os.close, tree)
    root = guard.path_of(tree)
    if _has_link(root, sources):
        why = "a symbolic link above the sources is followed, so that the system"
        return Ground(target, target, weakness=f"{why} {_WEAK} {_KEEP_OUT}")
    return Ground(target, root, is_guarded=True)


def _mount_along(target: bytes, sources: Sequence[bytes]) -> None:
    """Has what is mounted above the sources only when somebody comes there mounted."""
    for source in sources:
        with contextlib.suppress(OSError):
            os.close(guard.opened(below(target, source)))


def _has_link(root: bytes, sources: Sequence[bytes]) -> bool:
    """Whether links that may be followed are above the sources. Those of others count as what they
    are: something in the place of a directory."""
    for source in sources:
        for ancestor in ancestors(source):
            with contextlib.suppress(OSError):
                status = os.lstat(below(root, ancestor))
                if stat.S_ISLNK(status.st_mode) and guard.is_own(status):
                    return True
    return False


@contextlib.contextmanager
def _translated(target: bytes) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        if is_full(error):
            point = quoted(mount_of(target))
            raise no_space(f"no space left on the file system {point}") from error
        raise _unusable(target, error) from error


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


def prepare(found: Ground, sources: list[bytes], take: Callable[[bytes], None] | None) -> bool:
    """Takes aside files that stand where directories above the sources have to be. Links to
    directories stay unless they are guarded against: /srv may well lead elsewhere.

    Args:
        take: moves what is in a place out of the way; None if it has to stay.

    Returns:
        Whether anything was in the target.

    Raises:
        EngineError: TARGET_UNUSABLE.
    """
    with _translated(found.target):
        for source in sources:
            _open_way(found, source, take)
        return bool(os.listdir(found.root))


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
        _look_along(target)
        return there == target and bool(os.listdir(target))
    except OSError as error:
        raise _unusable(target, error) from error


def _look_along(target: bytes) -> None:
    """Raises OSError if a link is on its way that a restore would not follow."""
    if os.geteuid() == 0:
        with contextlib.suppress(FileNotFoundError):
            os.close(guard.opened(target))


def _unusable(target: bytes, error: OSError) -> EngineError:
    advice = "Name a directory that can be written"
    if isinstance(error, guard.ForeignLink):
        advice = "Name the directory that the link leads to, if that is what is meant"
    why = f"{quoted(target)} cannot be the target: {error.strerror or error}"
    return EngineError("TARGET_UNUSABLE", f"{why}. {advice}")


def _open_way(found: Ground, source: bytes, take: Callable[[bytes], None] | None) -> None:
    """Raises OSError if the source cannot be made below the target."""
    deepest = target = found.root
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
        raise PermissionError(f"{quoted(found.named(deepest))} cannot be written")
