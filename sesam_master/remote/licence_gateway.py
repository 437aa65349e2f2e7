"""Licences of locations, over the sessions' channels."""

from sesam_api.v1 import licence_pb2 as pb
from sesam_api.v1.licence_pb2_grpc import LicenceServiceStub
from sesam_master.core.licence import Installed, LicenceOrder
from sesam_master.remote import calls
from sesam_master.remote.convert_licence import licence
from sesam_master.remote.roster import Roster
from sesam_master.remote.times import Times


class LicenceGateway:
    """Implements core.licence_source.LicenceSource; see there for what each method means."""

    _roster: Roster
    _times: Times

    async def install_licence(self, location_id: str, content: bytes, request_id: str) -> Installed:
        request = pb.InstallLicenceRequest(
            location_id=location_id, request_id=request_id, content=content
        )
        answer = await calls.change(
            self._roster.session(location_id),
            lambda channel: LicenceServiceStub(channel).InstallLicence,
            request,
            self._times.call,
        )
        return Installed(licence(answer.licence), answer.kept_as)

    async def licence_order(self, location_id: str, delivery_note: str) -> LicenceOrder:
        answer = await calls.read(
            self._roster.session(location_id),
            lambda channel: LicenceServiceStub(channel).GetLicenceOrder,
            pb.GetLicenceOrderRequest(delivery_note=delivery_note),
            self._times.call,
        )
        return LicenceOrder(answer.is_change, answer.subject, answer.text)
