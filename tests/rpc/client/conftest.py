"""An agent in memory and a client that is connected to it."""

from collections.abc import Iterator

import pytest

from sesam_api.client import Location, connect
from tests.fakes.agent_server import FakeAgent


@pytest.fixture
def agent() -> Iterator[FakeAgent]:
    with FakeAgent() as agent:
        agent.location.put_client("local")
        agent.location.put_task("docs", "local", [b"/srv/docs"], ["*.tmp"])
        yield agent


@pytest.fixture
def location(agent: FakeAgent) -> Iterator[Location]:
    with connect(
        agent.address, token=agent.credential(), fingerprint=agent.fingerprint, patience=0.6
    ) as location:
        yield location


def requests_of(agent: FakeAgent, name: str) -> list:
    return [request for called, request in agent.calls if called == name]
