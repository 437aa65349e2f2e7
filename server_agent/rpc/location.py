"""LocationService."""

from collections.abc import AsyncGenerator

from server_agent.ports import Clock
from server_agent.rpc import convert
from server_agent.rpc.guard import Call
from server_agent.rpc.watch import Watches
from server_agent.service.location import Location
from sesam_api.v1 import location_pb2 as pb


class LocationServicer:
    def __init__(self, location: Location, watches: Watches, clock: Clock) -> None:
        self._location = location
        self._watches = watches
        self._clock = clock

    async def GetLocation(
        self, _message: pb.GetLocationRequest, call: Call
    ) -> pb.GetLocationResponse:
        return pb.GetLocationResponse(
            location=convert.location(self._location),
            role=convert.ROLES[call.caller.role],
            agent_time=convert.timestamp(self._clock.now()),
        )

    def Watch(self, message: pb.WatchRequest, call: Call) -> AsyncGenerator[pb.WatchResponse, None]:
        after = None
        known = (message.location_id, message.epoch)
        if message.HasField("after_revision") and known == (
            self._location.id,
            self._location.epoch,
        ):
            after = message.after_revision
        return self._watches.location(after, call.caller)
