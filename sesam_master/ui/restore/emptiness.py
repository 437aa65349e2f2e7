"""What stands in place of the savesets of a task while there is none to choose from."""

from sesam_master.ui.restore.presenter import RestorePresenter
from sesam_master.ui.widgets.empty_state import EmptyContent

ICON = "rotate-ccw"


def savesets_emptiness(presenter: RestorePresenter) -> EmptyContent | None:
    """None: there are savesets."""
    place, task, name = presenter.place, presenter.task, presenter.location
    if not task:
        return EmptyContent(
            ICON,
            "Choose a task",
            "Its savesets are listed here, and stand on a line of moments above.",
        )
    if presenter.in_period():
        return None
    if presenter.savesets and presenter.next_token:
        return EmptyContent(ICON, f"Asking {name} for older savesets of {task}", "")
    if presenter.savesets:
        return EmptyContent(
            ICON,
            f"No savesets of {task} in this period",
            "Choose other days, or leave the fields empty.",
        )
    if presenter.is_loaded:
        return EmptyContent(
            ICON,
            f"No savesets of {task} at {name}",
            "A saveset is there when a backup of the task has ended.",
        )
    if place is None or not place.is_live:
        return EmptyContent(
            ICON,
            f"The savesets of {task} are not known",
            f"{name} is dark. They are listed as soon as it answers.",
        )
    return EmptyContent(ICON, f"Asking {name} for the savesets of {task}", "")
