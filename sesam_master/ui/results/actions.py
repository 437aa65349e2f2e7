"""What can be done with a result, and why not."""

from collections.abc import Callable
from dataclasses import dataclass

from PySide6.QtWidgets import QMenu, QWidget

from sesam_master.core.fleet import LocationState
from sesam_master.core.records import Job
from sesam_master.core.states import CONNECTION_WORDS
from sesam_master.ui.icons import icon
from sesam_master.ui.results.rows import ResultRow
from sesam_master.ui.theme import ThemeHolder


@dataclass(frozen=True, slots=True)
class Offer:
    """`reason` says why it cannot be done now, None if it can. Main ones are buttons too."""

    key: str
    text: str
    icon: str
    reason: str | None
    run: Callable[[], None]
    is_main: bool = True


def row_offers(
    row: ResultRow,
    place: LocationState | None,
    start: Callable[[str, str], None],
    restore: Callable[[str, str | None, str], None],
    cancel: Callable[[Job], None],
    copy: Callable[[], None],
) -> list[Offer]:
    """What can be done with a row of the results; to cancel only while it is open."""
    job = row.job
    offers = [
        Offer(
            "restart",
            "Start backup",
            "play",
            start_reason(place, job.task),
            lambda: start(job.location_id, job.task),
        ),
        Offer(
            "restore",
            "Restore",
            "rotate-ccw",
            restore_reason(place),
            lambda: restore(job.location_id, job.saveset or None, job.task),
        ),
    ]
    if job.is_open:
        reason = cancel_reason(place, row)
        offers.append(Offer("cancel", "Cancel", "circle-stop", reason, lambda: cancel(job)))
    offers.append(Offer("copy", "Copy rows", "copy", None, copy, is_main=False))
    return offers


def offer_menu(offers: list[Offer], holder: ThemeHolder, parent: QWidget) -> QMenu:
    """A menu that destroys itself when it is closed."""
    menu = QMenu(parent)
    menu.setToolTipsVisible(True)
    menu.aboutToHide.connect(menu.deleteLater)
    for offer in offers:
        action = menu.addAction(icon(offer.icon, holder), offer.text)
        action.setEnabled(offer.reason is None)
        action.setToolTip(offer.reason or "")
        action.triggered.connect(lambda _=False, run=offer.run: run())
    return menu


def start_reason(place: LocationState | None, task: str) -> str | None:
    """Why no backup of this task can be started."""
    reason = _dark_reason(place)
    if reason is not None or place is None:
        return reason
    name = place.registration.name
    if not place.role.may_back_up:
        return f"This desk has the role {place.role.value} at {name}. Ask for the role operator."
    if place.picture is not None and task not in place.picture.tasks:
        return f"There is no task {task} at {name} any more."
    return None


def cancel_reason(place: LocationState | None, row: ResultRow) -> str | None:
    """Why this job cannot be cancelled."""
    reason = _dark_reason(place)
    if reason is not None or place is None:
        return reason
    if not row.job.is_open:
        return "The job has ended."
    may = place.role.may_back_up if not row.job.target else place.role.may_restore
    if not may:
        name = place.registration.name
        return f"This desk has the role {place.role.value} at {name}. Ask for the role operator."
    return None


def restore_reason(place: LocationState | None) -> str | None:
    """Why nothing can be restored there."""
    reason = _dark_reason(place)
    if reason is not None or place is None:
        return reason
    if not place.role.may_restore:
        name = place.registration.name
        return f"This desk has the role {place.role.value} at {name}. Ask for the role restore."
    return None


def _dark_reason(place: LocationState | None) -> str | None:
    if place is None:
        return "The location is not listed any more."
    if not place.is_live:
        word = CONNECTION_WORDS[place.shown_connection].lower()
        return f"{place.registration.name} is {word}; nothing can be sent to it."
    return None
