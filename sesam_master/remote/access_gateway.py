"""Who may talk to locations, over the sessions' channels."""

from datetime import datetime, timedelta
from typing import Any

from google.protobuf.duration_pb2 import Duration

from sesam_api.v1 import access_pb2 as pb
from sesam_api.v1.access_pb2_grpc import AccessServiceStub
from sesam_master.core.access import (
    AccessPicture,
    Approval,
    ApprovalState,
    Credential,
    LockOut,
    NewToken,
    Scope,
    Token,
    TokenOrder,
)
from sesam_master.remote import calls, convert
from sesam_master.remote.roster import Roster
from sesam_master.remote.times import Times

_PAGE = 1000
_NUMBERS = {role: number for number, role in convert.ROLES.items()}
_STATES = {
    pb.APPROVAL_STATE_PENDING: ApprovalState.PENDING,
    pb.APPROVAL_STATE_APPROVED: ApprovalState.APPROVED,
    pb.APPROVAL_STATE_DONE: ApprovalState.DONE,
    pb.APPROVAL_STATE_FAILED: ApprovalState.FAILED,
    pb.APPROVAL_STATE_REFUSED: ApprovalState.REFUSED,
    pb.APPROVAL_STATE_EXPIRED: ApprovalState.EXPIRED,
}


class AccessGateway:
    """Implements core.access_source.AccessSource; see there for what each method means."""

    _roster: Roster
    _times: Times

    async def access(self, location_id: str) -> AccessPicture:
        session, seconds = self._roster.session(location_id), self._times.call
        credentials: list[Credential] = []
        tokens: list[Token] = []
        approvals: list[Approval] = []
        async for answer in calls.pages(
            session,
            lambda ch: AccessServiceStub(ch).ListCredentials,
            lambda token: pb.ListCredentialsRequest(page_size=_PAGE, page_token=token),
            seconds,
        ):
            credentials += map(_credential, answer.credentials)
        async for answer in calls.pages(
            session,
            lambda ch: AccessServiceStub(ch).ListTokens,
            lambda token: pb.ListTokensRequest(page_size=_PAGE, page_token=token),
            seconds,
        ):
            tokens += map(_token, answer.tokens)
        async for answer in calls.pages(
            session,
            lambda ch: AccessServiceStub(ch).ListApprovals,
            lambda token: pb.ListApprovalsRequest(page_size=_PAGE, page_token=token),
            seconds,
        ):
            approvals += map(_approval, answer.approvals)
        locked = await calls.read(
            session,
            lambda ch: AccessServiceStub(ch).ListLockOuts,
            pb.ListLockOutsRequest(),
            seconds,
        )
        rules = await calls.read(
            session,
            lambda ch: AccessServiceStub(ch).GetAccessRules,
            pb.GetAccessRulesRequest(),
            seconds,
        )
        return AccessPicture(
            tuple(credentials),
            tuple(tokens),
            tuple(approvals),
            tuple(map(_lock_out, locked.lock_outs)),
            rules.rules.four_eyes,
        )

    async def make_token(
        self, location_id: str, order: TokenOrder, request_id: str, otp: str = ""
    ) -> NewToken:
        scope = order.scope
        request = pb.CreateTokenRequest(
            location_id=location_id,
            request_id=request_id,
            role=_NUMBERS[order.role],
            time_to_live=_duration(order.time_to_live),
            scope=pb.Scope(
                clients=scope.clients,
                tasks=scope.tasks,
                pools=scope.pools,
                schedules=scope.schedules,
            ),
            uses=order.uses,
            comment=order.comment,
        )
        if order.credential_life is not None:
            request.credential_life.FromTimedelta(order.credential_life)
        answer = await self._changed(location_id, "CreateToken", request, otp)
        return NewToken(answer.token, convert.moment(answer.expire_time))

    async def revoke_token(
        self, location_id: str, token_id: str, request_id: str, otp: str = ""
    ) -> None:
        request = pb.RevokeTokenRequest(
            location_id=location_id, request_id=request_id, token_id=token_id
        )
        await self._changed(location_id, "RevokeToken", request, otp)

    async def revoke_credential(
        self, location_id: str, credential_id: str, request_id: str, otp: str = ""
    ) -> None:
        request = pb.RevokeCredentialRequest(
            location_id=location_id, request_id=request_id, credential_id=credential_id
        )
        await self._changed(location_id, "RevokeCredential", request, otp)

    async def decide_approval(
        self, location_id: str, approval_id: str, approves: bool, request_id: str, otp: str = ""
    ) -> Approval:
        request = pb.DecideApprovalRequest(
            location_id=location_id,
            request_id=request_id,
            approval_id=approval_id,
            approve=approves,
        )
        answer = await self._changed(location_id, "DecideApproval", request, otp)
        return _approval(answer.approval)

    async def give_code(self, location_id: str, otp: str) -> None:
        self._roster.session(location_id).code = otp

    async def _changed(self, location_id: str, name: str, request: Any, otp: str) -> Any:
        session = self._roster.session(location_id)
        session.code = otp or session.code
        return await calls.change(
            session,
            lambda channel: getattr(AccessServiceStub(channel), name),
            request,
            self._times.call,
        )


def _duration(span: timedelta) -> Duration:
    message = Duration()
    message.FromTimedelta(span)
    return message


def _moment(message: Any, field: str) -> datetime | None:
    return convert.moment(getattr(message, field)) if message.HasField(field) else None


def _scope(message: pb.Scope) -> Scope:
    return Scope(
        tuple(message.clients),
        tuple(message.tasks),
        tuple(message.pools),
        tuple(message.schedules),
    )


def _credential(message: pb.Credential) -> Credential:
    return Credential(
        id=message.credential_id,
        holder=message.holder,
        role=convert.role(message.role),
        scope=_scope(message.scope),
        create_time=convert.moment(message.create_time),
        expire_time=_moment(message, "expire_time"),
        revoke_time=_moment(message, "revoke_time"),
        last_used_time=_moment(message, "last_used_time"),
        last_address=message.last_address,
        has_otp=message.otp_enrolled,
    )


def _token(message: pb.Token) -> Token:
    return Token(
        id=message.token_id,
        role=convert.role(message.role),
        scope=_scope(message.scope),
        create_time=convert.moment(message.create_time),
        expire_time=convert.moment(message.expire_time),
        uses=message.uses,
        used=message.used,
        used_time=_moment(message, "used_time"),
        revoke_time=_moment(message, "revoke_time"),
        comment=message.comment,
        made_by=message.made_by,
    )


def _approval(message: pb.Approval) -> Approval:
    return Approval(
        id=message.approval_id,
        method=message.method,
        subjects=tuple(message.subjects),
        subject_count=message.subject_count,
        requester=message.requester,
        requester_address=message.requester_address,
        create_time=convert.moment(message.create_time),
        expire_time=convert.moment(message.expire_time),
        state=_STATES.get(message.state, ApprovalState.UNKNOWN),
        decider=message.decider,
        failure=message.failure,
    )


def _lock_out(message: pb.LockOut) -> LockOut:
    return LockOut(
        message.address,
        message.credential_id,
        message.failures,
        convert.moment(message.end_time),
    )
