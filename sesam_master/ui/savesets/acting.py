"""What is asked before savesets are verified, kept for another time or deleted, and how it went."""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

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
from sesam_master.ui.savesets.items import OneSaveset
from sesam_master.ui.savesets.migrating import Bundle, Migrating, bundles
from sesam_master.ui.savesets.pool_field import PoolField
from sesam_master.ui.savesets.presenter import SavesetsPresenter
from sesam_master.ui.savesets.proving import Proving, QuickVerifying
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
        self.quick_strip = ActStrip[OneSaveset](holder, bridge, QuickVerifying(gateway))
        self.proof_strip = ActStrip[OneSaveset](holder, bridge, Proving(gateway))
        self.copy_pool, self.move_pool = (PoolField(bridge, gateway) for _ in range(2))
        copying = Migrating(gateway, self.copy_pool.name, move=False)
        moving = Migrating(gateway, self.move_pool.name, move=True)
        self.copy_strip, self.move_strip = (
            ActStrip[Bundle](holder, bridge, deed, pool, pool.missing)
            for deed, pool in ((copying, self.copy_pool), (moving, self.move_pool))
        )
        self.copy_pool.changed.connect(self.copy_strip.actor.renew)
        self.move_pool.changed.connect(self.move_strip.actor.renew)
        self.delete_strip = ActStrip[Doomed](holder, bridge, Deleting(gateway, presenter.known))
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        self._followers = [
            JobFollower(bridge, strip.actor, gateway.job)
            for strip in (
                *(self.verify_strip, self.quick_strip, self.proof_strip),
                *(self.copy_strip, self.move_strip),
            )
        ]
        self.day.chosen.connect(self._take_eol)
        for strip in self._strips():
            row = QHBoxLayout()
            row.setContentsMargins(16, 0, 12, 0)
            row.addWidget(strip)
            column.addLayout(row)
            strip.closed.connect(self.closed)
            strip.answered.connect(self._take_answer)

    def close_newest(self) -> bool:
        """Close a strip; False if none is open."""
        for strip in reversed(self._strips()):
            if strip.isVisible():
                strip.close_strip()
                return True
        return False

    def verify(self, rows: Rows) -> None:
        """Each chain once."""
        self.verify_strip.ask(checks(_savesets(rows)))

    def verify_quickly(self, rows: Rows) -> None:
        """Each of them by itself."""
        self.quick_strip.ask([OneSaveset(saveset) for saveset in _savesets(rows)])

    def prove(self, rows: Rows) -> None:
        """Each of them by itself."""
        self.proof_strip.ask([OneSaveset(saveset) for saveset in _savesets(rows)])

    def copy_to(self, rows: Rows) -> None:
        """To a pool that is asked for."""
        self.copy_pool.offer(_savesets(rows))
        self.copy_strip.ask(bundles(_savesets(rows)))
        if self.copy_strip.isVisible():
            self.copy_pool.setFocus(Qt.FocusReason.OtherFocusReason)

    def move_to(self, rows: Rows) -> None:
        """To a pool that is asked for."""
        self.move_pool.offer(_savesets(rows))
        self.move_strip.ask(bundles(_savesets(rows)))
        if self.move_strip.isVisible():
            self.move_pool.setFocus(Qt.FocusReason.OtherFocusReason)

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

    def _strips(self) -> list[ActStrip[Any]]:
        return [
            *(self.verify_strip, self.quick_strip, self.proof_strip),
            *(self.copy_strip, self.move_strip, self.eol_strip, self.delete_strip),
        ]

    def _take_eol(self, day: date) -> None:
        self._eol_deed.eol = day
        self.eol_strip.actor.renew()

    def _take_answer(
        self, item: ChainCheck | OneSaveset | Bundle | EolChange | Doomed, made: object
    ) -> None:
        if made is None:
            return
        if isinstance(item, Doomed):
            self.deleted.emit(list(item.savesets))
        self._presenter.ask_again(item.location_id)


def _savesets(rows: Rows) -> Sequence[Saveset]:
    return [row.saveset for row in rows]
