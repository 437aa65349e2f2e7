"""What people are told of a licence, and what they send to order one."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo

from server_agent.domain.licence import Fault, Licence, LicenceState, Verdict, exceeded
from server_agent.service.location import Location
from server_agent.service.watched import LicenceReport

WHAT_TO_DO = (
    "Install a licence with sm_licence install FILE, or at the desk under Help, License Info. "
    "Restores go on"
)
_FAULTS = {
    "file": "The file cannot be used: {here}",
    "key": "It is signed with the key {licensed}, which is not trusted here",
    "signature": "It was altered: its signature does not match what it says",
    "server_name": "It is for the server {licensed}, and this one is {here}",
    "addresses": "It is for the address {licensed}, and this server has {here}",
    "valid_from": "It begins on {licensed}, and here it is {here}",
    "valid_until": "It ended with {licensed}, and here it is {here}",
}
_UNITS = (("PB", 10**15), ("TB", 10**12), ("GB", 10**9), ("MB", 10**6), ("kB", 10**3))


@dataclass(frozen=True, slots=True)
class LicenceRequest:
    """What is sent to whoever sells licences. `is_change`: the server is another one than the
    licence names (manual, "request for change")."""

    is_change: bool
    subject: str
    text: str


def fault_text(fault: Fault) -> str:
    """A sentence without its full stop."""
    return _FAULTS[fault.field].format(licensed=fault.licensed, here=fault.here)


def notice_text(report: LicenceReport, zone: tzinfo) -> str:
    """A headline, and below it what has to be known."""
    return "\n".join((f"Licence: {_headline(report, zone)}", *_server_lines(report)))


def request_of(report: LicenceReport, location: Location, delivery_note: str) -> LicenceRequest:
    """An order, or a request for change where there is a licence for another server."""
    licence = report.licence
    differing = [f for f in report.verdict.faults if f.field in ("server_name", "addresses")]
    place = f"{location.name}, {location.id}"
    about = [*_server_lines(report), f"Location: {place}"]
    about.append(f"Delivery note: {delivery_note or 'not given'}")
    used = [
        f"Clients: {report.use.clients}",
        f"Volume, front side: {volume_text(report.use.volume_bytes)}",
    ]
    known = _licence_lines(licence) if licence is not None else ["None: this is a trial"]
    if licence is None or not differing:
        subject = f"Licence for {report.server.name}"
        parts = [["Order of a licence"], about, ["Used now", *used], ["Licence now", *known]]
        return LicenceRequest(False, subject, _joined(parts))
    changed = [f"{_LABELS[f.field]}: {f.licensed} becomes {f.here}" for f in differing]
    subject = f"Request for change: licence {licence.number}, {report.server.name}"
    parts = [["Request for change", *changed], ["Licence now", *known], ["New server", *about]]
    return LicenceRequest(True, subject, _joined([*parts, ["Used now", *used]]))


_LABELS = {"server_name": "Server name", "addresses": "IP addresses"}


def volume_text(size: int) -> str:
    """Three digits, with a unit of the SI."""
    unit, factor = next(((u, f) for u, f in _UNITS if size >= f), ("B", 1))
    return f"{size / factor:.3g} {unit}" if size < 1000 * factor else f"{size // factor} {unit}"


def why_no_backup(verdict: Verdict, zone: tzinfo) -> str:
    """For the end of a sentence, without its full stop."""
    why = ". ".join(map(fault_text, verdict.faults))
    if verdict.is_trial:
        what = f"the trial ended on {_moment(verdict.end_time, zone)}"
        return f"{what}, and the licence that is there does not count. {why}" if why else what
    if verdict.state is LicenceState.EXPIRED:
        return f"the licence ended on {_moment(verdict.end_time, zone)}"
    return f"the licence does not count here. {why}"


def _headline(report: LicenceReport, zone: tzinfo) -> str:
    verdict = report.verdict
    what = "the trial" if verdict.is_trial else "the licence"
    why = ". ".join(map(fault_text, verdict.faults))
    if verdict.state is LicenceState.OVER_LIMIT and report.licence is not None:
        return f"more is used than it allows: {_over(report.licence, report)}. Nothing stops"
    if not verdict.may_back_up:
        return f"no backup starts, since {why_no_backup(verdict, zone)}. {WHAT_TO_DO}"
    if verdict.grace_end_time is not None:
        until = _moment(verdict.grace_end_time, zone)
        return f"it does not count here. {why}. Until {until} backups go on. {WHAT_TO_DO}"
    until = _moment(verdict.end_time, zone)
    if verdict.state is LicenceState.ENDING:
        days = f"{verdict.days_left} {'day' if verdict.days_left == 1 else 'days'}"
        ends = f"{what} ends in {days}, on {until}. From then on no backup starts"
        return f"{ends}. {f'{why}. ' if why else ''}{WHAT_TO_DO}"
    return f"the licence that is there does not count. {why}. The trial goes on until {until}"


def _over(licence: Licence, report: LicenceReport) -> str:
    use, words = report.use, []
    for limit in exceeded(licence, use):
        if limit == "clients":
            words.append(f"{use.clients} clients of {licence.clients}")
        else:
            most = volume_text(licence.volume_bytes or 0)
            words.append(f"{volume_text(use.volume_bytes)} of {most} front side")
    return ", ".join(words)


def _server_lines(report: LicenceReport) -> list[str]:
    server = report.server
    return [
        f"Server name: {server.name}",
        f"IP addresses: {', '.join(server.addresses) or 'none'}",
        f"Platform: {server.platform}",
    ]


def _licence_lines(licence: Licence) -> list[str]:
    return [
        f"Number: {licence.number}",
        f"Customer: {licence.customer}",
        f"Customer number: {licence.customer_number or 'none'}",
        f"Edition: {licence.edition}",
        f"Server name: {licence.server_name}",
        f"IP addresses: {', '.join(licence.addresses) or 'any'}",
        f"Valid until: {licence.valid_until or 'unlimited'}",
        f"Maintenance until: {licence.maintenance_until or 'unlimited'}",
    ]


def _joined(parts: Sequence[Sequence[str]]) -> str:
    return "\n\n".join("\n".join(part) for part in parts) + "\n"


def _moment(moment: datetime | None, zone: tzinfo) -> str:
    return f"{moment.astimezone(zone):%Y-%m-%d %H:%M}" if moment is not None else "a day unknown"
