"""Becomes known to a location: exchanges a token for a credential, and keeps it."""

import socket

from sesam_api.errors import SesamError
from sesam_api.tls import pinned_credentials
from sesam_api.v1 import access_pb2
from sesam_api.v1.access_pb2_grpc import AccessServiceStub
from sesam_master.core.errors import AlreadyListed, DeskReason, LocationError, Trouble
from sesam_master.core.gateway import Presented
from sesam_master.core.registry import Registration
from sesam_master.remote import calls
from sesam_master.remote.channel import pinned_channel
from sesam_master.remote.roster import Roster


async def enrol(
    roster: Roster, presented: Presented, token: str, name: str, farm: str, replaces: str
) -> Registration:
    """Over a connection that accepts the presented certificate only.

    Raises:
        AlreadyListed: a listed location other than `replaces` would be replaced.
        LocationError: what the agent refuses, or ENROL_UNANSWERED.
        KeepingError: the desk cannot keep it.
    """
    claimed = roster.listed(_claimed_location(presented.certificate))
    if claimed is not None and claimed.location_id != replaces:
        raise AlreadyListed(claimed, is_token_sent=False)
    await roster.prepare()
    request = access_pb2.EnrolRequest(
        request_id=calls.new_request_id(),
        token=token.strip(),
        holder=f"Sesam Master on {socket.gethostname()}",
    )
    # The token is used up by the first, but not for the same request.
    answer: access_pb2.EnrolResponse = await calls.repeated(
        lambda: _send(roster, presented, request),
        lambda: _send(roster, presented, request),
        "",
        DeskReason.ENROL_UNANSWERED,
    )
    registration = Registration(
        location_id=answer.location_id,
        name=name.strip() or answer.name,
        farm=farm,
        host=presented.host,
        port=presented.port,
        certificate=presented.certificate,
        fingerprint=presented.fingerprint,
    )
    return await roster.admit(registration, answer.credential, replaces)


def _claimed_location(certificate: bytes) -> str:
    """The location id in the first DNS name of an agent's certificate, "agent.<id>.invalid";
    empty if it has none. It proves nothing: the agent says it with the credential again."""
    try:
        _credentials, name = pinned_credentials(certificate)
    except SesamError:
        return ""
    return name.removeprefix("agent.").removesuffix(".invalid")


async def _send(
    roster: Roster, presented: Presented, request: access_pb2.EnrolRequest
) -> access_pb2.EnrolResponse:
    times = roster.times
    try:
        channel = pinned_channel(
            presented.host, presented.port, presented.certificate, times.connect
        )
    except SesamError as error:
        metadata = {"step": "tls", "found": str(error), "advice": "Nothing was sent."}
        raise LocationError(Trouble.REJECTED, "", DeskReason.NOT_REACHED, metadata) from error
    async with channel:
        answer: access_pb2.EnrolResponse = await calls.send(
            channel, (), "", lambda ch: AccessServiceStub(ch).Enrol, request, times.call
        )
    return answer
