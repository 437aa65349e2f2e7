"""Keeps two windows from using one profile: each would write over the other's settings and turn the
same log over. `--enrol` beside a window needs no such lock: the list of locations and the
credentials are changed under locks of their own."""

import contextlib
import fcntl
import os
from pathlib import Path

from sesam_master.core.registry import KeepingError


class DeskLock:
    """Held until `release`, or until the process ends, however it ends."""

    def __init__(self, path: Path) -> None:
        """Raises KeepingError when another desk holds it, or it cannot be had."""
        try:
            self._descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise _unusable(path, error) from error
        try:
            fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            holder = os.read(self._descriptor, 20).decode("ascii", "replace").strip()
            os.close(self._descriptor)
            if not isinstance(error, BlockingIOError):
                raise _unusable(path, error) from error
            process = f" (process {holder})" if holder else ""
            raise KeepingError(
                f"Another desk{process} uses {path.parent} already. Go on in its window, or end it "
                "first; a second desk of its own is opened with --profile DIR."
            ) from error
        with contextlib.suppress(OSError):  # it only names the holder; a full disk may refuse it
            os.truncate(self._descriptor, 0)
            os.write(self._descriptor, f"{os.getpid()}\n".encode("ascii"))

    def release(self) -> None:
        """The next desk may come."""
        os.close(self._descriptor)


def _unusable(path: Path, error: OSError) -> KeepingError:
    return KeepingError(
        f"The lock {path} of this desk cannot be used: {error.strerror}. Check its rights, or keep "
        "this desk elsewhere with --profile DIR."
    )
