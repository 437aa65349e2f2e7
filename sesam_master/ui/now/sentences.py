"""Sentences of the page: what it covers, and what it says when there is nothing."""

from collections.abc import Sequence

from sesam_master.core.coming import ComingRow
from sesam_master.core.coverage import Coverage
from sesam_master.core.fleet import LocationState
from sesam_master.core.states import CONNECTION_WORDS, JobState
from sesam_master.ui.formatting import number_text
from sesam_master.ui.now.presenter import NowSums
from sesam_master.ui.widgets.coverage_pill import coverage_words
from sesam_master.ui.widgets.empty_state import EmptyAction, EmptyContent

NAMED = 3


def page_sentence(missing: Sequence[LocationState], where: str) -> str:
    """What is in the list, and whose work is not known."""
    if where:
        what = f"Everything that runs or waits at {where}"
    else:
        what = "Everything that runs or waits, at all locations"
    if not missing:
        return what
    return f"{what}. Not known: {named(missing)}"


def named(places: Sequence[LocationState]) -> str:
    """Sevilla is broken, Perth is off and 2 more."""
    words = [
        f"{place.registration.name} is {CONNECTION_WORDS[place.shown_connection].lower()}"
        for place in places[:NAMED]
    ]
    rest = len(places) - NAMED
    return ", ".join(words) + (f" and {rest} more" if rest > 0 else "")


def empty_content(
    sums: NowSums, where: str, missing: Sequence[LocationState]
) -> EmptyContent | None:
    """Nothing runs or waits: who says so, and what to look at instead."""
    if not sums.coverage.total:
        return EmptyContent("timer", "No locations yet", "What runs at them will stand here.")
    at = where or "any location"
    if not sums.coverage.covered:
        return EmptyContent(
            "timer",
            f"What runs at {at} is not known",
            f"Nobody proves it now: {named(missing)}.",
        )
    words = coverage_words(sums.coverage)
    reason = f"{words} say so." if sums.coverage.total > 1 else "The location says so."
    if missing:
        reason += f" Not known: {named(missing)}."
    actions = [EmptyAction("calendar", "Show the calendar", "calendar-days")]
    if where:
        actions.insert(0, EmptyAction("scope", "Show all locations", "layers"))
    return EmptyContent("timer", f"Nothing runs or waits at {at}", reason, tuple(actions))


def coming_about(rows: Sequence[ComingRow], coverage: Coverage, asking: int) -> str:
    """31 starts at 19 of 23 locations."""
    if asking and not coverage.covered:
        return "Asking the locations"
    number = sum(len(row.starts) for row in rows) - _unknown(rows)
    noun = "start" if number == 1 else "starts"
    return f"{number_text(number)} {noun} at {coverage_words(coverage)}"


def coming_note(rows: Sequence[ComingRow], coverage: Coverage, asking: int) -> str:
    """What more there may be, or why the list is empty."""
    if unknown := _unknown(rows):
        return f"{number_text(unknown)} more unknown"
    if rows or (asking and not coverage.covered):
        return ""
    if not coverage.covered:
        return "No location answers."
    return "Nothing is planned." if coverage.is_complete else "Nothing is planned there."


def _unknown(rows: Sequence[ComingRow]) -> int:
    return sum(start.state is JobState.UNKNOWN for row in rows for start in row.starts)
