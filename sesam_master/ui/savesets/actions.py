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
    verify_quickly: Callable[[Rows], None]
    prove: Callable[[Rows], None]
    copy: Callable[[Rows], None]
    move: Callable[[Rows], None]
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
        *_checks(many, rows, reason_of(verify_reason), verbs),
        *_migrations(many, rows, reason_of, verbs),
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


def _checks(many: str, rows: Rows, reason: str | None, verbs: SavesetVerbs) -> list[Offer]:
    quick, prove = f"Verify{many} quickly", f"Prove restore{' of' + many if many else ''}"
    return [
        Offer(*("quick", quick, "eye", reason, lambda: verbs.verify_quickly(rows)), is_main=False),
        Offer(*("prove", prove, "badge-check", reason, lambda: verbs.prove(rows)), is_main=False),
    ]


def _migrations(
    many: str,
    rows: Rows,
    reason_of: Callable[[Callable[[LocationState | None], str | None]], str | None],
    verbs: SavesetVerbs,
) -> list[Offer]:
    copied, moved = reason_of(verify_reason), reason_of(change_reason)
    return [
        Offer(
            *("copy_to", f"Copy{many} to pool …", "layers", copied, lambda: verbs.copy(rows)),
            is_main=False,
        ),
        Offer(
            *("move_to", f"Move{many} to pool …", "arrow-right", moved, lambda: verbs.move(rows)),
            is_main=False,
        ),
    ]
