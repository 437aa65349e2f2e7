"""What every call has to pass, and how a failure looks."""

import asyncio
import logging
import uuid

import grpc
import pytest

from server_agent.domain import errors
from server_agent.domain.access import Role
from server_agent.rpc.errors import CODES, code_of
from server_agent.rpc.refusals import Refusals
from sesam_api.v1 import access_pb2, errors_pb2
from tests.rpc.agent.rig import LOCATION_ID, METHODS, AgentRig, refusal_of

CHANGING = sorted(
    name for name, method in METHODS.items() if "request_id" in method.input_type.fields_by_name
)


@pytest.mark.parametrize("method", CHANGING)
def test_a_change_is_for_one_location(agent: AgentRig, method: str) -> None:
    other = str(uuid.uuid4())
    refusal = agent.local.refused(method, location_id=other)
    assert (refusal.code, refusal.reason) == (
        grpc.StatusCode.FAILED_PRECONDITION,
        "WRONG_LOCATION",
    )
    assert refusal.metadata == {"asked": other, "here": LOCATION_ID}
    unsaid = agent.local.refused(method, location_id="")
    assert unsaid.reason == (
        "INVALID_ARGUMENT" if method == "AccessService/Enrol" else "WRONG_LOCATION"
    )


@pytest.mark.parametrize("request_id", ["", "1", "{6f1a2b3c-0000-4000-8000-000000000000}"])
def test_a_change_needs_a_request_id(agent: AgentRig, request_id: str) -> None:
    reasons = {agent.local.refused(each, request_id=request_id).reason for each in CHANGING}
    assert reasons == {"REQUEST_ID_REQUIRED"}


def test_a_repeated_change_is_made_once_whatever_the_case_of_its_id(agent: AgentRig) -> None:
    request_id = str(uuid.uuid4())
    for text in (request_id, request_id.upper()):
        agent.local.call("TopologyService/CreateClient", request_id=text, name="host")
    assert len(agent.local.call("TopologyService/ListClients").clients) == 1


def test_a_request_id_is_good_for_one_method(agent: AgentRig) -> None:
    request_id = str(uuid.uuid4())
    agent.local.call("TopologyService/CreateClient", request_id=request_id, name="host")
    refusal = agent.local.refused(
        "TopologyService/DeleteClient", request_id=request_id, name="host"
    )
    assert refusal.reason == "REQUEST_ID_REUSED"
    assert refusal.metadata == {"method": "TopologyService/CreateClient"}


@pytest.mark.logs_warnings
def test_an_unforeseen_failure_shows_nothing_of_the_inside(
    agent: AgentRig, caplog: pytest.LogCaptureFixture
) -> None:
    agent.catalogue.read = None  # type: ignore[assignment, method-assign]
    refusal = agent.local.refused("TaskService/ListTasks")
    assert (refusal.code, refusal.reason) == (grpc.StatusCode.INTERNAL, "INTERNAL")
    incident = refusal.metadata["incident"]
    assert "NoneType" not in refusal.text
    # The queue may be read in this moment too, and says so in a line of its own.
    [record] = [r for r in caplog.records if r.name == "server_agent.rpc.guard"]
    assert incident in record.getMessage()
    assert record.exc_info is not None


def test_an_unknown_method_is_unimplemented(agent: AgentRig) -> None:
    channel = agent.local._channel
    call = channel.unary_unary("/sesam_api.v1.JobService/Explode")
    with pytest.raises(grpc.RpcError) as caught:
        call(b"", timeout=10)
    assert isinstance(caught.value, grpc.Call)
    assert caught.value.code() is grpc.StatusCode.UNIMPLEMENTED


def test_a_long_input_does_not_break_the_answer(agent: AgentRig) -> None:
    refusal = agent.local.refused("TopologyService/CreateClient", name="ä" * 100_000 + "\n")
    assert refusal.reason == "INVALID_ARGUMENT"
    assert len(refusal.metadata["value"]) <= 500
    assert refusal.metadata["field"] == "name"


def test_the_use_of_a_credential_is_noted(agent: AgentRig) -> None:
    caller = agent.enrolled(Role.ADMIN)
    caller.call("LocationService/GetLocation")
    # The note is written by the thread that also writes this, after it.
    agent.local.call("TopologyService/CreateClient", name="host")
    [credential] = agent.local.call("AccessService/ListCredentials").credentials
    assert credential.HasField("last_used_time")


def reasons(cls: type[errors.DomainError]) -> set[str]:
    found = {cls.reason} if hasattr(cls, "reason") else set()
    return found.union(*(reasons(each) for each in cls.__subclasses__()))


def test_every_reason_is_one_of_the_contract_and_has_a_code() -> None:
    known = {name.removeprefix("ERROR_REASON_") for name, _ in errors_pb2.ErrorReason.items()}
    assert reasons(errors.DomainError) == known - {"UNSPECIFIED", "INTERNAL"}
    assert code_of(errors.TaskNotFound(task="x")) is grpc.StatusCode.NOT_FOUND
    assert code_of(errors.JobEnded(job="1", state="OK")) is grpc.StatusCode.FAILED_PRECONDITION
    assert set(CODES.values()) <= set(grpc.StatusCode)


def test_a_plain_text_client_gets_nothing(agent: AgentRig) -> None:
    with grpc.insecure_channel(f"127.0.0.1:{agent.port}") as channel:
        call = channel.unary_unary("/sesam_api.v1.LocationService/GetLocation")
        with pytest.raises(grpc.RpcError) as caught:
            call(b"", timeout=10)
    assert isinstance(caught.value, grpc.Call)
    assert caught.value.code() is grpc.StatusCode.UNAVAILABLE
    with pytest.raises(AssertionError):
        refusal_of(caught.value)


def test_a_request_id_is_good_for_one_content_and_caller(agent: AgentRig) -> None:
    request_id = str(uuid.uuid4())
    name = "TopologyService/CreateClient"
    agent.local.call(name, request_id=request_id, name="host")
    other = agent.local.refused(name, request_id=request_id, name="other")
    somebody = agent.enrolled(Role.ADMIN).refused(name, request_id=request_id, name="host")
    for refusal in (other, somebody):
        assert refusal.reason == "REQUEST_ID_REUSED"
        assert refusal.metadata == {"method": name}
    assert agent.local.call(name, request_id=request_id, name="host").client.name == "host"
    token = agent.local.call("AccessService/CreateToken", role=access_pb2.ROLE_ADMIN).token
    nobody = agent.caller(None)
    enrolment = {"request_id": str(uuid.uuid4()), "token": token}
    nobody.call("AccessService/Enrol", **enrolment, holder="a")
    again = nobody.refused("AccessService/Enrol", **enrolment, holder="b")
    assert again.reason == "REQUEST_ID_REUSED"


def test_a_flood_of_calls_without_a_credential_is_not_a_flood_in_the_log(
    agent: AgentRig, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    stranger = agent.caller(None)
    for _ in range(30):
        assert stranger.refused("TaskService/ListTasks").reason == "NOT_AUTHENTICATED"
    told = [r.getMessage() for r in caplog.records if "NOT_AUTHENTICATED" in r.getMessage()]
    assert len(told) == 1
    assert "ListTasks from ipv4:127.0.0.1:" in told[0]


@pytest.mark.logs_warnings
def test_the_rest_of_a_flood_is_counted(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)

    async def flood() -> None:
        refusals = Refusals(seconds=0.01)
        summed = asyncio.Event()
        for port in range(50):
            refusals.tell("S/M", f"ipv4:10.0.0.1:{port}", errors.NotAuthenticated())
        refusals.tell("S/M", "ipv4:10.0.0.2:1", errors.NotAuthenticated())
        for port in range(9):
            enrol = "AccessService/Enrol"
            refusals.tell(enrol, f"ipv4:10.0.0.2:{port}", errors.RequestIdRequired())
        for _ in range(2):
            refusals.tell("S/M", "ipv4:10.0.0.1:9", errors.RoleRequired(role="x", allowed="y"))
        # Later than the sum, and than the one after it that has nothing to say.
        asyncio.get_running_loop().call_later(0.1, summed.set)
        await summed.wait()

    asyncio.run(flood())
    assert [record.getMessage() for record in caplog.records] == [
        "S/M from ipv4:10.0.0.1:0 refused: NOT_AUTHENTICATED",
        "S/M from ipv4:10.0.0.2:1 refused: NOT_AUTHENTICATED",
        "AccessService/Enrol from ipv4:10.0.0.2:0 refused: REQUEST_ID_REQUIRED",
        *["S/M from ipv4:10.0.0.1:9 refused: ROLE_REQUIRED"] * 2,
        "49 more calls from ipv4:10.0.0.1 refused: NOT_AUTHENTICATED",
        "8 more calls from ipv4:10.0.0.2 refused: REQUEST_ID_REQUIRED",
    ]
