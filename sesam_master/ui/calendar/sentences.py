"""What the page says of the sheet as a whole: its scope, what is missing, why it is empty."""

from collections.abc import Mapping

from sesam_master.core.calendar import CalendarView
from sesam_master.core.calendar_filter import CalendarFilter
from sesam_master.core.sheet import RowKind
from sesam_master.core.states import WORDS
from sesam_master.ui.formatting import day_text, number_text
from sesam_master.ui.widgets.empty_state import EmptyAction, EmptyContent

NAMED = 4  # more are counted


def page_sentence(
    view: CalendarView, asking: int, reasons: Mapping[str, str], names: Mapping[str, str]
) -> str:
    """How many rows of how many, and whose days are not known."""
    shown, total = len(view.rows), view.total
    rows = f"{number_text(total)} {'row' if total == 1 else 'rows'}"
    sentence = rows if shown == total else f"{number_text(shown)} of {rows}"
    if asking:
        answered = len(view.places) - asking
        noun = "location" if len(view.places) == 1 else "locations"
        return f"{sentence}, asking {len(view.places)} {noun}, {max(0, answered)} answered"
    scope = {place.location_id for place in view.places}
    dark = [f"{names.get(k, k)} ({reason})" for k, reason in reasons.items() if k in scope]
    if dark:
        rest = f" and {len(dark) - NAMED} more" if len(dark) > NAMED else ""
        sentence += f". Not known: {', '.join(dark[:NAMED])}{rest}"
    return sentence


def filter_chips(chosen: CalendarFilter, names: Mapping[str, str]) -> dict[str, str]:
    """The parts of the filter that the bar has no button for, in words."""
    chips = {}
    if chosen.locations:
        chips["locations"] = _listed("Location", [names.get(k, k) for k in chosen.locations])
    if chosen.clients:
        chips["clients"] = _listed("Client", list(chosen.clients))
    if chosen.tasks:
        tasks = [f"{task} at {names.get(at, at)}" for at, task in chosen.tasks]
        chips["tasks"] = _listed("Task", tasks)
    if chosen.kinds:
        chips["kinds"] = _listed("Kind", [kind.value for kind in chosen.kinds])
    if chosen.since is not None:
        chips["since"] = f"State since {day_text(chosen.since)}"
    return chips


def empty_content(
    view: CalendarView, chosen: CalendarFilter, names: Mapping[str, str], title: str, asking: int
) -> EmptyContent | None:
    """What stands in place of the sheet; None while there is something to see or to wait for."""
    if view.rows or asking:
        return None
    if not names:
        return EmptyContent(
            "calendar-days",
            "No locations yet",
            "The calendar shows the tasks of the locations that this desk knows. Add one under "
            "Remote server.",
        )
    if view.total:
        return EmptyContent(
            "list-filter",
            f"No row in {title} passes the filter",
            f"{number_text(view.total)} rows are hidden by it.",
            tuple(_removals(chosen, names)),
        )
    if not any(place.sheet for place in view.places):
        return None  # the heads say why nothing is known
    return EmptyContent(
        "calendar-days",
        "No tasks to show",
        "No location in scope has a task that ran or is planned. A task appears here once an event "
        "plans it or somebody starts it.",
        tuple(_removals(chosen, names)),
    )


def nothing_planned(view: CalendarView) -> str:
    """A sentence for a whole sheet without any plan ahead but NEWDAY; else empty."""
    today = view.span.place(view.today)
    if today is None or not view.rows or any(not place.is_live for place in view.places):
        return ""
    if len(view.rows) < view.total:
        return ""  # what the filter hides may be planned
    if any(any(row.planned[today:]) for row in view.rows if row.row.kind is not RowKind.NEWDAY):
        return ""
    return (
        f"No backup is planned from {day_text(view.today)} on. Plan one under Configuration, "
        "Scheduling."
    )


def _removals(chosen: CalendarFilter, names: Mapping[str, str]) -> list[EmptyAction]:
    parts = filter_chips(chosen, names)
    if chosen.states:
        words = [WORDS[state] for state in sorted(chosen.states)]
        parts["states"] = _listed("State", words)
    if chosen.only_problems:
        parts["only_problems"] = "Only problems"
    if chosen.text:
        parts["text"] = f"“{chosen.text}”"
    return [EmptyAction(part, text, "x") for part, text in parts.items()]


def _listed(noun: str, values: list[str]) -> str:
    values = sorted(values)
    if len(values) > 2:
        return f"{noun}: {len(values)} chosen"
    return f"{noun}: {', '.join(values)}"
