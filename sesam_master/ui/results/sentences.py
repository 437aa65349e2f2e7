"""What is missing from the results and why there are none, in words."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta, tzinfo

from sesam_master.core.errors import LocationError, Trouble
from sesam_master.core.fleet import LocationState
from sesam_master.core.results_period import ALL_DAYS, Period, PeriodKind, Standing
from sesam_master.core.states import WORDS, Connection
from sesam_master.ui.formatting import MISSING, day_text, number_text, time_text
from sesam_master.ui.results.filters import ResultFilter, Scope
from sesam_master.ui.widgets.empty_state import EmptyAction, EmptyContent

NAMED_LOCATIONS = 5  # more are counted, so that the sentence stays one
PERIOD_NAMES = {
    PeriodKind.TODAY: "Today",
    PeriodKind.YESTERDAY: "Yesterday",
    PeriodKind.WEEK: "Last 7 days",
    PeriodKind.MONTH: "Last 31 days",
}
_SHORT = {
    Trouble.UNREACHABLE: "no connection",
    Trouble.NO_ANSWER: "did not answer in time",
    Trouble.REFUSED: "refused",
    Trouble.OFF: "off",
    Trouble.OBSERVED: "only observed",
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


def period_text(period: Period, today: date) -> str:
    """All; Sun 22 Nov; Sun 15 Nov to Sat 21 Nov; with what it is called in front."""
    name = PERIOD_NAMES.get(period.kind, "")
    first, last = period.span(today)
    if not name:
        return span_text(first, last)
    return f"{name}, {day_text(last)}" if first == last else f"{name}, to {day_text(last)}"


def span_text(first: date | None, last: date | None) -> str:
    """Days of which either may be open to its side."""
    if first is None and last is None:
        return "all"
    if first == last:
        return day_text(first)
    if first is None:
        return f"until {day_text(last)}"
    return f"from {day_text(first)}" if last is None else f"{day_text(first)} to {day_text(last)}"


def standing_text(stands: Standing) -> str:
    """Closed at 17, open at 6: only what there is."""
    words = (("closed at", stands.closed), ("open at", stands.open), ("not begun at", stands.ahead))
    parts = [f"{word} {number_text(number)}" for word, number in words if number]
    if stands.unknown:
        parts.append(f"not known of {number_text(stands.unknown)}")
    return ", ".join(parts) or MISSING


def count_sentence(shown: int, total: int, waiting: int, groups: int | None) -> str:
    """How many results are shown, how many wait because rows may not move while a person reads."""
    results = f"{number_text(max(0, shown))} of {number_text(total)} results"
    if groups is not None:
        heads = "1 group" if groups == 1 else f"{number_text(groups)} groups"
        results = f"{heads} with {results}"
        return f"{results}, changes wait, press F5." if waiting else f"{results}."
    sentence = f"{results} shown"
    return sentence + (f", {number_text(waiting)} new, press F5." if waiting else ".")


def missing_sentence(gaps: Gaps, names: Mapping[str, str], now: datetime, zone: tzinfo) -> str:
    """Whose results are not in the list, or not up to date; empty when nothing is missing."""
    sentence = ""
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
    days: tuple[date | None, date | None],
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
    actions = _removals(chosen, days, names)
    if total and actions:
        filters = "one filter" if len(actions) == 1 else f"{len(actions)} filters"
        reason.append(f"{number_text(total)} results are hidden by {filters}.")
    elif actions and not gaps.dark:
        reason.append("No location has a result under this filter.")
    elif not gaps.dark:
        reason.append("Results appear here as soon as a backup starts.")
    link = None
    if gaps.dark and not chosen.shows_known:
        link = EmptyAction("known", "Show what was known")
    return EmptyContent(
        "list-filter", _headline(chosen, days, names), "\n".join(reason), actions, link
    )


def scope_text(scope: Scope, names: Sequence[str]) -> str:
    """What the tree narrows the results to: Task: home at Hamburg. `names` of its location."""
    location = names[0] if names else "a removed location"
    if scope.task:
        return f"Task: {scope.task} at {location}"
    if scope.client:
        return f"Client: {scope.client} at {location}"
    return f"Location: {location}"


def _headline(
    chosen: ResultFilter, days: tuple[date | None, date | None], names: Sequence[str]
) -> str:
    words = " or ".join(sorted(WORDS[state].lower() for state in chosen.states))
    headline = f"No {words} backups" if words else "No backups"
    if chosen.text:
        headline += f" with “{chosen.text}”"
    if chosen.scope and (chosen.scope.task or chosen.scope.client):
        headline += f" of {chosen.scope.task or chosen.scope.client}"
    if (chosen.locations or chosen.scope) and len(names) <= 3:
        headline += " at " + ", ".join(names)
    if any(days):
        headline += f" {'on ' if days[0] == days[1] else ''}{span_text(*days)}"
    return headline


def _removals(
    chosen: ResultFilter, days: tuple[date | None, date | None], names: Sequence[str]
) -> tuple[EmptyAction, ...]:
    actions = []
    if chosen.scope:
        actions.append(EmptyAction("scope", f"Remove  {scope_text(chosen.scope, names)}", "x"))
    if chosen.locations:
        what = names[0] if len(names) == 1 else f"{len(chosen.locations)} locations"
        actions.append(EmptyAction("locations", f"Remove  Location: {what}", "x"))
    if chosen.states:
        states = ", ".join(sorted(WORDS[state] for state in chosen.states))
        actions.append(EmptyAction("states", f"Remove  State: {states}", "x"))
    if chosen.period != ALL_DAYS:
        actions.append(EmptyAction("period", f"Remove  Sesam day: {span_text(*days)}", "x"))
    if chosen.text:
        actions.append(EmptyAction("text", f"Remove  Text: {chosen.text}", "x"))
    return tuple(actions)
