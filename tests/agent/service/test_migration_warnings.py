"""What an engine says of a copy that somebody should know makes the migration a warning."""

from collections.abc import Iterator

import pytest

from server_agent.domain.jobs import JobState, Level
from server_agent.ports import Control, CopyEvent, CopyRequest, Message
from tests.agent.service.rig import Rig
from tests.agent.service.test_migration_jobs import TAPE, labels, migrated, tape

__all__ = ["tape"]


@pytest.mark.parametrize(
    ("level", "state"), [(Level.WARNING, JobState.WARNING), (Level.INFO, JobState.OK)]
)
def test_a_warning_of_the_engine_is_one_of_the_job(
    rig: Rig, monkeypatch: pytest.MonkeyPatch, level: Level, state: JobState
) -> None:
    saveset = rig.backed_up().saveset
    copy = rig.engine.copy

    def saying(request: CopyRequest, control: Control) -> Iterator[CopyEvent]:
        yield Message(level, "LISTING_COPY", "Its listing is damaged")
        yield from copy(request, control)

    monkeypatch.setattr(rig.engine, "copy", saying)
    job = migrated(rig, saveset)
    assert (job.state, labels(rig, saveset)[1:]) == (state, [TAPE])
    assert ("Its listing is damaged" in job.message) is (level is Level.WARNING)
    assert "Its listing is damaged" in [line.text for line in rig.protocol(job)]
