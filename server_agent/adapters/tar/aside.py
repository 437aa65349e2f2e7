"""What a restore replaces, kept beside until what replaces it is whole."""

import contextlib
import errno
import logging
import os
import secrets
import shutil
import stat
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from types import TracebackType
from typing import Self

from server_agent.adapters.durable import sync_file_system
from server_agent.adapters.tar.arriving import may_go, move_new
from server_agent.adapters.tar.failures import is_full
from server_agent.adapters.tar.journal import Journal, Note
from server_agent.adapters.tar.mounts import mount_in, mount_of
from server_agent.adapters.tar.standing import has_entries, standing_now
from server_agent.domain.jobs import Level
from server_agent.domain.overwriting import OverwriteRule, Standing
from server_agent.domain.quoting import quoted
from server_agent.ports import Message

log = logging.getLogger(__name__)

_MOST_DIRECTORIES = 10_000  # of which is remembered whether they were empty
# Old versions that are removed together, after one sync for all of them.
_MOST_TOGETHER = 2048
_TOGETHER_BYTES = 32 << 20  # of old and new versions: for so long both need their space


@dataclass(slots=True)
class Aside:
    """Leaving the context puts back all that has not been replaced by something whole; what cannot
    be put back is said.

    Each thing keeps its name, in a directory `.sesam-….tmp` beside its place. There it stays only
    if the agent is killed before the end.

    Attributes:
        journal: in which each move is written before it is made; gone at the end.
        rule: what may be moved for a file that comes.
        sync: makes all that was written to a directory's file system outlast a crash.
        replaced: sentences about what is of another kind now, and about old versions that stay.
    """

    journal: Journal
    sync: Callable[[bytes], None] = sync_file_system
    rule: OverwriteRule = OverwriteRule.ALWAYS
    replaced: list[str] = field(default_factory=list)
    _token: bytes = field(default_factory=lambda: secrets.token_hex(4).encode())
    _said: deque[Message] = field(default_factory=deque)
    _kept: list[tuple[Note, str]] = field(default_factory=list)  # with what it was
    _coming: dict[bytes, Note] = field(default_factory=dict)
    _come: dict[bytes, Note] = field(default_factory=dict)
    _come_bytes: int = 0  # of both versions of what has come
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
        try:
            self.dispose()
        except OSError as sync_error:
            log.warning("what was restored last may not be on its disk: %s", sync_error)
            self._coming = self._come | self._coming
        self.give_back()
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
        text = f"{self._quoted(place)} is in the way: until the end it is {self._quoted(note.now)}"
        self._say(Level.INFO, "MOVED_ASIDE", text, place)

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

    def before(self, files: Sequence[tuple[bytes, int, int]]) -> None:
        """Some files are going to be written: moves their old versions aside. What cannot be moved
        is left for tar to complain of.

        Args:
            files: places, sizes and modify times, in the order in which they will be written.

        Raises:
            OSError: no space is left, or the journal cannot be written.
        """
        if not files:
            return
        notes = [
            Note(place, self._beside(place) if self._is_taken(place, modify_ns) else b"", size)
            for place, size, modify_ns in files
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
        times = {place: modify_ns for place, _, modify_ns in files} if moves else {}
        for note in moves:
            try:
                self._move(note)
                if not self._goes(standing_now(note.now), times[note.place]):
                    del self._coming[note.place]  # it was written anew since it was looked at
                    self._put_back(note)
            except OSError as error:
                if is_full(error):
                    raise
                del self._coming[note.place]

    def come(self, place: bytes) -> None:
        """tar is done with a file. Whether it is there is looked at by `dispose`."""
        note = self._coming.pop(place, None)
        if note is not None:
            self._come[place] = note
            if note.now:
                self._come_bytes += (note.size or 0) + _stored_size(note.now)

    def give_back(self) -> None:
        """What has not come by now does not come, or comes anew: old versions go back."""
        for note in reversed(self._coming.values()):
            if note.now and os.path.lexists(note.now):
                self._put_back(note)
        self._coming.clear()

    def stayed(self, place: bytes) -> int:
        """A file has not come, since something came to its place that stays there. Returns the
        bytes that it would have had."""
        note = self._coming.pop(place, None) or self._come.pop(place, None)
        if note is not None and note.now:
            what = "has something new that stays; what was there before is now"
            self._say_left("NOT_REMOVED", note, f"{what} {self._quoted(note.now)}")
        return (note.size or 0) if note is not None else 0

    @property
    def is_due(self) -> bool:
        """Whether so much has come that it is time for `dispose`."""
        return len(self._come) >= _MOST_TOGETHER or self._come_bytes >= _TOGETHER_BYTES

    def remove_new(self, place: bytes, since_ns: int) -> None:
        """Removes a file of which only a part may be there, unless it is an older one that tar
        had not yet replaced.

        Args:
            since_ns: what was made before is older.
        """
        with contextlib.suppress(OSError):
            status = os.lstat(place)
            is_new = self._has_brought(place) or status.st_ctime_ns >= since_ns
            if stat.S_ISREG(status.st_mode) and is_new:
                os.unlink(place)

    def full(self, place: bytes) -> str:
        """Where no space is left for a place, for the end of a sentence."""
        named = self.journal.named(place)
        point = quoted(mount_of(named))
        return f"on the file system {point}, where {quoted(named)} has to be written"

    def _has_brought(self, place: bytes) -> bool:
        """Whether a file that is there can only be the restore's: until `dispose`, of those whose
        places were free or whose old versions are kept."""
        note = self._come.get(place) or self._coming.get(place)
        return note is not None and (not note.now or os.path.lexists(note.now))

    def dispose(self, *, keep_times: bool = False) -> None:
        """Removes the old versions of what has come; where nothing is there, they go back. What
        has come outlasts a crash before.

        Args:
            keep_times: whether the directories' times have been restored already.

        Raises:
            OSError: what has come cannot be written to its disk; all old versions are still kept.
        """
        replaced = [note for note in self._come.values() if note.now]
        self._sync_places(replaced)
        for note in replaced:
            with _same_times(os.path.dirname(note.place), wanted=keep_times):
                if not os.path.lexists(note.place):
                    self._put_back(note)
                elif not self._remove(note):
                    self._say_kept(note)
        self._come.clear()
        self._come_bytes = 0

    def said(self) -> Iterator[Message]:
        """What was done since the last call."""
        while self._said:
            yield self._said.popleft()

    def settle(self) -> Iterator[Message | None]:
        """The restore came to its end: removes what has been replaced and puts back the rest.
        Pauses after each. Raises OSError as `dispose`."""
        self._sync_places(note for note, _ in self._kept)
        while self._kept:
            note, was = self._kept.pop()
            with _same_times(os.path.dirname(note.place)):
                if not os.path.lexists(note.place):
                    self._put_back(note)
                elif not self._remove(note):
                    self._say_kept(note)
                elif os.path.isdir(note.place):
                    text = f"{self._quoted(note.place)} was {was};"
                    text += " it is a directory now as in the saveset"
                    self.replaced.append(text)
                    self._say(Level.WARNING, "REPLACED", text, note.place)
            yield None
        yield from self.said()

    def _is_taken(self, place: bytes, modify_ns: int) -> bool:
        """Whether a file is there that has to go. A directory that had nothing in it when it was
        first looked at has only what this restore brought."""
        if self.rule in (OverwriteRule.NEVER, OverwriteRule.RENAME):
            return False  # or it is left for tar to see
        directory = place.rpartition(b"/")[0] or b"/"
        used = self._used.get(directory)
        if used is None:
            if len(self._used) >= _MOST_DIRECTORIES:
                self._used.clear()
            used = self._used[directory] = has_entries(directory)
        if not used:
            return False
        return self._goes(standing_now(place), modify_ns)

    def _goes(self, standing: Standing | None, modify_ns: int) -> bool:
        """Whether this is a file in the place of one that comes."""
        if standing is None or standing.is_directory:
            return False
        return may_go(standing, self.rule, modify_ns)

    def _beside(self, place: bytes) -> bytes:
        directory, name = os.path.split(place)
        return os.path.join(directory, b".sesam-" + self._token + b".tmp", name)

    def _pending(self) -> Iterator[Note]:
        yield from (note for note, _ in self._kept)
        yield from self._come.values()
        yield from self._coming.values()

    def _sync_places(self, notes: Iterable[Note]) -> None:
        """Whatever has come in these places."""
        synced: set[int] = set()
        for note in notes:
            with contextlib.suppress(FileNotFoundError):  # then nothing has come there
                sync_once(note.place, synced, self.sync)

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
            if self.rule is OverwriteRule.ALWAYS or note.size is None:
                put_back(note, self.journal.named)
            else:  # a part of what was to come is not there any more
                move_new(note.now, note.place)
        except OSError as error:
            what = f"cannot be put back ({error.strerror}); it is now {self._quoted(note.now)}"
            self._say_left("LEFT_ASIDE", note, what)
        else:
            self._release(note.holder)

    def _remove(self, note: Note) -> bool:
        try:
            remove(note.now, self.journal.named(note.now))
        except OSError:
            return False
        self._release(note.holder)
        return True

    def _say(self, level: Level, code: str, text: str, place: bytes) -> None:
        self._said.append(Message(level, code, text, self.journal.named(place)))

    def _quoted(self, place: bytes) -> str:
        return quoted(self.journal.named(place))

    def _say_kept(self, note: Note) -> None:
        what = f"was replaced; what was there is now {self._quoted(note.now)}"
        self._say_left("NOT_REMOVED", note, what)

    def _say_left(self, code: str, note: Note, what: str) -> None:
        text = f"{self._quoted(note.place)} {what}"
        self.replaced.append(text)
        self._say(Level.WARNING, code, text, note.place)


def sync_once(place: bytes, synced: set[int], sync: Callable[[bytes], None]) -> None:
    """Makes what came to a place outlast a crash. `synced`: devices of which that is known."""
    directory = os.path.dirname(place)
    device = os.stat(directory).st_dev
    if device not in synced:
        sync(directory)
        synced.add(device)


def put_back(note: Note, named: Callable[[bytes], bytes] = lambda place: place) -> None:
    """Moves what stood in a place there again, in one step unless a directory is there now.

    Args:
        named: how a place is called in the mount table.

    Raises:
        OSError: that cannot be done; a mount point below the place, for instance.
    """
    try:
        os.rename(note.now, note.place)
    except (IsADirectoryError, NotADirectoryError):  # this restore's own, in its place
        remove(note.place, named(note.place))
        os.rename(note.now, note.place)


def remove(place: bytes, named: bytes) -> None:
    """Removes what is there, a directory with all that it holds; OSError before a mount point.
    `named`: what the place is called in the mount table."""
    if not stat.S_ISDIR(os.lstat(place).st_mode):
        os.unlink(place)
        return
    if (point := mount_in(named)) is not None:
        raise OSError(errno.EBUSY, f"{quoted(point)} is a mount point")
    shutil.rmtree(place)


def _stored_size(place: bytes) -> int:
    """Bytes that it takes on its disk; 0 if it is not there."""
    try:
        return os.lstat(place).st_blocks * 512  # the unit of stat(2), whatever the file system
    except OSError:
        return 0


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
