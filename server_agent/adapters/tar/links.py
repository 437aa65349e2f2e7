"""Hard links of which only some names are restored.

tar stores the data of a hard-linked file under the name that it met first; the others only refer
to it. A link whose first name is not restored, or no longer in the listing, gets its data from
there all the same: they are extracted aside and moved into place.
"""

import contextlib
import errno
import os
import subprocess
from collections import deque
from collections.abc import Callable, Iterator
from functools import partial
from itertools import groupby

from server_agent.adapters.durable import sync_file_system
from server_agent.adapters.tar import arriving
from server_agent.adapters.tar.arriving import CAME_MEANWHILE
from server_agent.adapters.tar.aside import Aside
from server_agent.adapters.tar.failures import damaged, is_full
from server_agent.adapters.tar.guard import reason_of
from server_agent.adapters.tar.member import BLOCK_BYTES, HEADERS_BYTES, hard_link_target
from server_agent.adapters.tar.names import member_path
from server_agent.adapters.tar.selection import Selection
from server_agent.adapters.tar.slices import Orphan, Slice
from server_agent.adapters.tar.stream import DamagedFrame, FrameReader
from server_agent.adapters.tar.target import below, make_directories
from server_agent.domain.jobs import Level
from server_agent.domain.overwriting import OverwriteRule
from server_agent.domain.quoting import printable, quoted
from server_agent.ports import Message

Link = tuple[Slice, bytes]
_Move = Callable[[bytes, bytes], None]  # from where, and to which place


def part(
    selection: Selection,
    home_names: dict[int, str],
    open_home: Callable[[int], FrameReader],
    find_data: Callable[[int, bytes], Slice],
) -> Iterator[None]:
    """Tells links that tar can make from those whose data have to come from elsewhere; pauses
    after each.

    Args:
        selection: what is restored; changed.
        home_names: the savesets by their ids.
        open_home: opens the frames of a home.
        find_data: where a home itself holds a path.

    Raises:
        EngineError: SAVESET_DAMAGED, a member cannot be read.
    """
    for home, links in groupby(selection.possible_links(), key=lambda link: link[0].home):
        try:
            with open_home(home) as reader:
                for link, path, target in _targets(reader, links):
                    if target is not None:
                        _sort(selection, find_data, link, path, target)
                    yield
        except DamagedFrame as error:
            raise damaged(home_names[home], error) from error
    selection.part_renamed()


def _sort(
    selection: Selection,
    find_data: Callable[[int, bytes], Slice],
    link: Slice,
    path: bytes,
    target: bytes,
) -> None:
    first, new = selection.restored_before(target, link), selection.place_of(link, path)
    if first is not None and new == path:
        selection.mark_link(link, first)
    elif first is not None:
        selection.link_anew(link, target)
    else:
        selection.replace(link, Orphan(find_data(link.home, target), target, new))


def _targets(
    reader: FrameReader, links: Iterator[Link]
) -> Iterator[tuple[Slice, bytes, bytes | None]]:
    """With each the path that it is a hard link to, if it is one."""
    waiting: deque[Link] = deque()

    def ranges() -> Iterator[tuple[int, int]]:
        for link in links:
            waiting.append(link)
            begin = link[0].block * BLOCK_BYTES
            length = min(link[0].blocks * BLOCK_BYTES, HEADERS_BYTES)
            yield begin, begin + length

    for headers in reader.wholes(ranges()):
        link, path = waiting.popleft()
        try:
            target = hard_link_target(headers)
        except ValueError as error:
            raise DamagedFrame(f"{quoted(path)}: {error}") from error
        yield link, path, member_path(target) if target else None


def put(
    orphans: Iterator[Orphan], staged: bytes, target: bytes, aside: Aside, rule: OverwriteRule
) -> Iterator[Message | None]:
    """Gives each orphan its data; those that share them are linked to each other again. Yields
    what could not be done, and None as a sign of life."""
    previous: Orphan | None = None
    for orphan in orphans:
        place = below(target, orphan.path)
        try:
            make_directories(os.path.dirname(place))
            move = partial(arriving.move, rule=rule, modify_ns=orphan.modify_ns)
            if previous is not None and previous.data == orphan.data:
                _link(below(target, previous.path), place, staged, aside, move)
            else:
                _move(below(staged, orphan.member), place, aside, move)
                previous = orphan
        except OSError as error:
            if is_full(error):
                raise
            text = f"{quoted(orphan.path)} was not restored: {reason_of(error)}"
            yield Message(Level.WARNING, "NOT_RESTORED", text, orphan.path)
        yield None


def join(
    names: Iterator[tuple[bytes, bytes]],
    staged: bytes,
    target: bytes,
    aside: Aside,
    is_lost: Callable[[bytes], bool],
) -> Iterator[Message | None]:
    """Makes new names of what came to its own place, unless it is lost. Yields as `put`."""
    for path, first in names:
        place = below(target, path)
        try:
            if is_lost(first):
                raise FileExistsError(errno.EEXIST, CAME_MEANWHILE)
            _link(below(target, first), place, staged, aside, arriving.move_new)
        except OSError as error:
            if is_full(error):
                raise
            text = f"{quoted(path)} was not restored: {reason_of(error)}"
            yield Message(Level.WARNING, "NOT_RESTORED", text, path)
        yield None


def _move(source: bytes, place: bytes, aside: Aside, move: _Move) -> None:
    """In one step, on another file system too."""
    try:
        move(source, place)
    except OSError as error:
        if error.errno != errno.EXDEV:
            raise
        with aside.staging(os.path.dirname(place)) as near:
            copy = os.path.join(near, b"copy")
            _copy(source, copy)
            move(copy, place)


def _link(other: bytes, place: bytes, staged: bytes, aside: Aside, move: _Move) -> None:
    """A hard link in one step; a file of its own where the other one is on another file system."""
    try:
        new = os.path.join(staged, b".link")
        with contextlib.suppress(FileNotFoundError):
            os.unlink(new)
        os.link(other, new, follow_symlinks=False)
        move(new, place)
    except OSError as error:
        if error.errno != errno.EXDEV:
            raise
        with aside.staging(os.path.dirname(place)) as near:
            new = os.path.join(near, b"copy")
            if os.stat(near).st_dev == os.lstat(other).st_dev:
                os.link(other, new, follow_symlinks=False)
            else:
                _copy(other, new)
            move(new, place)


def _copy(source: bytes, copy: bytes) -> None:
    """With all that belongs to it, and on its disk."""
    words = [b"cp", b"--archive", b"--no-target-directory", b"--", source, copy]
    ended = subprocess.run(words, stdin=subprocess.DEVNULL, capture_output=True, check=False)
    if ended.returncode:
        full = b"No space left on device" in ended.stderr or b"Disk quota" in ended.stderr
        said = printable(ended.stderr.strip()) or f"cp ended with status {ended.returncode}"
        raise OSError(errno.ENOSPC if full else errno.EIO, said)
    sync_file_system(os.path.dirname(copy))
