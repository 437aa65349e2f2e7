"""What the agent's process is allowed, and what others may do with its files."""

import ctypes
import os
import resource
from collections.abc import Iterator
from contextlib import contextmanager

UMASK = 0o077  # what the agent writes names other people's files, in a store outside its root too
_PR_SET_DUMPABLE = 4  # prctl(2)
OPEN_FILES = 65_536  # each desk holds a connection; the usual soft limit is 1024


@contextmanager
def only_for_its_user() -> Iterator[None]:
    """Nobody else may read what is made in the block."""
    before = os.umask(UMASK)
    try:
        yield
    finally:
        os.umask(before)


def allow_many_files() -> None:
    """Raises the number of files that may be open, as far as the system lets."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = OPEN_FILES if hard == resource.RLIM_INFINITY else min(hard, OPEN_FILES)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


def keep_memory_private() -> None:
    """Keys of media pools are in it: no core of this process is ever written, and no other process
    of its user looks into it. What it starts is not concerned."""
    ctypes.CDLL(None).prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0)
