"""A location of which something is killed at random instants keeps all that it has committed, and
nothing else. `make chaos` kills ten times as often."""

import os
import random
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.agent_process import AgentProcess
from tests.e2e.chaos import Chaos

KILLS = int(os.environ.get("SESAM_KILLS", "50"))
SEED = 20270326


@pytest.fixture
def chaos() -> Iterator[Chaos]:
    """On a disk, since a kill is to find half-written files there."""
    with tempfile.TemporaryDirectory(prefix="sm") as name:
        directory = Path(name)
        made = Chaos(AgentProcess(directory / "root", directory), directory, random.Random(SEED))
        yield made
        made.agent.close()


@pytest.mark.timeout(20 * KILLS)
def test_what_was_committed_outlives_every_kill(chaos: Chaos, tmp_path: Path) -> None:
    chaos.begin()
    for _ in range(KILLS):
        chaos.round()
    with chaos.agent.connected() as location:
        assert chaos.check_contents(location, tmp_path) > KILLS / 20
        ended = {job.state for job in location.jobs()}
    assert {"ok", "broken"} <= ended, chaos.counts
    assert chaos.counts["begun move"]
    assert chaos.counts["begun copy"]
    assert chaos.counts["killed agent"] > KILLS / 4
    assert chaos.counts["killed child"] > KILLS / 20
    assert chaos.agent.end() == 0
