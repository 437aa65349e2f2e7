"""What a restore is going to change, written before it does: for the start after a kill."""

import logging
import os
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from server_agent.adapters.durable import sync
from server_agent.adapters.tar import private

log = logging.getLogger(__name__)

_LONGEST_BYTES = 4 << 20  # then it is written anew without what is done
_NEW = ".new"


@dataclass(frozen=True, slots=True)
class Note:
    """One change.

    Attributes:
        place: what is going to be there another thing than before.
        now: where what stood there is moved, alone or with its neighbours in a directory beside;
            empty if nothing was there.
        size: bytes of the file that comes, 0 for a link or device. None if what was there is kept
            until the end of the restore, whatever comes to its place; if nothing was, the place
            is the restore's own and gone at its end.
    """

    place: bytes
    now: bytes
    size: int | None

    @property
    def holder(self) -> bytes:
        return os.path.dirname(self.now)


@dataclass(slots=True)
class Journal:
    """A file of notes in the order in which they come true. Raises OSError with its name.

    Attributes:
        named: how a place is known after this run.
    """

    path: Path
    named: Callable[[bytes], bytes] = lambda place: place
    _length: int = field(default=0)  # of what has been written since it was made or made anew
    _pending: int = 0  # of that, what was not done when it was made anew
    _has_name: bool = False  # that outlasts a crash of the system

    def write(self, notes: Sequence[Note], pending: Iterable[Note], *, synced: bool) -> None:
        """Adds notes.

        Args:
            notes: what is added.
            pending: what was added before and is not done yet, in its order.
            synced: whether they have to outlast a crash of the system.
        """
        if self._length > _LONGEST_BYTES + self._pending:
            new = self.path.with_suffix(_NEW)
            new.unlink(missing_ok=True)
            self._length = 0
            self._append(new, [*pending, *notes], synced=True)
            os.replace(new, self.path)
            self._pending = self._length
            self._has_name = False
        else:
            self._append(self.path, notes, synced=synced)
        if synced and not self._has_name:
            sync(self.path.parent)
            self._has_name = True

    def remove(self) -> None:
        for path in (self.path, self.path.with_suffix(_NEW)):
            path.unlink(missing_ok=True)

    def _append(self, path: Path, notes: Sequence[Note], *, synced: bool) -> None:
        data = b"".join(
            b"%b\0%b\0%b\0"
            % (
                self.named(note.place),
                self.named(note.now),
                b"" if note.size is None else b"%d" % note.size,
            )
            for note in notes
        )
        try:
            with open(path, "ab", buffering=0, opener=private.opener) as file:
                begin = file.tell()
                try:
                    rest = memoryview(data)
                    while rest:
                        rest = rest[file.write(rest) :]
                    if synced:
                        os.fsync(file.fileno())
                except OSError:
                    file.truncate(begin)  # after a part of a note no other one can be told
                    raise
        except OSError as error:
            raise OSError(error.errno, error.strerror, os.fspath(path)) from error
        self._length += len(data)


def read(path: Path) -> list[Note]:
    """The notes of a journal, without one that was cut and all behind one that is damaged; empty
    if there is no journal."""
    try:
        fields = path.read_bytes().split(b"\0")[:-1]
    except FileNotFoundError:
        return []
    rows = zip(fields[::3], fields[1::3], fields[2::3], strict=False)
    notes: list[Note] = []
    for place, now, size in rows:
        if size and not size.isdigit():
            log.warning("%s is damaged: only its first %d notes can be read", path, len(notes))
            break
        notes.append(Note(place, now, int(size) if size else None))
    return notes
