"""Becomes known to a location: exchanges a token for a credential, and keeps it."""

import socket

from sesam_api.errors import SesamError
from sesam_api.v1 import access_pb2
from sesam_api.v1.access_pb2_grpc import AccessServiceStub
from sesam_master.core.errors import LocationError, Trouble
from sesam_master.core.gateway import Presented
from sesam_master.core.registry import Registration
from sesam_master.remote import calls
from sesam_master.remote.channel import pinned_channel
from sesam_master.remote.roster import Roster

_LOST = (Trouble.UNREACHABLE, Trouble.NO_ANSWER)


async def enrol(
    roster: Roster, presented: Presented, token: str, name: str, farm: str
) -> Registration:
    """Over a connection that accepts the presented certificate only.

    Raises LocationError for what the agent refuses, KeepingError if the desk cannot keep it.
    """
    request = access_pb2.EnrolRequest(
        request_id=calls.new_request_id(),
        token=token.strip(),
        holder=f"Sesam Master on {socket.gethostname()}",
    )
    answer = await _exchange(roster, presented, request)
    registration = Registration(
        location_id=answer.location_id,
        name=name.strip() or answer.name,
        farm=farm,
        host=presented.host,
        port=presented.port,
        certificate=presented.certificate,
        fingerprint=presented.fingerprint,
    )
    return await roster.admit(registration, answer.credential)


async def _exchange(
    roster: Roster, presented: Presented, request: access_pb2.EnrolRequest
) -> access_pb2.EnrolResponse:
    """A lost answer is asked for once more: the token is used up, but not for the same request."""
    try:
        return await _send(roster, presented, request)
    except LocationError as lost:
        if lost.trouble not in _LOST:
            raise
    return await _send(roster, presented, request)


async def _send(
    roster: Roster, presented: Presented, request: access_pb2.EnrolRequest
) -> access_pb2.EnrolResponse:
    times = roster.times
    host = f"[{presented.host}]" if ":" in presented.host else presented.host
    try:
        channel = pinned_channel(f"{host}:{presented.port}", presented.certificate, times.connect)
    except SesamError as error:
        metadata = {"step": "tls", "found": str(error)}
        raise LocationError(Trouble.UNREACHABLE, "", metadata=metadata) from error
    async with channel:
        answer: access_pb2.EnrolResponse = await calls.send(
            channel, (), "", lambda ch: AccessServiceStub(ch).Enrol, request, times.call
        )
    return answer
