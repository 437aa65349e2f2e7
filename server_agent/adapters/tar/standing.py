"""What stands at the target of a restore where something has to come."""

import os
import stat
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import groupby

from server_agent.adapters.tar.names import split
from server_agent.adapters.tar.target import below
from server_agent.domain.overwriting import Standing


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a restore wants to have at its target.

    Attributes:
        path: as in the listing.
        size: of a file, in bytes; else 0.
        key: the entry's home and block; None of a directory above the sources, of which only has to
            be known whether it, or what a link there leads to, is one.
    """

    path: bytes
    is_directory: bool
    modify_ns: int = 0
    size: int = 0
    key: tuple[int, int] | None = None


# Both go through the same entries in the same order; the argument is called more than once. What is
# done about one entry is seen by the look at those that come behind it, at the agent's own machine.
Look = Callable[[Callable[[], Iterator[Wanted]]], Iterator[tuple[Wanted, Standing | None]]]


def nothing_there(
    wanted: Callable[[], Iterator[Wanted]],
) -> Iterator[tuple[Wanted, Standing | None]]:
    """For a target that is not there."""
    return ((each, None) for each in wanted())


def look_here(target: bytes) -> Look:
    """For a target on the agent's own machine. What cannot be seen counts as nothing."""

    def look(
        wanted: Callable[[], Iterator[Wanted]],
    ) -> Iterator[tuple[Wanted, Standing | None]]:
        for directory, group in groupby(wanted(), key=lambda each: split(each.path)[0]):
            is_there = os.path.isdir(below(target, directory) or b"/")
            for each in group:
                yield each, _standing(target, each) if is_there else None

    return look


def standing_now(place: bytes) -> Standing | None:
    """What stands in a place; without a look into a directory."""
    try:
        status = os.lstat(place)
    except OSError:
        return None
    return Standing(stat.S_ISDIR(status.st_mode), status.st_mtime_ns)


def has_entries(directory: bytes) -> bool:
    """Whether anything is in a directory; True if that cannot be listed."""
    try:
        with os.scandir(directory) as found:
            return next(found, None) is not None
    except (FileNotFoundError, NotADirectoryError):
        return False
    except OSError:
        return True


def _standing(target: bytes, wanted: Wanted) -> Standing | None:
    place = below(target, wanted.path)
    found = standing_now(place)
    if found is None or not found.is_directory:
        is_way = found is not None and wanted.key is None and os.path.isdir(place)
        return Standing(True, 0, True) if is_way else found
    is_filled = not wanted.is_directory and has_entries(place)
    return Standing(True, found.modify_ns, is_filled)
