"""Fixtures of the tests over the wire."""

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from server_agent.adapters.identity import Identity
from tests.rpc.agent.rig import AgentRig, new_identity


@pytest.fixture(scope="session")
def identity(tmp_path_factory: pytest.TempPathFactory) -> Identity:
    return new_identity(tmp_path_factory.mktemp("identity"))


@pytest.fixture
def short_path() -> Iterator[Path]:
    """A directory whose path leaves room for a socket's name."""
    with tempfile.TemporaryDirectory(prefix="sm") as directory:
        yield Path(directory)


@pytest.fixture
def agent(short_path: Path, identity: Identity) -> Iterator[AgentRig]:
    with AgentRig(short_path, identity) as rig:
        yield rig
