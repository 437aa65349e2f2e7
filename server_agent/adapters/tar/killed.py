"""What a restore has left at its target whose agent was killed."""

import contextlib
import os
import shutil
import stat
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Self

from server_agent.adapters.durable import sync_file_system
from server_agent.adapters.tar import guard, journal
from server_agent.adapters.tar.aside import put_back, remove, sync_once
from server_agent.adapters.tar.journal import Note
from server_agent.domain.jobs import Level
from server_agent.domain.quoting import quoted
from server_agent.ports import Message


class _Way:
    """To the directory of one note after the other. Where root goes it, no link of another user is
    followed that has been put on it since."""

    def __init__(self) -> None:
        self._held = contextlib.ExitStack()
        self._directory = b""
        self._root = b""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._held.close()

    def reached(self, note: Note) -> Note:
        """The note, with the places as they are reached; until the next call.

        Raises:
            OSError: such a link is on the way.
        """
        directory = os.path.dirname(note.place)
        if directory != self._directory:
            self._held.close()
            self._directory, self._root = b"", directory
            if os.geteuid() == 0:
                with contextlib.suppress(FileNotFoundError, NotADirectoryError):
                    self._root = self._opened(directory)
            self._directory = directory
        root, length = self._root.rstrip(b"/"), len(directory.rstrip(b"/"))
        return Note(root + note.place[length:], note.now and root + note.now[length:], note.size)

    def _opened(self, directory: bytes) -> bytes:
        descriptor = guard.opened(directory)
        self._held.callback(os.close, descriptor)
        tree = guard.without_links(descriptor, directory, is_for_programs=False)
        if tree is None:
            return guard.path_of(descriptor)
        self._held.callback(os.close, tree)
        return guard.path_of(tree)


def clean_up(path: Path, sync: Callable[[bytes], None] = sync_file_system) -> list[Message]:
    """Gives every file its old version back that had not come whole, removes one that is cut, and
    says so. What was kept until the end goes back if its place is free; if it is not, what is
    there may be the restore's or a person's by now, so that both are left. The journal is gone
    afterwards."""
    notes = journal.read(path)
    coming = [note for note in notes if note.size is not None]
    kept = [note for note in notes if note.size is None]
    with _Way() as way:
        messages = _of_files(coming, way, sync)
        messages += filter(None, (_of_kept(note, way) for note in reversed(kept)))
    journal.Journal(path).remove()
    return messages


def _of_files(notes: list[Note], way: _Way, sync: Callable[[bytes], None]) -> list[Message]:
    """tar writes one after the other: only the last that has begun can be cut; after a crash of the
    system also one whose old version is still kept, since that is removed after a sync."""
    messages: list[Message] = []
    back: list[Note] = []
    synced: set[int] = set()
    is_last = True
    for note in reversed(notes):
        at, is_there, is_moved = note, False, bool(note.now)
        try:
            at = way.reached(note)
            is_there, is_moved = os.path.lexists(at.place), os.path.lexists(at.now)
            if note.now and not is_moved:  # not yet moved, or done
                pass
            elif is_there and (is_last or is_moved) and _is_cut(at):
                messages.append(_uncut(note, at, is_moved))
            elif is_moved and not is_there:
                put_back(at)
                back.append(note)
            elif is_moved:
                sync_once(at.place, synced, sync)
                remove(at.now, note.now)
        except OSError as error:
            text = f"{quoted(note.place)} cannot be put in order ({error.strerror})"
            text += f"; what was there is now {quoted(note.now)}" if is_moved else ""
            messages.append(Message(Level.WARNING, "LEFT_ASIDE", text, note.place))
        is_last = is_last and not (is_there and (is_moved or not note.now))
        _drop(at.holder)
    if back:
        first = back[-1].place
        what = "file was" if len(back) == 1 else "files were"
        text = f"{len(back)} {what} not yet restored and put back as before, first {quoted(first)}"
        messages.append(Message(Level.WARNING, "PUT_BACK", text, first))
    return messages


def _is_cut(note: Note) -> bool:
    status = os.lstat(note.place)
    return stat.S_ISREG(status.st_mode) and status.st_size < (note.size or 0)


def _uncut(note: Note, at: Note, moved: bool) -> Message:
    text = f"{quoted(note.place)} was being written when the agent was killed and was cut:"
    if moved:
        put_back(at)
        _drop(at.holder)
        return Message(Level.WARNING, "PUT_BACK", f"{text} it is as before again", note.place)
    os.unlink(at.place)
    return Message(Level.WARNING, "CUT_REMOVED", f"{text} it was removed", note.place)


def _of_kept(note: Note, way: _Way) -> Message | None:
    place, now = quoted(note.place), quoted(note.now)
    try:
        at = way.reached(note)
    except OSError as error:
        text = f"{place} cannot be put in order ({error.strerror}); it may be {now}"
        return Message(Level.WARNING, "LEFT_ASIDE", text, note.place)
    if not note.now:
        shutil.rmtree(at.place, ignore_errors=True)
        return None
    is_there = os.path.lexists(at.place)
    if not os.path.lexists(at.now):
        _drop(at.holder)
        if is_there:  # it was noted and not yet moved, or replaced and already removed
            return None
        text = f"{place} was moved to {now}, and neither is there: is its disk mounted?"
    elif is_there:
        text = f"{place} was replaced; what was there is now {now}"
    else:
        try:
            put_back(at)
        except OSError:
            text = f"{place} cannot be put back; it is now {now}"
        else:
            _drop(at.holder)
            return Message(Level.INFO, "PUT_BACK", f"{place} was put back", note.place)
    return Message(Level.WARNING, "LEFT_ASIDE", text, note.place)


def _drop(holder: bytes) -> None:
    with contextlib.suppress(OSError):
        os.rmdir(holder)
