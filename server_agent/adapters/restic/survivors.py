"""Processes of restic that have outlived the agent that started them."""

import contextlib
import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path

from server_agent.adapters.restic.program import wait_a_moment
from server_agent.adapters.restic.repository import SAVESET_TAG, Repository

_GRACE_SECONDS = 5.0


def end_survivors(repository: Repository, saveset: str) -> None:
    """Ends those that still work for a backup: they would make a snapshot of which nobody knows."""
    url = os.fsencode(repository.program.access.environment["RESTIC_REPOSITORY"])
    work = f"--tag={SAVESET_TAG}{saveset}".encode(), b"RESTIC_REPOSITORY=" + url
    for wanted in (signal.SIGINT, signal.SIGKILL):
        deadline = time.monotonic() + _GRACE_SECONDS
        for pid in _at_work(*work):
            with contextlib.suppress(OSError):
                os.kill(pid, wanted)
                os.kill(pid, signal.SIGCONT)
        while any(_at_work(*work)) and time.monotonic() < deadline:
            wait_a_moment()


def _at_work(tag: bytes, place: bytes) -> Iterator[int]:
    for process in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):  # it ended meanwhile
            words = (process / "cmdline").read_bytes().split(b"\0")
            if words[0] != b"restic" or tag not in words:
                continue
            if place in (process / "environ").read_bytes().split(b"\0"):
                yield int(process.name)
