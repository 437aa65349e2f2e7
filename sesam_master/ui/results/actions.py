"""What can be done with a result, and why not."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial
from typing import TypeVar

from PySide6.QtWidgets import QMenu, QWidget

from sesam_master.core.fleet import LocationState
from sesam_master.core.records import Job, JobKind, Role
from sesam_master.core.states import CONNECTION_WORDS, JobState
from sesam_master.ui.icons import icon
from sesam_master.ui.observing import observe_reason
from sesam_master.ui.results.rows import ResultRow
from sesam_master.ui.theme import ThemeHolder

Item = TypeVar("Item")
RESTARTABLE = frozenset({JobState.ERROR, JobState.BROKEN, JobState.CANCELLED})
# What a person starts for a saveset is started there again.
NOT_RESTARTED = (JobKind.VERIFY, JobKind.RESTORE_PROOF, JobKind.MIGRATION)


@dataclass(frozen=True, slots=True)
class Offer:
    """`reason` says why it cannot be done now, None if it can. Main ones are buttons too."""

    key: str
    text: str
    icon: str
    reason: str | None
    run: Callable[[], None]
    is_main: bool = True


@dataclass(frozen=True, slots=True)
class RowVerbs:
    """What the offers call: `start` with location id and task, `restore` with location id, saveset
    and task."""

    start: Callable[[str, str], None]
    restore: Callable[[str, str | None, str], None]
    cancel: Callable[[Job], None]
    restart: Callable[[Job], None]
    copy: Callable[[], None]


def possible(
    items: Iterable[Item], reason_of: Callable[[Item], str | None]
) -> tuple[list[Item], str | None]:
    """What can be done of several: one is enough, the others say why they were not. Else why it
    cannot be done with the first; None where there is none."""
    reasons = [(item, reason_of(item)) for item in items]
    able = [item for item, reason in reasons if reason is None]
    return able, None if able or not reasons else reasons[0][1]


def row_offers(row: ResultRow, place: LocationState | None, verbs: RowVerbs) -> list[Offer]:
    """What can be done with a row of the results; to cancel only while it is open, to restart only
    what failed."""
    job = row.job
    reason = start_reason(place, job.task)
    if row.state in RESTARTABLE and job.kind not in NOT_RESTARTED:
        first = Offer("restart", "Restart", "rotate-cw", reason, lambda: verbs.restart(job))
    else:
        start = partial(verbs.start, job.location_id, job.task)
        first = Offer("start", "Start backup", "play", reason, start)
    restore = partial(verbs.restore, job.location_id, job.saveset or None, job.task)
    offers = [first, Offer("restore", "Restore", "rotate-ccw", restore_reason(place), restore)]
    if not job.task or job.kind is JobKind.UNKNOWN:  # a command or NEWDAY has no task
        offers = []
    if job.is_open:
        reason = cancel_reason(place, job)
        offers.append(Offer("cancel", "Cancel", "circle-stop", reason, lambda: verbs.cancel(job)))
    offers.append(Offer("copy", "Copy rows", "copy", None, verbs.copy, is_main=False))
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


def cancel_reason(place: LocationState | None, job: Job) -> str | None:
    """Why this job cannot be cancelled, as its agent would say."""
    if place is not None and place.is_live and not job.is_open:
        return "The job has ended."
    return cancel_kind_reason(place, job.kind)


def cancel_kind_reason(place: LocationState | None, kind: JobKind) -> str | None:
    """Why no job of this kind can be cancelled, nor a start of it taken back."""
    reason = _dark_reason(place)
    if reason is not None or place is None:
        return reason
    allowed = {
        JobKind.BACKUP: place.role.may_back_up,
        JobKind.RESTORE: place.role.may_restore,
        JobKind.COMMAND: place.role in (Role.ADMIN, Role.OPERATOR),
        JobKind.NEWDAY: place.role is Role.ADMIN,
        JobKind.VERIFY: place.role.may_verify,
        JobKind.RESTORE_PROOF: place.role.may_verify,
        JobKind.MIGRATION: place.role.may_verify,
        JobKind.UNKNOWN: place.role in (Role.ADMIN, Role.OPERATOR),
    }
    if allowed[kind]:
        return None
    name = place.registration.name
    wanted = Role.ADMIN if kind is JobKind.NEWDAY else Role.OPERATOR
    return f"This desk has the role {place.role.value} at {name}. Ask for the role {wanted}."


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
    return observe_reason(place)
