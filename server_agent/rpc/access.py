"""AccessService."""

import logging
from datetime import timedelta

from server_agent.rpc import convert, convert_access, lists
from server_agent.rpc.admission import Admission
from server_agent.rpc.approvals import ApprovalCalls, Perform
from server_agent.rpc.enrolments import Enrolments
from server_agent.rpc.guard import Call
from server_agent.rpc.workers import Workers
from server_agent.service.access import Access
from server_agent.service.location import Location
from sesam_api.v1 import access_pb2 as pb

log = logging.getLogger(__name__)


class AccessServicer(ApprovalCalls):
    def __init__(
        self,
        access: Access,
        location: Location,
        admission: Admission,
        perform: Perform,
        workers: Workers,
    ) -> None:
        super().__init__(admission.approvals, perform, workers)
        self._access = access
        self._location = location
        self._workers = workers
        self._lock_outs = admission.lock_outs
        self._otp = admission.otp
        self._enrolments = Enrolments(access, workers)

    async def CreateToken(
        self, message: pb.CreateTokenRequest, call: Call
    ) -> pb.CreateTokenResponse:
        role = convert.from_wire("role", message.role, convert.ROLES)
        text, token = await self._workers.write(
            self._access.create_token,
            call.request,
            role,
            _life(message),
            convert_access.terms_of(message),
        )
        expire_time = convert.timestamp(token.expire_time)
        return pb.CreateTokenResponse(token=text, expire_time=expire_time, token_id=token.id)

    async def Enrol(self, message: pb.EnrolRequest, call: Call) -> pb.EnrolResponse:
        enrolled = await self._enrolments.exchange(
            call.address, call.request, message.token, message.holder
        )
        credential = enrolled.credential
        log.info("%s enrolled as %s %s", credential.holder, credential.role, credential.id)
        return pb.EnrolResponse(
            location_id=self._location.id,
            name=self._location.name,
            credential=enrolled.secret,
            role=convert.ROLES[credential.role],
        )

    async def ListCredentials(
        self, message: pb.ListCredentialsRequest, _call: Call
    ) -> pb.ListCredentialsResponse:
        _, descending = lists.order(message.order_by, ("create_time",), "create_time desc")
        text = lists.text("filter", message.filter)

        async def answer(size: int) -> pb.ListCredentialsResponse:
            page = await self._workers.read(
                self._access.list_credentials, text, descending, message.page_token or None, size
            )
            enrolled = await self._workers.read(self._otp.enrolled)
            return pb.ListCredentialsResponse(
                credentials=(
                    convert_access.credential(each, each.id in enrolled) for each in page.items
                ),
                next_page_token=page.next_position or "",
            )

        return await lists.fitting(lists.page_size(message.page_size), answer)

    async def RevokeCredential(
        self, message: pb.RevokeCredentialRequest, call: Call
    ) -> pb.RevokeCredentialResponse:
        credential = await self._workers.write(
            self._access.revoke, call.request, message.credential_id
        )
        return pb.RevokeCredentialResponse(credential=convert_access.credential(credential))

    async def EnrolOtp(self, message: pb.EnrolOtpRequest, call: Call) -> pb.EnrolOtpResponse:
        enrolled = await self._workers.write(
            self._otp.enrol, call.request, message.credential_id, self._location.name
        )
        return pb.EnrolOtpResponse(secret=enrolled.secret, uri=enrolled.uri)

    async def RemoveOtp(self, message: pb.RemoveOtpRequest, call: Call) -> pb.RemoveOtpResponse:
        await self._workers.write(self._otp.remove, call.request, message.credential_id)
        return pb.RemoveOtpResponse()

    async def ListTokens(self, message: pb.ListTokensRequest, _call: Call) -> pb.ListTokensResponse:
        _, descending = lists.order(message.order_by, ("create_time",), "create_time desc")

        async def answer(size: int) -> pb.ListTokensResponse:
            page = await self._workers.read(
                self._access.list_tokens, descending, message.page_token or None, size
            )
            return pb.ListTokensResponse(
                tokens=map(convert_access.token, page.items),
                next_page_token=page.next_position or "",
            )

        return await lists.fitting(lists.page_size(message.page_size), answer)

    async def ListLockOuts(
        self, _message: pb.ListLockOutsRequest, _call: Call
    ) -> pb.ListLockOutsResponse:
        current = self._lock_outs.current()
        return pb.ListLockOutsResponse(lock_outs=map(convert_access.lock_out, current))

    async def RevokeToken(
        self, message: pb.RevokeTokenRequest, call: Call
    ) -> pb.RevokeTokenResponse:
        token = await self._workers.write(self._access.revoke_token, call.request, message.token_id)
        return pb.RevokeTokenResponse(token=convert_access.token(token))


def _life(message: pb.CreateTokenRequest) -> timedelta | None:
    if not message.HasField("time_to_live"):
        return None
    return convert_access.span("time_to_live", message.time_to_live, "between 1 minute and 7 days")
