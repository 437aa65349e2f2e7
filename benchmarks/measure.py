"""Processes measured from their start to their end, with all that they start."""

import os
import subprocess
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

SAMPLE_SECONDS = 0.03


@dataclass(frozen=True, slots=True)
class Cost:
    """Wall and processor time in seconds; the largest sum of resident memory in bytes."""

    wall: float
    cpu: float
    rss: int


def run(
    command: Sequence[str | Path],
    environment: Mapping[str, str] | None = None,
    directory: Path | None = None,
) -> Cost:
    """Runs a command to its end, with the disks quiet before.

    Raises:
        RuntimeError: it failed; with what it said.
    """
    os.sync()
    started = time.monotonic()
    with subprocess.Popen(
        command,
        env={**os.environ, **(environment or {})},
        cwd=directory,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
    ) as process:
        peak = _Peak(process.pid)
        assert process.stderr is not None
        said = process.stderr.read()
        # Counts the process and all of its descendants that were waited for.
        _, status, used = os.wait4(process.pid, 0)
        wall = time.monotonic() - started
        most = peak.end()
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise RuntimeError(f"{command} ended with {process.returncode}: {said.decode()}")
    return Cost(wall, used.ru_utime + used.ru_stime, most)


class _Peak:
    """Watches the memory of a process and its descendants in a thread."""

    def __init__(self, pid: int) -> None:
        self._pid = pid
        self._most = 0
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._watch)
        self._thread.start()

    def end(self) -> int:
        self._ended.set()
        self._thread.join()
        return self._most

    def _watch(self) -> None:
        while not self._ended.wait(SAMPLE_SECONDS):
            self._most = max(self._most, _resident(self._pid, b""))


def _resident(pid: int, parent_command: bytes) -> int:
    """Resident bytes of a process and its descendants.

    Shared pages count in each. A child that has not yet replaced its parent's program shares all
    of its memory and is left out.
    """
    place = Path("/proc") / str(pid)
    try:
        command = (place / "cmdline").read_bytes()
        pages = int((place / "statm").read_text().split()[1])
        children = [
            int(child)
            for task in (place / "task").iterdir()
            for child in (task / "children").read_text().split()
        ]
    except (OSError, IndexError):
        return 0  # it ended
    own = 0 if command == parent_command else pages * os.sysconf("SC_PAGE_SIZE")
    return own + sum(_resident(child, command) for child in children)
