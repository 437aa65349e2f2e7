"""The agents of `benchmarks.jobs` in processes of their own, and locations that say nothing."""

import base64
import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from sesam_master.core.registry import Registration

SMALL = 20_000  # jobs of each agent but the first
PROCESSES = 12  # that share them: the fewer, the longer they wait for their interpreter


@dataclass(frozen=True, slots=True)
class Fleet:
    """The first registration is that of the agent with the most jobs, whose catalogue this is; the
    last but two is frozen by `freeze`; the last two answer nothing."""

    registrations: list[Registration]
    credentials: dict[str, str]
    catalogue: Path
    made_seconds: float
    frozen: int

    def freeze(self) -> None:
        """Its process stands still: its connections stay, and nothing comes over them."""
        os.kill(self.frozen, signal.SIGSTOP)


@contextlib.contextmanager
def made_fleet(directory: Path, jobs: int, locations: int) -> Iterator[Fleet]:
    """All of them until the end of the block."""
    with contextlib.ExitStack() as stack:
        big = _started(stack, jobs, [directory / "agent-000"])
        names = [f"agent-{number:03}" for number in range(1, locations - 3)]
        shares = [names[number::PROCESSES] for number in range(PROCESSES)]
        small = [_started(stack, SMALL, [directory / name for name in share]) for share in shares]
        frozen = _started(stack, SMALL, [directory / f"agent-{locations - 3:03}"])
        told = [line for process in (big, *small, frozen) for line in _read(process)]
        stack.callback(os.kill, frozen.pid, signal.SIGCONT)
        registrations = [_registration(line) for line in told]
        black = (stack.enter_context(silent()), stack.enter_context(dropping()))
        for number, port in enumerate(black, locations - 2):
            like = replace(registrations[-1], port=port, location_id=str(uuid.uuid4()))
            registrations.append(replace(like, name=f"agent-{number:03}"))
        yield Fleet(
            registrations,
            {line["location_id"]: line["credential"] for line in told},
            Path(told[0]["catalogue"]),
            told[0]["made"],
            frozen.pid,
        )


def _started(stack: contextlib.ExitStack, jobs: int, roots: list[Path]) -> "subprocess.Popen[str]":
    command = [sys.executable, "-m", "benchmarks.jobs_agents", str(jobs), *map(str, roots)]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    stack.enter_context(process)
    assert process.stdin is not None
    stack.callback(process.stdin.close)
    return process


def _read(process: "subprocess.Popen[str]") -> Iterator[dict[str, Any]]:
    assert process.stdout is not None
    for line in process.stdout:
        if not line.strip():
            return
        yield json.loads(line)
    raise RuntimeError("A process ended before all of its agents served.")


def _registration(told: dict[str, Any]) -> Registration:
    return Registration(
        location_id=told["location_id"],
        name=told["name"],
        farm="",
        host="127.0.0.1",
        port=told["port"],
        certificate=base64.b64decode(told["certificate"]),
        fingerprint=told["fingerprint"],
    )


@contextlib.contextmanager
def silent() -> Iterator[int]:
    """The port of one that accepts connections and never answers."""
    with socket.create_server(("127.0.0.1", 0), backlog=64) as listener:
        yield listener.getsockname()[1]


@contextlib.contextmanager
def dropping() -> Iterator[int]:
    """The port of one whose queue is full: the kernel drops what asks for a connection."""
    with contextlib.ExitStack() as stack:
        listener = stack.enter_context(socket.create_server(("127.0.0.1", 0), backlog=0))
        port: int = listener.getsockname()[1]
        for _ in range(2):
            filler = stack.enter_context(socket.socket())
            filler.setblocking(False)
            filler.connect_ex(("127.0.0.1", port))
        yield port
