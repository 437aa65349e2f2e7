"""What can be asked of the licence of a location, and done with it."""

from sesam_api import licence_convert
from sesam_api.licence_records import Licence, LicenceOrder
from sesam_api.plan_calls import change_of
from sesam_api.records import Identity
from sesam_api.v1 import licence_pb2
from sesam_api.v1.licence_pb2_grpc import LicenceServiceStub
from sesam_api.wire import Wire


class LicenceCalls:
    """The part of a `Location` that knows its licence."""

    identity: Identity

    def __init__(self, wire: Wire) -> None:
        self._wire = wire
        self._licences = LicenceServiceStub(wire.channel)

    def licence(self) -> Licence:
        """As it is now."""
        answer = self._wire.call(self._licences.GetLicence, licence_pb2.GetLicenceRequest())
        return licence_convert.licence(answer.licence)

    def install_licence(self, content: bytes) -> tuple[Licence, str]:
        """Puts a licence file in place, if it counts at the location. Returns what follows, and the
        name under which the one before is kept there ("": there was none)."""
        request = licence_pb2.InstallLicenceRequest(**change_of(self.identity), content=content)
        answer = self._wire.call(self._licences.InstallLicence, request)
        return licence_convert.licence(answer.licence), answer.kept_as

    def licence_order(self, delivery_note: str = "") -> LicenceOrder:
        """The text with which a licence is ordered."""
        request = licence_pb2.GetLicenceOrderRequest(delivery_note=delivery_note)
        answer = self._wire.call(self._licences.GetLicenceOrder, request)
        return LicenceOrder(answer.is_change, answer.subject, answer.text)
