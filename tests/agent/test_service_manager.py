"""What systemd is told, over a real socket."""

import os
import socket
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from server_agent.adapters.service_manager import ServiceManager


@pytest.fixture(params=["file", "abstract"])
def listener(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[socket.socket]:
    with closing(socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)) as listener:
        name = f"\0sesam-{os.getpid()}" if request.param == "abstract" else str(tmp_path / "notify")
        listener.bind(name)
        listener.settimeout(10)
        yield listener


def address(listener: socket.socket) -> str:
    name = listener.getsockname()
    return name if isinstance(name, str) else f"@{name[1:].decode()}"


def test_it_is_told_of_the_start_the_life_and_the_end(listener: socket.socket) -> None:
    manager = ServiceManager({"NOTIFY_SOCKET": address(listener)})
    manager.ready("Serving north")
    manager.alive()
    manager.stopping()
    said = [listener.recv(1000).decode() for _ in range(3)]
    assert said == ["READY=1\nSTATUS=Serving north", "WATCHDOG=1", "STOPPING=1"]


@pytest.mark.parametrize(
    ("environ", "seconds"),
    [
        ({"WATCHDOG_USEC": "60000000"}, 20.0),
        ({"WATCHDOG_USEC": "60000000", "WATCHDOG_PID": str(os.getpid())}, 20.0),
        ({"WATCHDOG_USEC": "60000000", "WATCHDOG_PID": "1"}, None),
        ({"WATCHDOG_USEC": "soon"}, None),
        ({"WATCHDOG_USEC": "0"}, None),
        ({}, None),
    ],
)
def test_how_often_it_wants_to_hear(environ: dict[str, str], seconds: float | None) -> None:
    assert ServiceManager({**environ, "NOTIFY_SOCKET": "/x"}).alive_seconds == seconds
    assert ServiceManager(environ).alive_seconds is None


def test_nobody_and_somebody_who_has_gone_are_no_error(tmp_path: Path) -> None:
    ServiceManager({}).ready("x")
    ServiceManager({"NOTIFY_SOCKET": str(tmp_path / "gone")}).alive()


def test_programs_that_the_agent_starts_are_none_of_its_business(tmp_path: Path) -> None:
    environ = {"NOTIFY_SOCKET": str(tmp_path), "WATCHDOG_USEC": "6000000", "HOME": "/root"}
    assert ServiceManager.taken(environ).alive_seconds == 2.0
    assert environ == {"HOME": "/root"}
