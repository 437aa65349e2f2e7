"""The licence of a location as a record."""

from datetime import date

from sesam_api.v1 import licence_pb2 as pb
from sesam_master.core.licence import Fault, Licence, LicenceState, Terms
from sesam_master.remote import convert

_STATES = {
    pb.LICENCE_STATE_TRIAL: LicenceState.TRIAL,
    pb.LICENCE_STATE_VALID: LicenceState.VALID,
    pb.LICENCE_STATE_OVER_LIMIT: LicenceState.OVER_LIMIT,
    pb.LICENCE_STATE_ENDING: LicenceState.ENDING,
    pb.LICENCE_STATE_EXPIRED: LicenceState.EXPIRED,
    pb.LICENCE_STATE_INVALID: LicenceState.INVALID,
}


def licence(message: pb.Licence) -> Licence:
    has = message.HasField
    return Licence(
        state=_STATES.get(message.state, LicenceState.UNKNOWN),
        is_trial=message.is_trial,
        may_back_up=message.may_back_up,
        end_time=convert.moment(message.end_time) if has("end_time") else None,
        days_left=message.days_left if has("days_left") else None,
        faults=tuple(Fault(each.field, each.licensed, each.here) for each in message.faults),
        terms=_terms(message.terms) if has("terms") else None,
        server_name=message.server.name,
        addresses=tuple(message.server.addresses),
        platform=message.server.platform,
        used_clients=message.used_clients,
        used_volume_bytes=message.used_volume_bytes,
        grace_end_time=convert.moment(message.grace_end_time) if has("grace_end_time") else None,
        is_clock_set_back=message.is_clock_set_back,
    )


def _terms(message: pb.LicenceTerms) -> Terms:
    return Terms(
        number=message.number,
        customer=message.customer,
        customer_number=message.customer_number,
        edition=message.edition,
        modality=message.modality,
        modules=tuple(message.modules),
        issue_time=convert.moment(message.issue_time),
        valid_until=_day(message.valid_until),
        maintenance_until=_day(message.maintenance_until),
        server_name=message.server_name,
        addresses=tuple(message.addresses),
        clients=message.clients if message.HasField("clients") else None,
        volume_bytes=message.volume_bytes if message.HasField("volume_bytes") else None,
    )


def _day(text: str) -> date | None:
    """None is no limit. Raises NotInContract."""
    if not text:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise convert.NotInContract(f"A day of a licence is no day: {text!r}.") from error
