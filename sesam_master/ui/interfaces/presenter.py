"""Joins the page of interface programs with its location: what is asked for, and what came."""

from collections.abc import Callable
from datetime import datetime, tzinfo

from PySide6.QtCore import QObject, QTimer, Signal

from sesam_master.core.fleet import FleetChange
from sesam_master.core.gateway import FleetGateway
from sesam_master.core.interfaces import Interfaces, RunOutcome
from sesam_master.ui.bridge import Bridge
from sesam_master.ui.notices import notice
from sesam_master.ui.objects.place import Place

_LATER_MS = 2000  # a program runs some time after what it is called for


class InterfacesPresenter(QObject):
    """Asks again while one runs, and when jobs change. What was read stays when the location is not
    reached; then it is of `as_of`.

    `changed`: something came, or the location is reached or not.
    """

    changed = Signal()

    def __init__(
        self,
        bridge: Bridge,
        source: FleetGateway,
        location_id: str,
        mine: tzinfo,
        now: Callable[[], datetime],
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._bridge = bridge
        self._source = source
        self._now = now
        self._cancel: Callable[[], None] = lambda: None
        self.place = Place(bridge.fleet, location_id, mine)
        self.found: Interfaces | None = None
        self.problem = ""
        self.as_of: datetime | None = None
        self.is_asking = False
        self._later = QTimer(self)
        self._later.setSingleShot(True)
        self._later.setInterval(_LATER_MS)
        self._later.timeout.connect(self.refresh)
        bridge.fleet_changed.connect(self._take)

    def refresh(self) -> None:
        """Ask the location again."""
        self._later.stop()
        self._cancel()
        self.is_asking = True
        self.changed.emit()
        call = self._source.interfaces(self.place.location_id)
        self._cancel = self._bridge.ask(call, self, self._answered, self._fail)

    def _answered(self, found: Interfaces) -> None:
        self.found, self.as_of = found, self._now()
        self.is_asking, self.problem = False, ""
        runs = [one.last_run for one in found.all if one.last_run is not None]
        if any(run.outcome is RunOutcome.RUNNING for run in runs):
            self._later.start()
        self.changed.emit()

    def _fail(self, error: Exception) -> None:
        self.is_asking = False
        self.problem = notice(error, "read its interface programs", self.place.name).text
        self.changed.emit()

    def _take(self, change: FleetChange) -> None:
        here = self.place.location_id
        if here in change.pictures:
            self.refresh()
        elif here in change.connections or change.locations_listed:
            self.changed.emit()
        has_news = any(location_id == here for location_id, _job in change.jobs)
        if has_news and self.place.darkness is None and not self._later.isActive():
            self._later.start()
