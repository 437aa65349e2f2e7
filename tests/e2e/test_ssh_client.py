"""A client over SSH as its administrator meets it: its key is looked at and pinned, it is backed
up, and what was saved comes back to it."""

import tempfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from sesam_api.client import Location
from sesam_api.errors import SesamError
from sesam_api.records import Ssh
from tests.agent.ssh.server import SshServer
from tests.e2e.agent_process import SECONDS, AgentProcess
from tests.e2e.changing import tree_of


@pytest.fixture
def place() -> Iterator[Path]:
    """A directory on a disk, with a short path."""
    with tempfile.TemporaryDirectory(prefix="sm") as directory:
        yield Path(directory)


@pytest.fixture
def server(place: Path) -> Iterator[SshServer]:
    made = SshServer(place / "sshd")
    yield made
    made.stop()


@pytest.fixture
def location(place: Path) -> Iterator[Location]:
    agent = AgentProcess(place / "root", place)
    agent.start()
    with agent.connected() as connected:
        yield connected
    agent.close()


def test_from_the_key_to_the_restore(location: Location, server: SshServer, place: Path) -> None:
    source = place / "sshd/home/source"
    (source / "blank name").mkdir(parents=True)
    (source / "blank name/line\nbreak").write_bytes(b"x" * 3000)
    (source / "link").symlink_to("blank name")
    there = server.client
    shown = location.host_keys("127.0.0.1", there.port)
    assert there.host_key in [key.key for key in shown]
    ssh = Ssh(
        host="127.0.0.1",
        user=there.user,
        key_file=there.key_file,
        host_key=there.host_key,
        port=there.port,
    )
    location.add_client("there", ssh=ssh)
    location.add_task("docs", "there", [str(source)])
    assert location.check_client("there") == ()

    full = location.wait(location.start_backup("docs", "FULL"), timeout=SECONDS)
    (source / "new").write_bytes(b"new")
    inc = location.wait(location.start_backup("docs", "INC"), timeout=SECONDS)
    assert (full.state, inc.state, inc.type) == ("ok", "ok", "INC"), (full, inc)
    target = place / "sshd/home/back"
    restored = location.wait(location.restore(inc.saveset, str(target)), timeout=SECONDS)
    assert restored.state == "ok", restored.message
    assert tree_of(target / source.relative_to("/")) == tree_of(source)
    assert location.wait(location.verify(inc.saveset, whole_chain=True), SECONDS).state == "ok"


def test_what_cannot_be_used_says_why(location: Location, server: SshServer, place: Path) -> None:
    other = SshServer(place / "other")
    wrong = replace(server.client, host_key=other.client.host_key)
    other.stop()
    facts = {name: getattr(wrong, name) for name in ("host", "user", "key_file", "port")}
    location.add_client("there", ssh=Ssh(**facts, host_key=wrong.host_key))
    with pytest.raises(SesamError, match="host key") as refused:
        location.check_client("there")
    assert refused.value.reason == "CLIENT_UNUSABLE"
    location.add_task("docs", "there", [str(place)])
    job = location.wait(location.start_backup("docs", "FULL"), timeout=SECONDS)
    assert job.state == "error"
    assert "host key" in job.message
    with pytest.raises(SesamError) as silent:
        location.host_keys("127.0.0.1", other.client.port)
    assert silent.value.reason == "CLIENT_UNUSABLE"
