"""LicenceService, and the licence as it is watched."""

from server_agent.domain import licence as domain
from server_agent.domain.errors import InvalidArgument
from server_agent.domain.licence import LicenceState
from server_agent.domain.licence_text import LARGEST_FILE
from server_agent.domain.quoting import printable, shortened
from server_agent.rpc import convert
from server_agent.rpc.guard import Call
from server_agent.rpc.workers import Workers
from server_agent.service.licence_texts import request_of
from server_agent.service.licensing import Licensing
from server_agent.service.location import Location
from server_agent.service.watched import LicenceReport
from sesam_api.v1 import licence_pb2 as pb

LONGEST_NOTE = 100  # characters
_STATES = {
    LicenceState.TRIAL: pb.LICENCE_STATE_TRIAL,
    LicenceState.VALID: pb.LICENCE_STATE_VALID,
    LicenceState.OVER_LIMIT: pb.LICENCE_STATE_OVER_LIMIT,
    LicenceState.ENDING: pb.LICENCE_STATE_ENDING,
    LicenceState.EXPIRED: pb.LICENCE_STATE_EXPIRED,
    LicenceState.INVALID: pb.LICENCE_STATE_INVALID,
}


class LicenceServicer:
    def __init__(self, licensing: Licensing, location: Location, workers: Workers) -> None:
        self._licensing = licensing
        self._location = location
        self._workers = workers

    async def GetLicence(
        self, _message: pb.GetLicenceRequest, _call: Call
    ) -> pb.GetLicenceResponse:
        report = await self._workers.write(self._licensing.look)
        return pb.GetLicenceResponse(licence=licence_to_wire(report))

    async def InstallLicence(
        self, message: pb.InstallLicenceRequest, call: Call
    ) -> pb.InstallLicenceResponse:
        if len(message.content) > LARGEST_FILE:
            raise InvalidArgument(
                field="content",
                value=f"{len(message.content)} bytes",
                expected=f"a licence file, at most {LARGEST_FILE} bytes",
            )
        done = await self._workers.write(self._licensing.install, call.request, message.content)
        return pb.InstallLicenceResponse(licence=licence_to_wire(done.report), kept_as=done.kept)

    async def GetLicenceOrder(
        self, message: pb.GetLicenceOrderRequest, _call: Call
    ) -> pb.GetLicenceOrderResponse:
        note = message.delivery_note
        if len(note) > LONGEST_NOTE or not note.isprintable():
            raise InvalidArgument(
                field="delivery_note",
                value=shortened(printable(note)),
                expected=f"one line of at most {LONGEST_NOTE} characters",
            )
        report = await self._workers.write(self._licensing.look)
        asked = request_of(report, self._location, note)
        return pb.GetLicenceOrderResponse(
            is_change=asked.is_change, subject=asked.subject, text=asked.text
        )


def licence_to_wire(item: LicenceReport) -> pb.Licence:
    verdict, server = item.verdict, item.server
    return pb.Licence(
        state=_STATES[verdict.state],
        is_trial=verdict.is_trial,
        may_back_up=verdict.may_back_up,
        end_time=convert.timestamp_or_none(verdict.end_time),
        days_left=verdict.days_left,
        faults=[
            pb.LicenceFault(field=each.field, licensed=each.licensed, here=each.here)
            for each in verdict.faults
        ],
        terms=_terms(item.licence) if item.licence is not None else None,
        server=pb.LicenceServer(
            name=server.name, addresses=server.addresses, platform=server.platform
        ),
        used_clients=item.use.clients,
        used_volume_bytes=item.use.volume_bytes,
        install_time=convert.timestamp(item.install_time),
        grace_end_time=convert.timestamp_or_none(verdict.grace_end_time),
        is_clock_set_back=item.is_set_back,
    )


def _terms(item: domain.Licence) -> pb.LicenceTerms:
    return pb.LicenceTerms(
        number=item.number,
        customer=item.customer,
        customer_number=item.customer_number,
        edition=item.edition,
        modality=item.modality,
        modules=item.modules,
        issue_time=convert.timestamp(item.issued),
        valid_from=item.valid_from.isoformat() if item.valid_from is not None else "",
        valid_until=item.valid_until.isoformat() if item.valid_until is not None else "",
        maintenance_until=(
            item.maintenance_until.isoformat() if item.maintenance_until is not None else ""
        ),
        server_name=item.server_name,
        addresses=item.addresses,
        clients=item.clients,
        volume_bytes=item.volume_bytes,
    )
