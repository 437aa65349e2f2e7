"""What can be done with the head of a group."""

from collections.abc import Callable

from sesam_master.core.records import Job
from sesam_master.ui.acts.restarting import to_restart
from sesam_master.ui.results.actions import Offer
from sesam_master.ui.results.groups import GroupBoard
from sesam_master.ui.results.rows import GroupRow
from sesam_master.ui.widgets.column import HeadKind


def group_offers(
    row: GroupRow,
    board: GroupBoard,
    turn: Callable[[GroupRow], None],
    restart: Callable[[list[Job]], None],
) -> list[Offer]:
    """Open or close it, let more of it in, restart what failed of what is loaded in it."""
    if row.is_end:
        if row.head.kind is not HeadKind.LINK:
            return []
        return [Offer("more", "Show more", "chevron-down", None, lambda: turn(row))]
    inside = board.open.get(row.group)
    if inside is None:
        opening = Offer("open", "Open group", "chevron-right", None, lambda: turn(row))
        reason = "Open the group first: its results are not here yet."
        return [opening, Offer("restart", "Restart what failed in it", "rotate-cw", reason, _none)]
    failed = to_restart(inside.merge.merged(inside.limit).items)
    text = f"Restart {len(failed)} that failed in it" if failed else "Restart what failed in it"
    hindrance = None if failed else "Nothing that is loaded in it has failed."
    return [
        Offer("close", "Close group", "chevron-down", None, lambda: turn(row)),
        Offer("restart", text, "rotate-cw", hindrance, lambda: restart(failed)),
    ]


def _none() -> None:
    """An offer that cannot be done does nothing."""
