"""AccessService."""

import uuid
from datetime import timedelta

import grpc
import pytest
from google.protobuf.duration_pb2 import Duration

from server_agent.domain.access import Role
from server_agent.rpc.enrolments import MINUTE, MOST_FAILED
from server_agent.service.lock_outs import TRIES
from sesam_api.v1 import access_pb2
from tests.rpc.agent.rig import LOCATION_ID, AgentRig

TOKEN, ENROL, LIST, REVOKE = (
    "AccessService/CreateToken",
    "AccessService/Enrol",
    "AccessService/ListCredentials",
    "AccessService/RevokeCredential",
)


def test_enrolment(agent: AgentRig) -> None:
    answer = agent.local.call(TOKEN, role=access_pb2.ROLE_BACKUP, time_to_live=Duration(seconds=60))
    assert answer.expire_time.ToJsonString() == "2026-03-04T12:01:00Z"
    nobody = agent.caller(None)
    enrolled = nobody.call(ENROL, token=answer.token, holder="desk", location_id="")
    assert (enrolled.location_id, enrolled.name) == (LOCATION_ID, "Alpha")
    assert enrolled.role == access_pb2.ROLE_BACKUP
    caller = agent.caller(enrolled.credential)
    assert caller.call("LocationService/GetLocation").role == access_pb2.ROLE_BACKUP


def test_a_repeated_enrolment_has_the_same_answer(agent: AgentRig) -> None:
    request_id = str(uuid.uuid4())
    asked = {"request_id": request_id, "role": access_pb2.ROLE_ADMIN}
    token = agent.local.call(TOKEN, **asked).token
    assert agent.local.call(TOKEN, **asked).token == token
    nobody = agent.caller(None)
    asked = {"request_id": str(uuid.uuid4()), "token": token, "holder": "desk"}
    assert nobody.call(ENROL, **asked) == nobody.call(ENROL, **asked)
    assert len(agent.local.call(LIST).credentials) == 1


def test_tokens_that_do_not_do(agent: AgentRig) -> None:
    nobody = agent.caller(None)
    unknown = nobody.refused(ENROL, token="abcd-abcd-abcd-abcd", holder="desk")
    assert (unknown.code, unknown.reason) == (grpc.StatusCode.UNAUTHENTICATED, "TOKEN_UNKNOWN")
    token = agent.local.call(TOKEN, role=access_pb2.ROLE_ADMIN).token
    assert nobody.refused(ENROL, token=token, holder="").reason == "INVALID_ARGUMENT"
    nobody.call(ENROL, token=token, holder="desk")
    used = nobody.refused(ENROL, token=token, holder="desk")
    assert (used.reason, list(used.metadata)) == ("TOKEN_USED", ["used_time"])
    token = agent.local.call(TOKEN, role=access_pb2.ROLE_ADMIN).token
    agent.clock.advance(timedelta(hours=1))
    late = nobody.refused(ENROL, token=token, holder="desk")
    assert (late.reason, list(late.metadata)) == ("TOKEN_EXPIRED", ["expire_time"])


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"role": 0}, "role"),
        ({"role": 9}, "role"),
        ({"role": 1, "time_to_live": Duration(seconds=59)}, "time_to_live"),
        ({"role": 1, "time_to_live": Duration()}, "time_to_live"),
        ({"role": 1, "time_to_live": Duration(seconds=7 * 86400 + 1)}, "time_to_live"),
        ({"role": 1, "time_to_live": Duration(seconds=2**62)}, "time_to_live"),
    ],
)
def test_tokens_that_cannot_be_made(agent: AgentRig, fields: dict[str, object], field: str) -> None:
    refusal = agent.local.refused(TOKEN, **fields)
    assert (refusal.reason, refusal.metadata["field"]) == ("INVALID_ARGUMENT", field)


def test_credentials_are_listed_and_revoked(agent: AgentRig) -> None:
    for holder in ("desk one", "desk two", "script"):
        agent.enrolled(Role.MONITOR, holder)
        agent.clock.advance(timedelta(minutes=1))

    def holders(**fields: object) -> list[str]:
        return [each.holder for each in agent.local.call(LIST, **fields).credentials]

    assert holders() == ["script", "desk two", "desk one"]
    assert holders(order_by="create_time") == ["desk one", "desk two", "script"]
    assert holders(filter="DESK") == ["desk two", "desk one"]
    first = agent.local.call(LIST, page_size=2)
    assert holders(page_size=2, page_token=first.next_page_token) == ["desk one"]
    wrong = agent.local.refused(LIST, page_token=first.next_page_token, filter="desk")
    assert wrong.reason == "PAGE_TOKEN_INVALID"
    assert agent.local.refused(LIST, order_by="holder").reason == "INVALID_ARGUMENT"
    assert agent.local.refused(LIST, page_size=-1).reason == "INVALID_ARGUMENT"
    credential_id = first.credentials[0].credential_id
    revoked = agent.local.call(REVOKE, credential_id=credential_id).credential
    assert revoked.revoke_time.ToJsonString() == "2026-03-04T12:03:00Z"
    missing = agent.local.refused(REVOKE, credential_id="nobody")
    assert (missing.code, missing.reason) == (
        grpc.StatusCode.NOT_FOUND,
        "CREDENTIAL_NOT_FOUND",
    )


@pytest.mark.logs_warnings
def test_an_address_that_tries_many_tokens_is_told_to_wait_and_a_good_token_is_taken(
    agent: AgentRig,
) -> None:
    nobody = agent.caller(None)
    token = agent.local.call(TOKEN, role=access_pb2.ROLE_ADMIN).token
    reasons = [
        nobody.refused(ENROL, token=f"abcd-abcd-abcd-{number:04}", holder="desk").reason
        for number in range(MOST_FAILED + 2)
    ]
    assert reasons == ["TOKEN_UNKNOWN"] * MOST_FAILED + ["TOO_MANY_TRIES"] * 2
    refused = nobody.refused(ENROL, token="no token", holder="")
    assert refused.code is grpc.StatusCode.RESOURCE_EXHAUSTED
    assert 0 < int(refused.metadata["seconds"]) <= MINUTE + 1
    assert nobody.call(ENROL, token=token, holder="desk").credential
    assert nobody.refused(ENROL, token=token, holder="desk").reason == "TOO_MANY_TRIES"


def test_wrong_tokens_never_wait_for_the_catalogue(agent: AgentRig) -> None:
    nobody = agent.caller(None)
    with agent.catalogue.write():  # whoever writes now would wait
        refused = nobody.refused(ENROL, token="abcd-abcd-abcd-abcd", holder="desk")
    assert refused.reason == "TOKEN_UNKNOWN"


def test_used_tokens_do_not_keep_the_writer_busy(agent: AgentRig) -> None:
    nobody = agent.caller(None)
    token = agent.local.call(TOKEN, role=access_pb2.ROLE_ADMIN).token
    nobody.call(ENROL, token=token, holder="desk")
    with agent.catalogue.write():
        assert nobody.refused(ENROL, token=token, holder="desk").reason == "TOKEN_USED"


def test_a_message_of_somebody_unknown_is_not_read_without_end(agent: AgentRig) -> None:
    nobody = agent.caller(None)
    with pytest.raises(grpc.RpcError) as caught:
        nobody.call(ENROL, token="x" * (9 << 20), holder="desk")
    assert isinstance(caught.value, grpc.Call)
    assert caught.value.code() is grpc.StatusCode.RESOURCE_EXHAUSTED


@pytest.mark.logs_warnings
def test_an_address_with_many_wrong_credentials_is_locked_out_for_a_while(agent: AgentRig) -> None:
    desk, late = agent.enrolled(Role.MONITOR, "desk"), agent.credential(Role.MONITOR, "late")
    desk.call("LocationService/GetLocation")
    guesses = [
        agent.caller(f"sesam_{number}").refused("LocationService/GetLocation").reason
        for number in range(TRIES + 1)
    ]
    assert guesses == ["NOT_AUTHENTICATED"] * TRIES + ["LOCKED_OUT"]
    refusal = agent.caller(late).refused("LocationService/GetLocation")
    assert (refusal.code, refusal.reason) == (grpc.StatusCode.RESOURCE_EXHAUSTED, "LOCKED_OUT")
    assert refusal.metadata == {"seconds": "60"}
    desk.call("LocationService/GetLocation")  # it was right here before
    [lock_out] = agent.local.call("AccessService/ListLockOuts").lock_outs
    assert (lock_out.address, lock_out.failures) == ("ipv4:127.0.0.1", TRIES)
    agent.clock.advance(timedelta(minutes=1))
    agent.caller(late).call("LocationService/GetLocation")
    assert not agent.local.call("AccessService/ListLockOuts").lock_outs


def test_a_revoked_credential_locks_nobody_out(agent: AgentRig) -> None:
    desk = agent.enrolled(Role.MONITOR, "desk")
    [given] = agent.local.call(LIST).credentials
    agent.local.call(REVOKE, credential_id=given.credential_id)
    for _ in range(2 * TRIES):
        assert desk.refused("LocationService/GetLocation").reason == "NOT_AUTHENTICATED"
    agent.enrolled(Role.MONITOR, "other").call("LocationService/GetLocation")
