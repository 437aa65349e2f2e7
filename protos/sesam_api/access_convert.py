"""Messages about access into records, and scopes the other way."""

from sesam_api import convert
from sesam_api.access_records import (
    AccessRules,
    Approval,
    Credential,
    LockOut,
    Scope,
    Token,
)
from sesam_api.v1 import access_pb2


def scope(message: access_pb2.Scope) -> Scope:
    return Scope(
        tuple(message.clients),
        tuple(message.tasks),
        tuple(message.pools),
        tuple(message.schedules),
    )


def scope_message(record: Scope) -> access_pb2.Scope:
    return access_pb2.Scope(
        clients=record.clients,
        tasks=record.tasks,
        pools=record.pools,
        schedules=record.schedules,
    )


def credential(message: access_pb2.Credential) -> Credential:
    has = message.HasField
    return Credential(
        id=message.credential_id,
        holder=message.holder,
        role=convert.role(message.role),
        create_time=convert.moment(message.create_time),
        revoke_time=convert.moment(message.revoke_time) if has("revoke_time") else None,
        last_used_time=convert.moment(message.last_used_time) if has("last_used_time") else None,
        scope=scope(message.scope),
        expire_time=convert.moment(message.expire_time) if has("expire_time") else None,
        last_address=message.last_address,
        has_otp=message.otp_enrolled,
    )


def token(message: access_pb2.Token) -> Token:
    has = message.HasField
    return Token(
        id=message.token_id,
        role=convert.role(message.role),
        scope=scope(message.scope),
        create_time=convert.moment(message.create_time),
        expire_time=convert.moment(message.expire_time),
        uses=message.uses,
        used=message.used,
        used_time=convert.moment(message.used_time) if has("used_time") else None,
        revoke_time=convert.moment(message.revoke_time) if has("revoke_time") else None,
        credential_life=(message.credential_life.ToTimedelta() if has("credential_life") else None),
        comment=message.comment,
        made_by=message.made_by,
    )


def lock_out(message: access_pb2.LockOut) -> LockOut:
    return LockOut(
        message.address,
        message.credential_id,
        message.failures,
        convert.moment(message.end_time),
    )


def rules(message: access_pb2.AccessRules) -> AccessRules:
    enum = access_pb2.OtpGroup.DESCRIPTOR
    return AccessRules(message.four_eyes, tuple(convert.word(enum, each) for each in message.otp))


def rules_message(record: AccessRules) -> access_pb2.AccessRules:
    enum = access_pb2.OtpGroup.DESCRIPTOR
    numbers = (convert.number(enum, "otp", each) for each in record.otp)
    return access_pb2.AccessRules(
        four_eyes=record.four_eyes,
        otp=(access_pb2.OtpGroup.ValueType(number) for number in numbers),
    )


def approval(message: access_pb2.Approval) -> Approval:
    has = message.HasField
    return Approval(
        id=message.approval_id,
        method=message.method,
        subjects=tuple(message.subjects),
        subject_count=message.subject_count,
        requester=message.requester,
        requester_credential=message.requester_credential_id,
        requester_address=message.requester_address,
        create_time=convert.moment(message.create_time),
        expire_time=convert.moment(message.expire_time),
        state=convert.word(access_pb2.ApprovalState.DESCRIPTOR, message.state),
        decider=message.decider,
        decide_time=convert.moment(message.decide_time) if has("decide_time") else None,
        failure=message.failure,
    )
