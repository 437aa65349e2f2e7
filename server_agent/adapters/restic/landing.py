"""From the staging directory of a restore into the places.

Every file takes its place in one step, in which its old version goes: it was whole and on its
disk before. Directories are made, and get what they had when all that they hold is in them. Below
a mount point a copy is made beside first, since nothing can be moved to another file system.
"""

import contextlib
import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass, field

from server_agent.adapters.durable import sync_file_system
from server_agent.adapters.restic.selection import Directory, Picked, ResticSelection
from server_agent.adapters.tar import arriving
from server_agent.adapters.tar.aside import Aside
from server_agent.adapters.tar.child import Child
from server_agent.adapters.tar.failures import is_full
from server_agent.adapters.tar.guard import reason_of
from server_agent.adapters.tar.names import joined
from server_agent.adapters.tar.numbers import is_nearest
from server_agent.adapters.tar.tally import Tally
from server_agent.adapters.tar.target import below, make_directories
from server_agent.adapters.tar.transfer import Pace
from server_agent.domain.jobs import Level
from server_agent.domain.overwriting import OverwriteRule
from server_agent.domain.quoting import printable, quoted
from server_agent.ports import Cancelled, Control, EngineError, Message


@dataclass(frozen=True, slots=True)
class _Stage:
    """Where what belongs below a path waits, and on which device."""

    path: bytes
    directory: bytes
    device: int


@dataclass(slots=True)
class Landing:
    """Attributes:
    failed: what restic has not brought whole, and why.
    """

    selection: ResticSelection
    staged: bytes
    target: bytes
    aside: Aside
    tally: Tally
    failed: dict[bytes, str]
    control: Control
    rule: OverwriteRule
    _stages: list[_Stage] = field(default_factory=list)
    _late: list[tuple[bytes, tuple[int, int]]] = field(default_factory=list)

    def events(self) -> Iterator[Message | None]:
        """Says what could not be done; None is a sign of life.

        Raises:
            EngineError: NO_SPACE, COPY_FAILED.
            Cancelled: the control said so.
        """
        self._stages = [_Stage(b"", self.staged, os.stat(self.staged).st_dev)]
        pace = Pace()
        with contextlib.ExitStack() as copies:
            for picked in self.selection.rows():
                if self.control.cancelled:
                    raise Cancelled
                yield from self._land(picked, copies)
                if pace.due():
                    yield None
            for directory in self.selection.directories_inside_out():
                self._complete(directory)
                if pace.due():
                    yield None

    def finish(self) -> None:
        """To be called when all that was staged is gone: the directories in which it lay get their
        times once more."""
        for place, times in self._late:
            with contextlib.suppress(OSError):  # it was said before
                os.utime(place, ns=times)

    def _land(self, picked: Picked, copies: contextlib.ExitStack) -> Iterator[Message]:
        path = joined(picked.directory, picked.name)
        place, source = below(self.target, picked.renamed or path), self._source(path)
        self.tally.entries += 1
        self.tally.current = path
        try:
            if not picked.leaf:
                self._make(path, place, copies)
                return
            reason = self._why_not(picked, path, source)
            if not reason:
                if picked.kind == "l":
                    _mend_link(source, picked.link)
                if is_nearest(picked.modify_ns):  # restic has made 1901 of it
                    times = os.lstat(source).st_atime_ns, picked.modify_ns
                    os.utime(source, ns=times, follow_symlinks=False)
                make_directories(os.path.dirname(place))
                arriving.move(source, place, self.rule, picked.modify_ns)
        except OSError as error:
            if is_full(error):
                raise
            reason = reason_of(error)
        if reason:
            self.tally.failed += picked.leaf
            self.tally.files += picked.leaf
            text = f"{quoted(path)} was not restored: {reason}"
            yield Message(Level.WARNING, "NOT_RESTORED", text, path)
            return
        self.tally.files += 1
        self.tally.size += picked.size * (picked.kind == "f" and not picked.is_link)

    def _why_not(self, picked: Picked, path: bytes, source: bytes) -> str:
        """Why it must not come to its place; empty if it may. Raises OSError if it is not there."""
        if path in self.failed:
            return self.failed[path]
        size = os.lstat(source).st_size
        return (
            "it has not the size that it had" if picked.kind == "f" and size != picked.size else ""
        )

    def _make(self, path: bytes, place: bytes, copies: contextlib.ExitStack) -> None:
        """A directory. At a mount point what it holds is brought over."""
        source = self._source(path)
        if not os.path.isdir(place or b"/"):
            make_directories(os.path.dirname(place))
            os.mkdir(place, 0o700)
        device = os.stat(place or b"/").st_dev
        if device != self._stage(path).device and os.path.isdir(source):
            near = copies.enter_context(self.aside.staging(place or b"/"))
            copy = os.path.join(near, b"copy")
            self._copy(source, copy)
            sync_file_system(near)
            self._stages.append(_Stage(path, copy, device))

    def _copy(self, source: bytes, copy: bytes) -> None:
        said = b""
        words = [b"cp", b"--archive", b"--no-target-directory", b"--", source, copy]
        with Child(words, self.control) as child:
            while child.talks:
                for output in child.ready():
                    said += child.read(output)
            status = child.wait()
        if b"No space left on device" in said or b"Disk quota exceeded" in said:
            raise EngineError("NO_SPACE", f"{printable(said.strip())}. Free some space")
        if status:
            raise EngineError("COPY_FAILED", f"cp says: {printable(said.strip())}")

    def _complete(self, directory: Directory) -> None:
        """Gives a directory owner, mode and attributes of what was restored for it. That has lost
        its time since, with what it held; and for the root restic restores nothing."""
        path = directory.path
        place, source = below(self.target, path) or b"/", self._source(path)
        try:
            status, own = os.lstat(source), os.lstat(place)
            owner, mode = (status.st_uid, status.st_gid), stat.S_IMODE(status.st_mode)
            if path == b"/":
                owner, mode = (directory.uid, directory.gid), directory.mode
            if (own.st_uid, own.st_gid) != owner:
                os.chown(place, *owner)
            os.chmod(place, mode)
            for name in os.listxattr(source, follow_symlinks=False):
                os.setxattr(place, name, os.getxattr(source, name))
            times = status.st_atime_ns, directory.modify_ns
            os.utime(place, ns=times)
            if path == b"/" or any(path == stage.path for stage in self._stages):
                self._late.append((place, times))
        except OSError as error:
            self.tally.bare += 1
            self.tally.first_bare = self.tally.first_bare or f"{quoted(path)}: {error.strerror}"

    def _stage(self, path: bytes) -> _Stage:
        """The innermost one that has the path."""
        for stage in reversed(self._stages):
            if path == stage.path or path.startswith(stage.path + b"/"):
                return stage
        return self._stages[0]

    def _source(self, path: bytes) -> bytes:
        stage = self._stage(path)
        return stage.directory + path[len(stage.path) :].rstrip(b"/")


def _mend_link(link: bytes, target: bytes) -> None:
    """Lets a symbolic link point at what it did: restic keeps text, and writes U+FFFD for each byte
    that is none (before 0.17). Raises OSError."""
    if _is_text(target) or os.readlink(link) == target:
        return
    status = os.lstat(link)
    names = os.listxattr(link, follow_symlinks=False)
    kept = {name: os.getxattr(link, name, follow_symlinks=False) for name in names}
    os.unlink(link)
    os.symlink(target, link)
    os.lchown(link, status.st_uid, status.st_gid)
    for name, value in kept.items():
        os.setxattr(link, name, value, follow_symlinks=False)
    os.utime(link, ns=(status.st_atime_ns, status.st_mtime_ns), follow_symlinks=False)


def _is_text(name: bytes) -> bool:
    try:
        name.decode()
    except UnicodeDecodeError:
        return False
    return True
