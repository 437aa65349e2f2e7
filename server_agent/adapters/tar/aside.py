"""What a restore replaces, kept beside until what replaces it is whole."""

import contextlib
import errno
import logging
import os
import secrets
import shutil
import stat
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from types import TracebackType
from typing import Self

from server_agent.adapters.tar.failures import is_full
from server_agent.adapters.tar.journal import Journal, Note
from server_agent.adapters.tar.mounts import mount_in
from server_agent.domain.jobs import Level
from server_agent.domain.quoting import quoted
from server_agent.ports import Message

log = logging.getLogger(__name__)

_MOST_DIRECTORIES = 10_000  # of which is remembered whether they were empty


@dataclass(slots=True)
class Aside:
    """Leaving the context puts back all that has not been replaced by something whole.

    Each thing keeps its name, in a directory `.sesam-….tmp` beside its place. There it stays only
    if the agent is killed before the end.

    Attributes:
        journal: in which each move is written before it is made; gone at the end.
        replaced: sentences about what is of another kind now.
    """

    journal: Journal
    replaced: list[str] = field(default_factory=list)
    _token: bytes = field(default_factory=lambda: secrets.token_hex(4).encode())
    _said: list[Message] = field(default_factory=list)
    _kept: list[tuple[Note, str]] = field(default_factory=list)  # with what it was
    _coming: dict[bytes, Note] = field(default_factory=dict)
    _come: list[Note] = field(default_factory=list)
    _held: dict[bytes, int] = field(default_factory=dict)  # holder -> things in it
    _used: dict[bytes, bool] = field(default_factory=dict)  # directory -> had it anything in it?

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.dispose()
        for note in reversed(self._coming.values()):
            if note.now and os.path.lexists(note.now):
                self._put_back(note)
        while self._kept:
            self._put_back(self._kept.pop()[0])
        self.journal.remove()

    def take(self, place: bytes) -> None:
        """Moves what is there out of the way until the end of the restore.

        Raises:
            OSError: it cannot be moved, since it is a mount point for instance, or the journal
                cannot be written.
        """
        was = _what(place)
        note = Note(place, self._beside(place), None)
        self.journal.write([note], self._pending(), synced=True)
        self._move(note)
        self._kept.append((note, was))
        text = f"{quoted(place)} is in the way: until the end it is {quoted(note.now)}"
        self._said.append(Message(Level.INFO, "MOVED_ASIDE", text, place))

    @contextlib.contextmanager
    def staging(self, target: bytes) -> Iterator[bytes]:
        """A directory on the target's file system that is gone afterwards, after a kill too."""
        directory = os.path.join(target, b".sesam-" + self._token + b".new")
        self.journal.write([Note(directory, b"", None)], self._pending(), synced=False)
        os.mkdir(directory, 0o700)
        try:
            yield directory
        finally:
            shutil.rmtree(directory, ignore_errors=True)

    def before(self, files: Sequence[tuple[bytes, int]]) -> None:
        """Some files are going to be written: moves their old versions aside. What cannot be moved
        is left for tar to complain of.

        Args:
            files: places and sizes, in the order in which they will be written.

        Raises:
            OSError: no space is left, or the journal cannot be written.
        """
        if not files:
            return
        notes = [
            Note(place, self._beside(place) if self._is_taken(place) else b"", size)
            for place, size in files
        ]
        moves = [note for note in notes if note.now]
        try:
            self.journal.write(notes, self._pending(), synced=bool(moves))
        except OSError as error:
            if moves:
                raise
            log.warning("%s", error)
        for note in notes:
            self._coming[note.place] = note
        for note in moves:
            try:
                self._move(note)
            except OSError as error:
                if is_full(error):
                    raise
                del self._coming[note.place]

    def come(self, place: bytes) -> None:
        """tar is done with a file. Whether it is there is looked at by `dispose`."""
        note = self._coming.pop(place, None)
        if note is not None and note.now:
            self._come.append(note)

    def dispose(self, *, keep_times: bool = False) -> None:
        """Removes the old versions of what has come; where nothing is there, they go back.

        Args:
            keep_times: whether the directories' times have been restored already.
        """
        for note in self._come:
            with _same_times(os.path.dirname(note.place), wanted=keep_times):
                if not os.path.lexists(note.place):
                    self._put_back(note)
                elif not self._remove(note):
                    self._say_kept(note)
        self._come.clear()

    def said(self) -> Iterator[Message]:
        """What was done since the last call."""
        while self._said:
            yield self._said.pop(0)

    def settle(self) -> Iterator[Message | None]:
        """The restore came to its end: removes what has been replaced and puts back the rest.
        Pauses after each."""
        while self._kept:
            note, was = self._kept.pop()
            with _same_times(os.path.dirname(note.place)):
                if not os.path.lexists(note.place):
                    self._put_back(note)
                elif not self._remove(note):
                    self._say_kept(note)
                elif os.path.isdir(note.place):
                    text = (
                        f"{quoted(note.place)} was {was}; it is a directory now as in the saveset"
                    )
                    self.replaced.append(text)
                    self._said.append(Message(Level.WARNING, "REPLACED", text, note.place))
            yield None
        yield from self.said()

    def _is_taken(self, place: bytes) -> bool:
        """Whether a file is there. A directory that had nothing in it when it was first looked at
        has only what this restore brought."""
        directory = place.rpartition(b"/")[0] or b"/"
        used = self._used.get(directory)
        if used is None:
            if len(self._used) >= _MOST_DIRECTORIES:
                self._used.clear()
            used = self._used[directory] = has_entries(directory)
        if not used:
            return False
        try:
            return not stat.S_ISDIR(os.lstat(place).st_mode)
        except OSError:
            return False

    def _beside(self, place: bytes) -> bytes:
        directory, name = os.path.split(place)
        return os.path.join(directory, b".sesam-" + self._token + b".tmp", name)

    def _pending(self) -> list[Note]:
        return [*(note for note, _ in self._kept), *self._come, *self._coming.values()]

    def _move(self, note: Note) -> None:
        if not self._held.get(note.holder):
            with contextlib.suppress(FileExistsError):
                os.mkdir(note.holder, 0o700)
        try:
            os.rename(note.place, note.now)
        except OSError:
            self._release(note.holder, 0)
            raise
        self._held[note.holder] = self._held.get(note.holder, 0) + 1

    def _release(self, holder: bytes, count: int = 1) -> None:
        left = self._held.pop(holder, 0) - count
        if left > 0:
            self._held[holder] = left
            return
        with contextlib.suppress(OSError):
            os.rmdir(holder)

    def _put_back(self, note: Note) -> None:
        try:
            put_back(note)
        except OSError as error:
            log.warning("%s is now %s: %s", quoted(note.place), quoted(note.now), error)
        else:
            self._release(note.holder)

    def _remove(self, note: Note) -> bool:
        try:
            remove(note.now)
        except OSError:
            return False
        self._release(note.holder)
        return True

    def _say_kept(self, note: Note) -> None:
        text = f"{quoted(note.place)} was replaced; what was there is now {quoted(note.now)}"
        self._said.append(Message(Level.WARNING, "NOT_REMOVED", text, note.place))


def has_entries(directory: bytes) -> bool:
    """Whether anything is in a directory; True if that cannot be listed."""
    try:
        with os.scandir(directory) as found:
            return next(found, None) is not None
    except (FileNotFoundError, NotADirectoryError):
        return False
    except OSError:
        return True


def put_back(note: Note) -> None:
    """Moves what stood in a place there again, in one step unless a directory is there now.

    Raises:
        OSError: that cannot be done; a mount point below the place, for instance.
    """
    try:
        os.rename(note.now, note.place)
    except (IsADirectoryError, NotADirectoryError):  # this restore's own, in its place
        remove(note.place)
        os.rename(note.now, note.place)


def remove(place: bytes) -> None:
    """Removes what is there, a directory with all that it holds; OSError before a mount point."""
    if not stat.S_ISDIR(os.lstat(place).st_mode):
        os.unlink(place)
        return
    if (point := mount_in(place)) is not None:
        raise OSError(errno.EBUSY, f"{quoted(point)} is a mount point")
    shutil.rmtree(place)


def _what(place: bytes) -> str:
    """What stands in a place, for the middle of a sentence."""
    mode = os.lstat(place).st_mode
    if stat.S_ISLNK(mode):
        return f"a link to {quoted(os.readlink(place))}"
    return "a directory" if stat.S_ISDIR(mode) else "a file"


@contextlib.contextmanager
def _same_times(directory: bytes, *, wanted: bool = True) -> Iterator[None]:
    """What is removed from a directory changes its times, which have just been restored."""
    status = os.stat(directory) if wanted else None
    yield
    if status is not None:
        with contextlib.suppress(OSError):
            os.utime(directory, ns=(status.st_atime_ns, status.st_mtime_ns))
