"""What tests of clients that are lost have in common."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

from server_agent.domain.jobs import Phase
from server_agent.ports import BackupEvent, RestoreEvent
from tests.agent.ssh.client_site import ClientSite, at_work
from tests.agent.ssh.server import SshServer
from tests.agent.tar.site import is_progress

DEADLINE_SECONDS = 30.0
APPEARS_SECONDS = 1.5
REPOSITORY = Path(__file__).parents[3]


def begun(events: Iterator[BackupEvent] | Iterator[RestoreEvent], phase: Phase) -> None:
    while not is_progress(next(events), phase):
        pass


def moving(events: Iterator[BackupEvent] | Iterator[RestoreEvent], server: SshServer) -> None:
    """Goes on until tar runs at the client, which waits for the agent then."""
    begun(events, Phase.TRANSFER)
    while not appears(server):
        begun(events, Phase.TRANSFER)


def appears(server: SshServer) -> bool:
    """Whether tar is at the client or soon comes there. It cannot end while the agent stands
    still, so that the first one is never missed."""
    deadline = time.monotonic() + APPEARS_SECONDS
    pause = threading.Event()
    while not at_work(server, b"tar"):
        if time.monotonic() > deadline:
            return False
        pause.wait(0.02)
    return True


def wait_for(condition: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + DEADLINE_SECONDS
    pause = threading.Event()
    while not condition():
        assert time.monotonic() < deadline, f"in vain waited for: {what}"
        pause.wait(0.02)


def ssh_at_work(server: SshServer) -> list[int]:
    """The agent's own processes of ssh for a server."""
    port = str(server.client.port).encode()
    found: list[int] = []
    for process in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            words = (process / "cmdline").read_bytes().split(b"\0")
            if words[0] == b"ssh" and port in words:
                found.append(int(process.name))
    return found


def stop(pids: list[int]) -> None:
    for pid in pids:
        os.kill(pid, signal.SIGSTOP)


def kill(pids: list[int]) -> None:
    for pid in pids:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


def killed_while(verb: str, site: ClientSite, server: SshServer, *, silent: bool = False) -> None:
    """Backs up or restores in a process of its own that is killed while tar runs at the client.

    Args:
        silent: whether that tar is stopped before, so that it cannot end by itself.
    """
    client = server.client
    facts = [str(site.root), client.key_file, client.host_key, str(client.port), client.user]
    agent = subprocess.Popen(
        [sys.executable, "-m", "tests.agent.ssh.driver", verb, *facts],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        cwd=REPOSITORY,
    )
    with agent:
        assert agent.stdin is not None
        assert agent.stdout is not None
        for line in agent.stdout:
            if line == b"transfer\n" and appears(server):
                break
            agent.stdin.write(b"\n")
            agent.stdin.flush()
        if silent:
            stop(at_work(server, b"tar"))
        agent.kill()
        agent.communicate()
    wait_for(lambda: not at_work(server, b"tar"), "the end of tar at the client")
    wait_for(lambda: not ssh_at_work(server), "the end of ssh")
