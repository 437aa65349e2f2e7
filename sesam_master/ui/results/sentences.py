"""What is missing from the results and why there are none, in words."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo

from sesam_master.core.errors import LocationError, Trouble
from sesam_master.core.fleet import LocationState
from sesam_master.core.states import WORDS, Connection
from sesam_master.ui.formatting import day_text, number_text, time_text
from sesam_master.ui.results.filters import ResultFilter, Scope
from sesam_master.ui.results.rows import sesam_date
from sesam_master.ui.widgets.empty_state import EmptyAction, EmptyContent

NAMED_LOCATIONS = 5  # more are counted, so that the sentence stays one
_SHORT = {
    Trouble.UNREACHABLE: "no connection",
    Trouble.NO_ANSWER: "did not answer in time",
    Trouble.REFUSED: "refused",
    Trouble.OFF: "off",
}


@dataclass(frozen=True, slots=True)
class Gaps:
    """Locations in scope whose results are not all here: `dark` prove nothing and have no rows,
    `aged` prove nothing any more but their rows stand, `failed` (id to the reason) did not answer
    this question, `asking` have not answered yet."""

    dark: tuple[LocationState, ...]
    aged: tuple[LocationState, ...]
    failed: Mapping[str, str]
    asking: int


def when_text(moment: datetime | None, now: datetime, zone: tzinfo) -> str:
    """The clock time today, else the day."""
    if moment is None:
        return "never"
    is_today = moment.astimezone(zone).date() == now.astimezone(zone).date()
    if is_today or now - moment < timedelta(hours=12):
        return time_text(moment, zone)
    return day_text(moment.astimezone(zone).date())


def why_dark(location: LocationState, now: datetime, zone: tzinfo) -> str:
    """Broken since 06:39, as of 08:27, off."""
    if location.connection is Connection.OFF:
        return "off"
    if location.connection is Connection.BROKEN and location.trouble is not None:
        return f"broken since {when_text(location.trouble.since, now, zone)}"
    if location.proof_time is None:
        return "never connected"
    return f"as of {when_text(location.proof_time, now, zone)}"


def missing_sentence(
    shown: int,
    total: int,
    waiting: int,
    gaps: Gaps,
    names: Mapping[str, str],
    now: datetime,
    zone: tzinfo,
) -> str:
    """How many results are shown, how many wait because rows may not move while a person reads,
    and whose are not in the list."""
    sentence = f"{number_text(max(0, shown))} of {number_text(total)} results shown"
    sentence += f", {number_text(waiting)} new, press F5." if waiting else "."
    missing = [f"{place.registration.name} ({why_dark(place, now, zone)})" for place in gaps.dark]
    missing += [f"{names.get(key, key)} ({reason})" for key, reason in gaps.failed.items()]
    if missing:
        sentence += f"  Not in this list: {_listed(missing)}."
    if gaps.aged:
        aged = [f"{place.registration.name} ({why_dark(place, now, zone)})" for place in gaps.aged]
        sentence += f"  Not up to date: {_listed(aged)}."
    if gaps.asking:
        sentence += f"  {gaps.asking} still asked."
    return sentence


def short_reason(error: Exception) -> str:
    """Why a location did not answer, in a few words for a list of locations."""
    if not isinstance(error, LocationError):
        return "failed at this desk"
    return _SHORT.get(error.trouble, error.reason.lower().replace("_", " ") or "failed")


def _listed(words: Sequence[str]) -> str:
    rest = len(words) - NAMED_LOCATIONS
    more = f" and {rest} more" if rest > 0 else ""
    return ", ".join(words[:NAMED_LOCATIONS]) + more


def empty_content(
    chosen: ResultFilter,
    total: int,
    gaps: Gaps,
    places: Sequence[LocationState],
    when: datetime,
    zone: tzinfo,
) -> EmptyContent:
    """What is not there, why, and the filters as buttons that remove them."""
    if not places and not chosen.locations and not chosen.scope:
        return EmptyContent("activity", "No locations yet", "Add a location under Remote server.")
    names = [place.registration.name for place in places]
    reason = [
        f"{place.registration.name}: {why_dark(place, when, zone)}. What ran there since is not "
        "known to this desk."
        for place in gaps.dark[:2]
    ]
    actions = _removals(chosen, names)
    if total and actions:
        filters = "one filter" if len(actions) == 1 else f"{len(actions)} filters"
        reason.append(f"{number_text(total)} results are hidden by {filters}.")
    elif not gaps.dark:
        reason.append("Results appear here as soon as a backup starts.")
    link = None
    if gaps.dark and not chosen.shows_known:
        link = EmptyAction("known", "Show what was known")
    return EmptyContent("list-filter", _headline(chosen, names), "\n".join(reason), actions, link)


def scope_words(places: Sequence[LocationState], chosen: ResultFilter) -> str:
    """Whose results they are, beside the title: Boulder, Hamburg."""
    if chosen.scope is None and not chosen.locations:
        return "All locations"
    names = [place.registration.name for place in places]
    return ", ".join(names) if len(names) <= 3 else f"{len(names)} locations"


def scope_text(scope: Scope, names: Sequence[str]) -> str:
    """What the tree narrows the results to: Task: home at Hamburg. `names` of its location."""
    location = names[0] if names else "a removed location"
    if scope.task:
        return f"Task: {scope.task} at {location}"
    if scope.client:
        return f"Client: {scope.client} at {location}"
    return f"Location: {location}"


def _headline(chosen: ResultFilter, names: Sequence[str]) -> str:
    words = " or ".join(sorted(WORDS[state].lower() for state in chosen.states))
    headline = f"No {words} backups" if words else "No backups"
    if chosen.text:
        headline += f" with “{chosen.text}”"
    if chosen.scope and (chosen.scope.task or chosen.scope.client):
        headline += f" of {chosen.scope.task or chosen.scope.client}"
    if (chosen.locations or chosen.scope) and len(names) <= 3:
        headline += " at " + ", ".join(names)
    if chosen.day:
        headline += f" on {day_text(sesam_date(chosen.day))}"
    return headline


def _removals(chosen: ResultFilter, names: Sequence[str]) -> tuple[EmptyAction, ...]:
    actions = []
    if chosen.scope:
        actions.append(EmptyAction("scope", f"Remove  {scope_text(chosen.scope, names)}", "x"))
    if chosen.locations:
        what = names[0] if len(names) == 1 else f"{len(chosen.locations)} locations"
        actions.append(EmptyAction("locations", f"Remove  Location: {what}", "x"))
    if chosen.states:
        states = ", ".join(sorted(WORDS[state] for state in chosen.states))
        actions.append(EmptyAction("states", f"Remove  State: {states}", "x"))
    if chosen.day:
        day = day_text(sesam_date(chosen.day))
        actions.append(EmptyAction("day", f"Remove  Sesam day: {day}", "x"))
    if chosen.text:
        actions.append(EmptyAction("text", f"Remove  Text: {chosen.text}", "x"))
    return tuple(actions)
