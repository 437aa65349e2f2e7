"""What the operating system and SQLite report, as the engine's errors."""

import contextlib
import errno
import os
import sqlite3
from collections.abc import Iterator

from server_agent.adapters.tar.names import shown
from server_agent.ports import Cancelled, Control, EngineError

# Primary result codes of a file that is no database any more. That one cannot be opened or read
# just now proves nothing about it.
_BROKEN = {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB}
_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}


@contextlib.contextmanager
def translated(control: Control) -> Iterator[None]:
    """Raises every OSError and sqlite3.Error of its block as EngineError, and whatever came of a
    cancel as Cancelled."""
    try:
        yield
    except Exception as error:
        if control.cancelled:
            raise Cancelled from error
        if isinstance(error, OSError):
            raise _of_system(error) from error
        if isinstance(error, sqlite3.Error):
            raise _of_sqlite(error) from error
        raise


def is_broken(error: sqlite3.Error) -> bool:
    """Whether it is the content of a file that is at fault. An error without a code is our own:
    see `listing.check_format`."""
    return getattr(error, "sqlite_errorcode", sqlite3.SQLITE_NOTADB) & 0xFF in _BROKEN


def is_full(error: OSError) -> bool:
    """Whether there was no room for what had to be written."""
    return error.errno in _FULL


def no_space(detail: str) -> EngineError:
    return EngineError("NO_SPACE", f"{detail}. Free some space or use another place")


def damaged(saveset: str, reason: object) -> EngineError:
    return EngineError(
        "SAVESET_DAMAGED",
        f"saveset {saveset} is damaged: {reason}. Restore from another saveset",
        saveset,
    )


def _of_system(error: OSError) -> EngineError:
    reason = error.strerror or str(error)
    file = os.fsencode(error.filename) if isinstance(error.filename, str | bytes) else b""
    if file:
        reason = f"{shown(file)}: {reason}"
    if is_full(error):
        return no_space(reason)
    if isinstance(error, FileNotFoundError) and file in (b"find", b"tar"):
        return EngineError("PROGRAM_MISSING", f"{file.decode()} is not installed: install it")
    return EngineError("SYSTEM", f"the system refused: {reason}")


def _of_sqlite(error: sqlite3.Error) -> EngineError:
    if getattr(error, "sqlite_errorcode", 0) & 0xFF == sqlite3.SQLITE_FULL:
        return no_space("the listing cannot be written: no space left on device")
    return EngineError("LISTING", f"a listing cannot be read or written: {error}")
