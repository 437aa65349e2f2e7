"""What can be done with savesets, and why not: one table for menu, drawer and keyboard."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from sesam_master.core.fleet import LocationState
from sesam_master.ui.results.actions import Offer, possible, restore_reason
from sesam_master.ui.savesets.hindrances import change_reason, dark_reason, verify_reason
from sesam_master.ui.savesets.rows import SavesetRow

Rows = Sequence[SavesetRow]
KEYS = {"restore": "Ctrl+Return", "verify": "Ctrl+Shift+V", "eol": "F2", "delete": "Del"}


@dataclass(frozen=True, slots=True)
class SavesetVerbs:
    """What the offers call."""

    restore: Callable[[SavesetRow], None]
    verify: Callable[[Rows], None]
    change_eol: Callable[[Rows], None]
    delete: Callable[[Rows], None]
    preview: Callable[[str], None]
    copy_names: Callable[[Rows], None]


def saveset_offers(
    rows: Rows, location: Callable[[str], LocationState | None], verbs: SavesetVerbs
) -> list[Offer]:
    """For the chosen savesets, at least one. What works on several is done where it can be."""
    first, place = rows[0], location(rows[0].saveset.location_id)
    restore = restore_reason(place) if len(rows) == 1 else "Restore works on one saveset at a time."

    def reason_of(why: Callable[[LocationState | None], str | None]) -> str | None:
        return possible(rows, lambda row: why(location(row.saveset.location_id)))[1]

    many = "" if len(rows) == 1 else f" {len(rows)}"
    names = "Copy name" if len(rows) == 1 else f"Copy {len(rows)} names"
    return [
        Offer("restore", "Restore …", "rotate-ccw", restore, lambda: verbs.restore(first)),
        Offer(
            "verify",
            f"Verify{many}",
            "shield-check",
            reason_of(verify_reason),
            lambda: verbs.verify(rows),
        ),
        Offer(
            "eol",
            f"Change EOL{' of' + many if many else ''} …",
            "calendar-clock",
            reason_of(change_reason),
            lambda: verbs.change_eol(rows),
        ),
        Offer(
            "delete",
            f"Delete{many} …",
            "trash-2",
            reason_of(change_reason),
            lambda: verbs.delete(rows),
        ),
        Offer(
            "preview",
            "What will be deleted",
            "list-checks",
            dark_reason(place),
            lambda: verbs.preview(first.saveset.location_id),
            is_main=False,
        ),
        Offer("copy", names, "copy", None, lambda: verbs.copy_names(rows), is_main=False),
    ]
