"""Finds what a saveset builds on and what builds on it, at its location."""

from collections.abc import Callable

from PySide6.QtCore import QObject, Signal

from sesam_master.core.gateway import FleetGateway
from sesam_master.core.records import Saveset
from sesam_master.core.savesets import Lineage, SavesetPage, lineage
from sesam_master.ui.bridge import Bridge
from sesam_master.ui.notices import notice


class KinReader(QObject):
    """Reads the savesets of a task from the newest on, until the whole chain is there: what builds
    on a saveset is younger than it. `changed` when there is more to say.

    Attributes:
        lineage: None while it is read, and where it could not be; then `trouble` says why.
    """

    changed = Signal()

    def __init__(self, bridge: Bridge, gateway: FleetGateway, parent: QObject) -> None:
        super().__init__(parent)
        self.lineage: Lineage | None = None
        self.trouble = ""
        self._bridge = bridge
        self._gateway = gateway
        self._saveset: Saveset | None = None
        self._read: list[Saveset] = []
        self._cancel: Callable[[], None] = lambda: None

    def open(self, saveset: Saveset, location: str) -> None:
        """Begin anew with this one."""
        self.close()
        self._saveset = saveset
        self._ask(saveset, location, "")

    def close(self) -> None:
        """Nothing is read any more."""
        self._cancel()
        self._saveset, self.lineage, self.trouble = None, None, ""
        self._read = []

    def _ask(self, saveset: Saveset, location: str, token: str) -> None:
        def done(page: SavesetPage) -> None:
            self._read += page.savesets
            found = lineage(saveset, self._read)
            is_there = any(one.key == saveset.key for one in self._read)
            if page.next_token and (found.missing_base or not is_there):
                self._ask(saveset, location, page.next_token)
            else:
                self.lineage = found
                self.changed.emit()

        def failed(error: Exception) -> None:
            self.trouble = notice(error, f"read the chain of {saveset.name}", location).text
            self.changed.emit()

        call = self._gateway.savesets(saveset.location_id, saveset.task, token)
        self._cancel = self._bridge.ask(call, self, done, failed)
