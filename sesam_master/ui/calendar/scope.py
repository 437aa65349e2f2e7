"""What was chosen in the tree, as the calendar narrows itself to it."""

from sesam_master.core.calendar_filter import CalendarFilter
from sesam_master.ui.actions import Selection

SCOPE_PARTS = ("locations", "clients", "tasks")


def scope_of(selection: Selection) -> CalendarFilter:
    """Nothing chosen takes nothing away."""
    if not selection.location_id:
        return CalendarFilter()
    return CalendarFilter(
        locations=frozenset({selection.location_id}),
        clients=frozenset({selection.client} - {""}),
        tasks=frozenset(selection.tasks),
    )
