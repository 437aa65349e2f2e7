"""Fixtures of the service's tests."""

from collections.abc import Iterator

import pytest

from tests.agent.service.rig import Rig


@pytest.fixture
def idle_rig() -> Rig:
    """A service whose queue stands."""
    return Rig()


@pytest.fixture
def rig() -> Iterator[Rig]:
    """A service that runs what is queued, with one task "docs"."""
    rig = Rig()
    rig.add_task()
    rig.runner.start()
    assert rig.looked.wait(30)
    yield rig
    rig.runner.stop()
