"""What the operating system and SQLite report, as the engine's errors."""

import contextlib
import errno
import os
import sqlite3
from collections.abc import Iterator
from pathlib import Path

from server_agent.domain.quoting import quoted
from server_agent.ports import Cancelled, Control, EngineError, NotCompared, SavesetRef

# Primary result codes of a file that is no database any more. That one cannot be opened or read
# just now proves nothing about it.
_BROKEN = {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB}
_PACKAGES = {
    b"find": "findutils",
    b"tar": "tar",
    b"ssh": "openssh-client",
    b"ssh-keygen": "openssh-client",
    b"ssh-keyscan": "openssh-client",
}
_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
# What a disk says of bytes that it does not give back any more, and a system of something else that
# lies in the place of a file. Others tell of a user, a limit or a network.
_LOST = {errno.EIO, errno.EBADMSG, errno.EUCLEAN, errno.ENODATA, errno.EISDIR, errno.ELOOP}


@contextlib.contextmanager
def translated(control: Control, databases: Path) -> Iterator[None]:
    """Raises every OSError and sqlite3.Error of its block as EngineError, and whatever came of a
    cancel as Cancelled. `databases`: the directory of those that the block writes."""
    try:
        yield
    except Exception as error:
        if control.cancelled:
            raise Cancelled from error
        if isinstance(error, OSError):
            raise _of_system(error) from error
        if isinstance(error, sqlite3.Error):
            raise _of_sqlite(error, databases) from error
        raise


@contextlib.contextmanager
def written_to(directory: Path) -> Iterator[None]:
    """Names the directory in whatever says that there was no room and not where."""
    try:
        yield
    except OSError as error:
        if is_full(error) and error.filename is None:
            raise OSError(error.errno, error.strerror, os.fspath(directory)) from error
        raise


def is_broken(error: sqlite3.Error) -> bool:
    """Whether it is the content of a file that is at fault. An error without a code is our own:
    see `listing.check_format`."""
    return getattr(error, "sqlite_errorcode", sqlite3.SQLITE_NOTADB) & 0xFF in _BROKEN


def is_full(error: OSError) -> bool:
    """Whether there was no room for what had to be written."""
    return error.errno in _FULL


def proves_damage(error: OSError) -> bool:
    """Whether what could not be read is lost. That it cannot be read just now proves nothing; one
    without a number is our own, of what was read and is not as it was: see `packed.digest`."""
    return error.errno is None or error.errno in _LOST


def not_compared(saveset: SavesetRef, error: OSError) -> NotCompared:
    """Of a saveset that could not be read, and may be whole."""
    return NotCompared(
        saveset.name,
        f"it could not be compared: {reason_of(error)}. It may be whole: let the agent's user read"
        " it, and verify it again",
        saveset.label,
    )


def no_space(detail: str) -> EngineError:
    return EngineError("NO_SPACE", f"{detail}. Free some space or use another place")


def damaged(saveset: str, reason: object) -> EngineError:
    return EngineError(
        "SAVESET_DAMAGED",
        f"saveset {saveset} is damaged: {reason}. Restore from a copy of it on another medium, or"
        " from another saveset",
        saveset,
    )


def _of_system(error: OSError) -> EngineError:
    reason, file = reason_of(error), _file(error)
    if is_full(error):
        return no_space(reason)
    if isinstance(error, FileNotFoundError) and file in _PACKAGES:
        text = f"{file.decode()} is not installed: install the package {_PACKAGES[file]}"
        return EngineError("PROGRAM_MISSING", text)
    if error.errno == errno.EROFS:
        reason += ". Mount it so that it can be written, and try again"
    return EngineError("SYSTEM", f"the system refused: {reason}")


def _of_sqlite(error: sqlite3.Error, databases: Path) -> EngineError:
    if getattr(error, "sqlite_errorcode", 0) & 0xFF == sqlite3.SQLITE_FULL:
        return no_space(f"{quoted(os.fsencode(databases))}: No space left on device")
    return EngineError("LISTING", f"a listing cannot be read or written: {error}")


def reason_of(error: OSError) -> str:
    """What the system says, with the file if it names one."""
    reason, file = error.strerror or str(error), _file(error)
    return f"{quoted(file)}: {reason}" if file else reason


def _file(error: OSError) -> bytes:
    return os.fsencode(error.filename) if isinstance(error.filename, str | bytes) else b""
