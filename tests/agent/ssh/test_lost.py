"""A client that goes in the middle: an error, never a green, and nothing that is left to run."""

import os
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from server_agent.domain.reach import Ssh
from server_agent.ports import Cancelled, CommandSource, EngineError
from tests.agent.ssh.client_site import ClientSite, at_work
from tests.agent.ssh.rig import kill, killed_while, moving, ssh_at_work, stop, wait_for
from tests.agent.ssh.server import SshServer
from tests.fakes.engine import FakeControl

BIG_BYTES = 24 << 20  # more than all that is between tar and its reader can hold
# A find that stands still in the middle of what it says of a source.
HELD_FIND = """#!/bin/sh
case $* in *-maxdepth*) exec /usr/bin/find "$@" ;; esac
/usr/bin/find "$@" | { head -c 300; sleep 77; }
"""
ALIVE_LIMIT_SECONDS = 10.0  # for 3 signs of life, each a second apart, on a busy machine


@pytest.fixture
def client(server: SshServer) -> Ssh:
    """Of a server whose processes the test stops and kills."""
    return server.client


@pytest.fixture
def big(site: ClientSite) -> Path:
    path = site.source / "big"
    path.write_bytes(os.urandom(BIG_BYTES))
    return path


def test_a_cancel_ends_what_runs_there(site: ClientSite, big: Path, server: SshServer) -> None:
    control = FakeControl()
    events = site.engine.backup(site.request(), control)
    moving(events, server)
    stop(at_work(server, b"tar"))  # it would never end by itself
    timer = threading.Timer(0.05, control.cancel)
    timer.start()
    with pytest.raises(Cancelled):
        list(events)
    timer.join()
    assert at_work(server, b"tar") == []
    assert ssh_at_work(server) == []
    assert site.files() == set()


@pytest.mark.logs_warnings
def test_a_client_that_freezes(site: ClientSite, big: Path, server: SshServer) -> None:
    events = site.engine.backup(site.request(), FakeControl())
    moving(events, server)
    stop(server.sessions())
    started = time.monotonic()
    with pytest.raises(EngineError, match="not responding") as failure:
        list(events)
    assert failure.value.code == "CLIENT_LOST"
    assert time.monotonic() - started < ALIVE_LIMIT_SECONDS
    assert at_work(server, b"tar") == [], "killed by a second connection"
    assert site.files() == set()


@pytest.mark.logs_warnings
def test_a_machine_that_freezes_as_a_whole(site: ClientSite, big: Path, server: SshServer) -> None:
    """There is no second connection either: the log tells what may still run."""
    events = site.engine.backup(site.request(), FakeControl())
    moving(events, server)
    stop([*server.sessions(), server.pid])
    with pytest.raises(EngineError, match="not responding") as failure:
        list(events)
    assert failure.value.code == "CLIENT_LOST"
    assert site.files() == set()
    kill(at_work(server, b"tar"))


def test_a_client_that_dies(site: ClientSite, big: Path, server: SshServer) -> None:
    events = site.engine.backup(site.request(), FakeControl())
    moving(events, server)
    kill(server.sessions())
    with pytest.raises(EngineError, match="was lost in the middle") as failure:
        list(events)
    assert failure.value.code == "CLIENT_LOST"
    assert at_work(server, b"tar") == []
    assert site.files() == set()


def test_the_agents_ssh_is_killed(site: ClientSite, big: Path, server: SshServer) -> None:
    events = site.engine.backup(site.request(), FakeControl())
    moving(events, server)
    stop(at_work(server, b"tar"))
    kill(ssh_at_work(server))
    with pytest.raises(EngineError, match="killed by signal 9") as failure:
        list(events)
    assert failure.value.code == "CLIENT_LOST"
    assert at_work(server, b"tar") == []
    assert site.files() == set()


def test_the_clients_tar_is_killed(site: ClientSite, big: Path, server: SshServer) -> None:
    """Its shell tells of it: the connection is whole."""
    events = site.engine.backup(site.request(), FakeControl())
    moving(events, server)
    kill(at_work(server, b"tar"))
    with pytest.raises(EngineError, match="status 137") as failure:
        list(events)
    assert failure.value.code == "TAR_FAILED"
    assert site.files() == set()


def test_a_silent_command_is_ended(site: ClientSite, server: SshServer) -> None:
    site.commands = (CommandSource("dump", (b"sleep", b"77")),)
    control = FakeControl()
    events = site.engine.backup(site.request(), control)
    timer = threading.Thread(
        target=lambda: (
            wait_for(lambda: bool(at_work(server, b"sleep")), "sleep"),
            control.cancel(),
        )
    )
    (site.source / "file").write_text("x")
    timer.start()
    with pytest.raises(Cancelled):
        list(events)
    timer.join()
    assert at_work(server, b"sleep") == []
    assert site.files() == set()


def test_a_find_that_is_lost_is_no_empty_source(
    site: ClientSite, start_server: Callable[..., SshServer], tmp_path: Path
) -> None:
    """Half a scan would count what it has not seen as deleted."""
    held = tmp_path / "programs/find"
    held.parent.mkdir()
    held.write_text(HELD_FIND)
    held.chmod(0o755)
    server = start_server(environment=f"PATH={held.parent}:/usr/bin:/bin")
    site.client = server.client
    for number in range(10):
        (site.source / f"{number}").touch()

    def break_off() -> None:
        wait_for(lambda: bool(at_work(server, b"sleep")), "find that is held")
        kill(server.sessions())

    thread = threading.Thread(target=break_off)
    thread.start()
    with pytest.raises(EngineError) as failure:
        site.back_up()
    thread.join()
    assert failure.value.code == "CLIENT_LOST"
    assert at_work(server, b"sleep") == []
    assert site.files() == set()


@pytest.mark.parametrize("silent", [False, True])
def test_the_agent_is_killed(site: ClientSite, big: Path, server: SshServer, silent: bool) -> None:
    """Nobody is there to end it: what runs there notices itself that its connection is gone."""
    killed_while("backup", site, server, silent=silent)
    assert site.files()
    assert site.engine.recover([], frozenset()) == []
    assert site.files() == set()


def test_without_an_alive_test_it_works_too(site: ClientSite, big: Path) -> None:
    assert isinstance(site.client, Ssh)
    site.client = replace(site.client, alive_seconds=0)
    assert site.back_up().files == 1


CUT_SSH = """#!/bin/sh
for last; do :; done
mark=$(printf %s "$last" | grep -o 'sesam-[0-9a-f]*')
echo "$mark 77"
echo "$mark" >&2
exec 0</dev/null
sleep 0.2
exit 255
"""


@pytest.mark.logs_warnings
def test_a_connection_that_ends_before_it_knows_what_to_do(
    site: ClientSite, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin/ssh").write_text(CUT_SSH)
    (tmp_path / "bin/ssh").chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}:{os.environ['PATH']}")
    sources = [site.source / ("x" * 200) / ("y" * 200) / str(number) for number in range(5000)]
    with pytest.raises(EngineError) as failure:
        site.back_up(*sources)
    assert failure.value.code == "CLIENT_LOST"
    assert site.files() == set()
