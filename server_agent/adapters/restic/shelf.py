"""A copy of a saveset's listing in its repository, from which a lost catalogue is put back: a
snapshot of its own with one file, and with the description in its tags.

What of the description is fit for no command line stands before the listing, behind a line that
says the format and how many bytes it has: `SESAM LISTING 1 0000000042`. Without such a line all of
the file is the listing, which is a database of SQLite and begins otherwise.
"""

import contextlib
import logging
import os
import re
import sqlite3
from collections.abc import Generator, Iterator, Mapping, Sequence
from itertools import groupby
from pathlib import Path
from typing import Any

from blake3 import blake3

from server_agent.adapters.durable import sync
from server_agent.adapters.restic import description
from server_agent.adapters.restic.dumped import ReadFailed, dumped
from server_agent.adapters.restic.places import ResticFiles, ResticPlaces
from server_agent.adapters.restic.program import (
    PATIENCE_LOOKS,
    Answer,
    ResticChild,
    Said,
    wait_a_moment,
)
from server_agent.adapters.restic.repository import LISTING_TAG, SAVESET_TAG, Repository
from server_agent.adapters.restic.transfer import snapshot_in
from server_agent.adapters.tar import packed, private
from server_agent.adapters.tar.description import DescriptionError
from server_agent.adapters.tar.shelved import DamagedCopy
from server_agent.ports import Cancelled, Control, EngineError, SavesetRef

log = logging.getLogger(__name__)

_FILE = "listing"  # in no directory: restic 0.18.0 takes none for its standard input
_HEAD_FORMAT = 1
_HEAD_LINE = re.compile(rb"SESAM LISTING (\d) (\d{10})\n")
_HEAD_LINE_BYTES = 27
_PIECE_BYTES = 1 << 20
_MOST_TAGS = 16  # the system takes no command of more than some megabytes


def put(repository: Repository, content: Mapping[str, Any], listing: Path, control: Control) -> str:
    """Puts a listing into the repository of its saveset.

    Args:
        content: the description.
        listing: its plain file.

    Returns:
        The snapshot's id. Empty if the description is too long for tags: a catalogue then cannot
        be put back from the repository alone.

    Raises:
        EngineError, Cancelled, OSError.
    """
    name, tags = content["saveset"], description.tags(content)
    if len(tags) > _MOST_TAGS:
        log.warning("the listing of %s is not put on its medium: too many sources", name)
        return ""
    words = ["backup", "--json", "--stdin", f"--stdin-filename={_FILE}"]
    words += [f"--tag={SAVESET_TAG}{name}", f"--tag={LISTING_TAG}"]
    words += [f"--tag={tag}" for tag in tags]
    if client := content["facts"].get("client"):
        words.append(f"--host={client}")
    head = _framed(description.head(content))
    for _ in range(PATIENCE_LOOKS):
        answer = _fed(repository, words, head, listing, control)
        if not answer.is_locked:
            break
        repository.unlock()
        wait_a_moment()
    begun = snapshot_in(answer.out)
    if answer.status or not begun:
        raise repository.failed(answer, "save the listing")
    found = [each for each in repository.ids(control) if each.startswith(begun)]
    if len(found) != 1:
        text = f"{repository.place} does not have the snapshot {begun} that was made"
        raise EngineError("WRITE_DAMAGED", text)
    return found[0]


def _framed(head: bytes) -> bytes:
    return b"SESAM LISTING %d %010d\n" % (_HEAD_FORMAT, len(head)) + head if head else b""


def _fed(
    repository: Repository, words: list[str], head: bytes, listing: Path, control: Control
) -> Answer:
    out, said = bytearray(), Said()
    with (
        listing.open("rb", buffering=0) as file,
        repository.program.start(words, control, fed=True) as child,
    ):
        rest = memoryview(head + file.read(_PIECE_BYTES))
        while rest and child.talks:
            for output in child.ready(to_feed=True):
                if output != "in":
                    _hear(child, output, out, said)
                    continue
                try:
                    rest = rest[child.feed(rest) :]
                except BrokenPipeError:
                    rest = memoryview(b"")  # it says why
                    break
                rest = rest or memoryview(file.read(_PIECE_BYTES))
        child.close_input()
        while child.talks:
            for output in child.ready():
                _hear(child, output, out, said)
        is_whole = not rest and file.tell() == listing.stat().st_size
        return Answer(child.wait() or (0 if is_whole else -1), bytes(out), said.text)


def _hear(child: ResticChild, output: str, out: bytearray, said: Said) -> None:
    data = child.read(output)
    if output == "err":
        said.hear(data)
    else:
        out += data


def pieces(repository: Repository, snapshot: str, control: Control) -> Iterator[bytes]:
    """The listing, read from the store and not from restic's cache.

    Raises:
        DamagedCopy: what it says may come of a medium that is gone.
        EngineError, Cancelled, OSError.
    """
    parts = _parted(repository, snapshot, control)
    next(parts)
    yield from parts


def head_of(repository: Repository, snapshot: str, control: Control) -> bytes:
    """What `description.head` has said; no more is read. Raises as `pieces`."""
    with contextlib.closing(_parted(repository, snapshot, control)) as parts:
        return next(parts)


def _parted(
    repository: Repository, snapshot: str, control: Control
) -> Generator[bytes, None, None]:
    """The head, empty if there is none, and then the pieces of the listing."""
    begun, end, is_parted = b"", 0, False
    with contextlib.closing(_raw(repository, snapshot, control)) as raw:
        for piece in raw:
            if is_parted:
                yield piece
                continue
            begun += piece
            end = _end_of_head(begun)
            if len(begun) >= max(end, _HEAD_LINE_BYTES):
                is_parted = True
                yield begun[_HEAD_LINE_BYTES:end]
                yield begun[end:]
    if len(begun) < end:
        raise DamagedCopy("it is cut")
    if not is_parted:
        yield b""
        yield begun


def _end_of_head(begun: bytes) -> int:
    """0 if it has none. Raises DamagedCopy."""
    line = _HEAD_LINE.match(begun)
    if line is None:
        return 0
    if int(line[1]) != _HEAD_FORMAT:
        raise DamagedCopy(f"it is of format {int(line[1])}, which this version does not know")
    return _HEAD_LINE_BYTES + int(line[2])


def _raw(repository: Repository, snapshot: str, control: Control) -> Generator[bytes, None, None]:
    words = ["dump", "--no-cache", "--no-lock", snapshot, f"/{_FILE}"]
    try:
        yield from dumped(repository, words, control, "read a listing")
    except ReadFailed as failed:
        if failed.error.code not in ("SAVESET_DAMAGED", "RESTIC_FAILED"):
            raise failed.error from None
        raise DamagedCopy(failed.error.text) from None


def unpack(repository: Repository, snapshot: str, listing: Path, control: Control) -> bytes:
    """Writes and syncs the listing as a new file and returns its BLAKE3. Raises as `pieces`."""
    found = blake3()
    with open(listing, "xb", opener=private.opener) as file:
        for piece in pieces(repository, snapshot, control):
            found.update(piece)
            file.write(piece)
        file.flush()
        os.fsync(file.fileno())
    return found.digest()


def digest(repository: Repository, snapshot: str, control: Control) -> bytes:
    """BLAKE3 of the listing. Raises as `pieces`."""
    found = blake3()
    for piece in pieces(repository, snapshot, control):
        found.update(piece)
    return found.digest()


def shelve(places: ResticPlaces, savesets: Sequence[SavesetRef], control: Control) -> int:
    """See `server_agent.ports.Engine.shelve`."""
    count = 0
    ordered = sorted(savesets, key=lambda saveset: saveset.label)
    for label, group in groupby(ordered, key=lambda saveset: saveset.label):
        if not places.has_store(label):
            continue
        try:
            repository = places.repository(label)
            ids = repository.ids(control)
        except (EngineError, OSError) as error:
            log.info("no listing is put on %s: %s", label, error)
            continue
        for saveset in group:
            if control.cancelled:
                raise Cancelled
            try:
                if _lacks(places.of(saveset), ids):
                    count += _shelved(places, repository, places.of(saveset), control)
            except (OSError, DescriptionError, EngineError, sqlite3.Error) as error:
                log.info("the listing of %s is not put on its medium: %s", saveset.name, error)
    return count


def _lacks(files: ResticFiles, ids: set[str]) -> bool:
    known = description.read(files.description)
    is_there = known.snapshots.listing in ids
    return not is_there and packed.digest(files.listing) == known.listing_digest


def _shelved(
    places: ResticPlaces, repository: Repository, files: ResticFiles, control: Control
) -> bool:
    content = description.read_content(files.description)
    content["location"] = places.location_id
    content.setdefault("written_ns", files.description.stat().st_mtime_ns)
    try:
        made = put(repository, content, packed.plain(files.listing), control)
    finally:
        packed.forget(files.listing)
    if made:
        description.write(files.new_description, description.with_listing(content, made))
        if not files.description.exists():  # the saveset was removed meanwhile
            files.new_description.unlink()
            repository.forget([made])
            return False
        files.new_description.rename(files.description)
        sync(files.description.parent)
    return bool(made)
