"""Deletions that need a second administrator."""

import uuid
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

import grpc
import pytest

from server_agent.domain.access import Role
from server_agent.domain.approvals import ApprovalState
from sesam_api.v1 import access_pb2 as pb
from tests.rpc.agent.rig import AgentRig, Caller, Refusal, refusal_of

RULES, DECIDE, LIST = (
    "AccessService/SetAccessRules",
    "AccessService/DecideApproval",
    "AccessService/ListApprovals",
)
DELETE = "SavesetService/DeleteSavesets"


@dataclass
class Eyes:
    """An agent where four eyes are on, two administrators, and a saveset."""

    agent: AgentRig
    first: Caller
    second: Caller
    saveset: str

    def savesets(self) -> list[str]:
        found = self.agent.local.call("SavesetService/ListSavesets").savesets
        return [each.name for each in found]

    def approvals(self) -> list[Any]:
        return list(self.agent.local.call(LIST).approvals)


@pytest.fixture
def eyes(agent: AgentRig) -> Eyes:
    agent.add_task()
    saveset = agent.backed_up().saveset
    first, second = agent.enrolled(Role.ADMIN, "first"), agent.enrolled(Role.ADMIN, "second")
    agent.local.call(RULES, rules=pb.AccessRules(four_eyes=True))
    return Eyes(agent, first, second, saveset)


def wanted(caller: Caller, name: str, /, **fields: Any) -> str:
    """The id under which it waits."""
    refusal: Refusal = caller.refused(name, **fields)
    assert (refusal.reason, refusal.code) == (
        "APPROVAL_NEEDED",
        grpc.StatusCode.FAILED_PRECONDITION,
    )
    return refusal.metadata["approval"]


def test_a_deletion_waits_for_the_second_and_is_done_once(eyes: Eyes) -> None:
    request = {"names": [eyes.saveset], "request_id": str(uuid.uuid4())}
    approval = wanted(eyes.first, DELETE, **request)
    assert wanted(eyes.first, DELETE, **request) == approval  # a repeat is the same
    assert eyes.savesets() == [eyes.saveset]
    [kept] = eyes.approvals()
    assert (kept.method, list(kept.subjects), kept.subject_count) == (DELETE, [eyes.saveset], 1)
    assert (kept.requester, kept.state) == ("first", pb.APPROVAL_STATE_PENDING)
    assert kept.requester_address == "ipv4:127.0.0.1"
    decision = {"approval_id": approval, "approve": True, "request_id": str(uuid.uuid4())}
    done = eyes.second.call(DECIDE, **decision).approval
    assert (done.state, done.decider) == (pb.APPROVAL_STATE_DONE, "second")
    assert eyes.savesets() == []
    assert eyes.second.call(DECIDE, **decision).approval == done
    eyes.first.call(DELETE, **request)  # and gets its answer
    again = eyes.second.refused(DECIDE, approval_id=approval, approve=True)
    assert (again.reason, again.metadata["state"]) == ("APPROVAL_DECIDED", "done")


def test_two_who_approve_together_have_it_done_once(eyes: Eyes) -> None:
    approval = wanted(eyes.first, DELETE, names=[eyes.saveset])
    callers = (eyes.second, eyes.agent.local)

    def approve(caller: Caller) -> str:
        try:
            caller.call(DECIDE, approval_id=approval, approve=True)
        except grpc.RpcError as error:
            return refusal_of(error).reason
        return ""

    with ThreadPoolExecutor(2) as threads:
        reasons = set(threads.map(approve, callers))
    assert reasons <= {"", "APPROVAL_DECIDED"}
    assert [each.state for each in eyes.approvals()] == [pb.APPROVAL_STATE_DONE]
    assert eyes.savesets() == []


def test_an_approval_that_a_crash_left_undone_can_be_given_again(eyes: Eyes) -> None:
    approval = wanted(eyes.first, DELETE, names=[eyes.saveset])
    with eyes.agent.catalogue.write() as tx:
        kept = tx.approval(approval)
        assert kept is not None
        tx.put_approval(replace(kept, state=ApprovalState.APPROVED, decider="second"))
    assert wanted_again(eyes, kept.id) == "APPROVER_NEEDED"
    done = eyes.second.call(DECIDE, approval_id=approval, approve=True).approval
    assert done.state == pb.APPROVAL_STATE_DONE
    assert eyes.savesets() == []


def wanted_again(eyes: Eyes, approval: str) -> str:
    """What the one who asked is told when they approve it."""
    return eyes.first.refused(DECIDE, approval_id=approval, approve=True).reason


def test_who_asked_does_not_approve(eyes: Eyes) -> None:
    approval = wanted(eyes.first, DELETE, names=[eyes.saveset])
    alike = eyes.agent.enrolled
    eyes.agent.local.call(RULES, rules=pb.AccessRules(four_eyes=False))
    namesake = alike(Role.ADMIN, "first")
    eyes.agent.local.call(RULES, rules=pb.AccessRules(four_eyes=True))
    for caller in (eyes.first, namesake):
        refusal = caller.refused(DECIDE, approval_id=approval, approve=True)
        assert (refusal.reason, refusal.metadata["holder"]) == ("APPROVER_NEEDED", "first")
    assert eyes.savesets() == [eyes.saveset]
    refused = eyes.first.call(DECIDE, approval_id=approval, approve=False).approval
    assert refused.state == pb.APPROVAL_STATE_REFUSED


def test_a_refused_one_is_not_done(eyes: Eyes) -> None:
    request = {"names": [eyes.saveset], "request_id": str(uuid.uuid4())}
    approval = wanted(eyes.first, DELETE, **request)
    eyes.second.call(DECIDE, approval_id=approval, approve=False)
    again = eyes.first.refused(DELETE, **request)
    assert (again.reason, again.metadata["state"]) == ("APPROVAL_DECIDED", "refused")
    late = eyes.second.refused(DECIDE, approval_id=approval, approve=True)
    assert late.reason == "APPROVAL_DECIDED"
    assert eyes.savesets() == [eyes.saveset]


def test_after_a_day_it_is_over(eyes: Eyes) -> None:
    approval = wanted(eyes.first, DELETE, names=[eyes.saveset])
    eyes.agent.clock.advance(timedelta(hours=24))
    refusal = eyes.second.refused(DECIDE, approval_id=approval, approve=True)
    assert (refusal.reason, refusal.metadata["state"]) == ("APPROVAL_DECIDED", "expired")
    assert [each.state for each in eyes.approvals()] == [pb.APPROVAL_STATE_EXPIRED]
    assert eyes.savesets() == [eyes.saveset]


def test_what_cannot_be_done_says_why(eyes: Eyes) -> None:
    approval = wanted(eyes.first, "MediaService/DeleteMediaPool", name="DISK")
    failed = eyes.second.call(DECIDE, approval_id=approval, approve=True).approval
    assert (failed.state, failed.failure) == (pb.APPROVAL_STATE_FAILED, "POOL_IN_USE")


def test_a_requester_who_was_revoked_meanwhile_gets_nothing_done(eyes: Eyes) -> None:
    approval = wanted(eyes.first, DELETE, names=[eyes.saveset])
    [mine] = eyes.agent.local.call("AccessService/ListCredentials", filter="first").credentials
    eyes.second.call("AccessService/RevokeCredential", credential_id=mine.credential_id)
    failed = eyes.second.call(DECIDE, approval_id=approval, approve=True).approval
    assert (failed.state, failed.failure) == (pb.APPROVAL_STATE_FAILED, "NOT_AUTHENTICATED")
    assert eyes.savesets() == [eyes.saveset]


def test_the_agents_own_user_asks_too_and_may_approve_what_others_ask(eyes: Eyes) -> None:
    local = eyes.agent.local
    approval = wanted(local, DELETE, names=[eyes.saveset])
    own = local.refused(DECIDE, approval_id=approval, approve=True)
    assert (own.reason, own.metadata["holder"]) == ("APPROVER_NEEDED", "local")
    approval = wanted(eyes.first, DELETE, names=[eyes.saveset])
    done = local.call(DECIDE, approval_id=approval, approve=True).approval
    assert (done.state, done.decider) == (pb.APPROVAL_STATE_DONE, "local")


def test_nobody_makes_themselves_a_second_administrator(eyes: Eyes) -> None:
    request = {"role": pb.ROLE_ADMIN, "request_id": str(uuid.uuid4())}
    approval = wanted(eyes.first, "AccessService/CreateToken", **request)
    eyes.first.call("AccessService/CreateToken", role=pb.ROLE_MONITOR)
    eyes.second.call(DECIDE, approval_id=approval, approve=True)
    token = eyes.first.call("AccessService/CreateToken", **request).token
    assert eyes.agent.caller(None).call("AccessService/Enrol", token=token, holder="third")


def test_one_administrator_does_not_switch_it_off(eyes: Eyes) -> None:
    off = pb.AccessRules(four_eyes=False)
    approval = wanted(eyes.first, RULES, rules=off)
    assert eyes.first.call("AccessService/GetAccessRules").rules.four_eyes
    eyes.second.call(DECIDE, approval_id=approval, approve=True)
    assert not eyes.first.call("AccessService/GetAccessRules").rules.four_eyes
    eyes.first.call(DELETE, names=[eyes.saveset])
    assert eyes.savesets() == []


def test_the_machines_own_user_switches_it_off(eyes: Eyes) -> None:
    eyes.agent.local.call(RULES, rules=pb.AccessRules())
    eyes.first.call(DELETE, names=[eyes.saveset])


@pytest.mark.parametrize(
    ("name", "fields"),
    [
        ("MediaService/DeleteDataStore", {"name": "Store_1"}),
        ("MediaService/DeleteMediaPool", {"name": "DISK"}),
        ("MediaService/DeleteMedium", {"label": "DISK00001"}),
        (
            "MediaService/UpdateMediaPool",
            {"pool": {"name": "DISK", "retention": {"eol_days": 1, "keep_newest": 1}}},
        ),
    ],
)
def test_what_deletes_waits(eyes: Eyes, name: str, fields: dict[str, Any]) -> None:
    wanted(eyes.first, name, **fields)


def test_an_eol_may_be_later_alone_but_not_earlier(eyes: Eyes) -> None:
    update = "SavesetService/UpdateSaveset"
    eyes.first.call(update, name=eyes.saveset, eol="2030-01-01")
    approval = wanted(eyes.first, update, name=eyes.saveset, eol="2029-12-31")
    [kept] = eyes.approvals()
    assert list(kept.subjects) == [f"{eyes.saveset}: EOL 2029-12-31"]
    eyes.second.call(DECIDE, approval_id=approval, approve=True)
    found = eyes.first.call("SavesetService/GetSaveset", name=eyes.saveset).saveset
    assert found.eol == "2029-12-31"


def test_a_pool_may_keep_more_without_anybody(eyes: Eyes) -> None:
    [pool] = eyes.agent.local.call("MediaService/ListMediaPools").pools
    pool.retention.eol_days += 1
    eyes.first.call("MediaService/UpdateMediaPool", pool=pool)


def test_an_id_is_for_one_request(eyes: Eyes) -> None:
    request_id = str(uuid.uuid4())
    wanted(eyes.first, DELETE, names=[eyes.saveset], request_id=request_id)
    other = eyes.first.refused(DELETE, names=["other"], request_id=request_id)
    assert other.reason == "REQUEST_ID_REUSED"
    theirs = eyes.second.refused(DELETE, names=[eyes.saveset], request_id=request_id)
    assert theirs.reason == "REQUEST_ID_REUSED"


def test_what_was_done_before_it_was_switched_on_is_answered(agent: AgentRig) -> None:
    agent.add_task()
    saveset = agent.backed_up().saveset
    request = {"names": [saveset], "request_id": str(uuid.uuid4())}
    agent.local.call(DELETE, **request)
    agent.local.call(RULES, rules=pb.AccessRules(four_eyes=True))
    agent.local.call(DELETE, **request)


def test_unknown_approvals_and_who_may_look(eyes: Eyes) -> None:
    refusal = eyes.second.refused(DECIDE, approval_id="nobody", approve=True)
    assert refusal.reason == "APPROVAL_NOT_FOUND"
    monitor = eyes.agent.local.call("AccessService/CreateToken", role=pb.ROLE_MONITOR).token
    enrolled = eyes.agent.caller(None).call("AccessService/Enrol", token=monitor, holder="m")
    caller = eyes.agent.caller(enrolled.credential)
    assert caller.refused(LIST).reason == "ROLE_REQUIRED"
    assert caller.call("AccessService/GetAccessRules").rules.four_eyes
