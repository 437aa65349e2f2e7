"""What a restore has left at its target whose agent was killed."""

import contextlib
import os
import shutil
import stat
from collections.abc import Callable
from pathlib import Path

from server_agent.adapters.durable import sync_file_system
from server_agent.adapters.tar import journal
from server_agent.adapters.tar.aside import put_back, remove, sync_once
from server_agent.adapters.tar.journal import Note
from server_agent.domain.jobs import Level
from server_agent.domain.quoting import quoted
from server_agent.ports import Message


def clean_up(path: Path, sync: Callable[[bytes], None] = sync_file_system) -> list[Message]:
    """Gives every file its old version back that had not come whole, removes one that is cut, and
    says so. What was kept until the end goes back if its place is free; if it is not, what is
    there may be the restore's or a person's by now, so that both are left. The journal is gone
    afterwards."""
    notes = journal.read(path)
    coming = [note for note in notes if note.size is not None]
    kept = [note for note in notes if note.size is None]
    messages = [*_of_files(coming, sync), *filter(None, map(_of_kept, reversed(kept)))]
    journal.Journal(path).remove()
    return messages


def _of_files(notes: list[Note], sync: Callable[[bytes], None]) -> list[Message]:
    """tar writes one after the other: only the last that has begun can be cut; after a crash of the
    system also one whose old version is still kept, since that is removed after a sync."""
    messages: list[Message] = []
    back: list[Note] = []
    synced: set[int] = set()
    is_last = True
    for note in reversed(notes):
        is_there, is_moved = os.path.lexists(note.place), os.path.lexists(note.now)
        if note.now and not is_moved:  # not yet moved, or done
            _drop(note.holder)
            continue
        try:
            if is_there and (is_last or is_moved) and _is_cut(note):
                messages.append(_uncut(note, is_moved))
            elif is_moved and not is_there:
                put_back(note)
                back.append(note)
            elif is_moved:
                sync_once(note.place, synced, sync)
                remove(note.now)
        except OSError as error:
            text = f"{quoted(note.place)} cannot be put in order ({error.strerror})"
            text += f"; what was there is now {quoted(note.now)}" if is_moved else ""
            messages.append(Message(Level.WARNING, "LEFT_ASIDE", text, note.place))
        is_last = is_last and not is_there
        _drop(note.holder)
    if back:
        first = back[-1].place
        what = "file was" if len(back) == 1 else "files were"
        text = f"{len(back)} {what} not yet restored and put back as before, first {quoted(first)}"
        messages.append(Message(Level.WARNING, "PUT_BACK", text, first))
    return messages


def _is_cut(note: Note) -> bool:
    status = os.lstat(note.place)
    return stat.S_ISREG(status.st_mode) and status.st_size < (note.size or 0)


def _uncut(note: Note, moved: bool) -> Message:
    text = f"{quoted(note.place)} was being written when the agent was killed and was cut:"
    if moved:
        put_back(note)
        _drop(note.holder)
        return Message(Level.WARNING, "PUT_BACK", f"{text} it is as before again", note.place)
    os.unlink(note.place)
    return Message(Level.WARNING, "CUT_REMOVED", f"{text} it was removed", note.place)


def _of_kept(note: Note) -> Message | None:
    if not note.now:
        shutil.rmtree(note.place, ignore_errors=True)
        return None
    place, now = quoted(note.place), quoted(note.now)
    is_there = os.path.lexists(note.place)
    if not os.path.lexists(note.now):
        _drop(note.holder)
        if is_there:  # it was noted and not yet moved, or replaced and already removed
            return None
        text = f"{place} was moved to {now}, and neither is there: is its disk mounted?"
    elif is_there:
        text = f"{place} was replaced; what was there is now {now}"
    else:
        try:
            put_back(note)
        except OSError:
            text = f"{place} cannot be put back; it is now {now}"
        else:
            _drop(note.holder)
            return Message(Level.INFO, "PUT_BACK", f"{place} was put back", note.place)
    return Message(Level.WARNING, "LEFT_ASIDE", text, note.place)


def _drop(holder: bytes) -> None:
    with contextlib.suppress(OSError):
        os.rmdir(holder)
