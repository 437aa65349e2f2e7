"""What the desk asks of a location, and how refusals come back."""

import socket
import threading
import uuid
from collections.abc import Coroutine, Iterator
from concurrent import futures
from typing import Any

import grpc
import pytest

from sesam_api.v1 import access_pb2, jobs_pb2, media_pb2, savesets_pb2
from sesam_master.core.acts import Made
from sesam_master.core.errors import AlreadyListed, LocationError, Trouble
from sesam_master.core.gateway import FleetGateway, JobQuery
from sesam_master.core.records import BackupType, Overwrite
from sesam_master.core.registry import KeepingError, Registration
from sesam_master.core.restoring import RestoreOrder
from sesam_master.core.start import BackupOrder, StartObject
from sesam_master.core.states import Connection, JobState
from sesam_master.remote.calls import new_request_id
from tests.desk.remote.rig import DEADLINE, HubRig
from tests.fakes.agent_server import FakeAgent
from tests.fakes.certificates import make_certificate


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


def order(
    gateway: FleetGateway, here: str, task: str, backup_type: BackupType
) -> Coroutine[Any, Any, Made]:
    return gateway.order_backup(BackupOrder(StartObject(here, task), backup_type), new_request_id())


def test_a_medium_that_jobs_wait_for_is_answered(
    agent: FakeAgent, rig: HubRig, gateway: FleetGateway, here: str
) -> None:
    agent.location.wanted_media |= {"USB00001": ["1"], "USB00002": ["2"]}
    rig.ask(gateway.answer_medium(here, "USB00001", is_loaded=True, request_id="r-1"))
    rig.ask(gateway.answer_medium(here, "USB00002", is_loaded=False, request_id="r-2"))
    asked = [request for name, request in agent.calls if name == "AnswerMediaRequest"]
    assert [(each.label, each.answer, each.request_id) for each in asked] == [
        ("USB00001", media_pb2.MEDIA_ANSWER_LOADED, "r-1"),
        ("USB00002", media_pb2.MEDIA_ANSWER_REFUSED, "r-2"),
    ]
    again = gateway.answer_medium(here, "USB00001", is_loaded=True, request_id="r-3")
    assert refused(rig, again).reason == "MEDIUM_NOT_WANTED"


def test_start_and_cancel(agent: FakeAgent, rig: HubRig, gateway: FleetGateway, here: str) -> None:
    [job] = rig.ask(order(gateway, here, "docs", BackupType.FULL)).jobs
    assert (job.state, job.requested_type) == (JobState.QUEUED, BackupType.FULL)
    assert rig.ask(gateway.cancel_job(here, job.id, "r-1")).id == job.id
    assert [r.request_id for name, r in agent.calls if name == "CancelJob"] == ["r-1"]
    again = refused(rig, gateway.cancel_job(here, job.id, new_request_id()))
    assert (again.trouble, again.reason) == (Trouble.REJECTED, "JOB_ENDED")
    assert again.metadata["job"] == job.id


def test_a_job_is_asked_for_by_its_id(rig: HubRig, gateway: FleetGateway, here: str) -> None:
    [started] = rig.ask(order(gateway, here, "docs", BackupType.FULL)).jobs
    assert rig.ask(gateway.job(here, started.id)).id == started.id
    error = refused(rig, gateway.job(here, "4711"))
    assert (error.reason, error.metadata) == ("JOB_NOT_FOUND", {"job": "4711"})


def test_unknown_task(rig: HubRig, gateway: FleetGateway, here: str) -> None:
    error = refused(rig, order(gateway, here, "nope", BackupType.FULL))
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
    [job] = rig.ask(order(gateway, here, "docs", BackupType.INC)).jobs
    requests = [request for name, request in agent.calls if name == "StartBackup"]
    assert len(requests) == 2
    assert requests[0].request_id == requests[1].request_id
    assert list(agent.location.jobs) == [job.id]


def test_answers_lost_for_good_may_have_happened(
    agent: FakeAgent, rig: HubRig, gateway: FleetGateway, here: str
) -> None:
    agent.lost_answers = 2
    error = refused(rig, order(gateway, here, "docs", BackupType.INC))
    assert error.trouble is Trouble.NO_ANSWER


def test_lists(agent: FakeAgent, rig: HubRig, gateway: FleetGateway, here: str) -> None:
    for _ in range(300):
        agent.location.new_job(kind=jobs_pb2.JOB_KIND_BACKUP, task="docs", client="fs-01")
    agent.location.start_job("7")
    agent.location.end_job("7", jobs_pb2.JOB_STATE_WARNING)
    saveset = next(iter(agent.location.savesets))
    agent.location.savesets[saveset].damage = "Its data is missing."
    agent.location.listings[saveset] = {
        b"": [savesets_pb2.Entry(path=b"/srv", kind=savesets_pb2.ENTRY_KIND_DIRECTORY)]
    }
    page = rig.ask(gateway.jobs(here, JobQuery(), "", False))
    assert len(page.jobs) == 256
    rest = rig.ask(gateway.jobs(here, JobQuery(), page.next_token, False))
    assert len({job.id for job in (*page.jobs, *rest.jobs)}) == 300
    few = rig.ask(gateway.jobs(here, JobQuery(), "", False, most=16))
    behind = rig.ask(gateway.jobs(here, JobQuery(), few.next_token, False, most=240))
    assert (*few.jobs, *behind.jobs) == page.jobs
    bad = JobQuery(states=frozenset({JobState.WARNING}))
    assert [job.id for job in rig.ask(gateway.jobs(here, bad, "", False)).jobs] == ["7"]
    missed = JobQuery(states=frozenset({JobState.MISSED}))
    assert rig.ask(gateway.jobs(here, missed, "", False)).jobs == ()
    [found] = rig.ask(gateway.savesets(here, "docs", "")).savesets
    assert (found.name, found.state) == (saveset, JobState.WARNING)
    assert found.damage == "Its data is missing."
    entries = rig.ask(gateway.entries(here, saveset, b"", ""))
    assert (entries.total, entries.entries[0].path) == (1, b"/srv")
    error = refused(rig, gateway.entries(here, saveset, b"/nope", ""))
    assert error.reason == "PATH_NOT_FOUND"
    wanted = RestoreOrder(saveset, (b"/srv",), b"/tmp/back", Overwrite.NEVER, dry_run=True)
    job = rig.ask(gateway.start_restore(here, wanted, str(uuid.uuid4())))
    assert job.target == b"/tmp/back"


def test_dark_and_unlisted_locations_answer_at_once(
    agent: FakeAgent, rig: HubRig, gateway: FleetGateway, here: str
) -> None:
    assert refused(rig, gateway.cancel_job("nobody", "1", "r-1")).reason == "NOT_LISTED"
    agent.stop()
    rig.until(here, Connection.BROKEN, "tcp")
    error = refused(rig, order(gateway, here, "docs", BackupType.FULL))
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


def enrolled(rig: HubRig, agent: FakeAgent, name: str = "", replaces: str = "") -> Registration:
    """With a new token of the role admin."""
    gateway = rig.hub.gateway
    host, _, port = agent.address.rpartition(":")
    presented = rig.ask(gateway.look(host, int(port)))
    token = agent.enrolment_token()
    return rig.ask(gateway.enrol(presented, token, name, "", replaces))


def test_a_listed_location_is_replaced_only_if_a_person_wants_it(agent: FakeAgent) -> None:
    rig = HubRig()
    here = rig.register(agent, name="Vienna", farm="EMEA", port=1, is_on=False)
    before = list(rig.registry.kept)
    secret = rig.credentials.kept[here]
    with rig:
        with pytest.raises(AlreadyListed) as caught:
            enrolled(rig, agent, replaces="another")
        assert caught.value.listed == before[0]
        assert caught.value.is_token_sent, "its certificate does not tell who it is"
        assert rig.registry.kept == before
        assert rig.credentials.kept == {here: secret}

        changed = enrolled(rig, agent, "Name of the dialog", replaces=here)
        assert (changed.name, changed.farm, changed.is_on) == ("Vienna", "EMEA", False)
        assert changed.address == agent.address
        assert rig.registry.kept == [changed]
        assert rig.credentials.kept[here] != secret
        rig.until(here, Connection.OFF)


def test_an_agent_that_claims_a_listed_location_gets_no_token() -> None:
    rig = HubRig()
    with FakeAgent("Alpha") as agent:
        here = rig.register(agent)
        before = list(rig.registry.kept)
        claims = make_certificate((f"agent.{here}.invalid",))
        with FakeAgent("Mallory", certificate=claims) as other, rig:
            with pytest.raises(AlreadyListed) as caught:
                enrolled(rig, other)
            assert not caught.value.is_token_sent
            assert caught.value.location_id == here
            assert other.calls == []
            assert rig.registry.kept == before


def test_a_desk_that_cannot_keep_anything_spends_no_token(agent: FakeAgent) -> None:
    with HubRig() as rig:

        def fail(_act: object) -> None:
            raise KeepingError("The disk is full.")

        rig.registry.change = fail  # type: ignore[method-assign]
        with pytest.raises(KeepingError):
            enrolled(rig, agent)
        assert agent.calls == []


def test_an_enrolment_without_an_answer_says_so(agent: FakeAgent) -> None:
    with HubRig() as rig:
        agent.lost_answers = 2
        with pytest.raises(LocationError) as caught:
            enrolled(rig, agent)
        assert caught.value.reason == "ENROL_UNANSWERED"
        assert rig.registry.kept == []


def test_a_server_that_does_not_know_enrolment_is_told() -> None:
    certificate = make_certificate()
    pool = futures.ThreadPoolExecutor(1)
    server = grpc.server(pool)
    credentials = grpc.ssl_server_credentials([(certificate.key, certificate.certificate)])
    port = server.add_secure_port("127.0.0.1:0", credentials)
    server.start()
    try:
        with HubRig() as rig:
            gateway = rig.hub.gateway
            presented = rig.ask(gateway.look("127.0.0.1", port))
            error = refused(rig, gateway.enrol(presented, "token", "", ""))
            assert error.reason == "NOT_SUPPORTED"
    finally:
        server.stop(grace=None).wait()
        pool.shutdown()


def test_an_agent_at_one_address_of_several_is_reached(
    agent: FakeAgent, monkeypatch: pytest.MonkeyPatch
) -> None:
    port = int(agent.address.rpartition(":")[2])

    def found(*_: object, **__: object) -> list[object]:
        kind = (socket.AF_INET, socket.SOCK_STREAM, 0, "")
        return [(*kind, ("127.0.0.2", port)), (*kind, ("127.0.0.1", port))]

    with HubRig() as rig:
        with monkeypatch.context() as patch:
            patch.setattr(socket, "getaddrinfo", found)
            presented = rig.ask(rig.hub.gateway.look("two.invalid", port))
        assert presented.fingerprint == agent.fingerprint.upper()


def test_a_name_in_another_script_is_reached(agent: FakeAgent) -> None:
    port = int(agent.address.rpartition(":")[2])
    rig = HubRig()
    here = rig.register(agent, host="\uff4c\uff4fcalhost", port=port)  # IDNA maps it to ASCII
    with rig:
        rig.until(here, Connection.ON)
        assert rig.ask(rig.hub.gateway.diagnose(here)).failed is None


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


def test_a_change_that_nobody_waits_for_goes_on_to_its_end(
    agent: FakeAgent, rig: HubRig, gateway: FleetGateway, here: str
) -> None:
    """It is sent once more when its answer is lost, though its window was closed meanwhile."""
    [job] = rig.ask(order(gateway, here, "docs", BackupType.FULL)).jobs
    asked, again, answered = threading.Event(), threading.Event(), threading.Event()
    agent.thaw.clear()
    agent.on_call["CancelJob"] = asked.set
    cancel = rig.hub.submit(gateway.cancel_job(here, job.id, "r-7"), lambda *_: answered.set())
    assert asked.wait(DEADLINE)
    agent.on_call["CancelJob"] = again.set
    agent.lost_answers = 1
    cancel()
    agent.thaw.set()
    assert again.wait(DEADLINE)
    assert not answered.is_set()
