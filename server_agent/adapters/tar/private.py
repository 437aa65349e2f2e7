"""Files that nobody but the agent's user may read, whatever the umask and wherever they lie."""

import os
from pathlib import Path

_MODE = 0o600


def make_private(path: Path) -> None:
    """Makes an empty file. Raises FileExistsError if there is one."""
    os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, _MODE))


def opener(path: str, flags: int) -> int:
    """For `open`, with a mode that makes the file."""
    return os.open(path, flags, _MODE)
