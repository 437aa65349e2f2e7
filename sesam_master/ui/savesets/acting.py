"""What is asked before savesets are verified, kept for another time or deleted, and how it went."""

from collections.abc import Sequence
from datetime import date, timedelta

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from sesam_master.core.gateway import FleetGateway
from sesam_master.core.records import Saveset
from sesam_master.ui.acts.following import JobFollower
from sesam_master.ui.acts.strip import ActStrip
from sesam_master.ui.bridge import Bridge
from sesam_master.ui.objects.fields import DateField
from sesam_master.ui.results.rows import sesam_date
from sesam_master.ui.savesets.actions import Rows
from sesam_master.ui.savesets.deleting import Deleting, Doomed, doomed
from sesam_master.ui.savesets.eol_changing import EolChange, EolChanging
from sesam_master.ui.savesets.presenter import SavesetsPresenter
from sesam_master.ui.savesets.verifying import ChainCheck, Verifying, checks
from sesam_master.ui.theme import ThemeHolder

KEPT_DAYS = 30  # offered where there was no EOL, or it has passed


class SavesetActs(QWidget):
    """One strip for each deed, hidden until it is asked for. `deleted` carries the savesets that
    are gone."""

    closed = Signal()
    deleted = Signal(list)

    def __init__(
        self,
        holder: ThemeHolder,
        bridge: Bridge,
        gateway: FleetGateway,
        presenter: SavesetsPresenter,
    ) -> None:
        super().__init__()
        self._presenter = presenter
        self._eol_deed = EolChanging(gateway)
        self.day = DateField("Last sesam day on which it is kept")
        self.verify_strip = ActStrip[ChainCheck](holder, bridge, Verifying(gateway))
        self.eol_strip = ActStrip[EolChange](holder, bridge, self._eol_deed, self.day)
        self.delete_strip = ActStrip[Doomed](holder, bridge, Deleting(gateway, presenter.known))
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        JobFollower(bridge, self.verify_strip.actor, gateway.job)
        self.day.chosen.connect(self._take_eol)
        for strip in (self.verify_strip, self.eol_strip, self.delete_strip):
            row = QHBoxLayout()
            row.setContentsMargins(16, 0, 12, 0)
            row.addWidget(strip)
            column.addLayout(row)
            strip.closed.connect(self.closed)
            strip.answered.connect(self._take_answer)

    def close_newest(self) -> bool:
        """Close a strip; False if none is open."""
        for strip in (self.delete_strip, self.eol_strip, self.verify_strip):
            if strip.isVisible():
                strip.close_strip()
                return True
        return False

    def verify(self, rows: Rows) -> None:
        """Each chain once."""
        self.verify_strip.ask(checks(_savesets(rows)))

    def delete(self, rows: Rows) -> None:
        """Ask, and say what builds on them."""
        self.delete_strip.ask(doomed(_savesets(rows)))

    def change_eol(self, rows: Rows) -> None:
        """Begins with the EOL of the first, or with some weeks from now."""
        first = rows[0]
        was = sesam_date(first.saveset.eol)
        day = was if was and was >= first.today else first.today + timedelta(days=KEPT_DAYS)
        self.day.show_day(day)
        self._eol_deed.eol = day
        self.eol_strip.ask([EolChange(row) for row in rows])
        if self.eol_strip.isVisible():
            self.day.setFocus(Qt.FocusReason.OtherFocusReason)

    def _take_eol(self, day: date) -> None:
        self._eol_deed.eol = day
        self.eol_strip.actor.renew()

    def _take_answer(self, item: ChainCheck | EolChange | Doomed, made: object) -> None:
        if made is None:
            return
        if isinstance(item, Doomed):
            self.deleted.emit(list(item.savesets))
        self._presenter.ask_again(item.location_id)


def _savesets(rows: Rows) -> Sequence[Saveset]:
    return [row.saveset for row in rows]
