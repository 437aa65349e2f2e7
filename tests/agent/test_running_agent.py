"""What a running agent holds of its root: the lock and the socket."""

import os
import signal
import stat
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import grpc
import pytest

from server_agent.adapters.instance_lock import AlreadyRunning, only_agent
from server_agent.adapters.setup import make_installation
from server_agent.adapters.trees import Trees
from server_agent.ini_files import InstallationError
from server_agent.installation import Installation, socket_address

HOLDING = """
import os, sys
from pathlib import Path
from server_agent.adapters.instance_lock import only_agent
from server_agent.installation import find_installation

with only_agent(find_installation(Path(sys.argv[1]), {})):
    print(os.getpid(), flush=True)
    sys.stdin.read()
"""

SERVING = """
import asyncio, os, sys
from pathlib import Path
import grpc
from server_agent.installation import find_installation, socket_address

async def main():
    installation = find_installation(Path(sys.argv[1]), {})
    echo = grpc.unary_unary_rpc_method_handler(lambda request, context: request)
    server = grpc.aio.server()
    server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler("t", {"echo": echo}),))
    credentials = grpc.local_server_credentials(grpc.LocalConnectionType.UDS)
    with socket_address(installation) as address:
        server.add_secure_port(address, credentials)
        os.chmod(installation.socket, 0o600)
        await server.start()
        print("up", flush=True)
        await server.wait_for_termination()

asyncio.run(main())
"""


def make(root: Path) -> Installation:
    return make_installation(
        Trees.below(root), "north", "127.0.0.1", 0, datetime(2026, 3, 1, tzinfo=UTC)
    )


@contextmanager
def running(script: str, installation: Installation) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """The script in a process of its own, and its first line; killed at the end."""
    with subprocess.Popen(
        [sys.executable, "-c", script, installation.anchor.parent],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        try:
            yield process, process.stdout.readline().strip()
        finally:
            process.send_signal(signal.SIGKILL)


# --- lock -----------------------------------------------------------------------------------------


def test_a_second_agent_is_told_of_the_first(tmp_path: Path) -> None:
    installation = make(tmp_path / "root")
    with running(HOLDING, installation) as (_, pid):
        said = rf"for {tmp_path}/root already runs as pid {pid}\."
        with pytest.raises(AlreadyRunning, match=said), only_agent(installation):
            pass
    with only_agent(installation):
        lock = installation.private / "agent.lock"
        assert lock.read_text() == f"{os.getpid()}\n"
        assert stat.S_IMODE(lock.stat().st_mode) == 0o600


def test_it_is_let_go_at_the_end_and_after_an_error(tmp_path: Path) -> None:
    installation = make(tmp_path / "root")

    def fail() -> None:
        with only_agent(installation):
            raise ValueError("stopped")

    with pytest.raises(ValueError, match="stopped"):
        fail()
    with only_agent(installation), pytest.raises(AlreadyRunning), only_agent(installation):
        pass
    with only_agent(installation):
        assert True


def test_children_of_the_agent_do_not_hold_it(tmp_path: Path) -> None:
    installation = make(tmp_path / "root")
    with only_agent(installation):
        child = subprocess.Popen(["cat"], stdin=subprocess.PIPE)
    with only_agent(installation):
        assert child.poll() is None
    child.communicate()


def test_two_roots_are_two_agents(tmp_path: Path) -> None:
    with only_agent(make(tmp_path / "a")), only_agent(make(tmp_path / "b")) as both:
        assert both is None


def test_a_catalogue_has_one_agent_whatever_ini_files_say(tmp_path: Path) -> None:
    one, other = make(tmp_path / "a"), make(tmp_path / "b")
    other = replace(other, catalogue_url=one.catalogue_url)
    said = rf"for {tmp_path}/a/var/db/sesam_db\.sdb already runs as pid {os.getpid()}\."
    with only_agent(one), pytest.raises(AlreadyRunning, match=said), only_agent(other):
        pass
    with only_agent(other):
        assert True


# --- socket ---------------------------------------------------------------------------------------


def echo(address: str, text: bytes) -> bytes:
    credentials = grpc.local_channel_credentials(grpc.LocalConnectionType.UDS)
    with grpc.secure_channel(address, credentials) as channel:
        return channel.unary_unary("/t/echo", bytes, bytes)(text, timeout=20)


@pytest.mark.parametrize("name", ["r", "deep/" + "x" * 200, "ä b%20c#d?e"])
def test_the_socket_is_served_and_served_again_after_kill_9(tmp_path: Path, name: str) -> None:
    installation = make(tmp_path / name)
    for text in (b"first", b"again"):
        with running(SERVING, installation) as (_, line):
            assert line == "up"
            with socket_address(installation) as address:
                assert echo(address, text) == text
        assert stat.S_ISSOCK(installation.socket.stat().st_mode)
        assert stat.S_IMODE(installation.socket.stat().st_mode) == 0o600


def test_a_short_plain_path_is_the_address_itself(tmp_path: Path) -> None:
    installation = replace(make(tmp_path / "root"), work=Path("/var/opt/sesam/var/work"))
    with socket_address(installation) as address:
        assert address == "unix:/var/opt/sesam/var/work/agent/agent.sock"


def test_no_descriptor_is_left_open(tmp_path: Path) -> None:
    installation = make(tmp_path / ("x" * 200))
    before = os.listdir("/proc/self/fd")
    with socket_address(installation) as address:
        assert address.startswith("unix:/proc/self/fd/")
        assert len(address) < 107
    assert len(os.listdir("/proc/self/fd")) == len(before)


def test_a_missing_directory_of_the_socket_is_named(tmp_path: Path) -> None:
    installation = make(tmp_path / ("x" * 200))
    (installation.private).rmdir()
    with (
        pytest.raises(InstallationError, match="work/agent cannot be opened"),
        socket_address(installation),
    ):
        pass
