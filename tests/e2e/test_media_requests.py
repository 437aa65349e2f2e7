"""A real agent whose disks are put in by hand: jobs wait for the one that they need, across a
restart, and go on by themselves."""

import signal
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from sesam_api.client import Location
from sesam_api.errors import SesamError
from sesam_api.media_records import DataStore, MediaPool, MediaRequest
from sesam_api.plan_records import Drive
from sesam_api.records import Job
from tests.e2e.agent_process import AgentProcess

SECONDS = 40.0
LABEL = "USB00001"


class Disk:
    """A directory that can be taken out."""

    def __init__(self, place: Path) -> None:
        self.place = place
        self.safe = place.with_name("safe")
        place.mkdir()

    def take_out(self) -> None:
        self.place.rename(self.safe)

    def put_in(self) -> None:
        self.safe.rename(self.place)


@pytest.fixture
def agent(tmp_path: Path) -> Iterator[AgentProcess]:
    made = AgentProcess(tmp_path / "root", tmp_path)
    for name in ("sm_notify", "sm_alarm"):
        program = tmp_path / "root/bin/sesam" / name
        program.write_text(f'#!/bin/sh\necho "{name} $1 ${{2%%\n*}}" >> "{tmp_path}/told"\n')
        program.chmod(0o755)
    made.start()
    yield made
    made.close()


def prepare(location: Location, tmp_path: Path) -> Disk:
    disk = Disk(tmp_path / "usb")
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs/a").write_text("what is kept")
    location.add_client("here")
    location.add_task("docs", "here", [str(tmp_path / "docs")])
    stored = location.add_data_store(DataStore("Usb", bytes(disk.place), removable=True))
    assert stored.removable
    location.add_drive(Drive("Usb_drive", group="Usb", data_store="Usb"))
    location.add_pool(MediaPool("USB", drive_group="Usb"))
    return disk


def backup(location: Location) -> Job:
    [job] = location.order_backup("FULL", task="docs", pool="USB").jobs
    return job


def watched(location: Location, job: Job, until: Callable[[Job], bool]) -> Job:
    """As it is told while it is watched."""
    for seen in location.watch_job(job):
        if until(seen):
            return seen
    raise AssertionError(f"job {job.id} has ended before")


def asked(location: Location, job: Job) -> MediaRequest:
    seen = watched(location, job, lambda job: bool(job.waiting))
    assert (seen.state, seen.waiting) == ("queued", f"medium {LABEL} in Usb")
    [wanted] = location.media_requests()
    assert (wanted.label, wanted.job_ids) == (LABEL, (job.id,))
    return wanted


def test_a_disk_is_asked_for_until_it_is_there(agent: AgentProcess, tmp_path: Path) -> None:
    with agent.connected() as location:
        disk = prepare(location, tmp_path)
        first = location.wait(backup(location), SECONDS)
        assert (first.state, first.label) == ("ok", LABEL)
        disk.take_out()
        job = backup(location)
        wanted = asked(location, job)
        assert (wanted.pool, wanted.data_store, wanted.path) == ("USB", "Usb", bytes(disk.place))
        assert f"{LABEL} has no label" in wanted.fault
        with pytest.raises(SesamError, match="cannot be used yet") as refused:
            location.answer_media_request(LABEL, "loaded")
        assert refused.value.reason == "MEDIUM_AWAY"
    agent.end(signal.SIGKILL)
    agent.start()
    with agent.connected() as location:
        assert asked(location, job).since_time == wanted.since_time
        disk.put_in()
        ended = location.wait(job, SECONDS)
        assert (ended.state, ended.label) == ("ok", LABEL)
        assert location.media_requests() == []
        disk.take_out()
        reading = location.verify(ended.saveset)
        asked(location, reading)
        assert location.answer_media_request(LABEL, "refused") == [reading.id]
        ended = location.wait(reading, SECONDS)
        assert (ended.state, ended.message) == (
            "error",
            f"Medium {LABEL} refused by local: it is not put into Usb",
        )
    agent.end()  # what is known is told by then
    told = [line for line in (tmp_path / "told").read_text().splitlines() if "GET_VOLUME" in line]
    line = f"sm_notify SM_GET_VOLUME Wanted: the medium {LABEL} in the data store Usb"
    assert told[:1] == [line]
    assert set(told) == {line}
