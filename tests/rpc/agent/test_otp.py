"""Acts that need a one-time code."""

import uuid
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import grpc
import pytest

from server_agent.domain.access import Role
from server_agent.domain.approvals import OtpGroup
from server_agent.rpc.admission import OTP_GROUPS
from server_agent.rpc.convert_access import OTP_GROUPS as NUMBERS
from server_agent.service.lock_outs import TRIES
from sesam_api.v1 import access_pb2 as pb
from tests.rpc.agent.rig import METHODS, AgentRig, Caller, refusal_of, request_of

RULES, ENROL = "AccessService/SetAccessRules", "AccessService/EnrolOtp"
DELETE = "SavesetService/DeleteSavesets"
STEP = timedelta(seconds=30)


@dataclass
class Codes:
    """An agent, an administrator with a secret for codes, and a saveset."""

    agent: AgentRig
    desk: Caller
    credential_id: str
    saveset: str

    def code(self) -> str:
        """The present one."""
        agent = self.agent
        return agent.otp.code_at(agent.otp.kept[self.credential_id], agent.clock.now())

    def next_code(self) -> str:
        self.agent.clock.advance(STEP)
        return self.code()

    def outcome(self, name: str, /, code: str | None = None, **fields: Any) -> str:
        """The reason of a refusal, empty for an answer."""
        before = self.desk._metadata
        if code is not None:
            self.desk._metadata = (*before, ("sesam-otp", code))
        try:
            self.desk.call(name, request_of(name, **fields))
        except grpc.RpcError as error:
            return refusal_of(error).reason
        finally:
            self.desk._metadata = before
        return ""


@pytest.fixture
def codes(agent: AgentRig) -> Codes:
    agent.add_task()
    saveset = agent.backed_up().saveset
    desk = agent.enrolled(Role.ADMIN, "desk")
    [mine] = agent.local.call("AccessService/ListCredentials").credentials
    assert not mine.otp_enrolled
    agent.local.call(ENROL, credential_id=mine.credential_id)
    [mine] = agent.local.call("AccessService/ListCredentials").credentials
    assert mine.otp_enrolled
    return Codes(agent, desk, mine.credential_id, saveset)


def switch_on(codes: Codes, *groups: OtpGroup) -> None:
    otp = [NUMBERS[group] for group in groups]
    codes.agent.local.call(RULES, rules=pb.AccessRules(otp=otp))


def test_the_methods_are_those_of_the_contract() -> None:
    assert set(OTP_GROUPS) <= set(METHODS)
    assert all("request_id" in METHODS[name].input_type.fields_by_name for name in OTP_GROUPS)
    assert set(OTP_GROUPS.values()) == set(OtpGroup)


def test_a_code_is_asked_for_and_taken(codes: Codes) -> None:
    switch_on(codes, OtpGroup.DELETE)
    refusal = codes.desk.refused(DELETE, names=[codes.saveset])
    assert (refusal.code, refusal.reason) == (grpc.StatusCode.PERMISSION_DENIED, "OTP_REQUIRED")
    assert refusal.metadata == {"group": "delete", "enrolled": "yes"}
    wrong = f"{(int(codes.code()) + 500) % 1_000_000:06}"
    assert codes.outcome(DELETE, wrong, names=[codes.saveset]) == "OTP_WRONG"
    assert codes.outcome(DELETE, codes.code(), names=[codes.saveset]) == ""
    assert not codes.agent.local.call("SavesetService/ListSavesets").savesets


def test_a_code_is_good_once_and_for_a_repeat_of_its_request(codes: Codes) -> None:
    switch_on(codes, OtpGroup.DELETE)
    code, request_id = codes.code(), str(uuid.uuid4())
    for _ in range(2):
        fields = {"names": [codes.saveset], "request_id": request_id}
        assert codes.outcome(DELETE, code, **fields) == ""
    assert codes.outcome("MediaService/DeleteMedium", code, label="x") == "OTP_WRONG"
    next_code = codes.next_code()
    assert codes.outcome("MediaService/DeleteMedium", next_code, label="x") == "MEDIUM_NOT_FOUND"
    assert codes.outcome("MediaService/DeleteMedium", code, label="x") == "OTP_WRONG"


def test_codes_beside_the_present_one_are_taken(codes: Codes) -> None:
    switch_on(codes, OtpGroup.DELETE)
    before = codes.code()
    codes.agent.clock.advance(STEP)
    assert codes.outcome("MediaService/DeleteMedium", before, label="x") == "MEDIUM_NOT_FOUND"
    late = codes.code()
    codes.agent.clock.advance(2 * STEP)
    assert codes.outcome("MediaService/DeleteMedium", late, label="x") == "OTP_WRONG"


def test_only_chosen_acts_need_one(codes: Codes) -> None:
    switch_on(codes, OtpGroup.RESTORE)
    assert codes.outcome("MediaService/DeleteMedium", label="x") == "MEDIUM_NOT_FOUND"
    order = {"saveset": codes.saveset, "target": b"/t", "dry_run": True}
    assert codes.outcome("SavesetService/StartRestore", **order) == "OTP_REQUIRED"
    event = {"name": "e", "schedule": "s", "restore": {"task": "docs", "target": b"/t"}}
    assert codes.outcome("EventService/CreateEvent", event=event) == "OTP_REQUIRED"
    event = {"name": "e", "schedule": "s", "verify": {"task": "docs"}}
    assert codes.outcome("EventService/CreateEvent", event=event) == "SCHEDULE_NOT_FOUND"


def test_a_later_eol_deletes_nothing(codes: Codes) -> None:
    switch_on(codes, OtpGroup.DELETE)
    update = "SavesetService/UpdateSaveset"
    assert codes.outcome(update, name=codes.saveset, eol="2030-01-01") == ""
    assert codes.outcome(update, name=codes.saveset, eol="2029-01-01") == "OTP_REQUIRED"


def test_the_rules_and_the_secrets_themselves_need_one_as_soon_as_any_act_does(
    codes: Codes,
) -> None:
    switch_on(codes, OtpGroup.STOP)
    for name, fields in (
        (RULES, {"rules": pb.AccessRules()}),
        (ENROL, {"credential_id": codes.credential_id}),
        ("AccessService/RemoveOtp", {"credential_id": codes.credential_id}),
    ):
        assert codes.outcome(name, **fields) == "OTP_REQUIRED"
    assert codes.outcome(RULES, codes.code(), rules=pb.AccessRules()) == ""
    assert not codes.agent.local.call("AccessService/GetAccessRules").rules.otp


def test_nobody_without_a_secret_switches_codes_on(agent: AgentRig) -> None:
    desk = agent.enrolled(Role.ADMIN)
    rules = pb.AccessRules(otp=[pb.OTP_GROUP_DELETE])
    refusal = desk.refused(RULES, rules=rules)
    assert (refusal.reason, refusal.metadata["enrolled"]) == ("OTP_REQUIRED", "no")
    agent.local.call(RULES, rules=rules)
    refusal = desk.refused(DELETE, names=["x"])
    assert (refusal.reason, refusal.metadata["enrolled"]) == ("OTP_REQUIRED", "no")
    assert agent.local.refused(DELETE, names=["x"]).reason == "SAVESET_NOT_FOUND"


def test_a_removed_secret_lets_nobody_in(codes: Codes) -> None:
    switch_on(codes, OtpGroup.DELETE)
    code = codes.code()
    codes.agent.local.call("AccessService/RemoveOtp", credential_id=codes.credential_id)
    assert codes.outcome(DELETE, code, names=["x"]) == "OTP_REQUIRED"


def test_a_repeated_enrolment_has_the_same_secret_and_a_new_one_another(codes: Codes) -> None:
    local, asked = codes.agent.local, {"credential_id": codes.credential_id}
    request_id = str(uuid.uuid4())
    first = local.call(ENROL, **asked, request_id=request_id)
    assert first.uri.startswith("otpauth://totp/Alpha:desk?secret=" + first.secret)
    assert local.call(ENROL, **asked, request_id=request_id) == first
    assert local.call(ENROL, **asked).secret != first.secret
    refusal = local.refused(ENROL, credential_id="nobody")
    assert refusal.reason == "CREDENTIAL_NOT_FOUND"


@pytest.mark.logs_warnings
def test_who_guesses_codes_is_locked_out(codes: Codes) -> None:
    switch_on(codes, OtpGroup.DELETE)
    reasons = [codes.outcome(DELETE, "no", names=["x"]) for _ in range(TRIES + 1)]
    assert reasons == ["OTP_WRONG"] * TRIES + ["LOCKED_OUT"]
    assert codes.outcome(DELETE, codes.code(), names=["x"]) == "LOCKED_OUT"
    [lock_out] = codes.agent.local.call("AccessService/ListLockOuts").lock_outs
    assert (lock_out.address, lock_out.credential_id) == ("", codes.credential_id)
    codes.desk.call("LocationService/GetLocation")  # what needs no code goes on
    codes.agent.clock.advance(timedelta(minutes=1))
    assert codes.outcome(DELETE, codes.code(), names=["x"]) == "SAVESET_NOT_FOUND"


def test_with_four_eyes_both_give_their_codes(codes: Codes) -> None:
    rules = pb.AccessRules(four_eyes=True, otp=[pb.OTP_GROUP_DELETE, pb.OTP_GROUP_ACCESS])
    codes.agent.local.call(RULES, rules=rules)
    assert codes.outcome(DELETE, names=[codes.saveset]) == "OTP_REQUIRED"
    assert codes.outcome(DELETE, codes.code(), names=[codes.saveset]) == "APPROVAL_NEEDED"
    [waiting] = codes.agent.local.call("AccessService/ListApprovals").approvals
    codes.agent.local.call(
        "AccessService/DecideApproval", approval_id=waiting.approval_id, approve=True
    )
    assert not codes.agent.local.call("SavesetService/ListSavesets").savesets
