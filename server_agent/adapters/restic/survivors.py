"""Processes of restic that have outlived the agent that started them."""

import contextlib
import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path

from server_agent.adapters.restic.program import TURNS, wait_a_moment
from server_agent.adapters.restic.repository import SAVESET_TAG
from server_agent.adapters.restic.turns import are_used

_GRACE_SECONDS = 5.0


def end_survivors(cache_dir: Path, saveset: str = "") -> None:
    """Ends those that still work for a backup, or for anything: they would make a snapshot, or
    bring files to a target, of which nobody knows. One that has just been started is no restic
    yet, or not to be seen as one; but it has a turn.

    Args:
        cache_dir: by which those of this agent are known.
        saveset: of the backup; empty for all that they do.
    """
    tag = f"--tag={SAVESET_TAG}{saveset}".encode() if saveset else b""
    mark = b"RESTIC_CACHE_DIR=" + os.fsencode(cache_dir)
    for wanted in (signal.SIGINT, signal.SIGKILL):
        deadline = time.monotonic() + _GRACE_SECONDS
        told: set[int] = set()
        while time.monotonic() < deadline:
            alive = set(_at_work(mark, tag))
            for pid in alive - told:
                with contextlib.suppress(OSError):
                    os.kill(pid, wanted)
                    os.kill(pid, signal.SIGCONT)
            told |= alive
            if not alive and (saveset or not are_used(cache_dir / TURNS)):
                return
            wait_a_moment()


def _at_work(mark: bytes, tag: bytes) -> Iterator[int]:
    for process in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):  # it ended meanwhile
            words = (process / "cmdline").read_bytes().split(b"\0")
            if words[0] != b"restic" or (tag and tag not in words):
                continue
            if mark in (process / "environ").read_bytes().split(b"\0"):
                yield int(process.name)
