"""What is said of licences. Pure text, no Qt."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, tzinfo

from sesam_master.core.fleet import LocationState
from sesam_master.core.licence import Fault, Licence, LicenceState
from sesam_master.core.states import CONNECTION_WORDS
from sesam_master.ui.formatting import day_text, far_moment_text, number_text, size_text

VERDICTS = {
    LicenceState.TRIAL: "Trial",
    LicenceState.VALID: "Valid",
    LicenceState.OVER_LIMIT: "Over limit",
    LicenceState.ENDING: "Ends soon",
    LicenceState.EXPIRED: "Ended",
    LicenceState.INVALID: "Not valid",
    LicenceState.UNKNOWN: "Unknown",
}
NO_LIMIT = "unlimited"
_FAULTS = {
    "file": "The file cannot be used: {here}",
    "key": "It is signed with the key {licensed}, which is not trusted there",
    "signature": "It was altered: its signature does not match what it says",
    "server_name": "It is for the server {licensed}, and this one is {here}",
    "addresses": "It is for the address {licensed}, and this server has {here}",
    "valid_from": "It begins on {licensed}, and there it is {here}",
    "valid_until": "It ended with {licensed}, and there it is {here}",
}
_SHORT_FAULTS = {
    "file": "The file cannot be used",
    "key": "Signed with a key that is not trusted",
    "signature": "Altered",
    "server_name": "Server name is not the licensed one",
    "addresses": "Address is not the licensed one",
    "valid_from": "Not valid yet",
}
_RESTORES = "Restores go on."


@dataclass(frozen=True, slots=True)
class Verdict:
    """A headline and what follows. `is_urgent`: somebody has to do something."""

    title: str
    sentence: str
    is_urgent: bool = False


def verdict_of(licence: Licence, zone: tzinfo, now: datetime) -> Verdict:
    """What a person has to know first. `zone` is that of the site."""
    parts, title = _verdict(licence, zone, now)
    if licence.faults and licence.state is not LicenceState.EXPIRED:
        parts = [*fault_sentences(licence.faults), *parts]
    if licence.is_clock_set_back:
        parts.append("Its clock was set back; what it showed before is what counts.")
    calm = (LicenceState.TRIAL, LicenceState.VALID)
    is_urgent = licence.state not in calm or bool(licence.faults)
    return Verdict(title, " ".join(parts), is_urgent)


def _verdict(licence: Licence, zone: tzinfo, now: datetime) -> tuple[list[str], str]:
    what = "Trial" if licence.is_trial else "Licence"
    end = site_moment(licence.end_time, zone, now)
    follows = f"From {end} no backup starts. {_RESTORES}"
    match licence.state:
        case LicenceState.TRIAL:
            return [follows], f"Trial, {days_words(licence.days_left)} left"
        case LicenceState.VALID:
            return ([follows] if licence.end_time else ["It has no end."]), "Licence is valid"
        case LicenceState.ENDING:
            return [follows], f"{what}, {days_words(licence.days_left)} left"
        case LicenceState.OVER_LIMIT:
            return [f"{over_words(licence)}. Nothing stops because of that."], "Over the limit"
        case LicenceState.EXPIRED:
            return [f"Since {end} no backup starts. {_RESTORES}"], f"{what} has ended"
        case LicenceState.INVALID if licence.grace_end_time is not None and licence.may_back_up:
            until = site_moment(licence.grace_end_time, zone, now)
            return [f"Backups go on until {until}."], "Licence does not count"
        case LicenceState.INVALID:
            return [f"No backup starts. {_RESTORES}"], "Licence does not count"
    return ["Update this desk to see what its agent says of it."], "Licence is not known"


def fault_sentences(faults: Sequence[Fault]) -> list[str]:
    return [
        _FAULTS.get(fault.field, "{licensed} is licensed, and here it is {here}").format(
            licensed=fault.licensed, here=fault.here
        )
        + "."
        for fault in faults
    ]


def over_words(licence: Licence) -> str:
    """Which limits more is used than; empty if none."""
    terms, words = licence.terms, []
    if terms is None:
        return ""
    if terms.clients is not None and licence.used_clients > terms.clients:
        words.append(f"{number_text(licence.used_clients)} of {number_text(terms.clients)} clients")
    if terms.volume_bytes is not None and licence.used_volume_bytes > terms.volume_bytes:
        over = size_text(licence.used_volume_bytes - terms.volume_bytes)
        words.append(f"{over} over its volume")
    return ", ".join(words)


def remark_of(licence: Licence) -> str:
    """What a row of the sheet has to say beside its columns."""
    for fault in licence.faults:
        if fault.field in _SHORT_FAULTS:
            return _SHORT_FAULTS[fault.field]
    if over := over_words(licence):
        return over
    if licence.is_clock_set_back:
        return "The clock was set back"
    return "Nothing ordered yet" if licence.is_trial else ""


def unknown_words(state: LocationState) -> str:
    """Why a location has no licence to show."""
    name = state.registration.name
    if state.picture is None:
        connection = CONNECTION_WORDS[state.shown_connection].lower()
        return f"{name} was never reached; it is {connection}."
    version = state.picture.identity.version
    return f"The agent of {name} (version {version}) does not say it yet. Update the agent."


def banner_words(ending: Sequence[tuple[str, Licence]], now: datetime, mine: tzinfo) -> str:
    """One line for the top of the desk: which locations, the worst first; empty for none."""
    stopped = [name for name, licence in ending if not licence.may_back_up]
    soon = [(name, licence) for name, licence in ending if licence.may_back_up]
    parts = []
    if stopped:
        parts.append(f"No backup starts at {_names(stopped)}: the licence or trial is over.")
    if len(soon) == 1:
        name, licence = soon[0]
        end = licence.grace_end_time or licence.end_time
        what = "trial" if licence.is_trial else "licence"
        parts.append(
            f"The {what} of {name} ends in {days_words(licence.days_left)}: from "
            f"{far_moment_text(end, mine, now.year)} no backup starts there."
            if licence.state is LicenceState.ENDING
            else f"The licence of {name} does not count: backups go on until "
            f"{far_moment_text(end, mine, now.year)}."
        )
    elif soon:
        parts.append(f"Licences end within days at {_names([name for name, _ in soon])}.")
    return " ".join(parts)


def days_words(days: int | None) -> str:
    if days is None:
        return "an unknown number of days"
    return "1 day" if days == 1 else f"{days} days"


def site_moment(moment: datetime | None, zone: tzinfo, now: datetime) -> str:
    if moment is None:
        return "an unknown day"
    return f"{far_moment_text(moment, zone, now.astimezone(zone).year)} site time"


def end_day(licence: Licence, zone: tzinfo) -> str:
    """The last day of it, as a column shows it."""
    terms = licence.terms
    if not licence.is_trial and terms is not None:
        return last_day(terms.valid_until)
    return last_day(licence.end_time.astimezone(zone).date()) if licence.end_time else "?"


def last_day(day: date | None) -> str:
    """None is no limit."""
    return f"{day_text(day).partition(' ')[2]} {day.year}" if day is not None else NO_LIMIT


def _names(names: Sequence[str]) -> str:
    """At most three in full."""
    if len(names) <= 3:
        return ", ".join(names)
    return f"{', '.join(names[:2])} and {len(names) - 2} more"
