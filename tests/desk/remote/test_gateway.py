"""What the desk asks of a location, and how refusals come back."""

import threading
from collections.abc import Iterator

import pytest

from sesam_api.v1 import access_pb2, jobs_pb2, savesets_pb2
from sesam_master.core.errors import LocationError, Trouble
from sesam_master.core.gateway import FleetGateway, JobQuery
from sesam_master.core.records import BackupType
from sesam_master.core.states import Connection, JobState
from tests.desk.remote.rig import DEADLINE, HubRig
from tests.fakes.agent_server import FakeAgent


@pytest.fixture
def agent() -> Iterator[FakeAgent]:
    with FakeAgent("Alpha") as running:
        running.location.put_client("fs-01")
        running.location.put_task("docs", "fs-01", [b"/srv"])
        yield running


@pytest.fixture
def rig(agent: FakeAgent) -> Iterator[HubRig]:
    prepared = HubRig()
    location_id = prepared.register(agent)
    with prepared:
        prepared.until(location_id, Connection.ON)
        yield prepared


@pytest.fixture
def gateway(rig: HubRig) -> FleetGateway:
    return rig.hub.gateway


@pytest.fixture
def here(agent: FakeAgent) -> str:
    return agent.location.location_id


def refused(rig: HubRig, coroutine: object) -> LocationError:
    with pytest.raises(LocationError) as caught:
        rig.ask(coroutine)
    return caught.value


def test_start_and_cancel(rig: HubRig, gateway: FleetGateway, here: str) -> None:
    job = rig.ask(gateway.start_backup(here, "docs", BackupType.FULL))
    assert (job.state, job.requested_type) == (JobState.QUEUED, BackupType.FULL)
    assert rig.ask(gateway.cancel_job(here, job.id)).id == job.id
    again = refused(rig, gateway.cancel_job(here, job.id))
    assert (again.trouble, again.reason) == (Trouble.REJECTED, "JOB_ENDED")
    assert again.metadata["job"] == job.id


def test_unknown_task(rig: HubRig, gateway: FleetGateway, here: str) -> None:
    error = refused(rig, gateway.start_backup(here, "nope", BackupType.FULL))
    assert (error.trouble, error.reason, error.location_id) == (
        Trouble.REJECTED,
        "TASK_NOT_FOUND",
        here,
    )
    assert error.metadata == {"task": "nope"}


def test_a_lost_answer_starts_one_job(
    agent: FakeAgent, rig: HubRig, gateway: FleetGateway, here: str
) -> None:
    agent.lost_answers = 1
    job = rig.ask(gateway.start_backup(here, "docs", BackupType.INC))
    requests = [request for name, request in agent.calls if name == "StartBackup"]
    assert len(requests) == 2
    assert requests[0].request_id == requests[1].request_id
    assert list(agent.location.jobs) == [job.id]


def test_answers_lost_for_good_may_have_happened(
    agent: FakeAgent, rig: HubRig, gateway: FleetGateway, here: str
) -> None:
    agent.lost_answers = 2
    error = refused(rig, gateway.start_backup(here, "docs", BackupType.INC))
    assert error.trouble is Trouble.NO_ANSWER


def test_lists(agent: FakeAgent, rig: HubRig, gateway: FleetGateway, here: str) -> None:
    for _ in range(300):
        agent.location.new_job(kind=jobs_pb2.JOB_KIND_BACKUP, task="docs", client="fs-01")
    agent.location.start_job("7")
    agent.location.end_job("7", jobs_pb2.JOB_STATE_WARNING)
    saveset = next(iter(agent.location.savesets))
    agent.location.listings[saveset] = {
        b"": [savesets_pb2.Entry(path=b"/srv", kind=savesets_pb2.ENTRY_KIND_DIRECTORY)]
    }
    page = rig.ask(gateway.jobs(here, JobQuery(), "", False))
    assert len(page.jobs) == 256
    rest = rig.ask(gateway.jobs(here, JobQuery(), page.next_token, False))
    assert len({job.id for job in (*page.jobs, *rest.jobs)}) == 300
    bad = JobQuery(states=frozenset({JobState.WARNING}))
    assert [job.id for job in rig.ask(gateway.jobs(here, bad, "", False)).jobs] == ["7"]
    missed = JobQuery(states=frozenset({JobState.MISSED}))
    assert rig.ask(gateway.jobs(here, missed, "", False)).jobs == ()
    [found] = rig.ask(gateway.savesets(here, "docs", "")).savesets
    assert (found.name, found.state) == (saveset, JobState.WARNING)
    entries = rig.ask(gateway.entries(here, saveset, b"", ""))
    assert (entries.total, entries.entries[0].path) == (1, b"/srv")
    error = refused(rig, gateway.entries(here, saveset, b"/nope", ""))
    assert error.reason == "PATH_NOT_FOUND"
    job = rig.ask(gateway.start_restore(here, saveset, [b"/srv"], b"/tmp/back"))
    assert job.target == b"/tmp/back"


def test_dark_and_unlisted_locations_answer_at_once(
    agent: FakeAgent, rig: HubRig, gateway: FleetGateway, here: str
) -> None:
    assert refused(rig, gateway.cancel_job("nobody", "1")).reason == "NOT_LISTED"
    agent.stop()
    rig.until(here, Connection.BROKEN, "tcp")
    error = refused(rig, gateway.start_backup(here, "docs", BackupType.FULL))
    assert error.trouble is Trouble.UNREACHABLE
    agent.start()


def test_enrol(agent: FakeAgent) -> None:
    token = agent.enrolment_token(access_pb2.ROLE_MONITOR)
    with HubRig() as rig:
        gateway = rig.hub.gateway
        host, _, port = agent.address.rpartition(":")
        presented = rig.ask(gateway.look(host, int(port)))
        assert presented.fingerprint == agent.fingerprint.upper()
        unknown = refused(rig, gateway.enrol(presented, "abcd-9999-9999-9999", "", ""))
        assert unknown.reason == "TOKEN_UNKNOWN"
        assert rig.registry.kept == []

        agent.lost_answers = 1
        registration = rig.ask(gateway.enrol(presented, f" {token}\n", "", "EMEA / DACH"))
        assert (registration.name, registration.farm) == ("Alpha", "EMEA / DACH")
        assert rig.registry.kept == [registration]
        assert rig.until(registration.location_id, Connection.ON).role.value == "monitor"
        assert refused(rig, gateway.enrol(presented, token, "", "")).reason == "TOKEN_USED"

        agent.location.tokens["abcd-0000-0000-0077"] = access_pb2.ROLE_ADMIN
        second = rig.ask(gateway.enrol(presented, "abcd-0000-0000-0077", "Vienna", ""))
        assert rig.registry.kept == [second]
        rig.wait(lambda: rig.state(second.location_id).role.value == "admin")


def test_look_at_a_closed_port(agent: FakeAgent, rig: HubRig, gateway: FleetGateway) -> None:
    port = int(agent.address.rpartition(":")[2])
    agent.stop()
    error = refused(rig, gateway.look("127.0.0.1", port))
    assert (error.trouble, error.metadata["step"]) == (Trouble.UNREACHABLE, "tcp")
    agent.start()


def test_diagnosis_of_a_healthy_location(rig: HubRig, gateway: FleetGateway, here: str) -> None:
    diagnosis = rig.ask(gateway.diagnose(here))
    assert diagnosis.failed is None
    assert [report.step.value for report in diagnosis.steps] == [
        "name",
        "tcp",
        "tls",
        "fingerprint",
        "credential",
        "version",
        "role",
        "clock",
    ]
    assert all(report.ok for report in diagnosis.steps)


def test_diagnosis_of_a_stopped_agent(
    agent: FakeAgent, rig: HubRig, gateway: FleetGateway, here: str
) -> None:
    agent.stop()
    steps = rig.ask(gateway.diagnose(here)).steps
    assert [report.ok for report in steps] == [True, False, *[None] * 6]
    assert steps[1].advice
    agent.start()


def test_a_cancelled_question_is_not_answered(
    agent: FakeAgent, rig: HubRig, gateway: FleetGateway, here: str
) -> None:
    asked, answered = threading.Event(), threading.Event()
    agent.thaw.clear()
    agent.on_call["ReadProtocol"] = asked.set
    cancel = rig.hub.submit(gateway.protocol(here, "1", 0), lambda *_: answered.set())
    assert asked.wait(DEADLINE)
    cancel()
    agent.thaw.set()
    rig.ask(gateway.diagnose(here))
    assert not answered.is_set()
