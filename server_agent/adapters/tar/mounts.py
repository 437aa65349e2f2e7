"""What is mounted where, as this process sees it."""

import os
import re
from collections.abc import Iterator
from pathlib import Path

_OCTAL = re.compile(rb"\\([0-7]{3})")


def mount_table() -> bytes:
    return Path("/proc/self/mountinfo").read_bytes()


def mounts(table: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Mount point and type of the file system, for each line of a mount table.

    Args:
        table: the text of /proc/self/mountinfo, see proc(5).
    """
    for line in table.splitlines():
        mount, _, file_system = line.partition(b" - ")
        point = _OCTAL.sub(lambda code: bytes([int(code[1], 8)]), mount.split(b" ")[4])
        yield point, file_system.split(b" ")[0]


def is_below(path: bytes, directory: bytes) -> bool:
    """Whether a path lies in a directory, however deep."""
    return path != directory and path.startswith(directory.rstrip(b"/") + b"/")


def real_place(path: bytes) -> bytes:
    """The path without symbolic links, but for its last part."""
    directory, _, name = path.rstrip(b"/").rpartition(b"/")
    return os.path.join(os.path.realpath(directory or b"/"), name)


def mount_in(place: bytes) -> bytes | None:
    """A mount point at a place or below it; None if there is none."""
    real = real_place(place)
    for point, _ in mounts(mount_table()):
        if point == real or is_below(point, real):
            return point
    return None


def mount_of(place: bytes) -> bytes:
    """The mount point of the file system that a place lies on, whether anything is there or not."""
    return file_system(mount_table(), real_place(place))[0]


def file_system(table: bytes, real: bytes) -> tuple[bytes, bytes]:
    """Mount point and type of the file system that a path lies on.

    Args:
        table: see `mounts`.
        real: the path, without symbolic links but for its last part.
    """
    found = b"/", b""
    for point, kind in mounts(table):
        is_deeper = len(point) >= len(found[0])  # the last of several in one place is the one seen
        if is_deeper and (point == real or is_below(real, point)):
            found = point, kind
    return found
