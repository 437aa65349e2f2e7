"""Hard links of which only some names are restored.

tar stores the data of a hard-linked file under the name that it met first; the others only refer
to it. A link whose first name is not restored, or no longer in the listing, gets its data from
there all the same: they are extracted aside and moved into place.
"""

import contextlib
import os
from collections import deque
from collections.abc import Callable, Iterator
from itertools import groupby

from server_agent.adapters.tar.failures import damaged
from server_agent.adapters.tar.member import BLOCK_BYTES, HEADERS_BYTES, hard_link_target
from server_agent.adapters.tar.names import member_path
from server_agent.adapters.tar.selection import Orphan, Selection, Slice
from server_agent.adapters.tar.stream import DamagedFrame, FrameReader
from server_agent.adapters.tar.target import below, make_directories
from server_agent.domain.jobs import Level
from server_agent.domain.quoting import quoted
from server_agent.ports import Message

Link = tuple[Slice, bytes]


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
                    if target is not None and selection.is_restored_before(target, link):
                        selection.mark_link(link)
                    elif target is not None:
                        selection.replace(link, Orphan(find_data(home, target), target, path))
                    yield
        except DamagedFrame as error:
            raise damaged(home_names[home], error) from error


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


def put(orphans: Iterator[Orphan], staged: bytes, target: bytes) -> Iterator[Message]:
    """Gives each orphan its data; those that share them are linked to each other again. Yields
    what could not be done."""
    previous: Orphan | None = None
    for orphan in orphans:
        place = below(target, orphan.path)
        try:
            make_directories(os.path.dirname(place))
            if previous is not None and previous.data == orphan.data:
                new = os.path.join(staged, b".link")
                with contextlib.suppress(FileNotFoundError):
                    os.unlink(new)
                os.link(below(target, previous.path), new, follow_symlinks=False)
                os.rename(new, place)
            else:
                os.rename(below(staged, orphan.member), place)
                previous = orphan
        except OSError as error:
            text = f"{quoted(orphan.path)} was not restored: {error.strerror}"
            yield Message(Level.WARNING, "NOT_RESTORED", text, orphan.path)
