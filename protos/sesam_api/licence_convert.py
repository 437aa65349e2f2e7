"""Messages about the licence into records."""

from sesam_api import convert
from sesam_api.licence_records import Licence, LicenceFault, LicenceTerms
from sesam_api.v1 import licence_pb2, location_pb2


def change(message: location_pb2.Change) -> Licence | None:
    """What is to be said of the licence now, None for any other object."""
    return licence(message.licence) if message.HasField("licence") else None


def licence(message: licence_pb2.Licence) -> Licence:
    has = message.HasField
    return Licence(
        state=convert.word(licence_pb2.LicenceState.DESCRIPTOR, message.state),
        is_trial=message.is_trial,
        may_back_up=message.may_back_up,
        end_time=convert.moment(message.end_time) if has("end_time") else None,
        days_left=message.days_left if has("days_left") else None,
        faults=tuple(LicenceFault(f.field, f.licensed, f.here) for f in message.faults),
        terms=_terms(message.terms) if has("terms") else None,
        server_name=message.server.name,
        addresses=tuple(message.server.addresses),
        platform=message.server.platform,
        used_clients=message.used_clients,
        used_volume_size=message.used_volume_bytes,
        install_time=convert.moment(message.install_time),
        grace_end_time=convert.moment(message.grace_end_time) if has("grace_end_time") else None,
        is_clock_set_back=message.is_clock_set_back,
    )


def _terms(message: licence_pb2.LicenceTerms) -> LicenceTerms:
    return LicenceTerms(
        number=message.number,
        customer=message.customer,
        customer_number=message.customer_number,
        edition=message.edition,
        modality=message.modality,
        modules=tuple(message.modules),
        issue_time=convert.moment(message.issue_time),
        valid_from=message.valid_from,
        valid_until=message.valid_until,
        maintenance_until=message.maintenance_until,
        server_name=message.server_name,
        addresses=tuple(message.addresses),
        clients=message.clients if message.HasField("clients") else None,
        volume_size=message.volume_bytes if message.HasField("volume_bytes") else None,
    )
