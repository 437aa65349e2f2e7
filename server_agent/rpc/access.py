"""AccessService."""

import logging
from datetime import timedelta

from server_agent.domain.errors import InvalidArgument
from server_agent.rpc import convert, lists
from server_agent.rpc.enrolments import Enrolments
from server_agent.rpc.guard import Call
from server_agent.rpc.workers import Workers
from server_agent.service.access import Access
from server_agent.service.location import Location
from sesam_api.v1 import access_pb2 as pb

log = logging.getLogger(__name__)


class AccessServicer:
    def __init__(self, access: Access, location: Location, workers: Workers) -> None:
        self._access = access
        self._location = location
        self._workers = workers
        self._enrolments = Enrolments(access, workers)

    async def CreateToken(
        self, message: pb.CreateTokenRequest, call: Call
    ) -> pb.CreateTokenResponse:
        role = convert.from_wire("role", message.role, convert.ROLES)
        token, expire_time = await self._workers.write(
            self._access.create_token, call.request, role, _life(message)
        )
        return pb.CreateTokenResponse(token=token, expire_time=convert.timestamp(expire_time))

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
            return pb.ListCredentialsResponse(
                credentials=map(convert.credential, page.items),
                next_page_token=page.next_position or "",
            )

        return await lists.fitting(lists.page_size(message.page_size), answer)

    async def RevokeCredential(
        self, message: pb.RevokeCredentialRequest, call: Call
    ) -> pb.RevokeCredentialResponse:
        credential = await self._workers.write(
            self._access.revoke, call.request, message.credential_id
        )
        return pb.RevokeCredentialResponse(credential=convert.credential(credential))


def _life(message: pb.CreateTokenRequest) -> timedelta | None:
    if not message.HasField("time_to_live"):
        return None
    try:
        return message.time_to_live.ToTimedelta()
    except (ValueError, OverflowError):
        raise InvalidArgument(
            field="time_to_live",
            value=f"{message.time_to_live.seconds} s",
            expected="between 1 minute and 7 days",
        ) from None
