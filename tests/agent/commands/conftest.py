"""`sm_cmd` in this process, against an agent in memory."""

import contextlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from server_agent.commands.sm_cmd import run
from sesam_api.client import Location, connect
from tests.fakes.agent_server import FakeAgent


@dataclass(frozen=True)
class Result:
    """What a command did. `rows` are the cells of the lines on stdout."""

    status: int
    out: str
    err: str

    @property
    def rows(self) -> list[list[str]]:
        return [line.split("\t") for line in self.out.splitlines()]


SmCmd = Callable[..., Result]


@pytest.fixture
def agent(tmp_path: Path) -> Iterator[FakeAgent]:
    with FakeAgent(socket=tmp_path / "socket") as agent:
        agent.location.put_client("local")
        agent.location.put_task("docs", "local", [b"/srv/docs"], ["*.tmp"])
        yield agent


@pytest.fixture
def sm_cmd(agent: FakeAgent, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> SmCmd:
    @contextlib.contextmanager
    def connection(root: str | None) -> Iterator[Location]:
        with connect(unix=tmp_path / "socket", patience=0.5) as location:
            yield location

    def call(*argv: str) -> Result:
        status = run(list(argv), connection)
        out, err = capfd.readouterr()
        return Result(status, out, err)

    return call
