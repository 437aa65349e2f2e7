"""Waiting for a job, whatever becomes of the one who reads."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from server_agent.commands.waiting import usable_end
from sesam_api.client import Location, connect
from sesam_api.records import Job
from tests.fakes.agent_server import FakeAgent


def test_a_reader_that_fails_ends_the_wait(
    agent: FakeAgent, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(_location: Location, job: Job) -> Iterator[Job]:
        yield job
        raise UnicodeError("what no one foresaw")

    monkeypatch.setattr(Location, "watch_job", broken)
    with connect(unix=tmp_path / "socket") as location:
        job = location.start_backup("docs", "FULL")
        with pytest.raises(UnicodeError, match="no one foresaw"):
            usable_end(location, job, "sm_cmd")
