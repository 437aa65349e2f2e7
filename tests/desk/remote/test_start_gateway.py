"""Immediate starts as the agent gets them, and lost answers."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from sesam_api.v1 import groups_pb2, jobs_pb2
from sesam_master.core.errors import LocationError, Trouble
from sesam_master.core.records import BackupType, WaitsFor
from sesam_master.core.start import BackupOrder, StartObject
from sesam_master.core.states import Connection, JobState
from sesam_master.remote.convert import job as converted
from tests.desk.remote.rig import HubRig
from tests.fakes.agent_server import FakeAgent


@pytest.fixture
def agent() -> Iterator[FakeAgent]:
    with FakeAgent("Alpha") as running:
        running.location.put_client("fs-01")
        for task in ("docs", "mail"):
            running.location.put_task(task, "fs-01", [b"/srv"])
        group = groups_pb2.TaskGroup(name="office", tasks=["docs", "mail"])
        running.location.groups["office"] = group
        yield running


@pytest.fixture
def rig(agent: FakeAgent) -> Iterator[HubRig]:
    prepared = HubRig()
    location_id = prepared.register(agent)
    with prepared:
        prepared.until(location_id, Connection.ON)
        yield prepared


def order(agent: FakeAgent, task: str = "", group: str = "", **values: object) -> BackupOrder:
    wanted = {"start_time": None, "priority": 1, "drive": "", "follow_up": ""} | values
    what = StartObject(agent.location.location_id, task, group)
    return BackupOrder(what, BackupType.FULL, **wanted)  # type: ignore[arg-type]


def sent(agent: FakeAgent) -> list[jobs_pb2.StartBackupRequest]:
    return [request for name, request in agent.calls if name == "StartBackup"]


def test_everything_that_is_wished_is_sent(agent: FakeAgent, rig: HubRig) -> None:
    wanted = order(agent, "docs", priority=0, drive="Drive_2", follow_up="copy")

    made = rig.ask(rig.hub.gateway.order_backup(wanted, "r-1"))

    [request] = sent(agent)
    assert (request.task, request.group, request.type) == ("docs", "", jobs_pb2.BACKUP_TYPE_FULL)
    assert (request.drive, request.follow_up) == ("Drive_2", "copy")
    assert request.HasField("priority")
    assert request.priority == 0
    assert not request.HasField("start_time")
    assert request.request_id == "r-1"
    assert [(job.task, job.state, job.drive) for job in made.jobs] == [
        ("docs", JobState.QUEUED, "Drive_2")
    ]
    assert made.event_id


def test_a_group_answers_a_job_for_each_of_its_tasks(agent: FakeAgent, rig: HubRig) -> None:
    made = rig.ask(rig.hub.gateway.order_backup(order(agent, group="office"), "r-1"))

    assert [(job.task, job.group) for job in made.jobs] == [("docs", "office"), ("mail", "office")]


def test_a_later_start_has_no_job_yet(agent: FakeAgent, rig: HubRig) -> None:
    later = datetime.now(UTC).replace(microsecond=0) + timedelta(hours=3)

    made = rig.ask(rig.hub.gateway.order_backup(order(agent, "docs", start_time=later), "r-1"))

    assert (made.jobs, made.planned_time) == ((), later)


def test_a_lost_answer_is_asked_for_under_the_same_id(agent: FakeAgent, rig: HubRig) -> None:
    agent.lost_answers = 2
    with pytest.raises(LocationError) as caught:
        rig.ask(rig.hub.gateway.order_backup(order(agent, "docs"), "r-1"))
    assert caught.value.trouble is Trouble.NO_ANSWER

    made = rig.ask(rig.hub.gateway.order_backup(order(agent, "docs"), "r-1"))

    assert {request.request_id for request in sent(agent)} == {"r-1"}
    assert list(agent.location.jobs) == [job.id for job in made.jobs]


def test_a_refusal_names_what_is_missing(agent: FakeAgent, rig: HubRig) -> None:
    with pytest.raises(LocationError) as caught:
        rig.ask(rig.hub.gateway.order_backup(order(agent, group="nope"), "r-1"))

    assert (caught.value.reason, caught.value.metadata) == ("GROUP_NOT_FOUND", {"group": "nope"})


@pytest.mark.parametrize(
    ("waiting", "reason", "name"),
    [
        (jobs_pb2.Waiting(job_id="12"), WaitsFor.JOB, "12"),
        (jobs_pb2.Waiting(drive="Drive_1"), WaitsFor.DRIVE, "Drive_1"),
        (jobs_pb2.Waiting(drive_off="Drive_2"), WaitsFor.DRIVE_OFF, "Drive_2"),
        (jobs_pb2.Waiting(any_drive=True), WaitsFor.ANY_DRIVE, ""),
        (
            jobs_pb2.Waiting(medium=jobs_pb2.WantedMedium(label="USB00001", data_store="Usb")),
            WaitsFor.MEDIUM,
            "USB00001",
        ),
    ],
)
def test_what_a_job_waits_for_is_told(
    waiting: jobs_pb2.Waiting, reason: WaitsFor, name: str
) -> None:
    job = converted("here", jobs_pb2.Job(job_id="1", waiting=waiting, priority=7))

    assert job.waiting is not None
    assert (job.waiting.reason, job.waiting.name, job.priority) == (reason, name, 7)


def test_a_command_is_no_backup() -> None:
    message = jobs_pb2.Job(job_id="1", kind=jobs_pb2.JOB_KIND_COMMAND, event="tidy-up")

    job = converted("here", message)

    assert (job.kind.value, job.name) == ("command", "tidy-up")
