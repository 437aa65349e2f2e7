"""Tells a full disk from other failures of the database."""

import errno
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import sqlalchemy as sa

from server_agent.domain.errors import NoSpace

_PROBE_BYTES = 1 << 16  # more than any step by which SQLite makes a file longer
_PRIMARY_CODE = 0xFF  # https://sqlite.org/rescode.html: the rest says more about it
_MAYBE_FULL = frozenset({sqlite3.SQLITE_IOERR, sqlite3.SQLITE_CANTOPEN})


@contextmanager
def told_if_full(file: Path) -> Iterator[None]:
    """Makes NoSpace of what the database raises when its disk is full."""
    try:
        yield
    except (sqlite3.Error, sa.exc.DBAPIError) as error:
        if is_full(error, file):
            raise NoSpace(place=file) from error
        raise


def is_full(error: BaseException, file: Path) -> bool:
    """Whether the database failed because nothing can be written beside its file any more."""
    if isinstance(error, sa.exc.DBAPIError) and error.orig is not None:
        error = error.orig
    code = getattr(error, "sqlite_errorcode", 0) & _PRIMARY_CODE
    if code == sqlite3.SQLITE_FULL:
        return True
    # What SQLite makes of a full disk when it maps its index file, and of an exhausted quota.
    return code in _MAYBE_FULL and not _can_write(file.parent)


def _can_write(directory: Path) -> bool:
    try:
        with tempfile.TemporaryFile(dir=directory) as probe:
            probe.write(bytes(_PROBE_BYTES))
            probe.flush()
    except OSError as error:
        return error.errno not in (errno.ENOSPC, errno.EDQUOT)
    return True
