"""Immediate starts at a real agent: groups, times, priorities, what is missing there."""

import os
import tempfile
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from sesam_api.plan_records import TaskGroup
from sesam_master.core.acts import Made
from sesam_master.core.calendar_days import Cause
from sesam_master.core.errors import LocationError
from sesam_master.core.fleet import FleetChange
from sesam_master.core.now import NowBoard
from sesam_master.core.now_estimate import Doubt
from sesam_master.core.records import BackupType, Job, WaitsFor
from sesam_master.core.sheet import RowKind
from sesam_master.core.start import BackupOrder, StartObject
from sesam_master.core.states import JobState
from tests.desk.remote.rig import HubRig
from tests.e2e.agent_process import AgentProcess
from tests.e2e.test_desk_and_agent import PATIENT, enrol


@pytest.fixture
def agent() -> Iterator[AgentProcess]:
    """With the tasks a, b and c, the first two in a group."""
    with tempfile.TemporaryDirectory(prefix="sm") as directory:
        place = Path(directory)
        tree = place / "tree"
        tree.mkdir()
        for number in range(40):
            (tree / str(number)).write_bytes(os.urandom(1_000_000))
        process = AgentProcess(place / "root", place)
        process.start()
        with process.connected() as location:
            location.add_client("local")
            for task in "abc":
                location.add_task(task, "local", [os.fsencode(tree)])
            location.add_group(TaskGroup("both", ("a", "b")))
        yield process
        process.close()


def new_id() -> str:
    return str(uuid.uuid4())


class Site:
    """A desk over the agent."""

    def __init__(self, rig: HubRig, agent: AgentProcess) -> None:
        self.rig = rig
        self.id = enrol(rig, agent)

    def order(self, task: str = "", group: str = "", **values: object) -> Made:
        wanted = {"start_time": None, "priority": 1, "drive": "", "follow_up": ""} | values
        what = StartObject(self.id, task, group)
        order = BackupOrder(what, BackupType.FULL, **wanted)  # type: ignore[arg-type]
        made = self.rig.ask(self.rig.hub.gateway.order_backup(order, new_id()))
        assert isinstance(made, Made)
        return made

    def job(self, job_id: str) -> Job | None:
        picture = self.rig.state(self.id).picture
        return picture.jobs.get(job_id) if picture is not None else None

    def is_in(self, job_id: str, state: JobState) -> bool:
        job = self.job(job_id)
        return job is not None and job.state is state


@pytest.fixture
def site(agent: AgentProcess) -> Iterator[Site]:
    with HubRig(PATIENT) as rig:
        yield Site(rig, agent)


def test_a_group_runs_and_the_rest_waits_for_a_drive(site: Site, agent: AgentProcess) -> None:
    agent.hold.touch()
    made = site.order(group="both")
    assert [(job.task, job.group) for job in made.jobs] == [("a", "both"), ("b", "both")]
    last = site.order("c", priority=7).jobs[0].id
    site.rig.wait(lambda: (job := site.job(last)) is not None and job.waiting is not None)
    job = site.job(last)
    assert job is not None
    assert job.waiting is not None
    assert (job.waiting.reason, job.priority) == (WaitsFor.ANY_DRIVE, 7)

    board = NowBoard(site.rig.fleet, lambda _job: Doubt.ASKING)
    from_picture = board.take(FleetChange(pictures={site.id}), datetime.now(UTC))
    assert {key[1] for key in from_picture.keys} == {*(one.id for one in made.jobs), last}

    agent.hold.unlink()  # what was held ends with an error
    site.rig.wait(lambda: site.is_in(last, JobState.OK))


def test_a_later_start_stands_in_the_calendar(site: Site) -> None:
    later = datetime.now(UTC).replace(second=0, microsecond=0) + timedelta(hours=1)

    made = site.order("a", start_time=later)

    assert (made.jobs, made.planned_time) == ((), later)
    gateway = site.rig.hub.gateway
    found = site.rig.ask(gateway.occurrences(site.id, later, later + timedelta(minutes=1)))
    assert [(one.task, one.state, one.kind) for one in found] == [
        ("a", JobState.PLANNED, RowKind.BACKUP)
    ]

    site.rig.ask(gateway.cancel_occurrence(site.id, made.event_id, later, new_id()))
    found = site.rig.ask(gateway.occurrences(site.id, later, later + timedelta(minutes=1)))
    assert [(one.state, one.cause) for one in found] == [(JobState.CANCELLED, Cause.TAKEN_BACK)]
    with pytest.raises(LocationError) as caught:
        site.rig.ask(gateway.cancel_occurrence(site.id, made.event_id, later, new_id()))
    assert caught.value.reason == "OCCURRENCE_NOT_PLANNED"


def test_what_is_not_there_is_refused_by_name(site: Site) -> None:
    for reason, values in {
        "GROUP_NOT_FOUND": {"group": "none"},
        "TASK_NOT_FOUND": {"task": "none"},
        "DRIVE_NOT_FOUND": {"task": "a", "drive": "none"},
        "EVENT_NOT_FOUND": {"task": "a", "follow_up": "none"},
    }.items():
        with pytest.raises(LocationError) as caught:
            site.order(**values)

        assert caught.value.reason == reason
        assert "none" in caught.value.metadata.values()


def test_the_same_request_does_nothing_twice(site: Site) -> None:
    order = BackupOrder(StartObject(site.id, task="a"), BackupType.FULL, None, 1, "", "")
    gateway, request_id = site.rig.hub.gateway, new_id()

    first = site.rig.ask(gateway.order_backup(order, request_id))
    again = site.rig.ask(gateway.order_backup(order, request_id))

    assert [job.id for job in again.jobs] == [job.id for job in first.jobs]
    assert again.event_id == first.event_id
    site.rig.wait(lambda: site.is_in(first.jobs[0].id, JobState.OK))
