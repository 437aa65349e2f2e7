"""A client over SSH, and what no test of it may leave behind."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from server_agent.domain.reach import Ssh
from tests.agent.ssh.client_site import ClientSite
from tests.agent.ssh.server import SshServer
from tests.agent.tar.conftest import no_descriptor_or_child_left

__all__ = ["no_descriptor_or_child_left"]


@pytest.fixture(scope="session", autouse=True)
def shared_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SshServer]:
    """For tests that only log in; started before any of them looks at its children."""
    made = SshServer(tmp_path_factory.mktemp("sshd"))
    yield made
    made.stop()


@pytest.fixture
def start_server(tmp_path: Path) -> Iterator[Callable[..., SshServer]]:
    """Starts servers with what is special about them."""
    made: list[SshServer] = []

    def start(**special: str) -> SshServer:
        made.append(SshServer(tmp_path / f"sshd{len(made)}", **special))
        return made[-1]

    yield start
    for server in made:
        server.stop()


@pytest.fixture
def server(start_server: Callable[..., SshServer]) -> SshServer:
    """One whose processes the test stops and kills."""
    return start_server()


@pytest.fixture
def client(shared_server: SshServer) -> Ssh:
    return replace(shared_server.client)


@pytest.fixture
def site(tmp_path: Path, client: Ssh) -> Iterator[ClientSite]:
    made = ClientSite.at(tmp_path, client)
    yield made
    assert list((tmp_path / "tmp").glob("*")) == [], "the agent has left something"
