"""Tokens, credentials and scopes on the wire."""

from datetime import timedelta

from google.protobuf.duration_pb2 import Duration

from server_agent.domain.access import Credential, Scope, Terms, Token
from server_agent.domain.approvals import AccessRules, Approval, ApprovalState, OtpGroup
from server_agent.domain.errors import InvalidArgument
from server_agent.rpc.convert import ROLES, from_wire, timestamp, timestamp_or_none
from server_agent.service.lock_outs import LockOut
from sesam_api.v1 import access_pb2 as pb

OTP_GROUPS = {
    OtpGroup.DELETE: pb.OTP_GROUP_DELETE,
    OtpGroup.ACCESS: pb.OTP_GROUP_ACCESS,
    OtpGroup.LICENCE: pb.OTP_GROUP_LICENCE,
    OtpGroup.STOP: pb.OTP_GROUP_STOP,
    OtpGroup.RESTORE: pb.OTP_GROUP_RESTORE,
}
_STATES = {
    ApprovalState.PENDING: pb.APPROVAL_STATE_PENDING,
    ApprovalState.APPROVED: pb.APPROVAL_STATE_APPROVED,
    ApprovalState.DONE: pb.APPROVAL_STATE_DONE,
    ApprovalState.FAILED: pb.APPROVAL_STATE_FAILED,
    ApprovalState.REFUSED: pb.APPROVAL_STATE_REFUSED,
    ApprovalState.EXPIRED: pb.APPROVAL_STATE_EXPIRED,
}


def scope(item: Scope) -> pb.Scope:
    return pb.Scope(
        clients=item.clients, tasks=item.tasks, pools=item.pools, schedules=item.schedules
    )


def scope_of(message: pb.Scope) -> Scope:
    return Scope(
        tuple(message.clients),
        tuple(message.tasks),
        tuple(message.pools),
        tuple(message.schedules),
    )


def terms_of(message: pb.CreateTokenRequest) -> Terms:
    """Raises InvalidArgument."""
    life = None
    if message.HasField("credential_life"):
        life = span("credential_life", message.credential_life, "between 1 minute and 3650 days")
    return Terms(scope_of(message.scope), message.uses or 1, life, message.comment)


def span(field: str, message: Duration, expected: str) -> timedelta:
    """Raises InvalidArgument for one that no calendar has."""
    try:
        return message.ToTimedelta()
    except (ValueError, OverflowError):
        raise InvalidArgument(
            field=field, value=f"{message.seconds} s", expected=expected
        ) from None


def credential(item: Credential, has_otp: bool = False) -> pb.Credential:
    return pb.Credential(
        credential_id=item.id,
        holder=item.holder,
        role=ROLES[item.role],
        create_time=timestamp(item.create_time),
        revoke_time=timestamp_or_none(item.revoke_time),
        last_used_time=timestamp_or_none(item.last_used_time),
        scope=scope(item.scope),
        expire_time=timestamp_or_none(item.expire_time),
        last_address=item.last_address,
        otp_enrolled=has_otp,
    )


def token(item: Token) -> pb.Token:
    message = pb.Token(
        token_id=item.id,
        role=ROLES[item.role],
        scope=scope(item.scope),
        create_time=timestamp(item.create_time),
        expire_time=timestamp(item.expire_time),
        uses=item.uses,
        used=item.used,
        used_time=timestamp_or_none(item.used_time),
        revoke_time=timestamp_or_none(item.revoke_time),
        comment=item.comment,
        made_by=item.made_by,
    )
    if item.credential_life is not None:
        message.credential_life.FromTimedelta(item.credential_life)
    return message


def lock_out(item: LockOut) -> pb.LockOut:
    return pb.LockOut(
        address=item.subject.address,
        credential_id=item.subject.credential_id,
        failures=item.failures,
        end_time=timestamp(item.end_time),
    )


def rules(item: AccessRules) -> pb.AccessRules:
    return pb.AccessRules(
        four_eyes=item.four_eyes, otp=(OTP_GROUPS[each] for each in sorted(item.otp))
    )


def rules_of(message: pb.AccessRules) -> AccessRules:
    """Raises InvalidArgument."""
    groups = (from_wire("rules.otp", each, OTP_GROUPS) for each in message.otp)
    return AccessRules(message.four_eyes, frozenset(groups))


def approval(item: Approval) -> pb.Approval:
    return pb.Approval(
        approval_id=item.id,
        method=item.method,
        subjects=item.subjects,
        subject_count=item.count,
        requester=item.requester,
        requester_credential_id=item.requester_id,
        requester_address=item.address,
        create_time=timestamp(item.create_time),
        expire_time=timestamp(item.expire_time),
        state=_STATES[item.state],
        decider=item.decider,
        decide_time=timestamp_or_none(item.decide_time),
        failure=item.failure,
    )
