"""What becomes of savesets on a sesam day, in words and as columns."""

from collections.abc import Callable
from datetime import date

from PySide6.QtCore import QObject, Qt, Signal

from sesam_master.core.gateway import FleetGateway
from sesam_master.core.savesets import FatePage, KeepReason, SavesetFate
from sesam_master.ui.bridge import Bridge
from sesam_master.ui.formatting import MISSING, day_text, size_text
from sesam_master.ui.notices import notice
from sesam_master.ui.results.rows import sesam_date
from sesam_master.ui.savesets.rows import NO_EOL, counted
from sesam_master.ui.widgets.column import Align, CellKind, Column

_MIDDLE = Qt.TextElideMode.ElideMiddle
_COPY_GOES = "Copy deleted"
_SHORT = {
    KeepReason.DELETED: "Deleted",
    KeepReason.EOL: "Kept, EOL",
    KeepReason.NEWEST: "Kept, newest",
    KeepReason.WEEKLY: "Kept, weekly",
    KeepReason.MONTHLY: "Kept, monthly",
    KeepReason.YEARLY: "Kept, yearly",
    KeepReason.NEEDED: "Kept, needed",
    KeepReason.WRITE_PROTECTED: "Kept, protected",
    KeepReason.IN_USE: "Kept, in use",
    KeepReason.AWAY: "Kept, away",
    KeepReason.ONLY_WHOLE: "Kept, only whole",
    KeepReason.UNKNOWN: "Kept",
}
_REASONS = {
    KeepReason.DELETED: "Its EOL has passed, and nothing keeps it.",
    KeepReason.NEWEST: "It is one of the newest of its task that can be restored.",
    KeepReason.WEEKLY: "It is the newest of its week, which a rule of its pool keeps.",
    KeepReason.MONTHLY: "It is the newest of its month, which a rule of its pool keeps.",
    KeepReason.YEARLY: "It is the newest of its year, which a rule of its pool keeps.",
    KeepReason.WRITE_PROTECTED: "Its medium is write protected.",
    KeepReason.IN_USE: "A job works with it.",
    KeepReason.ONLY_WHOLE: "Other media keep it, but only here is it known to be whole.",
    KeepReason.AWAY: "Its files are not in their places: its medium is looked for first.",
    KeepReason.UNKNOWN: "For a reason that this desk does not know; its agent is newer.",
}


class FateReader(QObject):
    """Reads the fates at one location, page after page, until all are there or `is_enough`.

    `changed` after every page. Attributes:
        told: the newest page, whose sums are over all of the location; None before the first.
        trouble: why there is no answer.
    """

    changed = Signal()

    def __init__(self, bridge: Bridge, gateway: FleetGateway, parent: QObject) -> None:
        super().__init__(parent)
        self.fates: list[SavesetFate] = []
        self.told: FatePage | None = None
        self.trouble = ""
        self.is_asking = False
        self._bridge = bridge
        self._gateway = gateway
        self._cancel: Callable[[], None] = lambda: None

    def read(
        self,
        location_id: str,
        location: str,
        day: str,
        *,
        with_kept: bool,
        is_enough: Callable[[list[SavesetFate]], bool] = lambda _fates: False,
    ) -> None:
        """Begin anew; an empty day is the open one."""
        self.close()
        self.is_asking = True

        def ask(token: str) -> None:
            call = self._gateway.preview_retention(location_id, day, with_kept, token)
            self._cancel = self._bridge.ask(call, self, done, failed)

        def done(page: FatePage) -> None:
            self.fates += page.fates
            self.told = page
            self.is_asking = bool(page.next_token) and not is_enough(self.fates)
            if self.is_asking:
                ask(page.next_token)
            self.changed.emit()

        def failed(error: Exception) -> None:
            self.close()
            self.trouble = notice(error, "look what will be deleted", location).text
            self.changed.emit()

        ask("")

    def close(self) -> None:
        """Nothing is known or asked any more."""
        self._cancel()
        self.fates, self.told = [], None
        self.trouble, self.is_asking = "", False


def reason_text(fate: SavesetFate) -> str:
    """Why it stays, or goes, in a sentence."""
    if fate.stays:
        return f"{_REASONS[fate.reason]} It stays on another medium."
    if fate.reason is KeepReason.NEEDED:
        return f"{fate.needed_by or 'One that is kept'} builds on it and is kept."
    if fate.reason is KeepReason.EOL:
        day = sesam_date(fate.eol)
        until = f"It is kept until its EOL, {day_text(day)} {day.year}." if day else ""
        return until or "It has no EOL, so it is not deleted by its age."
    return _REASONS[fate.reason]


def preview_sentence(location: str, day: date, told: FatePage | None, kept: int | None) -> str:
    """What the NEWDAY that begins a day does, plainly."""
    if told is None:
        return f"What the NEWDAY of {day_text(day)} deletes at {location} is not known."
    begins = f"The NEWDAY that begins {day_text(day)} {day.year} at {location}"
    stays = "" if kept is None else f" {kept} {'is' if kept == 1 else 'are'} kept."
    parts = []
    if told.deleted_savesets:
        parts.append(counted(told.deleted_savesets, "saveset"))
    if told.deleted_copies:
        parts.append(f"{counted(told.deleted_copies, 'copy', 'copies')} of savesets that stay")
    if not parts:
        return f"{begins} deletes nothing.{stays}"
    what = f"{' and '.join(parts)}, {size_text(told.deleted_bytes)}"
    if told.held_back:
        return f"{begins} deletes nothing yet; due are {what}.{stays}"
    return f"{begins} deletes {what}.{stays}"


def fate_columns() -> tuple[Column[SavesetFate], ...]:
    """The columns of the preview; the desk sorts, since all are here."""
    return (*_what_columns(), *_size_columns(), *_name_columns())


def _what_columns() -> tuple[Column[SavesetFate], ...]:
    return (
        Column(
            "fate",
            "What becomes of it",
            124,
            lambda fate: _COPY_GOES if fate.stays else _SHORT[fate.reason],
            CellKind.STRONG,
            fits=(_SHORT[KeepReason.ONLY_WHOLE], _COPY_GOES),
            sort=lambda fate: list(KeepReason).index(fate.reason),
        ),
        Column(
            "task",
            "Task",
            130,
            lambda fate: fate.task,
            tooltip=lambda fate: fate.task,
            least=80,
            most=240,
        ),
        Column(
            "day",
            "Sesam day",
            90,
            lambda fate: day_text(sesam_date(fate.sesam_day)),
            CellKind.QUIET,
            sort=lambda fate: fate.sesam_day,
            tooltip=lambda fate: fate.sesam_day,
            fits=("Wed 20 Nov",),
        ),
        Column(
            "eol",
            "EOL",
            90,
            lambda fate: fate.eol or NO_EOL,
            CellKind.QUIET,
            sort=lambda fate: fate.eol or None,
            fits=("2026-11-20",),
        ),
    )


def _size_columns() -> tuple[Column[SavesetFate], ...]:
    return (
        Column(
            "stored",
            "Stored",
            64,
            lambda fate: size_text(fate.stored_bytes),
            CellKind.NUMBER,
            sort=lambda fate: fate.stored_bytes,
            align=Align.RIGHT,
            descending_first=True,
            fits=(size_text(99_900 * 10**6),),
        ),
    )


def _name_columns() -> tuple[Column[SavesetFate], ...]:
    return (
        Column(
            "label",
            "Label",
            112,
            lambda fate: fate.label or MISSING,
            tooltip=lambda fate: fate.label,
            least=90,
            most=170,
            yields=2,
            elide=_MIDDLE,
        ),
        Column(
            "saveset",
            "Saveset",
            230,
            lambda fate: fate.saveset,
            CellKind.MONO,
            elide=_MIDDLE,
            tooltip=lambda fate: fate.saveset,
            least=110,
            most=290,
            yields=1,
        ),
        Column("why", "Why", 320, reason_text, CellKind.MESSAGE, tooltip=reason_text, least=300),
    )
