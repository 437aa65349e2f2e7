"""What makes files outlast a crash of the system, and has them read as their disk has them."""

import ctypes
import os
from pathlib import Path

_LIBC = ctypes.CDLL(None, use_errno=True)


def sync(path: Path) -> None:
    """Makes a file, or the names in a directory, outlast a crash."""
    fd = os.open(path, os.O_RDONLY)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)


def forget(path: Path) -> None:
    """Has the system give up what it still has of a file in its memory, if that was synced: who
    reads the file next gets what the disk gives back."""
    with path.open("rb", buffering=0) as file:
        # The whole file: of a part, what reaches beyond it would stay.
        os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)


def sync_file_system(directory: bytes) -> None:
    """Makes everything outlast a crash that was written to the directory's file system: for many
    small files by far cheaper than one after the other. See syncfs(2).

    Raises:
        OSError: something of it cannot be written.
    """
    try:
        fd = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
    except PermissionError:
        os.sync()  # who may write to a directory need not be able to open it
        return
    try:
        if _LIBC.syncfs(fd):
            number = ctypes.get_errno()
            raise OSError(number, os.strerror(number), directory)
    finally:
        os.close(fd)
