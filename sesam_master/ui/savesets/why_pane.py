"""Why a saveset is kept, or when it goes: what the coming NEWDAY of its location makes of it."""

from collections.abc import Callable, Sequence
from datetime import date, timedelta

from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QPushButton, QVBoxLayout, QWidget

from sesam_master.core.gateway import FleetGateway
from sesam_master.core.savesets import KeepReason, SavesetFate
from sesam_master.ui.bridge import Bridge
from sesam_master.ui.formatting import day_text
from sesam_master.ui.savesets.fates import FateReader, reason_text
from sesam_master.ui.savesets.rows import SavesetRow
from sesam_master.ui.widgets.wrapped_label import WrappedLabel


class WhyPane(QWidget):
    """Asks when it is seen. `open_preview` gets the location id."""

    def __init__(
        self, bridge: Bridge, gateway: FleetGateway, open_preview: Callable[[str], object]
    ) -> None:
        super().__init__()
        self._open = open_preview
        self._row: SavesetRow | None = None
        self._asked: tuple[object, ...] = ()
        self.reader = FateReader(bridge, gateway, self)
        self.reader.changed.connect(self._show)
        self.answer = WrappedLabel(role="heading")
        self.reason = WrappedLabel(role="secondary")
        self.more = QPushButton("What will be deleted")
        self.more.setProperty("link", True)
        self.more.clicked.connect(self._open_preview)
        column = QVBoxLayout(self)
        column.setContentsMargins(16, 12, 16, 8)
        column.setSpacing(6)
        column.addWidget(self.answer)
        column.addWidget(self.reason)
        column.addWidget(self.more, 0, Qt.AlignmentFlag.AlignLeft)
        column.addStretch()

    def open(self, row: SavesetRow) -> None:
        """Of this saveset; asked for when it is seen."""
        self._row = row
        if self.isVisible():
            self._load()

    def close_row(self) -> None:
        """Nothing is shown any more."""
        self._row, self._asked = None, ()
        self.reader.close()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        QTimer.singleShot(0, self, self._load)

    def _open_preview(self) -> None:
        if self._row is not None:
            self._open(self._row.saveset.location_id)

    def _day(self, row: SavesetRow) -> date:
        return row.today + timedelta(days=1)

    def _load(self) -> None:
        row = self._row
        if row is None:
            return
        wanted = (row.saveset.key, row.saveset.eol, row.today, row.is_live)
        if wanted != self._asked:
            self._asked = wanted
            self.reader.close()
            if row.is_live:
                name, day = row.saveset.name, self._day(row).isoformat()
                self.reader.read(
                    row.saveset.location_id,
                    row.location,
                    day,
                    with_kept=True,
                    is_enough=lambda fates: _are_all(fates, name),
                )
        self._show()

    def _show(self) -> None:
        row, reader = self._row, self.reader
        if row is None:
            return
        if not row.is_live:
            self._say("Not known.", f"{row.location} is dark: it cannot be asked now.")
            return
        found = [fate for fate in reader.fates if fate.saveset == row.saveset.name]
        newday = f"the NEWDAY that begins {day_text(self._day(row))}"
        if reader.trouble:
            self._say("Not known.", reader.trouble)
        elif reader.is_asking or not found:
            asks = f"Asking {row.location} …"
            gone = "The location does not name it any more. Refresh the list with F5."
            self._say(asks if reader.is_asking else "Not known.", "" if reader.is_asking else gone)
        else:
            held_back = reader.told.held_back if reader.told is not None else ""
            self._say(*_answer(found, newday, held_back))

    def _say(self, answer: str, reason: str) -> None:
        self.answer.setText(answer)
        self.reason.setText(reason)
        self.reason.setVisible(bool(reason))


def _are_all(fates: Sequence[SavesetFate], name: str) -> bool:
    """Whether every medium of a saveset was told: they follow each other."""
    return any(one.saveset == name for one in fates) and fates[-1].saveset != name


def _answer(found: Sequence[SavesetFate], newday: str, held_back: str) -> tuple[str, str]:
    """What becomes of a saveset, and why, by its fates on all of its media."""
    stays = [one for one in found if one.reason is not KeepReason.DELETED]
    goes = [one for one in found if one.reason is KeepReason.DELETED]
    if len(found) == 1:
        reasons = reason_text(found[0])
    else:
        reasons = "\n".join(f"{one.label}: {reason_text(one)}" for one in (*stays, *goes))
    if goes and held_back:
        return "It would go, but stays.", f"{held_back}.\n{reasons}"
    if not stays:
        return f"It goes with {newday}.", reasons
    if goes:
        return f"It stays at {newday}, on fewer media.", reasons
    return f"It stays at {newday}.", reasons
