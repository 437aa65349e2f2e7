"""The licence of a location in words: what `sm_licence show` and `sm_info c` print."""

from datetime import datetime, tzinfo

from sesam_api.licence_records import Licence, LicenceTerms

_VERDICTS = {
    "trial": "ok",
    "valid": "ok",
    "over_limit": "ok, limit exceeded",
    "ending": "ok, ends soon",
    "expired": "expired",
    "invalid": "not valid",
}
_FAULTS = {
    "file": "the file cannot be used: {here}",
    "key": "signed with the key {licensed}, which is not trusted here",
    "signature": "altered: the signature does not match the text",
    "server_name": "for the server {licensed}, this one is {here}",
    "addresses": "for the address {licensed}, this server has {here}",
    "valid_from": "begins on {licensed}, here it is {here}",
    "valid_until": "ended with {licensed}, here it is {here}",
}
_TERABYTE = 10**12
_LABEL = 18  # characters in front of the colon


def report(licence: Licence, zone: tzinfo) -> list[str]:
    """The lines of `sm_info c`, with the labels of the original; more of them below."""
    terms = licence.terms
    shown = [("License", _VERDICTS.get(licence.state, licence.state))]
    shown += [("Fault", _fault(f.field, f.licensed, f.here)) for f in licence.faults]
    shown.append(("Edition", "Trial" if terms is None else terms.edition))
    if terms is not None:
        shown += [
            ("Customer", terms.customer),
            ("Customer No.", terms.customer_number),
            ("License No.", terms.number),
            ("Issued", _moment(terms.issue_time, zone)),
            ("Service Modality", terms.modality),
        ]
    shown += _times(licence, zone)
    shown += [
        ("Server name", licence.server_name),
        ("IP address", ", ".join(licence.addresses)),
        ("Platform", licence.platform),
        ("Backup", "on" if licence.may_back_up else "off"),
        ("Restore", "on"),
        ("Modules", "all" if terms is None else ", ".join(terms.modules) or "all"),
    ]
    return [_line(label, value) for label, value in shown] + _use(licence, terms)


def _times(licence: Licence, zone: tzinfo) -> list[tuple[str, str]]:
    installed = f"{licence.install_time.astimezone(zone):%Y%m%d%H%M}"
    shown = [("Time", f"Date of Installation {installed} lasting {_lasting(licence)}")]
    if licence.end_time is not None:
        days = f", {licence.days_left} days left" if licence.days_left is not None else ""
        shown.append(("", f"Ends {_moment(licence.end_time, zone)}{days}"))
    if licence.grace_end_time is not None:
        shown.append(("", f"Backups go on until {_moment(licence.grace_end_time, zone)}"))
    if licence.terms is not None:
        until = licence.terms.maintenance_until or "unlimited"
        shown.append(("", f"Maintenance expiration date {until}"))
    if licence.is_clock_set_back:
        shown.append(("", "The clock was set back; what it showed before is what counts"))
    return shown


def _lasting(licence: Licence) -> str:
    if licence.end_time is None:
        return "unlimited days"
    return f"{(licence.end_time - licence.install_time).days} days"


def _use(licence: Licence, terms: LicenceTerms | None) -> list[str]:
    clients = terms.clients if terms is not None else None
    volume = terms.volume_size if terms is not None else None
    most = f"{volume / _TERABYTE:g} TB" if volume is not None else "unlimited TB"
    return [
        "Client Based License:",
        f"  {licence.used_clients} of {clients if clients is not None else 'unlimited'} Clients",
        "Volume Based License:",
        f"  {licence.used_volume_size / _TERABYTE:.3f} TB of {most} FrontSide",
    ]


def _fault(field: str, licensed: str, here: str) -> str:
    return _FAULTS.get(field, f"{field}: {{licensed}}, {{here}}").format(
        licensed=licensed, here=here
    )


def _line(label: str, value: str) -> str:
    return f"{label:<{_LABEL}}: {value}".rstrip()


def _moment(moment: datetime, zone: tzinfo) -> str:
    return f"{moment.astimezone(zone):%Y-%m-%d %H:%M:%S}"
